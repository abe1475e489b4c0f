"""What a language model has written so far, for eyes: the text inside its half-written JSON."""

from __future__ import annotations

import json
import re

from radassist.ports import Progress

#: The last text under "text" or "answer", finished or not.
_TEXT = re.compile(r'"(?:text|answer)"\s*:\s*"((?:[^"\\]|\\.)*)')


def readable(progress: Progress) -> Progress:
    """The same progress, told the readable part of what a model has written."""
    return lambda fraction, written: progress(fraction, spoken(written))


def spoken(written: str) -> str:
    """The readable part of an answer under way; "" while there is none (the router's choice).

    It has passed no rule yet: show it as such, and never store it.
    """
    found = _TEXT.findall(written)
    if not found:
        return ""
    text = re.sub(r"\\(?:u[0-9a-fA-F]{0,3})?$", "", found[-1])  # an escape cut in the middle
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return ""

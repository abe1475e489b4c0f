"""The words that a learned wording may hold besides those of the lexicon."""

from __future__ import annotations

import re
import tomllib
from functools import cache

from radassist.domain.wording import Vocabulary
from radassist.errors import InputFault
from radassist.library import resources_dir
from radassist.library.templates import load_templates

_WORD = re.compile(r"[^\W\d_]+")


@cache
def load_vocabulary() -> Vocabulary:
    """The shipped words, and those of the findings that the shipped templates propose.

    :raises InputFault: a shipped file cannot be read.
    """
    path = resources_dir() / "wording" / "words.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        neutral, compared = data["neutral"].split(), data["compared"].split()
    except (OSError, KeyError, ValueError, AttributeError) as error:
        raise InputFault(
            f"The word list {path.name} cannot be read ({error}).", "Install the program again."
        ) from error
    texts = [s.text for template in load_templates() for s in template.findings]
    others = {word.lower() for text in texts for word in _WORD.findall(text)}
    return Vocabulary(frozenset(neutral), frozenset(compared), frozenset(others))

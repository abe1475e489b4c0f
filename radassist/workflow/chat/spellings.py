"""Abbreviations that the report spells out, found by their letters: no table to keep."""

from __future__ import annotations

import re

from radassist.workflow.chat.view import View

_SHORT = re.compile(r"(?<![\w-])[A-Z]{2,5}(?![\w-])")


def spelled_out(text: str, view: View) -> str:
    """The text with each abbreviation that no sentence has put as some sentence spells it.

    "ACL" becomes "anterior cruciate ligament" where a sentence has these words one after another;
    what stands in the report as it was typed stays.
    """
    return _SHORT.sub(lambda m: long_form(m.group(), view) or m.group(), text)


def long_form(short: str, view: View) -> str:
    """The words of a sentence whose first letters are the abbreviation, or ""."""
    lines = [line.text for line in view.lines]
    if any(re.search(rf"\b{re.escape(short)}\b", text) for text in lines):
        return ""
    for text in lines:
        words = [(m.group(), m.start(), m.end()) for m in re.finditer(r"[A-Za-z]+", text)]
        initials = "".join(w[0][0].upper() for w in words)
        at = initials.find(short)
        if at >= 0 and _runs(text[words[at][1] : words[at + len(short) - 1][2]]):
            return text[words[at][1] : words[at + len(short) - 1][2]].lower()
    return ""


def _runs(words: str) -> bool:
    """True for words of one phrase: no mark stands between them."""
    return re.fullmatch(r"[A-Za-z]+(?:[ -][A-Za-z]+)*", words) is not None

"""Scripts in a PDF: right-to-left order, joined Arabic letters, and a font for every letter.

ReportLab draws characters from left to right as they come, so text is put into visual order here.
This is the part of the Unicode Bidirectional Algorithm (UAX #9) that one line of names or plain
sentences needs: a left-to-right paragraph with runs from right to left, numbers inside them kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache

_RIGHT_TO_LEFT = frozenset(("R", "AL"))
#: Marks that only steer the order of text; they have no shape of their own.
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NUMBER = re.compile(
    r"[0-9\u0660-\u0669\u06f0-\u06f9]+(?:[.,:/-][0-9\u0660-\u0669\u06f0-\u06f9]+)*"
)
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")


def visual(text: str) -> str:
    """Text in the order in which its characters are drawn from left to right.

    Text without right-to-left letters comes back as it is.
    """
    if not any(unicodedata.bidirectional(c) in _RIGHT_TO_LEFT for c in text):
        return text
    plain = _joined(_INVISIBLE.sub("", text))
    drawn, at = [], 0
    for start, end in _right_to_left_runs(plain):
        drawn += [plain[at:start], _reversed(plain[start:end])]
        at = end
    return "".join([*drawn, plain[at:]])


def _right_to_left_runs(text: str) -> Iterator[tuple[int, int]]:
    """(start, end) from one right-to-left letter to the last before a left-to-right one."""
    start = end = -1
    for index, character in enumerate(text):
        kind = unicodedata.bidirectional(character)
        if kind in _RIGHT_TO_LEFT or (kind == "NSM" and start >= 0):
            start, end = (index if start < 0 else start), index + 1
        elif kind == "L" and start >= 0:
            yield start, end
            start = end = -1
    if start >= 0:
        yield start, end


def _reversed(run: str) -> str:
    """A run from its end to its start: marks stay behind their letter, numbers keep their order."""
    clusters: list[str] = []
    at = 0
    while at < len(run):
        number = _NUMBER.match(run, at)
        piece = number.group() if number else run[at]
        at += len(piece)
        if clusters and unicodedata.combining(piece[0]):
            clusters[-1] += piece
        else:
            clusters.append(piece)
    return "".join(c.translate(_MIRRORED) for c in reversed(clusters))


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Arabic letter or ligature -> its presentation forms (Unicode, FB50-FDFF and FE70-FEFF)."""
    forms: dict[str, dict[str, str]] = {}
    for code in (*range(0xFB50, 0xFDFE), *range(0xFE70, 0xFEFD)):
        kind, _, letters = unicodedata.decomposition(chr(code)).partition(" ")
        if kind in ("<isolated>", "<final>", "<initial>", "<medial>"):
            base = "".join(chr(int(c, 16)) for c in letters.split())
            # Lam with alef always joins to one shape; other ligatures are a matter of taste.
            if len(base) == 1 or (len(base) == 2 and base[0] == "\u0644" and base[1] in _ALEFS):
                forms.setdefault(base, {}).setdefault(kind[1:-1], chr(code))
    return forms


_ALEFS = "\u0622\u0623\u0625\u0627"


def _joined(text: str) -> str:
    """Arabic letters in the shape that their neighbours give them; other text as it is."""
    units = re.findall(rf"\u0644[{_ALEFS}]|.", text, re.DOTALL)
    letters = [i for i, unit in enumerate(units) if not unicodedata.combining(unit[0])]
    shaped = list(units)
    for place, index in enumerate(letters):
        before = units[letters[place - 1]] if place else ""
        after = units[letters[place + 1]] if place + 1 < len(letters) else ""
        forms = _forms().get(units[index])
        if forms:
            shaped[index] = _shape(units[index], forms, before, after)
    return "".join(shaped)


def _shape(unit: str, forms: dict[str, str], before: str, after: str) -> str:
    to_before = _joins_onward(before) and "final" in forms
    to_after = "initial" in forms and ("final" in _forms().get(after, {}) or after == "\u0640")
    kind = {
        (True, True): "medial",
        (True, False): "final",
        (False, True): "initial",
        (False, False): "isolated",
    }[to_before, to_after]
    return forms.get(kind, unit)


def _joins_onward(letter: str) -> bool:
    """True where a letter joins to the one after it; the drawn-out line (tatweel) always does."""
    return letter == "\u0640" or "initial" in _forms().get(letter, {})


def font_runs(
    text: str, fonts: list[tuple[str, Callable[[str], bool]]]
) -> Iterator[tuple[str, str]]:
    """(font, text) runs: each character in the first font that has it, else in the first.

    :param fonts: names with a test for one character, in the order of preference.
    """
    run, current = "", ""
    for character in text:
        name = next((n for n, has in fonts if has(character)), fonts[0][0])
        if name != current and run:
            yield current, run
            run = ""
        run, current = run + character, name
    if run:
        yield current, run

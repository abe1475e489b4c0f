"""A phrase that is in the report but for one word of a kind: "right cerebellar peduncle".

Radiologists correct by saying the part anew.  Every word of the phrase must stand in one sentence,
or be of a kind (side, size, number, level, grade, count ...) of which the sentence holds another;
that other word is what changes.  A word that is neither leaves the phrase to other rules.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.findings import Presence
from radassist.workflow.chat import attributes
from radassist.workflow.chat.aligning import kind as common_kind
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import fix_articles, stem
from radassist.workflow.chat.working import Working

_GRADED = r"(?:grade|segment|stage|type|category|acr|(?:bi|ti|li|pi|lung)-?rads)[\s-]*(?:\d\w?|[IVX]+|[A-E])"
_DIMS = r"\d+(?:\.\d+)?(?:\s*[x×]\s*\d+(?:\.\d+)?)+(?:\s*(?:mm|cm)\b)?"
_TOKEN = re.compile(
    rf"{_DIMS}|follow[- ]?up|{attributes.QUANTITY}|{_GRADED}(?!\w)|\b{attributes.LEVEL}\b|\d+(?:\.\d+)?\s+(?:degrees?|days?|weeks?|months?|years?)\b|"
    r"\d+(?:\.\d+)?|[A-Za-z][A-Za-z'-]*",
    re.IGNORECASE,
)
_GROUPS = (
    "inner outer",
    "thin-walled thick-walled",
    "with without",
    "one two three four five six single several multiple numerous few",
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth",
    "possible probable likely definite",
    "intact torn ruptured",
    "protrusion extrusion bulge",
    "interstitial alveolar",
    "partial complete",
)
#: Words that say nothing of their own in a correction.
_EMPTY = frozenset(
    [
        "a",
        "an",
        "the",
        "it",
        "it's",
        "its",
        "that",
        "this",
        "is",
        "are",
        "was",
        "were",
        "be",
        "should",
        "must",
        "at",
        "in",
        "on",
        "of",
        "to",
        "and",
        "only",
        "just",
        "actually",
        "really",
        "now",
        "instead",
        "rather",
        "please",
        "thick",
        "thickness",
        "long",
        "wide",
        "deep",
        "diameter",
        "measures",
        "measure",
        "measuring",
        "measured",
        "size",
        "side",
        "sided",
        "located",
        "lies",
        "ends",
        "one-sided",
        "call",
        "make",
        "say",
        "write",
        "correct",
        "sorry",
    ]
)
#: Heads of places that another section leaves out: "right parietal lobe", "right parietal lesion".
_OPTIONAL = frozenset(["lobe", "zone", "region", "area"])
_NO_CORRECTION = re.compile(
    r"\b(?:there (?:is|are|was|were)|there's|also|another|additional|no|not|new|add|plus)\b|[?:\"“]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    kind: str

    @property
    def same(self) -> str:
        """What two spellings of one word share."""
        text = self.text.lower().replace(" ", "").replace("-", "")
        return stem(text) if text.isalpha() else text


def _words(text: str) -> list[_Word]:
    found = []
    for match in _TOKEN.finditer(text):
        word = re.sub(r"-sided$", "", match.group(), flags=re.IGNORECASE)
        if word.lower() not in _EMPTY:
            end = match.start() + len(word)
            found.append(_Word(word, match.start(), end, _kind(word)))
    return found


def _kind(word: str) -> str:
    lower = word.lower()
    group = next((g for g in _GROUPS if lower in g.split()), "")
    if group:
        return group
    graded = re.fullmatch(_GRADED, word, re.IGNORECASE)
    if graded:
        return re.sub(r"[\W\d_]+$", "", re.sub(r"(?:[\s-]*(?:\d\w?|\b[IVX]+|\b[A-E]))$", "", lower))
    if re.fullmatch(attributes.LEVEL, word):
        return "level"
    if re.fullmatch(_DIMS, word):
        return f"{len(re.split('[x×]', word))} dimensions"
    unit = re.fullmatch(r"\d+(?:\.\d+)?\s+(degree|day|week|month|year)s?", lower)
    if unit:
        return "angle" if unit.group(1) == "degree" else "period"
    return common_kind(word)


def realigned(phrase: str, view: View, holding: re.Pattern[str] | None = None) -> dict[str, str]:
    """Statement id -> its new text; empty when the phrase fits no one place.

    :param holding: only statements that hold this are meant.
    """
    if _NO_CORRECTION.search(phrase) or len(phrase.split()) > 9:
        return {}
    parts = [_words(p) for p in re.split(r"\s*[,;]\s+", phrase.strip(" .!"))]
    if not all(parts):
        return {}
    halves = phrase.split(" and ")
    if len(halves) == 2 and all(_words(h) for h in halves):
        both = [realigned(h, view) for h in halves]
        if all(both) and not set(both[0]) & set(both[1]):
            return {**both[0], **both[1]}
    absent = any(m.presence is Presence.ABSENT for m in view.reading(phrase).findings())
    lines = [x for x in view.lines if holding is None or holding.search(x.text)]
    new = {line.id: text for line in lines if (text := _in_line(parts, line, view, absent))}
    return _one_place(new, view)


_TIP = re.compile(
    r"(?:the\s+)?(.*\btip)\s+(?:is|lies|ends|sits|projects|terminates)\s+((?:in|at|within|over|above|below)\s+.+)",
    re.IGNORECASE,
)
_TIP_PLACE = re.compile(
    r"(\btip\b(?:\s+(?:is|lies|ends|sits|projects|terminates))?\s+)(?:in|at|within|over|above|below)\b[^,;.]*",
    re.IGNORECASE,
)


def tip_moved(phrase: str, view: View) -> dict[str, str]:
    """ "The port tip is in the right atrium" over "with its tip at the cavoatrial junction"."""
    match = _TIP.fullmatch(phrase.strip(" .!"))
    words = {stem(w) for w in re.findall(r"[a-z]+", match.group(1).lower())} if match else set()
    lines = [x for x in view.fact_lines if words and words <= set(x.stems)]
    if match is None or len(lines) != 1 or _TIP_PLACE.search(lines[0].text) is None:
        return {}
    place = match.group(2)
    return {lines[0].id: _TIP_PLACE.sub(lambda m: m.group(1) + place, lines[0].text)}


def reworded(phrase: str, view: View, work: Working) -> bool:
    """Carry out a phrase that other rules left to the model; True when it fits one place."""
    new = realigned(phrase, view)
    for statement_id, text in new.items():
        work.rewrite(statement_id, text)
    return bool(new)


def _one_place(new: dict[str, str], view: View) -> dict[str, str]:
    """The changes when they are in one statement of Findings, and what repeats it."""
    own = [x for x in view.in_section(view.findings_name) if x.id in new]
    others = [x for x in view.lines if x.id in new and x not in own]
    if len(own) > 1 or (not own and len({x.section for x in others}) != len(others)):
        return {}
    return new


def _in_line(parts: Sequence[list[_Word]], line: Line, view: View, absent: bool) -> str | None:
    text = line.text
    for words in parts:
        changed = _part(words, text)
        if changed is None:
            return None
        text = changed
    if text == line.text:
        return None
    denied = {m.presence is Presence.ABSENT for m in line.findings}
    number = re.sub(r"[\d.]+", "", text) == re.sub(r"[\d.]+", "", line.text)
    return None if denied == {True} and not (absent or number) else text


def _part(words: Sequence[_Word], text: str) -> str | None:
    """The sentence with the part's own words of a kind in place of the sentence's; None if it
    does not fit; the sentence itself when it says so already."""
    there = _words(text)
    held = {i: [t for t in there if t.same == w.same] for i, w in enumerate(words)}
    anchors = [i for i in held if held[i] and not words[i].kind] or [i for i in held if held[i]]
    graded = [w for w in words if w.kind and w.kind[0].isalpha() and _is_graded(w)]
    if not anchors and not graded:
        return None
    swaps = _in_order(words, there)
    unknown = 0
    for i, word in enumerate(words):
        if any(new is word for _, new in swaps):
            continue
        if held[i] and (not word.kind or i in anchors):
            continue
        rivals = [t for t in there if word.kind and t.kind == word.kind]
        if not rivals:
            if word.text.lower() in _OPTIONAL and len(anchors) > 1:
                continue
            unknown += not word.kind
            if unknown == 1 and not word.kind and len(anchors) > 1 and _measured(words):
                continue  # "tube tip 3 cm above the carina" of "the tube ends 2 cm above ..."
            if graded and word.kind == "" and len(words) == len(graded) + 1:
                continue  # "density is ACR B": the grade names the place by itself
            return None
        chosen = _nearest(i, rivals, held, anchors)
        if chosen is None:
            return None
        if chosen.same != word.same:
            swaps.append((chosen, word))
    for old, new in sorted(swaps, key=lambda s: -s[0].start):
        put = _cased(new.text, old.text)
        if "dimensions" in new.kind and not new.text[-1].isalpha():
            put += re.sub(r"^[\d.x× ]*\d", "", old.text)  # the unit was not said again
        text = text[: old.start] + put + text[old.end :]
    return fix_articles(text)


def _in_order(words: Sequence[_Word], there: Sequence[_Word]) -> list[tuple[_Word, _Word]]:
    """ "Fifth to seventh ribs" over "fourth to sixth": as many of one kind on both sides."""
    swaps: list[tuple[_Word, _Word]] = []
    for kind in {w.kind for w in words if w.kind and "left" not in w.kind and w.kind != "side"}:
        new, old = [w for w in words if w.kind == kind], [t for t in there if t.kind == kind]
        if len(new) == len(old) > 1:
            swaps += list(zip(old, new, strict=True))
    return swaps


def _measured(words: Sequence[_Word]) -> bool:
    return any(w.kind in ("quantity", "level", "angle") for w in words)


def _is_graded(word: _Word) -> bool:
    return re.fullmatch(_GRADED, word.text, re.IGNORECASE) is not None


def _nearest(
    i: int, rivals: list[_Word], held: dict[int, list[_Word]], anchors: list[int]
) -> _Word | None:
    """The rival that stands nearest to the words that the phrase puts beside the new one."""
    if len(rivals) == 1:
        return rivals[0]
    after = [a for a in anchors if a > i]
    beside = after[0] if after else (anchors[-1] if anchors else None)
    if beside is None:
        return None
    spots = held[beside]

    def distance(rival: _Word) -> int:
        gaps = [
            s.start - rival.end if s.start >= rival.end else 3 * (rival.start - s.end) + 1
            for s in spots
        ]
        return min(gaps)

    ranked = sorted(rivals, key=distance)
    return ranked[0] if distance(ranked[0]) < distance(ranked[1]) else None


def _cased(new: str, old: str) -> str:
    if old[:1].isupper() and new[:1].islower():
        return new[:1].upper() + new[1:]
    if old[:1].islower() and new[:1].isupper() and new[1:].islower():
        return new[:1].lower() + new[1:]
    return new

"""Sizes that differ, cannot be, or come from nowhere; levels and ribs that differ."""

from __future__ import annotations

import re
from collections.abc import Iterable

from radassist.checks.model import Line, Problem, Rule, Severity, View, owner_of
from radassist.checks.sides import same_family
from radassist.domain.findings import Laterality
from radassist.domain.reading import Mention, Quantity

_Sized = tuple[Line, Quantity, Mention | None]


_ANAPHORA = re.compile(r"^\W*(?:this|it|these|they|which|the (?:larg|small)est)\b", re.IGNORECASE)


def _sized(lines: Iterable[Line]) -> list[_Sized]:
    """Numbers with what they belong to; "this measures 8 mm" looks back one statement."""
    found: list[_Sized] = []
    last: Mention | None = None
    for line in lines:
        for q in line.reading.quantities:
            if q.millimetres or q.unit in ("1", "%", "mL", "[hnsf'U]"):
                owner = owner_of(q, line.reading)
                if owner is None or owner.kind == "anatomy":
                    owner = last if last and _ANAPHORA.match(line.text) else owner
                found.append((line, q, owner))
        last = line.stated[-1] if line.stated else last
    return found


def _values(q: Quantity) -> tuple[float, ...]:
    return q.millimetres or q.dims


def _close(one: float, other: float) -> bool:
    """Equal as far as rounding to the last digit usually given goes."""
    return abs(one - other) <= max(0.02 * max(abs(one), abs(other)), 1e-6) or (
        min(one, other) >= 10 and abs(one - other) <= 0.5
    )


def conflict(view: View, rule: Rule) -> Iterable[Problem]:
    """The impression gives a finding a size that the findings do not."""
    found = [f for f in _sized(view.findings) if f[1].role != "limit"]
    for line, q, owner in _sized(view.impression):
        if _advice(line, q) or q.role == "limit":
            continue
        rivals = [f for f in found if _same_thing(view, owner, f[2]) and _alike(f[1], q)]
        values = [v for _, other, _ in rivals for v in _values(other)]
        wrong = [v for v in _values(q) if not any(_close(v, w) for w in values)]
        if values and wrong:
            said = rivals[0][1].text
            why = f"The impression says {q.text}, the findings say {said}."
            if any(_close(v, w * f) for v in wrong for w in values for f in (10.0, 0.1)):
                why += " Is it the unit?"
            yield rule.at(line, why, span=(q.start, q.end))


def _alike(one: Quantity, other: Quantity) -> bool:
    """Numbers that can be compared: what was measured before is not what is measured now."""
    return _kind(one) == _kind(other) and one.role == other.role


def _kind(q: Quantity) -> str:
    return "length" if q.millimetres else q.unit


_ADVICE = re.compile(
    r"\b(?:greater|less|larger|smaller|more|than|up to|within|criteria|threshold)\b", re.I
)


def _advice(line: Line, q: Quantity) -> bool:
    """Numbers of guidelines and limits ("nodules less than 6 mm") are not measurements."""
    return bool(_ADVICE.search(line.text[max(0, q.start - 24) : q.start]))


def _same_thing(view: View, one: Mention | None, other: Mention | None) -> bool:
    if one is None or other is None:
        return one is None and other is None
    sides = {one.laterality, other.laterality}
    if sides == {Laterality.LEFT, Laterality.RIGHT}:
        return False
    return same_family(one.concept, other.concept, view.lexicon) or {
        one.concept,
        other.concept,
    } <= {
        "nodule",
        "mass",
        "granuloma",
        "opacity",
        "cyst",
        "lung-lesion",
        "renal-lesion",
        "liver-lesion",
    }


#: Greatest credible size in millimetres.
_LARGEST = {
    "nodule": 35.0,  # what is larger than 3 cm is a mass (Fleischner glossary, 2008)
    "granuloma": 40.0,
    "renal-stone": 80.0,
    "gallstones": 80.0,
    "midline-shift": 40.0,
    "aneurysm": 200.0,
    "appendicitis": 60.0,
    "lymphadenopathy": 150.0,
    "thyroid-nodule": 100.0,
    "subdural-haematoma": 80.0,
    "epidural-haematoma": 100.0,
    "adrenal-nodule": 120.0,
    "pneumothorax": 200.0,
    "ovarian-lesion": 350.0,
    "endotracheal-tube": 120.0,
    "tracheostomy": 120.0,
    "central-line": 250.0,
    "opacity": 250.0,
    "calcification": 150.0,
}


def absurd(view: View, rule: Rule) -> Iterable[Problem]:
    """A size out of all proportion, most often centimetres for millimetres; impossible ratios."""
    for line, q, owner in _sized(view.facts):
        top = max(_values(q), default=0.0)
        kinds = view.lexicon.ancestors(owner.concept) if owner else frozenset()
        limit = min((_LARGEST[kind] for kind in kinds if kind in _LARGEST), default=350.0)
        span = (q.start, q.end)
        if q.millimetres and top > limit:
            yield rule.at(line, f"{q.text} is hardly possible: is it the unit?", span=span)
        elif q.millimetres and 0 <= top < 0.3:
            yield rule.at(line, f"{q.text} is too small to be measured.", span=span)
        elif q.unit == "1" and not 0.2 <= top <= 0.95:
            level = Severity.ERROR
            yield rule.at(line, f"A ratio of {q.text} cannot be.", span=span, severity=level)
        elif q.unit == "%" and top > 100 and not re.search(r"increas|compar", line.text, re.I):
            yield rule.at(line, f"{q.text} is more than all.", span=span)


#: Parts of one organ of which a lesion lies in one.
_LOBES = (
    frozenset({"upper-lobe", "middle-lobe", "lower-lobe"}),
    frozenset({"frontal-lobe", "parietal-lobe", "temporal-lobe", "occipital-lobe"}),
)


def lobe(view: View, rule: Rule) -> Iterable[Problem]:
    """The impression puts a finding into another lobe than the findings do."""
    for line in view.impression:
        for mention in line.asserted():
            said = _lobes(mention)
            same = [
                other
                for found in view.findings
                for other in found.asserted()
                if same_family(other.concept, mention.concept, view.lexicon)
                and {other.laterality, mention.laterality} != {Laterality.LEFT, Laterality.RIGHT}
            ]
            held = [_lobes(other) for other in same]
            if said and held and all(held) and not any(said & lobes for lobes in held):
                named = ", ".join(sorted(view.lexicon.name(p) for lobes in held for p in lobes))
                why = f"The findings say {named}."
                yield rule.at(line, why, span=(mention.start, mention.end))


def _lobes(mention: Mention) -> set[str]:
    return {p for p in mention.location if any(p in lobes for lobes in _LOBES)}


_LEVEL = re.compile(
    r"\b(?P<a>[CTLS])-?(?P<n>\d{1,2})\b|\b(?P<r>\d{1,2})(?:st|nd|rd|th)(?=(?:[\w\s,-]{0,24})\brib)",
    re.IGNORECASE,
)


def level(view: View, rule: Rule) -> Iterable[Problem]:
    """A vertebra or rib of the impression that the findings, naming others, do not name."""
    named = {_level(m) for line in view.findings for m in _LEVEL.finditer(line.text)}
    for line in view.impression:
        for found in _LEVEL.finditer(line.text):
            kind = _level(found)[0]
            known = sorted(n for k, n in named if k == kind)
            if known and _level(found) not in named:
                said = ", ".join(str(n) for n in known)
                what = "rib" if kind == "rib" else "vertebra"
                why = f"The findings name {what} {said}, not {found.group()}."
                yield rule.at(line, why, span=found.span())


def _level(found: re.Match[str]) -> tuple[str, int]:
    if found.group("r"):
        return "rib", int(found.group("r"))
    return found.group("a").upper(), int(found.group("n"))

"""Side conflicts: inside the report, and against the order and the DICOM header."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from radassist.checks.model import Line, Problem, Rule, Severity, View
from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Lexicon, Mention

_SINGLE = (Laterality.LEFT, Laterality.RIGHT)
#: Findings of one family answer for one another: "left base opacity" and "left atelectasis".
_FAMILIES = ("lung-opacity", "fracture", "device", "intracranial-haemorrhage", "mass")


def conflict(view: View, rule: Rule) -> Iterable[Problem]:
    """A finding of the impression has the one side, the same finding in the findings the other.

    It is an error where nothing of the kind is on the stated side; a warning where something
    related is, or where the impression also names the side that the findings give.
    """
    for line in view.impression:
        for mention in _sided(line):
            exact = _sides_of(view.findings, mention, view.lexicon)
            family = _sides_of(view.findings, mention, view.lexicon, family=True)
            others = exact or family
            if not others or mention.laterality in others or Laterality.BILATERAL in others:
                continue
            also = _sides_of(view.impression, mention, view.lexicon)
            soft = bool({mention.laterality, Laterality.BILATERAL} & family) or bool(also & others)
            said = next(iter(others)).value
            why = (
                f"The impression says {mention.laterality.value} for "
                f"{view.lexicon.name(mention.concept)}, the findings say {said}."
            )
            severity = Severity.WARNING if soft else None
            yield rule.at(line, why, span=(mention.start, mention.end), severity=severity)


def _sided(line: Line) -> Iterator[Mention]:
    for mention in line.asserted():
        if mention.laterality in _SINGLE:
            yield mention


def _sides_of(
    lines: Iterable[Line], mention: Mention, lexicon: Lexicon, *, family: bool = False
) -> set[Laterality]:
    """Sides that some lines give the same finding, or its family."""
    same = same_family if family else _related
    return {
        other.laterality
        for line in lines
        for other in line.asserted()
        if other is not mention
        and other.laterality is not Laterality.NONE
        and same(other.concept, mention.concept, lexicon)
    }


def _related(one: str, other: str, lexicon: Lexicon) -> bool:
    return lexicon.related(one, other)


def anatomy(view: View, rule: Rule) -> Iterable[Problem]:
    """A paired body part of the impression that the findings only have on the other side."""
    for line in view.impression:
        for mention in line.reading.mentions:
            concept = view.lexicon.get(mention.concept)
            if mention.kind != "anatomy" or mention.laterality not in _SINGLE:
                continue
            if concept is None or not concept.paired or concept.side:
                continue
            named = _anatomy_sides(view.findings, mention.concept)
            if named and mention.laterality not in named and Laterality.BILATERAL not in named:
                said = next(iter(named)).value
                why = f"The findings speak of the {said} {concept.name}."
                yield rule.at(line, why, span=(mention.start, mention.end))


def _anatomy_sides(lines: Iterable[Line], concept: str) -> set[Laterality]:
    return {
        m.laterality
        for line in lines
        for m in line.reading.mentions
        if m.concept == concept and m.laterality is not Laterality.NONE
    }


def same_family(one: str, other: str, lexicon: Lexicon) -> bool:
    """Whether two concepts may be two words for one thing on the image."""
    if lexicon.related(one, other):
        return True
    return any(lexicon.is_a(one, f) and lexicon.is_a(other, f) for f in _FAMILIES)


_IMPOSSIBLE = re.compile(
    r"\b(?:(?:left|lt)[ -](?:sided )?(?:middle lobe|minor fissure|horizontal fissure|gallbladder|"
    r"appendix|hepatic dome)|lml|(?:right|rt)[ -](?:sided )?(?:lingula\w*|spleen|aortic knob)|"
    r"lingula\w* of the right|middle lobe of the left|"
    r"(?P<side>left|right)(?: side)? (?:greater|more|larger|worse|less|smaller) than "
    r"(?:the )?(?P=side))\b",
    re.IGNORECASE,
)


def impossible(view: View, rule: Rule) -> Iterable[Problem]:
    """A part on the side that does not have it ("left middle lobe"), "left greater than left"."""
    for line in view.lines:
        for found in _IMPOSSIBLE.finditer(line.text):
            yield rule.at(line, f"“{found.group()}” cannot be.", span=found.span())


_LEVEL = re.compile(
    r"\b(?:(?P<side1>right|left)\s+(?:\w+\s+){0,2}?)?(?P<n>\d{1,2})(?:st|nd|rd|th)"
    r"(?:\s+\w+){0,2}?\s+(?P<what>rib|metacarpal|metatarsal|finger|toe)s?\b",
    re.IGNORECASE,
)


def level_conflict(view: View, rule: Rule) -> Iterable[Problem]:
    """ "Left 7th rib" in one statement and only "right 7th rib" in another section."""
    stated: dict[tuple[str, str], set[str]] = {}
    for line in view.findings:
        for found in _LEVEL.finditer(line.text):
            if found.group("side1"):
                stated.setdefault(_level_key(found), set()).add(found.group("side1").lower())
    for line in view.impression:
        for found in _LEVEL.finditer(line.text):
            side = (found.group("side1") or "").lower()
            known = stated.get(_level_key(found), set())
            if side and known and side not in known:
                said = f"{next(iter(known))} {found.group('n')}th {_what(found)}"
                why = f"The findings name the {said}."
                yield rule.at(line, why, span=found.span())


def _what(found: re.Match[str]) -> str:
    return found.group("what").lower()


def _level_key(found: re.Match[str]) -> tuple[str, str]:
    return found.group("n"), _what(found)


_ONE_SIDED_EXAMS = re.compile(
    r"\b(?:breast|mammo\w*|knee|hip|shoulder|ankle|foot|wrist|hand|elbow|femur|humerus|tibia|rib|"
    r"clavicle|scapula|finger|toe|forearm|thigh|calf|leg|arm|kidney|testic\w*|orbit|extremity)s?\b",
    re.IGNORECASE,
)
_HEADER_SIDES = {"R": Laterality.RIGHT, "L": Laterality.LEFT}


def against_order(view: View, rule: Rule) -> Iterable[Problem]:
    """The order or the header names one side, technique or findings only the other."""
    ordered = _ordered(view)
    if ordered is None:
        return
    other = Laterality.LEFT if ordered is Laterality.RIGHT else Laterality.RIGHT
    for names in (("Examination",), ("Technique",), ("Findings",), ("Impression",)):
        lines = view.section(*names)
        if names == ("Examination",) and not (
            view.study.laterality or view.study.study_description
        ):
            continue
        named = {side for line in lines for side, _, _ in line.reading.lateralities}
        if other in named and ordered not in named and Laterality.BILATERAL not in named:
            line, span = _first(lines, other)
            why = f"The examination is of the {ordered.value} side; this says {other.value}."
            yield rule.at(line, why, span=span)
    yield from _other_indication(view, rule, ordered, other)


def _other_indication(
    view: View, rule: Rule, ordered: Laterality, other: Laterality
) -> Iterator[Problem]:
    """ "Left knee pain" as the reason for an examination of the right knee."""
    part = _ONE_SIDED_EXAMS.search(_title(view))
    for line in view.section("Indication"):
        sides = {side for side, _, _ in line.reading.lateralities}
        same = part and re.search(rf"\b{part.group().rstrip('s')}s?\b", line.text, re.IGNORECASE)
        if same and sides == {other}:
            _, span = _first((line,), other)
            why = f"The examination is of the {ordered.value} side; it was asked for the other."
            yield rule.at(line, why, span=span, severity=Severity.WARNING)


def _ordered(view: View) -> Laterality | None:
    """The side of an examination of one paired part, from the header or its own title."""
    if not _ONE_SIDED_EXAMS.search(_title(view)):
        return None
    if view.study.laterality:
        return _HEADER_SIDES.get(view.study.laterality.upper()[:1])
    described = {m.lastgroup for m in _SIDE_CODES.finditer(view.study.study_description)}
    if len(described) == 1:
        return _HEADER_SIDES[str(described.pop())]
    if described:
        return None
    sides = {s for line in view.section("Examination") for s, _, _ in line.reading.lateralities}
    return sides.pop() if len(sides) == 1 and sides <= set(_SINGLE) else None


_SIDE_CODES = re.compile(r"\b(?:(?P<L>left|lt|l)|(?P<R>right|rt|r))\b", re.IGNORECASE)


def _title(view: View) -> str:
    """What the examination is called, by its own title, the order and the header."""
    study = view.study
    return f"{view.text('Examination')} {study.study_description} {study.body_part}"


def _first(lines: tuple[Line, ...], side: Laterality) -> tuple[Line, tuple[int, int]]:
    for line in lines:
        for named, start, end in line.reading.lateralities:
            if named is side:
                return line, (start, end)
    raise AssertionError("the side was found before")


def present(mention: Mention) -> bool:
    """Whether the mention says, without doubt, that the finding is there."""
    return mention.presence is Presence.PRESENT

"""What a report states of the lesions that a guideline is for, and what takes them out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from radassist.checks.model import owner_of
from radassist.domain.findings import Presence
from radassist.domain.guidelines import Guideline
from radassist.domain.impressions import StudyKind
from radassist.domain.reading import Mention, Quantity
from radassist.domain.report import Report
from radassist.workflow.chat.view import Line, View

_SEVERAL = re.compile(
    r"\b(?:multiple|several|numerous|few|two|three|four|scattered|both|bilateral)\b", re.IGNORECASE
)
_RANGE = re.compile(r"\d\s*(?:-|–|to)\s*\d")


@dataclass(frozen=True)
class Stated:
    """One statement about such a lesion.

    :param axes: its dimensions in millimetres; empty where none is given.
    :param characters: the kinds that its words state.
    :param outside: why the guideline does not hold for it, or "".
    """

    line: Line
    mention: Mention
    axes: tuple[float, ...]
    characters: tuple[str, ...]
    several: bool
    outside: str = ""


def lesions(view: View, guideline: Guideline) -> list[Stated]:
    """Findings statements that affirm the guideline's lesion, in reading order."""
    found = []
    for line in view.in_section("Findings"):
        for mention in line.findings:
            if mention.presence is Presence.PRESENT and _is_one(mention, line, view, guideline):
                found.append(_stated(line, mention, guideline))
                break
    return found


def _is_one(mention: Mention, line: Line, view: View, guideline: Guideline) -> bool:
    if not any(view.lexicon.is_a(mention.concept, c) for c in guideline.concepts):
        return False
    text = line.text.lower()
    if guideline.must_words and not any(w.lower() in text for w in guideline.must_words):
        return False
    return all(
        any(view.lexicon.is_a(place, allowed) for allowed in guideline.places)
        for place in mention.location
    )


def _stated(line: Line, mention: Mention, guideline: Guideline) -> Stated:
    sizes = [
        q for q in line.reading.quantities if q.millimetres and owner_of(q, line.reading) == mention
    ]
    text = line.text
    several = mention.text.lower().endswith("s") or _SEVERAL.search(text) is not None
    outside = _word_in(text, guideline.unless_words)
    why = f"it is described as “{outside}”" if outside else ""
    if not why and guideline.only_first and (mention.change or line.reading.comparisons):
        why = "it is compared with a prior, so it has a plan already"
    return Stated(line, mention, _axes(sizes), _characters(text, guideline), several, why)


def _axes(sizes: Sequence[Quantity]) -> tuple[float, ...]:
    """The dimensions of the largest of several sizes; of a range ("5-6 mm") the larger end."""
    if not sizes:
        return ()
    largest = max(sizes, key=lambda q: max(q.millimetres))
    if _RANGE.search(largest.text) and len(largest.millimetres) == 2:
        return (max(largest.millimetres),)
    return largest.millimetres


def _characters(text: str, guideline: Guideline) -> tuple[str, ...]:
    """The kinds that the words state; the words of one kind are taken out before the next."""
    found, rest = [], text.lower()
    for kind, words in guideline.character:
        pattern = rf"\b(?:{'|'.join(re.escape(w) for w in words)})\b"
        rest, hits = re.subn(pattern, " ", rest)
        if hits:
            found.append(kind)
            if kind == "part-solid":  # "part-solid, the solid component 3 mm" is one kind
                rest = re.sub(
                    r"\b(?:solid|ground[- ]glass) (?:component|part|portion)\b", " ", rest
                )
    return tuple(found)


def _word_in(text: str, words: Iterable[str]) -> str:
    """The first of these words that the text holds, at the start of a word, or ""."""
    for word in words:
        found = re.search(rf"\b{re.escape(word)}\w*", text, re.IGNORECASE)
        if found:
            return found.group()
    return ""


def not_for(report: Report, kind: StudyKind | None, guideline: Guideline) -> str | None:
    """Why a guideline does not hold for a whole examination; "" if it does.

    None where it is for another kind of examination altogether, which needs no words.
    """
    modality = report.study.modality or (kind.modalities[0] if kind and kind.modalities else "")
    regions = kind.regions if kind else ()
    if guideline.study_modalities and modality not in guideline.study_modalities:
        return None
    if guideline.study_regions and not set(regions) & set(guideline.study_regions):
        return None
    asked = " ".join(s.text for section, s in report.live() if section.name == "Indication")
    asked = f"{asked} {report.study.indication}"
    word = _word_in(asked, guideline.unless_indication)
    if word:
        return f"the indication names “{word}”"
    age = age_of(report)
    if age is not None and age < guideline.min_age:
        return f"it is for ages of {guideline.min_age} or over"
    if age is None and guideline.needs_age:
        return "it needs the patient's age, which the header does not give"
    return ""


def age_of(report: Report) -> int | None:
    """PatientAge (DICOM AS, ``034Y``) in whole years, or None."""
    found = re.fullmatch(r"(\d{3})([DWMY])", report.study.patient_age.strip())
    if found is None:
        return None
    return int(found.group(1)) // {"Y": 1, "M": 12, "W": 52, "D": 365}[found.group(2)]


def risk_of(report: Report) -> str:
    """``low`` or ``high`` where the report itself says so, else ""."""
    text = " ".join(
        [report.study.indication]
        + [s.text for section, s in report.live() if section.name in ("Indication", "Findings")]
    )
    stated = {m.lower() for m in re.findall(r"\b(low|high)[- ]risk\b", text, re.IGNORECASE)}
    return stated.pop() if len(stated) == 1 else ""

"""A structured report as lines of text (PS3.3 C.17.3): what any SR says, whatever its template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.companions import object_ref
from radassist.domain.companions import Document, DocumentLine, ObjectRef
from radassist.domain.spelling import spelt_date

#: Deeper trees and longer reports are cut, and that is said.
_DEEPEST = 40
_LONGEST = 20_000
#: How a child is tied to its parent, where that is not obvious (C.17.3.2.4).
_TIES = {"INFERRED FROM": "from", "SELECTED FROM": "on"}


#: UCUM codes that people write otherwise.
_UNITS = {"1": "", "[hnsf'U]": "HU", "{no units}": "", "Cel": "°C", "ug": "µg"}


def read_report(dataset: Dataset) -> Document:
    """The content tree of a structured report as lines, with verification and completion."""
    title = elements.code_meanings(dataset, "ConceptNameCodeSequence")
    lines: list[DocumentLine] = list(_head(dataset))
    whole = _walk(dataset, 0, lines)
    lines = _together(lines)
    notes = () if whole else ("The report is longer or deeper than can be shown; it is cut.",)
    return Document(title[0] if title else "Structured report", tuple(lines), notes=notes)


def _head(dataset: Dataset) -> list[DocumentLine]:
    said = [elements.text(dataset, k).upper() for k in ("CompletionFlag", "VerificationFlag")]
    status = ", ".join(s.lower() for s in said if s)
    lines = [DocumentLine(0, "Status", status)] if status else []
    for observer in elements.items(dataset, "VerifyingObserverSequence"):
        name = elements.name(observer, "VerifyingObserverName")
        date = spelt_date(elements.text(observer, "VerificationDateTime")[:8])
        lines.append(DocumentLine(0, "Verified by", ", ".join(p for p in (name, date) if p)))
    return lines


def _walk(holder: Dataset, depth: int, lines: list[DocumentLine]) -> bool:
    """Add the children of an item; False where some were left out."""
    children = elements.items(holder, "ContentSequence")
    if children and depth > _DEEPEST:
        return False
    whole = True
    for item in children:
        if len(lines) >= _LONGEST:
            return False
        lines.append(_line(item, depth))
        whole = _walk(item, depth + 1, lines) and whole
    return whole


def _together(lines: list[DocumentLine]) -> list[DocumentLine]:
    """Runs of references that read alike as one line: an image library names hundreds."""
    found: list[DocumentLine] = []
    counts: list[int] = []
    for line in lines:
        last = found[-1] if found else None
        if last is not None and line.image is not None and last.image is not None and (
            (line.depth, line.label, line.text) == (last.depth, last.label, last.text)
        ):  # fmt: skip
            counts[-1] += 1
        else:
            found.append(line)
            counts.append(1)
    return [
        replace(line, text=f"{count} objects") if count > 1 else line
        for line, count in zip(found, counts, strict=True)
    ]


def _line(item: Dataset, depth: int) -> DocumentLine:
    names = elements.code_meanings(item, "ConceptNameCodeSequence")
    kind = elements.text(item, "ValueType").upper()
    reference = elements.item(item, "ReferencedSOPSequence")
    image = object_ref(reference) if reference is not None else None
    reader = _READERS.get(kind)
    text = reader(item) if reader is not None else ""
    label = names[0] if names else ""
    if image is not None:
        label, text = label or kind.capitalize(), text or _referred(image)
    if not label and not text:
        tie = _TIES.get(elements.text(item, "RelationshipType").upper(), "")
        label = " ".join(p for p in (tie, kind.lower() or "item by reference") if p)
    return DocumentLine(depth, label, text, image)


def _referred(image: ObjectRef) -> str:
    frames = ", ".join(str(f + 1) for f in image.frames[:20])
    return f"frame {frames}" if frames else "whole object"


def _number(item: Dataset) -> str:
    measured = elements.item(item, "MeasuredValueSequence")
    if measured is None:
        why = elements.code_meanings(item, "NumericValueQualifierCodeSequence")
        return why[0] if why else "no value"
    unit_item = elements.item(measured, "MeasurementUnitsCodeSequence")
    code = elements.text(unit_item, "CodeValue")
    meaning = elements.text(unit_item, "CodeMeaning")
    unit = _UNITS.get(code, code.strip("{}") if code and len(code) <= 10 else meaning)
    return " ".join(p for p in (elements.text(measured, "NumericValue"), unit) if p)


def _clock(text: str) -> str:
    """A DICOM time as 11:42:43; anything else as it stands."""
    digits = text[:6]
    whole = len(digits) == 6 and digits.isdigit()
    return f"{digits[:2]}:{digits[2:4]}:{digits[4:]}" if whole else text


def _coordinates(item: Dataset) -> str:
    flat = elements.numbers(item, "GraphicData", most=200_000)
    kind = elements.text(item, "GraphicType").lower()
    step = 3 if elements.text(item, "ValueType").upper() == "SCOORD3D" else 2
    points = [flat[i : i + step] for i in range(0, len(flat) - step + 1, step)]
    shown = "; ".join(", ".join(f"{v:.1f}" for v in p) for p in points[:4])
    more = f" and {len(points) - 4} more" if len(points) > 4 else ""
    return f"{kind} ({shown}{more})" if points else kind


_READERS: dict[str, Callable[[Dataset], str]] = {
    "TEXT": lambda item: elements.paragraphs(item, "TextValue"),
    "CODE": lambda item: ", ".join(elements.code_meanings(item, "ConceptCodeSequence")),
    "NUM": _number,
    "PNAME": lambda item: elements.name(item, "PersonName"),
    "DATE": lambda item: spelt_date(elements.text(item, "Date")),
    "TIME": lambda item: _clock(elements.text(item, "Time")),
    "DATETIME": lambda item: elements.text(item, "DateTime"),
    "UIDREF": lambda item: elements.text(item, "UID"),
    "SCOORD": _coordinates,
    "SCOORD3D": _coordinates,
    "TCOORD": lambda item: elements.text(item, "TemporalRangeType").lower(),
}

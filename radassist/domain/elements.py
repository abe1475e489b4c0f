"""The findings of a report as common data elements.

What the reader reads, one element a mention, with identifiers of RadElement, RadLex, SNOMED CT and
the open finding models where the lexicon has them, the words it was read from, and the statement
they stand in.  Nothing is inferred: an element holds what its sentence says and no more.
``resources/schemas/cde.schema.json`` describes the form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from radassist.domain.reading import Lexicon, Mention, Quantity, Reading, read
from radassist.domain.report import Report, Statement

SCHEMA = "radassist.cde/1"
#: The sections that state findings of this examination.
_SECTIONS = ("Findings", "Impression")
#: Qualifiers that say something of the finding itself.  The reader's others tell how far a denial
#: reaches ("no large effusion"), and "stable" is a change, not an age.
_QUALIFIERS = frozenset(
    ["acute", "chronic", "focal", "calcified", "benign", "suspicious", "displaced", "nondisplaced"]
)


def common_data_elements(report: Report, lexicon: Lexicon) -> dict[str, Any]:
    """The JSON-safe form of all findings and devices that Findings and Impression name.

    Rejected statements do not count.  The patient's name and id are left out: the elements are
    joined to the examination by ``study_instance_uid`` and ``accession_number``.
    """
    study = report.study
    elements: list[dict[str, Any]] = []
    advice: list[dict[str, Any]] = []
    for section, statement in report.live():
        if section.name not in _SECTIONS:
            continue
        reading = read(statement.text, lexicon)
        for mention in _told(reading):
            number = f"e{len(elements) + 1}"
            place = {"section": section.name, "statement": statement.id}
            elements.append({"id": number, **_element(mention, lexicon), **place})
        advice += [_advice(section.name, statement, span) for span in reading.recommendations]
    return {
        "schema": SCHEMA,
        "lexicon": lexicon.version,
        "report": {
            "id": report.id,
            "state": report.state.value,
            "study_instance_uid": study.study_instance_uid,
            "accession_number": study.accession_number,
            "modality": study.modality,
            "study_date": study.study_date,
        },
        "elements": elements,
        "recommendations": advice,
    }


def _told(reading: Reading) -> Iterator[Mention]:
    """Each mention once; what a relative has or had is not a finding of this patient."""
    seen: set[tuple[str, int, int]] = set()
    for mention in reading.findings():
        key = (mention.concept, mention.start, mention.end)
        if key not in seen and "family" not in mention.qualifiers:
            seen.add(key)
            yield mention


def _element(mention: Mention, lexicon: Lexicon) -> dict[str, Any]:
    concept = lexicon.get(mention.concept)
    near = mention.location or ((concept.anatomy,) if concept and concept.anatomy else ())
    return {
        "kind": mention.kind,
        "concept": mention.concept,
        "name": lexicon.name(mention.concept),
        "codes": _codes(lexicon, mention.concept, near),
        "assertion": _value(lexicon, "presence", mention.presence.value),
        "certainty": mention.certainty or None,
        "side": _value(lexicon, "side", mention.laterality.value),
        "location": [
            {"concept": p, "name": lexicon.name(p), "codes": _codes(lexicon, p)}
            for p in mention.location
        ],
        "size": [_size(q) for q in mention.sizes],
        "change": _value(lexicon, "change", mention.change),
        "severity": _value(lexicon, "severity", mention.severity),
        "qualifiers": [
            q
            for q in mention.qualifiers
            if q in _QUALIFIERS and not (q == "chronic" and mention.change == "unchanged")
        ],
        "quote": {"start": mention.start, "end": mention.end, "text": mention.text},
    }


def _codes(lexicon: Lexicon, key: str, places: Iterable[str] = ()) -> list[dict[str, str]]:
    found = lexicon.codes_of(key, places)
    return [{"system": system, "code": code} for system, code in found]


def _value(lexicon: Lexicon, group: str, value: str) -> dict[str, Any] | None:
    return {"value": value, "codes": _codes(lexicon, f"{group}:{value}")} if value else None


def _size(q: Quantity) -> dict[str, Any]:
    """A number with its UCUM unit; ``role`` is "current" where the text says nothing else."""
    return {
        "value": q.value,
        "unit": q.unit,
        "dimensions": list(q.dims),
        "role": q.role or "current",
        "quote": {"start": q.start, "end": q.end, "text": q.text},
    }


def _advice(section: str, statement: Statement, span: tuple[int, int]) -> dict[str, Any]:
    start, end = span
    quote = {"start": start, "end": end, "text": statement.text[start:end]}
    return {"section": section, "statement": statement.id, "quote": quote}


def coverage(lexicon: Lexicon) -> dict[str, dict[str, int]]:
    """How many concepts of each kind there are, and how many have an identifier of each system."""
    systems = ("RADELEMENT", "RADLEX", "SNOMED", "OIFM")
    table: dict[str, dict[str, int]] = {}
    for concept in lexicon.concepts.values():
        row = table.setdefault(concept.kind, dict.fromkeys(("concepts", "any", *systems), 0))
        places = [c.id for c in lexicon.concepts.values() if c.kind == "anatomy"]
        found = dict(lexicon.codes_of(concept.id, places))
        row["concepts"] += 1
        row["any"] += bool(found)
        for system in systems:
            row[system] += system in found
    return table

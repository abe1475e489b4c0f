"""report.json: the versioned document form of a report with its history.

``resources/schemas/report.schema.json`` describes it.  Reading is tolerant of missing optional
keys (a report may come from another program); whether the history gives the report is a separate
question that ``history_problem`` answers, because a check must be able to read a damaged report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from radassist.domain import operations
from radassist.domain.history import HistoryEntry, replayed
from radassist.domain.report import (
    SCHEMA,
    Addendum,
    Report,
    ReportState,
    Section,
    Signature,
    Statement,
    StudyContext,
)
from radassist.errors import InputFault, UsageFault


@dataclass(frozen=True)
class ReportDocument:
    """A report with the history that made it.

    :param base: the report before the first history entry.
    """

    base: Report
    report: Report
    history: tuple[HistoryEntry, ...] = ()


def to_document(document: ReportDocument) -> dict[str, Any]:
    """The JSON-safe form, keys in reading order."""
    report = document.report
    return {
        "schema": SCHEMA,
        "id": report.id,
        "state": report.state.value,
        "study": report.study.to_dict(),
        "template": report.template,
        "notices": list(report.notices),
        "sections": [
            {"name": s.name, "statements": [x.to_dict() for x in s.statements]}
            for s in report.sections
        ],
        "signatures": [s.to_dict() for s in report.signatures],
        "addenda": [a.to_dict() for a in report.addenda],
        "next_statement": report.next_statement,
        "origin": report.origin,
        "history": [entry.to_dict() for entry in document.history],
    }


def from_document(data: Any) -> ReportDocument:
    """Read a report.json that was parsed from JSON.

    :raises InputFault: it is not a report of this schema.
    """
    if not isinstance(data, dict) or not isinstance(data.get("sections"), list):
        raise InputFault(
            "This file is not a radassist report.", "Give a report.json, or import text."
        )
    schema = data.get("schema", SCHEMA)
    if schema != SCHEMA:
        raise InputFault(
            f"The report has schema {str(schema)[:60]!r}, this program reads {SCHEMA!r}.",
            "Use the version of radassist that wrote it.",
        )
    try:
        report = _report(data)
        history = tuple(HistoryEntry.from_dict(entry) for entry in data.get("history", ()))
    except (KeyError, TypeError, ValueError, AttributeError, UsageFault) as error:
        raise InputFault(
            f"The report is damaged ({type(error).__name__} while reading it).",
            "Restore the file from a copy.",
        ) from error
    return ReportDocument(_rewound(report, history), report, history)


def history_problem(document: ReportDocument) -> str:
    """Why the history does not give the report, or "" when it does."""
    try:
        again = replayed(document.base, document.history)
    except UsageFault as fault:
        return f"The history cannot be replayed: {fault.what}"
    if any(s.statements for s in document.base.sections) and document.history:
        return "The report holds statements that its history does not account for."
    if again.sections != document.report.sections:
        return "The report is not what its history gives."
    return ""


def _report(data: dict[str, Any]) -> Report:
    sections = tuple(
        Section(
            str(s["name"]),
            tuple(Statement.from_dict(_with_defaults(x)) for x in s.get("statements", ())),
        )
        for s in data["sections"]
    )
    ids = [x.id for s in sections for x in s.statements]
    if len(set(ids)) != len(ids):
        raise ValueError("two statements carry the same id")
    numbers = [int(i[1:]) for i in ids if i[:1] == "s" and i[1:].isdigit()]
    return Report(
        id=str(data.get("id", "")),
        study=StudyContext.from_dict(data.get("study", {})),
        sections=sections,
        state=ReportState(data.get("state", "draft")),
        template=str(data.get("template", "")),
        next_statement=max([int(data.get("next_statement", 1)), *(n + 1 for n in numbers)]),
        signatures=tuple(Signature.from_dict(s) for s in data.get("signatures", ())),
        addenda=tuple(Addendum.from_dict(a) for a in data.get("addenda", ())),
        notices=tuple(str(n) for n in data.get("notices", ())),
        origin=dict(data.get("origin", {})),
    )


def _with_defaults(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement of another program may lack provenance: it then counts as imported."""
    return {"provenance": "import", "state": "accepted", **statement}


def _rewound(report: Report, history: tuple[HistoryEntry, ...]) -> Report:
    """The report before its history: inverses applied backwards, signatures taken off."""
    base = replace(report, state=ReportState.DRAFT, signatures=(), addenda=())
    try:
        for entry in reversed(history):
            base = operations.apply(base, entry.inverse)
    except UsageFault:
        return replace(report, sections=tuple(Section(s.name) for s in report.sections))
    return base

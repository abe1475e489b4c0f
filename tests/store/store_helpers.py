"""Reports and edits that the store's tests share."""

from __future__ import annotations

from radassist.domain import operations as ops
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Operation
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StudyContext,
    empty_report,
)
from radassist.ports import AuditEvent
from radassist.store import SqliteStore

AT = "2026-03-01T12:00:00.000Z"


def blank(report_id: str = "r1", study: str = "1.2.3") -> Report:
    return empty_report(report_id, StudyContext(study, patient_name="DOE^JANE"), "chest")


def entry(report: Report, operation: Operation, seq: int) -> HistoryEntry:
    return HistoryEntry(seq, AT, "me", "typed", operation, ops.inverse(report, operation))


def inserting(report: Report, text: str) -> Operation:
    statement = Statement(ops.new_statement_id(report), text, Provenance("radiologist", "typed"))
    return ops.Insert("Findings", 99, statement)


def edit_event(report_id: str, item: HistoryEntry) -> AuditEvent:
    detail = {"seq": item.seq, "op": ops.to_dict(item.operation)}
    return AuditEvent("report.edit", "me", report_id, detail)


def edit(store: SqliteStore, report: Report, count: int, text: str) -> Report:
    """Insert one statement as entry ``count + 1`` and store it."""
    item = entry(report, inserting(report, text), count + 1)
    after = ops.apply(report, item.operation)
    store.append(after, [item], [edit_event(report.id, item)])
    return after


def drafted(store: SqliteStore, edits: int = 3, report_id: str = "r1") -> Report:
    """A stored report with some edits."""
    report = blank(report_id)
    store.create(report, [], report, AuditEvent("report.draft", "template", report_id, {}))
    for number in range(edits):
        report = edit(store, report, number, f"Sentence {number} — ä, “quoted”.")
    return report

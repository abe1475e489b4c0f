"""Reports as the JSON texts that the database holds, and their agreement with their history."""

from __future__ import annotations

import json
from collections.abc import Sequence

from radassist.domain.document import ReportDocument, from_document, to_document
from radassist.domain.history import HistoryEntry, replayed
from radassist.domain.report import Report
from radassist.errors import Bug, InputFault, UsageFault
from radassist.store import chain


def storable(text: str) -> str:
    """Text that SQLite can hold: names from a command line or a file may hold half characters."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def parsed(
    base: str, current: str, history: Sequence[str]
) -> tuple[Report, Report, tuple[HistoryEntry, ...]]:
    """(base, report, history) from what the database holds.

    :raises ValueError: one of the texts is not what this module writes.
    """
    try:
        entries = tuple(HistoryEntry.from_dict(json.loads(text)) for text in history)
        return from_json(base), from_json(current), entries
    except (KeyError, TypeError, InputFault, UsageFault) as error:
        raise ValueError(f"a stored report is damaged: {error!r}") from error


def replay_problem(base: str, current: str, history: Sequence[str]) -> str:
    """Why the stored history does not give the stored report, or "" when it does."""
    try:
        before, report, entries = parsed(base, current, history)
    except ValueError:
        return "what is stored is damaged."
    try:
        again = replayed(before, entries)
    except (UsageFault, Bug) as fault:
        return f"its history cannot be replayed: {fault}"
    if _operated(again) != _operated(report):
        return "its history gives another text."
    state = report.signatures[-1].state if report.signatures else before.state
    if report.state is not state:
        return "its state is not the one that was signed last."
    return ""


def _operated(report: Report) -> str:
    """What operations can change, as canonical text (JSON has no tuples, so objects may differ)."""
    data = to_document(ReportDocument(report, report))
    return chain.canonical({k: data[k] for k in ("study", "template", "sections")})


def must_follow(before: Report, entries: Sequence[HistoryEntry], after: Report) -> None:
    """:raises Bug: the entries do not lead from one report to the other."""
    again = replayed(before, tuple(entries))
    if _operated(again) != _operated(after):
        raise Bug("the history entries do not give the report that is to be stored")


def to_json(report: Report) -> str:
    """A report without its history as canonical JSON."""
    data = to_document(ReportDocument(report, report))
    del data["history"]
    return chain.canonical(data)


def from_json(text: str) -> Report:
    """:raises InputFault: the text is not what ``to_json`` makes; ValueError: it is not JSON."""
    return from_document(json.loads(text)).report

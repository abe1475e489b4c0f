"""One open report: operations go in and each is stored with its audit event."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from radassist.checks import RULES
from radassist.domain import history as hist
from radassist.domain import lifecycle, operations
from radassist.domain.document import ReportDocument
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Operation, SetState
from radassist.domain.report import Report, ReportState, StatementState
from radassist.errors import UsageFault
from radassist.ports import AuditEvent, ReportStore

#: Gives the present time as ISO 8601 UTC; handed in, so that drafts can be replayed.
Clock = Callable[[], str]


@dataclass(frozen=True)
class Step:
    """One operation on its way into the history."""

    operation: Operation
    how: str
    actor: str


def entries_for(
    report: Report, steps: Sequence[Step], at: str, first_seq: int
) -> tuple[Report, list[HistoryEntry]]:
    """Apply the steps of one act; the report after them and their history entries."""
    entries: list[HistoryEntry] = []
    for number, step in enumerate(steps, start=first_seq):
        inverse = operations.inverse(report, step.operation)
        report = operations.apply(report, step.operation)
        entry = HistoryEntry(number, at, step.actor, step.how, step.operation, inverse, first_seq)
        entries.append(entry)
    return report, entries


class ReportSession:
    """The use cases on one report.  Every public method is one transaction of the store.

    :param user: the name that entries and events carry.
    """

    def __init__(
        self, store: ReportStore, document: ReportDocument, user: str, clock: Clock
    ) -> None:
        self._store = store
        self._clock = clock
        self.user = user
        self.base = document.base
        self.report = document.report
        self.history = document.history

    @property
    def document(self) -> ReportDocument:
        """What report.json is written from."""
        return ReportDocument(self.base, self.report, self.history)

    def apply(self, changes: Sequence[Operation], how: str) -> Report:
        """Apply operations as one act: all are stored together with one event each, or none is.

        Giving a statement the state it has changes nothing, so it is not recorded.

        :param how: ``typed``, ``dictated``, ``chat`` or ``key``.
        """
        self._commit([Step(c, how, self.user) for c in changes if not self._idle(c)])
        return self.report

    def accept(self, statement_ids: Sequence[str], how: str = "key") -> Report:
        """Accept statements."""
        return self.apply([operations.accept(i) for i in statement_ids], how)

    def reject(self, statement_ids: Sequence[str], how: str = "key") -> Report:
        """Reject statements: out of the text, kept in the record."""
        return self.apply([operations.reject(i) for i in statement_ids], how)

    def undo(self) -> bool:
        """Take back the latest act, all of it; False when there is none."""
        act = hist.next_undo(self.history)
        self._commit([Step(entry.inverse, "undo", self.user) for entry in reversed(act)])
        return bool(act)

    def redo(self) -> bool:
        """Do the latest undone act again; False when there is none."""
        act = hist.next_redo(self.history)
        self._commit([Step(entry.operation, "redo", self.user) for entry in act])
        return bool(act)

    def sign(
        self,
        state: ReportState,
        *,
        overrides: dict[str, str] | None = None,
        checked: Report | None = None,
    ) -> Report:
        """Sign as preliminary or final.

        A draft signed as final passes through preliminary.  Statements that are still proposals
        are accepted by the signature, each with its own history entry marked ``signature``, so the
        record shows that they were not accepted one by one.

        :param overrides: rule id -> reason, for the problems that were overridden; each is
            recorded with the version of the rule.
        :param checked: the report that was checked and shown; another one is not signed.
        """
        if checked is not None and checked is not self.report:
            raise UsageFault(
                "The report changed while it was being signed.", "Look at it again and sign."
            )
        if state is self.report.state or self.report.state is ReportState.FINAL:
            raise UsageFault(
                f"This report is signed as {self.report.state.value} already.",
                "Add an addendum instead."
                if self.report.state is ReportState.FINAL
                else "Sign it as final, or go on editing.",
            )
        overridden = _overrides(overrides or {})
        at = self._clock()
        proposed = [s.id for _, s in self.report.live() if s.state is StatementState.PROPOSED]
        steps = [Step(operations.accept(i), "signature", self.user) for i in proposed]
        report, entries = entries_for(self.report, steps, at, len(self.history) + 1)
        events = [self._edit_event(entry) for entry in entries]
        for why in overridden:
            events.append(AuditEvent("check.override", self.user, report.id, why))
        while report.state is not state:
            step = lifecycle.next_state(report.state) or state
            report = lifecycle.signed(report, step, self.user, at)
            signed = {"state": step.value, "accepted_by_signature": proposed}
            events.append(AuditEvent("report.sign", self.user, report.id, signed))
        self._store_change(report, entries, events)
        return self.report

    def addend(self, text: str) -> Report:
        """Add an addendum to a final report."""
        report = lifecycle.with_addendum(self.report, text, self.user, self._clock())
        event = AuditEvent("report.addendum", self.user, report.id, {"text": text.strip()})
        self._store_change(report, [], [event])
        return self.report

    def note(self, action: str, detail: dict[str, Any]) -> None:
        """Record an act on this report that does not change it (export, question, check)."""
        self._store.append(self.report, [], [AuditEvent(action, self.user, self.report.id, detail)])

    def _idle(self, change: Operation) -> bool:
        if not isinstance(change, SetState):
            return False
        found = self.report.find(change.statement_id)
        return found is not None and found[1].state is change.state

    def _commit(self, steps: Sequence[Step]) -> None:
        if not steps:
            return
        report, entries = entries_for(self.report, steps, self._clock(), len(self.history) + 1)
        self._store_change(report, entries, [self._edit_event(e) for e in entries])

    def _store_change(
        self, report: Report, entries: Sequence[HistoryEntry], events: Sequence[AuditEvent]
    ) -> None:
        self._store.append(report, entries, events)  # raises before anything here has changed
        self.report = report
        self.history = (*self.history, *entries)

    def _edit_event(self, entry: HistoryEntry) -> AuditEvent:
        detail = {"seq": entry.seq, "how": entry.how, "op": operations.to_dict(entry.operation)}
        return AuditEvent("report.edit", entry.actor, self.report.id, detail)


def begin(
    store: ReportStore,
    base: Report,
    steps: Sequence[Step],
    user: str,
    clock: Clock,
    detail: dict[str, Any],
    notices: Sequence[str] = (),
) -> ReportSession:
    """Store a new report made by ``steps`` from ``base`` and open it."""
    base = replace(base, notices=tuple(notices))
    report, entries = entries_for(base, steps, clock(), 1)
    store.create(base, entries, report, AuditEvent("report.draft", user, report.id, detail))
    return ReportSession(store, ReportDocument(base, report, tuple(entries)), user, clock)


def _overrides(reasons: dict[str, str]) -> list[dict[str, Any]]:
    """What the record keeps of each override.

    :raises UsageFault: a reason is blank, or no rule has this id.
    """
    versions = {rule.id: rule.version for rule in RULES}
    kept = []
    for rule, reason in reasons.items():
        if rule not in versions or not reason.strip():
            raise UsageFault("An override needs a rule and a reason.", "Write why it may stand.")
        kept.append({"rule": rule, "version": versions[rule], "reason": reason.strip()})
    return kept

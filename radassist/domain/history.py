"""The history of a report: every operation with who, when and how; and replaying it.

The history and the audit log are written in one transaction; undo, diff, versions and crash
recovery all read this one list.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any

from radassist.domain import operations
from radassist.domain.operations import Operation
from radassist.domain.report import Report

#: Entries that undo does not go behind: the draft itself, an import, a signature.
GROUND = frozenset({"draft", "import", "signature"})


@dataclass(frozen=True)
class HistoryEntry:
    """One applied operation.

    :param seq: 1-based place in the report's history.
    :param at: ISO 8601 UTC time, given by the caller's clock.
    :param actor: user name, or ``vision:<pack>`` / ``language:<pack>`` / ``template``.
    :param how: ``draft``, ``import``, ``typed``, ``dictated``, ``chat``, ``key``, ``undo``,
        ``redo``, ``signature``.
    :param inverse: the operation that takes this one back.
    :param act: ``seq`` of the first entry of the same act: what was done as one is undone as one.
    """

    seq: int
    at: str
    actor: str
    how: str
    operation: Operation
    inverse: Operation
    act: int = 0

    def to_dict(self) -> dict[str, Any]:
        return {
            "seq": self.seq,
            "at": self.at,
            "actor": self.actor,
            "how": self.how,
            "operation": operations.to_dict(self.operation),
            "inverse": operations.to_dict(self.inverse),
            "act": self.act or self.seq,
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> HistoryEntry:
        return HistoryEntry(
            seq=int(data["seq"]),
            at=data["at"],
            actor=data["actor"],
            how=data["how"],
            operation=operations.from_dict(data["operation"]),
            inverse=operations.from_dict(data["inverse"]),
            act=int(data.get("act", data["seq"])),
        )


#: The entries of one act, in the order in which they were applied.
Act = tuple[HistoryEntry, ...]


def next_undo(history: tuple[HistoryEntry, ...]) -> Act:
    """The act that undo would take back now: the latest one not yet undone; () for none.

    ``undo`` acts cancel the latest open act before them and ``redo`` acts re-open one, as in every
    text editor; nothing is ever removed from the history.
    """
    done, _ = _stacks(history)
    return done[-1] if done else ()


def next_redo(history: tuple[HistoryEntry, ...]) -> Act:
    """The act that redo would do again now; () for none."""
    _, undone = _stacks(history)
    return undone[-1] if undone else ()


def _acts(history: tuple[HistoryEntry, ...]) -> list[Act]:
    grouped = groupby(history, key=lambda entry: entry.act or entry.seq)
    return [tuple(entries) for _, entries in grouped]


def _stacks(history: tuple[HistoryEntry, ...]) -> tuple[list[Act], list[Act]]:
    done: list[Act] = []
    undone: list[Act] = []
    for act in _acts(history):
        how = act[0].how
        if how == "undo":
            if done:
                undone.append(done.pop())
        elif how == "redo":
            if undone:
                done.append(undone.pop())
        elif how in GROUND:
            done, undone = [], []
        else:
            done.append(act)
            undone = []
    return done, undone


def replayed(base: Report, history: tuple[HistoryEntry, ...]) -> Report:
    """The report that the history makes of ``base``; used to prove stored reports and recover."""
    report = base
    for entry in history:
        report = operations.apply(report, entry.operation)
    return report

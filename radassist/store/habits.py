"""What was learned from signed reports, in the same database: ``ports.HabitStore``.

Nothing else depends on these tables, so all of them may be emptied.  What a signed report teaches
is derived from it after the signature, in a transaction of its own with its event: a program that
is killed in between has signed the report and learned nothing, and never the other way round.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass
from typing import Any

from sqlite_utils import Database

from radassist.domain.effort import Kept, ReportUse
from radassist.domain.phrases import Phrase, PhraseKey, PhraseUse
from radassist.ports import AuditEvent
from radassist.store.content import storable

_KEY = "user = ? AND template = ? AND section = ? AND topic = ? AND pattern = ?"


@dataclass(frozen=True)
class Transactions:
    """The connection of a ``SqliteStore``, as this module uses it."""

    database: Database
    clock: Callable[[], str]
    reading: Callable[[], AbstractContextManager[None]]
    writing: Callable[[], AbstractContextManager[None]]
    add_events: Callable[[Sequence[AuditEvent]], int]


class SqliteHabits:
    """``ports.HabitStore`` over the connection of a ``SqliteStore``."""

    def __init__(self, store: Transactions) -> None:
        self._store = store

    def phrases(self, user: str) -> list[Phrase]:
        """The wordings of one user, in the order of their keys."""
        user = storable(user)
        return [
            Phrase(
                PhraseKey(user, row["template"], row["section"], row["topic"], row["pattern"]),
                row["written"],
                row["kept"],
                row["refused"],
                row["last_used"],
            )
            for row in self._rows("SELECT * FROM phrases WHERE user = ?", user)
        ]

    def uses(self, user: str) -> list[ReportUse]:
        """The signed reports of one user, oldest first."""
        user = storable(user)
        rows = self._rows("SELECT * FROM report_uses WHERE user = ? ORDER BY signed_at", user)
        return [
            ReportUse(
                row["report_id"],
                user,
                row["template"],
                bool(row["drafted"]),
                row["seconds"],
                Kept(row["unchanged"], row["edited"], row["removed"], row["added"], row["words"]),
                row["signed_at"],
            )
            for row in rows
        ]

    def add_seconds(self, report_id: str, seconds: float) -> None:
        """Add active time of a report.

        :raises StorageFault: the disk is full or read-only.
        """
        with self._store.writing():
            self._store.database.execute(
                "INSERT INTO report_seconds VALUES (?, ?) "
                "ON CONFLICT (report_id) DO UPDATE SET seconds = seconds + excluded.seconds",
                (report_id, seconds),
            )

    def seconds(self, report_id: str) -> float | None:
        """Active time on a report so far; None where none was measured."""
        for row in self._rows("SELECT seconds FROM report_seconds WHERE report_id = ?", report_id):
            return float(row["seconds"])
        return None

    def learn(self, use: ReportUse | None, phrases: Sequence[PhraseUse], event: AuditEvent) -> bool:
        """Store what one signed report teaches; False where it taught before.

        :raises StorageFault: the disk is full or read-only; then nothing was stored.
        """
        at, database = self._store.clock(), self._store.database
        with self._store.writing():
            known = "SELECT 1 FROM learned WHERE report_id = ?"
            if list(database.query(known, [event.subject])):
                return False
            database.execute("INSERT INTO learned VALUES (?, ?)", (event.subject, at))
            if use is not None:
                database.execute(
                    "INSERT INTO report_uses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        use.report_id,
                        storable(use.user),
                        use.template,
                        int(use.drafted),
                        use.seconds,
                        *astuple(use.kept),
                        use.signed_at,
                    ),
                )
            for phrase in phrases:
                self._add(phrase, at[:10])
            self._store.add_events([event])
        return True

    def forget(self, user: str, keys: Sequence[PhraseKey] | None, event: AuditEvent) -> int:
        """Delete wordings of one user (None: all); returns how many there were."""
        database, count = self._store.database, 0
        with self._store.writing():
            if keys is None:
                count = database.execute(
                    "DELETE FROM phrases WHERE user = ?", (storable(user),)
                ).rowcount
            for key in keys or ():
                sql = f"DELETE FROM phrases WHERE {_KEY}"  # noqa: S608  a fixed text
                count += database.execute(sql, _values(key)).rowcount
            self._store.add_events([event])
        return count

    def forget_uses(self, user: str, event: AuditEvent) -> int:
        """Delete the times and shares of one user; returns of how many reports."""
        database, user = self._store.database, storable(user)
        with self._store.writing():
            database.execute(
                "DELETE FROM report_seconds WHERE report_id IN "
                "(SELECT report_id FROM report_uses WHERE user = ?)",
                (user,),
            )
            count = database.execute("DELETE FROM report_uses WHERE user = ?", (user,)).rowcount
            self._store.add_events([event])
        return int(count)

    def _add(self, phrase: PhraseUse, day: str) -> None:
        """Count one use.  A refusal of a wording that was forgotten meanwhile adds nothing."""
        good = bool(phrase.written or phrase.kept)
        counts = (phrase.written, phrase.kept, phrase.refused)
        if good:
            self._store.database.execute(
                "INSERT OR IGNORE INTO phrases VALUES (?, ?, ?, ?, ?, 0, 0, 0, ?)",
                (*_values(phrase.key), day),
            )
        sql = (
            "UPDATE phrases SET written = written + ?, kept = kept + ?, refused = refused + ?, "  # noqa: S608  a fixed text
            f"last_used = CASE ? WHEN 1 THEN ? ELSE last_used END WHERE {_KEY}"
        )
        values = (*counts, int(good), day, *_values(phrase.key))
        self._store.database.execute(sql, values)

    def _rows(self, sql: str, value: str) -> Iterator[dict[str, Any]]:
        with self._store.reading():
            return iter(list(self._store.database.query(sql, [value])))


def _values(key: PhraseKey) -> tuple[str, ...]:
    return tuple(storable(value) for value in astuple(key))

"""Reports and the audit log in one SQLite file: a change and its event are one transaction.

WAL with ``synchronous=FULL``: when a method returns, the change is on the disk, and a process
killed at any moment loses nothing that was acknowledged.  One connection, one lock: any thread may
call, one at a time writes; other processes are kept in order by SQLite's own lock.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from radassist import __version__, offline
from radassist.domain.history import HistoryEntry
from radassist.domain.report import Report
from radassist.errors import Bug, InputFault, StorageFault, UsageFault
from radassist.ports import AuditEvent
from radassist.store import chain, verifying
from radassist.store.content import from_json, must_follow, parsed, storable, to_json
from radassist.store.faults import translated
from radassist.store.habits import SqliteHabits, Transactions
from radassist.store.keys import SigningKey, open_signing_key
from radassist.store.opening import open_database

#: After these events a checkpoint is signed in the same transaction.
SIGNED_ACTIONS = frozenset({"report.sign", "report.addendum", "session.open", "session.close"})


def utc_now() -> str:
    """The present time as ISO 8601 UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class SqliteStore:
    """``ports.ReportStore`` over one database file; ``audit`` is its ``ports.AuditLog``,
    ``habits`` its ``ports.HabitStore``.

    Opening makes or migrates the file and writes the event ``session.open`` with the result of the
    offline guard's probe; ``close`` writes ``session.close``.  Both sign a checkpoint, so what a
    killed session wrote is under one as soon as the next begins.

    :param path: the database; its folder is made when missing.
    :param keys: folder of the signing key; None: ``keys`` beside the database.
    :param actor: who opens the session.
    :param opening: further facts for the ``session.open`` event.
    :param checkpoint_every: events after which a checkpoint is signed at the latest.
    :param busy_s: how long to wait for another process that is writing.
    :raises StorageFault: the disk is full or read-only, the file is damaged, locked, or was
        written by a newer version.
    """

    def __init__(
        self,
        path: Path,
        *,
        keys: Path | None = None,
        actor: str = "",
        clock: Callable[[], str] = utc_now,
        opening: dict[str, Any] | None = None,
        checkpoint_every: int = 100,
        busy_s: float = 5.0,
    ) -> None:
        self.path = path
        self.session = secrets.token_hex(8)
        self._actor = actor or "radassist"
        self._clock = clock
        self._every = checkpoint_every
        self._lock = threading.RLock()
        self._closed = False
        self._db, self._journal = open_database(path, busy_s)
        try:
            self._begin_session(keys or path.parent / "keys", opening or {})
        except BaseException:
            self._db.close()
            raise
        self.audit = SqliteAudit(self)
        self.habits = SqliteHabits(
            Transactions(self._db, clock, self._reading, self._writing, self._add_events)
        )

    # --- ports.ReportStore -------------------------------------------------------------------

    def create(
        self, base: Report, entries: Sequence[HistoryEntry], report: Report, event: AuditEvent
    ) -> None:
        """Store a new report with its first history and event.

        :raises UsageFault: a report with this id is stored already.
        :raises StorageFault: the disk, as above; then nothing was stored.
        """
        must_follow(base, entries, report)
        before, current = to_json(base), to_json(report)
        texts = [chain.canonical(entry.to_dict()) for entry in entries]
        history = chain.history_hash(texts)
        content = chain.content_hash(before, current, history)
        report_id = storable(report.id)
        with self._writing():
            if self._row("SELECT 1 FROM reports WHERE id = ?", report_id) is not None:
                raise UsageFault(
                    f"A report with the id {report_id} is stored already.", "Open that one."
                )
            self._add_history(report_id, texts, first=1)
            at = self._clock()
            self._db.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    report_id,
                    storable(report.study.study_instance_uid),
                    report.state.value,
                    before,
                    current,
                    history,
                    content,
                    at,
                    at,
                ),
            )
            self._add_events([event], content, report_id)

    def append(
        self, report: Report, entries: Sequence[HistoryEntry], events: Sequence[AuditEvent]
    ) -> None:
        """Store a changed report, its new history entries and their events in one transaction.

        :raises UsageFault: the stored report is final, or was changed since it was loaded.
        :raises StorageFault: the disk, as above; then nothing was stored.
        """
        current = to_json(report)
        texts = [chain.canonical(entry.to_dict()) for entry in entries]
        report_id = storable(report.id)
        with self._writing():
            row = self._row("SELECT * FROM reports WHERE id = ?", report_id)
            if row is None:
                raise Bug(f"report {report_id} was never created")
            self._must_be_next(row, report, entries)
            history = chain.history_hash(texts, row["history_hash"])
            content = chain.content_hash(row["base"], current, history)
            first = entries[0].seq if entries else 1
            self._add_history(report_id, texts, first)
            self._db.execute(
                "UPDATE reports SET state = ?, current = ?, history_hash = ?, content = ?, "
                "updated_at = ? WHERE id = ?",
                (report.state.value, current, history, content, self._clock(), report_id),
            )
            self._add_events(events, content, report_id)

    def load(self, report_id: str) -> tuple[Report, Report, tuple[HistoryEntry, ...]] | None:
        """(base, report, history), or None.

        :raises StorageFault: what is stored is damaged.
        """
        report_id = storable(report_id)
        with self._reading():
            row = self._row("SELECT base, current FROM reports WHERE id = ?", report_id)
            if row is None:
                return None
            texts = self._history(report_id)
        try:
            return parsed(row["base"], row["current"], texts)
        except ValueError as error:
            raise _damaged(report_id) from error

    def for_study(self, study_uid: str) -> list[str]:
        """Ids of the reports of a study, newest first."""
        with self._reading():
            rows = self._db.query(
                "SELECT id FROM reports WHERE study_uid = ? ORDER BY created_at DESC, rowid DESC",
                [storable(study_uid)],
            )
            return [row["id"] for row in rows]

    def reports(self) -> list[dict[str, str]]:
        """Every report as id, study_uid, state, created_at, updated_at; last changed first."""
        with self._reading():
            return list(
                self._db.query(
                    "SELECT id, study_uid, state, created_at, updated_at FROM reports "
                    "ORDER BY updated_at DESC, rowid DESC"
                )
            )

    def close(self) -> None:
        """End the session: its last event, a signed checkpoint, the file closed.  Idempotent.

        :raises StorageFault: the last event could not be written; the file is closed all the same.
        """
        with self._lock:
            if self._closed:
                return
            try:
                with self._writing():
                    self._add_events([AuditEvent("session.close", self._actor, self.session, {})])
            finally:
                self._closed = True
                self._db.close()

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the audit log -----------------------------------------------------------------------

    def append_event(self, event: AuditEvent) -> int:
        """Write one event that belongs to no report change; returns its sequence number."""
        with self._writing():
            return self._add_events([event])

    @contextlib.contextmanager
    def changing(self, event: AuditEvent) -> Iterator[Database]:
        """For the other repositories of this room: their rows and the event, one transaction."""
        with self._writing():
            yield self._db
            self._add_events([event])

    @contextlib.contextmanager
    def looking(self) -> Iterator[Database]:
        """For the other repositories of this room: reading, kept apart from writers."""
        with self._reading():
            yield self._db

    def now(self) -> str:
        """The store's clock, ISO 8601 UTC."""
        return self._clock()

    def read_events(self, subject: str | None) -> list[dict[str, Any]]:
        """Events in order, ``detail`` parsed."""
        where, values = (
            ("WHERE subject = ?", [storable(subject)]) if subject is not None else ("", [])
        )
        sql = f"SELECT * FROM audit {where} ORDER BY seq"  # noqa: S608  two fixed texts
        with self._reading():
            found = list(self._db.query(sql, values))
        try:
            return [{**row, "detail": json.loads(row["detail"])} for row in found]
        except (ValueError, TypeError) as error:
            raise StorageFault(
                "An event of the audit log is damaged.", "Run radassist audit verify."
            ) from error

    def verify_all(self) -> verifying.Verdict:
        """Hold every rule of the chain, and that each report is what its history gives."""
        with self._reading():
            verdict = verifying.verify(
                self._db.conn, self._key.trusted, verifying.checkpoints_beside(self.path)
            )
            verifying.verify_replay(self._db.conn, verdict)
        return verdict

    # --- within a transaction ------------------------------------------------------------------

    def _begin_session(self, keys: Path, opening: dict[str, Any]) -> None:
        with self._writing():
            self._key: SigningKey = open_signing_key(keys)
            known = self._row("SELECT value FROM meta WHERE name = 'log'")
            if known is None:
                self._log_id = secrets.token_hex(16)
                self._db.execute("INSERT INTO meta VALUES ('log', ?)", (self._log_id,))
            else:
                self._log_id = known["value"]
            self._db.execute(
                "INSERT OR IGNORE INTO audit_keys VALUES (?, ?)",
                (self._key.id, self._key.public.hex()),
            )
            facts = {
                "guard": offline.probe(),
                "radassist": __version__,
                "system": platform.platform(),
                "sqlite": sqlite3.sqlite_version,
                "journal": self._journal,
                "key": self._key.id,
                **opening,
            }
            self._add_events([AuditEvent("session.open", self._actor, self.session, facts)])

    def _add_history(self, report_id: str, texts: Sequence[str], first: int) -> None:
        for seq, text in enumerate(texts, start=first):
            self._db.execute("INSERT INTO history VALUES (?, ?, ?)", (report_id, seq, text))

    def _add_events(
        self, events: Sequence[AuditEvent], content: str = "", report_id: str = ""
    ) -> int:
        """Chain events; those about the report vouch for its content.  Returns the last seq."""
        head = self._row("SELECT seq, hash FROM audit_head")
        seq = head["seq"] if head else 0
        prev = head["hash"] if head else chain.genesis(self._log_id)
        subjects = [storable(event.subject) for event in events]
        if content and report_id not in subjects:
            raise Bug("a report was changed without an event about it")
        for event, subject in zip(events, subjects, strict=True):
            seq += 1
            row = {
                "seq": seq,
                "at": self._clock(),
                "session": self.session,
                "actor": storable(event.actor),
                "action": event.action,
                "subject": subject,
                "detail": chain.canonical(event.detail),
                "content": content if subject == report_id else "",
                "prev_hash": prev,
            }
            prev = chain.event_hash(row)
            self._db.execute(
                "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row.values(), prev)
            )
        self._db.execute(
            "INSERT INTO audit_head VALUES (1, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, hash = excluded.hash",
            (seq, prev),
        )
        self._maybe_sign(events, seq, prev)
        return seq

    def _maybe_sign(self, events: Sequence[AuditEvent], seq: int, event_hash: str) -> None:
        last = self._row("SELECT coalesce(max(seq), 0) AS seq FROM checkpoints")
        due = seq - (last["seq"] if last else 0) >= self._every
        if not due and not any(event.action in SIGNED_ACTIONS for event in events):
            return
        at = self._clock()
        message = chain.checkpoint_message(self._log_id, seq, event_hash, at, self._key.id)
        self._db.execute(
            "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?)",
            (seq, at, event_hash, self._key.id, self._key.sign(message)),
        )
        self._unexported = True

    def _must_be_next(
        self, row: dict[str, Any], report: Report, entries: Sequence[HistoryEntry]
    ) -> None:
        """:raises UsageFault: the stored report is not the one that this change was made from."""
        try:
            stored = from_json(row["current"])
        except (ValueError, InputFault) as error:
            raise _damaged(row["id"]) from error
        last = self._row(
            "SELECT coalesce(max(seq), 0) AS seq FROM history WHERE report_id = ?", row["id"]
        )
        count = last["seq"] if last else 0
        numbers = [entry.seq for entry in entries]
        fresh = (
            numbers == list(range(count + 1, count + 1 + len(entries)))
            and report.signatures[: len(stored.signatures)] == stored.signatures
            and report.addenda[: len(stored.addenda)] == stored.addenda
        )
        if not fresh:
            raise UsageFault(
                "This report was changed elsewhere since it was opened.",
                "Open it again and repeat the last change.",
            )
        must_follow(stored, entries, report)

    def _history(self, report_id: str) -> list[str]:
        sql = "SELECT entry FROM history WHERE report_id = ? ORDER BY seq"
        return [row["entry"] for row in self._db.query(sql, [report_id])]

    def _row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        return next(iter(self._db.query(sql, list(values))), None)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """One transaction: all of it is on the disk afterwards, or nothing."""
        with self._lock, translated(self.path):
            if self._closed:
                raise Bug("the store is closed")
            self._unexported = False
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.conn.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            if self._unexported:
                self._export_checkpoints()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, translated(self.path):
            if self._closed:
                raise Bug("the store is closed")
            yield

    def _export_checkpoints(self) -> None:
        """Append to the file beside the database what it lacks.

        A convenience for whoever copies checkpoints away; the database holds the same ones, so a
        disk that refuses is not the user's problem now, and the next checkpoint tries again.
        """
        path = self.path.with_name(self.path.name + ".checkpoints")
        known = {c.get("seq") for c in verifying.checkpoints_beside(self.path) or ()}
        missing = [
            row
            for row in self._db.query("SELECT * FROM checkpoints ORDER BY seq")
            if row["seq"] not in known
        ]
        text = "".join(f"{chain.canonical(row)}\n" for row in missing)
        with contextlib.suppress(OSError):
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, text.encode())
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _damaged(report_id: str) -> StorageFault:
    return StorageFault(
        f"The stored report {report_id} is damaged.",
        "Run radassist audit verify, and restore the database from a copy.",
    )


class SqliteAudit:
    """``ports.AuditLog`` over the connection of a ``SqliteStore``."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def append(self, event: AuditEvent) -> int:
        """Write one event; returns its sequence number.

        :raises StorageFault: the disk is full or read-only; then nothing was written.
        """
        return self._store.append_event(event)

    def verify(self) -> tuple[int, list[str]]:
        """(number of events, problems found)."""
        verdict = self._store.verify_all()
        return verdict.events, verdict.problems

    def events(self, subject: str | None = None) -> list[dict[str, Any]]:
        """Events in order, of one subject or all, with ``detail`` parsed."""
        return self._store.read_events(subject)

"""Proving the audit log: every rule of ``chain`` held against a database file.

Reads only, through any ``sqlite3`` connection.  ``resources/audit/verify_audit.py`` holds the same
rules; the sentences are the same too, so that their answers can be compared.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from radassist.errors import InputFault, StorageFault
from radassist.store import chain
from radassist.store.content import replay_problem
from radassist.store.keys import PUBLIC_NAME, read_public_keys, signature_is_good

#: So many sentences are enough to know that a log is broken.
MAX_PROBLEMS = 50


@dataclass
class Verdict:
    """What verifying an audit log gave.

    :param events: number of events read.
    :param reports: number of reports held against the chain.
    :param checkpoints: number of checkpoints whose signature is good.
    :param covered: sequence number of the last event under a good checkpoint; 0: none.
    :param problems: what is wrong, one sentence each; empty: the log is whole.
    :param notes: what a careful reader should know though nothing is wrong.
    """

    events: int = 0
    reports: int = 0
    checkpoints: int = 0
    covered: int = 0
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, text: str) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def verify_file(path: Path, key: str | None = None) -> Verdict:
    """Verify a database without changing it.

    :param key: the public key to trust, as PEM or 64 hexadecimal digits; None: the one in ``keys``
        beside the database, else the one that the log itself holds (and a note says so).
    :raises InputFault: there is no such file, it is no audit log, or the key is no key.
    :raises StorageFault: the file cannot be read or is locked.
    """
    trusted = read_public_keys(key) if key is not None else _key_beside(path)
    connection = open_read_only(path)
    try:
        connection.execute("BEGIN")  # one snapshot, also while a window is writing
        verdict = verify(connection, trusted, checkpoints_beside(path))
        verify_replay(connection, verdict)
        return verdict
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # SQLite quotes what it found in its messages, and that need not be text at all.
        kind = getattr(error, "sqlite_errorname", "") or type(error).__name__
        raise InputFault(
            f"{path} is not an audit log that can be read ({kind}).",
            "Give a radassist.db or a copy of one.",
        ) from error
    finally:
        connection.close()


def open_read_only(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; on read-only media SQLite is told that nobody else does."""
    if not path.is_file():
        raise InputFault(f"There is no audit log at {path}.", "Give a database with --file.")
    uri = path.absolute().as_uri()
    error: Exception | None = None
    modes = ["mode=ro"]
    if not path.with_name(path.name + "-wal").exists():
        modes.append("mode=ro&immutable=1")
    for mode in modes:
        connection = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as caught:
            connection.close()
            error = caught
            continue
        return connection
    if isinstance(error, sqlite3.OperationalError):
        raise StorageFault(
            f"{path} cannot be read ({error.sqlite_errorname}).",
            "Close other programs or make it readable.",
        ) from error
    raise InputFault(f"{path} is not an audit log.", "Give a radassist.db or a copy of one.")


def checkpoints_beside(path: Path) -> list[dict[str, Any]] | None:
    """The checkpoints that were also written to a file of their own; None where there is none."""
    beside = path.with_name(path.name + ".checkpoints")
    try:
        lines = beside.read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return None
    found: list[dict[str, Any]] = []
    for line in lines:
        try:
            item = json.loads(line)
        except ValueError:
            continue  # a last line that a crash cut short; the database has the whole one
        if isinstance(item, dict):
            found.append(item)
    return found


def _key_beside(path: Path) -> tuple[bytes, ...] | None:
    try:
        return read_public_keys((path.parent / "keys" / PUBLIC_NAME).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, InputFault):
        return None


def verify(
    connection: sqlite3.Connection,
    trusted: Sequence[bytes] | None,
    beside: Sequence[dict[str, Any]] | None = None,
) -> Verdict:
    """Hold every rule against the log.

    :param trusted: public keys of 32 bytes each, or None to believe the log's own.
    :param beside: checkpoints that are kept outside the database.
    """
    verdict = Verdict()
    damage = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if damage != "ok":
        verdict.problem("The database file itself is damaged.")
    try:
        hashes, contents = _verify_events(connection, verdict)
        _verify_head(connection, hashes, verdict)
        _verify_checkpoints(connection, hashes, trusted, beside, verdict)
        _verify_reports(connection, contents, verdict)
    except (TypeError, AttributeError, KeyError, ValueError, OverflowError):
        # SQLite types values, not columns: a hand in the file can put anything anywhere.
        verdict.problem("The log holds values of a kind that radassist never writes.")
    return verdict


def verify_replay(connection: sqlite3.Connection, verdict: Verdict) -> None:
    """Replay every history: each report must be what its operations make of its base.

    Only where the chain vouches for the texts, so that a stranger's answer about a broken log is
    the same; and not part of the stand-alone verifier, which does not know the operations.
    """
    if verdict.problems:
        return
    for report in rows(connection, "SELECT id, base, current FROM reports ORDER BY id"):
        texts = connection.execute(
            "SELECT entry FROM history WHERE report_id = ? ORDER BY seq", (report["id"],)
        )
        bad = replay_problem(report["base"], report["current"], [row[0] for row in texts])
        if bad:
            verdict.problem(f"Report {_plain(report['id'])}: {bad}")


def rows(connection: sqlite3.Connection, sql: str) -> Iterator[dict[str, Any]]:
    """Rows of a query as dictionaries."""
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def _log_id(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT value FROM meta WHERE name = 'log'").fetchone()
    return str(row[0]) if row else ""


def _verify_events(
    connection: sqlite3.Connection, verdict: Verdict
) -> tuple[dict[int, str], dict[str, str]]:
    """(hash of every event, last content hash of every report)."""
    hashes: dict[int, str] = {}
    contents: dict[str, str] = {}
    previous, expected = chain.genesis(_log_id(connection)), 1
    for event in rows(connection, "SELECT * FROM audit ORDER BY seq"):
        seq = event["seq"]
        if seq != expected:
            verdict.problem(_missing(expected, seq - 1))
        if chain.event_hash(event) != event["hash"]:
            verdict.problem(f"Event {seq} was changed after it was written.")
        elif seq == expected and event["prev_hash"] != previous:
            verdict.problem(f"Event {seq} does not follow the event before it.")
        hashes[seq] = event["hash"]
        if event["content"]:
            contents[event["subject"]] = event["content"]
        previous, expected = event["hash"], seq + 1
    verdict.events = len(hashes)
    return hashes, contents


def _plain(text: str) -> str:
    """Text of the log that is safe to print."""
    return text if text.isprintable() and len(text) <= 80 else ascii(text)[:80]


def _missing(first: int, last: int) -> str:
    if first >= last:
        return f"Event {first} is missing."
    return f"Events {first} to {last} are missing."


def _verify_head(connection: sqlite3.Connection, hashes: dict[int, str], verdict: Verdict) -> None:
    head = connection.execute("SELECT seq, hash FROM audit_head").fetchone()
    last = max(hashes, default=0)
    if head is None:
        if hashes:
            verdict.problem("The head of the log is missing.")
    elif head[0] > last:
        verdict.problem(f"The log ends at event {last}, but it once had {head[0]} events.")
    elif head[0] < last or head[1] != hashes[last]:
        verdict.problem("The head of the log is not its last event.")


def _verify_checkpoints(
    connection: sqlite3.Connection,
    hashes: dict[int, str],
    trusted: Sequence[bytes] | None,
    beside: Sequence[dict[str, Any]] | None,
    verdict: Verdict,
) -> None:
    keys = _keys(connection, trusted, verdict)
    log_id = _log_id(connection)
    inside = list(rows(connection, "SELECT * FROM checkpoints ORDER BY seq"))
    for checkpoint in inside:
        _verify_checkpoint(checkpoint, hashes, keys, log_id, verdict)
    known = {(c["seq"], c["signature"]) for c in inside}
    for checkpoint in beside or ():
        if (checkpoint.get("seq"), checkpoint.get("signature")) not in known:
            _verify_outside(checkpoint, hashes, keys, log_id, verdict)
    last = max(hashes, default=0)
    if hashes and not verdict.checkpoints and not inside:
        verdict.problem("The log has no checkpoint, so nothing shows that it was not rewritten.")
    elif last > verdict.covered:
        first = verdict.covered + 1
        which = f"Event {last} is" if first == last else f"Events {first} to {last} are"
        verdict.notes.append(f"{which} not yet under a signed checkpoint.")


def _keys(
    connection: sqlite3.Connection, trusted: Sequence[bytes] | None, verdict: Verdict
) -> dict[str, bytes]:
    if trusted is not None:
        return {chain.key_id(public): public for public in trusted}
    if connection.execute("SELECT count(*) FROM audit_keys").fetchone()[0]:
        verdict.notes.append(
            "Signatures were held against the key that the log itself holds; "
            "give the public key that you kept to prove who wrote it."
        )
    keys: dict[str, bytes] = {}
    for row in rows(connection, "SELECT * FROM audit_keys"):
        try:
            public = bytes.fromhex(row["public"])
        except ValueError:
            continue
        if len(public) == 32:
            keys[chain.key_id(public)] = public
    return keys


def _verify_checkpoint(
    checkpoint: dict[str, Any],
    hashes: dict[int, str],
    keys: dict[str, bytes],
    log_id: str,
    verdict: Verdict,
) -> None:
    seq = checkpoint["seq"]
    if not _signed(checkpoint, keys, log_id):
        verdict.problem(f"The checkpoint at event {seq} is not signed with the trusted key.")
    elif seq not in hashes:
        verdict.problem(f"Event {seq} is missing, although a checkpoint was signed at it.")
    elif hashes[seq] != checkpoint["hash"]:
        verdict.problem(f"The log was rewritten: event {seq} is not the one that was signed.")
    else:
        verdict.checkpoints += 1
        verdict.covered = max(verdict.covered, seq)


def _verify_outside(
    checkpoint: dict[str, Any],
    hashes: dict[int, str],
    keys: dict[str, bytes],
    log_id: str,
    verdict: Verdict,
) -> None:
    """A checkpoint that only the file beside the database has: something was taken out."""
    if not _signed(checkpoint, keys, log_id):
        verdict.notes.append("The file of checkpoints holds one that the trusted key did not sign.")
        return
    seq = checkpoint["seq"]
    if hashes.get(seq) != checkpoint["hash"]:
        verdict.problem(f"The log was cut or rewritten before event {seq}, which was signed.")
    else:
        verdict.problem(f"The checkpoint at event {seq} was taken out of the log.")


def _signed(checkpoint: dict[str, Any], keys: dict[str, bytes], log_id: str) -> bool:
    fields = [checkpoint.get(name) for name in ("hash", "at", "key_id", "signature")]
    seq = checkpoint.get("seq")
    if not isinstance(seq, int) or not all(isinstance(value, str) for value in fields):
        return False
    event_hash, at, key, signature = (str(value) for value in fields)
    message = chain.checkpoint_message(log_id, seq, event_hash, at, key)
    return key in keys and signature_is_good(keys[key], signature, message)


def _verify_reports(
    connection: sqlite3.Connection, contents: dict[str, str], verdict: Verdict
) -> None:
    seen = set()
    for report in rows(connection, "SELECT id, base, current, content FROM reports ORDER BY id"):
        seen.add(report["id"])
        verdict.reports += 1
        entries = connection.execute(
            "SELECT entry FROM history WHERE report_id = ? ORDER BY seq", (report["id"],)
        )
        history = chain.history_hash(row[0] for row in entries)
        content = chain.content_hash(report["base"], report["current"], history)
        if contents.get(report["id"]) != content:
            name = _plain(report["id"])
            verdict.problem(f"Report {name} or its history is not what the log last vouched for.")
    for report_id in sorted(set(contents) - seen):
        verdict.problem(f"Report {_plain(report_id)} is missing.")

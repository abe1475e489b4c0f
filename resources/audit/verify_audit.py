#!/usr/bin/env python3
"""Verify a radassist audit log with nothing but this file and Python (3.10 or newer).

    python3 verify_audit.py radassist.db [--key audit-public.pem | --key HEX]

The database is opened read-only and is not changed.  This file imports nothing of radassist: it
can be kept, read and run by somebody who does not trust that program.

What it finds: an event that was edited, deleted, inserted or moved; a tail that was cut off; a
chain that was rewritten since a signed checkpoint; a report or a history that is not what the log
vouched for.  What it cannot find: events after the last checkpoint that were all rewritten
consistently, and a log that was cut back to an earlier checkpoint together with everything beside
it.  Keep copies of the public key and of the file of checkpoints where the log's owner cannot
change them.

The rules:
  * The hash of an event is SHA-256 over the canonical JSON (sorted keys, no spaces, ASCII) of its
    columns seq, at, session, actor, action, subject, detail, content, prev_hash; ``detail`` is the
    stored text.  ``prev_hash`` is the hash of the event before it; the first one has
    SHA-256("radassist.audit/1" LF log id).
  * ``content`` of an event about a report is SHA-256 over the canonical JSON of the SHA-256 of its
    base text, of its current text, and the hash of its history: starting from SHA-256(""), each
    entry gives SHA-256(hash so far + entry text).
  * A checkpoint is an Ed25519 signature (RFC 8032) over "radassist.checkpoint/1" LF and the
    canonical JSON of log id, seq, event hash, time and key id (first 16 digits of the SHA-256 of
    the public key).

Exit status: 0 the log is whole, 1 problems were found, 2 it could not be read.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import sqlite3
import sys

EVENT_FIELDS = (
    "seq", "at", "session", "actor", "action", "subject", "detail", "content", "prev_hash",
)  # fmt: skip
MAX_PROBLEMS = 50
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----")
SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410


# --- Ed25519 (RFC 8032, section 5.1), verification only ----------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _recover_x(y, sign):
    """The x of a point with this y and sign bit, or None when there is none (5.1.3)."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def _decompress(data):
    """A point in extended coordinates from its 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = _recover_x(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


def _add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def _times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = _add(result, point)
        point = _add(point, point)
        scalar >>= 1
    return result


def _same(p, q):
    return (p[0] * q[2] - q[0] * p[2]) % P == 0 and (p[1] * q[2] - q[1] * p[2]) % P == 0


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = _recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519_verify(public, signature, message):
    """True when the 64-byte signature over the message was made with the 32-byte key (5.1.7)."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a, r = _decompress(public), _decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    return _same(_times(s, BASE), _add(r, _times(k, a)))


# --- the rules ---------------------------------------------------------------------------------


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plain(text):
    """Text of the log that is safe to print."""
    return text if text.isprintable() and len(text) <= 80 else ascii(text)[:80]


def key_id(public):
    return hashlib.sha256(public).hexdigest()[:16]


def read_keys(text):
    """Public keys of 32 bytes from PEM blocks or 64 hexadecimal digits; ValueError otherwise."""
    text = text.strip()
    if len(text) == 64:
        return [bytes.fromhex(text)]
    blocks = [base64.b64decode("".join(body.split())) for body in PEM.findall(text)]
    if not blocks or not all(b.startswith(SPKI) and len(b) == len(SPKI) + 32 for b in blocks):
        raise ValueError("this is not an Ed25519 public key")
    return [block[len(SPKI) :] for block in blocks]


class Verdict:
    """What was read and what is wrong with it."""

    def __init__(self):
        self.events = self.reports = self.checkpoints = self.covered = 0
        self.problems = []
        self.notes = []

    def problem(self, text):
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)


def rows(connection, sql, values=()):
    cursor = connection.execute(sql, values)
    names = [column[0] for column in cursor.description]
    for row in cursor:
        yield dict(zip(names, row, strict=True))


def log_id(connection):
    row = connection.execute("SELECT value FROM meta WHERE name = 'log'").fetchone()
    return str(row[0]) if row else ""


def verify_events(connection, verdict):
    hashes, contents = {}, {}
    previous, expected = sha256("radassist.audit/1\n" + log_id(connection)), 1
    for event in rows(connection, "SELECT * FROM audit ORDER BY seq"):
        seq = event["seq"]
        if seq != expected:
            verdict.problem(missing(expected, seq - 1))
        if sha256(canonical({name: event[name] for name in EVENT_FIELDS})) != event["hash"]:
            verdict.problem(f"Event {seq} was changed after it was written.")
        elif seq == expected and event["prev_hash"] != previous:
            verdict.problem(f"Event {seq} does not follow the event before it.")
        hashes[seq] = event["hash"]
        if event["content"]:
            contents[event["subject"]] = event["content"]
        previous, expected = event["hash"], seq + 1
    verdict.events = len(hashes)
    return hashes, contents


def missing(first, last):
    return (
        f"Event {first} is missing." if first >= last else f"Events {first} to {last} are missing."
    )


def verify_head(connection, hashes, verdict):
    head = connection.execute("SELECT seq, hash FROM audit_head").fetchone()
    last = max(hashes, default=0)
    if head is None:
        if hashes:
            verdict.problem("The head of the log is missing.")
    elif head[0] > last:
        verdict.problem(f"The log ends at event {last}, but it once had {head[0]} events.")
    elif head[0] < last or head[1] != hashes[last]:
        verdict.problem("The head of the log is not its last event.")


def trusted_keys(connection, trusted, verdict):
    if trusted is not None:
        return {key_id(public): public for public in trusted}
    if connection.execute("SELECT count(*) FROM audit_keys").fetchone()[0]:
        verdict.notes.append(
            "Signatures were held against the key that the log itself holds; "
            "give the public key that you kept to prove who wrote it."
        )
    keys = {}
    for row in rows(connection, "SELECT * FROM audit_keys"):
        try:
            public = bytes.fromhex(row["public"])
        except ValueError:
            continue
        if len(public) == 32:
            keys[key_id(public)] = public
    return keys


def signed(checkpoint, keys, log):
    texts = [checkpoint.get(name) for name in ("hash", "at", "key_id", "signature")]
    seq = checkpoint.get("seq")
    if not isinstance(seq, int) or not all(isinstance(text, str) for text in texts):
        return False
    event_hash, at, key, signature = texts
    fields = {"log": log, "seq": seq, "hash": event_hash, "at": at, "key": key}
    message = f"radassist.checkpoint/1\n{canonical(fields)}".encode()
    try:
        return key in keys and ed25519_verify(keys[key], bytes.fromhex(signature), message)
    except ValueError:
        return False


def verify_checkpoints(connection, hashes, trusted, beside, verdict):
    keys = trusted_keys(connection, trusted, verdict)
    log = log_id(connection)
    inside = list(rows(connection, "SELECT * FROM checkpoints ORDER BY seq"))
    for checkpoint in inside:
        seq = checkpoint["seq"]
        if not signed(checkpoint, keys, log):
            verdict.problem(f"The checkpoint at event {seq} is not signed with the trusted key.")
        elif seq not in hashes:
            verdict.problem(f"Event {seq} is missing, although a checkpoint was signed at it.")
        elif hashes[seq] != checkpoint["hash"]:
            verdict.problem(f"The log was rewritten: event {seq} is not the one that was signed.")
        else:
            verdict.checkpoints += 1
            verdict.covered = max(verdict.covered, seq)
    known = {(c["seq"], c["signature"]) for c in inside}
    for checkpoint in beside or ():
        if (checkpoint.get("seq"), checkpoint.get("signature")) not in known:
            verify_outside(checkpoint, hashes, keys, log, verdict)
    last = max(hashes, default=0)
    if hashes and not verdict.checkpoints and not inside:
        verdict.problem("The log has no checkpoint, so nothing shows that it was not rewritten.")
    elif last > verdict.covered:
        first = verdict.covered + 1
        which = f"Event {last} is" if first == last else f"Events {first} to {last} are"
        verdict.notes.append(f"{which} not yet under a signed checkpoint.")


def verify_outside(checkpoint, hashes, keys, log, verdict):
    """A checkpoint that only the file beside the database has: something was taken out."""
    if not signed(checkpoint, keys, log):
        verdict.notes.append("The file of checkpoints holds one that the trusted key did not sign.")
        return
    seq = checkpoint["seq"]
    if hashes.get(seq) != checkpoint["hash"]:
        verdict.problem(f"The log was cut or rewritten before event {seq}, which was signed.")
    else:
        verdict.problem(f"The checkpoint at event {seq} was taken out of the log.")


def verify_reports(connection, contents, verdict):
    seen = set()
    for report in rows(connection, "SELECT id, base, current, content FROM reports ORDER BY id"):
        seen.add(report["id"])
        verdict.reports += 1
        history = sha256("")
        for row in connection.execute(
            "SELECT entry FROM history WHERE report_id = ? ORDER BY seq", (report["id"],)
        ):
            history = sha256(history + row[0])
        parts = {
            "base": sha256(report["base"]), "current": sha256(report["current"]),
            "history": history,
        }  # fmt: skip
        if contents.get(report["id"]) != sha256(canonical(parts)):
            verdict.problem(
                f"Report {plain(report['id'])} or its history is not what the log last vouched for."
            )
    for report_id in sorted(set(contents) - seen):
        verdict.problem(f"Report {plain(report_id)} is missing.")


def verify(connection, trusted=None, beside=None):
    """Hold every rule against the log; returns a Verdict."""
    verdict = Verdict()
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        verdict.problem("The database file itself is damaged.")
    try:
        hashes, contents = verify_events(connection, verdict)
        verify_head(connection, hashes, verdict)
        verify_checkpoints(connection, hashes, trusted, beside, verdict)
        verify_reports(connection, contents, verdict)
    except (TypeError, AttributeError, KeyError, ValueError, OverflowError):
        verdict.problem("The log holds values of a kind that radassist never writes.")
    return verdict


# --- files -------------------------------------------------------------------------------------


def kind(error):
    """What to say of an error without quoting the file."""
    return getattr(error, "sqlite_errorname", "") or type(error).__name__


def open_read_only(path):
    """A connection that cannot write; on read-only media SQLite is told that nobody else does."""
    uri = path.absolute().as_uri()
    modes = ["mode=ro"]
    if not path.with_name(path.name + "-wal").exists():
        modes.append("mode=ro&immutable=1")
    for mode in modes:
        connection = sqlite3.connect(f"{uri}?{mode}", uri=True, isolation_level=None)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            return connection
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            connection.close()
            if mode == modes[-1]:
                raise
    raise AssertionError("not reached")


def checkpoints_beside(path):
    """Checkpoints of the file beside the database, or None where there is none."""
    try:
        text = path.with_name(path.name + ".checkpoints").read_text("utf-8", errors="replace")
    except OSError:
        return None
    found = []
    for line in text.splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            continue  # a last line that a crash cut short; the database has the whole one
        if isinstance(item, dict):
            found.append(item)
    return found


def keys_beside(path):
    try:
        return read_keys((path.parent / "keys" / "audit-public.pem").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def read_key_argument(text):
    path = pathlib.Path(text)
    if len(text) == 64 and not path.exists():
        return read_keys(text)
    return read_keys(path.read_text("ascii"))


def main(arguments=None):
    parser = argparse.ArgumentParser(description="Verify a radassist audit log.")
    parser.add_argument("database", type=pathlib.Path)
    parser.add_argument("--key", help="the public key that you kept: a PEM file or 64 hex digits")
    options = parser.parse_args(arguments)
    path = options.database
    if not path.is_file():
        print(f"There is no audit log at {path}.", file=sys.stderr)
        return 2
    try:
        trusted = keys_beside(path) if options.key is None else read_key_argument(options.key)
    except (OSError, ValueError) as error:
        print(f"The key cannot be used: {error}.", file=sys.stderr)
        return 2
    connection = None
    try:
        connection = open_read_only(path)
        connection.execute("BEGIN")  # one snapshot, also while radassist is writing
        verdict = verify(connection, trusted, checkpoints_beside(path))
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # SQLite quotes what it found in its messages, and that need not be text at all.
        print(f"{path} is not an audit log that can be read ({kind(error)}).", file=sys.stderr)
        return 2
    finally:
        if connection is not None:
            connection.close()
    print(
        f"{verdict.events} events, {verdict.reports} reports, "
        f"{verdict.checkpoints} signed checkpoints covering {verdict.covered} events."
    )
    for note in verdict.notes:
        print(f"note: {note}")
    for problem in verdict.problems:
        print(f"PROBLEM: {problem}")
    print("The log is whole." if not verdict.problems else "The log is NOT whole.")
    return 1 if verdict.problems else 0


if __name__ == "__main__":
    sys.exit(main())

"""A hand in the file: every kind of tampering is found, by the product and by the stranger's tool.

``resources/audit/verify_audit.py`` runs as a stranger would run it: a process of its own, isolated
from this environment's packages.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from radassist.errors import Fault, InputFault, StorageFault
from radassist.ports import AuditEvent
from radassist.store import SqliteStore, Verdict, chain, verify_file
from radassist.store.keys import public_pem, read_public_keys

sys.path.insert(0, str(Path(__file__).parent))
from store_helpers import drafted

SCRIPT = Path(__file__).parents[2] / "resources" / "audit" / "verify_audit.py"


@pytest.fixture(scope="module")
def stranger() -> ModuleType:
    """verify_audit.py as a module, for its functions."""
    spec = importlib.util.spec_from_file_location("verify_audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log of two sessions: 21 events, checkpoints at 1, 8, 15, 16, 17 and 21."""
    path = tmp_path / "home" / "radassist.db"
    with SqliteStore(path, checkpoint_every=7) as store:
        drafted(store, 12)
        store.audit.append(AuditEvent("pack.fetch", "me", "language-tiny", {}))
    with SqliteStore(path) as store:
        drafted(store, 1, "r2")
        store.audit.append(AuditEvent("report.export", "me", "r2", {"as": "pdf"}))
    return path


class Hand:
    """A hand in the file: no trigger stops it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connection = sqlite3.connect(path, isolation_level=None)
        names = self.connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in names.fetchall():
            self.connection.execute(f"DROP TRIGGER {name}")
        self.connection.row_factory = sqlite3.Row

    def do(self, sql: str, *values: Any) -> None:
        self.connection.execute(sql, values)

    def rechain(self) -> None:
        """Make all hashes right again, as somebody without the key can."""
        log_id = self.connection.execute("SELECT value FROM meta").fetchone()[0]
        previous = chain.genesis(log_id)
        self.do("UPDATE audit SET hash = seq")
        events = self.connection.execute("SELECT * FROM audit ORDER BY seq").fetchall()
        for number, row in enumerate(events, start=1):
            event = {**dict(row), "seq": number, "prev_hash": previous}
            previous = chain.event_hash(event)
            self.do(
                "UPDATE audit SET seq = ?, prev_hash = ?, hash = ? WHERE seq = ?",
                *(number, event["prev_hash"], previous, row["seq"]),
            )
        self.do("UPDATE audit_head SET seq = ?, hash = ?", len(events), previous)

    def resign(self, private: Ed25519PrivateKey) -> None:
        """Sign every checkpoint again with a key of one's own, and put that key into the log."""
        public = private.public_key().public_bytes_raw()
        log_id = self.connection.execute("SELECT value FROM meta").fetchone()[0]
        self.do("DELETE FROM audit_keys")
        self.do("INSERT INTO audit_keys VALUES (?, ?)", chain.key_id(public), public.hex())
        for row in self.connection.execute("SELECT * FROM checkpoints").fetchall():
            event = self.connection.execute(
                "SELECT hash FROM audit WHERE seq = ?", (row["seq"],)
            ).fetchone()
            message = chain.checkpoint_message(
                log_id, row["seq"], event[0], row["at"], chain.key_id(public)
            )
            self.do(
                "UPDATE checkpoints SET hash = ?, key_id = ?, signature = ? WHERE seq = ?",
                *(event[0], chain.key_id(public), private.sign(message).hex(), row["seq"]),
            )


def edit_detail(hand: Hand) -> None:
    hand.do("UPDATE audit SET detail = '{\"as\":\"txt\"}' WHERE action = 'report.export'")


def edit_actor(hand: Hand) -> None:
    hand.do("UPDATE audit SET actor = 'somebody else' WHERE seq = 5")


def edit_time(hand: Hand) -> None:
    hand.do("UPDATE audit SET at = '2020-01-01T00:00:00.000Z' WHERE seq = 5")


def edit_and_rehash(hand: Hand) -> None:
    edit_actor(hand)
    row = dict(hand.connection.execute("SELECT * FROM audit WHERE seq = 5").fetchone())
    hand.do("UPDATE audit SET hash = ? WHERE seq = 5", chain.event_hash(row))


def delete_one(hand: Hand) -> None:
    hand.do("DELETE FROM audit WHERE seq = 9")


def delete_several(hand: Hand) -> None:
    hand.do("DELETE FROM audit WHERE seq BETWEEN 9 AND 11")


def delete_first(hand: Hand) -> None:
    hand.do("DELETE FROM audit WHERE seq = 1")


def swap_two(hand: Hand) -> None:
    for old, new in ((4, -4), (5, 4), (-4, 5)):
        hand.do("UPDATE audit SET seq = ? WHERE seq = ?", new, old)


def insert_one(hand: Hand) -> None:
    hand.do("UPDATE audit SET seq = seq + 1000 WHERE seq >= 10")
    hand.do("UPDATE audit SET seq = seq - 999 WHERE seq >= 1010")
    hand.do(
        "INSERT INTO audit SELECT 10, at, session, actor, action, subject, detail, content, "
        "prev_hash, 'forged' FROM audit WHERE seq = 9"
    )


def truncate(hand: Hand) -> None:
    hand.do("DELETE FROM audit WHERE seq > 17")


def truncate_and_mend_head(hand: Hand) -> None:
    truncate(hand)
    hand.do("UPDATE audit_head SET seq = 17, hash = (SELECT hash FROM audit WHERE seq = 17)")


def truncate_with_checkpoints(hand: Hand) -> None:
    """Only the copies of the checkpoints beside the database still know."""
    truncate_and_mend_head(hand)
    hand.do("DELETE FROM checkpoints WHERE seq > 17")


def remove_head(hand: Hand) -> None:
    hand.do("DELETE FROM audit_head")


def rewrite_chain(hand: Hand) -> None:
    edit_actor(hand)
    hand.rechain()


def rewrite_without_an_event(hand: Hand) -> None:
    delete_one(hand)
    hand.rechain()


def rewrite_and_drop_checkpoints(hand: Hand) -> None:
    edit_actor(hand)
    hand.rechain()
    hand.do("DELETE FROM checkpoints")
    hand.path.with_name(hand.path.name + ".checkpoints").unlink()


def rewrite_and_sign_with_another_key(hand: Hand) -> None:
    edit_actor(hand)
    hand.rechain()
    hand.resign(Ed25519PrivateKey.generate())


def remove_checkpoint(hand: Hand) -> None:
    hand.do("DELETE FROM checkpoints WHERE seq = 8")


def forge_signature(hand: Hand) -> None:
    hand.do("UPDATE checkpoints SET signature = ? WHERE seq = 8", "00" * 64)


def garble_signature(hand: Hand) -> None:
    hand.do("UPDATE checkpoints SET signature = 'not hexadecimal' WHERE seq = 8")


def edit_report(hand: Hand) -> None:
    hand.do("UPDATE reports SET current = replace(current, 'Sentence 3', 'Sentence 4')")


def edit_base(hand: Hand) -> None:
    hand.do("UPDATE reports SET base = replace(base, 'DOE', 'ROE') WHERE id = 'r1'")


def edit_history(hand: Hand) -> None:
    hand.do("UPDATE history SET entry = replace(entry, 'Sentence 3', 'Sentence 4')")


def delete_history(hand: Hand) -> None:
    hand.do("DELETE FROM history WHERE report_id = 'r1' AND seq = 12")


def delete_report(hand: Hand) -> None:
    hand.do("DELETE FROM history WHERE report_id = 'r2'")
    hand.do("DELETE FROM reports WHERE id = 'r2'")


def add_report(hand: Hand) -> None:
    hand.do(
        "INSERT INTO reports SELECT 'r3', study_uid, state, base, current, history_hash, "
        "content, created_at, updated_at FROM reports WHERE id = 'r2'"
    )


def other_log_id(hand: Hand) -> None:
    hand.do("UPDATE meta SET value = 'another log'")


def values_of_another_kind(hand: Hand) -> None:
    hand.do("UPDATE audit SET actor = x'00ff' WHERE seq = 5")


TAMPERINGS: dict[Callable[[Hand], None], str] = {
    edit_detail: "Event 20 was changed after it was written.",
    edit_actor: "Event 5 was changed after it was written.",
    edit_time: "Event 5 was changed after it was written.",
    edit_and_rehash: "Event 6 does not follow the event before it.",
    delete_one: "Event 9 is missing.",
    delete_several: "Events 9 to 11 are missing.",
    delete_first: "Event 1 is missing.",
    swap_two: "Event 4 was changed after it was written.",
    insert_one: "Event 10 was changed after it was written.",
    truncate: "The log ends at event 17, but it once had 21 events.",
    truncate_and_mend_head: "Event 21 is missing, although a checkpoint was signed at it.",
    truncate_with_checkpoints: "The log was cut or rewritten before event 21, which was signed.",
    remove_head: "The head of the log is missing.",
    rewrite_chain: "The log was rewritten: event 8 is not the one that was signed.",
    rewrite_without_an_event: "The log was rewritten: event 15 is not the one that was signed.",
    rewrite_and_drop_checkpoints: "The log has no checkpoint, so nothing shows that it was not "
    "rewritten.",
    rewrite_and_sign_with_another_key: "The checkpoint at event 8 is not signed with the trusted "
    "key.",
    remove_checkpoint: "The checkpoint at event 8 was taken out of the log.",
    forge_signature: "The checkpoint at event 8 is not signed with the trusted key.",
    garble_signature: "The checkpoint at event 8 is not signed with the trusted key.",
    edit_report: "Report r1 or its history is not what the log last vouched for.",
    edit_base: "Report r1 or its history is not what the log last vouched for.",
    edit_history: "Report r1 or its history is not what the log last vouched for.",
    delete_history: "Report r1 or its history is not what the log last vouched for.",
    delete_report: "Report r2 is missing.",
    add_report: "Report r3 or its history is not what the log last vouched for.",
    other_log_id: "Event 1 does not follow the event before it.",
    values_of_another_kind: "The log holds values of a kind that radassist never writes.",
}


def run_stranger(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), str(path), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def said(done: subprocess.CompletedProcess[str]) -> list[str]:
    lines = done.stdout.splitlines()
    return [line.removeprefix("PROBLEM: ") for line in lines if line.startswith("PROBLEM: ")]


def test_a_whole_log_is_whole_for_both(log: Path) -> None:
    verdict = verify_file(log)
    assert verdict == Verdict(events=21, reports=2, checkpoints=6, covered=21)
    done = run_stranger(log)
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines() == [
        "21 events, 2 reports, 6 signed checkpoints covering 21 events.",
        "The log is whole.",
    ]
    assert done.stderr == ""


@pytest.mark.parametrize("tamper", TAMPERINGS, ids=lambda t: t.__name__)
def test_tampering_is_found_by_both_in_the_same_words(
    log: Path, tamper: Callable[[Hand], None]
) -> None:
    hand = Hand(log)
    tamper(hand)
    hand.connection.close()
    verdict = verify_file(log)
    assert TAMPERINGS[tamper] in verdict.problems
    done = run_stranger(log)
    assert done.returncode == 1
    assert said(done) == verdict.problems
    assert done.stdout.endswith("The log is NOT whole.\n")


def test_the_key_that_a_stranger_kept_beats_the_one_in_the_log(log: Path, tmp_path: Path) -> None:
    """Somebody who replaces every key on the machine is found with the copy of the public key."""
    kept = tmp_path / "kept.pem"
    shutil.copy(log.parent / "keys" / "audit-public.pem", kept)
    forger = Ed25519PrivateKey.generate()
    hand = Hand(log)
    edit_actor(hand)
    hand.rechain()
    hand.resign(forger)
    hand.connection.close()
    log.with_name("radassist.db.checkpoints").unlink()
    public = forger.public_key().public_bytes_raw()
    (log.parent / "keys" / "audit-public.pem").write_text(public_pem(public))
    assert verify_file(log).problems == []  # the machine alone cannot know
    assert verify_file(log, kept.read_text()).problems != []
    assert run_stranger(log).returncode == 0
    assert run_stranger(log, "--key", str(kept)).returncode == 1
    kept_hex = read_public_keys(kept.read_text())[0].hex()
    assert run_stranger(log, "--key", kept_hex).returncode == 1


def test_without_any_key_beside_the_log_a_note_says_so(log: Path) -> None:
    shutil.rmtree(log.parent / "keys")
    verdict = verify_file(log)
    assert verdict.problems == []
    assert len(verdict.notes) == 1
    assert "the key that the log itself holds" in verdict.notes[0]
    done = run_stranger(log)
    assert done.returncode == 0
    assert f"note: {verdict.notes[0]}" in done.stdout


def test_events_after_the_last_checkpoint_are_told(log: Path) -> None:
    store = SqliteStore(log)
    store.audit.append(AuditEvent("note", "me", "x", {}))
    verdict = verify_file(log)  # while the store is open
    assert verdict.notes == ["Event 23 is not yet under a signed checkpoint."]
    assert verdict.problems == []
    assert run_stranger(log).returncode == 0
    store.close()


def test_a_copy_on_read_only_media_can_be_verified(log: Path, tmp_path: Path) -> None:
    """Without its WAL companions and without a way to make them."""
    folder = tmp_path / "media"
    folder.mkdir()
    shutil.copy(log, folder / "copy.db")
    (folder / "copy.db").chmod(0o400)
    folder.chmod(0o500)
    try:
        assert verify_file(folder / "copy.db").problems == []
        assert run_stranger(folder / "copy.db").returncode == 0
    finally:
        folder.chmod(0o700)


def test_verifying_changes_nothing(log: Path) -> None:
    before = hashlib.sha256(log.read_bytes()).hexdigest()
    verify_file(log)
    run_stranger(log)
    assert hashlib.sha256(log.read_bytes()).hexdigest() == before


@pytest.mark.parametrize(
    "content", [None, b"", b"no database", b"SQLite format 3\x00" + b"x" * 999]
)
def test_what_is_no_log_is_one_sentence(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "x.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFault):
        verify_file(path)
    done = run_stranger(path)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("key", ["rubbish", "zz" * 32, "", "-----BEGIN PUBLIC KEY-----\nAAAA\n"])
def test_what_is_no_key_is_one_sentence(log: Path, tmp_path: Path, key: str) -> None:
    with pytest.raises(InputFault, match="not an Ed25519 public key"):
        verify_file(log, key)
    path = tmp_path / "key"
    path.write_text(key)
    done = run_stranger(log, "--key", str(path))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_a_hostile_id_is_not_printed_raw(log: Path) -> None:
    hand = Hand(log)
    hand.do("UPDATE reports SET id = ? WHERE id = 'r2'", "\x1b[2J\u202eevil")
    hand.connection.close()
    done = run_stranger(log)
    assert "\x1b" not in done.stdout
    assert said(done) == verify_file(log).problems


# --- the stranger's Ed25519 ----------------------------------------------------------------------

#: RFC 8032, section 7.1: (secret, public, message, signature).
RFC_VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701c"
        "f9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0"
        "f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984"
        "dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), RFC_VECTORS)
def test_rfc_8032_vectors(
    stranger: ModuleType, secret: str, public: str, message: str, signature: str
) -> None:
    parts = [bytes.fromhex(text) for text in (public, signature, message)]
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    assert private.sign(parts[2]).hex() == signature  # the vector was copied right
    assert stranger.ed25519_verify(*parts)
    assert not stranger.ed25519_verify(parts[0], parts[1], parts[2] + b"x")


@settings(max_examples=30, deadline=None)
@given(seed=st.binary(min_size=32, max_size=32), message=st.binary(max_size=300), data=st.data())
def test_agrees_with_cryptography(
    stranger: ModuleType, seed: bytes, message: bytes, data: st.DataObject
) -> None:
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, signature = private.public_key().public_bytes_raw(), private.sign(message)
    assert stranger.ed25519_verify(public, signature, message)
    bit = data.draw(st.integers(0, 511))
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    assert not stranger.ed25519_verify(public, bytes(flipped), message)
    assert not stranger.ed25519_verify(public, signature, message + b"\x00")


def test_malformed_signatures_and_keys(stranger: ModuleType) -> None:
    private = Ed25519PrivateKey.generate()
    public, signature = private.public_key().public_bytes_raw(), private.sign(b"m")
    order = 2**252 + 27742317777372353535851937790883648493
    s = int.from_bytes(signature[32:], "little") + order  # malleable: must be refused (5.1.7)
    malleable = signature[:32] + s.to_bytes(32, "little")
    for bad in (b"", signature[:-1], signature + b"\x00", malleable, b"\xff" * 64):
        assert not stranger.ed25519_verify(public, bad, b"m")
    for bad_key in (b"", public[:-1], b"\xff" * 32, b"\x02" + bytes(31)):
        assert not stranger.ed25519_verify(bad_key, signature, b"m")


def test_the_stranger_imports_only_the_standard_library() -> None:
    code = (
        "import sys, runpy\n"
        f"runpy.run_path({str(SCRIPT)!r})\n"
        "import json\n"
        "print(json.dumps(sorted({m.partition('.')[0] for m in sys.modules})))\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    modules = set(json.loads(done.stdout))
    assert modules <= set(sys.stdlib_module_names) | {"__main__", "__mp_main__"}


def test_a_report_that_its_history_does_not_give_is_found_by_replay(log: Path) -> None:
    """A program that holds the key and chains wrongly: only replaying the operations shows it."""
    with SqliteStore(log) as store:
        connection = store._db.conn
        for trigger in ("history_no_update", "history_in_order"):
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(
            "UPDATE history SET entry = replace(entry, 'Sentence 3', 'Sentence 4') "
            "WHERE report_id = 'r1'"
        )
        entries = connection.execute(
            "SELECT entry FROM history WHERE report_id = 'r1' ORDER BY seq"
        ).fetchall()
        history = chain.history_hash(row[0] for row in entries)
        connection.execute("UPDATE reports SET history_hash = ? WHERE id = 'r1'", (history,))
        loaded = store.load("r1")
        assert loaded is not None
        store.append(loaded[1], [], [AuditEvent("note", "me", "r1", {})])
        assert store.audit.verify()[1] == ["Report r1: its history gives another text."]
    assert verify_file(log).problems == ["Report r1: its history gives another text."]
    assert run_stranger(log).returncode == 0


def test_random_damage_never_ends_in_a_trace_and_is_never_called_whole(
    log: Path, stranger: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Bytes flipped anywhere: found, or it was a byte that holds nothing; both tools agree."""
    chance = random.Random(20260302)  # noqa: S311  places, not secrets
    raw = log.read_bytes()
    sidecar = log.with_name(log.name + ".checkpoints")
    contents = dump(log)
    found = 0
    for _ in range(150):
        damaged = bytearray(raw)
        for _ in range(chance.choice((1, 1, 8, 200))):
            damaged[chance.randrange(100, len(raw))] ^= 1 << chance.randrange(8)
        log.write_bytes(damaged)
        assert sidecar.exists()
        code = stranger.main([str(log)])
        capsys.readouterr()
        try:
            expected = 1 if verify_file(log).problems else 0
        except (InputFault, StorageFault):
            expected = 2
        assert code == expected
        if code == 0:
            assert dump(log) == contents
        found += code != 0
    assert found > 75


def test_opening_a_damaged_database_is_a_fault_or_works(log: Path) -> None:
    chance = random.Random(20260303)  # noqa: S311
    raw = log.read_bytes()
    faults = 0
    for _ in range(100):
        damaged = bytearray(raw)
        for _ in range(chance.choice((1, 8, 200))):
            damaged[chance.randrange(0, len(raw))] ^= 1 << chance.randrange(8)
        for left in log.parent.glob("radassist.db-*"):
            left.unlink()
        log.write_bytes(damaged)
        try:
            with SqliteStore(log) as store:
                store.load("r1")
                store.audit.events()
                store.audit.verify()
        except Fault as fault:
            assert "Sentence" not in str(fault)  # no stored text in a message
            faults += 1
    assert faults > 10


def dump(path: Path) -> list[tuple[Any, ...]]:
    """What the log vouches for."""
    connection = sqlite3.connect(path)
    rows: list[tuple[Any, ...]] = []
    for sql in (
        "SELECT * FROM audit ORDER BY seq",
        "SELECT id, base, current FROM reports ORDER BY id",
        "SELECT report_id, seq, entry FROM history ORDER BY report_id, seq",
        "SELECT * FROM checkpoints ORDER BY seq",
    ):
        rows += connection.execute(sql).fetchall()
    connection.close()
    return rows

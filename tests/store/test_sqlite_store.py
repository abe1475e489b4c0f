"""The store: what is accepted is there, what is refused changes nothing."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from radassist import __version__
from radassist.domain import lifecycle
from radassist.domain import operations as ops
from radassist.domain.report import Report, ReportState, StatementState
from radassist.errors import Bug, StorageFault, UsageFault
from radassist.ports import AuditEvent
from radassist.store import SqliteStore
from radassist.store.backups import KEPT
from radassist.store.migrations import MIGRATIONS, NAMES
from radassist.store.sqlite import utc_now

sys.path.insert(0, str(Path(__file__).parent))
from store_helpers import AT, blank, drafted, edit, edit_event, entry, inserting

ROOT_ONLY = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "radassist.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path) as opened:
        yield opened


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow mounting")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def sign(store: SqliteStore, report: Report) -> Report:
    for state in (ReportState.PRELIMINARY, ReportState.FINAL):
        report = lifecycle.signed(report, state, "Dr. A", AT)
    store.append(report, [], [AuditEvent("report.sign", "Dr. A", report.id, {"state": "final"})])
    return report


def test_a_report_comes_back_as_it_was(path: Path) -> None:
    with SqliteStore(path) as store:
        report = drafted(store)
    with SqliteStore(path) as store:
        loaded = store.load("r1")
        assert loaded is not None
        base, current, history = loaded
        assert base == blank()
        assert current == report
        assert [item.seq for item in history] == [1, 2, 3]
        assert store.audit.verify()[1] == []


def test_every_kind_of_operation_is_stored_and_replays(store: SqliteStore) -> None:
    report = drafted(store, edits=3)
    first = report.find("s1")
    assert first is not None
    operations: list[ops.Operation] = [
        ops.Replace(replace(first[1], text="Changed.", state=StatementState.EDITED)),
        ops.Move("s2", "Impression", 0),
        ops.accept("s3"),
        ops.reject("s2"),
        ops.SetField("study.indication", "Cough."),
        ops.Delete("s1"),
    ]
    for seq, operation in enumerate(operations, start=4):
        item = entry(report, operation, seq)
        report = ops.apply(report, operation)
        store.append(report, [item], [edit_event("r1", item)])
    loaded = store.load("r1")
    assert loaded is not None
    assert loaded[1] == report
    assert store.audit.verify()[1] == []


def test_unknown_reports(store: SqliteStore) -> None:
    assert store.load("nobody") is None
    assert store.for_study("nobody") == []
    with pytest.raises(Bug, match="never created"):
        store.append(blank("nobody"), [], [AuditEvent("report.edit", "me", "nobody", {})])


def test_reports_of_a_study_newest_first(path: Path) -> None:
    ticks = iter(f"2026-03-01T12:00:{n:02}.000Z" for n in range(60))
    with SqliteStore(path, clock=lambda: next(ticks)) as store:
        for report_id in ("a", "b", "c"):
            drafted(store, 0, report_id)
        edit(store, blank("a"), 0, "Later.")
        assert store.for_study("1.2.3") == ["c", "b", "a"]
        assert [r["id"] for r in store.reports()] == ["a", "c", "b"]
        assert store.reports()[0]["state"] == "draft"


def test_the_first_event_of_a_session_has_the_probe_of_the_guard(path: Path) -> None:
    code = (
        "import sys\n"
        "from radassist import offline; offline.install()\n"
        "from pathlib import Path\n"
        "from radassist.store import SqliteStore\n"
        "SqliteStore(Path(sys.argv[1]), actor='Dr. A', opening={'window': True}).close()\n"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    with SqliteStore(path) as store:
        opened, closed = store.audit.events()[:2]
    assert opened["action"] == "session.open"
    assert opened["actor"] == "Dr. A"
    assert opened["detail"]["guard"]["guard"] == "on"
    assert opened["detail"]["guard"]["connect"] == "refused"
    assert opened["detail"]["window"] is True
    assert opened["detail"]["journal"] == "wal"
    assert closed["action"] == "session.close"
    assert closed["session"] == opened["session"]


def test_events_of_a_subject(store: SqliteStore) -> None:
    drafted(store, 2)
    number = store.audit.append(AuditEvent("pack.fetch", "me", "language-tiny", {"n": 1}))
    events = store.audit.events("language-tiny")
    assert [(e["seq"], e["detail"]) for e in events] == [(number, {"n": 1})]
    assert [e["action"] for e in store.audit.events("r1")] == [
        "report.draft",
        "report.edit",
        "report.edit",
    ]


def test_files_are_private(path: Path, store: SqliteStore) -> None:
    drafted(store)
    if os.name != "posix":
        pytest.skip("POSIX modes")
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.rglob("*"):
        if file.is_file():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_durability_settings(store: SqliteStore) -> None:
    connection = store._db.conn
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


# --- refusals that change nothing ----------------------------------------------------------------


def test_the_same_id_twice(store: SqliteStore) -> None:
    drafted(store)
    with pytest.raises(UsageFault, match="stored already"):
        drafted(store, 0)
    assert len(store.audit.events("r1")) == 4


def test_entries_that_do_not_give_the_report_are_a_bug(store: SqliteStore) -> None:
    report = drafted(store, 1)
    item = entry(report, inserting(report, "One."), 2)
    other = ops.apply(report, inserting(report, "Another."))
    with pytest.raises(Bug, match="do not give the report"):
        store.append(other, [item], [edit_event("r1", item)])
    with pytest.raises(Bug, match="without an event"):
        store.append(ops.apply(report, item.operation), [item], [])
    assert store.load("r1")[1] == report  # type: ignore[index]
    assert store.audit.verify()[1] == []


def test_two_windows_on_one_report_do_not_overwrite_each_other(path: Path) -> None:
    with SqliteStore(path) as first, SqliteStore(path) as second:
        report = drafted(first, 1)
        mine = edit(first, report, 1, "Mine.")
        with pytest.raises(UsageFault, match="changed elsewhere"):
            edit(second, report, 1, "Theirs.")
        loaded = second.load("r1")
        assert loaded is not None
        assert loaded[1] == mine
        edit(second, mine, 2, "Theirs, after reading.")
        assert first.audit.verify()[1] == []
        sessions = {e["session"] for e in first.audit.events()}
        assert sessions == {first.session, second.session}


def test_a_signature_that_was_not_seen_is_not_lost(path: Path) -> None:
    with SqliteStore(path) as first, SqliteStore(path) as second:
        report = drafted(first, 1)
        signed = lifecycle.signed(report, ReportState.PRELIMINARY, "Dr. A", AT)
        first.append(signed, [], [AuditEvent("report.sign", "Dr. A", "r1", {})])
        with pytest.raises(UsageFault, match="changed elsewhere"):
            edit(second, report, 1, "Unaware of the signature.")


def test_a_final_report_takes_an_addendum_and_nothing_else(store: SqliteStore) -> None:
    report = sign(store, drafted(store, 2))
    item = entry(replace(report, state=ReportState.DRAFT), inserting(report, "Late."), 3)
    with pytest.raises(UsageFault, match="final"):
        store.append(report, [item], [edit_event("r1", item)])
    amended = lifecycle.with_addendum(report, "See CT.", "Dr. B", AT)
    store.append(amended, [], [AuditEvent("report.addendum", "Dr. B", "r1", {})])
    again = lifecycle.with_addendum(amended, "And MR.", "Dr. B", AT)
    store.append(again, [], [AuditEvent("report.addendum", "Dr. B", "r1", {})])
    loaded = store.load("r1")
    assert loaded is not None
    assert loaded[1] == again
    assert store.audit.verify()[1] == []


@pytest.mark.parametrize(
    "change",
    [
        "state = 'draft'",
        "state = 'preliminary'",
        "current = json_set(current, '$.sections[0].name', 'Forged')",
        "current = json_set(current, '$.signatures[0].user', 'Dr. Evil')",
        "current = json_set(current, '$.addenda[0].text', 'Forged')",
        "current = json_remove(current, '$.addenda[0]')",
        "base = '{}'",
        "history_hash = ''",
        "study_uid = '9'",
        "id = 'other'",
    ],
)
def test_the_database_itself_keeps_a_final_report(path: Path, change: str) -> None:
    with SqliteStore(path) as store:
        report = sign(store, drafted(store, 1))
        amended = lifecycle.with_addendum(report, "See CT.", "Dr. B", AT)
        store.append(amended, [], [AuditEvent("report.addendum", "Dr. B", "r1", {})])
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="a final report is immutable"):
        connection.execute(f"UPDATE reports SET {change}")  # noqa: S608  fixed texts above
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit WHERE seq = 2",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
        "INSERT INTO audit SELECT 99, at, session, actor, action, subject, detail, content, "
        "prev_hash, 'x' FROM audit WHERE seq = 2",
        "UPDATE history SET entry = '{}'",
        "DELETE FROM history",
        "INSERT INTO history VALUES ('r1', 9, '{}')",
        "DELETE FROM reports",
        "DELETE FROM checkpoints",
        "UPDATE checkpoints SET signature = ''",
        "UPDATE audit_head SET seq = 1",
        "DELETE FROM audit_keys",
    ],
)
def test_the_database_itself_is_append_only(path: Path, statement: str) -> None:
    with SqliteStore(path) as store:
        drafted(store, 2)
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|are kept"):
        connection.execute(statement)
    connection.close()


def test_a_damaged_report_is_one_sentence(path: Path) -> None:
    with SqliteStore(path) as store:
        drafted(store, 1)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE reports SET current = '[1]'")
    connection.commit()
    connection.close()
    with SqliteStore(path) as store:
        with pytest.raises(StorageFault, match="stored report r1 is damaged"):
            store.load("r1")
        with pytest.raises(StorageFault, match="stored report r1 is damaged"):
            edit(store, blank(), 1, "On rubble.")
        assert any("r1" in problem for problem in store.audit.verify()[1])


# --- the disk and other programs ---------------------------------------------------------------


@ROOT_ONLY
def test_a_full_disk_loses_nothing_that_was_accepted(small_disk: Path) -> None:
    store = SqliteStore(small_disk / "radassist.db")
    report, count = drafted(store, 0), 0
    with pytest.raises(StorageFault, match="is full") as caught:
        while count < 1000:
            after = edit(store, report, count, f"{count} " + "words " * 1000)
            report, count = after, count + 1
    assert caught.value.next_step.startswith("Free some space")
    assert count > 3
    assert store.load("r1")[1] == report  # type: ignore[index]  # still readable
    subprocess.run(["mount", "-o", "remount,size=8m", str(small_disk)], check=True)
    report = edit(store, report, count, "There is room again.")
    store.close()
    with SqliteStore(small_disk / "radassist.db") as again:
        assert again.load("r1")[1] == report  # type: ignore[index]
        assert again.audit.verify()[1] == []


@ROOT_ONLY
def test_closing_on_a_full_disk_says_so_and_closes(small_disk: Path) -> None:
    store = SqliteStore(small_disk / "radassist.db")
    drafted(store, 1)
    with (small_disk / "filler").open("wb", buffering=0) as filler, pytest.raises(OSError):
        while filler.write(b"x" * 4096):
            pass
    with pytest.raises(StorageFault, match="is full"):
        for _ in range(1000):  # the write-ahead log may have room left over
            store.audit.append(AuditEvent("note", "me", "x", {"filler": "y" * 5000}))
    with pytest.raises(StorageFault, match="is full"):
        store.close()
    store.close()  # closed all the same
    (small_disk / "filler").unlink()
    with SqliteStore(small_disk / "radassist.db") as again:
        assert again.audit.verify()[1] == []


@ROOT_ONLY
def test_a_read_only_disk_is_one_sentence(small_disk: Path) -> None:
    path = small_disk / "radassist.db"
    with SqliteStore(path) as store:
        report = drafted(store, 1)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageFault, match="cannot be written"):
        SqliteStore(path)
    with pytest.raises(StorageFault, match="cannot be written"):
        SqliteStore(small_disk / "other" / "radassist.db")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with SqliteStore(path) as store:
        assert store.load("r1")[1] == report  # type: ignore[index]


def test_a_locked_database_is_one_sentence_and_then_works(path: Path) -> None:
    with SqliteStore(path, busy_s=0.2) as store:
        report = drafted(store, 1)
        code = (
            "import sqlite3, sys\n"
            "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()\n"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as other:
            assert other.stdout is not None
            assert other.stdin is not None
            other.stdout.readline()
            with pytest.raises(StorageFault, match="does not let go"):
                edit(store, report, 1, "Refused.")
            assert store.load("r1")[1] == report  # type: ignore[index]
            other.stdin.close()
            other.wait()
        edit(store, report, 1, "Accepted.")
        assert store.audit.verify()[1] == []


@pytest.mark.parametrize("content", [b"not a database at all, " * 100, b"SQLite format 3\x00" * 99])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(StorageFault, match=r"not a radassist database|damaged"):
        SqliteStore(path)
    assert path.read_bytes() == content


def test_a_folder_in_the_place_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "radassist.db").mkdir()
    with pytest.raises(StorageFault, match="cannot be written"):
        SqliteStore(tmp_path / "radassist.db")


def test_a_damaged_key_is_one_sentence(path: Path) -> None:
    SqliteStore(path).close()
    (path.parent / "keys" / "audit-signing.pem").write_text("rubbish")
    with pytest.raises(StorageFault, match=r"signing key .* is damaged"):
        SqliteStore(path)


def test_a_lost_key_is_replaced_and_old_checkpoints_stay_provable(path: Path) -> None:
    with SqliteStore(path) as store:
        drafted(store, 1)
    (path.parent / "keys" / "audit-signing.pem").unlink()
    with SqliteStore(path) as store:
        assert store.audit.verify()[1] == []
        opened = [e for e in store.audit.events() if e["action"] == "session.open"]
        assert opened[0]["detail"]["key"] != opened[1]["detail"]["key"]
    pem = (path.parent / "keys" / "audit-public.pem").read_text()
    assert pem.count("BEGIN PUBLIC KEY") == 2


# --- migrations --------------------------------------------------------------------------------


def test_every_migration_is_named_in_order() -> None:
    assert tuple(m.name for m in MIGRATIONS.pending(Database(memory=True))) == NAMES


def test_an_older_database_is_backed_up_and_migrated(path: Path) -> None:
    path.parent.mkdir()
    old = Database(path)
    MIGRATIONS.apply(old, stop_before=NAMES[-1])
    old.execute("INSERT INTO meta VALUES ('log', 'abc')")
    old.close()
    with SqliteStore(path) as store:
        drafted(store, 1)
        assert store.audit.verify()[1] == []
    (backup,) = (path.parent / "backups").iterdir()
    assert re.fullmatch(r"radassist-unknown-\d{4}-\d\d-\d\dT[\d.-]+Z\.db", backup.name)
    copy = Database(backup)
    assert [m.name for m in MIGRATIONS.applied(copy)] == list(NAMES[:-1])
    assert list(copy.query("SELECT value FROM meta")) == [{"value": "abc"}]
    copy.close()
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


def _made_older(path: Path) -> None:
    """Take the latest migration out of the record, as if this version had brought it."""
    with SqliteStore(path) as store:
        drafted(store, 1)
    db = Database(path)
    db.execute("DELETE FROM _sqlite_migrations WHERE name = ?", [NAMES[-1]])
    before = Database(memory=True)
    MIGRATIONS.apply(before, stop_before=NAMES[-1])
    kept = {row["name"] for row in before.query("SELECT name FROM sqlite_master")}
    rows = db.query("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL")
    for row in [r for r in rows if r["name"] not in kept]:
        db.execute(f"DROP {row['type']} IF EXISTS {row['name']}")
    before.close()
    db.close()


def test_a_backup_is_named_by_the_version_that_wrote_it_and_few_are_kept(path: Path) -> None:
    _made_older(path)
    folder = path.parent / "backups"
    folder.mkdir()
    for day in range(1, 8):
        old = folder / f"radassist-0.0.1-2020-01-0{day}.db"
        old.touch()
        os.utime(old, (day, day))
    with SqliteStore(path) as store:
        assert store.load("r1") is not None
        assert store.audit.verify()[1] == []
    names = sorted(p.name for p in folder.iterdir())
    assert len(names) == KEPT
    assert names[-1].startswith(f"radassist-{__version__}-20")
    assert names[0] == "radassist-0.0.1-2020-01-04.db"
    with SqliteStore(folder / names[-1]) as copy:  # a copy is a database: it can be restored
        assert copy.load("r1") is not None


def test_a_migration_that_fails_is_told_with_the_copy(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _made_older(path)
    db = Database(path)
    before = (db.schema, list(db.query("SELECT * FROM audit")))
    db.close()

    def fail(db: Database) -> None:
        db.execute("CREATE TABLE half (x)")
        db.execute("SELECT nonsense FROM half")

    with monkeypatch.context() as broken:
        broken.setattr(MIGRATIONS._migrations[-1], "fn", fail)
        with pytest.raises(StorageFault, match=r"is as it was\. Use the version before; a copy"):
            SqliteStore(path)
    db = Database(path)
    assert (db.schema, list(db.query("SELECT * FROM audit"))) == before
    db.close()
    with SqliteStore(path) as store:
        assert store.load("r1") is not None


def test_a_failing_migration_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.parent.mkdir()
    old = Database(path)
    MIGRATIONS.apply(old, stop_before=NAMES[1])
    schema = old.schema
    old.close()
    broken = MIGRATIONS._migrations[-1]

    def fail(db: Database) -> None:
        db.execute("CREATE TABLE half (x)")
        raise RuntimeError("on purpose")

    monkeypatch.setattr(broken, "fn", fail)
    with pytest.raises(RuntimeError, match="on purpose"):
        SqliteStore(path)
    after = Database(path)
    assert after.schema == schema  # not even the migrations before it
    after.close()


def test_a_newer_database_is_refused_and_left_alone(path: Path) -> None:
    with SqliteStore(path) as store:
        drafted(store, 1)
    db = Database(path)
    MIGRATIONS._record_applied(db, "m099_future")
    before = list(db.query("SELECT count(*) AS n FROM audit"))
    said = rf"written by radassist {__version__} \(m099_future\); this is {__version__}, which does"
    with pytest.raises(StorageFault, match=said):
        SqliteStore(path)
    assert list(db.query("SELECT count(*) AS n FROM audit")) == before
    db.close()


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE places (url TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StorageFault, match="not a radassist database"):
        SqliteStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER reports_final_is_immutable",
        "DROP TRIGGER audit_no_update",
        "ALTER TABLE history RENAME TO old_history",
        "ALTER TABLE reports ADD COLUMN hidden TEXT",
    ],
)
def test_a_database_whose_rules_were_altered_is_not_written_to(path: Path, change: str) -> None:
    with SqliteStore(path) as store:
        drafted(store, 1)
    connection = sqlite3.connect(path)
    connection.execute(change)
    count = connection.execute("SELECT count(*) FROM audit").fetchone()
    with pytest.raises(StorageFault, match="altered or are damaged"):
        SqliteStore(path)
    assert connection.execute("SELECT count(*) FROM audit").fetchone() == count
    connection.close()


def test_statistics_and_added_indexes_are_no_harm(path: Path) -> None:
    with SqliteStore(path) as store:
        drafted(store, 1)
    connection = sqlite3.connect(path)
    connection.execute("CREATE INDEX mine ON reports (state)")
    connection.execute("ANALYZE")
    connection.execute("VACUUM")
    connection.close()
    with SqliteStore(path) as store:
        assert store.audit.verify()[1] == []


# --- threads and odd text ------------------------------------------------------------------------


def test_many_threads_write_one_chain(store: SqliteStore) -> None:
    drafted(store, 1)
    errors: list[BaseException] = []

    def write(name: str) -> None:
        try:
            for number in range(25):
                store.audit.append(AuditEvent("note", name, name, {"n": number}))
        except BaseException as error:
            errors.append(error)
            raise

    threads = [threading.Thread(target=write, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    for n in range(4):
        assert [e["detail"]["n"] for e in store.audit.events(f"t{n}")] == list(range(25))
    assert store.audit.verify()[1] == []


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(st.characters(), min_size=1, max_size=200))  # also half surrogate pairs
def test_any_text_is_stored_unchanged(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("odd") / "radassist.db"
    with SqliteStore(path) as store:
        report = edit(store, drafted(store, 0), 0, text)
        loaded = store.load("r1")
        assert loaded is not None
        assert loaded[1] == report
        assert store.audit.verify()[1] == []


@pytest.mark.parametrize("odd", ["half \ud800 pair", "nul \x00 nul", "", "\u202e", "x" * 10_000])
def test_odd_names_do_not_stop_the_log(store: SqliteStore, odd: str) -> None:
    report = drafted(store, 1, odd)
    store.append(report, [], [AuditEvent("note", odd, odd, {odd: odd})])
    assert store.load(odd)[1] == report  # type: ignore[index]
    assert len(store.audit.events(odd)) == 3
    assert store.for_study(odd) == []
    assert store.audit.verify()[1] == []


def test_numbers_that_json_does_not_have_are_a_bug_of_ours(store: SqliteStore) -> None:
    with pytest.raises(ValueError, match="JSON"):
        store.audit.append(AuditEvent("note", "me", "x", {"n": float("nan")}))
    assert store.audit.verify()[1] == []


def test_closing_twice_and_using_it_after(path: Path) -> None:
    store = SqliteStore(path)
    store.close()
    store.close()
    with pytest.raises(Bug, match="closed"):
        store.load("r1")


def test_the_clock_is_iso_8601_utc() -> None:
    assert len(utc_now()) == len("2026-03-01T12:00:00.000Z")
    assert utc_now().endswith("Z")


def test_checkpoints_are_also_kept_beside(path: Path) -> None:
    with SqliteStore(path, checkpoint_every=2) as store:
        drafted(store, 5)
    lines = path.with_name("radassist.db.checkpoints").read_text().splitlines()
    db = Database(path)
    assert [json.loads(line) for line in lines] == list(db["checkpoints"].rows)
    db.close()
    assert len(lines) >= 3

"""What was learned, in the database: once per report, per user, deletable, audited, migrated."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlite_utils import Database

from radassist.domain.effort import Kept, ReportUse
from radassist.domain.phrases import Phrase, PhraseKey, PhraseUse
from radassist.errors import StorageFault
from radassist.ports import AuditEvent
from radassist.store import SqliteStore, verify_file
from radassist.store.migrations import MIGRATIONS, NAMES

sys.path.insert(0, str(Path(__file__).parent))
from store_helpers import AT, blank, drafted

KEY = PhraseKey("Roe", "ct-chest", "Findings", "nodule:present", "{size} nodule.")
OTHER = PhraseKey("Doe", "ct-chest", "Findings", "nodule:present", "A nodule of {size}.")
DAY = AT[:10]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "radassist.db", actor="Roe", clock=lambda: AT) as opened:
        for number in (1, 2, 3):
            report = blank(f"r{number}")
            opened.create(report, [], report, AuditEvent("report.draft", "Roe", report.id, {}))
        yield opened


def event(subject: str, action: str = "habits.learn") -> AuditEvent:
    return AuditEvent(action, "Roe", subject, {})


def use(report_id: str, user: str = "Roe", seconds: float | None = 61.5) -> ReportUse:
    kept = Kept(5, 2, 1, 3, 0.75)
    return ReportUse(report_id, user, "ct-chest", True, seconds, kept, AT)


def test_counts_add_up_and_every_user_has_his_own(store: SqliteStore) -> None:
    habits = store.habits
    first = [PhraseUse(KEY, written=1), PhraseUse(OTHER, written=1)]
    assert habits.learn(use("r1"), first, event("r1"))
    assert habits.learn(use("r2", seconds=None), [PhraseUse(KEY, kept=1)], event("r2"))
    assert habits.learn(None, [PhraseUse(KEY, refused=1)], event("r3"))
    assert habits.phrases("Roe") == [Phrase(KEY, 1, 1, 1, DAY)]
    assert habits.phrases("Doe") == [Phrase(OTHER, 1, 0, 0, DAY)]
    assert habits.phrases("nobody") == []
    assert habits.uses("Roe") == [use("r1"), use("r2", seconds=None)]


def test_a_report_teaches_once(store: SqliteStore) -> None:
    assert store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], event("r1"))
    before = len(list(store.audit.events()))
    assert not store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], event("r1"))
    assert store.habits.phrases("Roe")[0].written == 1
    assert len(list(store.audit.events())) == before


def test_learning_is_whole_or_not_at_all(store: SqliteStore) -> None:
    class Half:
        """An event that the chain refuses after the rows were written."""

    with pytest.raises(AttributeError):
        store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], Half())  # type: ignore[arg-type]
    bad = AuditEvent("habits.learn", "Roe", "r1", {"x": float("nan")})
    with pytest.raises(ValueError, match="JSON"):
        store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], bad)
    assert store.habits.phrases("Roe") == []
    assert store.habits.uses("Roe") == []
    assert store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], event("r1"))


def test_forgetting_is_recorded_and_what_was_forgotten_is_not_learned_again(
    store: SqliteStore,
) -> None:
    habits = store.habits
    habits.learn(use("r1"), [PhraseUse(KEY, written=1), PhraseUse(OTHER, written=1)], event("r1"))
    assert habits.forget("Roe", [KEY], event("Roe", "habits.forget")) == 1
    assert habits.forget("Roe", [KEY], event("Roe", "habits.forget")) == 0
    assert habits.phrases("Roe") == []
    assert not habits.learn(use("r1"), [PhraseUse(KEY, written=1)], event("r1"))
    habits.learn(None, [PhraseUse(KEY, refused=1)], event("r2"))
    assert habits.phrases("Roe") == [], "a refusal brings nothing back"
    assert habits.forget("Doe", None, event("Doe", "habits.forget")) == 1
    assert habits.forget_uses("Roe", event("Roe", "habits.forget")) == 1
    assert habits.uses("Roe") == []
    actions = [e["action"] for e in store.audit.events()]
    assert actions.count("habits.forget") == 4
    assert store.audit.verify()[1] == []


def test_time_adds_up_over_sessions(store: SqliteStore) -> None:
    assert store.habits.seconds("r1") is None
    store.habits.add_seconds("r1", 12.5)
    store.habits.add_seconds("r1", 7.5)
    assert store.habits.seconds("r1") == 20.0


def test_no_word_of_a_patient_is_in_the_tables_of_what_was_learned(store: SqliteStore) -> None:
    store.habits.learn(use("r1"), [PhraseUse(KEY, written=1)], event("r1"))
    with closing(sqlite3.connect(store.path)) as other:
        dump = [line for line in other.iterdump() if line.startswith("INSERT")]
    rows = [x for x in dump if any(f'"{t}"' in x for t in ("phrases", "learned", "report_uses"))]
    assert len(rows) == 3
    assert not any("DOE" in row for row in rows)  # the patient of the stored reports


def test_a_name_that_is_no_text_is_a_user_too(store: SqliteStore) -> None:
    odd = "Roe\ud800"
    store.habits.learn(use("r1", odd), [], event("r1"))
    assert len(store.habits.uses(odd)) == 1


def test_a_database_without_habits_is_backed_up_and_gets_them(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    before = NAMES[: NAMES.index("m005_habits")]
    old = Database(path)
    MIGRATIONS.apply(old, stop_before=[n for n in NAMES if n not in before])
    old.execute("INSERT INTO meta VALUES ('log', 'abc')")
    old.close()
    with SqliteStore(path) as opened:
        drafted(opened, 1)
        assert opened.habits.phrases("Roe") == []
        report_id = opened.reports()[0]["id"]
        assert opened.habits.learn(None, [PhraseUse(KEY, written=1)], event(report_id))
    assert verify_file(path).problems == []
    (backup,) = (tmp_path / "backups").iterdir()
    copy = Database(backup)
    assert [m.name for m in MIGRATIONS.applied(copy)] == list(before)
    assert "phrases" not in copy.table_names()
    copy.close()


def test_a_full_disk_is_a_fault_with_a_next_step(
    store: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    many = [
        PhraseUse(PhraseKey("Roe", "t", "Findings", "x", f"{'word ' * 400}{n}."), written=1)
        for n in range(50)
    ]
    with pytest.raises(StorageFault):
        store.habits.learn(use("r1"), many, event("r1"))
    assert store.habits.phrases("Roe") == []
    store._db.execute("PRAGMA max_page_count = 1073741823")

"""Learning on the real store: from a signature to the next draft, time, and drafts withheld."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from radassist.domain.document import history_problem
from radassist.domain.effort import Kept, ReportUse
from radassist.domain.operations import Insert, Replace
from radassist.domain.phrases import PHRASE_MEMORY, PhraseKey, PhraseUse
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
)
from radassist.domain.study import Frame, Instance, Series, Study
from radassist.domain.templates import ReportTemplate
from radassist.library.lexicon import load_lexicon
from radassist.library.templates import load_templates
from radassist.library.wording import load_vocabulary
from radassist.ports import AuditEvent, DecodedFrame
from radassist.store import SqliteStore, verify_file
from radassist.workflow.habits import ActiveTime, Habits, other_wording
from radassist.workflow.impression import write_impression
from radassist.workflow.job import Desk, begin_empty, draft_report
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import Subject

AT = "2026-03-01T12:00:00Z"
DRAFTED = "No pleural effusion or pneumothorax."
OWN = "No pneumothorax or pleural effusion is seen."


class NoPixels:
    """An archive that need not decode: no vision pack is used here."""

    def decode(self, frame: Frame, *, deadline_s: float = 30.0) -> DecodedFrame:
        raise AssertionError("nothing looks at the pixels")


class Never:
    def cancelled(self) -> bool:
        return False


class Room:
    """The parts of drafting and learning over one store."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store

    def habits(self, **switches: bool) -> Habits:
        return Habits(self.store.habits, "Roe", load_lexicon(), load_vocabulary(), **switches)

    def desk(self, habits: Habits) -> Desk:
        return Desk(
            archive=NoPixels(),  # type: ignore[arg-type]
            store=self.store,
            vision=[],
            language=None,
            templates=load_templates(),
            impression=lambda report, model: write_impression(report, load_lexicon(), model),
            clock=lambda: AT,
            user="Roe",
            reword=habits.reword,
        )

    def draft(self, habits: Habits | None = None, uid: str = "1.2") -> ReportSession:
        desk = self.desk(habits or self.habits())
        return draft_report(desk, subject(uid), lambda _f, _t: None, Never()).session


def subject(uid: str = "1.2") -> Subject:
    instance = Instance(Path("x"), "1.4", "1.5", uid, f"{uid}.3", 1, 512, 512)
    series = Series(f"{uid}.3", (Frame(instance),), modality="CR", body_part="CHEST", view="PA")
    return Subject(Study(uid, (series,)), series)


def find(report: Report, text: str) -> Statement:
    return next(s for _, s in report.statements() if s.text == text)


def write(session: ReportSession, old: str, new: str) -> None:
    statement = replace(
        find(session.report, old),
        text=new,
        provenance=Provenance("radiologist", "typed"),
        evidence=(),
        state=StatementState.EDITED,
    )
    session.apply([Replace(statement)], "typed")


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with SqliteStore(tmp_path / "radassist.db", actor="Roe", clock=lambda: AT) as store:
        yield Room(store)


def taught(room: Room, *, seconds: float | None = None) -> ReportSession:
    """A signed report in which the user put the pleura in his own words."""
    session = room.draft()
    write(session, DRAFTED, OWN)
    session.sign(ReportState.FINAL)
    assert room.habits().learn(session.document, seconds) is not None
    return session


def test_the_next_draft_is_in_the_users_words_with_the_evidence_of_the_program(room: Room) -> None:
    first = taught(room)
    session = room.draft(uid="1.9")
    statement = find(session.report, OWN)
    assert statement.provenance == Provenance("template", PHRASE_MEMORY)
    assert statement.state is StatementState.PROPOSED, "the words are the user's, the look is not"
    plain = room.draft(room.habits(remember=False), "1.10")
    assert statement.evidence == find(plain.report, DRAFTED).evidence
    others = {s.text for _, s in session.report.statements()} - {OWN}
    assert others == {s.text for _, s in first.report.statements()} - {OWN}, "nothing else differs"


def test_the_other_wording_is_one_act_away_and_back(room: Room) -> None:
    taught(room)
    session = room.draft(uid="1.9")
    mine = find(session.report, OWN)
    change = other_wording(session.document, mine.id)
    assert change is not None
    session.apply([change], "key")
    program = find(session.report, DRAFTED)
    assert program.provenance == Provenance("template")
    assert program.evidence == mine.evidence
    back = other_wording(session.document, mine.id)
    assert back is not None
    session.apply([back], "key")
    assert find(session.report, OWN) == mine
    assert session.undo()
    assert find(session.report, DRAFTED) == program
    assert other_wording(session.document, "s1") is None


def test_a_draft_records_the_wordings_that_it_used(room: Room) -> None:
    taught(room)
    session = room.draft(uid="1.9")
    (used,) = session.report.origin["phrases"]
    assert used["text"] == OWN
    assert PhraseKey(**used["key"]).pattern == OWN
    assert history_problem(session.document) == ""
    room.habits().forget()
    loaded = room.store.load(session.report.id)
    assert loaded is not None
    assert loaded[1] == session.report, "forgetting touches no report"
    assert room.draft(uid="1.10").report.origin.get("phrases") is None
    room.store.close()
    assert verify_file(room.store.path).problems == []


def test_the_draft_without_phrases_is_behind_the_one_with_them(room: Room) -> None:
    """Replay: the program's own draft is the same, whatever was learned."""
    plain = room.draft(room.habits(remember=False))
    taught(room)
    worded = room.draft(uid="1.2")
    own = [e.operation for e in worded.history if e.actor != PHRASE_MEMORY]
    assert own[:-1] == [e.operation for e in plain.history][:-1]
    (old, new) = (j.history[-1].operation for j in (plain, worded))
    assert isinstance(old, Insert)
    assert isinstance(new, Insert)
    assert new.section == "Impression"
    assert new.statement.text == old.statement.text, "only its quotes are of the shown words"


def test_the_impression_rests_on_the_words_that_are_shown(room: Room) -> None:
    taught(room)
    session = room.draft(uid="1.9")
    impression = session.report.section("Impression")
    assert impression is not None
    quoted = [e.value for e in impression.statements[0].evidence]
    assert OWN in quoted
    assert DRAFTED not in quoted


def test_switched_off_it_neither_learns_nor_offers(room: Room) -> None:
    session = room.draft()
    write(session, DRAFTED, OWN)
    session.sign(ReportState.FINAL)
    off = room.habits(remember=False, measure=False)
    assert off.learn(session.document, 30.0) is None
    assert room.habits().view().phrases == ()
    taught(room)
    assert off.reword(room.draft(off, "1.9").report, "Findings") == []


def test_only_a_final_report_teaches_and_only_once(room: Room) -> None:
    session = room.draft()
    write(session, DRAFTED, OWN)
    habits = room.habits()
    assert habits.learn(session.document) is None
    session.sign(ReportState.PRELIMINARY)
    assert habits.learn(session.document) is None
    session.sign(ReportState.FINAL)
    learned = habits.learn(session.document)
    assert learned is not None
    assert learned.phrases == 1
    assert habits.learn(session.document) is None
    (event,) = [e for e in room.store.audit.events() if e["action"] == "habits.learn"]
    assert event["subject"] == session.report.id
    assert OWN not in str(event["detail"]), "no text of a report goes into the log twice"


def test_what_was_kept_and_the_seconds_are_told(room: Room) -> None:
    session = room.draft()
    write(session, DRAFTED, OWN)
    habits = room.habits()
    habits.spend(session.report.id, 40.0)
    session.sign(ReportState.FINAL)
    learned = habits.learn(session.document, 34.4)
    assert learned is not None
    assert learned.sentence() == "6 of 7 drafted sentences kept, 74 s, 1 wording learned."
    (use,) = habits.view().templates
    assert (use.template, use.drafted, use.seconds_drafted) == ("chest-radiograph", 1, 74.4)
    assert use.kept == pytest.approx(6 / 7)


def test_a_gate_holds_against_whatever_stands_in_the_table(room: Room) -> None:
    session = taught(room)
    for pattern in ("No pleural effusion or pneumothorax; stable {side} nodule.", "Large mass."):
        key = PhraseKey(
            "Roe", "chest-radiograph", "Findings",
            "pleural-effusion:absent pneumothorax:absent", pattern,
        )  # fmt: skip
        base = room.draft(uid=pattern[:3]).report
        event = AuditEvent("habits.learn", "Roe", base.id, {})
        room.store.habits.learn(None, [PhraseUse(key, written=50)], event)
    assert find(room.draft(uid="1.9").report, OWN)
    assert session.report.state is ReportState.FINAL


# --- empty reports and drafts withheld ---------------------------------------------------------


def test_an_empty_report_states_what_the_header_says_and_nothing_else(room: Room) -> None:
    session = begin_empty(room.desk(room.habits()), subject())
    filled = {name.name: len(name.statements) for name in session.report.sections}
    assert filled["Findings"] == filled["Impression"] == 0
    assert filled["Examination"] == 1
    assert session.report.template.startswith("chest-radiograph@")
    number, by = session.report.next_statement, Provenance("radiologist", "typed")
    statement = Statement(f"s{number}", "The lungs are clear.", by)
    session.apply([Insert("Findings", 0, statement)], "typed")
    session.sign(ReportState.FINAL)
    learned = room.habits().learn(session.document, 50.0)
    assert learned is not None
    assert learned.drafted is False
    assert learned.sentence() == "50 s, 1 wording learned."
    (use,) = room.habits().view().templates
    assert (use.drafted, use.empty, use.seconds_empty) == (0, 1, 50.0)


def test_an_empty_report_begun_behind_a_draft_measures_nothing(room: Room) -> None:
    session = begin_empty(room.desk(room.habits()), subject(), after_draft=True)
    session.sign(ReportState.FINAL)
    room.habits().learn(session.document, 50.0)
    assert room.habits().view().templates == ()


def with_times(room: Room, drafted: float, empty: float) -> None:
    for number in range(13):
        base = room.draft(uid=f"2.{number}").report
        kept = Kept(5, 1, 0, 0, 0.9)
        seconds = (drafted if number < 8 else empty) + number
        use = ReportUse(base.id, "Roe", "chest-radiograph", number < 8, seconds, kept, AT)
        event = AuditEvent("habits.learn", "Roe", base.id, {})
        room.store.habits.learn(use, [], event)


def template(name: str = "chest-radiograph") -> ReportTemplate:
    return next(t for t in load_templates() if t.id == name)


def test_drafts_that_cost_time_are_withheld_with_the_reason(room: Room) -> None:
    with_times(room, 100.0, 60.0)
    assert room.habits().withheld(template()) == (
        "No draft was made of this Chest radiograph: "
        "reports with a draft took you 104 s, empty ones 70 s (medians)."
    )
    assert room.habits().withheld(template("ct-chest")) == ""
    assert room.habits(always=True).withheld(template()) == ""
    assert room.habits(measure=False).withheld(template()) == ""
    assert room.habits().forget_uses() == 13
    assert room.habits().withheld(template()) == ""


def test_drafts_that_save_time_are_not_withheld(room: Room) -> None:
    with_times(room, 60.0, 100.0)
    assert room.habits().withheld(template()) == ""


# --- time -------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_pauses_are_not_work() -> None:
    clock = Clock()
    time = ActiveTime(clock)
    time.touch()
    clock.now += 10
    assert time.stop() == 0.0, "nothing is on the screen"
    time.start()
    for gap in (5.0, 60.0, 61.0, 600.0, 7.5):
        clock.now += gap
        time.touch()
    clock.now += 3.0
    assert time.stop() == 75.5
    clock.now += 5.0
    time.touch()
    assert time.stop() == 0.0
    time.start()
    clock.now += 100.0
    assert time.stop() == 0.0, "he was away before he signed"

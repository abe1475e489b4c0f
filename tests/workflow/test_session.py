"""One open report on the real store: every act is stored with its event, undo spans sessions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from radassist.checks import RULES
from radassist.domain.document import ReportDocument, history_problem
from radassist.domain.operations import Delete, Insert, Replace
from radassist.domain.report import (
    Provenance,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.errors import UsageFault
from radassist.store import SqliteStore, verify_file
from radassist.workflow.session import ReportSession, Step, begin

AT = "2026-01-01T00:00:00Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "radassist.db", actor="test") as opened:
        yield opened


def drafted(store: SqliteStore) -> ReportSession:
    base = empty_report("r1", StudyContext(study_instance_uid="1.2"))
    steps = [
        Step(
            Insert("Findings", n, Statement(f"s{n + 1}", text, Provenance("template"))),
            "draft",
            "template",
        )
        for n, text in enumerate(["Lungs clear.", "No effusion.", "Heart normal."])
    ]
    return begin(store, base, steps, "Dr Roe", lambda: AT, {}, ["No vision pack for CT HEAD."])


def texts(session: ReportSession) -> list[str]:
    return [s.text for _, s in session.report.live()]


def actions(store: SqliteStore) -> list[str]:
    return [e["action"] for e in store.audit.events("r1")]


def typed(text: str) -> Statement:
    return Statement("s2", text, Provenance("radiologist", "typed"), (), StatementState.EDITED)


def test_a_draft_is_stored_with_its_notices_and_one_event(store: SqliteStore) -> None:
    session = drafted(store)
    assert actions(store) == ["report.draft"]
    assert session.report.notices == ("No vision pack for CT HEAD.",)
    loaded = store.load("r1")
    assert loaded is not None
    assert loaded[1] == session.report
    assert history_problem(session.document) == ""


def test_undo_and_redo_span_sessions(store: SqliteStore) -> None:
    session = drafted(store)
    session.apply([Replace(typed("Small left effusion."))], "typed")
    session.apply([Delete("s1")], "key")
    loaded = store.load("r1")
    assert loaded is not None
    again = ReportSession(store, ReportDocument(*loaded), "Dr Doe", lambda: AT)
    assert again.undo()
    assert texts(again) == ["Lungs clear.", "Small left effusion.", "Heart normal."]
    assert again.undo()
    assert texts(again) == ["Lungs clear.", "No effusion.", "Heart normal."]
    assert not again.undo(), "the draft itself is the ground"
    assert again.redo()
    assert again.redo()
    assert not again.redo()
    assert texts(again) == ["Small left effusion.", "Heart normal."]
    store.close()
    assert verify_file(store.path).problems == []


def test_several_operations_are_one_act_or_none(store: SqliteStore) -> None:
    session = drafted(store)
    before, events = session.report, actions(store)
    with pytest.raises(UsageFault, match="s99"):
        session.apply([Delete("s1"), Delete("s99")], "chat")
    assert session.report is before
    assert actions(store) == events
    loaded = store.load("r1")
    assert loaded is not None
    assert loaded[1] == before


def test_a_signature_records_what_it_accepted_unseen(store: SqliteStore) -> None:
    session = drafted(store)
    session.accept(["s1"])
    report = session.sign(ReportState.FINAL, overrides={"side-conflict": "Seen and right."})
    assert report.state is ReportState.FINAL
    assert [s.state for s in report.signatures] == [ReportState.PRELIMINARY, ReportState.FINAL]
    assert all(s.state is StatementState.ACCEPTED for _, s in report.live())
    by_signature = [e for e in session.history if e.how == "signature"]
    assert [e.operation.statement_id for e in by_signature] == ["s2", "s3"]  # type: ignore[union-attr]
    assert actions(store)[-3:] == ["check.override", "report.sign", "report.sign"]
    with pytest.raises(UsageFault, match="final"):
        session.apply([Delete("s1")], "typed")
    with pytest.raises(UsageFault, match="final already"):
        session.sign(ReportState.FINAL)
    session.addend("The effusion is on the right.")
    assert session.report.addenda[0].user == "Dr Roe"
    assert actions(store)[-1] == "report.addendum"
    assert store.verify_all().problems == []


def test_an_override_is_recorded_with_rule_version_and_reason(store: SqliteStore) -> None:
    session = drafted(store)
    for blank in ({"side-conflict": "  "}, {"no-such-rule": "Seen."}):
        with pytest.raises(UsageFault, match="needs a rule and a reason"):
            session.sign(ReportState.PRELIMINARY, overrides=blank)
    assert session.report.state is ReportState.DRAFT
    session.sign(ReportState.PRELIMINARY, overrides={"side-conflict": " Seen and right. "})
    (event,) = [e for e in store.audit.events("r1") if e["action"] == "check.override"]
    version = next(rule.version for rule in RULES if rule.id == "side-conflict")
    assert (event["actor"], event["detail"]) == (
        "Dr Roe",
        {"rule": "side-conflict", "version": version, "reason": "Seen and right."},
    )
    assert store.verify_all().problems == []


def test_what_was_one_act_is_undone_as_one(store: SqliteStore) -> None:
    session = drafted(store)
    session.accept(["s1", "s2", "s3"])
    events = len(actions(store))
    session.accept(["s1", "s2"])
    assert len(actions(store)) == events, "a state that stands already is not recorded again"
    session.apply([Delete("s1"), Delete("s2")], "chat")
    session.undo()
    assert texts(session) == ["Lungs clear.", "No effusion.", "Heart normal."]
    assert session.undo()
    assert {s.state for _, s in session.report.live()} == {StatementState.PROPOSED}
    assert session.redo()
    assert {s.state for _, s in session.report.live()} == {StatementState.ACCEPTED}


def test_only_the_report_that_was_checked_is_signed(store: SqliteStore) -> None:
    session = drafted(store)
    checked = session.report
    session.apply([Delete("s1")], "key")
    with pytest.raises(UsageFault, match="changed while"):
        session.sign(ReportState.FINAL, checked=checked)
    assert session.report.state is ReportState.DRAFT

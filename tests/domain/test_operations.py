"""Operations: undo is exact, what is not named stays the same object, JSON is lossless."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.lifecycle import signed, with_addendum
from radassist.domain.report import (
    SECTIONS,
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.errors import UsageFault

TEXTS = st.text(min_size=1, max_size=60)


def make_statement(statement_id: str, text: str) -> Statement:
    evidence = (Evidence(EvidenceKind.TEMPLATE, "chest-radiograph@1", "Heart"),)
    return Statement(statement_id, text, Provenance("template"), evidence)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    report = empty_report("r", StudyContext())
    for number, text in enumerate(draw(st.lists(TEXTS, min_size=1, max_size=8)), start=1):
        section = draw(st.sampled_from(SECTIONS))
        report = ops.apply(report, ops.Insert(section, 99, make_statement(f"s{number}", text)))
    return report


@st.composite
def changes(draw: st.DrawFn, report: Report) -> ops.Operation:
    ids = [s.id for _, s in report.statements()]
    section, index = draw(st.sampled_from(SECTIONS)), draw(st.integers(-3, 12))
    fresh = make_statement(ops.new_statement_id(report), draw(TEXTS))
    if not ids:
        return ops.Insert(section, index, fresh)
    chosen = draw(st.sampled_from(ids))
    return draw(
        st.sampled_from(
            [
                ops.Insert(section, index, fresh),
                ops.Replace(make_statement(chosen, draw(TEXTS))),
                ops.Delete(chosen),
                ops.Move(chosen, section, index),
                ops.SetState(chosen, draw(st.sampled_from(list(StatementState)))),
                ops.SetField("study.indication", draw(TEXTS)),
            ]
        )
    )


@given(st.data())
def test_an_inverse_takes_the_change_back_exactly(data: st.DataObject) -> None:
    report = data.draw(reports())
    change = data.draw(changes(report))
    back = ops.inverse(report, change)
    again = ops.apply(ops.apply(report, change), back)
    assert again.sections == report.sections
    assert again.study == report.study


@given(st.data())
def test_statements_that_are_not_named_stay_the_same_objects(data: st.DataObject) -> None:
    report = data.draw(reports())
    change = data.draw(changes(report))
    named = ops.named_ids(change)
    before = {s.id: s for _, s in report.statements() if s.id not in named}
    after = {s.id: s for _, s in ops.apply(report, change).statements() if s.id not in named}
    assert before.keys() == after.keys()
    assert all(after[i] is before[i] for i in before)


@given(st.data())
def test_operations_survive_json(data: st.DataObject) -> None:
    report = data.draw(reports())
    change = data.draw(changes(report))
    assert ops.from_dict(json.loads(json.dumps(ops.to_dict(change)))) == change


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"op": "explode"},
        {"op": "insert", "section": "Findings"},
        {"op": "set-state", "id": "s1"},
    ],
)
def test_a_malformed_operation_is_a_fault(data: dict[str, object]) -> None:
    with pytest.raises(UsageFault):
        ops.from_dict(data)


def test_statement_ids_are_never_used_twice() -> None:
    report = empty_report("r", StudyContext())
    report = ops.apply(report, ops.Insert("Findings", 0, make_statement("s1", "Clear.")))
    report = ops.apply(report, ops.Delete("s1"))
    assert ops.new_statement_id(report) == "s2"


def test_a_final_report_takes_no_operation_but_an_addendum() -> None:
    report = empty_report("r", StudyContext())
    report = ops.apply(report, ops.Insert("Findings", 0, make_statement("s1", "Clear.")))
    report = signed(report, ReportState.PRELIMINARY, "Dr Roe", "2026-01-01T00:00:00Z")
    report = signed(report, ReportState.FINAL, "Dr Roe", "2026-01-01T00:01:00Z")
    with pytest.raises(UsageFault, match="final"):
        ops.apply(report, ops.Delete("s1"))
    with pytest.raises(UsageFault, match="final already"):
        signed(report, ReportState.FINAL, "Dr Roe", "2026-01-01T00:02:00Z")
    more = with_addendum(report, "Correction of side.", "Dr Roe", "2026-01-02T00:00:00Z")
    assert more.sections is report.sections
    assert more.addenda[0].text == "Correction of side."


def test_the_lifecycle_takes_no_short_cut_and_no_nameless_signature() -> None:
    report = empty_report("r", StudyContext())
    with pytest.raises(UsageFault, match="preliminary next"):
        signed(report, ReportState.FINAL, "Dr Roe", "2026-01-01T00:00:00Z")
    with pytest.raises(UsageFault, match="needs a name"):
        signed(report, ReportState.PRELIMINARY, "  ", "2026-01-01T00:00:00Z")
    with pytest.raises(UsageFault, match="Only a final report"):
        with_addendum(report, "x", "Dr Roe", "2026-01-01T00:00:00Z")

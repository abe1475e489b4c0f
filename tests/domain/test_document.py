"""report.json: lossless, tolerant when reading, and honest about a history that does not fit."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from radassist.domain.document import (
    ReportDocument,
    from_document,
    history_problem,
    to_document,
)
from radassist.domain.findings import Caliper, Evidence, EvidenceKind, ImageRef, Measurement
from radassist.domain.history import HistoryEntry, next_redo, next_undo
from radassist.domain.operations import Delete, Insert, SetField, accept
from radassist.domain.report import Provenance, Statement, StudyContext, empty_report
from radassist.errors import InputFault
from radassist.workflow.session import Step, entries_for

AT = "2026-01-01T00:00:00Z"


def document(*steps: Step) -> ReportDocument:
    base = empty_report("r1", StudyContext(modality="CR", priors=("20250101",)))
    report, entries = entries_for(base, steps, AT, 1)
    return ReportDocument(base, report, tuple(entries))


def statement(statement_id: str, text: str = "Clear.") -> Statement:
    image = ImageRef("1.2", "1.3", "1.4", 0, "1.5")
    measurement = Measurement(
        "m", "cardiothoracic ratio", 0.5, "1", 0.02, image, (Caliper("heart", 1, 2, 3, 2),), "x"
    )
    evidence = Evidence(
        EvidenceKind.MEASUREMENT, "m", "0.50", 0.9, image=image, measurement=measurement
    )
    return Statement(statement_id, text, Provenance("vision:p@1"), (evidence,))


def full() -> ReportDocument:
    return document(
        Step(Insert("Findings", 0, statement("s1")), "draft", "vision:p@1"),
        Step(Insert("Findings", 1, statement("s2")), "draft", "template"),
        Step(accept("s1"), "key", "Dr Roe"),
        Step(SetField("study.indication", "Cough"), "typed", "Dr Roe"),
        Step(Delete("s2"), "chat", "Dr Roe"),
    )


def test_json_is_lossless() -> None:
    whole = full()
    again = from_document(json.loads(json.dumps(to_document(whole))))
    assert again.report == whole.report
    assert again.history == whole.history
    assert again.base.sections == whole.base.sections
    assert history_problem(again) == ""


@pytest.mark.parametrize(
    "tamper",
    [
        lambda d: d["sections"][4]["statements"][0].update(text="Large effusion."),
        lambda d: d["sections"][4]["statements"].clear(),
        lambda d: d["history"].pop(0),
        lambda d: d["history"].pop(),
    ],
    ids=["text", "statement gone", "first entry gone", "last entry gone"],
)
def test_a_report_that_its_history_does_not_give_is_noticed(tamper: Any) -> None:
    data = copy.deepcopy(to_document(full()))
    tamper(data)
    assert history_problem(from_document(data)) != ""


def test_a_bare_report_of_another_program_can_be_read() -> None:
    data = {"sections": [{"name": "Findings", "statements": [{"id": "a", "text": "Clear."}]}]}
    report = from_document(data).report
    assert [s.text for _, s in report.live()] == ["Clear."]


@pytest.mark.parametrize(
    "data",
    [
        [],
        {},
        {"schema": "radassist.report/99", "sections": []},
        {"sections": [{"statements": []}]},
        {"sections": [{"name": "F", "statements": [{"id": "a"}]}]},
        {"sections": [{"name": "F", "statements": [{"id": "a", "text": "x"}] * 2}]},
        {"sections": [], "state": "burnt"},
        {"sections": [], "history": [{"seq": 1}]},
        {"sections": [], "study": []},
    ],
)
def test_damaged_documents_are_one_sentence(data: Any) -> None:
    with pytest.raises(InputFault):
        from_document(data)


def test_undo_and_redo_follow_the_history() -> None:
    entries = full().history
    whole = entries[:2] + tuple(replace(e, act=e.seq) for e in entries[2:])
    (undoable,) = next_undo(whole)
    assert isinstance(undoable.operation, Delete)
    undo = HistoryEntry(6, AT, "Dr Roe", "undo", undoable.inverse, undoable.operation, 6)
    assert next_redo((*whole, undo)) == (undoable,)
    (second,) = next_undo((*whole, undo))
    assert isinstance(second.operation, SetField)
    redo = HistoryEntry(7, AT, "Dr Roe", "redo", undoable.operation, undoable.inverse, 7)
    assert next_redo((*whole, undo, redo)) == ()
    assert next_undo(whole[:2]) == (), "a draft is not undone"

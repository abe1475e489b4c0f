"""resources/schemas/report.schema.json says exactly what report.json holds."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.domain import lifecycle, operations
from radassist.domain.document import ReportDocument, to_document
from radassist.domain.findings import Caliper, Evidence, EvidenceKind, ImageRef, Measurement
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Delete, Insert, Move, Operation, Replace, SetField, SetState
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.library import resources_dir

AT = "2026-01-01T00:00:00Z"
SCHEMA = json.loads((resources_dir() / "schemas/report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
IMAGE = ImageRef("1.2", "1.3", "1.4", 0, "1.5")


def statement(statement_id: str, text: str) -> Statement:
    lines = (Caliper("heart, right", 200.5, 300.0, 256.0, 300.0),)
    ratio = Measurement("m1", "cardiothoracic ratio", 0.5, "1", 0.02, IMAGE, lines, "contours")
    evidence = tuple(
        Evidence(kind, "x", "0.50", 0.9, IMAGE, ratio if kind.value == "measurement" else None)
        for kind in EvidenceKind
    )
    return Statement(statement_id, text, Provenance("vision:cxr-anatomy@1"), evidence)


def document(*changes: Operation) -> ReportDocument:
    study = StudyContext(
        "1.2", modality="CR", priors=("20250101",), image_hashes=(("1.4", "a" * 64),)
    )
    base = report = empty_report("r1", study, "chest-radiograph@1")
    entries = []
    for seq, change in enumerate(changes, 1):
        inverse = operations.inverse(report, change)
        entries.append(HistoryEntry(seq, AT, "Dr Roe", "typed", change, inverse))
        report = operations.apply(report, change)
    return ReportDocument(base, report, tuple(entries))


def whole() -> ReportDocument:
    return document(
        Insert("Findings", 0, statement("s1", "The heart is normal.")),
        Insert("Impression", 0, statement("s2", "Normal chest.")),
        Replace(Statement("s1", "The heart is large.", Provenance("radiologist", "typed"))),
        SetState("s2", StatementState.REJECTED),
        Move("s2", "Findings", 1),
        SetField("study.indication", "Cough"),
        Delete("s2"),
    )


def as_json(report: ReportDocument) -> Any:
    return json.loads(json.dumps(to_document(report)))


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_kind_of_operation_and_evidence_fits() -> None:
    VALIDATOR.validate(as_json(whole()))


def test_a_final_report_with_an_addendum_fits() -> None:
    report: Report = whole().report
    report = lifecycle.signed(report, ReportState.PRELIMINARY, "Dr Roe", AT)
    report = lifecycle.signed(report, ReportState.FINAL, "Dr Roe", AT)
    report = lifecycle.with_addendum(report, "Compared with 2019.", "Dr Roe", AT)
    VALIDATOR.validate(as_json(ReportDocument(whole().base, report)))


BREAKS: dict[str, Callable[[dict[str, Any]], object]] = {
    "another schema": lambda d: d.update(schema="radassist.report/2"),
    "no sections": lambda d: d.pop("sections"),
    "an unknown key": lambda d: d.update(colour="red"),
    "an unknown state": lambda d: d.update(state="signed"),
    "a final report that nobody signed": lambda d: d.update(state="final"),
    "an addendum to a draft": lambda d: d.update(addenda=[{"text": "x", "user": "y", "at": AT}]),
    "a statement without provenance": lambda d: d["sections"][4]["statements"][0].pop("provenance"),
    "a provenance of nobody": lambda d: d["sections"][4]["statements"][0].update(provenance="me"),
    "a score above 1": lambda d: d["history"][0]["operation"]["statement"]["evidence"][0].update(
        score=1.5
    ),
    "a local time": lambda d: d["history"][0].update(at="2026-01-01 00:00"),
    "an unknown operation": lambda d: d["history"][0]["operation"].update(op="rewrite"),
    "an operation without its inverse": lambda d: d["history"][0].pop("inverse"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_does_not_belong_is_refused(name: str) -> None:
    broken = copy.deepcopy(as_json(whole()))
    BREAKS[name](broken)
    assert not VALIDATOR.is_valid(broken)


@given(
    st.lists(st.tuples(st.sampled_from(["Findings", "Impression"]), st.text(max_size=40))),
    st.sampled_from(list(StatementState)),
)
def test_any_text_in_any_state_fits(parts: list[tuple[str, str]], state: StatementState) -> None:
    changes: list[Operation] = []
    for number, (section, text) in enumerate(parts, 1):
        changes.append(Insert(section, 0, statement(f"s{number}", text)))
        changes.append(SetState(f"s{number}", state))
    VALIDATOR.validate(as_json(document(*changes)))

"""The cases of resources/bench are whole, and the judges see what is wrong."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.packs.registry import Registry
from radassist.errors import PackFault
from radassist.library import resources_dir
from radassist.library.lexicon import load_lexicon
from radassist.settings import find_paths
from radassist.workflow.chat import Chat
from radassist.workflow.language_bench import asking, edits, load_cases
from radassist.workflow.language_bench.cases import named
from radassist.workflow.language_bench.facts import not_held
from radassist.workflow.language_bench.table import Row, Table, measure, rendered

CASES = load_cases(resources_dir() / "bench")
LEXICON = load_lexicon()


def test_the_lists_are_as_long_as_the_table_says() -> None:
    assert len(CASES.edits) == 120
    assert len(CASES.questions) == 60
    assert len(set(CASES.openi_ids)) == 60
    assert all(i % 2 == 1 for i in CASES.openi_ids), "even ids are for tuning"
    radiographs = sum(r.study.modality in ("CR", "DX") for r in CASES.reports.values())
    assert radiographs <= len(CASES.reports) * 0.6
    unanswerable = Counter(q["answer"] == "not said" for q in CASES.questions if q)
    assert 18 <= unanswerable[True] <= 24


@pytest.mark.parametrize("case", [*CASES.edits, *CASES.questions], ids=lambda c: str(c)[:60])
def test_every_case_names_statements_that_are_there(case: dict[str, Any]) -> None:
    report = CASES.reports[case["report"]]
    keys = [k for group in ("edit", "also", "may") for k in case.get(group, {})]
    for key in [*keys, *case.get("cites", []), *case.get("may_cite", [])]:
        assert named(report, key).text


def _case(instruction: str) -> dict[str, Any]:
    return next(c for c in CASES.edits if c["instruction"] == instruction)


def test_an_edit_that_is_right_in_one_place_only_is_not_right() -> None:
    case = _case("pneumothorax measures 22 mm")
    report = CASES.reports["fall"]
    turn = Chat(LEXICON, None).respond(report, case["instruction"])
    assert edits.judge(report, case, turn).right
    alone = replace(turn, operations=turn.operations[:1], offered=(), after=report)
    assert not edits.judge(report, case, alone).right
    assert edits.judge(report, case, alone).both is False


def test_a_change_beside_what_was_asked_is_wrong() -> None:
    case = _case("sternotomy wires can go")
    report = CASES.reports["congestion"]
    turn = Chat(LEXICON, None).respond(report, "delete sentences 4 and 5")
    verdict = edits.judge(report, case, turn)
    assert not verdict.right
    assert verdict.untouched, "an operation named it: it was not touched in secret"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("Yes: Findings 1 (s1): “A”", "yes"),
        ("No: “A”", "no"),
        ("Uncertain: “A”", "uncertain"),
        ("The report does not say. The nearest is ...", "not said"),
        ("Nothing there", "quote"),
    ],
)
def test_what_an_answer_claims(said: str, kind: str) -> None:
    assert asking.kind_of(said) == kind


def test_a_claim_that_the_report_does_not_make_counts_as_invented() -> None:
    case = next(q for q in CASES.questions if q["question"] == "is there a rib fracture?")
    report = CASES.reports["ward"]
    turn = Chat(LEXICON, None).respond(report, case["question"])
    assert asking.judge(report, case, turn, LEXICON).invented == ()
    claimed = replace(turn, answer="No: there is no rib fracture.")
    verdict = asking.judge(report, case, claimed, LEXICON)
    assert not verdict.right
    assert verdict.invented


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Small effusion.", []),
        ("Small right effusion.", ["side: right"]),
        ("Effusion of 3 cm.", ["number: 3"]),
        ("Small effusion and atelectasis.", ["finding: atelectasis"]),
        ("No effusion.", ["finding: effusion"]),
        ("Pneumothorax.", ["finding: Pneumothorax"]),
        ("Effusion since 3 March 2024.", ["date: 3 March 2024"]),
    ],
)
def test_facts_that_no_source_holds(text: str, missing: list[str]) -> None:
    sources = ["Small left pleural effusion.", "No pneumothorax."]
    assert not_held(text, sources, LEXICON) == missing


def test_the_table_marks_the_bar_that_is_missed() -> None:
    table = Table("p@1", (Row("edits exact", 0.8, 120, bar=0.9), Row("time", 0.2, 3, "s")), ())
    assert not table.held
    assert "0.800 (120) *" in rendered([table])
    assert table.to_json()["rows"][0]["held"] is False


def test_the_bars_hold_without_a_model() -> None:
    """Nine of ten edits, nothing else touched, nothing invented: before any model is asked."""
    table = measure(CASES, LEXICON, None)
    missed = [f"{row.name}: {row.value}" for row in table.rows if not row.held]
    assert not missed, [*missed, *table.misses]
    assert any("Open-i" in why for why in table.without)


@pytest.mark.model
@pytest.mark.slow
def test_the_bars_hold_with_the_default_model_on_what_rules_leave_to_it() -> None:
    """Wishes for another wording, commands of several parts, and every question."""
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    registry = Registry(resources_dir() / "packs", find_paths().models)
    try:
        pack = registry.find("language-default")
    except PackFault as fault:
        pytest.skip(f"language-default: {fault}")
    few = replace(CASES, edits=tuple(c for c in CASES.edits if c["kind"] in ("style", "multi")))
    with closing(LlamaLanguageModel(pack.folder, pack.ref, pack.path())) as model:
        table = measure(few, LEXICON, model)
    rows = {row.name: row for row in table.rows}
    assert rows["untouched identical"].value == 1.0
    assert rows["answers with something invented"].value == 0.0
    assert rows["questions right"].held
    assert (rows["edits exact"].value or 0) >= 0.7, table.misses

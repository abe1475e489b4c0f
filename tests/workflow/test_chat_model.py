"""The model's part, with a scripted model: what the rules refuse of what it writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from radassist.domain import operations as ops
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat import Chat, ChatTurn

TEXTS = (
    ("Findings", "There is a 6 mm nodule seen in the left upper lobe."),
    ("Findings", "Probable small left pleural effusion."),
    ("Findings", "No right pleural effusion."),
    ("Impression", "6 mm left upper lobe nodule."),
)


def make_report() -> Report:
    report = empty_report("r", StudyContext())
    for n, (section, text) in enumerate(TEXTS, start=1):
        statement = Statement(f"s{n}", text, Provenance("import"))
        report = ops.apply(report, ops.Insert(section, 9, statement))
    return report


def respond(instruction: str, *answers: dict[str, Any]) -> tuple[ChatTurn, ScriptedLanguageModel]:
    left = list(answers)

    def script(messages: Sequence[tuple[str, str]], schema: dict[str, Any] | None) -> str:
        return json.dumps(left.pop(0) if len(left) > 1 else left[0])

    model = ScriptedLanguageModel(script)
    return Chat(load_lexicon(), model).respond(make_report(), instruction), model


def test_a_good_rewrite_is_one_replace_by_the_language_pack() -> None:
    turn, _ = respond("rephrase sentence 2", {"text": "A small left pleural effusion is probable."})
    assert turn.how == "model"
    (operation,) = turn.operations
    assert isinstance(operation, ops.Replace)
    assert operation.statement.provenance == Provenance("language:scripted@1", "chat")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Probable small left pleural effusion with pneumothorax.", "pneumothorax"),
        ("Probable small right pleural effusion.", "right"),
        ("Probable small pleural effusion.", "left"),
        ("Small left pleural effusion, present.", "uncertain"),
        ("Probable 12 mm left pleural effusion.", "12"),
        ("Probable small left pleural effusion.", "changed nothing"),
        ("No left pleural effusion.", "effusion"),
    ],
)
def test_what_is_added_or_dropped_is_refused(text: str, reason: str) -> None:
    turn, model = respond("rephrase sentence 2", {"text": text})
    assert turn.operations == () and reason in (turn.answer or ""), turn.answer
    assert len(model.asked) == 2  # it had a second chance, and was told why


def test_the_second_attempt_counts() -> None:
    turn, _ = respond(
        "rephrase sentence 2",
        {"text": "Probable small right pleural effusion."},
        {"text": "A small left pleural effusion is probable."},
    )
    assert len(turn.operations) == 1


def test_a_size_dropped_in_shortening_is_saved_by_rules() -> None:
    turn, _ = respond("shorten sentence 1", {"text": "Nodule in the upper lobe."})
    assert next(s.text for _, s in turn.after.live()) == "6 mm nodule in the left upper lobe."
    assert any("by rules" in notice for notice in turn.notices)


def test_the_router_knows_only_the_candidates_and_delete_only_on_request() -> None:
    turn, model = respond(
        "the nodule looks like it might be spiculated to me",
        {"action": "rewrite", "ids": ["s1"]},
        {"text": "There is a possibly spiculated 6 mm nodule seen in the left upper lobe."},
    )
    assert turn.how == "model"
    assert {o.statement.id for o in turn.operations if isinstance(o, ops.Replace)} <= {"s1"}
    assert model.asked


def test_nonsense_from_the_router_changes_nothing() -> None:
    turn, _ = respond(
        "something about the nodule being odd somehow", {"action": "none", "ids": ["s1"]}
    )
    assert turn.operations == () and turn.answer


def test_a_cut_off_answer_changes_nothing() -> None:
    model = ScriptedLanguageModel(lambda messages, schema: '{"text": "Probable sm')
    turn = Chat(load_lexicon(), model).respond(make_report(), "rephrase sentence 2")
    assert turn.operations == () and "no sentence" in (turn.answer or "")


def test_questions_never_reach_the_model() -> None:
    turn, model = respond("is there a rib fracture?", {"text": "Yes."})
    assert model.asked == [] and turn.answer == "The report does not say."

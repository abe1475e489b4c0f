"""Tasks on the whole report in the chat: which words ask for them, and that they change nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from written_reports import report_of, shelf

from radassist.domain.operations import Insert
from radassist.domain.report import StatementState
from radassist.library import resources_dir
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat import Chat, turn_to_json
from radassist.workflow.tasks import Tasks, task_of

EDITS = Path(__file__).parents[1] / "data" / "chat_edits.json"


def chat() -> Chat:
    return Chat(load_lexicon(), None, Tasks(shelf()))


@pytest.mark.parametrize(
    ("instruction", "task"),
    [
        ("explain this to the patient", "patient"),
        ("Explain the report in plain language", "patient"),
        ("easy language", "patient"),
        ("In easy language, please.", "patient"),
        ("please put this in simple words for the patient", "patient"),
        ("summarise the findings for the patient", "patient"),
        ("patient summary", "patient"),
        ("summarise", "referrer"),
        ("Summarize the report.", "referrer"),
        ("summarize for the referring doctor", "referrer"),
        ("give me a short summary for the GP", "referrer"),
        ("write the impression", "impression"),
        ("draft an impression from the findings", "impression"),
        ("recommendation", "recommendation"),
        ("what does Fleischner say?", "recommendation"),
        ("suggest a follow-up recommendation", "recommendation"),
        ("put the emphysema sentence into plain language for the patient", None),
        ("explain finding 2 in plain English", None),
        ("rewrite impression 1 so the patient can understand it", None),
        ("what does the impression say", None),
        ("what follow-up is recommended?", None),
        ("add: recommend CT in 3 months", None),
        ("delete the summary", None),
        ("is there a pneumothorax?", None),
    ],
)
def test_which_words_ask_for_what(instruction: str, task: str | None) -> None:
    assert task_of(instruction) == task


def instructions(path: Path) -> list[str]:
    found: list[str] = []

    def walk(item: object) -> None:
        if isinstance(item, dict):
            found.extend(v for k, v in item.items() if k == "instruction" and isinstance(v, str))
            for value in item.values():
                walk(value)
        elif isinstance(item, list):
            for value in item:
                walk(value)

    walk(json.loads(path.read_text(encoding="utf-8")))
    return found


def test_no_instruction_of_the_lists_is_taken_for_a_task() -> None:
    lists = [EDITS, resources_dir() / "bench" / "chat_edits.json"]
    known = [text for path in lists for text in instructions(path)]
    assert len(known) > 200
    assert [text for text in known if task_of(text)] == []


REPORT = report_of("5 mm solid nodule in the right upper lobe. Small left pleural effusion.")


@pytest.mark.parametrize("instruction", ["easy language", "summarise"])
def test_an_answer_changes_nothing_and_links(instruction: str) -> None:
    turn = chat().respond(REPORT, instruction)
    assert turn.operations == () and turn.after.sections == REPORT.sections
    assert set(turn.cited) <= {s.id for _, s in REPORT.live()} and turn.cited
    assert turn.answer and all(f"({i})" in turn.answer for i in turn.cited)
    assert turn.clean and "(s" not in turn.clean


def test_a_final_report_can_be_explained() -> None:
    from dataclasses import replace

    from radassist.domain.report import ReportState

    final = replace(REPORT, state=ReportState.FINAL)
    turn = chat().respond(final, "explain this to the patient")
    assert turn.clean.startswith("What was found\n")
    assert "What the words mean" in turn.clean


def test_an_impression_is_proposed_only_where_there_is_none() -> None:
    turn = chat().respond(REPORT, "write the impression")
    texts = [o.statement.text for o in turn.operations if isinstance(o, Insert)]
    assert texts[:2] == [
        "5 mm solid nodule in the right upper lobe.",
        "Small left pleural effusion.",
    ]
    filled = report_of("Small left pleural effusion.", impression="Left effusion.")
    turn = chat().respond(filled, "write the impression")
    assert turn.operations == () and "nothing is changed" in (turn.answer or "")


def test_a_recommendation_is_proposed_with_its_paper() -> None:
    turn = chat().respond(REPORT, "recommendation")
    (operation,) = turn.operations
    assert isinstance(operation, Insert) and operation.section == "Impression"
    assert operation.statement.state is StatementState.PROPOSED
    assert "doi:10.1148/radiol.2017161659" in (turn.answer or "")
    assert turn_to_json(turn)["cited"] == ["s2"]


def test_without_a_table_that_fits_nothing_is_recommended() -> None:
    turn = chat().respond(report_of("Small left pleural effusion."), "recommendation")
    assert turn.operations == () and "No recommendation" in (turn.answer or "")

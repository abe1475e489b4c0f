"""RaDialog's questions: region, is it there, all findings, why, impression, view, what the AI saw.

Every answer is quotes with the ids of their statements, and "The report does not say." beyond them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind, Measurement
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StudyContext,
    empty_report,
)
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat import Chat, ChatTurn, turn_to_json

SILENT = "The report does not say."
RATIO = Measurement("m1", "cardiothoracic ratio", 0.56, "1", 0.02)
VIEW = Evidence(EvidenceKind.HEADER, "ViewPosition", "PA")
PLEURA = Evidence(EvidenceKind.TEMPLATE, "chest-radiograph@1", "Pleura")
ENLARGED = "The heart is enlarged, with a cardiothoracic ratio of 0.56."
STATEMENTS = (
    ("Examination", "Chest radiograph, PA view.", "header", (VIEW,)),
    ("Comparison", "None available.", "header", ()),
    ("Findings", ENLARGED, "vision:cxr-anatomy@1", (
        Evidence(EvidenceKind.FINDING, "f1", "cardiothoracic ratio: present", score=0.97),
        Evidence(EvidenceKind.MEASUREMENT, "m1", "0.56 ± 0.02", measurement=RATIO),
    )),
    ("Findings", "Small left pleural effusion, 12 mm deep.", "import", ()),
    ("Findings", "No pneumothorax.", "template", (PLEURA,)),
    ("Findings", "Possible consolidation in the right lower lobe.", "import", ()),
    ("Findings", "No large right pleural effusion.", "import", ()),
    ("Findings", "Old healed fracture of the left fifth rib.", "import", ()),
    ("Impression", "Cardiomegaly.", "rules", (Evidence(EvidenceKind.STATEMENT, "s3"),)),
    ("Impression", "Recommend a follow-up radiograph in 6 weeks.", "import", ()),
)  # fmt: skip


@pytest.fixture
def report() -> Report:
    study = StudyContext(modality="CR", body_part="CHEST", view="PA", patient_age="063Y")
    made = empty_report("r", study)
    for n, (section, text, source, evidence) in enumerate(STATEMENTS, start=1):
        statement = Statement(f"s{n}", text, Provenance(source), evidence)
        made = ops.apply(made, ops.Insert(section, 99, statement))
    return made


def ask(report: Report, question: str) -> ChatTurn:
    turn = Chat(load_lexicon(), None).respond(report, question)
    assert turn.operations == () and turn.after is report
    assert turn.answer is not None
    return turn


@pytest.mark.parametrize(
    ("question", "answer", "cited"),
    [
        ("is there a pneumothorax?", "No: Findings 3 (s5): “No pneumothorax.”", ["s5"]),
        ("any left effusion?", "Yes: ", ["s4"]),
        ("is there a pleural effusion?", "Yes: ", ["s4"]),
        ("is there a consolidation?", "Uncertain: ", ["s6"]),
        ("is the heart enlarged?", "Yes: ", ["s3"]),
        ("is there a mediastinal mass?", SILENT, []),
        ("is there ascites?", SILENT, []),
        ("does he take aspirin?", SILENT, []),
        ("what about the heart?", "The report says: ", ["s3", "s9"]),
        ("what about the bones?", "The report says: Findings 6", ["s8"]),
        ("what is the impression?", "The report says: ", ["s9", "s10"]),
        ("how big is the effusion?", "The report says: Findings 2", ["s4"]),
        ("which side is the effusion on?", "The report says: ", None),
        ("what do you recommend?", "The report says: ", ["s10"]),
        ("what view is this?", "The header says: ViewPosition PA, Modality CR", ["s1"]),
        ("how old is the patient?", "The header says: PatientAge 063Y.", []),
        ("was contrast given?", SILENT, []),
    ],
)  # fmt: skip
def test_an_answer_and_its_links(
    report: Report, question: str, answer: str, cited: list[str] | None
) -> None:
    turn = ask(report, question)
    assert turn.answer is not None
    assert turn.answer.startswith(answer), turn.answer
    if answer == SILENT:
        assert "Yes" not in turn.answer and "No:" not in turn.answer
    elif cited is not None:
        assert sorted(turn.cited) == sorted(cited), turn.answer


def test_a_denial_of_a_large_one_does_not_deny_a_small_one(report: Report) -> None:
    answer = ask(report, "is there a right pleural effusion?").answer or ""
    assert not answer.startswith("No")
    assert "No large right pleural effusion." in answer


def test_a_word_that_the_lexicon_does_not_know_is_read_with_its_doubt_and_its_denial(
    report: Report,
) -> None:
    texts = {"s6": "Superinfection cannot be excluded.", "s8": "No zebra lines."}
    for statement_id, text in texts.items():
        found = report.find(statement_id)
        assert found is not None
        report = ops.apply(report, ops.Replace(replace(found[1], text=text)))
    assert (ask(report, "is there superinfection?").answer or "").startswith("Uncertain: ")


def test_all_findings_come_with_assertion_side_and_size(report: Report) -> None:
    turn = ask(report, "list all findings")
    answer = turn.answer or ""
    assert answer.startswith("The report says:\n")
    assert len(answer.splitlines()) == 1 + len(turn.cited)
    assert "pleural effusion present left 12 mm" in answer
    assert "pneumothorax absent" in answer
    assert "consolidation uncertain right" in answer
    assert set(turn.cited) == {"s3", "s4", "s5", "s6", "s7", "s8"}


def test_why_leads_from_the_impression_to_the_measurement(report: Report) -> None:
    turn = ask(report, "why cardiomegaly?")
    answer = turn.answer or ""
    assert "measured on the image: cardiothoracic ratio 0.56 ± 0.02" in answer
    assert "vision:cxr-anatomy@1" in answer
    assert {"s3", "s9"} <= set(turn.cited)


def test_why_says_that_a_template_observed_nothing(report: Report) -> None:
    answer = ask(report, "why do you say there is no pneumothorax?").answer or ""
    assert "template chest-radiograph@1, a proposal and no observation" in answer


def test_why_that_means_the_statement_spoken_of_before(report: Report) -> None:
    chat = Chat(load_lexicon(), None)
    assert "Name the statement" in (chat.respond(report, "why do you say that?").answer or "")
    chat.respond(report, "is there a pneumothorax?")
    turn = chat.respond(report, "why do you say that?")
    assert turn.cited == ("s5",)


def test_what_the_ai_saw_and_what_it_refused(report: Report) -> None:
    turn = ask(report, "what did the AI find?")
    assert turn.cited == ("s3",) and "0.56" in (turn.answer or "")
    refused = "The pack cxr-anatomy@1 does not apply: this is a lateral view."
    told = ask(replace(report, notices=(refused,)), "what did the AI see?").answer or ""
    assert refused in told
    bare = replace(empty_report("x", StudyContext()), notices=(refused,))
    assert "did not look" in (ask(bare, "did the AI see anything?").answer or "")
    silent = ask(empty_report("x", StudyContext()), "what did the AI find?")
    assert (silent.answer or "").startswith(SILENT)


def test_a_report_that_contradicts_itself_is_quoted_without_a_verdict(report: Report) -> None:
    more = Statement("s11", "Left apical pneumothorax.", Provenance("import"))
    report = ops.apply(report, ops.Insert("Findings", 99, more))
    turn = ask(report, "is there a pneumothorax?")
    assert (turn.answer or "").startswith("The report says both")
    assert set(turn.cited) == {"s5", "s11"}


def test_the_json_of_a_turn_carries_the_links(report: Report) -> None:
    data = turn_to_json(ask(report, "is there a pneumothorax?"))
    assert data["cited"] == ["s5"] and data["refused"] == []


# --- what only the model can map -----------------------------------------------------------------


def asked_model(report: Report, question: str, answer: dict[str, Any] | str) -> ChatTurn:
    def script(messages: Sequence[tuple[str, str]], schema: dict[str, Any] | None) -> str:
        assert schema is not None
        assert set(schema["properties"]["quotes"]["items"]["enum"]) == {
            f"s{n}" for n in range(1, 11)
        }
        return answer if isinstance(answer, str) else json.dumps(answer)

    return Chat(load_lexicon(), ScriptedLanguageModel(script)).respond(report, question)


QUESTION = "is the rib healing properly?"


def test_the_model_points_to_statements_and_its_words_are_theirs(report: Report) -> None:
    turn = asked_model(
        report, QUESTION, {"quotes": ["s8"], "answer": "Healed fracture of the left fifth rib."}
    )
    assert turn.how == "model" and turn.cited == ("s8",) and turn.refused == ()
    assert (turn.answer or "").startswith("Healed fracture of the left fifth rib. From Findings 6")


@pytest.mark.parametrize(
    ("said", "cut"),
    [
        ("Healed fracture of the right fifth rib.", "side: right"),
        ("Healed fracture of the left sixth rib.", "word: sixth"),
        ("Healed rib fracture with pneumothorax.", "finding: pneumothorax"),
        ("Healed left rib fracture of 14 mm.", "number: 14 mm"),
        ("No fracture of the left fifth rib.", "a denial"),
        ("Healed left rib fracture since 2 May 2024.", "date: 2 May 2024"),
    ],
)
def test_what_the_cited_statements_do_not_hold_is_cut_and_told(
    report: Report, said: str, cut: str
) -> None:
    turn = asked_model(report, QUESTION, {"quotes": ["s8"], "answer": said})
    assert said not in (turn.answer or "")
    assert (turn.answer or "").startswith(SILENT)
    assert any(cut in reason for reason in turn.refused), turn.refused
    assert any("Refused by the rules" in notice for notice in turn.notices)


def test_a_quote_beside_the_question_is_refused(report: Report) -> None:
    turn = asked_model(report, QUESTION, {"quotes": ["s5"], "answer": "No pneumothorax."})
    assert "No pneumothorax" not in (turn.answer or "")
    assert "not about what was asked" in turn.refused[0]


def test_a_broken_answer_of_the_model_says_nothing(report: Report) -> None:
    turn = asked_model(report, QUESTION, "no JSON")
    assert (turn.answer or "").startswith(SILENT) and turn.refused


def test_findings_that_the_lexicon_knows_never_reach_the_model(report: Report) -> None:
    model = ScriptedLanguageModel(lambda messages, schema: "{}")
    for question in ("is there a clavicle fracture?", "any effusion?", "what about the spleen?"):
        Chat(load_lexicon(), model).respond(report, question)
    assert model.asked == []


def test_the_other_ligament_is_no_answer(report: Report) -> None:
    other = Statement("s11", "The anterior cruciate ligament is intact.", Provenance("import"))
    report = ops.apply(report, ops.Insert("Findings", 99, other))
    said = json.dumps({"quotes": ["s11"], "answer": other.text})
    model = ScriptedLanguageModel(lambda messages, schema: said)
    turn = Chat(load_lexicon(), model).respond(report, "is the posterior cruciate ligament torn?")
    assert (turn.answer or "").startswith(SILENT)
    assert "not about what was asked" in turn.refused[0]

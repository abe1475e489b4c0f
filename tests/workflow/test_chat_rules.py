"""The chat without a model: what it asks, what it keeps, what it records."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

import pytest

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.errors import UsageFault
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat import Chat, ChatTurn, run_batch, turn_to_json

FINDINGS = (
    "The heart is mildly enlarged.",
    "There is a 6 mm nodule in the left upper lobe.",
    "Small left pleural effusion.",
    "No right pleural effusion.",
    "No pneumothorax.",
    "Degenerative changes of the thoracic spine.",
)
IMPRESSION = ("6 mm left upper lobe nodule.", "Small left pleural effusion.")


def make_report(
    findings: tuple[str, ...] = FINDINGS, impression: tuple[str, ...] = IMPRESSION
) -> Report:
    report = empty_report("r", StudyContext())
    number = 0
    for section, texts in (("Findings", findings), ("Impression", impression)):
        for text in texts:
            number += 1
            statement = Statement(f"s{number}", text, Provenance("import"))
            report = ops.apply(report, ops.Insert(section, 99, statement))
    return report


@pytest.fixture(scope="module")
def chat() -> Chat:
    return Chat(load_lexicon(), None)


def texts(turn: ChatTurn, section: str) -> list[str]:
    return [s.text for sec, s in turn.after.live() if sec.name == section]


def test_which_of_two_is_asked_and_nothing_changes(chat: Chat) -> None:
    report = make_report()
    turn = chat.respond(report, "change left to right")
    assert not turn.operations and turn.after is report
    assert turn.answer is not None and "Which sentence" in turn.answer
    assert {"s2", "s3"} <= set(turn.candidates)


def test_nothing_found_is_said(chat: Chat) -> None:
    turn = chat.respond(make_report(), "delete the sentence about the spleen")
    assert not turn.operations and "spleen" in (turn.answer or "")
    turn = chat.respond(make_report(), "change 9 mm to 8 mm")
    assert not turn.operations and "9 mm" in (turn.answer or "")
    turn = chat.respond(make_report(), "delete sentence 40")
    assert not turn.operations and "no sentence 40" in (turn.answer or "")


@pytest.mark.parametrize(
    "question",
    [
        "is there a pneumothorax?",
        "Is the nodule 8 mm?",
        "what size is the nodule",
        "which side is the effusion",
        "any fracture?",
        "Can you see a rib fracture?",
        "does the report mention the spine?",
        "how big is the nodule",
        "are there new findings?",
        "should the effusion be drained?",
        "delete?",
    ],
)
def test_a_question_never_edits(chat: Chat, question: str) -> None:
    turn = chat.respond(make_report(), question)
    assert turn.operations == () and turn.offered == () and turn.answer


def test_answers_quote_statements_with_their_ids(chat: Chat) -> None:
    answer = chat.respond(make_report(), "How big is the nodule?").answer or ""
    assert "s2" in answer and "There is a 6 mm nodule in the left upper lobe." in answer
    assert chat.respond(make_report(), "Is there a rib fracture?").answer == (
        "The report does not say."
    )


@pytest.mark.parametrize(
    "courteous",
    [
        "Could you please delete sentence 6?",
        "pls remove sentence six, thanks",
        "can you get rid of the last sentence of the findings",
        "I want you to drop s6",
        "delte sentnce 6",
        "Let's take out the 6th sentence!",
    ],
)
def test_courtesy_and_typing_errors(chat: Chat, courteous: str) -> None:
    turn = chat.respond(make_report(), courteous)
    assert turn.operations == (ops.Delete("s6"),)


def test_a_fact_changes_both_places_and_a_named_sentence_only_itself(chat: Chat) -> None:
    fact = chat.respond(make_report(), "the nodule is 8 mm not 6 mm")
    assert "There is an 8 mm nodule in the left upper lobe." in texts(fact, "Findings")
    assert "8 mm left upper lobe nodule." in texts(fact, "Impression")
    named = chat.respond(make_report(), "change 6 mm to 8 mm in sentence 2")
    assert "6 mm left upper lobe nodule." in texts(named, "Impression")
    assert [ops.to_dict(o)["statement"]["text"] for o in named.offered] == [
        "8 mm left upper lobe nodule."
    ]
    again = ops.apply(named.after, named.offered[0])
    assert again.find("s7") is not None and "8 mm" in again.find("s7")[1].text  # type: ignore[index]


def test_an_effusion_that_is_denied_takes_the_place_of_the_denial(chat: Chat) -> None:
    turn = chat.respond(make_report(), "there is a small right pleural effusion")
    assert "No right pleural effusion." not in texts(turn, "Findings")
    assert "Small left pleural effusion." in texts(turn, "Findings")
    added = chat.respond(make_report(), "add: small right pneumothorax")
    assert "No pneumothorax." not in texts(added, "Findings")


def test_the_negative_sentence_of_the_other_side_is_left_alone(chat: Chat) -> None:
    turn = chat.respond(make_report(), "the effusion is moderate")
    assert "No right pleural effusion." in texts(turn, "Findings")
    assert "Moderate left pleural effusion." in texts(turn, "Findings")


def test_one_item_of_a_list_is_taken_out(chat: Chat) -> None:
    report = make_report(("No focal consolidation, pleural effusion, or pneumothorax.",), ())
    turn = chat.respond(report, "remove the effusion")
    assert texts(turn, "Findings") == ["No focal consolidation or pneumothorax."]


def test_the_radiologists_words_carry_the_radiologists_name(chat: Chat) -> None:
    turn = chat.respond(make_report(), "sentence 2 should read: There is a 9 mm nodule.")
    found = turn.after.find("s2")
    assert found is not None
    assert found[1].provenance == Provenance("radiologist", "chat")
    assert found[1].state is StatementState.EDITED


def test_a_measurement_whose_number_is_overwritten_no_longer_supports_it(chat: Chat) -> None:
    report = make_report(("The cardiothoracic ratio is 0.54.", "No pneumothorax."), ())
    _, old = next(iter(report.live()))
    evidence = (
        Evidence(EvidenceKind.MEASUREMENT, "m1", "0.54 ± 0.02"),
        Evidence(EvidenceKind.FINDING, "f1", "cardiothoracic ratio: present"),
    )
    report = ops.apply(report, ops.Replace(replace(old, evidence=evidence)))
    turn = chat.respond(report, "change 0.54 to 0.51")
    found = turn.after.find("s1")
    assert found is not None and "0.51" in found[1].text
    assert [e.kind for e in found[1].evidence] == [EvidenceKind.FINDING]
    assert any("measurement" in notice for notice in turn.notices)


def test_a_final_report_refuses_edits_and_answers_questions(chat: Chat) -> None:
    final = replace(make_report(), state=ReportState.FINAL)
    with pytest.raises(UsageFault, match="final"):
        chat.respond(final, "delete sentence 2")
    assert "6 mm" in (chat.respond(final, "how big is the nodule?").answer or "")


def test_rejected_statements_are_not_counted_nor_shown(chat: Chat) -> None:
    report = ops.apply(make_report(), ops.reject("s1"))
    turn = chat.respond(report, "delete sentence 1")
    assert turn.operations == (ops.Delete("s2"),)
    assert "s1" not in {row["id"] for row in turn_to_json(turn)["after"]}


@pytest.mark.parametrize(
    ("said", "action"), [("undo", "undo"), ("redo that", "redo"), ("take it back", "undo")]
)
def test_undo_and_redo_are_the_sessions(chat: Chat, said: str, action: str) -> None:
    turn = chat.respond(make_report(), said)
    assert turn.control == action and not turn.operations


def test_batch_gives_one_line_each_on_the_report_as_given(chat: Chat) -> None:
    lines = ["delete sentence 2", "", "is there a pneumothorax?", "delete sentence 2"]
    rows = list(run_batch(chat, make_report(), lines))
    assert len(rows) == 3
    assert rows[0]["operations"] == rows[2]["operations"] == [{"op": "delete", "id": "s2"}]
    assert set(rows[0]) >= {"instruction", "how", "operations", "answer", "after", "seconds"}
    assert rows[1]["answer"] and not rows[1]["operations"]


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "   ",
        "?" * 300,
        "delete " * 400,
        "\x00\x1b[31m",
        "change to",
        "add:",
        "((((" * 200,
        "the " * 900,
        "a, b, c and d or e, " * 150,
        "sentence 99999999999999999999",
        'replace "" with ""',
    ],
)
def test_hostile_input_never_changes_the_report_or_hangs(chat: Chat, hostile: str) -> None:
    report = make_report()
    begun = time.monotonic()
    turn = chat.respond(report, hostile)
    assert time.monotonic() - begun < 5
    assert turn.after.sections == report.sections


def test_plain_commands_take_less_than_50_ms(chat: Chat) -> None:
    report = make_report()
    chat.prepare(report)
    commands = [
        "delete sentence 2",
        "the nodule is 8 mm not 6 mm",
        "the effusion is moderate",
        "change left to right in the effusion sentence",
        "add: No fracture.",
    ]
    assert statistics.median(chat.respond(report, c).seconds for c in commands) < 0.05


@pytest.mark.parametrize(
    "said",
    [
        "change everything to normal",
        "emphasize the nodule",
        "make a joke",
        "thanks",
        "tone it down",
    ],
)
def test_what_is_no_plain_command_never_touches_the_report(chat: Chat, said: str) -> None:
    turn = chat.respond(make_report(), said)
    assert turn.operations == () and turn.answer


def test_a_finding_taken_out_of_a_sentence_leaves_the_others(chat: Chat) -> None:
    report = make_report(
        ("Mild interstitial edema.",),
        ("Congestive heart failure with mild edema and bilateral effusions.",),
    )
    turn = chat.respond(report, "no edema")
    assert texts(turn, "Findings") == ["No edema."]
    assert texts(turn, "Impression") == ["Congestive heart failure with bilateral effusions."]


def test_a_denial_beside_a_finding_goes_and_the_finding_stays(chat: Chat) -> None:
    report = make_report(("Cholelithiasis without evidence of acute cholecystitis.",), ())
    turn = chat.respond(report, "there is acute cholecystitis")
    assert sorted(texts(turn, "Findings")) == ["Cholelithiasis.", "There is acute cholecystitis."]


def test_own_words_after_a_colon_are_added_not_put_over_a_sentence(chat: Chat) -> None:
    turn = chat.respond(make_report(), "add after the nodule sentence: Kerley B lines are present.")
    assert texts(turn, "Findings")[1:3] == [FINDINGS[1], "Kerley B lines are present."]


RATIO = ", with a cardiothoracic ratio of 0.55 (95 % CI 0.52 to 0.58)."
MEASURED = (
    "The lungs are clear, without consolidation or mass.",
    f"The heart is enlarged{RATIO}",
)
CONCLUDED = ("Enlarged heart, cardiothoracic ratio 0.55.",)


@pytest.mark.parametrize(
    ("said", "heart", "conclusion"),
    [
        (
            "the heart is normal in size",
            f"The heart is normal in size{RATIO}",
            CONCLUDED[0],
        ),
        (
            "heart is mildly enlarged",
            f"The heart is mildly enlarged{RATIO}",
            CONCLUDED[0],
        ),
        (
            "the CTR is 0.49",
            "The heart is enlarged, with a cardiothoracic ratio of 0.49.",
            "Enlarged heart, cardiothoracic ratio 0.49.",
        ),
        (
            "ctr is 0.48 not 0.55",
            "The heart is enlarged, with a cardiothoracic ratio of 0.48.",
            "Enlarged heart, cardiothoracic ratio 0.48.",
        ),
        (
            "no cardiomegaly",
            f"No cardiomegaly{RATIO}",
            "No cardiomegaly, cardiothoracic ratio 0.55.",
        ),
    ],
)
def test_what_is_said_of_a_measured_heart_keeps_the_ratio_or_changes_it_everywhere(
    chat: Chat, said: str, heart: str, conclusion: str
) -> None:
    turn = chat.respond(make_report(MEASURED, CONCLUDED), said)
    assert texts(turn, "Findings") == [MEASURED[0], heart]
    assert texts(turn, "Impression") == [conclusion]


def test_a_heart_called_normal_offers_the_same_words_for_the_impression(chat: Chat) -> None:
    turn = chat.respond(make_report(MEASURED, CONCLUDED), "the heart is normal")
    assert [o.statement.text for o in turn.offered if isinstance(o, ops.Replace)] == [
        "The heart is normal, cardiothoracic ratio 0.55."
    ]


def test_a_number_is_never_lost_on_the_way(chat: Chat) -> None:
    said = "The extent of fibrosis is estimated at 25% of the lung volume, increased from 15%."
    turn = chat.respond(make_report((said,), ()), "extent of fibrosis should be severe, and more")
    kept = " ".join(texts(turn, "Findings"))
    assert "25%" in kept and "15%" in kept


def test_a_clause_goes_as_a_whole(chat: Chat) -> None:
    said = "The visualized lung apices are clear and the thyroid is unremarkable."
    turn = chat.respond(make_report((said,), ()), "leave the thyroid out of sentence 1")
    assert texts(turn, "Findings") == ["The visualized lung apices are clear."]


def test_a_number_beyond_the_findings_names_no_other_sentence(chat: Chat) -> None:
    turn = chat.respond(make_report(), "delete sentence 9")
    assert turn.operations == () and "There is no sentence 9" in (turn.answer or "")


@pytest.mark.parametrize(
    "said",
    ["turn finding 2 into something more readable", "cut down impression one"],
)
def test_a_wish_about_style_never_becomes_the_text(chat: Chat, said: str) -> None:
    """Without a model: what rules can shorten, or nothing; never the wish itself."""
    turn = chat.respond(make_report(), said)
    kept = " ".join(texts(turn, "Findings") + texts(turn, "Impression"))
    assert "readable" not in kept and "6 mm" in kept

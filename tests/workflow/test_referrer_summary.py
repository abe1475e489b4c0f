"""The summary for the referrer: what was asked, found and advised, all of it cited."""

from __future__ import annotations

import re

import pytest
from written_reports import report_of, shelf, view_of

from radassist.domain.report import Report
from radassist.workflow.concluding.referrer import Summary, summarise


def summed(report: Report) -> Summary:
    made = summarise(view_of(report), shelf())
    for sentence in made.sentences:
        sources = " ".join(pair[1].text for i in sentence.ids if (pair := report.find(i)))
        if not sentence.guideline:
            assert set(re.findall(r"\d+", sentence.text)) <= set(re.findall(r"\d+", sources))
        assert sentence.ids and len(made.sentences) <= 5
    return made


def test_the_question_is_answered_first() -> None:
    made = summed(
        report_of(
            "There is cardiomegaly. No pneumothorax is seen. Small left pleural effusion.",
            indication="Chest pain, pneumothorax?",
        )
    )
    assert [(s.part, s.text) for s in made.sentences] == [
        ("answer", "No pneumothorax."),
        ("finding", "There is cardiomegaly."),
        ("finding", "Small left pleural effusion."),
    ]


def test_side_and_size_stay_and_the_recommendation_is_last() -> None:
    made = summed(report_of("5 mm solid nodule in the right upper lobe. Mild scoliosis."))
    assert made.sentences[0].text == "5 mm solid nodule in the right upper lobe."
    assert made.sentences[-1].part == "recommendation"
    assert made.sentences[-1].guideline.startswith("fleischner-2017@1/")


def test_the_radiologists_recommendation_is_copied() -> None:
    own = "Recommend ultrasound of the thyroid."
    made = summed(report_of("Left pleural effusion.", impression=f"Left pleural effusion. {own}"))
    assert [s.text for s in made.sentences if s.part == "recommendation"] == [own]


def test_a_normal_report_is_one_sentence() -> None:
    made = summed(
        report_of(
            "The heart is normal in size. The lungs are clear. No pleural effusion.", modality="CR"
        )
    )
    assert [s.text for s in made.sentences] == ["No acute cardiopulmonary abnormality."]


def test_what_finds_no_room_is_named() -> None:
    many = (
        "Right pneumothorax. Left pleural effusion. Cardiomegaly. Left rib fracture. Pulmonary "
        "edema. Right upper lobe mass. Mediastinal lymphadenopathy."
    )
    made = summed(report_of(many))
    assert len(made.sentences) == 5 and len(made.left_out) == 2
    assert made.sentences[0].text == "Right pneumothorax."


@pytest.mark.parametrize("findings", ["", "Technically limited."])
def test_without_findings_there_is_nothing_to_say(findings: str) -> None:
    made = summed(report_of(findings))
    assert all(s.part == "normal" for s in made.sentences)

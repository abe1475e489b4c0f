"""Easy language: only what the cited statements say, in glossary words, and quotes for the rest."""

from __future__ import annotations

import re
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_reports import report_of

from radassist.domain.plaintext import import_report
from radassist.domain.report import Report
from radassist.library import openi
from radassist.library.glossary import load_glossary
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat.view import read_cached
from radassist.workflow.patient import PatientText, explain_report
from radassist.workflow.patient.gate import Gate
from radassist.workflow.patient.writing import FOUND, NORMAL, QUOTED

GATE = Gate(load_glossary(), load_lexicon())


def explained(report: Report) -> PatientText:
    return explain_report(report, load_lexicon(), load_glossary())


def plain(findings: str) -> list[str]:
    return [s.text for s in explained(report_of(findings)).sentences]


@pytest.mark.parametrize(
    ("finding", "said"),
    [
        ("Small left pleural effusion.",
         ["There is a small amount of fluid around the left lung."]),
        ("Bilateral pleural effusions.", ["There is fluid around both lungs."]),
        ("No pleural effusion or pneumothorax.",
         ["There is no fluid around the lungs.",
          "There is no air between the lungs and the chest wall."]),
        ("The heart is mildly enlarged.", ["The heart is slightly larger than normal."]),
        ("The heart is normal in size.", ["The heart is normal in size."]),
        ("The lungs are clear.", ["The lungs look clear."]),
        ("Possible pneumonia in the right lower lobe.",
         ["There may be a lung infection in the lower part of the right lung."]),
        ("There is a 6 mm nodule in the left upper lobe.",
         ["There is a round spot (6 mm) in the upper part of the left lung."]),
        ("Unchanged large right pleural effusion.",
         ["There is a large amount of fluid around the right lung. This has not changed."]),
        ("Old healed right rib fractures.",
         ["There are old healed broken bones in the right rib."]),
        ("Gallstones.", ["There are gallstones."]),
    ],
)  # fmt: skip
def test_sentences(finding: str, said: list[str]) -> None:
    assert plain(finding) == said


@pytest.mark.parametrize(
    "finding",
    [
        "The xiphoid is unremarkable.",
        "Borderline cardiomegaly.",
        "The heart size is at the upper limits of normal.",
        "Lamellated frobnication of the left lung.",
        "Air-fluid level below the right hemidiaphragm.",
        "Focal convexity of the left posterior mediastinum may reflect an aneurysm.",
        "Prominent left pleural effusion.",
    ],
)
def test_what_the_glossary_lacks_is_quoted_as_it_stands(finding: str) -> None:
    made = explained(report_of(finding))
    assert f"“{finding}”" in [s.text for s in made.under(QUOTED)]
    assert made.covered == 0


@pytest.mark.parametrize(
    ("finding", "never"),
    [
        ("The heart is slightly large.", "much"),
        ("Heart appears prominent.", "much"),
        ("Cardiomegaly with edema in the right lung.", "heart in"),
        ("Right and left atrial enlargement with cardiomegaly.", "both sides"),
        ("Tracheostomy tube tip 4 cm above the carina.", "(4 cm)"),
        ("The heart and lungs are within normal limits.", "no large heart"),
        ("History of acute pneumonia.", "recent"),
    ],
)
def test_what_was_once_put_wrongly(finding: str, never: str) -> None:
    plain_words = [s.text for s in explained(report_of(finding)).sentences if not s.quoted]
    assert not [text for text in plain_words if never in text]


def test_a_detail_that_is_not_carried_over_brings_the_quote() -> None:
    made = explained(report_of("Loculated small left pleural effusion."))
    assert [s.quoted for s in made.sentences] == [False, True]
    assert made.partly == 1


def test_sentences_link_to_their_statements_and_a_thing_is_said_once() -> None:
    made = explained(
        report_of("Small left pleural effusion.", impression="Small left pleural effusion.")
    )
    assert [(s.text, s.ids) for s in made.sentences] == [
        ("There is a small amount of fluid around the left lung.", ("s2", "s3"))
    ]


def test_what_was_found_stands_before_what_is_normal() -> None:
    made = explained(report_of("The lungs are clear. Cardiomegaly."))
    assert [s.head for s in made.sentences] == [FOUND, NORMAL]
    assert made.words == (("Cardiomegaly", "A heart that is larger than it should be."),)


def test_a_recommendation_is_quoted_not_reworded() -> None:
    own = "Recommend CT of the chest in 3 months for the nodule."
    assert f"“{own}”" in plain(f"5 mm nodule in the left upper lobe. {own}")


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("There is fluid around the right lung.", "Left pleural effusion."),
        ("There is fluid around both lungs.", "Left pleural effusion."),
        ("There is fluid around the left lung.", "No left pleural effusion."),
        ("There is no fluid around the left lung.", "Left pleural effusion."),
        ("There is fluid around the left lung.", "Possible left pleural effusion."),
        ("There is a round spot (8 mm).", "Nodule of 6 mm."),
        ("There is a broken bone.", "Pneumonia."),
        ("All is well.", "Pneumonia."),
    ],
)
def test_the_gate_refuses_what_the_source_does_not_hold(said: str, source: str) -> None:
    assert GATE.faults(said, read_cached(source, load_lexicon()))


def check_nothing_is_new(report: Report) -> PatientText:
    """Every number, side and finding of a sentence stands in the statements that it cites."""
    made = explained(report)
    for sentence in made.sentences:
        sources = [pair[1].text for i in sentence.ids if (pair := report.find(i))]
        assert sources, sentence
        text = " ".join(" ".join(s.split()) for s in sources).lower()
        assert set(re.findall(r"\d+(?:\.\d+)?", sentence.text)) <= set(
            re.findall(r"\d+(?:\.\d+)?", text)
        ), sentence
        if sentence.quoted:
            assert sentence.text.strip("“”").lower().replace('"', "") in text.replace('"', "")
            continue
        for side, other in (("left", "right"), ("right", "left")):
            if re.search(rf"\b{side}\b", sentence.text):
                has = rf"\b{side}|bilat|both|\b{side[0]}[ulm]l\b|levo|dextro|lingul|middle lobe|rml"
                assert re.search(has, text), (sentence, other)
        assert any(not GATE.faults(sentence.text, read_cached(s, load_lexicon())) for s in sources)
    return made


SIDES = st.sampled_from(["", "left ", "right ", "bilateral "])
GRADES = st.sampled_from(["", "small ", "mild ", "moderate ", "large ", "trace ", "severe "])
FINDINGS = st.sampled_from(
    ["pleural effusion", "pneumothorax", "consolidation", "nodule", "atelectasis", "opacity",
     "pneumonia", "rib fracture", "scarring", "emphysema", "hydronephrosis", "renal cyst",
     "adrenal nodule", "granuloma", "liver lesion", "pulmonary edema", "scoliosis"]
)  # fmt: skip
FORMS = st.sampled_from(
    ["{x}.", "There is {x}.", "No {x}.", "Possible {x}.", "{x} is unchanged.", "New {x}.",
     "No evidence of {x}.", "{x} measuring 7 mm.", "{x} in the left upper lobe.", "History of {x}.",
     "{x} has resolved.", "Without {x}.", "{x} at the right lung base, 1.5 x 2.3 cm."]
)  # fmt: skip
SENTENCES = st.builds(
    lambda form, grade, side, finding: (
        (text := form.format(x=f"{grade}{side}{finding}"))[0].upper() + text[1:]
    ),
    FORMS, GRADES, SIDES, FINDINGS,
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(SENTENCES, min_size=1, max_size=4))
def test_property_nothing_is_new(sentences: list[str]) -> None:
    check_nothing_is_new(report_of(" ".join(sentences)))


@settings(max_examples=60)
@given(st.text(max_size=200))
def test_hostile_text_is_quoted_or_left_out_and_never_fails(text: str) -> None:
    explained(import_report(f"FINDINGS: {text}\n", "r"))


@pytest.mark.slow
def test_open_i_reports_are_easy_and_nothing_is_new() -> None:
    source = openi.find_archive()
    if source is None:
        pytest.skip("the Open-i reports are not here (RADASSIST_OPENI)")
    chosen = [r for r in openi.load(source).values() if not r.tuning][:200]
    made = [check_nothing_is_new(import_report(r.plain_text(), str(r.id))) for r in chosen]
    assert statistics.median(m.readability.grade for m in made if m.sentences) <= 8.0

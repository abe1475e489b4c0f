"""Sentences against their sources, and old facts after an edit."""

from __future__ import annotations

import pytest

from radassist.checks.agreement import same_fact_elsewhere, unsupported
from radassist.domain.plaintext import import_report
from radassist.library.lexicon import load_lexicon

LEXICON = load_lexicon()
SOURCES = [
    "There is a 6 mm nodule in the right upper lobe.",
    "Small left pleural effusion.",
    "No pneumothorax.",
    "The heart is normal in size.",
]


@pytest.mark.parametrize(
    "sentence",
    [
        "6 mm right upper lobe nodule.",
        "0.6 cm nodule in the right upper lobe.",
        "Small left effusion.",
        "No pneumothorax or cardiomegaly.",
        "Right upper lobe nodule of 6 mm and small left pleural effusion.",
        "1. Right upper lobe nodule.",
    ],
)
def test_held(sentence: str) -> None:
    assert unsupported(sentence, SOURCES, LEXICON) == []


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("8 mm right upper lobe nodule.", "number"),
        ("6 mm left upper lobe nodule.", "side"),
        ("6 mm right lower lobe nodule.", "place"),
        ("Moderate left pleural effusion.", "severity"),
        ("New small left pleural effusion.", "comparison"),
        ("Pneumothorax.", "assertion"),
        ("No pleural effusion.", "assertion"),
        ("Left lower lobe pneumonia.", "finding"),
        ("Unchanged since 3/4/2020.", "date"),
        ("Follow-up CT is recommended.", "recommendation"),
        ("No acute cardiopulmonary abnormality.", "assertion"),
        ("Three nodules, 4 of them calcified.", "number"),
    ],
)
def test_not_held(sentence: str, kind: str) -> None:
    reasons = unsupported(sentence, SOURCES, LEXICON)
    assert any(reason.startswith(kind) for reason in reasons), reasons


def test_a_normal_report_holds_the_normal_line() -> None:
    normal = ["The lungs are clear.", "No pleural effusion or pneumothorax."]
    assert unsupported("No acute cardiopulmonary abnormality.", normal, LEXICON) == []
    assert unsupported("No acute cardiopulmonary abnormality.", [], LEXICON)


REPORT = import_report(
    "FINDINGS: There is an 8 mm nodule in the right upper lobe. Small right pleural effusion.\n"
    "IMPRESSION: 1. 6 mm right upper lobe nodule. 2. Small left effusion. 3. 6 mm renal stone.",
    "r",
)


def test_the_old_number_is_found() -> None:
    before = "There is a 6 mm nodule in the right upper lobe."
    after = "There is an 8 mm nodule in the right upper lobe."
    assert same_fact_elsewhere(REPORT, "s1", before, after, LEXICON) == [
        ("s3", "8 mm right upper lobe nodule.")
    ]


def test_the_old_side_severity_and_assertion_are_found() -> None:
    before = "Small left pleural effusion."
    for after, expected in (
        ("Small right pleural effusion.", "Small right effusion."),
        ("Moderate left pleural effusion.", "Moderate left effusion."),
        ("No pleural effusion.", "No pleural effusion."),
    ):
        assert same_fact_elsewhere(REPORT, "s2", before, after, LEXICON) == [("s4", expected)]


def test_an_edit_of_wording_offers_nothing() -> None:
    before, after = "Small left pleural effusion.", "There is a small left pleural effusion."
    assert same_fact_elsewhere(REPORT, "s2", before, after, LEXICON) == []

"""Recommendations come from a row of a table or from the radiologist, and from nowhere else."""

from __future__ import annotations

import json

import pytest
from written_reports import report_of, shelf, view_of

from radassist.checks import Severity, run_checks
from radassist.domain.findings import EvidenceKind
from radassist.domain.report import Report, StatementState
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.library.lexicon import load_lexicon
from radassist.workflow.concluding.recommending import advises, recommend
from radassist.workflow.impression import refusal, write_impression

NODULE = "There is a 5 mm solid nodule in the right upper lobe."


def rows(report: Report) -> list[str]:
    given, _ = recommend(view_of(report), shelf())
    return [item.row.id for item in given]


def test_a_row_is_proposed_with_the_finding_and_the_paper_behind_it() -> None:
    report = report_of(NODULE)
    statements, notices = write_impression(report, load_lexicon(), None, shelf=shelf())
    last = statements[-1]
    assert last.text == (
        "Recommendation for the nodule (Fleischner Society 2017): depends on risk: at low risk, "
        "no routine follow-up; at high risk, optional CT at 12 months."
    )
    assert last.state is StatementState.PROPOSED
    finding, row = last.evidence
    assert finding.kind is EvidenceKind.STATEMENT and finding.value == NODULE
    assert row.kind is EvidenceKind.GUIDELINE
    assert row.ref == "fleischner-2017@1/solid-single-under-6@1"
    assert "10.1148/radiol.2017161659" in row.value
    assert any("35" in notice and "cancer" in notice for notice in notices)


def test_a_proposed_recommendation_raises_no_error_of_the_checks() -> None:
    report = report_of(NODULE)
    statements, _ = write_impression(report, load_lexicon(), None, shelf=shelf())
    text = " ".join(s.text for s in statements)
    written = report_of(NODULE, impression=text)
    errors = [p for p in run_checks(written, load_lexicon()) if p.severity is Severity.ERROR]
    assert errors == []


@pytest.mark.parametrize(
    ("findings", "row"),
    [
        ("7 x 9 mm solid nodule in the left lower lobe.", "solid-single-6-to-8"),
        ("1.2 cm solid nodule in the lingula.", "solid-single-over-8"),
        ("Ground-glass nodule in the right upper lobe, 8 mm.", "ground-glass-single-6-or-over"),
        ("A 10 mm part-solid nodule in the right lower lobe.", "part-solid-single-6-or-over"),
        ("Multiple solid nodules in both lungs, up to 5 mm.", "solid-multiple-under-6"),
        ("5 mm solid nodule in the left upper lobe. 7 mm solid nodule in the right lower lobe.",
         "solid-multiple-6-or-over"),
    ],
)  # fmt: skip
def test_the_row_that_fits(findings: str, row: str) -> None:
    found = rows(report_of(findings))
    assert found == [row]


def test_a_stated_risk_chooses_the_branch() -> None:
    given, _ = recommend(view_of(report_of(NODULE, indication="High-risk smoker, cough.")), shelf())
    assert given[0].text.endswith("(Fleischner Society 2017): optional CT at 12 months.")


@pytest.mark.parametrize(
    ("report", "why"),
    [
        (report_of("5 mm nodule in the right upper lobe."), "does not say which it is of"),
        (report_of("Solid nodule in the right upper lobe."), "gives no size"),
        (report_of(NODULE, age="034Y"), "35 or over"),
        (report_of(NODULE, indication="Breast cancer, staging."), "indication names"),
        (report_of(NODULE, indication="Renal transplant, fever."), "indication names"),
        (report_of(NODULE, indication="Lung screening."), "indication names"),
        (report_of("5 mm calcified solid nodule in the right upper lobe."), "calcified"),
        (report_of("Unchanged 5 mm solid nodule in the left upper lobe."), "compared with a prior"),
        (report_of("5 mm solid nodule in the left upper lobe. 6 mm ground-glass nodule in the "
                   "right upper lobe."), "several kinds"),
    ],
)  # fmt: skip
def test_what_a_table_does_not_hold_for_is_said_and_not_recommended(
    report: Report, why: str
) -> None:
    given, notices = recommend(view_of(report), shelf())
    assert given == []
    assert any(why in notice for notice in notices), notices


@pytest.mark.parametrize(
    "report",
    [
        report_of(NODULE, modality="CR"),
        report_of("No solid nodule of 5 mm or more."),
        report_of("Possible 5 mm solid nodule in the right upper lobe."),
        report_of("5 mm solid nodule in the left breast."),
        report_of("4.2 cm aneurysm of the ascending thoracic aorta."),
        report_of("Abdominal aortic aneurysm of 5.2 cm after EVAR, with stent graft."),
    ],
)
def test_nothing_where_the_finding_is_another(report: Report) -> None:
    assert rows(report) == []


def test_other_tables() -> None:
    assert rows(report_of("4.3 cm infrarenal abdominal aortic aneurysm.", body_part="ABDOMEN")) == [
        "4.0-to-4.9-cm"
    ]
    assert rows(report_of("A 2.5 cm left adrenal nodule is noted.", body_part="ABDOMEN")) == [
        "2-to-4-cm"
    ]
    assert rows(report_of("18 mm thyroid nodule on the left.")) == ["35-or-over-1.5-cm-or-over"]


def test_the_radiologists_own_recommendation_stands_alone_and_word_for_word() -> None:
    own = "Recommend follow-up CT of the nodule in 3 months."
    report = report_of(f"{NODULE} {own}")
    statements, _ = write_impression(report, load_lexicon(), None, shelf=shelf())
    assert sum(s.text == own for s in statements) == 1
    assert not any("Fleischner" in s.text for s in statements)
    typed = report_of(NODULE, impression=f"Solid nodule of 5 mm in the right upper lobe. {own}")
    assert rows(typed) == []
    problems = run_checks(typed, load_lexicon())
    assert not [p for p in problems if p.severity is Severity.ERROR and p.text in own]


@pytest.mark.parametrize(
    "advice",
    [
        "6 mm nodule in the left upper lobe; CT in 3 months is recommended.",
        "6 mm nodule in the left upper lobe, follow-up CT advised.",
        "6 mm nodule in the left upper lobe, consider biopsy.",
        "6 mm nodule in the left upper lobe; PET/CT would be helpful.",
        "6 mm nodule in the left upper lobe, needs a CT.",
        "6 mm nodule in the left upper lobe; further evaluation is warranted.",
        "6 mm nodule in the left upper lobe, surveillance.",
        "6 mm nodule in the left upper lobe. Correlate clinically.",
        "6 mm nodule in the left upper lobe, should be biopsied.",
        "6 mm nodule in the left upper lobe; MRI may be considered.",
    ],
)
def test_advice_of_a_model_is_refused(advice: str) -> None:
    source = "There is a 6 mm nodule in the left upper lobe."
    assert advises(advice, load_lexicon())
    assert refusal(advice, source, load_lexicon())
    model = ScriptedLanguageModel(lambda m, s: json.dumps({"text": advice}))
    report = report_of(source, modality="CR")
    statements, notices = write_impression(report, load_lexicon(), model, shelf=shelf())
    assert [s.text for s in statements] == ["6 mm nodule in the left upper lobe."]
    assert any("refused" in notice for notice in notices)


def test_a_recommendation_may_not_be_lost_by_a_model() -> None:
    source = "6 mm nodule in the left upper lobe, CT in 3 months is recommended."
    assert "recommendation" in refusal("6 mm left upper lobe nodule, 3.", source, load_lexicon())

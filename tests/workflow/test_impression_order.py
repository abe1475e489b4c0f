"""The order of the Impression, what is set apart in it, and the one line of a normal report."""

from __future__ import annotations

from dataclasses import replace

import pytest
from written_reports import report_of, shelf

from radassist.domain.report import Provenance, Report, Section, StatementState
from radassist.library.lexicon import load_lexicon
from radassist.workflow.impression import NOTHING_ABNORMAL, NOTHING_REPORTED, write_impression

NORMAL = (
    "The heart is normal in size. The lungs are clear. No pleural effusion or pneumothorax. "
    "No acute bony abnormality."
)


def texts(report: Report) -> list[str]:
    statements, _ = write_impression(report, load_lexicon(), None, shelf=shelf())
    return [s.text for s in statements]


def test_critical_then_actionable_then_minor_then_incidental() -> None:
    found = texts(
        report_of(
            "Scarring at the left lung apex. Small hiatal hernia. Right lower lobe consolidation. "
            "Small right apical pneumothorax.",
            modality="CR",
        )
    )
    assert found == [
        "Small right apical pneumothorax.",
        "Right lower lobe consolidation.",
        "Scarring at the left lung apex.",
        "Incidental: small hiatal hernia.",
    ]


def test_within_a_rank_the_new_comes_before_the_known() -> None:
    found = texts(report_of("Unchanged left pleural effusion. New right lower lobe consolidation."))
    assert found == ["New right lower lobe consolidation.", "Unchanged left pleural effusion."]


def test_doubt_side_and_size_stay() -> None:
    found = texts(report_of("Possible 8 mm part-solid nodule in the left lower lobe."))
    assert found == ["Possible 8 mm part-solid nodule in the left lower lobe."]


def test_what_was_asked_for_is_not_incidental() -> None:
    finding = "1.5 cm left adrenal nodule."
    assert texts(report_of(finding))[0] == f"Incidental: {finding}"
    assert texts(report_of(finding, indication="Adrenal nodule on ultrasound."))[0] == finding


def test_the_same_finding_twice_is_one_statement_of_copied_words() -> None:
    report = report_of("Small right pleural effusion. Trace left pleural effusion. Cardiomegaly.")
    statements, _ = write_impression(report, load_lexicon(), None, shelf=shelf())
    merged = statements[0]
    assert merged.text == "Small right pleural effusion; trace left pleural effusion."
    assert [e.value for e in merged.evidence] == [
        "Small right pleural effusion.",
        "Trace left pleural effusion.",
    ]


@pytest.mark.parametrize(
    ("modality", "body_part", "exam", "findings", "line"),
    [
        ("CR", "CHEST", "", NORMAL, "No acute cardiopulmonary abnormality."),
        ("", "", "Chest x-ray, PA and lateral", NORMAL, "No acute cardiopulmonary abnormality."),
        ("CT", "CHEST", "", NORMAL, "No acute abnormality in the chest."),
        ("CT", "HEAD", "", "No intracranial hemorrhage. No acute infarct. No midline shift.",
         "No acute intracranial abnormality."),
        ("CR", "CHEST", "", "No pneumothorax.", NOTHING_REPORTED),
        ("CR", "KNEE", "", "No fracture.", NOTHING_REPORTED),
        ("", "", "", NORMAL, NOTHING_REPORTED),
    ],
)  # fmt: skip
def test_a_normal_report_gets_exactly_one_line(
    modality: str, body_part: str, exam: str, findings: str, line: str
) -> None:
    assert texts(report_of(findings, modality=modality, body_part=body_part, exam=exam)) == [line]


def test_template_normals_that_nobody_reviewed_conclude_nothing() -> None:
    report = report_of(NORMAL, modality="CR")
    sections = tuple(
        Section(
            s.name,
            tuple(
                replace(x, provenance=Provenance("template"), state=StatementState.PROPOSED)
                for x in s.statements
            ),
        )
        for s in report.sections
    )
    assert texts(replace(report, sections=sections)) == [NOTHING_ABNORMAL]


def test_beside_minor_findings_the_line_stands_first() -> None:
    found = texts(report_of(f"{NORMAL} Mild scoliosis of the thoracic spine.", modality="CR"))
    assert found == [
        "No acute cardiopulmonary abnormality.",
        "Mild scoliosis of the thoracic spine.",
    ]


def test_beside_an_acute_finding_there_is_no_such_line() -> None:
    found = texts(report_of(f"{NORMAL} Acute fracture of the left sixth rib.", modality="CR"))
    assert found == ["Acute fracture of the left sixth rib."]

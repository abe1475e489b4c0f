"""Every rule once where it must speak and once where it must be silent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from radassist.checks import Problem, Severity, run_checks
from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.plaintext import import_report
from radassist.domain.report import Provenance, Report, StatementState, StudyContext
from radassist.library.lexicon import load_lexicon

LEXICON = load_lexicon()


def check(text: str, **facts: str | tuple[str, ...]) -> list[Problem]:
    study = replace(StudyContext(), **facts) if facts else None  # type: ignore[arg-type]
    return run_checks(import_report(text, "r", study), LEXICON)


def rules(text: str, **facts: str | tuple[str, ...]) -> set[str]:
    return {p.rule for p in check(text, **facts) if p.severity is not Severity.NOTE}


def body(findings: str, impression: str, **heads: str) -> str:
    head = "".join(f"{name.upper()}: {text}\n" for name, text in heads.items())
    return f"{head}FINDINGS: {findings}\nIMPRESSION: {impression}\n"


SPEAKS = [
    ("side-conflict", body("Small right pleural effusion.", "Left pleural effusion.")),
    ("side-conflict", body("Opacity in the left lung base.", "RLL atelectasis.")),
    ("side-anatomy", body("Right shoulder: no fracture.", "Left shoulder negative.")),
    ("side-impossible", body("Nodule in the left middle lobe.", "Nodule.")),
    ("side-impossible", body("Effusions, left greater than left.", "Effusions.")),
    ("side-level", body("Fracture of the left 7th rib.", "Right 7th rib fracture.")),
    (
        "side-order",
        "EXAM: US LT BREAST TARGETED\nTECHNIQUE: Imaging of the right breast.\n"
        "FINDINGS: Imaging of the left breast shows no mass.\nIMPRESSION: Normal.",
    ),
    ("sex-anatomy", body("The prostate is enlarged.", "BPH.", indication="40-year-old woman.")),
    ("sex-anatomy", body("The uterus and the prostate are normal.", "Normal pelvis.")),
    ("sex-anatomy", body("Right mastectomy.", "Normal.", indication="50-year-old man.")),
    ("sex-words", body("She has clear lungs.", "Normal.", indication="40-year-old male.")),
    ("present-absent", body("Small right pneumothorax.", "No pneumothorax. Nodule.")),
    ("present-absent", body("Left pleural effusion. No pleural effusion.", "Effusion.")),
    ("normal-impression", body("Moderate left effusion.", "No acute cardiopulmonary disease.")),
    ("omitted", body("Right pneumothorax. Mass in the left lung.", "Left lung mass.")),
    ("unsupported", body("The heart is normal.", "Left lower lobe pneumonia.")),
    ("lost-negation", body("Focal consolidation, pneumothorax or effusion.", "Cardiomegaly.")),
    ("lost-negation", body("The heart is normal.", "Acute cardiopulmonary abnormality.")),
    ("comparison", body("Unchanged nodule.", "Stable nodule.", comparison="None.")),
    (
        "prior-date",
        body("Nodule, unchanged from 5/6/2019.", "Nodule.", comparison="CT of 3/4/2018."),
    ),
    ("number-conflict", body("An 8 mm nodule.", "6 mm nodule.")),
    ("number-conflict", body("A left nodule. This measures 8 mm.", "6 mm nodule.")),
    ("number-conflict", body("A 14 mm nodule.", "14 cm nodule.")),
    ("number-absurd", body("An 8 cm calcified nodule.", "Nodule.")),
    ("number-absurd", body("Cardiothoracic ratio of 1.54.", "Cardiomegaly.")),
    ("level-conflict", body("Compression fracture of T8.", "T9 compression fracture.")),
    ("critical", body("Large right pneumothorax.", "Right pneumothorax.")),
    ("section", "FINDINGS: The heart is normal.\n"),
    ("length", body("The heart is normal. " * 700, "Normal.")),
    ("template", body("The heart is [ ].", "Normal.")),
    ("template", body("Nodule of ___ mm.", "Nodule on the {side}.")),
    ("modality", body("Normal.", "Normal.", exam="CT head.", technique="MRI with T1 and T2.")),
    (
        "contrast",
        body("The mass enhances avidly.", "Mass.", exam="CT head without contrast."),
    ),
    ("dictation", body("The heart is is normal.", "Normal.")),
    ("dictation", body("The heart is normal period No effusion.", "Normal.")),
]


@pytest.mark.parametrize(
    ("rule", "text"), SPEAKS, ids=[f"{r}-{i}" for i, (r, _) in enumerate(SPEAKS)]
)
def test_a_rule_speaks(rule: str, text: str) -> None:
    assert rule in rules(text)


SILENT = [
    ("side-impossible", body("Right middle lobe nodule. Lingular scar.", "Nodule.")),
    ("side-impossible", body("Effusions, left greater than right.", "Effusions.")),
    ("side-conflict", body("Small bilateral pleural effusions.", "Left pleural effusion.")),
    ("side-conflict", body("Right effusion. Left basilar atelectasis.", "Left atelectasis.")),
    ("side-conflict", body("Left effusion.", "No right effusion.")),
    ("side-order", body("The left breast is normal.", "Normal.", exam="US left breast.")),
    ("sex-anatomy", body("The uterus is normal.", "Normal.", indication="40-year-old woman.")),
    ("sex-anatomy", body("The uterus is normal.", "Normal.")),
    ("sex-words", body("Normal.", "Normal.", indication="40-year-old male, MS.")),
    ("present-absent", body("Small effusion. No large effusion.", "Effusion.")),
    ("present-absent", body("No acute fracture. Old rib fracture.", "Old fracture.")),
    ("present-absent", body("Right effusion. No left effusion.", "Right effusion.")),
    ("present-absent", body("Possible pneumonia.", "No pneumonia.")),
    ("normal-impression", body("Calcified granuloma. No effusion.", "No acute disease.")),
    ("omitted", body("Right pneumothorax.", "Small right pneumothorax.")),
    ("unsupported", body("Opacity in the left base.", "Left basilar atelectasis.")),
    ("lost-negation", body("No consolidation, pneumothorax or effusion.", "Normal.")),
    ("lost-negation", body("Opacity, atelectasis or pneumonia.", "Atelectasis or pneumonia.")),
    ("comparison", body("Unchanged nodule.", "Stable nodule.", comparison="CT of 2019.")),
    ("comparison", body("Increased density of bone.", "Normal.", comparison="None.")),
    (
        "comparison",
        body("Nodule.", "Comparison with old films would be helpful.", comparison="None."),
    ),
    ("comparison", body("Hemodynamically stable.", "Normal.", comparison="None.")),
    (
        "prior-date",
        body("Nodule, unchanged from 3/4/2018.", "Nodule.", comparison="CT of March 4, 2018."),
    ),
    ("number-conflict", body("An 8 mm nodule.", "0.8 cm nodule.")),
    ("number-conflict", body("An 8 mm nodule. A 5 mm renal stone.", "5 mm renal stone.")),
    ("number-absurd", body("An 8 mm nodule. Liver 18 cm.", "Nodule.")),
    ("level-conflict", body("Compression fracture of T8.", "T8 fracture.")),
    ("critical", body("Pneumothorax.", "Pneumothorax. Discussed with Dr. A at 3 pm.")),
    ("critical", body("No pneumothorax.", "Normal.")),
    ("section", body("The heart is normal.", "Normal.")),
    ("template", body("XXXX-year-old. The heart is normal (4 cm).", "Normal.")),
    ("modality", body("Normal.", "Normal.", exam="CT head.", technique="CT with 5 mm slices.")),
    ("modality", body("Seen on MRI.", "MRI advised.", exam="CT head.")),
    ("contrast", body("The mass enhances.", "Mass.", exam="CT head with contrast.")),
    (
        "contrast",
        body("The mass enhances.", "Mass.", exam="MRI brain with and without contrast."),
    ),
    ("omitted", body("Brain mass with vasogenic edema.", "Brain mass.")),
    ("dictation", body("In this time period he had had pain.", "Normal.")),
]


@pytest.mark.parametrize(
    ("rule", "text"), SILENT, ids=[f"{r}-{i}" for i, (r, _) in enumerate(SILENT)]
)
def test_a_rule_is_silent(rule: str, text: str) -> None:
    assert rule not in rules(text)


def test_header_facts_reach_the_rules() -> None:
    text = body("The prostate is enlarged. She is well.", "BPH.")
    assert "sex-anatomy" in rules(text, patient_sex="F")
    assert "sex-words" in rules(text, patient_sex="M")
    knee = body("The right knee is normal.", "Normal.")
    assert "side-order" in rules(knee, laterality="L", body_part="KNEE")
    assert "side-order" not in rules(knee, laterality="R", body_part="KNEE")
    aged = body("Thymic silhouette of an infant.", "Normal.")
    assert "age" in rules(aged, patient_age="050Y")
    assert "age" not in rules(aged, patient_age="003M")
    mr = body("Normal.", "Normal.", technique="Axial CT images.")
    assert "modality" in rules(mr, modality="MR")
    plain = body("Normal.", "Normal.", technique="CT without contrast.")
    assert "contrast" in rules(plain, contrast="IOHEXOL")
    stable = body("Unchanged nodule.", "Stable nodule.")
    assert "comparison" not in rules(stable, priors=("20200101",))


def _machine(report: Report, index: int, *evidence: Evidence) -> Report:
    section = report.section("Findings")
    assert section is not None
    statement = replace(
        section.statements[index],
        provenance=Provenance("language:test@1"),
        evidence=evidence,
        state=StatementState.PROPOSED,
    )
    changed = (*section.statements[:index], statement, *section.statements[index + 1 :])
    return report.with_section(replace(section, statements=changed))


def test_a_machine_needs_evidence_and_a_look() -> None:
    base = import_report(body("An 8 mm nodule, unchanged.", "8 mm nodule."), "r")
    bare = {p.rule: p.severity for p in run_checks(_machine(base, 0), LEXICON)}
    assert bare["number-source"] is Severity.ERROR
    assert bare["comparison"] is Severity.ERROR
    assert bare["not-looked-at"] is Severity.WARNING
    measured = Evidence(EvidenceKind.MEASUREMENT, "m1", "8 mm")
    backed = {p.rule for p in run_checks(_machine(base, 0, measured), LEXICON)}
    assert "number-source" not in backed
    assert "not-looked-at" not in {p.rule for p in run_checks(base, LEXICON)}


def test_a_rejected_statement_does_not_count() -> None:
    report = import_report(body("Right effusion. Left effusion [ ].", "Right effusion."), "r")
    section = report.section("Findings")
    assert section is not None
    rejected = replace(section.statements[1], state=StatementState.REJECTED)
    changed = replace(section, statements=(section.statements[0], rejected))
    assert "template" in {p.rule for p in run_checks(report, LEXICON)}
    assert "template" not in {p.rule for p in run_checks(report.with_section(changed), LEXICON)}


def test_problems_point_at_their_words_and_come_gravest_first() -> None:
    report = import_report(
        body("Small right effusion. 8 mm nodule.", "Left effusion. the the"), "r"
    )
    problems = run_checks(report, LEXICON)
    order = [Severity.ERROR, Severity.WARNING, Severity.NOTE]
    assert [order.index(p.severity) for p in problems] == sorted(
        order.index(p.severity) for p in problems
    )
    for problem in problems:
        if problem.span is not None and problem.statement_id is not None:
            found = report.find(problem.statement_id)
            assert found is not None
            assert found[1].text[slice(*problem.span)] == problem.text
        assert problem.override_needs_reason == (problem.severity is Severity.ERROR)


def test_a_clean_report_has_no_error_or_warning() -> None:
    text = (
        "EXAM: Chest, two views.\nINDICATION: 50-year-old man with cough.\nCOMPARISON: None.\n"
        "TECHNIQUE: PA and lateral views.\nFINDINGS: The heart is normal in size. The lungs are "
        "clear. No pleural effusion or pneumothorax. No acute bone abnormality.\n"
        "IMPRESSION: No acute cardiopulmonary abnormality.\n"
    )
    assert check(text) == []

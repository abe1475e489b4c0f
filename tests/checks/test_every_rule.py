"""Every rule has a report that it must flag, one that it must not, and one that would fool it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from radassist.checks import RULES, Problem, Severity, run_checks
from radassist.domain.findings import Evidence, EvidenceKind, Measurement
from radassist.domain.plaintext import import_report
from radassist.domain.report import Provenance, Report, Statement, StatementState, StudyContext
from radassist.library.lexicon import load_lexicon

LEXICON = load_lexicon()
E, W = Severity.ERROR, Severity.WARNING


def body(findings: str, impression: str = "See above.", **heads: str) -> str:
    head = "".join(f"{name.upper()}: {text}\n" for name, text in heads.items())
    return f"{head}FINDINGS: {findings}\nIMPRESSION: {impression}\n"


@dataclass(frozen=True)
class Case:
    """A report, from text with header facts, and the severity that is expected where it speaks."""

    text: str
    facts: tuple[tuple[str, Any], ...] = ()
    level: Severity | None = None
    report: Report | None = None

    def problems(self) -> list[Problem]:
        study = replace(StudyContext(), **dict(self.facts)) if self.facts else None
        return run_checks(self.report or import_report(self.text, "r", study), LEXICON)


def case(text: str, level: Severity | None = None, **facts: Any) -> Case:
    return Case(text, tuple(facts.items()), level)


def machine(
    text: str,
    level: Severity | None = None,
    *,
    evidence: Iterable[Evidence] = (),
    state: StatementState = StatementState.PROPOSED,
    source: str = "vision:pack@1",
    seen: Iterable[dict[str, str]] = (),
) -> Case:
    """A report whose one finding a machine wrote."""
    report = import_report(body("Placeholder.", "Normal."), "r")
    section = report.section("Findings")
    assert section is not None
    statement = Statement("s1", text, Provenance(source), tuple(evidence), state)
    report = report.with_section(replace(section, statements=(statement,) if text else ()))
    return Case(text, level=level, report=replace(report, origin={"seen": list(seen)}))


def measured(value: float, unit: str = "mm") -> Evidence:
    found = Measurement("m1", "diameter", value, unit)
    return Evidence(EvidenceKind.MEASUREMENT, "m1", f"{value:g} {unit}", measurement=found)


def seen(concept: str, presence: str = "present") -> dict[str, str]:
    return {"id": "f1", "concept": concept, "name": concept, "presence": presence, "side": ""}


SAW = Evidence(EvidenceKind.FINDING, "f1", "cardiomegaly: present")

#: rule -> (reports that it must flag, reports that it must not, reports that would fool it:
#: negation, history, the other side, another meaning of the word).
CASES: dict[str, tuple[list[Case], list[Case], list[Case]]] = {
    "side-conflict": (
        [
            case(body("Small right pleural effusion.", "Left pleural effusion."), E),
            case(body("Opacity in the left lung base.", "RLL atelectasis."), E),
            case(body("Right renal stone of 4 mm.", "4 mm left kidney stone."), E),
        ],
        [
            case(body("Small right pleural effusion.", "Right pleural effusion.")),
            case(body("Small bilateral pleural effusions.", "Left pleural effusion.")),
        ],
        [
            case(body("Left effusion.", "No right effusion.")),
            case(body("Right effusion. Left basilar atelectasis.", "Left atelectasis.")),
            case(body("Effusion is on the right.", "History of left effusion. Right effusion.")),
            case(
                body(
                    "Left parietal mass with 4 mm of rightward midline shift.",
                    "Left parietal mass with 4 mm midline shift.",
                )
            ),
        ],
    ),
    "side-level": (
        [case(body("Fracture of the left 7th rib.", "Right 7th rib fracture."), W)],
        [case(body("Fracture of the left 7th rib.", "Left 7th rib fracture."))],
        [case(body("Fractures of the left 7th and right 8th rib.", "Right 8th rib fracture."))],
    ),
    "side-anatomy": (
        [case(body("Right shoulder: no fracture.", "Left shoulder negative."), W)],
        [case(body("Right shoulder: no fracture.", "Right shoulder negative."))],
        [case(body("Both shoulders show no fracture.", "Left shoulder negative."))],
    ),
    "side-impossible": (
        [
            case(body("Nodule in the left middle lobe."), E),
            case(body("Effusions, left greater than left."), E),
            case(body("Opacity in the right lingula."), E),
        ],
        [case(body("Right middle lobe nodule. Lingular scar."))],
        [case(body("Effusions, left greater than right. Left mid lung nodule."))],
    ),
    "side-order": (
        [
            case(body("The right knee is normal.", "Normal."), E, laterality="L", body_part="KNEE"),
            case(body("The right knee is normal."), E, study_description="XR KNEE LT 3 VIEWS"),
            case(
                "EXAM: US LT BREAST\nTECHNIQUE: Imaging of the right breast.\n"
                "FINDINGS: The left breast shows no mass.\nIMPRESSION: Normal.",
                E,
            ),
            case(
                body(
                    "The right knee is normal.", exam="XR right knee", indication="Left knee pain."
                ),
                W,
            ),
        ],
        [
            case(body("The right knee is normal."), laterality="R", body_part="KNEE"),
            case(body("The left knee is normal."), study_description="XR KNEE LT 3 VIEWS"),
        ],
        [
            case(
                body("Right knee effusion; the left is normal."), laterality="R", body_part="KNEE"
            ),
            case(body("Right lung nodule."), laterality="L", body_part="CHEST"),
            case(
                body("The right knee is normal.", exam="XR right knee", indication="Left arm pain.")
            ),
        ],
    ),
    "sex-anatomy": (
        [
            case(body("The prostate is enlarged.", indication="40-year-old woman."), E),
            case(body("The uterus is normal."), E, patient_sex="M"),
            case(body("The uterus and the prostate are normal."), E),
            case(body("Right mastectomy."), W, patient_sex="M"),
        ],
        [
            case(body("The uterus is normal."), patient_sex="F"),
            case(body("The prostate is enlarged."), patient_sex="M"),
            case(body("The uterus is normal.")),
        ],
        [
            case(body("Normal.", indication="Father with prostate cancer."), patient_sex="F"),
            case(body("The breast tissue is dense."), patient_sex="F"),
        ],
    ),
    "sex-words": (
        [case(body("She has clear lungs.", indication="40-year-old male."), E)],
        [case(body("He has clear lungs.", indication="40-year-old male."))],
        [
            case(body("Normal.", indication="40-year-old male, MS.")),
            case(body("Normal.", indication="40-year-old male; his wife says she saw him fall.")),
        ],
    ),
    "age": (
        [
            case(body("Thymic silhouette of an infant."), W, patient_age="050Y"),
            case(body("Age-related volume loss."), W, patient_age="006Y"),
            case(body("Normal.", indication="20-year-old with pain."), W, patient_age="064Y"),
            case(body("Intrauterine pregnancy."), W, patient_age="075Y"),
            case(body("The growth plates are open."), W, patient_age="044Y"),
        ],
        [
            case(body("Thymic silhouette of an infant."), patient_age="003M"),
            case(body("Normal.", indication="64-year-old with pain."), patient_age="064Y"),
        ],
        [
            case(body("Symptoms for 2 years."), patient_age="064Y"),
            case(body("No pregnancy."), patient_age="075Y"),
            case(body("Delivered an infant; daughter well."), patient_age="030Y"),
        ],
    ),
    "present-absent": (
        [
            case(body("Small right pneumothorax.", "No pneumothorax. Nodule."), E),
            case(body("Left pleural effusion. No pleural effusion."), E),
            case(body("The lungs are clear. Right lower lobe consolidation."), W),
        ],
        [
            case(body("Small right pneumothorax.", "Right pneumothorax.")),
            case(body("The lungs are clear. No consolidation.")),
        ],
        [
            case(body("Small effusion. No large effusion.")),
            case(body("No acute fracture. Old rib fracture.")),
            case(body("Right effusion. No left effusion.")),
            case(body("History of pneumothorax.", "No pneumothorax.")),
            case(body("Possible pneumonia.", "No pneumonia.")),
            case(body("The lungs are otherwise clear. Right lower lobe consolidation.")),
            case(body("Calcified granuloma. The lungs are clear.")),
            case(body("Adrenal nodule of 2 cm. The lungs are clear.")),
        ],
    ),
    "normal-impression": (
        [
            case(body("Moderate left effusion.", "No acute cardiopulmonary disease."), W),
            case(body("Free air under the diaphragm.", "No acute disease."), E),
        ],
        [case(body("Moderate left effusion.", "Left effusion."))],
        [
            case(body("Calcified granuloma. No effusion.", "No acute disease.")),
            case(body("History of effusion.", "No acute disease.")),
        ],
    ),
    "omitted": (
        [
            case(body("Right pneumothorax. Mass in the left lung.", "Left lung mass."), W),
            case(body("Focal consolidation.", "Emphysema without pneumonia."), W),
        ],
        [case(body("Right pneumothorax.", "Small right pneumothorax."))],
        [
            case(body("No pneumothorax. Mass in the left lung.", "Left lung mass.")),
            case(body("Brain mass with vasogenic edema.", "Brain mass.")),
        ],
    ),
    "unsupported": (
        [case(body("The heart is normal.", "Left lower lobe pneumonia."), W)],
        [case(body("Left lower lobe consolidation.", "Left lower lobe pneumonia."))],
        [case(body("The heart is normal.", "No pneumonia. Rule out pneumonia clinically."))],
    ),
    "lost-negation": (
        [
            case(body("Focal consolidation, pneumothorax or effusion.", "Cardiomegaly."), W),
            case(body("The heart is normal.", "Acute cardiopulmonary abnormality."), W),
            case(body("Pneumothorax, pleural effusion or focal opacity.", "Normal."), W),
            case(body("Normal.", "Acute cardiopulmonary disease or interval change."), W),
        ],
        [case(body("No consolidation, pneumothorax or effusion.", "Normal."))],
        [
            case(body("Opacity, atelectasis or pneumonia.", "Atelectasis or pneumonia.")),
            case(body("Effusion, atelectasis. Scar or fibrosis.", "Effusion.")),
        ],
    ),
    "comparison": (
        [
            case(body("Unchanged nodule.", "Stable nodule.", comparison="None."), W),
            case(body("New effusion."), W),
            case(body("No acute disease and interval improvement in aeration."), W),
            machine("The nodule is unchanged.", E),
        ],
        [
            case(body("Unchanged nodule.", comparison="CT of 2019.")),
            case(body("Unchanged nodule."), priors=("20200101",)),
        ],
        [
            case(body("Increased density of bone. Hemodynamically stable.", comparison="None.")),
            case(body("Emphysema, worse in the upper lobes.", comparison="None.")),
            case(body("Nodule.", "Comparison with old films would be helpful.")),
        ],
    ),
    "prior-date": (
        [
            case(body("Nodule, unchanged from 5/6/2019.", comparison="CT of 3/4/2018."), E),
            case(body("Nodule.", comparison="CT of 3/4/2018."), W, priors=("20190506",)),
            case(body("Nodule.", comparison="CT of 3/4/2023."), E, study_date="20200101"),
        ],
        [
            case(body("Nodule, unchanged from 3/4/2018.", comparison="CT of March 4, 2018.")),
            case(body("Nodule.", comparison="CT of 3/4/2018."), priors=("20180304",)),
        ],
        [
            case(
                body("Nodule.", "Unchanged; follow up by 5/6/2021.", comparison="CT of 3/4/2018.")
            ),
            case(body("Resected in 2012. Nodule.", comparison="CT of 3/4/2018.")),
        ],
    ),
    "number-conflict": (
        [
            case(body("An 8 mm nodule.", "6 mm nodule."), E),
            case(body("A 14 mm nodule.", "14 cm nodule."), E),
            case(body("An 8 mm nodule, previously 6 mm.", "6 mm nodule."), E),
        ],
        [
            case(body("An 8 mm nodule.", "0.8 cm nodule.")),
            case(body("An 8 mm nodule, previously 6 mm.", "8 mm nodule, formerly 6 mm.")),
        ],
        [
            case(body("An 8 mm nodule. A 5 mm renal stone.", "5 mm renal stone.")),
            case(body("An 8 mm left nodule. A 6 mm right nodule.", "6 mm right nodule.")),
            case(body("An 8 mm nodule.", "8 mm nodule; greater than 6 mm needs a CT.")),
        ],
    ),
    "number-absurd": (
        [
            case(body("An 8 cm calcified nodule."), W),
            case(body("Cardiothoracic ratio of 1.54."), E),
        ],
        [case(body("An 8 mm nodule."))],
        [case(body("Liver of 18 cm. A 12 cm renal mass."))],
    ),
    "number-source": (
        [machine("An 8 mm nodule.", E)],
        [machine("An 8 mm nodule.", evidence=[measured(8.0)])],
        [machine("A nodule.", source="template"), case(body("An 8 mm nodule."))],
    ),
    "measurement-edited": (
        [
            machine("A 14 mm nodule.", E, evidence=[measured(8.0)]),
            machine("A 14 mm nodule.", W, evidence=[measured(8.0)], state=StatementState.EDITED),
        ],
        [machine("An 8 mm nodule.", evidence=[measured(8.2)])],
        [machine("A 0.8 cm nodule.", evidence=[measured(8.2)]), machine("A nodule.")],
    ),
    "level-conflict": (
        [case(body("Compression fracture of T8.", "T9 compression fracture."), W)],
        [case(body("Compression fracture of T8.", "T8 fracture."))],
        [case(body("Compression fracture of T8. Disc bulge of L4.", "L4 disc bulge."))],
    ),
    "lobe-conflict": (
        [
            case(body("Nodule in the right upper lobe.", "Right lower lobe nodule."), W),
            case(body("Mass in the left parietal lobe.", "Left temporal lobe mass."), W),
        ],
        [case(body("Nodule in the right upper lobe.", "Right upper lobe nodule."))],
        [
            case(body("Nodules of right upper and right lower lobe.", "RLL nodule.")),
            case(body("Nodule in the right upper lobe. Nodule.", "RLL nodule.")),
            case(body("RUL nodule. LLL consolidation.", "LLL consolidation.")),
            case(body("RUL nodule.", "No RLL nodule. RUL nodule.")),
        ],
    ),
    "critical": (
        [
            case(body("Large right pneumothorax.", "Right pneumothorax."), W),
            case(body("Left tension pneumothorax.", "Tension pneumothorax."), E),
            case(body("Free air under the diaphragm.", "Pneumoperitoneum."), E),
            case(body("Type A dissection with intimal flap.", "Aortic dissection."), E),
            case(body("Saddle embolus.", "Acute pulmonary embolism."), E),
            case(body("Acute right subdural hematoma.", "Subdural hematoma."), E),
            case(body("The ETT is in the right mainstem bronchus.", "Malpositioned ETT."), E),
            case(body("Free air.", "Free air. Findings will be called to Dr. Smith at 3 pm."), E),
            case(body("Free air.", "Free air. Discussed with Dr. Smith."), W),
            case(body("Free air.", "Free air. Dr. Smith could not be reached at 14:05."), E),
        ],
        [
            case(body("Pneumothorax.", "Pneumothorax. Discussed with Dr. A at 3 pm.")),
            case(body("Free air.", "Free air. Dr Smith was informed by phone at 14:05.")),
            case(body("Free air.", "Free air.") + "COMMUNICATION: Dr Smith, 14:05, by phone.\n"),
        ],
        [
            case(body("No pneumothorax, free air or dissection.", "Normal.")),
            case(body("Chronic subdural hematoma, unchanged.", "Chronic subdural hematoma.")),
            case(body("Normal.", "Normal.", indication="History of pulmonary embolism.")),
            case(body("Known aortic dissection.", "Known aortic dissection.")),
            case(body("Endotracheal tube 4 cm above the carina.", "Tube in place.")),
            case(body("The pneumothorax has resolved.", "Resolved pneumothorax.")),
        ],
    ),
    "section": (
        [
            case("FINDINGS: The heart is normal.\n", W),
            case("INDICATION: Cough.\n", E),
        ],
        [case(body("The heart is normal.", "Normal."))],
        [case("Findings\nThe heart is normal.\n\nConclusion\nNormal.\n")],
    ),
    "length": (
        [case(body("The heart is normal. " * 700, "Normal."), E)],
        [case(body("The heart is normal. " * 30, "Normal."))],
        [case(body("The heart is normal in size and shape and so on " * 300 + ".", "Normal."))],
    ),
    "template": (
        [
            case(body("The heart is [ ]."), E),
            case(body("Nodule on the [side] of ___ mm."), E),
            case(body("Effusion on the {side}."), E),
            case(body("A left/right pleural effusion."), E),
            case(body("A nodule of xx mm."), E),
            case(body("A nodule of # mm."), E),
            case(body("There is/is not hydronephrosis."), E),
        ],
        [case(body("The heart is normal (4 cm)."))],
        [
            case(body("XXXX-year-old. Nodule of XXXX mm, [**2020-1-2**].")),
            case(body("Nodule (series 3 [12]) and/or granuloma, CT/MR advised.")),
            case(body("A 2 x 3 mm nodule at T1/T2.")),
        ],
    ),
    "modality": (
        [
            case(body("Normal.", exam="CT head.", technique="MRI with T1 and T2."), E),
            case(body("Normal.", technique="Axial CT images."), E, modality="MR"),
            case(body("This MRI shows a mass.", exam="CT head."), E),
            case(body("T2-weighted hyperintense lesion.", exam="CT head."), W),
            case(body("A hypoechoic nodule."), W, modality="CT"),
        ],
        [
            case(body("Normal.", exam="CT head.", technique="CT with 5 mm slices.")),
            case(body("T2 hyperintense lesion."), modality="MR"),
        ],
        [
            case(body("Seen on MRI.", "MRI advised.", exam="CT head.")),
            case(body("Hyperintense on the prior MRI.", exam="CT head.")),
            case(body("Compression of T2 and T1.", exam="CT spine.")),
        ],
    ),
    "contrast": (
        [
            case(body("The mass enhances avidly.", exam="CT head without contrast."), E),
            case(body("Normal.", technique="CT without contrast."), E, contrast="IOHEXOL"),
            case(body("Normal.", technique="Non-contrast CT."), E, contrast="IOHEXOL"),
            case(body("Normal.", technique="CT with contrast."), W, study_instance_uid="1.2"),
        ],
        [
            case(body("The mass enhances.", exam="CT head with contrast.")),
            case(body("Normal.", technique="CT with contrast."), contrast="IOHEXOL"),
        ],
        [
            case(body("The mass enhances.", exam="MRI brain with and without contrast.")),
            case(body("Enhancement cannot be judged.", exam="CT head without contrast.")),
            case(body("Normal.", technique="CT without and with contrast."), contrast="IOHEXOL"),
        ],
    ),
    "dictation": (
        [
            case(body("The heart is is normal."), W),
            case(body("The heart is normal period No effusion."), W),
            case(body("The heart is normal comma the lungs are clear."), W),
            case(body("New paragraph the lungs are clear."), W),
            case(body("Opacity of the of the left base."), W),
        ],
        [case(body("The heart is normal, the lungs are clear."))],
        [
            case(body("In this time period he had had pain that that drug relieved.")),
            case(body("A comma-shaped cavity of the colon.")),
            case(body("Images are shown side by side by the fellow; more and more and more.")),
        ],
    ),
    "ai-omitted": (
        [
            machine("The aorta is normal.", W, seen=[seen("cardiomegaly")]),
            machine("", W, seen=[seen("pleural-effusion")]),
            machine("No cardiomegaly.", W, source="template", seen=[seen("cardiomegaly")]),
        ],
        [
            machine("Cardiomegaly.", seen=[seen("cardiomegaly")]),
            machine("Possible cardiomegaly.", seen=[seen("cardiomegaly")]),
            case(body("Normal.")),
        ],
        [
            machine("Nodule.", seen=[seen("cardiomegaly", "absent")]),
            machine(
                "Cardiomegaly.",
                evidence=[SAW],
                state=StatementState.REJECTED,
                seen=[seen("cardiomegaly")],
            ),
            machine("Left basilar effusion.", seen=[seen("pleural-effusion")]),
        ],
    ),
    "not-looked-at": (
        [machine("Cardiomegaly.", W)],
        [machine("Cardiomegaly.", state=StatementState.ACCEPTED)],
        [
            machine("Cardiomegaly.", state=StatementState.EDITED),
            machine("Cardiomegaly.", state=StatementState.REJECTED),
            machine("Cardiomegaly.", source="radiologist"),
        ],
    ),
}


def _named(part: int) -> list[Any]:
    return [
        pytest.param(rule, item, id=f"{rule}-{number}")
        for rule, parts in CASES.items()
        for number, item in enumerate(parts[part])
    ]


def test_every_rule_has_all_three_kinds_of_cases() -> None:
    ids = [rule.id for rule in RULES]
    assert len(set(ids)) == len(ids), "an id is used twice"
    assert set(CASES) == set(ids)
    for rule, parts in CASES.items():
        assert all(parts), f"{rule} lacks a positive, a negative or a fooling case"


def test_every_rule_says_who_it_is_and_why_it_is_so_grave() -> None:
    for rule in RULES:
        assert rule.version >= 1
        assert rule.title and rule.run.__doc__
        assert rule.harm.endswith("."), f"{rule.id} does not say why it has its severity"


@pytest.mark.parametrize(("rule", "item"), _named(0))
def test_it_speaks_with_its_severity_and_a_place_to_go_to(rule: str, item: Case) -> None:
    found = [p for p in item.problems() if p.rule == rule]
    assert found
    grave = [p for p in found if item.level is None or p.severity is item.level]
    assert grave, [(p.severity, p.why) for p in found]
    for problem in found:
        assert problem.why.endswith((".", "?", "”"))
        assert problem.override_needs_reason == (problem.severity is Severity.ERROR)
        if problem.statement_id is None:
            assert problem.section is not None or rule == "length"
        else:
            assert problem.span is not None, "one click must lead to the words"
            assert 0 <= problem.span[0] < problem.span[1]


@pytest.mark.parametrize(("rule", "item"), [*_named(1), *_named(2)])
def test_it_is_silent(rule: str, item: Case) -> None:
    found = [p for p in item.problems() if p.rule == rule and p.severity is not Severity.NOTE]
    assert [(p.text, p.why) for p in found] == []


def test_the_places_are_the_words_of_the_statement() -> None:
    for item in itertools.chain.from_iterable(parts[0] for parts in CASES.values()):
        report = item.report or import_report(item.text, "r")
        for problem in item.problems():
            if problem.statement_id is not None and problem.span is not None:
                found = report.find(problem.statement_id)
                assert found is not None
                assert found[1].text[slice(*problem.span)] == problem.text

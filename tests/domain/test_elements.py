"""Common data elements: what the sentences say, with codes, and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema
import pytest

from radassist.domain.elements import common_data_elements, coverage
from radassist.domain.plaintext import import_report
from radassist.domain.report import Report, StatementState, StudyContext
from radassist.library import resources_dir
from radassist.library.lexicon import load_lexicon

LEXICON = load_lexicon()
SCHEMA = json.loads((resources_dir() / "schemas/cde.schema.json").read_text(encoding="utf-8"))
STUDY = StudyContext(
    study_instance_uid="1.2.3", patient_id="P-77", patient_name="Roe^Jane", modality="CT"
)


def exported(findings: str, impression: str = "") -> dict[str, Any]:
    text = f"FINDINGS: {findings}\nIMPRESSION: {impression}\n"
    data = common_data_elements(import_report(text, "r", STUDY), LEXICON)
    jsonschema.validate(data, SCHEMA)
    return data


def one(sentence: str, concept: str) -> dict[str, Any]:
    (found,) = [e for e in exported(sentence)["elements"] if e["concept"] == concept]
    return dict(found)


def codes(item: dict[str, Any]) -> dict[str, str]:
    return {c["system"]: c["code"] for c in item["codes"]}


def test_an_element_holds_every_attribute_with_its_codes() -> None:
    found = one(
        "Stable moderate left pleural effusion of 12 mm, previously 15 mm.", "pleural-effusion"
    )
    assert codes(found)["RADELEMENT"] == "RDES254"
    assert codes(found)["RADLEX"] == "RID34539"
    assert codes(found)["SNOMED"] == "60046008"
    assert (found["assertion"]["value"], codes(found["assertion"])["SNOMED"]) == (
        "present",
        "52101004",
    )
    assert (found["side"]["value"], codes(found["side"])["RADLEX"]) == ("left", "RID5824")
    assert (found["change"]["value"], codes(found["change"])["RADLEX"]) == ("unchanged", "RID39268")
    assert (found["severity"]["value"], codes(found["severity"])["SNOMED"]) == (
        "moderate",
        "6736007",
    )
    sizes = [(s["value"], s["unit"], s["role"]) for s in found["size"]]
    assert sizes == [(12.0, "mm", "current"), (15.0, "mm", "previous")]
    assert found["qualifiers"] == []  # "stable" is the change; it does not make it chronic


@pytest.mark.parametrize(
    ("sentence", "concept", "value", "certainty"),
    [
        ("No pneumothorax.", "pneumothorax", "absent", None),
        ("Possible pneumonia.", "pneumonia", "uncertain", "possible"),
        ("History of pneumonia.", "pneumonia", "historical", None),
        ("Probable pulmonary edema.", "pulmonary-edema", "uncertain", "probable"),
        ("Heart size is normal.", "cardiomegaly", "absent", None),
    ],
)
def test_assertion_and_certainty(
    sentence: str, concept: str, value: str, certainty: str | None
) -> None:
    found = one(sentence, concept)
    assert (found["assertion"]["value"], found["certainty"]) == (value, certainty)


def test_a_place_narrows_the_codes_and_never_widens_them() -> None:
    lung = one("8 mm nodule in the right upper lobe.", "nodule")
    assert codes(lung)["RADELEMENT"] == "RDES195"
    assert [p["concept"] for p in lung["location"]] == ["upper-lobe"]
    assert codes(lung["location"][0])["SNOMED"] == "45653009"
    elsewhere = one("8 mm nodule in the left adrenal.", "adrenal-nodule")
    assert codes(elsewhere)["RADELEMENT"] == "RDES3"
    other = one("8 mm nodule in the abdominal wall of the abdomen.", "nodule")
    assert "RADELEMENT" not in codes(other)


def test_quotes_are_the_words_of_the_statement() -> None:
    text = "FINDINGS: Small right pleural effusion. 8 mm nodule.\nIMPRESSION: Right effusion.\n"
    report = import_report(text, "r", STUDY)
    data = common_data_elements(report, LEXICON)
    assert [(e["section"], e["statement"]) for e in data["elements"]] == [
        ("Findings", "s1"),
        ("Findings", "s2"),
        ("Impression", "s3"),
    ]
    for element in data["elements"]:
        found = report.find(element["statement"])
        assert found is not None
        for quote in (element["quote"], *(s["quote"] for s in element["size"])):
            assert found[1].text[quote["start"] : quote["end"]] == quote["text"]


def test_a_recommendation_is_told_and_its_denial_is_not() -> None:
    data = exported("8 mm nodule.", "Follow-up CT in 3 months is recommended.")
    assert [r["quote"]["text"] for r in data["recommendations"]] == [
        "Follow-up CT in 3 months is recommended."
    ]
    assert exported("3 mm nodule.", "No follow-up is recommended.")["recommendations"] == []


def test_neither_the_patient_nor_relatives_nor_rejected_statements_are_in_it() -> None:
    text = "FINDINGS: Left effusion. Mother with pneumothorax.\nINDICATION: Pneumonia.\n"
    report = import_report(text, "r", STUDY)
    data = common_data_elements(report, LEXICON)
    assert [e["concept"] for e in data["elements"]] == ["pleural-effusion"]
    assert "Roe" not in json.dumps(data)
    assert "P-77" not in json.dumps(data)
    assert common_data_elements(_rejected(report), LEXICON)["elements"] == []


def _rejected(report: Report) -> Report:
    section = report.section("Findings")
    assert section is not None
    gone = tuple(replace(s, state=StatementState.REJECTED) for s in section.statements)
    return report.with_section(replace(section, statements=gone))


def test_codes_are_what_the_systems_write() -> None:
    forms = {"RADELEMENT": "RDES", "RADLEX": "RID", "OIFM": "OIFM_", "SNOMED": ""}
    for key, pairs in LEXICON.codes.items():
        for system, code in pairs:
            assert code.startswith(forms[system]), key
            assert code.removeprefix(forms[system]).replace("_", "").isalnum(), key
            if system == "SNOMED":
                assert _verhoeff(code), f"{key}: {code} has a wrong check digit"


def _verhoeff(code: str) -> bool:
    """The check digit of a SNOMED CT identifier (Release File Specification 5.5)."""
    flip = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)
    total = 0
    for place, digit in enumerate(reversed(code)):
        value = int(digit)
        for _ in range(place % 8):
            value = flip[value]
        total = _dihedral(total, value)
    return total == 0


def _dihedral(one: int, two: int) -> int:
    turned = (one + two) % 5 if one < 5 else (one - two) % 5
    return turned + 5 if (one < 5) != (two < 5) else turned


def test_coverage_is_counted() -> None:
    table = coverage(LEXICON)
    findings = table["finding"]
    assert findings["concepts"] >= findings["any"] >= 100
    assert findings["any"] <= sum(findings[s] for s in ("RADELEMENT", "RADLEX", "SNOMED", "OIFM"))

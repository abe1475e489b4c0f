"""The Impression: from observed findings only, linked, and nothing that its source does not hold."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind, Measurement
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.library.lexicon import load_lexicon
from radassist.workflow.impression import NOTHING_ABNORMAL, write_impression

VISION = Provenance("vision:cxr-anatomy@1.0.0")
RATIO = "The heart is enlarged, with a cardiothoracic ratio of 0.56 (95 % interval 0.54 to 0.58)."


def ratio_evidence(presence: str) -> tuple[Evidence, ...]:
    measurement = Measurement("m1", "cardiothoracic ratio", 0.56, "1", 0.02)
    return (
        Evidence(EvidenceKind.FINDING, "f1", f"cardiothoracic ratio: {presence}"),
        Evidence(EvidenceKind.MEASUREMENT, "m1", "0.56 ± 0.02", measurement=measurement),
    )


def make_report(*statements: tuple[str, Provenance, tuple[Evidence, ...]]) -> Report:
    report = empty_report("r", StudyContext())
    for n, (text, provenance, evidence) in enumerate(statements, start=1):
        made = Statement(f"s{n}", text, provenance, evidence, StatementState.PROPOSED)
        report = ops.apply(report, ops.Insert("Findings", 99, made))
    return report


NORMAL = ("No pleural effusion or pneumothorax.", Provenance("template"), ())
NODULE = ("There is a 6 mm nodule in the left upper lobe.", Provenance("radiologist", "typed"), ())


def test_without_a_model_the_wording_is_fixed_and_linked() -> None:
    report = make_report((RATIO, VISION, ratio_evidence("present")), NORMAL, NODULE)
    statements, notices = write_impression(report, load_lexicon(), None)
    assert [s.text for s in statements] == [
        "Enlarged heart (cardiothoracic ratio 0.56).",
        "6 mm nodule in the left upper lobe.",
    ]
    assert [[e.ref for e in s.evidence] for s in statements] == [["s1"], ["s3"]]
    assert [s.id for s in statements] == ["s4", "s5"]
    assert all(s.evidence[0].kind is EvidenceKind.STATEMENT for s in statements)
    assert notices == []


def test_template_normals_conclude_nothing() -> None:
    (only,), _ = write_impression(make_report(NORMAL), load_lexicon(), None)
    assert only.text == NOTHING_ABNORMAL
    assert "normal" not in only.text.replace("template normals", "").replace("abnormality", "")


def test_an_ap_ratio_is_given_and_not_classified() -> None:
    text = (
        "The cardiothoracic ratio is 0.56 (95 % interval 0.54 to 0.58); this is an AP view, which "
        "magnifies the heart."
    )
    report = make_report((text, VISION, ratio_evidence("uncertain")), NORMAL)
    (only,), _ = write_impression(report, load_lexicon(), None)
    assert only.text == "Cardiothoracic ratio 0.56; heart size is not classified on this view."


def test_a_heart_that_is_not_enlarged_makes_no_impression_sentence() -> None:
    text = "The heart is not enlarged, with a cardiothoracic ratio of 0.45."
    report = make_report((text, VISION, ratio_evidence("absent")), NORMAL)
    (only,), _ = write_impression(report, load_lexicon(), None)
    assert only.text == NOTHING_ABNORMAL


def test_urgent_findings_come_first() -> None:
    report = make_report(
        NODULE, ("Large right tension pneumothorax.", Provenance("radiologist", "typed"), ())
    )
    statements, _ = write_impression(report, load_lexicon(), None)
    assert "pneumothorax" in statements[0].text


@pytest.mark.parametrize(
    "text",
    [
        "6 mm nodule in the right upper lobe.",
        "8 mm nodule in the left upper lobe.",
        "6 mm nodule in the left upper lobe with pleural effusion.",
        "Nodule in the left upper lobe.",
        "No nodule in the left upper lobe, 6 mm.",
        "6 mm nodule in the left upper lobe, unchanged.",
        "",
    ],
)
def test_a_sentence_that_does_not_follow_is_refused_and_said(text: str) -> None:
    def script(messages: Sequence[tuple[str, str]], schema: dict[str, Any] | None) -> str:
        return json.dumps({"text": text})

    statements, notices = write_impression(
        make_report(NODULE), load_lexicon(), ScriptedLanguageModel(script)
    )
    assert [s.text for s in statements] == ["6 mm nodule in the left upper lobe."]
    assert len(notices) == 1 and "refused" in notices[0]
    assert not statements[0].provenance.source.startswith("language:scripted")


def test_a_sentence_that_follows_is_the_models() -> None:
    model = ScriptedLanguageModel(lambda m, s: '{"text": "6 mm left upper lobe nodule."}')
    statements, notices = write_impression(make_report(NODULE), load_lexicon(), model)
    assert statements[0].text == "6 mm left upper lobe nodule."
    assert statements[0].provenance.source == "language:scripted@1"
    assert notices == []

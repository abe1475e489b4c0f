"""Plain-text reports into sections and statements."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radassist.domain.plaintext import MAX_TEXT, import_report, parse_report
from radassist.domain.report import SECTIONS, StatementState, StudyContext

REPORT = """CT CHEST WITHOUT CONTRAST 3/4/2021

CLINICAL HISTORY: 64-year-old man with cough. R/O mass.
COMPARISON: CT chest 02/03/2020.
TECHNIQUE
Axial images.

FINDINGS:
Lungs: There is a 1.5 cm nodule in the
right upper lobe (series 3, image 45).
- No effusion.
- Heart normal.

IMPRESSION/CONCLUSION -
1. Right upper lobe nodule, 1.5 cm.
2) Follow up. Dr. Smith was called at 3 p.m. on Monday.

RECOMMENDATION: CT in 3 months.
"""


def test_sections_and_statements() -> None:
    parsed = dict(parse_report(REPORT))
    assert list(parsed) == [
        "Examination",
        "Indication",
        "Comparison",
        "Technique",
        "Findings",
        "Impression",
        "RECOMMENDATION".title(),
    ]
    assert parsed["Findings"] == [
        "Lungs: There is a 1.5 cm nodule in the right upper lobe (series 3, image 45).",
        "No effusion.",
        "Heart normal.",
    ]
    assert parsed["Impression"][0] == "Right upper lobe nodule, 1.5 cm."
    assert parsed["Impression"][2].startswith("Dr. Smith was called at 3 p.m.")


@pytest.mark.parametrize(
    ("heading", "section"),
    [
        ("FINDINGS:", "Findings"),
        ("Findings :", "Findings"),
        ("**FINDINGS**", "Findings"),
        ("Impression -", "Impression"),
        ("IMPRESSION/CONCLUSION:", "Impression"),
        ("CONCLUSION", "Impression"),
        ("Opinion:", "Impression"),
        ("EXAM:", "Examination"),
        ("Reason for exam:", "Indication"),
        ("CLINICAL HISTORY", "Indication"),
        ("HISTORY AND INDICATION:", "Indication"),
        ("Comparisons:", "Comparison"),
        ("TECHNIQUE", "Technique"),
        ("PROCEDURE:", "Examination"),
    ],
)
def test_headings(heading: str, section: str) -> None:
    assert (section, ["Nothing to see."]) in parse_report(f"{heading}\nNothing to see.\n")


def test_headings_inside_one_line() -> None:
    text = "Comparison: None. Findings: The lungs are clear. Impression: No acute disease."
    assert parse_report(text) == [
        ("Comparison", ["None."]),
        ("Findings", ["The lungs are clear."]),
        ("Impression", ["No acute disease."]),
    ]


def test_words_that_look_like_headings_are_left() -> None:
    text = "FINDINGS: The impression on the esophagus is normal. Findings are stable."
    assert dict(parse_report(text))["Findings"] == [
        "The impression on the esophagus is normal.",
        "Findings are stable.",
    ]


def test_without_headings_all_is_findings() -> None:
    assert parse_report("The heart is normal. No effusion.") == [
        ("Findings", ["The heart is normal.", "No effusion."])
    ]


def test_windows_lines_marks_and_bullets() -> None:
    findings = "\ufeffFINDINGS:\r\n\u2022 No effusion.\r\n\u2022 No mass.\r\n\r\n"
    text = findings + "IMPRESSION:\r\nNormal.\r\n"
    assert dict(parse_report(text)) == {
        "Findings": ["No effusion.", "No mass."],
        "Impression": ["Normal."],
    }


def test_import_takes_only_stated_facts() -> None:
    report = import_report(REPORT, "r1")
    study = report.study
    assert (study.modality, study.body_part, study.patient_sex) == ("CT", "CHEST", "M")
    assert (study.patient_age, study.priors) == ("064Y", ("20200203",))
    assert [s.name for s in report.sections[:6]] == list(SECTIONS)
    assert all(s.state is StatementState.ACCEPTED for _, s in report.statements())
    assert {s.provenance.source for _, s in report.statements()} == {"import"}
    ids = [s.id for _, s in report.statements()]
    assert len(set(ids)) == len(ids)


def test_import_invents_no_facts() -> None:
    study = import_report("FINDINGS: Pain in the male breast was described.", "r2").study
    assert study == StudyContext()
    none = import_report("COMPARISON: None available.\nFINDINGS: Normal.", "r3").study
    assert none.priors == ()


def test_header_facts_outrank_the_text() -> None:
    study = StudyContext(patient_sex="F", modality="MR")
    taken = import_report("INDICATION: 30-year-old man.\nEXAM: CT head.", "r4", study).study
    assert (taken.patient_sex, taken.modality, taken.body_part) == ("F", "MR", "HEAD")


def _letters(text: str) -> list[str]:
    return [c for c in text.lower() if c.isalpha()]


_TEXT = st.text(
    st.sampled_from(list("abcXYZ .,:;-\n\r\t0123456789()*\u2022")) | st.characters(), max_size=400
)


@settings(max_examples=300, deadline=None)
@given(_TEXT)
def test_no_letter_of_the_text_is_lost(text: str) -> None:
    """Sentences hold every letter in order; headings, bullets and numbers may go."""
    shown = "".join(c for c in text if c in "\n\t" or c.isprintable() or c.isspace())
    parsed = parse_report("FINDINGS: .\n" + text)
    body = [sentence for _, sentences in parsed for sentence in sentences]
    kept = _letters(" ".join(body))
    rest = iter(_letters(shown))
    assert all(letter in rest for letter in kept), "letters that the text has not"
    numbered = re.search(r"(?m)(?:^|[.!?:\s])\W*[a-h][.)]", text, re.IGNORECASE)
    if [name for name, _ in parsed] == ["Findings"] and not numbered:
        assert kept == _letters(shown)


def test_the_whole_report_is_accounted_for() -> None:
    parsed = parse_report(REPORT)
    kept = " ".join([name for name, _ in parsed] + [s for _, body in parsed for s in body])
    dropped = {"CLINICAL", "HISTORY:", "COMPARISON:", "TECHNIQUE", "FINDINGS:", "1.", "2)", "-"}
    dropped |= {"IMPRESSION/CONCLUSION", "RECOMMENDATION:"}
    missing = [word for word in REPORT.split() if word not in dropped and word not in kept]
    assert missing == []


@pytest.mark.parametrize(
    "text",
    [
        "A" * 300_000,
        "FINDINGS:" * 20_000,
        "\n".join(f"SECTION {i}:\nx." for i in range(5_000)),
        "1. " * 50_000,
        "\x00\x01\u202e" * 1_000,
        "x." * (MAX_TEXT // 2 + 10),
    ],
    ids=["long", "headings", "sections", "numbers", "controls", "too-long"],
)
def test_hostile_text_is_bounded(text: str) -> None:
    assert len(parse_report(text)) <= 210

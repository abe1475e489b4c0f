"""``radassist summary`` as a user runs it: for the referrer, for the patient, as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import CommandLine

pytestmark = pytest.mark.e2e
TEXT = """EXAM: CT chest
INDICATION: Cough.
FINDINGS: There is a 5 mm solid nodule in the right upper lobe. Small left pleural effusion.
"""


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_for_the_referrer(radassist: CommandLine, report: Path) -> None:
    ran = radassist("summary", report, "--json")
    assert ran.code == 0
    (answer,) = ran.lines()
    parts = [(s["part"], s["statements"]) for s in answer["sentences"]]
    assert parts == [("finding", ["s3"]), ("finding", ["s4"]), ("recommendation", ["s3"])]
    assert answer["sentences"][-1]["guideline"] == "fleischner-2017@1/solid-single-under-6@1"


def test_for_the_patient(radassist: CommandLine, report: Path) -> None:
    ran = radassist("summary", report, "--for", "patient")
    assert ran.code == 0
    assert "There is a small amount of fluid around the left lung.  [s4]" in ran.out
    assert "Flesch-Kincaid grade" in ran.err
    (answer,) = radassist("summary", report, "--for", "patient", "--json").lines()
    assert answer["reading"]["grade"] <= 8 and answer["refused"] == []


def test_without_findings_it_says_so(radassist: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("INDICATION: Cough.\n", encoding="utf-8")
    ran = radassist("summary", path)
    assert ran.code == 1 and "no findings" in ran.err

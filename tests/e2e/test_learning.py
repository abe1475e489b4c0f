"""Learning through the installed command: what was signed once is drafted so the next time."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import CommandLine, statements

OWN = "No pneumothorax or pleural effusion is seen."


@pytest.fixture
def taught(radassist: CommandLine, report_path: Path) -> Path:
    """A report in which Roe worded the pleura his own way, signed."""
    told = f"replace findings 3 with {OWN}"
    ran = radassist("chat", report_path, told, "--accept", "--no-language", "--user", "Roe")
    assert OWN in ran.out, ran.err
    ran = radassist("sign", report_path, "--user", "Roe")
    assert ran.code == 0, ran.err
    assert "6 of 7 drafted sentences kept, 1 wording learned." in ran.err
    return report_path


def test_the_next_draft_says_it_as_the_user_does(
    radassist: CommandLine, taught: Path, chest: Path, tmp_path: Path
) -> None:
    out = tmp_path / "next"
    radassist("draft", chest, "--out", out, "--no-language", "--user", "Roe")
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    worded = [s for s in statements(report) if s.get("how") == "phrase memory"]
    assert [(s["text"], s["provenance"], s["state"]) for s in worded] == [
        (OWN, "template", "proposed")
    ]
    other = tmp_path / "other"
    radassist("draft", chest, "--out", other, "--no-language", "--user", "Doe")
    assert OWN not in (other / "report.txt").read_text(encoding="utf-8")
    assert radassist("audit", "verify").code == 0


def test_what_is_remembered_is_listed_and_forgotten(radassist: CommandLine, taught: Path) -> None:
    assert radassist("sign", taught, "--user", "Roe").code == 2
    (phrase,) = radassist("phrases", "list", "--json", "--user", "Roe").lines()
    assert (phrase["pattern"], phrase["written"]) == (OWN, 1)
    assert phrase["topic"] == "pleural-effusion:absent pneumothorax:absent"
    assert OWN in radassist("phrases", "list", "--user", "Roe").out
    assert radassist("phrases", "list", "--json", "--user", "Doe").lines() == []
    assert radassist("phrases", "clear", "--user", "Roe").out == "1 wording of Roe forgotten\n"
    assert "No wordings of Roe" in radassist("phrases", "list", "--user", "Roe").err
    (use, report) = radassist("usage", "--json", "--user", "Roe").lines()
    assert (use["template"], use["drafted"], use["offered"]) == ("chest-radiograph", 1, True)
    assert report["kept"]["unchanged"] == 6
    assert report["seconds"] is None, "the command line measures no time"
    assert "1 drafted (no time, 86% kept)" in radassist("usage", "--user", "Roe").out
    assert "numbers of 1 report of Roe" in radassist("usage", "--clear", "--user", "Roe").out
    assert radassist("usage", "--json", "--user", "Roe").lines() == []

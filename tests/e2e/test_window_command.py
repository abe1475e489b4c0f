"""`radassist open PATH`: the installed command opens the study in a window and drafts it."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest
from command_line import CommandLine

pytest.importorskip("PySide6")
DEADLINE_S = 120.0


def test_the_window_opens_what_the_command_names_and_drafts_it(
    radassist: CommandLine, chest: Path
) -> None:
    with subprocess.Popen(
        radassist.words("open", chest, chest.parent / "693_J2KR.dcm"),
        env=radassist.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as window:
        try:
            recorded = _recorded(radassist, window)
        finally:
            window.kill()
    assert "study.open" in recorded
    assert "report.draft" in recorded
    events = radassist("audit", "show", "--json").lines()
    drafted = [e["detail"]["findings"] for e in events if e["action"] == "report.draft"]
    assert drafted == [1], "the radiograph was named first; the CT head has no finding"
    assert radassist("audit", "verify").code == 0


def _recorded(radassist: CommandLine, window: subprocess.Popen[bytes]) -> str:
    """The audit log once a report is in it, or as it is when the window ended or time is up."""
    until = time.monotonic() + DEADLINE_S
    shown = ""
    while time.monotonic() < until and window.poll() is None and "report.draft" not in shown:
        shown = radassist("audit", "show").out
    return shown

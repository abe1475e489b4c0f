"""The second ``make setup`` finds all done, and says so within three seconds."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _processor_seconds() -> float:
    """Of all ended child processes: what else the machine is doing does not count."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_the_second_setup_is_fast_and_changes_nothing() -> None:
    stamps = ROOT / ".venv" / "setup-stamps.json"
    if not stamps.exists() or "engine" not in json.loads(stamps.read_text(encoding="utf-8")):
        pytest.skip("make setup has not finished here with a language engine")
    words = [sys.executable, str(ROOT / "packaging" / "setup.py"), "--dev"]
    first = subprocess.run(words, capture_output=True, check=False)  # ends what is not done yet
    assert first.returncode == 0
    before = stamps.read_bytes()
    started = _processor_seconds()
    ran = subprocess.run(words, capture_output=True, text=True, check=False)
    seconds = _processor_seconds() - started
    assert ran.returncode == 0, ran.stderr
    assert "Installing" not in ran.stdout
    assert seconds < 3.0, ran.stdout
    assert stamps.read_bytes() == before

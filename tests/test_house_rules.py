"""The rules of tests/conftest.py bite: a test that leaves something running fails by name."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CASES = """
import os, socket, subprocess, sys, threading, time
import pytest
from radassist.errors import NetworkRefused

STOP = threading.Event()

def test_clean():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    subprocess.run([sys.executable, "-c", ""], check=True)
    assert "radassist-tests-" in os.environ["RADASSIST_HOME"]

def test_leaves_a_thread():
    threading.Thread(target=STOP.wait, args=(30,), name="left-over", daemon=True).start()

def test_leaves_a_process(request):
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"])
    request.config.add_cleanup(lambda: (process.kill(), process.wait()))

@pytest.mark.leaves_running("to show that it may")
def test_may_leave_a_thread():
    threading.Thread(target=STOP.wait, args=(30,), name="allowed", daemon=True).start()

def test_no_network():
    with socket.socket() as sock, pytest.raises(NetworkRefused):
        sock.connect(("192.0.2.1", 80))

def test_a_warning_is_an_error():
    import warnings
    warnings.warn("something is off")

def test_folders(radassist_home):
    assert not list(radassist_home.iterdir())
    assert os.environ["RADASSIST_HOME"] == str(radassist_home)
    STOP.set()
"""


def run(place: Path, *options: str) -> str:
    folder = place / "tests"
    folder.mkdir(exist_ok=True)
    shutil.copyfile(HERE / "conftest.py", folder / "conftest.py")
    shutil.copyfile(HERE.parent / "pyproject.toml", place / "pyproject.toml")
    (folder / "test_cases.py").write_text(CASES, encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "RADASSIST"))}
    words = [sys.executable, "-m", "pytest", "-v", "-rA", *options, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, env=env, cwd=place, check=False)
    return done.stdout + done.stderr


def test_what_is_left_running_fails_the_test_that_left_it(tmp_path: Path) -> None:
    said = run(tmp_path)
    assert "The test left running: thread 'left-over'." in said
    assert "The test left running: process" in said
    outcome = {
        line.split("::")[1].split()[0]: line.split()[0]
        for line in said.splitlines()
        if line.startswith(("PASSED", "FAILED", "ERROR")) and "::" in line
    }
    assert outcome == {
        "test_clean": "PASSED",
        "test_leaves_a_thread": "ERROR",
        "test_leaves_a_process": "ERROR",
        "test_may_leave_a_thread": "PASSED",
        "test_no_network": "PASSED",
        "test_a_warning_is_an_error": "FAILED",
        "test_folders": "PASSED",
    }


def test_what_the_budget_leaves_out_is_counted(tmp_path: Path) -> None:
    said = run(tmp_path, "--slow-budget=0.000001")
    assert "7 skipped" in said
    assert "the budget of 0 s for slow tests is spent" in said

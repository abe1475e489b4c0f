"""SIGKILL at random moments: every acknowledged edit is there afterwards, and the log is whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from radassist.store import SqliteStore, verify_file

HERE = Path(__file__).parent
KILLS = 20


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_no_acknowledged_edit_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "home" / "radassist.db"
    chance = random.Random(20260301)  # noqa: S311  moments, not secrets
    acknowledged: list[str] = []
    for _ in range(KILLS):
        acknowledged += kill_after(path, chance.uniform(0.02, 0.25))
        verdict = verify_file(path)
        assert verdict.problems == []
    with SqliteStore(path) as store:
        loaded = store.load("r1")
        assert loaded is not None
        stored = [s.id for _, s in loaded[1].statements()]
        events, problems = store.audit.verify()
    assert problems == []
    assert len(acknowledged) > 5 * KILLS, "the writer hardly wrote: the test would prove nothing"
    assert len(set(acknowledged)) == len(acknowledged)
    assert set(acknowledged) <= set(stored)
    # An edit may be on the disk whose acknowledgement the kill cut off: at most one a kill.
    assert len(stored) - len(acknowledged) <= KILLS
    assert events >= len(stored)


def kill_after(path: Path, seconds: float) -> list[str]:
    """Start the writer, kill it some time after its first edit; the edits that it acknowledged."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "killed_writer.py"), str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parents[1])])},
    )
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        rest = process.stdout.read()
        timer.join()
    assert process.returncode == -9, "the writer ended by itself"
    lines = (first + rest).split("\n")
    return [line for line in lines[:-1] if line]  # a line without its end was cut off

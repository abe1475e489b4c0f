"""Kill -9 at any moment: no accepted edit is lost, the audit log holds, nothing keeps running."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import edit_until_killed
import pytest
from command_line import CommandLine

from radassist.app.workbench import Workbench
from radassist.domain.document import ReportDocument, history_problem

DRIVER = Path(edit_until_killed.__file__)
ROUNDS = 8


def killed_after(
    words: list[str], env: dict[str, str], *, lines: int, more_s: float
) -> tuple[list[str], int]:
    """Start, wait for some lines of output, go on for a moment, kill -9; what it said whole."""
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=env
    ) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(lines)]
        time.sleep(more_s)
        process.send_signal(signal.SIGKILL)
        said += process.stdout.readlines()
    whole = [line.decode().strip() for line in said if line.endswith(b"\n")]
    return whole, process.returncode


def processes_of(home: Path) -> list[str]:
    """Running processes that work in this home."""
    mark = f"RADASSIST_HOME={home}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environ = (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it ended while it was looked at
        if mark in environ and int(folder.name) != os.getpid() and state != "Z":
            found.append(command)
    return found


def gone(home: Path, within_s: float = 10.0) -> list[str]:
    until = time.monotonic() + within_s
    while (left := processes_of(home)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def test_no_accepted_edit_is_lost(radassist: CommandLine, radassist_home: Path) -> None:
    chance = random.Random(20260101)  # noqa: S311 - moments to kill at, not secrets
    report_id, accepted = "new", list[str]()
    for _ in range(ROUNDS):
        words = [sys.executable, str(DRIVER), report_id]
        after = chance.uniform(0.0, 0.15)
        said, code = killed_after(words, radassist.environment(), lines=3, more_s=after)
        assert code == -signal.SIGKILL
        report_id = said[0].removeprefix("report ")
        accepted += [line.removeprefix("accepted ") for line in said[1:]]
        assert radassist("audit", "verify").code == 0
    assert len(accepted) > ROUNDS
    with Workbench("Dr Roe") as bench:
        stored = bench.store.load(report_id)
    assert stored is not None
    kept = {s.id: s.state.value for _, s in stored[1].statements()}
    assert {i: kept.get(i) for i in accepted} == dict.fromkeys(accepted, "accepted")
    assert history_problem(ReportDocument(*stored)) == ""
    # An edit that was stored but not yet said may be there too; one a round at the most.
    assert len(kept) <= 2 + len(accepted) + ROUNDS


@pytest.mark.parametrize("after", [0.3, 0.9, 1.6, 2.5, 4.0])
def test_a_killed_draft_leaves_a_whole_record_and_no_process(
    radassist: CommandLine, radassist_home: Path, chest: Path, tmp_path: Path, after: float
) -> None:
    out = tmp_path / "out"
    words = radassist.words("draft", chest, "--out", out, "--no-language")
    killed_after(words, radassist.environment(), lines=0, more_s=after)
    assert gone(radassist_home) == []
    verified = radassist("audit", "verify")
    if verified.code != 0:  # killed before anything was recorded at all
        assert "audit log" in verified.sentence()
        assert not out.exists() or not list(out.rglob("report.json"))
    for path in out.rglob("report.json"):
        json.loads(path.read_text(encoding="utf-8"))
    again = radassist("draft", chest, "--out", out, "--no-language")
    assert again.code in (0, 1), again.err
    assert radassist("audit", "verify").code == 0


@pytest.mark.parametrize("after", [0.4, 0.7, 0.9, 1.1, 1.4])
def test_a_killed_edit_is_done_or_not_done_and_the_next_one_works(
    radassist: CommandLine, report_path: Path, after: float
) -> None:
    before = report_path.read_bytes()
    edit = ["chat", report_path, "add to findings: A.", "--accept", "--no-language"]
    killed_after(radassist.words(*edit), radassist.environment(), lines=0, more_s=after)
    now = report_path.read_bytes()
    assert json.loads(now)
    if now != before:
        assert len(json.loads(now)["history"]) > len(json.loads(before)["history"])
    assert radassist("audit", "verify").code == 0
    wish = ["chat", report_path, "add to findings: B.", "--accept", "--no-language"]
    done = radassist(*wish)
    if done.code != 0:  # killed between the record and the file
        assert "behind its record" in done.sentence()
        done = radassist(*wish)
    assert done.code == 0, done.err
    texts = [
        s["text"]
        for x in json.loads(report_path.read_text(encoding="utf-8"))["sections"]
        for s in x["statements"]
    ]
    assert "B." in texts
    assert radassist("audit", "verify").code == 0


@pytest.mark.parametrize("act", ["chat", "sign"])
def test_a_file_that_is_behind_its_record_is_brought_up_before_anything_else(
    radassist: CommandLine, report_path: Path, act: str
) -> None:
    """What a kill between the store's commit and the file's rename leaves behind."""
    add = ["chat", report_path, "add to findings: A.", "--accept", "--no-language"]
    before = report_path.read_bytes()
    assert radassist(*add).code == 0
    newest = json.loads(report_path.read_bytes())
    report_path.write_bytes(before)
    words = add if act == "chat" else ["sign", report_path, "--user", "Dr Roe"]
    ran = radassist(*words)
    assert ran.code == 2
    assert "behind its record" in ran.sentence()
    assert json.loads(report_path.read_bytes()) == newest
    assert radassist(*words).code in (0, 1)


def test_a_signature_that_did_not_reach_the_file_is_not_lost(
    radassist: CommandLine, tmp_path: Path
) -> None:
    text = tmp_path / "in.txt"
    text.write_text("FINDINGS: Normal chest.\nIMPRESSION: Normal chest.\n", encoding="utf-8")
    path = tmp_path / "imported.json"
    assert radassist("import", text, "--out", path).code == 0
    before = path.read_bytes()
    assert radassist("sign", path, "--user", "Dr Roe").code == 0
    path.write_bytes(before)
    again = radassist("sign", path, "--user", "Dr Poe")
    assert again.code == 2
    assert "behind its record" in again.sentence()
    report = json.loads(path.read_bytes())
    assert report["state"] == "final"
    assert {s["user"] for s in report["signatures"]} == {"Dr Roe"}


def test_a_file_changed_by_hand_is_refused_and_kept(
    radassist: CommandLine, report_path: Path
) -> None:
    add = ["chat", report_path, "add to findings: A.", "--accept", "--no-language"]
    assert radassist(*add).code == 0
    changed = report_path.read_bytes().replace(b'"A."', b'"B."', 1)
    report_path.write_bytes(changed)
    assert radassist(*add).code == 2
    assert report_path.read_bytes() == changed

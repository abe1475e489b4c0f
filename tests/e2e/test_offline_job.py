"""The whole job in a network namespace with only loopback, and nothing tries to leave it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import loopback_only
import pytest
from command_line import CommandLine

from radassist.settings import find_paths

WRAPPER = Path(loopback_only.__file__)
PLAIN = "FINDINGS: There is a small left pleural effusion.\nIMPRESSION: Small effusion.\n"


class Alone:
    """A command without a network, and what each of its processes tried."""

    def __init__(self, command: CommandLine, counters: Path) -> None:
        self.counters = counters
        prefix = (sys.executable, str(WRAPPER), str(counters))
        self.command = CommandLine(command.env, prefix)

    def tried(self) -> dict[str, int]:
        counted: dict[str, int] = json.loads(self.counters.read_text(encoding="ascii"))
        return counted


@pytest.fixture
def alone(radassist: CommandLine, tmp_path: Path) -> Alone:
    made = Alone(radassist, tmp_path / "counters.json")
    if made.command("--version").code == loopback_only.NOT_ALLOWED:
        pytest.skip("this machine does not allow a new network namespace")
    return made


def test_the_counters_see_who_tries(alone: Alone, tmp_path: Path) -> None:
    """The other way round: a process without the guard is counted, so silence means something."""
    code = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "try: s.sendto(b'x', ('192.0.2.1', 9))\nexcept OSError: pass"
    )
    import subprocess

    words = [sys.executable, str(WRAPPER), str(alone.counters), sys.executable, "-c", code]
    assert subprocess.run(words, check=False).returncode == 0
    assert sum(alone.tried().values()) > 0


def test_the_whole_job_without_a_network(alone: Alone, chest: Path, tmp_path: Path) -> None:
    radassist, out = alone.command, tmp_path / "out"
    report, plain = out / "report.json", tmp_path / "plain.txt"
    plain.write_text(PLAIN, encoding="utf-8")
    for words, good in (
        (["draft", chest, "--out", out], (0, 1)),
        (["see", chest, "--json"], (0,)),
        (["info", chest, "--json"], (0,)),
        (["chat", report, "delete sentence 1 of the findings", "--accept"], (0,)),
        (["chat", report, "is there a rib fracture?", "--json"], (0,)),
        (["import", plain, "--out", tmp_path / "imported.json"], (0,)),
        (["check", report, "--json"], (0, 1)),
        (["sign", tmp_path / "imported.json", "--user", "Dr Roe"], (0,)),
        (["doctor"], (0, 1)),
        (["audit", "verify"], (0,)),
    ):
        ran = radassist(*words)
        assert ran.code in good, (words, ran.out, ran.err)
        assert set(alone.tried().values()) == {0}, words
    shown = radassist("audit", "show", "--json")
    opened = [e["detail"]["guard"] for e in shown.lines() if e["action"] == "session.open"]
    assert opened
    assert {probe["guard"] for probe in opened} == {"on"}
    assert {probe["connect"] for probe in opened} == {"refused"}


def test_fetching_a_pack_without_a_network_says_so(alone: Alone) -> None:
    ran = alone.command("models", "fetch", "language-tiny")
    if ran.code == 0:
        pytest.skip("the pack's parts lie in the user's cache: nothing had to be fetched")
    assert ran.code == 2
    assert "language-tiny" in ran.sentence() or "network" in ran.sentence()


@pytest.mark.model
def test_the_language_model_works_without_a_network(
    alone: Alone, chest: Path, tmp_path: Path
) -> None:
    folder = find_paths({}).models
    if not any(folder.glob("language-default*")):
        pytest.skip("the pack language-default is not installed: radassist models fetch")
    env = {**alone.command.env, "RADASSIST_MODELS": str(folder)}
    command = CommandLine(env, alone.command.prefix)
    ran = command("draft", chest, "--out", tmp_path / "out", timeout_s=600)
    assert ran.code in (0, 1), ran.err
    assert set(alone.tried().values()) == {0}
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert any(str(p).startswith("language") for p in json.dumps(report["origin"]).split('"'))

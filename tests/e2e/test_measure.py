"""``radassist doctor --measure``: what this machine has, how fast it is, what will be slow."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import CommandLine

from radassist.settings import find_paths


def test_the_machine_is_measured_without_a_screen(
    radassist: CommandLine, radassist_home: Path
) -> None:
    command = CommandLine({**radassist.env, "RADASSIST_LOG": "file"})
    ran = command("doctor", "--measure")
    assert ran.code == 0, ran.err
    for name in ("Processor", "Memory", "Disk", "Model acceleration", "Microphone"):
        assert f"speed: {name}: " in ran.out
    assert "ms an image" in ran.out
    assert "language-default is not installed" in ran.out
    last = ran.out.strip().splitlines()[-1]
    assert last.startswith("The language pack was not measured: ")
    assert last.count(". ") == 1, "two sentences"
    assert not (radassist_home / "settings.json").exists(), "nothing was chosen"
    events = (radassist_home / "logs" / "radassist.log").read_text("ascii")
    (event,) = [json.loads(x) for x in events.splitlines() if "machine.measured" in x]
    assert event["ms_per_image"] > 0


@pytest.mark.model
@pytest.mark.slow
def test_the_threads_of_the_language_pack_are_chosen_and_stored(
    radassist: CommandLine, radassist_home: Path
) -> None:
    models = find_paths({}).models
    if not (models / "language-default" / "model.gguf").exists():
        pytest.skip("the pack language-default is not installed: radassist models fetch")
    command = CommandLine({**radassist.env, "RADASSIST_MODELS": str(models)})
    line = command("doctor", "--measure", "--json").lines()[-1]
    cores = os.cpu_count() or 1
    assert line["trials"][-1]["threads"] == cores
    assert all(0.1 < t["tokens_per_second"] < 1000 for t in line["trials"])
    stored = json.loads((radassist_home / "settings.json").read_text("utf-8"))
    assert stored["language_threads"] in {t["threads"] for t in line["trials"]}
    assert line["kept"].startswith(f"The language pack will use {stored['language_threads']} ")

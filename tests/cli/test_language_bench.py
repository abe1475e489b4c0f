"""``models bench-language``: the table for a named pack beside the rules alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from gguf_files import write_gguf

from radassist.app.workbench import Workbench
from radassist.cli.language_bench import bench_language
from radassist.cli.main import build_parser, main
from radassist.engines.language.scripted import ScriptedLanguageModel


class Bench(Workbench):
    """The workbench with a scripted model as its only pack."""

    def language_of(self, pack_id: str) -> Any:
        assert pack_id == "scripted"
        return ScriptedLanguageModel()


def test_the_table_names_pack_bars_and_speed(
    radassist_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = build_parser().parse_args(["models", "bench-language", "scripted", "--json"])
    with Bench() as bench:
        code = bench_language(bench, asked)
        recorded = [e["action"] for e in bench.store.audit.events()]
    packs = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [p["pack"] for p in packs] == ["scripted@1", "no model"]
    rows = {row["name"]: row for row in packs[0]["rows"]}
    assert rows["edits exact"]["of"] == 120 and rows["questions right"]["of"] == 60
    assert rows["untouched identical"]["value"] == 1.0
    assert rows["answers with something invented"]["value"] == 0
    assert rows["tokens read in a second"]["value"] > 0
    assert packs[0]["without"]  # no Open-i wheel was named, and the table says so
    assert code == (0 if packs[0]["held"] else 1)
    assert "pack.bench" in recorded


def test_a_gguf_is_installed_by_one_command_and_what_it_lacks_is_said(
    radassist_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    monkeypatch.setenv("RADASSIST_MODELS", str(tmp_path / "models"))
    file = write_gguf(tmp_path / "m.gguf")
    assert main(["models", "install", str(file), "--id", "my-llama"]) == 0
    assert "my-llama@0+" in capsys.readouterr().out
    assert main(["models", "bench-language", "my-llama"]) == 2  # a header without a model
    assert "could not be loaded" in capsys.readouterr().err
    assert main(["models", "bench-language", "cxr-anatomy"]) == 2
    assert "no language pack" in capsys.readouterr().err

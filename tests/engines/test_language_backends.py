"""The processor's part of llama.cpp: loaded from the package's folder and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from radassist.engines.language.backends import load_backends
from radassist.errors import PackFault


class Ggml:
    """Stands for libggml: counts what is registered, notes the folder that it is told."""

    def __init__(self, built_in: int, found: int) -> None:
        self.registered, self.folders = built_in, []

        def count() -> int:
            return self.registered

        def load(folder: bytes) -> None:
            self.folders.append(folder)
            self.registered += found

        self.ggml_backend_reg_count: Any = count
        self.ggml_backend_load_all_from_path: Any = load
        self.folders: list[bytes]


def test_what_is_built_in_is_left_alone(tmp_path: Path) -> None:
    ggml = Ggml(built_in=1, found=0)
    load_backends(ggml, tmp_path)
    assert ggml.folders == []


def test_the_folder_of_the_package_is_named_and_the_environments_library_is_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GGML_BACKEND_PATH", str(tmp_path / "anybodys.so"))
    ggml = Ggml(built_in=0, found=1)
    load_backends(ggml, tmp_path)
    assert ggml.folders == [str(tmp_path).encode()]
    assert "GGML_BACKEND_PATH" not in os.environ


def test_a_processor_that_none_runs_on_is_told(tmp_path: Path) -> None:
    with pytest.raises(PackFault, match="no part that runs on this processor"):
        load_backends(Ggml(built_in=0, found=0), tmp_path)


def test_the_engine_of_this_environment_has_a_part_for_this_processor() -> None:
    bound = pytest.importorskip("llama_cpp._ggml", reason="the language engine is not installed")
    load_backends(bound.libggml, Path(bound.__file__).parent / "lib")
    assert bound.libggml.ggml_backend_reg_count() >= 1

"""The processor's part of llama.cpp: loaded from the package's folder and from nowhere else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from radassist.engines.language.backends import load_backends, shared_ggml
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
    llama_cpp = pytest.importorskip("llama_cpp", reason="the language engine is not installed")
    from llama_cpp._ggml import libggml

    ggml = shared_ggml(llama_cpp.llama_cpp._lib, libggml)
    load_backends(ggml, Path(llama_cpp.__file__).parent / "lib")
    assert b"CPU" in llama_cpp.llama_print_system_info(), "llama.cpp itself sees it"


def test_where_names_are_looked_up_in_one_library_alone_ggml_is_asked() -> None:
    class Alone:
        """A library that does not answer for those that it is linked with."""

    ggml = Ggml(built_in=1, found=0)
    assert shared_ggml(Alone(), ggml) is ggml
    assert shared_ggml(ggml, Alone()) is ggml

"""The sample study, a command with an empty home, and one draft that tests take copies of."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import PROGRAM, CommandLine, Ran

from radassist.library.samples import sample_path

collect_ignore_glob = [] if PROGRAM.exists() else ["test_*.py"]


@pytest.fixture
def radassist(radassist_home: Path) -> CommandLine:
    """The command in an empty home, with no pack but the shipped ones."""
    models = radassist_home.parent / "models"
    return CommandLine({"RADASSIST_HOME": str(radassist_home), "RADASSIST_MODELS": str(models)})


@pytest.fixture(scope="session")
def chest() -> Path:
    """A PA chest radiograph (pydicom-data)."""
    return sample_path()


@pytest.fixture(scope="session")
def first_draft(tmp_path_factory: pytest.TempPathFactory, chest: Path) -> tuple[Path, Ran]:
    """(folder, how it ended) of one draft without the language model."""
    place = tmp_path_factory.mktemp("first-draft")
    command = CommandLine(
        {"RADASSIST_HOME": str(place / "home"), "RADASSIST_MODELS": str(place / "models")}
    )
    ran = command("draft", chest, "--out", place / "out", "--no-language")
    assert ran.code in (0, 1), ran.err
    return place, ran


@pytest.fixture
def drafted(
    first_draft: tuple[Path, Ran], radassist: CommandLine, radassist_home: Path, tmp_path: Path
) -> Path:
    """A folder with a draft's files, and the home that knows it: a test's own copies."""
    place, _ = first_draft
    shutil.copytree(place / "home", radassist_home, dirs_exist_ok=True)
    shutil.copytree(place / "out", tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def report_path(drafted: Path) -> Path:
    return drafted / "report.json"


@pytest.fixture
def report(report_path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(report_path.read_text(encoding="utf-8"))
    return data

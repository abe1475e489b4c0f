"""The lock files: they cover pyproject.toml, agree with each other, and name no host."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "packaging" / "lock"
LOCKS = ["run.txt", "dev.txt", "language.txt", "build.txt", "project.txt", "package.txt"]
_PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ \\]+)(?: ; (?P<marker>.*?))? \\$", re.M)


def pins(*files: str) -> set[tuple[str, str]]:
    text = "".join((LOCK / file).read_text(encoding="utf-8") for file in files)
    return {(canonicalize_name(m["name"]), m["version"]) for m in _PIN.finditer(text)}


def wanted() -> dict[str, list[Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    run = [*project["project"]["dependencies"], *extras["gui"], *extras["language"]]
    return {
        "run": [Requirement(r) for r in run],
        "dev": [Requirement(r) for r in project["dependency-groups"]["dev"]],
    }


@pytest.mark.parametrize("kind", ["run", "dev"])
def test_every_dependency_is_pinned_within_what_pyproject_allows(kind: str) -> None:
    locked = pins(f"{kind}.txt", "language.txt")
    for requirement in wanted()[kind]:
        versions = [v for n, v in locked if n == canonicalize_name(requirement.name)]
        assert versions, f"{requirement} is not locked: make lock"
        assert all(requirement.specifier.contains(v) for v in versions), (
            f"{requirement}: {versions}"
        )


def test_what_is_tested_is_what_runs() -> None:
    assert pins("run.txt") < pins("dev.txt")


def test_what_freezes_the_program_is_what_ci_froze_it_with() -> None:
    assert pins("package.txt") < pins("dev.txt")


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_nothing_else_is_there(name: str) -> None:
    lines = (LOCK / name).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("    "):
            assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
        else:
            assert _PIN.fullmatch(line), line
            assert lines[number + 1].startswith("    --hash=sha256:"), line


def test_no_committed_file_names_a_package_registry() -> None:
    hosts = [
        "pypi" + ".org",
        "python" + "hosted",
        "deb.debian" + ".org",
        "security.debian" + ".org",
    ]
    listed = subprocess.run(
        ["git", "grep", "-l", "-i", "-F", *[w for h in hosts for w in ("-e", h)]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 128:
        pytest.skip("not a git checkout")
    assert listed.stdout == ""


def test_the_table_of_licences_speaks_of_what_is_locked() -> None:
    table = (ROOT / "packaging" / "LICENCES.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^\| ([a-z0-9._-]+) \| ", table, re.M)) - {"package"}
    locked = {name for name, _ in pins(*LOCKS[:3], "project.txt")} - {"colorama"}
    assert {canonicalize_name(n) for n in named} == locked, "make licences"

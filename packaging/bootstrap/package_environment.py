"""``build/package-venv``: what the frozen program is made from, and nothing of development.

It holds the packages of ``run.txt`` and ``package.txt`` and the language engine's wheel.  A release
installs them from the index with their locked hashes.  CI, which has the very same packages in
``.venv`` already, links the files of those and of no others, which takes seconds; a package that is
in ``.venv`` for tests only can be imported by neither.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

from bootstrap.console import Console, StepFailed
from bootstrap.core_environment import normalised
from bootstrap.stamps import Stamps, key_of

LOCK = Path(__file__).resolve().parents[1] / "lock"
FILES = ("run.txt", "package.txt")
ENGINE = "llama-cpp-python"
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ \\;]+)(?: ; ([^\\]*))?", re.MULTILINE)


def wanted() -> dict[str, set[str]]:
    """Package -> locked versions (one for each Python) of all that belongs in, engine included."""
    found: dict[str, set[str]] = {}
    for name in (*FILES, "language.txt"):
        for package, version, _ in _PIN.findall((LOCK / name).read_text(encoding="utf-8")):
            found.setdefault(normalised(package), set()).add(version)
    return found


def site_packages(environment: Path) -> Path:
    """The folder of an environment's packages."""
    if sys.platform == "win32":
        return environment / "Lib" / "site-packages"
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / python / "site-packages"


def python_of(environment: Path) -> Path:
    """The interpreter of an environment."""
    if sys.platform == "win32":
        return environment / "Scripts" / "python.exe"
    return environment / "bin" / "python"


def install(console: Console, target: Path, engine: Path) -> None:
    """Make the environment from the index, hashes checked; nothing is done when it still fits.

    :param engine: the wheel of the language engine.
    :raises StepFailed: a package cannot be had.
    """
    key = key_of(*(LOCK / name for name in FILES), sys.version, engine.parent.name, engine.name)
    stamps = Stamps(target / "stamps.json")
    if stamps.done("packages", key):
        return
    venv.create(target, with_pip=True, clear=True, symlinks=sys.platform != "win32")
    program: list[str | Path] = [python_of(target), "-m", "pip", "--no-input"]
    pip = [*program, "install", "--no-compile"]
    for name in FILES:
        pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK / name)]
        console.run(f"Installing the packages of {name}", [*pip, *pinned])
    console.run("Installing the language engine", [*pip, "--no-deps", "--no-index", engine])
    console.run("Taking pip out again", [*program, "uninstall", "-y", "pip"])
    Stamps(target / "stamps.json").mark("packages", key)


def link(source: Path, target: Path) -> list[str]:
    """Make the environment ``target`` of files of the environment ``source``.

    :returns: packages of the locks that ``source`` does not have (the language engine, where it
        could not be built).
    :raises StepFailed: a package there has another version than the lock.
    """
    venv.create(target, with_pip=False, clear=True, symlinks=True)
    versions = wanted()
    missing = set(versions)
    for distribution in distributions(path=[str(site_packages(source))]):
        name = normalised(distribution.metadata["Name"])
        if name not in versions:
            continue
        if distribution.version not in versions[name]:
            raise StepFailed(f"{name} {distribution.version} is not locked. Run: make setup-dev")
        missing.discard(name)
        _link(distribution, site_packages(source), site_packages(target))
    return sorted(missing - _not_for_this_platform())


def _not_for_this_platform() -> set[str]:
    """Packages that the locks give to another system alone."""
    text = "".join((LOCK / name).read_text(encoding="utf-8") for name in FILES)
    marked = {normalised(name): marker for name, _, marker in _PIN.findall(text) if marker}
    here = f"sys_platform == '{sys.platform}'"
    return {name for name, marker in marked.items() if here not in marker}


def _link(distribution: Distribution, source: Path, target: Path) -> None:
    """Hard links of all files, or copies where the disk has no hard links across."""
    for file in distribution.files or ():
        if ".." in file.parts or "__pycache__" in file.parts:
            continue
        here, there = source / file, target / file
        if not here.exists():
            continue
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(here, there)
        except FileExistsError:
            continue
        except OSError:
            shutil.copy2(here, there)


def works(environment: Path, code: str) -> bool:
    """True when the environment's interpreter runs ``code``."""
    done = subprocess.run([python_of(environment), "-c", code], capture_output=True, check=False)
    return done.returncode == 0

"""Runs PyInstaller over ``packaging/radassist.spec``, and trims and checks what came out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bootstrap.console import Console
from bootstrap.package_environment import python_of

ROOT = Path(__file__).resolve().parents[2]
#: Libraries that come with symbols which nobody here reads: VTK's (a third of them), Python's and
#: the codecs' (two thirds).  Not all of them are stripped, because numpy's OpenBLAS breaks of it.
STRIPPED = (
    "vtkmodules/*.so*", "libpython3*.so*", "_libjpeg*.so", "_openjpeg*.so", "_CharLS*.so",
    "cryptography/hazmat/bindings/*.so",
)  # fmt: skip


def program_of(folder: Path) -> Path:
    """The program's file in a onedir folder."""
    return folder / ("radassist.exe" if sys.platform == "win32" else "radassist")


def source_date() -> str:
    """SOURCE_DATE_EPOCH (reproducible-builds.org): as set, else the time of the last commit."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    if given:
        return given
    asked = ["git", "log", "-1", "--format=%ct"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    return said.stdout.strip() or "1700000000"


def freeze(console: Console, environment: Path, *, language: bool, target: Path) -> Path:
    """Freeze the program with an environment; returns its folder.

    :param environment: made by ``package_environment``.
    :param target: folder that gets ``radassist/``.
    :raises StepFailed: PyInstaller failed; the log says why.
    """
    env = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": source_date(),
        "PYTHONPATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    env.pop("RADASSIST_NO_LANGUAGE", None)
    if not language:
        env["RADASSIST_NO_LANGUAGE"] = "1"
    work = ROOT / "build" / "pyinstaller"
    command: list[str | Path] = [
        *(python_of(environment), "-m", "PyInstaller", "--noconfirm", "--clean"),
        *("--distpath", target, "--workpath", work, ROOT / "packaging" / "radassist.spec"),
    ]
    console.run("Freezing the program", command, env=env)
    folder = target / "radassist"
    strip_libraries(folder)
    return folder


def strip_libraries(folder: Path) -> None:
    """Take the symbols out of the libraries of ``STRIPPED``, and of no others."""
    if sys.platform != "linux":
        return
    found = [path for pattern in STRIPPED for path in sorted((folder / "lib").glob(pattern))]
    files = [path for path in found if not path.is_symlink()]
    if files:
        subprocess.run(["strip", "--strip-unneeded", *files], check=True)


def size_of(folder: Path) -> int:
    """Bytes of all files; a link counts nothing."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink())


def library_closure(
    binaries: list[tuple[str, str, str]], needs: dict[str, set[str]]
) -> list[tuple[str, str, str]]:
    """Without the libraries of the system that nothing which is kept needs any more.

    :param binaries: (destination, source, kind) as PyInstaller has them.
    :param needs: source -> names of the libraries that it is linked with.
    """
    system = {
        Path(destination).name
        for destination, source, _ in binaries
        if source.startswith(("/lib/", "/usr/lib/")) and "/" not in destination
    }
    needed: set[str] = set()
    todo = [source for destination, source, _ in binaries if Path(destination).name not in system]
    by_name = {Path(destination).name: source for destination, source, _ in binaries}
    while todo:
        for name in needs.get(todo.pop(), set()) & system:
            if name not in needed:
                needed.add(name)
                todo.append(by_name[name])
    return [b for b in binaries if Path(b[0]).name not in system or Path(b[0]).name in needed]

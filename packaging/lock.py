"""Resolve the dependencies of pyproject.toml into packaging/lock/*.txt, with hashes.

Run by ``make lock``; ``make lock UPGRADE=1`` moves every package to its newest allowed version.
The files hold names, versions, markers and sha256 hashes and nothing else: no index, no host.

=================  ============================================================================
``dev.txt``        everything: the program, the window, and the tools that test it
``run.txt``        what the program needs, at the very versions of ``dev.txt``
``language.txt``   llama-cpp-python alone: an sdist, built once by ``setup.py`` into a cached wheel
``build.txt``      what builds that wheel
``package.txt``    what freezes the program (PyInstaller), at the very versions of ``dev.txt``
``project.txt``    setuptools alone: what makes this project's editable install
=================  ============================================================================
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "packaging" / "lock"
RESOLVER = "uv==0.13.9"
BUILT_HERE = "llama-cpp-python"
COMMON = [
    "--generate-hashes",
    "--universal",
    "--python-version=3.11",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--quiet",
]


def resolver() -> Path:
    """The pinned resolver in an environment of its own; made on first use."""
    home = ROOT / "build" / "lock-venv"
    program = home / "bin" / "uv"
    if not program.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", RESOLVER], check=True)
    return program


def compile_lock(uv: Path, sources: list[str], output: str, *options: str) -> None:
    """Write one lock file from ``sources``, keeping the versions that it already pins."""
    command = [str(uv), "pip", "compile", *sources, *COMMON, *options, "-o", output]
    subprocess.run(command, cwd=ROOT, check=True)


def write_one_pin(name: str, text: str, output: Path) -> None:
    """Write the pin of one package, with its hashes, out of the text of a lock file."""
    joined = text.replace("\n    ", "\0    ").splitlines()
    blocks = [line for line in joined if line.startswith(f"{name}==")]
    if len(blocks) != 1:
        raise SystemExit(f"Expected one pin of {name}, found {len(blocks)}.")
    output.write_text(blocks[0].replace("\0", "\n") + "\n", encoding="utf-8")


def main() -> int:
    uv = resolver()
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    program = ["pyproject.toml", "--extra=gui", "--extra=language"]
    without = f"--no-emit-package={BUILT_HERE}"
    whole = ROOT / "build" / "lock-venv" / "whole.txt"
    dev = LOCK / "dev.txt"
    if dev.exists() and not upgrade:
        kept = dev.read_text(encoding="utf-8") + (LOCK / "language.txt").read_text(encoding="utf-8")
        whole.write_text(kept, encoding="utf-8")
    compile_lock(uv, [*program[:1], "--group=dev", *program[1:]], str(whole), *upgrade)
    write_one_pin(BUILT_HERE, whole.read_text(encoding="utf-8"), LOCK / "language.txt")
    pinned = f"--constraint={whole}"
    compile_lock(uv, [*program[:1], "--group=dev", *program[1:]], str(dev), without, pinned)
    compile_lock(uv, program, str(LOCK / "run.txt"), without, pinned, "--upgrade")
    compile_lock(uv, ["packaging/lock/build.in"], str(LOCK / "build.txt"), *upgrade)
    compile_lock(uv, ["packaging/lock/package.in"], str(LOCK / "package.txt"), pinned, "--upgrade")
    build = (LOCK / "build.txt").read_text(encoding="utf-8")
    write_one_pin("setuptools", build, LOCK / "project.txt")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

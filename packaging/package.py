"""``make package``: the Linux artefacts in ``dist/``, from the locked packages.

    python3 packaging/package.py all       engine, environment, freeze, .deb, .tar.xz, pack
    python3 packaging/package.py freeze    engine, environment, freeze
    python3 packaging/package.py ci        freeze from what .venv holds already, and smoke test

``ci`` uses the language engine of ``.venv``, which is built for the machine that it runs on: good
for a test, never for a package.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from bootstrap import freezing, linux, package_environment, portable
from bootstrap.console import Console, StepFailed

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
ENVIRONMENT = BUILD / "package-venv"
DIST = ROOT / "dist"
#: The language pack that goes beside the program, as a file to carry by hand.
BESIDE = "language-default"


def freeze(console: Console) -> Path:
    """The frozen program for a package."""
    console.say("The language engine for any processor: built once, then kept …")
    engine = portable.build()
    package_environment.install(console, ENVIRONMENT, engine)
    folder = freezing.freeze(console, ENVIRONMENT, language=True, target=BUILD / "frozen")
    console.say(f"{folder.relative_to(ROOT)}: {freezing.size_of(folder) / 1e6:.0f} MB")
    return folder


def documents(console: Console) -> Path:
    """Man page, icons, licences and bill of materials of what was frozen last."""
    folder = BUILD / "documents"
    python = package_environment.python_of(ENVIRONMENT)
    toc = BUILD / "pyinstaller" / "radassist" / "COLLECT-00.toc"
    env = {**os.environ, "SOURCE_DATE_EPOCH": freezing.source_date(), "PYTHONPATH": ""}
    script = ROOT / "packaging" / "documents.py"
    console.run("Writing man page, icons, licences, SBOM", [python, script, folder, toc], env=env)
    return folder


def language_pack(console: Console, program: Path) -> Path | None:
    """The zip of the language pack, written by the program itself; None where it has none."""
    target = DIST / f"{BESIDE}.zip"
    target.unlink(missing_ok=True)
    command: list[str | Path] = [program, "models", "export", BESIDE, target]
    env = {**os.environ, "RADASSIST_HOME": str(BUILD / "home")}  # not the records of who builds
    try:
        console.run(f"Exporting the pack {BESIDE}", command, env=env)
    except StepFailed:
        console.say(f"Without {target.name}: the pack is not installed here (models fetch).")
        return None
    return target


def everything(console: Console) -> None:
    """All artefacts into dist/, with SHA256SUMS."""
    folder = freeze(console)
    papers = documents(console)
    when = int(freezing.source_date())
    DIST.mkdir(exist_ok=True)
    made = [
        linux.make_deb(console, folder, papers, DIST, when),
        linux.make_archive(console, folder, papers, DIST, when),
    ]
    pack = language_pack(console, freezing.program_of(folder))
    made += [pack] if pack is not None else []
    sums = []
    for path in made:
        with path.open("rb") as file:
            sums.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.name}\n")
        console.say(f"dist/{path.name}: {path.stat().st_size / 1e6:.0f} MB")
    (DIST / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


def ci(console: Console) -> int:
    """Freeze with the packages of .venv, and run what came out."""
    environment = BUILD / "smoke-venv"
    absent = package_environment.link(ROOT / ".venv", environment)
    language = package_environment.ENGINE not in absent
    others = [name for name in absent if name != package_environment.ENGINE]
    if others:
        raise StepFailed(f"Not in .venv: {', '.join(others)}. Run: make setup-dev")
    if not language:
        console.say("Without the language engine, which is not in .venv.")
    folder = freezing.freeze(console, environment, language=language, target=BUILD / "smoke")
    console.say("Running it …")
    script = str(ROOT / "packaging" / "smoke.py")
    command = [sys.executable, script, str(freezing.program_of(folder))]
    command += [] if language else ["--no-engine"]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    console = Console(BUILD / "package.log")
    try:
        match sys.argv[1:]:
            case ["freeze"]:
                freeze(console)
            case ["all"]:
                everything(console)
            case ["ci"]:
                return ci(console)
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except StepFailed as fault:
        print(fault, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

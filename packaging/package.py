"""``make package``: the Linux artefacts in ``dist/``, from the locked packages.

    python3 packaging/package.py all       engine, environment, freeze, .deb, .tar.xz, pack
    python3 packaging/package.py freeze    engine, environment, freeze
    python3 packaging/package.py ci        freeze from what .venv holds already, and smoke test

``ci`` uses the language engine of ``.venv``, which is built for the machine that it runs on: good
for a test, never for a package.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bootstrap import freezing, package_environment, portable
from bootstrap.console import Console, StepFailed

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"
ENVIRONMENT = BUILD / "package-venv"


def freeze(console: Console) -> Path:
    """The frozen program for a package."""
    console.say("The language engine for any processor: built once, then kept …")
    engine = portable.build()
    package_environment.install(console, ENVIRONMENT, engine)
    folder = freezing.freeze(console, ENVIRONMENT, language=True, target=BUILD / "frozen")
    console.say(f"{folder.relative_to(ROOT)}: {freezing.size_of(folder) / 1e6:.0f} MB")
    return folder


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

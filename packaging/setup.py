"""``make setup``: everything from a fresh Debian 12 to a program that runs, and again in seconds.

Standard library only.  In order: system libraries (through apt where that is allowed), ``.venv``,
the language engine's build (started first, in the background), locked packages, this project, the
model packs.  Each finished step leaves a stamp in ``.venv``; a step whose stamp still fits is not
done again.  What is not vital and cannot be had is said, with the reason, and setup goes on.

    python3 packaging/setup.py [--dev] [--no-language]
"""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

from bootstrap import system, wheel
from bootstrap.console import Console, StepFailed
from bootstrap.stamps import Stamps, fingerprint, key_of

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "packaging" / "lock"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PROGRAM = VENV / "bin" / "radassist"
PACKS = ("language-default", "language-tiny")
PYTHON_AT_LEAST = (3, 11)


class Setup:
    """One run of the setup.

    :param dev: also what tests and linters need.
    :param language: also the language model's engine and packs.
    """

    def __init__(self, *, dev: bool, language: bool) -> None:
        self.dev = dev
        self.language = language
        self.console = Console(ROOT / "build" / "setup.log", self._news)
        self.stamps = Stamps(VENV / "setup-stamps.json")
        self.notes: list[str] = []
        self.broken: list[str] = []
        self._build: wheel.BackgroundBuild | None = None

    def run(self) -> None:
        """All steps.

        :raises StepFailed: a vital step cannot be done.
        """
        screen = system.has_screen()
        absent = system.install(self.console, system.needed(dev=self.dev, screen=screen))
        self.notes += [f"{need.why} may not work: {need.package} is missing" for need in absent]
        self._environment()
        try:
            if self.language:
                self._start_build()
            self._packages()
            self._project()
            self._packs()
            if self.language:
                self._install_engine()
        finally:
            if self._build is not None:
                self._build.stop()

    def _news(self) -> str:
        return self._build.news() if self._build is not None else ""

    def _pip(self, title: str, *arguments: str | Path, next_step: str = "") -> None:
        command = [PYTHON, "-m", "pip", "--no-input", "install", *arguments]
        self.console.run(title, command, next_step=next_step)

    def _environment(self) -> None:
        key = key_of(sys.version)
        if self.stamps.done("environment", key) and PYTHON.exists():
            return
        if not _works(PYTHON):
            self.console.say("Making the virtual environment .venv …")
            venv.create(VENV, with_pip=True, clear=VENV.exists(), symlinks=True)
            self.stamps = Stamps(VENV / "setup-stamps.json")
        self.stamps.mark("environment", key)

    def _start_build(self) -> None:
        cache = wheel.WheelCache.here()
        if self.stamps.done("engine", cache.folder.name) or cache.wheel() is not None:
            return
        reason = wheel.obstacle() or cache.failed_before()
        if reason:
            return  # told at the end, by _install_engine
        self.console.say("Building the language model's engine in the background (once; minutes).")
        self._build = wheel.BackgroundBuild(cache)

    def _packages(self) -> None:
        name = "dev.txt" if self.dev else "run.txt"
        key = key_of(LOCK / name, sys.version)
        if self.stamps.done(f"packages-{name}", key):
            return
        if not self.dev and self.stamps.done(
            "packages-dev.txt", key_of(LOCK / "dev.txt", sys.version)
        ):
            return  # dev.txt holds all of run.txt, at the same versions
        count = (LOCK / name).read_text(encoding="utf-8").count("==")
        options = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK / name)]
        again = "Is the package index reachable? Run the same command again: it goes on."
        self._pip(f"Installing {count} locked packages", *options, next_step=again)
        self.stamps.mark(f"packages-{name}", key)

    def _project(self) -> None:
        key = key_of(ROOT / "pyproject.toml", LOCK / "project.txt", str(ROOT))
        if self.stamps.done("project", key) and PROGRAM.exists():
            return
        pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK / "project.txt")]
        self._pip("Installing the installer of this project", *pinned)
        editable = ["--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT)]
        self._pip("Installing radassist itself", *editable)
        self.stamps.mark("project", key)

    def _packs(self) -> None:
        before = self.stamps.get("packs")
        if before and before == self._packs_key():
            return
        complete = self.language
        for pack in shipped_packs():
            try:
                title = f"Checking the model pack {pack}"
                self.console.run(title, [PROGRAM, "models", "verify", pack])
            except StepFailed as fault:
                complete = False
                self.broken.append(str(fault))  # told at the end: the engine may still be built
        for pack in PACKS if self.language else ():
            try:
                self.console.run(
                    f"Fetching the model pack {pack}",
                    [PROGRAM, "models", "fetch", pack],
                    next_step=f"Later: .venv/bin/radassist models fetch {pack}",
                )
            except StepFailed as fault:
                complete = False
                self.notes.append(f"the model pack {pack} is not installed: {fault}")
        if complete:
            self.stamps.mark("packs", self._packs_key())

    def _packs_key(self) -> str:
        """Over the shipped packs and the user's; asked of the program once, then remembered."""
        folder = os.environ.get("RADASSIST_MODELS", "") or self.stamps.get("models-folder")
        if not folder:
            ask = "from radassist.settings import find_paths; print(find_paths().models)"
            said = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
            folder = said.stdout.strip()
            if said.returncode != 0 or not folder:
                return ""
            self.stamps.mark("models-folder", folder)
        return fingerprint([ROOT / "resources" / "packs", Path(folder)])

    def _install_engine(self) -> None:
        cache = wheel.WheelCache.here()
        if self.stamps.done("engine", cache.folder.name):
            return
        if self._build is not None:
            while not self._build.wait(15.0):
                self.console.say(f"Waiting for the build: {self._build.news()}")
        built = cache.wheel()
        reason = wheel.obstacle() or cache.failed_before()
        if built is None:
            reason = reason or f"the build ended without a wheel (the log is {cache.log})"
            self.notes.append(f"the language model is not available: {reason}")
            return
        options = ["--no-deps", "--no-index", "--force-reinstall", str(built)]
        self._pip("Installing the language model's engine", *options)
        if not _works(PYTHON, "import llama_cpp"):
            cache.drop()
            self.notes.append("the language model is not available: its engine does not run here")
            return
        self.stamps.mark("engine", cache.folder.name)


def shipped_packs() -> list[str]:
    """Ids of the packs whose files lie in resources/ (the others are fetched)."""
    import tomllib  # not at the top: an older Python must get as far as the sentence in main

    found = []
    for manifest in sorted((ROOT / "resources" / "packs").glob("*/pack.toml")):
        pack = tomllib.loads(manifest.read_text(encoding="utf-8"))
        if "source" not in pack:
            found.append(str(pack["id"]))
    return found


def _works(python: Path, code: str = "import pip") -> bool:
    """True when this interpreter exists, is of our version and runs ``code``."""
    check = f"import sys; assert sys.version_info[:2] == {tuple(sys.version_info[:2])}; {code}"
    if not python.exists():
        return False
    return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0


def _build_wheel() -> int:
    try:
        wheel.build(wheel.WheelCache.here())
    except StepFailed:
        return 1  # the reason lies in the cache folder, where the setup reads it
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Set radassist up in .venv.")
    parser.add_argument("--dev", action="store_true", help="also what tests and linters need")
    parser.add_argument("--no-language", action="store_true", help="without the language model")
    parser.add_argument("--build-wheel", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """0 when radassist can be used, 2 with one sentence when it cannot."""
    if sys.version_info[:2] < PYTHON_AT_LEAST:
        print("radassist needs Python 3.11 or newer; name one: make setup PYTHON=python3.11")
        return 2
    asked = _arguments()
    if asked.build_wheel:
        return _build_wheel()
    (ROOT / "build").mkdir(exist_ok=True)
    with (ROOT / "build" / "setup.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # two setups at once would tread on each other
        setup = Setup(dev=asked.dev, language=not asked.no_language)
        try:
            setup.run()
        except StepFailed as fault:
            print(fault, file=sys.stderr)
            return 2
    for note in setup.notes:
        setup.console.say(f"Note: {note}.")
    for fault_text in setup.broken:
        print(fault_text, file=sys.stderr)
    if not setup.broken:
        setup.console.say("radassist is set up.")
    return 2 if setup.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())

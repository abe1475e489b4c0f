"""``make test``: lint, then the tests in phases, each with its time, and one line at the end.

=========  ====================================================================================
``lint``   ruff, mypy --strict, import contracts
``core``   the fast tests, in an environment without PySide6 and VTK
``gui``    the fast tests of the window and of 3D, without a screen
``screen`` the window's tests once more on a virtual X11 screen, where Xvfb is there
``package``  freezes the program from the packages of .venv, and runs it
``slow``   models, fuzzing and the commands as a user runs them; within a budget in CI
``bench``  the measured numbers of tests/benchmarks
=========  ====================================================================================

    python packaging/run_tests.py fast | ci | full | lint | bench
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap import core_environment

ROOT = Path(__file__).resolve().parents[1]
BIN = ROOT / ".venv" / "bin"
CORE = ROOT / ".venv-core"
#: Seconds for the slow phase in CI; what it leaves out is counted and named.
CI_BUDGET_S = 900
PROFILES = {
    "lint": ("lint",),
    "fast": ("lint", "core", "gui"),
    "ci": ("lint", "core", "gui", "screen", "package", "slow"),
    "full": ("lint", "core", "gui", "screen", "package", "slow"),
    "bench": ("bench",),
}
NO_TESTS = 5  # pytest's exit code
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)")


@dataclass
class Result:
    """What one phase came to."""

    name: str
    ok: bool = True
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)


class Runner:
    """Runs the phases of one profile, all of them, whatever the earlier ones said."""

    def __init__(self, profile: str) -> None:
        self.profile = profile
        self.results: list[Result] = []

    def run(self) -> bool:
        """True when every phase is good."""
        for name in PROFILES[self.profile]:
            print(f"\n=== {name} ===", flush=True)
            result = Result(name)
            started = time.monotonic()
            getattr(self, f"_{name}")(result)
            result.seconds = time.monotonic() - started
            self.results.append(result)
        self._summary()
        return all(result.ok for result in self.results)

    def _lint(self, result: Result) -> None:
        for command in (
            ["ruff", "check", "."],
            ["ruff", "format", "--check", "--quiet", "."],
            ["mypy"],
            ["mypy", "--explicit-package-bases", "packaging"],
            ["lint-imports"],
        ):
            print("$", *command, flush=True)
            env = {**os.environ, "MYPYPATH": str(ROOT / "packaging")}
            done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, env=env, check=False)
            result.ok &= done.returncode == 0

    def _core(self, result: Result) -> None:
        left_out = core_environment.make(ROOT / ".venv", CORE)
        print(f"Not installed here: {', '.join(left_out)}", flush=True)
        chosen = "not slow and not model and not e2e and not qt"
        env = {"RADASSIST_TEST_CORE": "1"}
        self._pytest(result, CORE, ["-n", "auto", "-m", chosen, "tests"], env)

    def _gui(self, result: Result) -> None:
        env = {"QT_QPA_PLATFORM": "offscreen"}
        self._pytest(result, ROOT / ".venv", ["-m", "qt and not slow", "tests"], env)

    def _screen(self, result: Result) -> None:
        if shutil.which("xvfb-run") is None:
            print("Skipped: there is no xvfb-run here (Debian: xvfb, xauth).")
            return
        prefix = ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24"]
        chosen = ["-m", "qt and not slow", "tests/gui"]
        self._pytest(result, ROOT / ".venv", chosen, {"QT_QPA_PLATFORM": "xcb"}, prefix)

    def _package(self, result: Result) -> None:
        command = [str(BIN / "python"), str(ROOT / "packaging" / "package.py"), "ci"]
        print("$", *command, flush=True)
        result.ok = subprocess.run(command, cwd=ROOT, check=False).returncode == 0

    def _slow(self, result: Result) -> None:
        budget = [f"--slow-budget={CI_BUDGET_S}"] if self.profile == "ci" else []
        chosen = ["-m", "slow or model or e2e", "--durations=10", *budget, "tests"]
        self._pytest(result, ROOT / ".venv", chosen, {"QT_QPA_PLATFORM": "offscreen"})

    def _bench(self, result: Result) -> None:
        for script in sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py")):
            print("$", script.relative_to(ROOT), flush=True)
            env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
            done = subprocess.run([BIN / "python", script], cwd=ROOT, env=env, check=False)
            result.ok &= done.returncode == 0

    def _pytest(
        self,
        result: Result,
        environment: Path,
        arguments: list[str],
        env: dict[str, str],
        prefix: list[str] | None = None,
    ) -> None:
        python = str(environment / "bin" / "python")
        command = [*(prefix or []), python, "-m", "pytest", *arguments]
        print("$", *command, flush=True)
        code, last = _teed(command, {**os.environ, **env, "HYPOTHESIS_PROFILE": "ci"})
        result.counts = counts_of(last)
        result.ok = code in (0, NO_TESTS)

    def _summary(self) -> None:
        print("\n=== summary ===")
        total: dict[str, int] = {}
        for result in self.results:
            word = "good" if result.ok else "FAILED"
            counts = ", ".join(f"{n} {kind}" for kind, n in result.counts.items())
            print(f"{result.name:8} {word:8} {result.seconds:6.0f} s  {counts}")
            for kind, n in result.counts.items():
                total[kind] = total.get(kind, 0) + n
        if total:
            bad = total.get("failed", 0) + total.get("error", 0)
            passed, skipped = total.get("passed", 0), total.get("skipped", 0)
            print(f"total: {passed} passed, {bad} failed, {skipped} skipped", flush=True)


def counts_of(closing_line: str) -> dict[str, int]:
    """The numbers of pytest's closing line: ``{"passed": 12, "skipped": 1}``."""
    found = _COUNT.findall(closing_line)
    return {kind.removesuffix("s") if kind == "errors" else kind: int(n) for n, kind in found}


def _teed(command: list[str], env: dict[str, str]) -> tuple[int, str]:
    """Run with the output shown as it comes; the exit code and the last line that counts."""
    last = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            if _COUNT.search(line) and " in " in line:
                last = line
    return process.returncode, last


def main() -> int:
    profile = sys.argv[1] if len(sys.argv) == 2 else ""
    if profile not in PROFILES:
        print(f"usage: run_tests.py {' | '.join(PROFILES)}", file=sys.stderr)
        return 2
    return 0 if Runner(profile).run() else 1


if __name__ == "__main__":
    raise SystemExit(main())

"""Rules that hold for every test: nothing left running, nothing of the user touched, no network.

``shared_data`` gives the folder of real material beside the project, or skips with the reason.
``radassist_home`` gives a test its own empty home and model folders.
"""

from __future__ import annotations

import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest

from radassist import offline

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
#: How long what a test started may take to end after the test, on a machine that is busy.
_GRACE_S = 15.0
T = TypeVar("T")
#: Folders of tests that cannot even be imported without the module named.
_NEEDS = {"gui": "PySide6"}
_BUDGET_REASON = "the budget of {:.0f} s for slow tests is spent (make test-full runs them all)"

offline.install()

hypothesis.settings.register_profile("dev", deadline=None)
hypothesis.settings.register_profile(
    "ci", deadline=None, derandomize=True, database=None, print_blob=True
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

collect_ignore = [folder for folder, module in _NEEDS.items() if find_spec(module) is None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow-budget",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="skip what is left of slow, model and e2e tests after this time, and count it",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Every process of the test run, also the commands it starts, works in a scratch home."""
    if "RADASSIST_HOME" not in os.environ or hasattr(config, "workerinput"):
        scratch = tempfile.TemporaryDirectory(prefix="radassist-tests-")
        os.environ["RADASSIST_HOME"] = scratch.name
        config.add_cleanup(scratch.cleanup)


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What this run cannot test, before it says that all is well."""
    lines = [
        f"without {module}: tests/{folder} is left out"
        for folder, module in _NEEDS.items()
        if folder in collect_ignore and (ROOT / "tests" / folder).exists()
    ]
    if not SHARED.exists():
        lines.append("without ../shared: tests on its real material are skipped")
    return lines


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the window carry ``qt`` by their place, benchmarks ``slow``; e2e comes first."""
    for item in items:
        place = item.path.relative_to(ROOT / "tests").parts[0]
        if place in _NEEDS:
            item.add_marker(pytest.mark.qt)
        if place == "benchmarks":
            item.add_marker(pytest.mark.slow)
        if place == "e2e":
            item.add_marker(pytest.mark.e2e)
    # The budget cuts from the end, so what a user does stands first; otherwise the order is kept.
    items.sort(key=lambda item: item.get_closest_marker("e2e") is None)


@pytest.fixture(scope="session")
def _slow_clock() -> float:
    return time.monotonic()


@pytest.fixture(autouse=True)
def _slow_budget(request: pytest.FixtureRequest, _slow_clock: float) -> None:
    budget = request.config.getoption("--slow-budget")
    if budget and time.monotonic() - _slow_clock > budget:
        pytest.skip(_BUDGET_REASON.format(budget))


@pytest.fixture(autouse=True)
def _nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread or a child process behind.

    Fixtures of a wider scope start first, so what they keep running is not counted.  A test whose
    purpose needs it carries ``@pytest.mark.leaves_running("reason")``.
    """
    threads, children = _threads(), _children()
    yield
    if request.node.get_closest_marker("leaves_running"):
        return
    left_threads = _gone(lambda: _threads() - threads)
    left_children = _gone(lambda: _children() - children)
    names = [f"thread {t.name!r}" for t in left_threads]
    names += [f"process {pid} ({_command(pid)})" for pid in left_children]
    if names:
        pytest.fail(f"The test left running: {', '.join(names)}.", pytrace=False)


@pytest.fixture
def radassist_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home for reports, audit and settings, and an empty folder of model packs."""
    home, models = tmp_path / "home", tmp_path / "models"
    home.mkdir()
    models.mkdir()
    monkeypatch.setenv("RADASSIST_HOME", str(home))
    monkeypatch.setenv("RADASSIST_MODELS", str(models))
    return home


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder ``../shared/data`` of real images and texts; skips where there is none."""
    if not (SHARED / "data").is_dir():
        pytest.skip("no ../shared/data beside the project: real material is not here")
    return SHARED / "data"


def _threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.is_alive()}


def _children() -> set[int]:
    """Child processes of this one that run (Linux; elsewhere none are seen)."""
    found: set[int] = set()
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(pid) for pid in task.read_text(encoding="ascii").split())
        except OSError:
            continue  # a thread that ended meanwhile
    return {pid for pid in found if _counts(pid)}


def _counts(pid: int) -> bool:
    """Not those that have ended, nor Python's own tracker of shared memory, which stays."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X") and "resource_tracker" not in _command(pid)


def _command(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return "ended"
    return raw.replace(b"\0", b" ").decode("utf-8", "replace").strip()[:120]


def _gone(left: Callable[[], set[T]]) -> set[T]:
    """What is still there after the grace; returns at once when nothing is."""
    until = time.monotonic() + _GRACE_S
    while (remaining := left()) and time.monotonic() < until:
        time.sleep(0.01)
    return remaining

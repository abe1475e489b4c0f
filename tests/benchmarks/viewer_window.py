"""The real window opens one series, in a process of its own; a child of bench_viewer.

    python viewer_window.py SCRATCH_HOME OTHER_SERIES SERIES REPEATS

The window is drawn by the platform of QT_QPA_PLATFORM (offscreen).  Drafting is off: reading is
measured here.  Prints ``ready``, waits for a line, and prints one JSON line with, for each
repetition, seconds from the act of opening to the paint of the first image and to the last image
of the series in the cache, and the gaps of a 10 ms heartbeat on the window's thread meanwhile.
Between two repetitions the other series is opened, so that nothing of the measured one is held.
``cold``: with SERIES only, seconds since the process began (its start is told by the parent).
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

START = time.monotonic()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np  # noqa: E402
from PySide6.QtCore import QEvent, QObject, Qt, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from radassist.app.window import _application, _window  # noqa: E402
from radassist.app.workbench import Workbench  # noqa: E402
from radassist.ui.main_window import MainWindow  # noqa: E402

BEAT_MS = 10
_PATIENCE_S = 300.0


class FirstPaint(QObject):
    """When the pane has painted an image for the first time since ``reset``."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__()
        self._window = window
        self.at = 0.0
        window.viewport.pane.installEventFilter(self)

    def reset(self) -> None:
        self.at = 0.0

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.at and self._shown():
            watched.removeEventFilter(self)  # paint it here, then look at the clock
            QApplication.sendEvent(watched, event)
            watched.installEventFilter(self)
            self.at = time.monotonic()
            return True
        return False

    def _shown(self) -> bool:
        return self._window.viewport.pane.levels() is not None


class Heartbeat(QObject):
    """Gaps between the beats of a timer on the window's thread, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.gaps: list[float] = []
        self._last = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        self.gaps, self._last = [], time.monotonic()
        self._timer.start(BEAT_MS)

    def stop(self) -> dict[str, float]:
        self._beat()
        self._timer.stop()
        gaps = np.asarray(self.gaps)
        return {
            "worst_ms": float(gaps.max()),
            "p99_ms": float(np.percentile(gaps, 99)),
            "beats": len(gaps),
        }

    def _beat(self) -> None:
        now = time.monotonic()
        self.gaps.append((now - self._last) * 1000)
        self._last = now


def until(app: QApplication, done: Any) -> None:
    """Run the event loop until ``done()``; :raises TimeoutError: after five minutes."""
    late = time.monotonic() + _PATIENCE_S
    while not done():
        app.processEvents()
        if time.monotonic() > late:
            raise TimeoutError("the window did not become ready")
        time.sleep(0.0005)


def opened(app: QApplication, window: MainWindow, first: FirstPaint, folder: Path) -> dict:
    """Open a folder and wait for everything that opening starts."""
    beat = Heartbeat()
    count = sum(1 for _ in folder.iterdir())
    first.reset()
    window.viewport.clear()
    beat.start()
    start = time.monotonic()
    window.desk.open([folder])
    until(app, lambda: first.at)
    until(app, lambda: window.viewport.state.count == count)
    listed = time.monotonic()
    until(app, lambda: not window.tasks.busy())
    end = time.monotonic()
    return {
        "first_s": first.at - start,
        "listed_s": listed - start,
        "all_s": end - start,
        "held": len(window.viewport.store._cache),
        **beat.stop(),
    }


def quiet(app: QApplication, seconds: float) -> dict[str, float]:
    """The heartbeat of a window that does nothing: what the machine itself adds."""
    beat = Heartbeat()
    beat.start()
    end = time.monotonic() + seconds
    until(app, lambda: time.monotonic() > end)
    return beat.stop()


def wandered(app: QApplication, window: MainWindow) -> int:
    """Jump through the whole series and wait for each image; returns how many were shown."""
    count = window.viewport.state.count
    places = [int(p) for p in np.linspace(0, count - 1, 24)]
    for place in [*places, *reversed(places)]:
        window.viewport.go_to(place)
        until(app, lambda: window.viewport.pane.levels() is not None)
    until(app, lambda: not window.tasks.busy())
    return 2 * len(places)


def main() -> None:
    home, other, folder, repeats = sys.argv[1:5]
    app = _application()
    with Workbench(home=Path(home)) as bench:
        cold = repeats == "cold"
        bench.archive.start(wait_s=0.0 if cold else 120.0)
        window = _window(bench)
        window.desk.draft_on_open = False
        window.resize(1600, 1000)
        window.show()
        first = FirstPaint(window)
        if cold:
            window.desk.open([Path(folder)])
            until(app, lambda: first.at)
            print(json.dumps({"first_at": first.at}), flush=True)
            os._exit(0)
        opened(app, window, first, Path(other))
        print("ready", flush=True)
        sys.stdin.readline()
        answer: dict[str, Any] = {"runs": [], "quiet": quiet(app, 2.0)}
        for number in range(int(repeats)):
            if number:
                opened(app, window, first, Path(other))
            answer["runs"].append(opened(app, window, first, Path(folder)))
        answer["wandered"] = wandered(app, window)
        print(json.dumps(answer), flush=True)
        sys.stdin.readline()
        os._exit(0)


if __name__ == "__main__":
    main()

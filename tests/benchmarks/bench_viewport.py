"""Frames a second of the viewport while scrolling and while windowing.

    python tests/benchmarks/bench_viewport.py [--json FILE] [--size 900x900] [--seconds 2]

Real widgets, painted synchronously into their backing store by the platform of QT_QPA_PLATFORM
(offscreen where there is none); images are decoded beforehand, as prefetching does.  The stack is
a seeded 512 x 512 16-bit phantom with noise; the radiograph has 2500 x 2048 pixels.  Also run by
``make bench``: each rate must reach 60 frames a second, one screen refresh.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from radassist.domain.study import Frame, Instance, Series, Study
from radassist.domain.windowing import to_display
from radassist.ports import DecodedFrame
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.ui.viewport import Viewport
from radassist.ui.viewport_frames import key_of
from radassist.viewer.cache import with_levels

ENOUGH = 60.0
STACKS = (("ct 512x512", (512, 512), 40), ("cr 2500x2048", (2500, 2048), 2))
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def phantom(rows: int, columns: int, count: int) -> tuple[Study, Series, dict[str, DecodedFrame]]:
    """A series of noisy ellipses that move from frame to frame (seed 7)."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    frames, decoded = [], {}
    for number in range(count):
        uid = f"1.2.3.{number}"
        instance = Instance(Path("none"), uid, "1.2", "1.2.3", "1.2.3.4", number, rows, columns,
                            pixel_spacing=(0.7, 0.7))  # fmt: skip
        frame = Frame(instance, 0, AXIAL, (0.0, 0.0, 5.0 * number))
        body = (x**2 / 0.8 + y**2 / 0.6 < 1) * 1000 + ((x - number / count) ** 2 + y**2 < 0.1) * 80
        pixels = (body - 1000 + random.normal(0, 20, body.shape)).astype(np.int16)
        frames.append(frame)
        decoded[uid] = DecodedFrame(frame.ref, pixels, (40.0, 400.0), inverted=False, unit="HU")
    series = Series("1.2.3.4", tuple(frames), "CT", "CHEST", spacing=(5.0, 0.7, 0.7),
                    pixel_spacing=(0.7, 0.7), plane="axial")  # fmt: skip
    return Study("1.2.3", (series,), "20240101", patient_name="Phantom"), series, decoded


class Paints(QObject):
    """Counts the paint events of a pane."""

    def __init__(self, viewport: Viewport) -> None:
        super().__init__()
        self.count = 0
        viewport.pane.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.count += event.type() == QEvent.Type.Paint
        return False


def rate(viewport: Viewport, step: Callable[[int], object], seconds: float) -> tuple[float, float]:
    """(frames a second by the median, 95th percentile in ms) of ``step`` with a full repaint."""
    painted = Paints(viewport)
    took: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        before = time.perf_counter()
        step(len(took))
        viewport.pane.repaint()
        took.append(time.perf_counter() - before)
    assert painted.count >= len(took), "nothing was painted"
    return 1 / float(np.median(took)), float(np.percentile(took, 95)) * 1000


def measure(size: tuple[int, int] = (900, 900), seconds: float = 1.5) -> dict[str, float]:
    """All numbers: frames a second, 95th percentiles in ms, and to_display in ms."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    apply_theme(app)
    tasks = Tasks()
    found: dict[str, float] = {}
    try:
        for name, shape, count in (
            ("ct 512x512", (512, 512), 40),
            ("cr 2500x2048", (2500, 2048), 2),
        ):
            study, series, decoded = phantom(*shape, count)
            viewport = Viewport(tasks, lambda f, d=decoded: d[f.instance.sop_instance_uid])
            for frame in series.frames:
                levels = with_levels(decoded[frame.instance.sop_instance_uid])
                viewport.store._cache.put(key_of(frame), levels, levels.size)
            viewport.resize(*size)
            viewport.show()
            viewport.set_series(study, series)
            app.processEvents()
            wide = viewport.pane.current_window()[1]

            def scroll(n: int, view: Viewport = viewport, of: int = count) -> None:
                view.go_to(n % of)

            def window(n: int, view: Viewport = viewport, width: float = wide) -> None:
                view.pane.change(replace(view.state, window=(40.0, width + n % 200)))

            for what, step in (("scroll", scroll), ("window", window)):
                speed, late = rate(viewport, step, seconds)
                found[f"{name} {what} fps"] = round(speed, 1)
                found[f"{name} {what} 95 % ms"] = round(late, 1)
            image = decoded[series.frames[0].instance.sop_instance_uid]
            best = min(timed(lambda i=image: to_display(i)) for _ in range(10))
            found[f"{name} to_display ms"] = round(best * 1000, 2)
            viewport.close()
            viewport.deleteLater()
    finally:
        tasks.shutdown()
    return found


def timed(work: Callable[[], object]) -> float:
    """Seconds that ``work`` took."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def show(found: dict[str, float]) -> None:
    """The table."""
    for name, value in found.items():
        print(f"{name:32} {value:10.1f}")


def test_scrolling_and_windowing_keep_up_with_the_screen() -> None:
    found = measure(seconds=0.7)
    print()
    show(found)
    assert {k: v for k, v in found.items() if k.endswith("fps") and v < ENOUGH} == {}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--size", default="900x900")
    parser.add_argument("--seconds", type=float, default=1.5)
    chosen = parser.parse_args()
    width, height = (int(v) for v in chosen.size.split("x"))
    numbers = measure((width, height), chosen.seconds)
    show(numbers)
    if chosen.json:
        chosen.json.write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")

"""Small pictures of series, made one after another on a worker thread, kept for the session."""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from shiboken6 import isValid

from radassist.domain.study import Series
from radassist.domain.windowing import Mapping, windowed
from radassist.errors import Fault
from radassist.ports import CancelToken, DecodedFrame, Progress
from radassist.ui.study_panel_state import SeriesKey
from radassist.ui.tasks import Task, Tasks
from radassist.ui.viewport_frames import Decode
from radassist.ui.viewport_picture import as_qimage
from radassist.viewer.cache import with_levels
from radassist.viewer.transform import pixel_aspect

SIZE = 64
#: Side of the picture that is made; larger than shown for high-resolution screens.
_PIXELS = 128


class Thumbnails(QObject):
    """Makes and keeps thumbnails; ``arrived`` carries the key of a series that now has one."""

    arrived = Signal(object)

    def __init__(self, tasks: Tasks, decode: Decode, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks, self._decode = tasks, decode
        self._made: dict[SeriesKey, QPixmap] = {}
        self._failed: dict[SeriesKey, str] = {}
        self._queue: deque[tuple[SeriesKey, Series]] = deque()
        self._running: Task | None = None

    def get(self, key: SeriesKey) -> QPixmap | None:
        """The thumbnail, if it was made."""
        return self._made.get(key)

    def fault(self, key: SeriesKey) -> str:
        """Why a series has no thumbnail, or ""."""
        return self._failed.get(key, "")

    def want(self, key: SeriesKey, series: Series) -> None:
        """Make one later, unless it is there or was asked for."""
        if key in self._made or not series.frames or any(k == key for k, _ in self._queue):
            return
        self._queue.append((key, series))
        self._next()

    def clear(self) -> None:
        """Forget all."""
        if self._running is not None:
            self._running.cancel()
            self._running = None
        self._queue.clear()
        self._made.clear()
        self._failed.clear()

    def _next(self) -> None:
        """One at a time: the pane's own decoding shares the lane and matters more."""
        if self._running is not None or not self._queue:
            return
        key, series = self._queue.popleft()
        frame = series.frames[len(series.frames) // 2]

        def work(_progress: Progress, _cancel: CancelToken) -> QImage:
            return as_qimage(small_picture(self._decode(frame), series.pixel_spacing))

        def done(image: QImage) -> None:
            if not isValid(self):  # the panel was closed meanwhile
                return
            self._running = None
            self._made[key] = QPixmap.fromImage(image)
            self.arrived.emit(key)
            self._next()

        def failed(fault: Fault) -> None:
            if not isValid(self):
                return
            self._running = None
            self._failed[key] = fault.what
            self.arrived.emit(key)
            self._next()

        self._running = self._tasks.run("decode", work, done, failed)


def small_picture(
    frame: DecodedFrame, spacing: tuple[float, float] | None
) -> npt.NDArray[np.uint8]:
    """A frame as displayed, about 128 pixels on its long side, pixels square.

    :param spacing: (between rows, between columns) in millimetres, or None.
    """
    levels = with_levels(frame, _PIXELS)
    shown = windowed(levels.pixels(len(levels.smaller)), Mapping(frame))
    rows, columns = shown.shape[:2]
    aspect = pixel_aspect(spacing)
    scale = _PIXELS / max(rows * aspect, columns)
    row = np.linspace(0, rows - 1, max(1, round(rows * aspect * scale))).round().astype(int)
    column = np.linspace(0, columns - 1, max(1, round(columns * scale))).round().astype(int)
    return np.ascontiguousarray(shown[row][:, column])


def scaled(pixmap: QPixmap, pixel_ratio: float) -> QPixmap:
    """A thumbnail at its size on this screen."""
    side = round(SIZE * pixel_ratio)
    found = pixmap.scaled(
        side,
        side,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    found.setDevicePixelRatio(pixel_ratio)
    return found

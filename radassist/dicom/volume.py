"""Read a whole series into one volume, a few decodes ahead."""

from __future__ import annotations

import queue
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.domain.study import Frame, Series
from radassist.domain.volume import Volume, upright
from radassist.errors import Cancelled, InputFault
from radassist.ports import CancelToken, DecodedFrame, Progress

#: ``ports.Archive.decode_async``.
Decode = Callable[[Frame, Callable[[DecodedFrame | Exception], None]], Callable[[], None]]


def read_volume(decode: Decode, series: Series, progress: Progress, cancel: CancelToken) -> Volume:
    """As ``DicomArchive.read_volume``."""
    first = series.frames[0]
    if series.spacing is None or len(series.frames) < 2 or first.image_orientation is None:
        why = series.warnings[0] if series.warnings else "its slices are not evenly spaced."
        raise InputFault(f"The series is not a plain volume: {why}", "View its images in 2D.")
    values = _VolumeReading(decode, series).run(progress, cancel)
    positions = [f.image_position for f in series.frames if f.image_position is not None]
    return upright(values, series.spacing, first.image_orientation, positions)


class _VolumeReading:
    """Frames of one series into one array, a few requests ahead."""

    _AHEAD = 6

    def __init__(self, decode: Decode, series: Series) -> None:
        self._decode, self._frames = decode, series.frames
        self._answers: queue.SimpleQueue[tuple[int, DecodedFrame | Exception]] = queue.SimpleQueue()
        self._stops: dict[int, Callable[[], None]] = {}
        self._next = 0
        self._volume: npt.NDArray[Any] | None = None

    def run(self, progress: Progress, cancel: CancelToken) -> npt.NDArray[Any]:
        try:
            for _ in range(self._AHEAD):
                self._ask()
            done = 0
            while self._stops:
                if cancel.cancelled():
                    raise Cancelled("Reading the volume was cancelled.")
                with suppress(queue.Empty):
                    number, value = self._answers.get(timeout=0.05)
                    del self._stops[number]
                    self._put(number, value)
                    self._ask()
                    done += 1
                    progress(done / len(self._frames), f"{done} of {len(self._frames)} images")
        finally:
            for stop in self._stops.values():
                stop()
        assert self._volume is not None  # noqa: S101  at least two frames were put
        return self._volume

    def _ask(self) -> None:
        if self._next >= len(self._frames):
            return
        number = self._next
        self._next += 1
        answers = self._answers

        def done(value: DecodedFrame | Exception) -> None:
            answers.put((number, value))

        self._stops[number] = self._decode(self._frames[number], done)

    def _put(self, number: int, value: DecodedFrame | Exception) -> None:
        if isinstance(value, Exception):
            raise value
        pixels = value.pixels
        if pixels.ndim != 2:
            raise InputFault("Colour images are no volume.", "View them in 2D.")
        if self._volume is None:
            self._volume = np.zeros((len(self._frames), *pixels.shape), pixels.dtype)
        if pixels.dtype != self._volume.dtype:
            self._volume = self._volume.astype(np.result_type(self._volume, pixels, np.float32))
        self._volume[number] = pixels

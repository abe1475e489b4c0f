"""Read a whole series into one volume.

Workers write blocks of frames straight into shared memory.  Where that is not possible (no room,
values of several types), the frames are decoded one by one, a few ahead.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.uid import UID

from radassist.dicom.block import BlockRequest, Slot
from radassist.dicom.header import NativePlace
from radassist.dicom.headers import is_encapsulated
from radassist.dicom.sharing import free, keep, make_room
from radassist.domain.study import Frame, Series
from radassist.domain.volume import Volume, upright
from radassist.errors import Cancelled, EngineFault, InputFault
from radassist.ports import CancelToken, DecodedFrame, Progress

#: ``ports.Archive.decode_async``.
Decode = Callable[[Frame, Callable[[DecodedFrame | Exception], None]], Callable[[], None]]
#: The same for a block: the answer is a ``BlockAnswer`` or the exception.
Fill = Callable[[BlockRequest, Callable[[Any], None]], Callable[[], None]]

#: Frames of one request: few compressed ones, so that an image that is suddenly needed on the
#: screen waits for little; more of the others, which cost next to nothing.
_COMPRESSED, _NATIVE = 2, 8


@dataclass(frozen=True)
class Fillers:
    """Workers that fill blocks.

    :param ahead: requests under way at once.
    :param native: where frames lie that need no decoder, by file.
    """

    fill: Fill
    ahead: int
    native: Mapping[Path, NativePlace]


def read_volume(
    decode: Decode, fillers: Fillers, series: Series, progress: Progress, cancel: CancelToken
) -> Volume:
    """As ``DicomArchive.read_volume``."""
    first = series.frames[0]
    if series.spacing is None or len(series.frames) < 2 or first.image_orientation is None:
        why = series.warnings[0] if series.warnings else "its slices are not evenly spaced."
        raise InputFault(f"The series is not a plain volume: {why}", "View its images in 2D.")
    values = _filled(decode, fillers, series, progress, cancel)
    if values is None:
        values = _VolumeReading(decode, series.frames).run(progress, cancel)
    positions = [f.image_position for f in series.frames if f.image_position is not None]
    return upright(values, series.spacing, first.image_orientation, positions)


def _filled(
    decode: Decode, fillers: Fillers, series: Series, progress: Progress, cancel: CancelToken
) -> npt.NDArray[Any] | None:
    """The volume in shared memory, or None where it has to be read frame by frame."""
    sample = _VolumeReading(decode, series.frames[:1]).run(lambda _f, _t: None, cancel)
    shape = (len(series.frames), *sample.shape[1:])
    room = make_room(int(np.prod(shape)) * sample.itemsize)
    if room is None:
        return None
    whole = False
    try:
        reading = _BlockReading(fillers, series.frames, room, shape, sample.dtype.str)
        whole = reading.run(progress, cancel)
    finally:
        if not whole:
            free(room)
    return keep(room, shape, sample.dtype.str) if whole else None


class _BlockReading:
    """One run over the frames of a series: blocks, and single frames where one failed."""

    def __init__(
        self,
        fillers: Fillers,
        frames: Sequence[Frame],
        room: SharedMemory,
        shape: tuple[int, int, int],
        dtype: str,
    ) -> None:
        self._fillers, self._room, self._shape, self._dtype = fillers, room, shape, dtype
        native = fillers.native
        paths = [f.instance.path for f in frames]
        slots = [
            Slot(p, f.frame, n, native.get(p))
            for n, (p, f) in enumerate(zip(paths, frames, strict=True))
        ]
        compressed = is_encapsulated(UID(frames[0].instance.transfer_syntax_uid))
        size = _COMPRESSED if compressed else _NATIVE
        self._todo = deque(tuple(slots[i : i + size]) for i in range(0, len(slots), size))
        self._answers: queue.SimpleQueue[tuple[tuple[Slot, ...], Any]] = queue.SimpleQueue()
        self._stops: dict[tuple[Slot, ...], Callable[[], None]] = {}

    def run(self, progress: Progress, cancel: CancelToken) -> bool:
        """True when every frame is in its place; False where the types of values differ."""
        count, done = self._shape[0], 0
        same = True
        self._ask()
        try:
            while self._stops and same:
                if cancel.cancelled():
                    raise Cancelled("Reading the volume was cancelled.")
                with suppress(queue.Empty):
                    slots, value = self._answers.get(timeout=0.05)
                    del self._stops[slots]
                    written, same = self._take(slots, value)
                    done += written
                    self._ask()
                    progress(done / count, f"{done} of {count} images")
        finally:
            self._wind_down()
        return same

    def _ask(self) -> None:
        while self._todo and len(self._stops) < self._fillers.ahead:
            slots = self._todo.popleft()
            request = BlockRequest(slots, self._room.name, self._shape, self._dtype)

            def done(value: Any, slots: tuple[Slot, ...] = slots) -> None:
                self._answers.put((slots, value))

            self._stops[slots] = self._fillers.fill(request, done)

    def _take(self, slots: tuple[Slot, ...], value: Any) -> tuple[int, bool]:
        """(frames that are done, whether all values are of the volume's type)."""
        if isinstance(value, EngineFault) and len(slots) > 1:
            self._todo.extend((slot,) for slot in slots)  # find out which of them it was
            return 0, True
        if isinstance(value, Exception):
            raise value
        for answer in value:
            if isinstance(answer, Exception):
                raise answer
        return len(slots), all(answer == self._dtype for answer in value)

    def _wind_down(self) -> None:
        """Nobody may write any more when this returns: the memory may be freed."""
        for stop in self._stops.values():
            stop()
        while self._stops:
            slots, _ = self._answers.get()
            del self._stops[slots]


class _VolumeReading:
    """Frames of one series into one array, a few requests ahead."""

    _AHEAD = 6

    def __init__(self, decode: Decode, frames: Sequence[Frame]) -> None:
        self._decode, self._frames = decode, frames
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

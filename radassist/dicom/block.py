"""Modality values of many frames, written by a worker straight into one shared volume.

Nothing but the values is computed: no window, overlay or hash.  A frame whose values are of another
type than the volume is told, not converted; the caller then reads the series frame by frame.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.dicom.fileformat import Parsed, tolerant
from radassist.dicom.header import NativePlace
from radassist.dicom.native import native_values
from radassist.dicom.pixels import frame_values
from radassist.errors import Cancelled, InputFault


@dataclass(frozen=True)
class Slot:
    """One 0-based frame of a file, and the slice of the volume that it becomes.

    :param native: where the frame lies, if opening found that it needs no decoder.
    """

    path: Path
    frame: int
    slice: int
    native: NativePlace | None = None


@dataclass(frozen=True)
class BlockRequest:
    """Frames to be written.

    :param room: name of the shared memory, which holds a C-contiguous volume.
    :param shape: (slices, rows, columns).
    :param dtype: of the volume, such as ``<i2``.
    """

    slots: tuple[Slot, ...]
    room: str
    shape: tuple[int, int, int]
    dtype: str


#: For each slot: the dtype of its values, or why it could not be read.
BlockAnswer = list[str | InputFault]


def fill(
    request: BlockRequest, opened: Callable[[Path], Parsed], cancelled: Callable[[], bool]
) -> BlockAnswer:
    """Write the frames whose values are of the volume's dtype.

    :raises Cancelled: between two frames.
    """
    # The parent made it and frees it; the resource tracker, which both share, knows it once.
    memory = SharedMemory(name=request.room)
    try:
        target = np.ndarray(request.shape, np.dtype(request.dtype), buffer=memory.buf)
        scratch = np.empty(request.shape[1:], np.uint16)
        answers: BlockAnswer = []
        for slot in request.slots:
            if cancelled():
                raise Cancelled("Reading the volume was cancelled.")
            answers.append(_put(slot, target, scratch, opened))
        del target
        return answers
    finally:
        memory.close()


def _put(
    slot: Slot,
    target: npt.NDArray[Any],
    scratch: npt.NDArray[Any],
    opened: Callable[[Path], Parsed],
) -> str | InputFault:
    try:
        values = _values(slot, scratch, opened)
    except InputFault as fault:
        return fault
    if values.shape != target.shape[1:]:
        return InputFault("The images are not of one size: no volume.", "View them in 2D.")
    if values.dtype == target.dtype:
        target[slot.slice] = values
    return str(values.dtype.newbyteorder("<").str)


def _values(
    slot: Slot, scratch: npt.NDArray[Any], opened: Callable[[Path], Parsed]
) -> npt.NDArray[Any]:
    values = None
    with suppress(OSError):  # the file is gone: said by the parser, in its own words
        if slot.native is not None:
            values = native_values(slot.path, slot.native, slot.frame, scratch)
    if values is None:
        with tolerant():
            values = frame_values(opened(slot.path), slot.frame)
    return values

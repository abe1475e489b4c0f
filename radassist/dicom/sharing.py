"""Shared memory that the workers write pixels into: made, freed, or kept as an array, on this side.

Nothing of it outlives the process: names are unlinked as soon as nobody has to open them any more.
"""

from __future__ import annotations

import shutil
import weakref
from contextlib import suppress
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def make_room(size: int) -> SharedMemory | None:
    """Shared memory of at least ``size`` bytes, or None where there is no room for it.

    Linux hands out shared memory that does not exist and kills the writer when it runs out, so the
    room is asked for beforehand.
    """
    place = Path("/dev/shm")  # noqa: S108  where POSIX shared memory lives on Linux
    if place.is_dir() and shutil.disk_usage(place).free < 2 * size:
        return None
    try:
        return SharedMemory(create=True, size=max(1, size))
    except OSError:
        return None


def free(room: SharedMemory | None) -> None:
    """Give the memory back; no array may lie in it any more."""
    if room is not None:
        room.close()
        _unlink(room)


def keep(room: SharedMemory, shape: tuple[int, ...], dtype: str) -> npt.NDArray[Any]:
    """The memory as an array, which frees it when the last view of it is gone.

    Nobody can open it by its name afterwards.
    """
    _unlink(room)
    values: npt.NDArray[Any] = np.ndarray(shape, np.dtype(dtype), buffer=room.buf)
    # Views of an array keep it alive, so that nothing can point into what is closed here.
    weakref.finalize(values, _close, room).atexit = False
    return values


def _close(room: SharedMemory) -> None:
    with suppress(BufferError):  # a numpy that holds on to the buffer frees it itself
        room.close()


def _unlink(room: SharedMemory) -> None:
    with suppress(FileNotFoundError):
        room.unlink()

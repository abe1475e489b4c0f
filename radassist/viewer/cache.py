"""Decoded images that were used last, held up to a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from radassist.ports import DecodedFrame

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class ByteCache(Generic[K, V]):
    """Least recently used goes first; one entry that is larger than the limit is still held."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        """The value, now the most recently used, or None."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def put(self, key: K, value: V, size: int) -> None:
        """Hold a value of ``size`` bytes; others may go for it."""
        self.drop(key)
        self._entries[key] = value, size
        self.held += size
        while self.held > self.limit and len(self._entries) > 1:
            _, (_, freed) = self._entries.popitem(last=False)
            self.held -= freed

    def drop(self, key: K) -> None:
        """Forget one value, if it is held."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.held -= entry[1]

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
        self.held = 0

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __len__(self) -> int:
        return len(self._entries)


Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Levels:
    """One decoded frame with smaller copies for display below its full size.

    :param smaller: means of 2 x 2 blocks, each half of the one before it, of the pixels' dtype.
    :param graphics: pixels under any overlay plane (PS3.3 C.9.2), one array a level; may be empty.
    """

    frame: DecodedFrame
    smaller: tuple[Pixels, ...] = ()
    graphics: tuple[npt.NDArray[np.bool_], ...] = ()

    @property
    def size(self) -> int:
        """Bytes of all levels."""
        return sum(int(p.nbytes) for p in (self.frame.pixels, *self.smaller, *self.graphics))

    def level_for(self, scale: float) -> int:
        """The smallest level that still has a pixel for each device pixel; its block is 2**level.

        :param scale: device pixels for one image column.
        """
        level = 0
        while level < len(self.smaller) and scale * 2 ** (level + 1) <= 1.0:
            level += 1
        return level

    def pixels(self, level: int) -> Pixels:
        """Pixels of a level; 0 is the image itself."""
        return self.frame.pixels if level == 0 else self.smaller[level - 1]


def with_levels(frame: DecodedFrame, smallest: int = 512) -> Levels:
    """Smaller copies of an image until its long side is below twice ``smallest`` pixels.

    Odd rows and columns at the end are left out of the smaller copies (less than one of their
    pixels).  Made on a worker thread: a radiograph of 7 million pixels takes some 30 ms.
    """
    smaller: list[Pixels] = []
    pixels: Pixels = frame.pixels
    graphics = _graphics(frame)
    planes = [graphics] if graphics is not None else []
    while max(pixels.shape[:2]) >= 2 * smallest and min(pixels.shape[:2]) >= 2:
        pixels = _halved(pixels)
        smaller.append(pixels)
        if planes:
            planes.append(_any_of_four(planes[-1]))
    return Levels(frame, tuple(smaller), tuple(planes))


def _graphics(frame: DecodedFrame) -> npt.NDArray[np.bool_] | None:
    fitting = [p for p in frame.overlays if p.shape == frame.pixels.shape[:2] and p.any()]
    return np.logical_or.reduce(fitting) if fitting else None


def _any_of_four(plane: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    rows, columns = plane.shape[0] // 2 * 2, plane.shape[1] // 2 * 2
    even = plane[:rows, :columns]
    found: npt.NDArray[np.bool_] = (
        even[0::2, 0::2] | even[0::2, 1::2] | even[1::2, 0::2] | even[1::2, 1::2]
    )
    return found


def _halved(pixels: Pixels) -> Pixels:
    rows, columns = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = pixels[:rows, :columns]
    total: Pixels = even[0::2, 0::2].astype(np.float32)
    for row, column in ((0, 1), (1, 0), (1, 1)):
        total += even[row::2, column::2]
    total *= 0.25
    if pixels.dtype.kind in "iu":
        np.rint(total, out=total)
    return total.astype(pixels.dtype)

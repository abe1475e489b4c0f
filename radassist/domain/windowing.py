"""Modality values to display values: window, VOI LUT, inversion.

PS3.3 C.11.2.1.2 (window centre and width: LINEAR, LINEAR_EXACT, SIGMOID), C.11.2.1.1 (VOI LUT
sequence) and C.7.6.3.1.2 (MONOCHROME1 shows low values bright).  Integer images go through a table
of all 65536 values, so a 512 x 512 image takes well under 2 ms.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

#: A window narrower than this shows nothing but two values and is held open (modality units).
_NARROWEST = 1e-6
#: Pixels looked up at a time.
_PIECE = 32768


class Windowable(Protocol):
    """The part of ``ports.DecodedFrame`` that display needs."""

    @property
    def pixels(self) -> npt.NDArray[Any]: ...
    @property
    def window(self) -> tuple[float, float]: ...
    @property
    def inverted(self) -> bool: ...
    @property
    def voi_function(self) -> str: ...
    @property
    def voi_lut(self) -> tuple[int, npt.NDArray[Any]] | None: ...


def to_display(
    image: Windowable, window: tuple[float, float] | None = None, invert: bool = False
) -> Bytes:
    """The image as shown: uint8, shape (rows, columns), or (rows, columns, 3) for colour.

    :param window: (centre, width) in modality units; None for the header's own VOI LUT or window.
    :param invert: the reader's inversion, on top of MONOCHROME1's.
    """
    return windowed(image.pixels, Mapping(image, window, invert))


class Mapping:
    """How values of one image become grey: made once for an image, used for any part of it.

    :param window: as in :func:`to_display`.
    """

    def __init__(
        self, image: Windowable, window: tuple[float, float] | None = None, invert: bool = False
    ) -> None:
        self.function = image.voi_function
        self.table = image.voi_lut if window is None else None
        self.centre, self.width = window or image.window
        self.inverted = image.inverted != invert

    def grey(self, values: npt.NDArray[Any]) -> Bytes:
        """Display values of modality values, any shape."""
        if self.table is not None:
            shown = through_table(values, *self.table)
        else:
            shown = through_window(values, self.centre, self.width, self.function)
        return np.subtract(255, shown, dtype=np.uint8) if self.inverted else shown


class Greyed(Protocol):
    """What turns modality values into grey: a window, a table, a presentation state."""

    @property
    def inverted(self) -> bool: ...
    def grey(self, values: npt.NDArray[Any]) -> Bytes: ...


def windowed(pixels: npt.NDArray[Any], mapping: Greyed) -> Bytes:
    """Pixels through a mapping; colour is only ever inverted (PS3.3 C.11.2: monochrome only)."""
    if pixels.ndim == 3:
        colour = np.ascontiguousarray(pixels, dtype=np.uint8)
        return np.subtract(255, colour, dtype=np.uint8) if mapping.inverted else colour
    if pixels.dtype.itemsize > 2 or pixels.dtype.kind not in "iu" or pixels.size < 4096:
        return mapping.grey(pixels)
    # Every stored bit pattern has its entry: indexing by the unsigned view needs no offset.
    kind = pixels.dtype.newbyteorder("=")
    patterns = np.arange(1 << (8 * kind.itemsize), dtype=f"u{kind.itemsize}")
    table = mapping.grey(patterns.view(kind))
    unsigned = np.ascontiguousarray(pixels, dtype=kind).view(patterns.dtype)
    return _looked_up(table, unsigned)


def _looked_up(table: Bytes, places: npt.NDArray[Any]) -> Bytes:
    """``table[places]`` in pieces that stay in the processor's cache: four times faster for a
    radiograph, because numpy widens every index to eight bytes first.
    """
    shown = np.empty(places.shape, np.uint8)
    into, flat = shown.reshape(-1), places.reshape(-1)
    for start in range(0, flat.size, _PIECE):
        piece = slice(start, start + _PIECE)
        np.take(table, flat[piece], out=into[piece], mode="clip")
    return shown


def through_window(
    values: npt.NDArray[Any], centre: float, width: float, function: str = "LINEAR"
) -> Bytes:
    """Display values 0-255 of modality values (PS3.3 C.11.2.1.2).

    :param function: LINEAR, LINEAR_EXACT or SIGMOID.  LINEAR is not defined below a width of 1,
        which float images have: it is then LINEAR_EXACT.
    """
    x = values.astype(np.float32)
    width = max(float(width), _NARROWEST)
    if function == "SIGMOID":
        share = 1.0 / (1.0 + np.exp(np.clip(-4.0 * (x - centre) / width, -60, 60)))
    elif function == "LINEAR_EXACT" or width < 1.0:
        share = (x - centre) / width + 0.5
    elif width == 1.0:
        share = (x > centre - 0.5).astype(np.float32)
    else:
        share = (x - (centre - 0.5)) / (width - 1.0) + 0.5
    np.clip(share, 0.0, 1.0, out=share)
    return np.asarray(share * 255.0 + 0.5).astype(np.uint8)


def through_table(values: npt.NDArray[Any], first: int, table: npt.NDArray[Any]) -> Bytes:
    """Display values of modality values through a VOI LUT (PS3.3 C.11.2.1.1).

    Values before the first and after the last entry take those entries.  The table's full range is
    that of the fewest bits (at least 8) that hold its greatest entry.

    :param first: the value that the first entry stands for.
    """
    bits = max(8, int(table.max()).bit_length())
    shown = (table.astype(np.float32) * (255.0 / ((1 << bits) - 1)) + 0.5).astype(np.uint8)
    place = np.rint(values).astype(np.int32) - np.int32(first)
    taken: Bytes = np.take(shown, np.clip(place, 0, len(table) - 1))
    return taken

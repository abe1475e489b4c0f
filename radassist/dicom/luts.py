"""Lookup tables as headers hold them (PS3.3 C.11.1.1, C.11.2.1.1)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from radassist.dicom import elements

Array = npt.NDArray[Any]


def lut_item(item: Dataset | None) -> tuple[int, Array, int] | None:
    """(first value mapped, table, bits of an entry) of a LUT item, or None where it is unusable.

    PS3.3 C.11.1.1: the descriptor gives the number of entries (0 means 65536), the first value
    mapped and the bits of an entry; 8-bit tables may be stored two to a word.
    """
    descriptor = elements.numbers(item, "LUTDescriptor", 3)
    if not descriptor:
        return None
    count, first, bits = (int(v) for v in descriptor)
    count = count % 65536 or 65536
    if not 1 <= bits <= 16:
        return None
    values = _values(item, count, bits)
    if values.size < count or count < 2:
        return None
    table = (values[:count] & 0xFFFF).astype(np.uint16)
    return first, table, bits


def _values(item: Dataset | None, count: int, bits: int) -> Array:
    data = elements.value(item, "LUTData")
    if isinstance(data, bytes):
        kind = "u1" if len(data) in (count, count + 1) and bits <= 8 else "<u2"
        usable = len(data) - len(data) % np.dtype(kind).itemsize
        return np.frombuffer(data[:usable], dtype=kind).astype(np.int64)
    values = np.asarray(elements.values(item, "LUTData", 65536), dtype=np.int64)
    if bits <= 8 and values.size == (count + 1) // 2 and count > 1:
        return np.stack([values & 0xFF, values >> 8 & 0xFF], axis=1).ravel()
    return values

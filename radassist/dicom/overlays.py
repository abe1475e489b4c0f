"""Overlay planes (PS3.3 C.9.2) as masks of the image's size."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from radassist.dicom.elements import ODD_VALUE

Mask = npt.NDArray[np.bool_]


def overlay_planes(
    dataset: Dataset, words: npt.NDArray[Any] | None, frame: int, shape: tuple[int, ...]
) -> dict[int, Mask]:
    """All overlay planes of one 0-based frame by group, placed by OverlayOrigin, cut to the image.

    An overlay that cannot be read is left out: it decorates, and must not cost the image.

    :param words: the frame's words with all their bits, for planes in the unused ones (retired
        form, PS3.5 8.1.2), or None.
    :param shape: (rows, columns) of the image.
    """
    planes: dict[int, Mask] = {}
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x0010) not in dataset:
            continue
        try:
            plane = _plane(dataset, group, words, frame)
            if plane is not None:
                planes[group] = _placed(plane, _origin(dataset, group), shape)
        except ODD_VALUE:
            continue
    return planes


def own_planes(dataset: Dataset) -> dict[int, tuple[Mask, tuple[int, int]]]:
    """Planes that a presentation state brings, by group: mask and 0-based (row, column) origin."""
    found: dict[int, tuple[Mask, tuple[int, int]]] = {}
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x3000) not in dataset:
            continue
        try:
            plane = _plane(dataset, group, None, 0)
            row, column = _origin(dataset, group)
        except ODD_VALUE:
            continue
        if plane is not None:
            found[group] = plane, (row - 1, column - 1)
    return found


def _get(dataset: Dataset, group: int, element: int) -> Any:
    return dataset[group, element].value if (group, element) in dataset else None


def _plane(dataset: Dataset, group: int, words: npt.NDArray[Any] | None, frame: int) -> Mask | None:
    rows, columns = int(_get(dataset, group, 0x0010)), int(_get(dataset, group, 0x0011))
    data = _get(dataset, group, 0x3000)
    if data is None:
        bit = int(_get(dataset, group, 0x0102) or 0)
        if words is None or not _is_unused(dataset, bit):
            return None
        return np.asarray(words >> bit & 1, dtype=bool)
    if not 0 < rows <= 65535 or not 0 < columns <= 65535:
        return None
    frames = int(_get(dataset, group, 0x0015) or 1)
    first = int(_get(dataset, group, 0x0051) or 1) - 1
    number = frame - first if frames > 1 or first else 0
    if not 0 <= number < frames:
        return None
    size = rows * columns
    start = number * size
    if (start + size + 7) // 8 > len(data):
        return None
    window = np.frombuffer(data, np.uint8)[start // 8 : (start + size + 7) // 8]
    bits = np.unpackbits(window, bitorder="little")[start % 8 : start % 8 + size]
    return bits.reshape(rows, columns).astype(bool)


def _is_unused(dataset: Dataset, bit: int) -> bool:
    """True for a bit of a 16-bit word that belongs to no pixel value."""
    stored = int(dataset.get("BitsStored") or 16)
    high = int(dataset.get("HighBit") or stored - 1)
    return 0 <= bit < 16 and not high - stored < bit <= high


def _origin(dataset: Dataset, group: int) -> tuple[int, int]:
    """OverlayOrigin: row and column of the first overlay pixel, 1-based; may lie outside."""
    value = _get(dataset, group, 0x0050)
    return (int(value[0]), int(value[1])) if value is not None and len(value) == 2 else (1, 1)


def _placed(plane: Mask, origin: tuple[int, int], shape: tuple[int, ...]) -> Mask:
    canvas = np.zeros(shape[:2], dtype=bool)
    row, column = origin[0] - 1, origin[1] - 1
    rows = slice(max(0, row), min(shape[0], row + plane.shape[0]))
    columns = slice(max(0, column), min(shape[1], column + plane.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        canvas[rows, columns] = plane[
            rows.start - row : rows.stop - row, columns.start - column : columns.stop - column
        ]
    return canvas

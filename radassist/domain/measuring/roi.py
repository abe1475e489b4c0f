"""Which pixels a region holds, and what their values are.

A pixel belongs to a region when its centre lies inside; a centre exactly on the border counts as
inside for rectangles and ellipses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.measuring.annotation import Annotation, Point, Shape

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class RoiStatistics:
    """Values of the pixels inside, in the image's own unit.

    :param sd: with n - 1; 0 for a single pixel.
    """

    count: int
    mean: float
    sd: float
    minimum: float
    maximum: float


def mask_of(annotation: Annotation, shape: tuple[int, int]) -> Mask:
    """bool (rows, columns): True inside; what lies beyond the image is left out."""
    if annotation.shape is Shape.FREEHAND:
        return _polygon(annotation.points, shape)
    x0, y0, x1, y1 = annotation.box
    y, x = np.ogrid[: shape[0], : shape[1]]
    if annotation.shape is Shape.RECTANGLE:
        return np.asarray((x >= x0) & (x <= x1) & (y >= y0) & (y <= y1))
    half_x, half_y = (x1 - x0) / 2, (y1 - y0) / 2
    if half_x <= 0 or half_y <= 0:
        return np.zeros(shape, np.bool_)
    inside = ((x - (x0 + x1) / 2) / half_x) ** 2 + ((y - (y0 + y1) / 2) / half_y) ** 2
    return np.asarray(inside <= 1.0)


def _polygon(points: Sequence[Point], shape: tuple[int, int]) -> Mask:
    """Even-odd rule, one image row at a time."""
    mask = np.zeros(shape, np.bool_)
    corners = np.asarray(points, np.float64)
    x0, y0 = corners.T
    x1, y1 = np.roll(corners, -1, axis=0).T
    first = max(0, int(np.ceil(y0.min())))
    last = min(shape[0] - 1, int(np.floor(y0.max())))
    for row in range(first, last + 1):
        cut = (y0 <= row) != (y1 <= row)
        where = np.sort(x0[cut] + (row - y0[cut]) * (x1[cut] - x0[cut]) / (y1[cut] - y0[cut]))
        for left, right in zip(where[::2], where[1::2], strict=True):
            begin = max(0, int(np.ceil(left)))
            mask[row, begin : max(begin, int(np.floor(right)) + 1)] = True
    return mask


def statistics(pixels: npt.NDArray[np.generic], mask: Mask) -> RoiStatistics | None:
    """Mean, SD, minimum and maximum of the pixels inside, or None where there are none.

    :param pixels: (rows, columns), after the modality LUT.
    """
    values = np.asarray(pixels[mask], np.float64)
    if not values.size:
        return None
    sd = float(values.std(ddof=1)) if values.size > 1 else 0.0
    return RoiStatistics(
        int(values.size), float(values.mean()), sd, float(values.min()), float(values.max())
    )

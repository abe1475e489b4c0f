"""Lengths, angles and areas of points on one image.

With a spacing everything is in millimetres, so that pixels which are not square do not bend an
angle; without one it is in pixels, and the caller says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from radassist.domain.measuring.annotation import Point

#: Sides compared with all others in one step: 128 with 20,000 need 20 MB.
_AT_ONCE = 128

#: (between rows, between columns) in millimetres, as PixelSpacing (PS3.3 10.7.1.3); None: unknown.
Spacing = tuple[float, float] | None


def usable(spacing: Spacing) -> Spacing:
    """The spacing, or None where a value of it is not a positive number."""
    if spacing is None or not all(math.isfinite(s) and s > 0 for s in spacing):
        return None
    return spacing


def scaled(points: Sequence[Point], spacing: Spacing) -> npt.NDArray[np.float64]:
    """Points as (n, 2) in millimetres from the first pixel, or in pixels without a spacing."""
    down, across = usable(spacing) or (1.0, 1.0)
    return np.asarray(points, np.float64).reshape(-1, 2) * (across, down)


def distance(a: Point, b: Point, spacing: Spacing) -> float:
    """Distance of two points."""
    one, other = scaled((a, b), spacing)
    return float(np.hypot(*(other - one)))


def angle(a: Point, vertex: Point, b: Point, spacing: Spacing) -> float:
    """The angle at ``vertex`` in degrees, 0 to 180; 0 where an arm has no length."""
    one, middle, other = scaled((a, vertex, b), spacing)
    return _between(one - middle, other - middle)


def cobb(points: Sequence[Point], spacing: Spacing) -> float:
    """Cobb angle in degrees, 0 to 90: the angle between two lines, whatever their direction.

    Cobb J. Outline for the study of scoliosis. Instr Course Lect 1948;5:261-75.
    """
    a, b, c, d = scaled(points, spacing)
    between = _between(b - a, d - c)
    return min(between, 180.0 - between)


def _between(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    if not one.any() or not other.any():
        return 0.0
    cross = one[0] * other[1] - one[1] * other[0]
    return math.degrees(math.atan2(abs(float(cross)), float(one @ other)))


def polygon_area(points: Sequence[Point], spacing: Spacing) -> float:
    """Area of a closed outline that does not cross itself (shoelace formula)."""
    x, y = scaled(points, spacing).T
    return abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2


def crosses_itself(points: Sequence[Point]) -> bool:
    """True where two sides of a closed outline cross: its area would be anybody's guess.

    Neighbours share a corner and are not asked; touching without crossing is allowed.
    """
    start = np.asarray(_thinned(points), np.float64)
    end = np.roll(start, -1, axis=0)
    count = len(start)
    for first in range(0, count, _AT_ONCE):
        rows = np.arange(first, min(first + _AT_ONCE, count))
        apart = np.abs(rows[:, None] - np.arange(count)[None, :])
        strangers = (apart > 1) & (apart < count - 1)
        if (_cross(start, end, rows) & strangers).any():
            return True
    return False


def _thinned(points: Sequence[Point]) -> list[Point]:
    """Without points that repeat the one before: a still hand sets many."""
    kept: list[Point] = []
    for point in points:
        if not kept or point != kept[-1]:
            kept.append(point)
    return kept[:-1] if len(kept) > 1 and kept[0] == kept[-1] else kept


def _cross(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], rows: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """(len(rows), n): whether side ``rows[i]`` and side j cross."""
    a, b = start[rows][:, None], end[rows][:, None]
    c, d = start[None], end[None]
    across = _side(a, b, c) * _side(a, b, d) < 0
    return np.asarray(across & (_side(c, d, a) * _side(c, d, b) < 0))


def _side(
    a: npt.NDArray[np.float64], b: npt.NDArray[np.float64], p: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Positive where p lies to one side of the line from a to b, negative on the other."""
    ahead, towards = b - a, p - a
    return np.asarray(ahead[..., 0] * towards[..., 1] - ahead[..., 1] * towards[..., 0])

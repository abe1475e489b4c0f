"""A volume from outlines on parallel images.

Each outline stands for the slab that reaches half-way to its neighbours (Cavalieri's principle);
the first and the last reach as far outwards as the image's own distance to its neighbour.  An image
between two outlined ones that has none is bridged linearly and counted, so that the reader is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from radassist.errors import UsageFault


@dataclass(frozen=True)
class StackVolume:
    """Result in cubic millimetres.

    :param bridged: images between outlined ones without an outline of their own.
    """

    cubic_mm: float
    outlines: int
    bridged: int

    @property
    def millilitres(self) -> float:
        """One millilitre is 1000 cubic millimetres."""
        return self.cubic_mm / 1000.0


def stack_volume(areas: Sequence[tuple[float, float]], places: Sequence[float]) -> StackVolume:
    """Volume of outlines.

    :param areas: (place along the normal in mm, area in mm2) of each outline; several outlines on
        one image are added up.
    :param places: places of all images of the series in mm along the normal, any order.
    :raises UsageFault: fewer than two images are outlined, or an outline lies on no image.
    """
    grid = np.unique(np.asarray(places, np.float64))
    indexes = sorted({_index(grid, place) for place, _ in areas})
    if len(indexes) < 2:
        raise UsageFault("A volume needs outlines on two images at least.")
    total = dict.fromkeys(indexes, 0.0)
    for place, area in areas:
        total[_index(grid, place)] += area
    inner = np.arange(indexes[0], indexes[-1] + 1)
    every = np.interp(grid[inner], grid[indexes], [total[i] for i in indexes])
    gaps = np.diff(grid)
    left = gaps[np.maximum(inner - 1, 0)]
    right = gaps[np.minimum(inner, gaps.size - 1)]
    cubic = float(every @ (left + right)) / 2
    return StackVolume(cubic, len(indexes), len(inner) - len(indexes))


def _index(grid: np.ndarray[tuple[int, ...], np.dtype[np.float64]], place: float) -> int:
    index = int(np.argmin(np.abs(grid - place)))
    if abs(float(grid[index]) - place) > 0.05:
        raise UsageFault("An outline lies on no image of the series.")
    return index


def doubling_time_days(first_mm3: float, second_mm3: float, days: float) -> float | None:
    """Volume doubling time in days (Schwartz 1961); negative while shrinking, None unchanged.

    :raises UsageFault: a volume or the time between is not positive.
    """
    if min(first_mm3, second_mm3, days) <= 0:
        raise UsageFault("A doubling time needs two volumes and the days between them.")
    growth = float(np.log2(second_mm3 / first_mm3))
    return days / growth if growth else None

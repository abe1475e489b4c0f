"""Planes through the patient: the three main ones, any other, and how they cut each other.

Directions are those of the screen as the field shows them: axial from below (patient's left at the
right of the screen), coronal from the front, sagittal from the patient's left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from radassist.domain.geometry import direction_letters, opposite
from radassist.viewer.volume import Point3, Volume

Vector = npt.NDArray[np.float64]


class Main(StrEnum):
    """The main planes."""

    AXIAL = "axial"
    CORONAL = "coronal"
    SAGITTAL = "sagittal"


#: (right of the screen, down the screen) in patient directions (LPS).
_DIRECTIONS: dict[Main, tuple[Point3, Point3]] = {
    Main.AXIAL: ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)),
    Main.CORONAL: ((1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    Main.SAGITTAL: ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


@dataclass(frozen=True)
class Plane:
    """A plane as it is shown.

    :param centre: the place in the middle of the picture, patient millimetres.
    :param right, down: unit vectors along the screen, at right angles to each other.
    """

    centre: Point3
    right: Point3
    down: Point3

    @property
    def normal(self) -> Vector:
        """Unit vector away from the reader: scrolling on moves along it."""
        return np.cross(np.asarray(self.right, float), np.asarray(self.down, float))

    @property
    def letters(self) -> tuple[str, str, str, str]:
        """Letters at the (left, right, top, bottom) edge."""
        right, down = direction_letters(self.right), direction_letters(self.down)
        return opposite(right), right, opposite(down), down

    def at(self, x: float, y: float) -> Point3:
        """The place that lies x mm right and y mm down of the middle."""
        point = np.asarray(self.centre) + x * np.asarray(self.right) + y * np.asarray(self.down)
        return float(point[0]), float(point[1]), float(point[2])

    def foot(self, point: Point3) -> tuple[float, float, float]:
        """(mm right, mm down, mm behind) of a place, from the middle."""
        offset = np.asarray(point, float) - np.asarray(self.centre, float)
        return (
            float(offset @ np.asarray(self.right)),
            float(offset @ np.asarray(self.down)),
            float(offset @ self.normal),
        )

    def moved(self, mm: float) -> Plane:
        """The parallel plane so far along the normal."""
        point = np.asarray(self.centre) + mm * self.normal
        return replace(self, centre=(float(point[0]), float(point[1]), float(point[2])))

    def through(self, point: Point3) -> Plane:
        """The parallel plane through a place; the middle of the picture keeps its column."""
        return self.moved(self.foot(point)[2])

    def turned(self, axis: str, degrees: float) -> Plane:
        """Turned about its own right (``right``), down (``down``) or normal (``normal``) axis."""
        about = {"right": np.asarray(self.right), "down": np.asarray(self.down)}.get(
            axis, self.normal
        )
        right, down = (_turn(np.asarray(v, float), about, degrees) for v in (self.right, self.down))
        return replace(self, right=_tuple(right), down=_tuple(down))


def main_plane(volume: Volume, which: Main, centre: Point3 | None = None) -> Plane:
    """A main plane through a place of the volume, its middle where none is given."""
    right, down = _DIRECTIONS[which]
    return Plane(centre or volume.centre, right, down)


def extent(volume: Volume, plane: Plane) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) in mm from the plane's middle: the volume's shadow on it."""
    offsets = volume.corners - np.asarray(plane.centre)
    x, y = offsets @ np.asarray(plane.right), offsets @ np.asarray(plane.down)
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def depth(volume: Volume, plane: Plane) -> tuple[float, float]:
    """(nearest, furthest) mm along the normal from the plane where the volume begins and ends."""
    along = (volume.corners - np.asarray(plane.centre)) @ plane.normal
    return float(along.min()), float(along.max())


def cut_line(
    plane: Plane, other: Plane, half_length: float
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """Where ``other`` cuts ``plane``: two ends in mm from the middle of ``plane``.

    :param half_length: how far the line reaches to both sides, in mm.
    :returns: None where the planes are parallel within a degree.
    """
    n, m = plane.normal, other.normal
    along = np.cross(n, m)
    size = float(np.linalg.norm(along))
    if size < math.sin(math.radians(1.0)):
        return None
    along /= size
    # The point nearest to the plane's middle that lies on both planes.
    towards = np.cross(along, n)
    gap = float((np.asarray(other.centre) - np.asarray(plane.centre)) @ m)
    middle = towards * (gap / float(towards @ m))
    ends = (middle - along * half_length, middle + along * half_length)
    right, down = np.asarray(plane.right), np.asarray(plane.down)
    first, last = ((float(e @ right), float(e @ down)) for e in ends)
    return first, last


def _turn(vector: Vector, about: Vector, degrees: float) -> Vector:
    """Rodrigues' formula."""
    angle = math.radians(degrees)
    return np.asarray(
        vector * math.cos(angle)
        + np.cross(about, vector) * math.sin(angle)
        + about * float(about @ vector) * (1 - math.cos(angle))
    )


def _tuple(vector: Vector) -> Point3:
    unit = vector / float(np.linalg.norm(vector))
    return float(unit[0]), float(unit[1]), float(unit[2])

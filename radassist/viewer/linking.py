"""Images of several series beside each other: which belong together, and where they cut.

Two series that share a FrameOfReferenceUID (PS3.3 C.7.4.1) share patient coordinates: their images
are linked by place.  Two studies of one patient do not share them: they are linked by a distance
that the reader sets, by scrolling both to the same anatomy and linking them there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.geometry import (
    Orientation,
    Position,
    distances,
    normal,
    patient_to_pixel,
    pixel_to_patient,
)
from radassist.domain.study import Series
from radassist.viewer.transform import Point

#: Two planes count as parallel up to this angle: scrolling one then moves through the other alike.
PARALLEL_DEG = 15.0
#: A reference line nearly along the image would jump with every rounding of a position.
_STEEP = np.sin(np.radians(5.0))


@dataclass(frozen=True)
class Stack:
    """The geometry of a series that can be linked.

    :param frame_of_reference: FrameOfReferenceUID, "" where the header has none.
    :param positions: of each frame, in display order.
    :param pixel_spacing: (between rows, between columns) in millimetres, or None.
    """

    frame_of_reference: str
    orientation: Orientation
    positions: tuple[Position, ...]
    rows: int
    columns: int
    pixel_spacing: tuple[float, float] | None

    @property
    def places(self) -> npt.NDArray[np.float64]:
        """Millimetres of each frame along the normal."""
        return distances(self.orientation, self.positions)

    def middle(self, index: int) -> Position:
        """The patient's place in the middle of an image (its corner without a spacing)."""
        spacing = self.pixel_spacing or (0.0, 0.0)
        x, y = (self.columns - 1) / 2, (self.rows - 1) / 2
        return pixel_to_patient(self.orientation, self.positions[index], spacing, x, y)


def stack_of(series: Series) -> Stack | None:
    """The geometry of a series, or None where a frame has none or the frames are not parallel."""
    orientation = series.frames[0].image_orientation if series.frames else None
    if orientation is None:
        return None
    positions = []
    for frame in series.frames:
        if frame.image_position is None or frame.image_orientation != orientation:
            return None
        positions.append(frame.image_position)
    spacing = series.pixel_spacing if series.spacing_source != "ImagerPixelSpacing" else None
    return Stack(
        series.frame_of_reference_uid, orientation, tuple(positions), series.rows, series.columns,
        spacing,
    )  # fmt: skip


def share_places(one: Stack, other: Stack) -> bool:
    """True where both are in the same patient coordinates."""
    return bool(one.frame_of_reference) and one.frame_of_reference == other.frame_of_reference


def parallel(one: Stack, other: Stack) -> bool:
    """True where the images of both lie in about the same direction."""
    along = abs(float(normal(one.orientation) @ normal(other.orientation)))
    return along >= float(np.cos(np.radians(PARALLEL_DEG)))


@dataclass(frozen=True)
class Link:
    """Two stacks that scroll together.

    :param offset: millimetres to add to a place of the first to get that of the second; 0 where
        they share coordinates.
    """

    offset: float = 0.0

    @property
    def reverse(self) -> Link:
        """The same link seen from the other stack."""
        return Link(-self.offset)


def link(one: Stack, index: int, other: Stack, other_index: int) -> Link | None:
    """A link: by patient coordinates where they are shared, else by what is shown in both now.

    :returns: None where the stacks are not parallel.
    """
    if not parallel(one, other):
        return None
    if share_places(one, other):
        return Link()
    return Link(_along(other, other.positions[other_index]) - _along(other, one.middle(index)))


def follow(one: Stack, index: int, other: Stack, by: Link) -> int | None:
    """The frame of ``other`` that belongs to a frame of ``one``.

    :returns: None where the nearest is further away than its neighbours are apart: the other
        stack does not reach there, and showing its end would claim that it does.
    """
    wanted = _along(other, one.middle(index)) + by.offset
    gaps = np.abs(other.places - wanted)
    nearest = int(np.argmin(gaps))
    reach = _step(other)
    return nearest if gaps[nearest] <= reach else None


def _along(stack: Stack, place: Position) -> float:
    return float(np.asarray(place, float) @ normal(stack.orientation))


def _step(stack: Stack) -> float:
    """The usual distance of neighbours; a single image reaches half a centimetre."""
    places = np.sort(stack.places)
    gaps = np.diff(places)
    gaps = gaps[gaps > 1e-3]
    return float(np.median(gaps)) if gaps.size else 5.0


def nearest_frame(stack: Stack, place: Position) -> int:
    """The frame whose plane is nearest to a place of the patient."""
    return int(np.argmin(np.abs(stack.places - _along(stack, place))))


def reference_line(
    shown: Stack, index: int, other: Stack, other_index: int
) -> tuple[Point, Point] | None:
    """Where an image of ``other`` cuts a shown image, in pixel coordinates of the shown one.

    The line is as long as the other image is wide there, and cut off at the shown image's borders.

    :returns: None without shared coordinates, for parallel images, and where they do not meet.
    """
    if not share_places(shown, other) or shown.pixel_spacing is None or other.pixel_spacing is None:
        return None
    across = np.cross(normal(shown.orientation), normal(other.orientation))
    if float(np.linalg.norm(across)) < _STEEP:
        return None
    points = _edge_cuts(shown, index, other, other_index)
    if len(points) < 2:
        return None
    a, b = max(
        ((p, q) for i, p in enumerate(points) for q in points[i + 1 :]),
        key=lambda pair: (pair[0][0] - pair[1][0]) ** 2 + (pair[0][1] - pair[1][1]) ** 2,
    )
    return _clipped(a, b, shown.columns, shown.rows)


def _edge_cuts(shown: Stack, index: int, other: Stack, other_index: int) -> list[Point]:
    """Where the four edges of the other image pass through the shown plane."""
    spacing = shown.pixel_spacing or (1.0, 1.0)
    corners = [
        pixel_to_patient(other.orientation, other.positions[other_index],
                         other.pixel_spacing or (1.0, 1.0), x, y)
        for x, y in ((-0.5, -0.5), (other.columns - 0.5, -0.5),
                     (other.columns - 0.5, other.rows - 0.5), (-0.5, other.rows - 0.5))
    ]  # fmt: skip
    feet = [patient_to_pixel(shown.orientation, shown.positions[index], spacing, c)
            for c in corners]  # fmt: skip
    cuts: list[Point] = []
    for (x0, y0, d0), (x1, y1, d1) in zip(feet, [*feet[1:], feet[0]], strict=True):
        if (d0 > 0) != (d1 > 0):
            part = d0 / (d0 - d1)
            cuts.append((x0 + part * (x1 - x0), y0 + part * (y1 - y0)))
    return cuts


def _clipped(a: Point, b: Point, columns: int, rows: int) -> tuple[Point, Point] | None:
    """Liang and Barsky: the part of a line that lies on the image."""
    low, high = 0.0, 1.0
    dx, dy = b[0] - a[0], b[1] - a[1]
    sides = ((-dx, a[0] + 0.5), (dx, columns - 0.5 - a[0]), (-dy, a[1] + 0.5),
             (dy, rows - 0.5 - a[1]))  # fmt: skip
    for step, room in sides:
        if step == 0:
            if room < 0:
                return None
            continue
        part = room / step
        low, high = (max(low, part), high) if step < 0 else (low, min(high, part))
    if low >= high:
        return None
    return (a[0] + low * dx, a[1] + low * dy), (a[0] + high * dx, a[1] + high * dy)


def registered(stacks: Sequence[Stack]) -> bool:
    """True where all share patient coordinates: fusion may lay one over the other."""
    return len(stacks) > 1 and all(share_places(stacks[0], other) for other in stacks[1:])

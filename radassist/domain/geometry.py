"""Where an image lies in the patient (PS3.3 C.7.6.2, Image Plane Module).

Patient coordinates are DICOM's: millimetres, x towards the patient's left, y towards the back
(posterior), z towards the head (LPS).  An orientation is the six numbers of
ImageOrientationPatient: the direction of a row (towards higher columns) and of a column (towards
higher rows).  Pixel coordinates are (x along columns, y along rows), the centre of the first
pixel is (0, 0).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Orientation = tuple[float, float, float, float, float, float]
Position = tuple[float, float, float]
Vector = npt.NDArray[np.float64]
Letters = tuple[str, str, str, str]

#: A second letter is shown once the direction leaves the main axis by about 12 degrees: below
#: that, a letter for every degree of head tilt would be noise ("RA" instead of "R").
LETTER_THRESHOLD = math.sin(math.radians(12))
#: A plane keeps its name up to this angle between its normal and the patient's axis.
PLANE_TOLERANCE_DEG = 30.0
#: Positions that leave the normal by less than this angle are rounding, not tilt.
TILT_TOLERANCE_DEG = 0.5
#: Two slices closer than this are at the same place (positions are often rounded to 0.01 mm).
SAME_PLACE_MM = 0.01
#: Positions rounded to one decimal miss their grid by up to 0.05 mm.
ROUNDING_MM = 0.06

_AXES = (("L", "R"), ("P", "A"), ("H", "F"))
_OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "H": "F", "F": "H"}


def is_orientation(values: Sequence[float]) -> bool:
    """True where six numbers are two unit vectors at right angles (within 1 %).

    PS3.3 C.7.6.2.1.1 demands it; anything else cannot be displayed with letters or stacked.
    """
    if len(values) != 6 or not all(math.isfinite(v) for v in values):
        return False
    row, column = np.asarray(values[:3], float), np.asarray(values[3:], float)
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    return all(abs(n - 1) < 0.01 for n in lengths) and abs(float(row @ column)) < 0.01


def normal(orientation: Orientation) -> Vector:
    """Unit normal of the image plane: row direction x column direction."""
    cross = np.cross(np.asarray(orientation[:3], float), np.asarray(orientation[3:], float))
    return np.asarray(cross / np.linalg.norm(cross), dtype=np.float64)


def direction_letters(direction: Sequence[float] | Vector) -> str:
    """Letters of the patient's side that a direction points to, strongest first ("L", "LP").

    Patient Orientation letters of PS3.3 C.7.6.1.1.1: A, P, R, L, H (head), F (feet).
    """
    vector = np.asarray(direction, float)
    length = float(np.linalg.norm(vector))
    if not math.isfinite(length) or length == 0:
        return ""
    vector = vector / length
    order = sorted(range(3), key=lambda axis: -abs(vector[axis]))
    letters = [_AXES[a][0 if vector[a] > 0 else 1] for a in order]
    return "".join(
        letter
        for rank, (axis, letter) in enumerate(zip(order, letters, strict=True))
        if rank == 0 or abs(vector[axis]) > LETTER_THRESHOLD
    )


def opposite(letters: str) -> str:
    """The letters of the opposite side ("LP" -> "RA")."""
    return "".join(_OPPOSITE[letter] for letter in letters)


def edge_letters(orientation: Orientation) -> Letters:
    """Letters at the (left, right, top, bottom) edge of the image as it is stored and shown."""
    right = direction_letters(orientation[:3])
    bottom = direction_letters(orientation[3:])
    return opposite(right), right, opposite(bottom), bottom


def edge_letters_from_patient_orientation(values: Sequence[str]) -> Letters:
    """The same from PatientOrientation (0020,0020) of a projection image, or four "".

    PS3.3 C.7.6.1.1.1: the first value is the direction of the rows (the right edge), the second
    that of the columns (the bottom edge).  Letters for quadrupeds (LE, RT, D, V, CR, CD, ...) and
    contradictory values give empty strings.
    """
    if len(values) != 2:
        return "", "", "", ""
    right, bottom = (value.strip().upper() for value in values)
    for letters in (right, bottom):
        if not letters or len(letters) > 3 or any(c not in _OPPOSITE for c in letters):
            return "", "", "", ""
        if len({_axis(c) for c in letters}) != len(letters):
            return "", "", "", ""
    if _axis(right[0]) == _axis(bottom[0]):
        return "", "", "", ""
    return opposite(right), right, opposite(bottom), bottom


def _axis(letter: str) -> int:
    return next(i for i, pair in enumerate(_AXES) if letter in pair)


def plane_name(orientation: Orientation) -> str:
    """``sagittal``, ``coronal``, ``axial`` or, beyond 30 degrees from all three, ``oblique``."""
    along = np.abs(normal(orientation))
    axis = int(np.argmax(along))
    if along[axis] < math.cos(math.radians(PLANE_TOLERANCE_DEG)):
        return "oblique"
    return ("sagittal", "coronal", "axial")[axis]


def same_orientation(one: Orientation | None, other: Orientation | None) -> bool:
    """True where both are unknown, or no component differs by more than 0.01 (0.6 degrees)."""
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= 0.01 for a, b in zip(one, other, strict=True))


def distances(orientation: Orientation, positions: Sequence[Position]) -> Vector:
    """Distance of each position from the origin along the normal, in millimetres."""
    return np.asarray(np.asarray(positions, float).reshape(-1, 3) @ normal(orientation), np.float64)


def sort_order(orientation: Orientation, positions: Sequence[Position]) -> list[int]:
    """Indices that sort slices along the normal; equal places keep their given order."""
    return [int(i) for i in np.argsort(distances(orientation, positions), kind="stable")]


@dataclass(frozen=True)
class StackGeometry:
    """How parallel slices, sorted along their normal, lie to each other.

    :param spacing: millimetres between neighbours along the normal; None where the slices are
        not evenly spaced, repeat or are fewer than two.
    :param duplicates: pairs of 0-based indices of neighbours at the same place.
    :param missing: (index before the gap, number of slices that are missing there).
    :param uneven: indices after which the gap is neither even nor a whole number of slices.
    :param gaps: smallest and greatest distance of neighbours in millimetres, or None.
    :param tilt_deg: angle between the normal and the line along which the slices are stacked
        (gantry tilt), 0 below the tolerance, in degrees.
    :param sheared: True where the sideways step differs from slice to slice: no plain volume.
    """

    spacing: float | None
    duplicates: tuple[tuple[int, int], ...] = ()
    missing: tuple[tuple[int, int], ...] = ()
    uneven: tuple[int, ...] = ()
    gaps: tuple[float, float] | None = None
    tilt_deg: float = 0.0
    sheared: bool = False

    @property
    def is_volume(self) -> bool:
        """True where the slices can be stacked on one even, straight or tilted, grid."""
        return self.spacing is not None and not self.sheared


def analyse_stack(orientation: Orientation, positions: Sequence[Position]) -> StackGeometry:
    """Describe slices that are parallel and already sorted by :func:`sort_order`.

    :param positions: ImagePositionPatient of each slice, sorted along the normal.
    """
    if len(positions) < 2:
        return StackGeometry(None)
    along = distances(orientation, positions)
    gaps = np.diff(along)
    duplicates = tuple((int(i), int(i) + 1) for i in np.flatnonzero(gaps < SAME_PLACE_MM))
    tilt, sheared = _tilt(orientation, positions, gaps)
    limits = (float(gaps.min()), float(gaps.max()))
    if duplicates:
        return StackGeometry(None, duplicates, (), (), limits, tilt, sheared)
    step = _step(along, gaps)
    missing, uneven = _irregular(gaps, step)
    spacing = None if missing or uneven else float((along[-1] - along[0]) / gaps.size)
    return StackGeometry(spacing, (), missing, uneven, limits, tilt, sheared)


def _step(along: Vector, gaps: Vector) -> float:
    """The distance of neighbours: the mean where all lie on one grid, else the usual gap."""
    mean = float((along[-1] - along[0]) / gaps.size)
    grid = along[0] + mean * np.arange(along.size)
    if float(np.abs(along - grid).max()) <= _tolerance(mean):
        return mean
    # The smaller of the middle gaps: with two gaps of which one misses slices, the other counts.
    return float(np.sort(gaps)[(gaps.size - 1) // 2])


def _tolerance(step: float) -> float:
    return max(ROUNDING_MM, 0.02 * step)


def _irregular(gaps: Vector, step: float) -> tuple[tuple[tuple[int, int], ...], tuple[int, ...]]:
    missing: list[tuple[int, int]] = []
    uneven: list[int] = []
    for index, gap in enumerate(gaps):
        count = round(float(gap) / step)
        # Two rounded positions can both be off, so a single gap has twice the tolerance.
        if count >= 1 and abs(float(gap) - count * step) <= 2 * _tolerance(step):
            if count > 1:
                missing.append((index, count - 1))
        else:
            uneven.append(index)
    return tuple(missing), tuple(uneven)


def _tilt(
    orientation: Orientation, positions: Sequence[Position], gaps: Vector
) -> tuple[float, bool]:
    """Angle of the stacking line to the normal, and whether slices leave that line sideways."""
    points = np.asarray(positions, float)
    way = normal(orientation)
    total = float(gaps.sum())
    if total < SAME_PLACE_MM:
        return 0.0, False
    sideways = points - np.outer(points @ way, way)
    across = sideways[-1] - sideways[0]
    angle = math.degrees(math.atan2(float(np.linalg.norm(across)), total))
    fraction = np.concatenate(([0.0], np.cumsum(gaps))) / total
    line = sideways[0] + np.outer(fraction, across)
    off_line = float(np.linalg.norm(sideways - line, axis=1).max())
    # Half a millimetre sideways is less than one pixel of a CT: rounding or table sag.
    sheared = off_line > 0.5
    return (angle if angle > TILT_TOLERANCE_DEG else 0.0), sheared


def pixel_to_patient(
    orientation: Orientation,
    position: Position,
    pixel_spacing: tuple[float, float],
    x: float,
    y: float,
) -> Position:
    """Patient coordinates of a pixel coordinate (PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1).

    :param pixel_spacing: (between rows, between columns) in millimetres.
    """
    row, column = np.asarray(orientation[:3], float), np.asarray(orientation[3:], float)
    point = np.asarray(position, float) + row * (pixel_spacing[1] * x)
    point = point + column * (pixel_spacing[0] * y)
    return float(point[0]), float(point[1]), float(point[2])


def patient_to_pixel(
    orientation: Orientation,
    position: Position,
    pixel_spacing: tuple[float, float],
    point: Position,
) -> tuple[float, float, float]:
    """(x, y, distance): the foot of a patient point on the image, and its height over it in mm."""
    offset = np.asarray(point, float) - np.asarray(position, float)
    row, column = np.asarray(orientation[:3], float), np.asarray(orientation[3:], float)
    return (
        float(offset @ row) / pixel_spacing[1],
        float(offset @ column) / pixel_spacing[0],
        float(offset @ normal(orientation)),
    )

"""A series as one block of values on an even, right-angled grid in the patient (for MPR and 3D).

Slices of a tilted gantry are stacked at a slant: each is moved in its own plane until the stack
stands upright, so that a reformatted plane shows the patient and not the table's slant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.domain.geometry import Orientation, Position, normal

Values = npt.NDArray[Any]

#: Sideways steps below this part of a pixel need no resampling.
_STILL = 0.05


@dataclass(frozen=True)
class Volume:
    """Values on a grid.

    :param values: shape (slices, rows, columns), modality values.
    :param spacing: millimetres between slices (along the normal), rows and columns.
    :param orientation: of rows and columns; slices follow each other along their normal.
    :param position: patient coordinates of the first value's centre.
    :param notes: what was done to the slices, such as the correction of a tilt.
    """

    values: Values
    spacing: tuple[float, float, float]
    orientation: Orientation
    position: Position
    notes: tuple[str, ...] = ()

    def to_patient(self, x: float, y: float, z: float) -> Position:
        """Patient coordinates of column ``x``, row ``y``, slice ``z`` (fractions allowed)."""
        row, column = np.asarray(self.orientation[:3]), np.asarray(self.orientation[3:])
        point = np.asarray(self.position) + row * (x * self.spacing[2])
        point = point + column * (y * self.spacing[1])
        point = point + normal(self.orientation) * (z * self.spacing[0])
        return float(point[0]), float(point[1]), float(point[2])

    def to_grid(self, point: Position) -> tuple[float, float, float]:
        """(column, row, slice) of a patient point."""
        offset = np.asarray(point, float) - np.asarray(self.position)
        row, column = np.asarray(self.orientation[:3]), np.asarray(self.orientation[3:])
        return (
            float(offset @ row) / self.spacing[2],
            float(offset @ column) / self.spacing[1],
            float(offset @ normal(self.orientation)) / self.spacing[0],
        )


def upright(
    values: Values,
    spacing: tuple[float, float, float],
    orientation: Orientation,
    positions: Sequence[Position],
) -> Volume:
    """A volume of parallel, evenly spaced slices; a slant between them is taken out.

    :param values: shape (slices, rows, columns), in the order of ``positions``; not changed.
    :param positions: ImagePositionPatient of each slice, sorted along the normal.
    """
    dx, dy = _sideways(spacing, orientation, positions)
    if max(np.ptp(dx), np.ptp(dy)) < _STILL:
        return Volume(values, spacing, orientation, positions[0])
    left, top = float(np.floor(dx.min())), float(np.floor(dy.min()))
    columns = values.shape[2] + int(np.ceil(dx.max() - left))
    rows = values.shape[1] + int(np.ceil(dy.max() - top))
    fill = values.min()
    moved = np.full((values.shape[0], rows, columns), fill, values.dtype)
    for number, slice_ in enumerate(values):
        moved[number] = _moved(slice_, dx[number] - left, dy[number] - top, (rows, columns), fill)
    straight = Volume(moved, spacing, orientation, positions[0])
    note = "The slices were moved in their planes to take out the tilt of the gantry."
    return Volume(moved, spacing, orientation, straight.to_patient(left, top, 0), (note,))


def _sideways(
    spacing: tuple[float, float, float], orientation: Orientation, positions: Sequence[Position]
) -> tuple[Values, Values]:
    """Columns and rows by which each slice lies beside the normal through the first one."""
    offsets = np.asarray(positions, float) - np.asarray(positions[0], float)
    dx = offsets @ np.asarray(orientation[:3]) / spacing[2]
    dy = offsets @ np.asarray(orientation[3:]) / spacing[1]
    return dx, dy


def _moved(slice_: Values, dx: float, dy: float, shape: tuple[int, int], fill: Any) -> Values:
    """A slice moved right and down by fractions of a pixel (bilinear), on a larger canvas."""
    across, down = int(np.floor(dx)), int(np.floor(dy))
    part_x, part_y = dx - across, dy - down
    padded = np.full((shape[0] + 1, shape[1] + 1), fill, np.float32)
    rows = min(slice_.shape[0], shape[0] + 1 - down - 1)
    columns = min(slice_.shape[1], shape[1] + 1 - across - 1)
    padded[down + 1 : down + 1 + rows, across + 1 : across + 1 + columns] = slice_[:rows, :columns]
    # padded[1 + i] is the canvas moved by whole pixels; its neighbour before it has the rest.
    near = padded[1:, 1:] * (1 - part_x) + padded[1:, :-1] * part_x
    above = padded[:-1, 1:] * (1 - part_x) + padded[:-1, :-1] * part_x
    mixed = near * (1 - part_y) + above * part_y
    return np.rint(mixed) if np.issubdtype(slice_.dtype, np.integer) else mixed

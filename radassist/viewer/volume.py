"""A series as one block of voxels that knows where it lies in the patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.domain.geometry import normal
from radassist.domain.study import Series
from radassist.errors import InputFault

Matrix = npt.NDArray[np.float64]
Point3 = tuple[float, float, float]


@dataclass(frozen=True)
class Volume:
    """Voxels on one even grid, which a tilted gantry may have sheared.

    :param voxels: shape (slices, rows, columns), C-contiguous, after the modality LUT.
    :param affine: 4 x 4: (column, row, slice, 1) -> patient millimetres (LPS).  Its third column is
        the step from image to image as the positions give it, so that gantry tilt is undone by
        every reslicing through it.
    """

    voxels: npt.NDArray[Any]
    affine: Matrix

    @cached_property
    def inverse(self) -> Matrix:
        """Patient millimetres -> (column, row, slice, 1)."""
        return np.asarray(np.linalg.inv(self.affine))

    @cached_property
    def centre(self) -> Point3:
        """The middle of the block in patient millimetres."""
        return self.to_patient([(size - 1) / 2 for size in reversed(self.voxels.shape)])

    @cached_property
    def finest(self) -> float:
        """The shortest distance of neighbouring voxels in millimetres."""
        return float(np.linalg.norm(self.affine[:3, :3], axis=0).min())

    @cached_property
    def corners(self) -> Matrix:
        """The eight corners, outer borders of the voxels, (8, 3) in patient millimetres."""
        ends = [(-0.5, size - 0.5) for size in reversed(self.voxels.shape)]
        grid = np.array(np.meshgrid(*ends, indexing="ij")).reshape(3, -1)
        return np.asarray((self.affine[:3, :3] @ grid).T + self.affine[:3, 3])

    def to_patient(self, index: Sequence[float]) -> Point3:
        """Patient millimetres of a (column, row, slice)."""
        x, y, z = self.affine[:3, :3] @ np.asarray(index, float) + self.affine[:3, 3]
        return float(x), float(y), float(z)

    def to_index(self, point: Sequence[float]) -> Point3:
        """(column, row, slice) of a place in the patient."""
        x, y, z = self.inverse[:3, :3] @ np.asarray(point, float) + self.inverse[:3, 3]
        return float(x), float(y), float(z)

    def value_at(self, point: Sequence[float]) -> float | None:
        """The value of the voxel that holds a place, or None outside."""
        column, row, index = (round(v) for v in self.to_index(point))
        slices, rows, columns = self.voxels.shape
        if not (0 <= column < columns and 0 <= row < rows and 0 <= index < slices):
            return None
        return float(self.voxels[index, row, column])


def volume_of(series: Series, voxels: npt.NDArray[Any]) -> Volume:
    """The volume of a series whose frames were read in their order.

    :param voxels: shape (slices, rows, columns), as ``Archive.read_volume`` gives them.
    :raises InputFault: the series has no position, orientation or pixel spacing.
    """
    first, last = series.frames[0], series.frames[-1]
    spacing, orientation = series.pixel_spacing, first.image_orientation
    positions = first.image_position, last.image_position
    if orientation is None or positions[0] is None or positions[1] is None:
        raise InputFault("The series does not say where its images lie.", "View them in 2D.")
    if spacing is None or series.spacing_source == "ImagerPixelSpacing":
        raise InputFault("The series has no pixel spacing in the patient.", "View it in 2D.")
    row, column = np.asarray(orientation[:3], float), np.asarray(orientation[3:], float)
    start, end = np.asarray(positions[0], float), np.asarray(positions[1], float)
    steps = len(series.frames) - 1
    affine = np.eye(4)
    affine[:3, 0], affine[:3, 1] = row * spacing[1], column * spacing[0]
    affine[:3, 2] = (end - start) / steps if steps else normal(orientation)
    affine[:3, 3] = start
    if abs(np.linalg.det(affine[:3, :3])) < 1e-9:
        raise InputFault("The images of the series lie in one plane.", "View them in 2D.")
    return Volume(np.ascontiguousarray(voxels), affine)

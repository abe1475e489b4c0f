"""Pictures of a volume along any plane, thin or as a slab (vtkImageReslice).

VTK and not numpy: an oblique picture of 512 x 512 with a slab is a few milliseconds, and the
reslicer takes any affine, so a tilted gantry is corrected by the same line of code.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkImagingCore import vtkImageReslice

from radassist.errors import Bug
from radassist.viewer.planes import Plane
from radassist.viewer.volume import Volume

#: A picture larger than this on a side is more than any screen shows.
MOST_PIXELS = 4096
#: Samples across a slab: a slab of 100 mm at 0.5 mm needs 200.
MOST_SAMPLES = 400


class SlabMode(StrEnum):
    """How the samples across a slab become one pixel."""

    MEAN = "average"
    MAX = "MIP"
    MIN = "MinIP"


@dataclass(frozen=True)
class Slab:
    """A thick picture.

    :param thickness: in millimetres; 0 is a thin one.
    """

    thickness: float = 0.0
    mode: SlabMode = SlabMode.MAX


THIN = Slab()


class Reslicer:
    """One volume, ready to be cut; not for several threads at once."""

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        self._image = image_of(volume.voxels)
        self._cut = vtkImageReslice()
        self._cut.SetInputData(self._image)
        self._cut.SetOutputDimensionality(2)
        self._cut.SetInterpolationModeToLinear()
        self._cut.SetBackgroundLevel(float(volume.voxels.min()))

    def cut(
        self, plane: Plane, size: tuple[int, int], spacing: float, slab: Slab = THIN
    ) -> npt.NDArray[Any]:
        """The picture of a plane; what lies outside the volume has its lowest value.

        :param size: (rows, columns) of the picture; its middle is the plane's centre.
        :param spacing: millimetres between its pixels, the same both ways.
        :returns: array (rows, columns) of the volume's type.
        """
        rows, columns = size
        if not (0 < rows <= MOST_PIXELS and 0 < columns <= MOST_PIXELS and spacing > 0):
            raise Bug(f"a picture of {rows} x {columns} at {spacing} mm")
        cut = self._cut
        cut.SetResliceAxes(self._axes(plane))
        samples = _samples(slab, self.volume.finest)
        step = slab.thickness / (samples - 1) if samples > 1 else spacing
        cut.SetOutputSpacing(spacing, spacing, step)
        cut.SetOutputOrigin(-(columns - 1) / 2 * spacing, -(rows - 1) / 2 * spacing, 0.0)
        cut.SetOutputExtent(0, columns - 1, 0, rows - 1, 0, 0)
        cut.SetSlabNumberOfSlices(samples)
        _SET_MODE[slab.mode](cut)
        cut.Update()
        scalars = cut.GetOutput().GetPointData().GetScalars()
        flat = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]
        return np.array(flat).reshape(rows, columns)

    def _axes(self, plane: Plane) -> vtkMatrix4x4:
        """From millimetres on the plane to voxel indices."""
        placed = np.eye(4)
        placed[:3, 0], placed[:3, 1] = plane.right, plane.down
        placed[:3, 2], placed[:3, 3] = plane.normal, plane.centre
        matrix = vtkMatrix4x4()
        matrix.DeepCopy((self.volume.inverse @ placed).ravel().tolist())
        return matrix


_SET_MODE = {
    SlabMode.MEAN: vtkImageReslice.SetSlabModeToMean,
    SlabMode.MAX: vtkImageReslice.SetSlabModeToMax,
    SlabMode.MIN: vtkImageReslice.SetSlabModeToMin,
}


def _samples(slab: Slab, finest: float) -> int:
    """Odd, so that the middle of the slab is one of them; half a voxel apart at the most."""
    if slab.thickness <= 0:
        return 1
    half = int(np.ceil(slab.thickness / 2 / (finest / 2)))
    return min(2 * half + 1, MOST_SAMPLES + 1)


def image_of(voxels: npt.NDArray[Any]) -> vtkImageData:
    """The voxels as VTK sees them, without a copy: the image keeps them alive."""
    slices, rows, columns = voxels.shape
    image = vtkImageData()
    image.SetDimensions(columns, rows, slices)
    scalars = numpy_to_vtk(voxels.reshape(-1), deep=False)  # type: ignore[no-untyped-call]
    image.GetPointData().SetScalars(scalars)
    return image

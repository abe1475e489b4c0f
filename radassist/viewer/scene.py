"""The 3D scene: one volume, lit, seen from a camera, without a window on the screen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

# Importing these two registers the OpenGL implementations with VTK's object factory.
import vtkmodules.vtkRenderingOpenGL2
import vtkmodules.vtkRenderingVolumeOpenGL2  # noqa: F401
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonDataModel import vtkPiecewiseFunction
from vtkmodules.vtkCommonMath import vtkMatrix4x4
from vtkmodules.vtkRenderingCore import (
    vtkColorTransferFunction,
    vtkRenderer,
    vtkRenderWindow,
    vtkVolume,
    vtkVolumeProperty,
    vtkWindowToImageFilter,
)
from vtkmodules.vtkRenderingVolume import vtkFixedPointVolumeRayCastMapper

from radassist.viewer.render_types import Camera, Preset3D, RenderRequest
from radassist.viewer.reslice import image_of
from radassist.viewer.volume import Volume

#: The near-black of the reading room, so that a 3D pane looks like its neighbours.
_BACKGROUND = (0.043, 0.051, 0.063)
_VIEW_ANGLE = 30.0


class Scene:
    """Renders one volume; belongs to the thread that made it."""

    def __init__(self, volume: Volume) -> None:
        self.volume = volume
        sample = volume.voxels.reshape(-1)[:: max(1, volume.voxels.size // 200_000)]
        self._low, self._high = (float(v) for v in np.percentile(sample, (1, 99)))
        self._radius = float(
            np.linalg.norm(volume.corners - np.asarray(volume.centre), axis=1).max()
        )
        # The ray caster on the processor: the same picture with and without a graphics card, and
        # ten times as fast as OpenGL drawn by software.
        self._mapper = vtkFixedPointVolumeRayCastMapper()
        self._mapper.SetInputData(image_of(volume.voxels))
        self._mapper.SetSampleDistance(volume.finest)
        self._property = vtkVolumeProperty()
        self._property.SetInterpolationTypeToLinear()
        shown = vtkVolume()
        shown.SetMapper(self._mapper)
        shown.SetProperty(self._property)
        shown.SetUserMatrix(_matrix(volume.affine))
        self._renderer = vtkRenderer()
        self._renderer.SetBackground(*_BACKGROUND)
        self._renderer.AddVolume(shown)
        self._renderer.GetActiveCamera().SetViewAngle(_VIEW_ANGLE)
        self._window = vtkRenderWindow()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.AddRenderer(self._renderer)
        self._preset: Preset3D | None = None

    def render(self, request: RenderRequest) -> npt.NDArray[np.uint8]:
        """The picture, uint8 RGB of shape (rows, columns, 3); half of that while hurried."""
        # VTK's own coarse rays (SetImageSampleDistance) shift the picture to the side.
        part = 2 if request.hurried else 1
        rows, columns = (max(1, length // part) for length in request.size)
        self._window.SetSize(columns, rows)
        if request.preset != self._preset:
            self._apply(request.preset)
        self._aim(request.camera)
        self._renderer.ResetCameraClippingRange()
        self._window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.ShouldRerenderOff()
        grab.Update()
        scalars = grab.GetOutput().GetPointData().GetScalars()
        flat = vtk_to_numpy(scalars)  # type: ignore[no-untyped-call]  # VTK's bridge has no types
        return np.array(flat.reshape(rows, columns, -1)[::-1, :, :3])

    def close(self) -> None:
        """Free what the window holds."""
        self._window.Finalize()

    def _apply(self, preset: Preset3D) -> None:
        opacity, colour = vtkPiecewiseFunction(), vtkColorTransferFunction()
        for value, dense, red, green, blue in preset.stops:
            at = self._low + value * (self._high - self._low) if preset.relative else value
            opacity.AddPoint(at, dense)
            colour.AddRGBPoint(at, red, green, blue)
        self._property.SetScalarOpacity(opacity)
        self._property.SetColor(colour)
        self._property.SetShade(1 if preset.shaded else 0)
        self._property.SetAmbient(0.25)
        self._property.SetDiffuse(0.75)
        self._property.SetSpecular(0.2)
        self._property.SetSpecularPower(12.0)
        if preset.mip:
            self._mapper.SetBlendModeToMaximumIntensity()
        else:
            self._mapper.SetBlendModeToComposite()
        self._preset = preset

    def _aim(self, camera: Camera) -> None:
        turn, up = math.radians(camera.azimuth), math.radians(camera.elevation)
        # From the front is from -y (anterior); the patient's left is +x; the head is +z.
        way = np.array(
            [math.sin(turn) * math.cos(up), -math.cos(turn) * math.cos(up), math.sin(up)]
        )
        distance = self._radius / math.sin(math.radians(_VIEW_ANGLE / 2))
        middle = np.asarray(self.volume.centre)
        seen = self._renderer.GetActiveCamera()
        seen.SetFocalPoint(*middle)
        seen.SetPosition(*(middle + way * distance))
        seen.SetViewUp(0.0, 0.0, 1.0)
        seen.SetViewAngle(_VIEW_ANGLE / camera.zoom)


def _matrix(affine: npt.NDArray[np.float64]) -> Any:
    matrix = vtkMatrix4x4()
    matrix.DeepCopy(affine.ravel().tolist())
    return matrix

"""The engine of a 3D process, behind ``radassist.host``: a crash there costs one picture."""

from __future__ import annotations

from multiprocessing.shared_memory import SharedMemory
from typing import Any, Protocol

import numpy as np

from radassist.errors import Bug
from radassist.viewer.render_types import RenderRequest, VolumePlace
from radassist.viewer.scene import Scene
from radassist.viewer.volume import Volume


class Context(Protocol):
    """What the worker needs of ``radassist.host.JobContext``."""

    def cancelled(self) -> bool: ...


class RenderEngine:
    """Holds one scene; one request at a time."""

    def __init__(self, place: VolumePlace) -> None:
        # The parent made it and frees it; the resource tracker, which both share, knows it once.
        self._memory = SharedMemory(name=place.name)
        voxels = np.ndarray(place.shape, np.dtype(place.dtype), buffer=self._memory.buf)
        affine = np.asarray(place.affine, float).reshape(4, 4)
        self._scene = Scene(Volume(voxels, affine))

    def handle(self, method: str, payload: Any, _context: Context) -> Any:
        """``render``: RenderRequest -> (shape, bytes of the RGB picture)."""
        if method != "render" or not isinstance(payload, RenderRequest):
            raise Bug(f"the 3D engine has no request {method!r}")
        picture = self._scene.render(payload)
        return picture.shape, picture.tobytes()


def create(place: VolumePlace) -> RenderEngine:
    """Factory for ``radassist.host.Host``."""
    return RenderEngine(place)

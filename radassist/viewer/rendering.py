"""3D pictures of a volume from a process of their own; the newest request wins."""

from __future__ import annotations

import threading
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.errors import EngineFault
from radassist.host.process import Host
from radassist.viewer.render_types import RenderRequest, VolumePlace
from radassist.viewer.volume import Volume

Picture3D = npt.NDArray[np.uint8]
#: Called on the host's thread with a picture or the reason why there is none.
Arrived = Callable[[RenderRequest, Picture3D | Exception], None]

#: A picture of a large volume without a graphics card takes a second or two.
DEADLINE_S = 60.0


class VolumeRenderer:
    """Asks for pictures without waiting; while one is made, only the newest further wish is kept.

    :param arrived: called for each finished picture, on another thread.
    """

    def __init__(self, volume: Volume, arrived: Arrived) -> None:
        self._arrived = arrived
        self._memory = SharedMemory(create=True, size=volume.voxels.nbytes)
        voxels = volume.voxels
        room = np.ndarray(voxels.shape, voxels.dtype, buffer=self._memory.buf)
        room[...] = voxels
        del room
        slices, rows, columns = voxels.shape
        affine = tuple(float(v) for v in volume.affine.ravel())
        place = VolumePlace(self._memory.name, (slices, rows, columns), voxels.dtype.str, affine)
        self._host = Host("radassist.viewer.render_worker:create", place, name="3D engine")
        self._lock = threading.Lock()
        self._busy = False
        self._next: RenderRequest | None = None
        self._closed = False

    def want(self, request: RenderRequest) -> None:
        """Ask for a picture; an earlier wish that was not begun is dropped."""
        with self._lock:
            if self._closed:
                return
            if self._busy:
                self._next = request
                return
            self._busy = True
        self._send(request)

    def render(self, request: RenderRequest) -> Picture3D:
        """A picture at once, for exports and tests.

        :raises EngineFault: the 3D process failed.
        """
        return _picture(self._host.call("render", request, deadline_s=DEADLINE_S))

    def close(self) -> None:
        """Stop the process and free the memory.  Idempotent."""
        with self._lock:
            if self._closed:
                return
            self._closed, self._next = True, None
        self._host.close()
        self._memory.close()
        self._memory.unlink()

    def _send(self, request: RenderRequest) -> None:
        def done(answer: Any) -> None:
            self._finished(request, answer)

        self._host.submit("render", request, deadline_s=DEADLINE_S, done=done)

    def _finished(self, request: RenderRequest, answer: Any) -> None:
        with self._lock:
            following, self._next = self._next, None
            self._busy = following is not None
            closed = self._closed
        if closed:
            return
        if following is not None:
            self._send(following)
        self._arrived(request, answer if isinstance(answer, Exception) else _picture(answer))


def _picture(answer: Any) -> Picture3D:
    try:
        shape, data = answer
        return np.frombuffer(data, np.uint8).reshape(shape)
    except (TypeError, ValueError) as error:
        raise EngineFault("The 3D engine gave an answer of an unknown kind.") from error

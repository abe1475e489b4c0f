"""The engine of a decoder process: headers and pixels, behind ``radassist.host``."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from radassist.dicom.block import BlockRequest, fill
from radassist.dicom.content import read_content
from radassist.dicom.fileformat import Parsed, open_parsed, tolerant
from radassist.dicom.header import HeaderResult
from radassist.dicom.headers import read_header
from radassist.dicom.picture import decode_picture
from radassist.dicom.pixels import DecodedPixels, decode_parsed
from radassist.domain.measuring.suv import Uptake
from radassist.errors import Bug

#: Parameters of mallopt (malloc.h).
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3


class Context(Protocol):
    """What the worker needs of ``radassist.host.JobContext``."""

    def progress(self, fraction: float, text: str) -> None: ...
    def cancelled(self) -> bool: ...


@dataclass(frozen=True)
class DecodeRequest:
    """One frame to decode.

    :param room: name and size of the shared memory that takes the pixels, or None to send them
        through the pipe.
    :param picture: True for a plain picture (JPEG, PNG, TIFF).
    """

    path: Path
    frame: int
    room: tuple[str, int] | None
    picture: bool = False


@dataclass(frozen=True)
class DecodeAnswer:
    """What goes back through the pipe: all but the pixels, where shared memory took them.

    :param overlays: packed bits of each overlay plane, of the image's size.
    """

    shape: tuple[int, ...]
    dtype: str
    pixels: bytes | None
    window: tuple[float, float]
    inverted: bool
    unit: str
    voi_function: str
    voi_lut: tuple[int, npt.NDArray[Any]] | None
    overlays: tuple[bytes, ...]
    overlay_groups: tuple[int, ...]
    rescale: tuple[float, float] | None
    uptake: Uptake | None
    sha256: str
    warnings: tuple[str, ...]


class Worker:
    """Reads headers and decodes frames, one request at a time."""

    def __init__(self) -> None:
        self._open: tuple[tuple[str, int, int], Parsed] | None = None

    def handle(self, method: str, payload: Any, context: Context) -> Any:
        """``headers``: list of paths -> list of results; ``decode``: DecodeRequest -> answer;
        ``block``: BlockRequest -> answer; ``content``: Companion -> what it holds."""
        if method == "headers":
            return self._headers(payload, context)
        if method == "decode":
            return self._decode(payload)
        if method == "block":
            request: BlockRequest = payload
            return fill(request, self._parsed, context.cancelled)
        if method == "content":
            return read_content(payload)
        raise Bug(f"the decoder has no method {method!r}")

    def _headers(self, paths: list[Path], context: Context) -> list[HeaderResult]:
        results = []
        for number, path in enumerate(paths):
            if context.cancelled():
                break
            results.append(read_header(path))
            context.progress((number + 1) / len(paths), "Reading headers")
        return results

    def _decode(self, request: DecodeRequest) -> DecodeAnswer:
        if request.picture:
            decoded = decode_picture(request.path)
        else:
            with tolerant():
                decoded = decode_parsed(self._parsed(request.path), request.frame)
        return _answer(decoded, request.room)

    def _parsed(self, path: Path) -> Parsed:
        """The parsed file, kept open for the next frame of the same one."""
        state = path.stat()
        key = (str(path), state.st_mtime_ns, state.st_size)
        if self._open is not None:
            if self._open[0] == key:
                return self._open[1]
            self._open[1].stream.close()
            self._open = None
        found = open_parsed(path)
        self._open = (key, found)
        return found


def _answer(decoded: DecodedPixels, room: tuple[str, int] | None) -> DecodeAnswer:
    pixels = np.ascontiguousarray(decoded.pixels)
    pixels = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
    data: bytes | None = None
    if room is not None and pixels.nbytes <= room[1]:
        _put(pixels, room[0])
    else:
        data = pixels.tobytes()
    return DecodeAnswer(
        pixels.shape,
        pixels.dtype.str,
        data,
        decoded.window,
        decoded.inverted,
        decoded.unit,
        decoded.voi_function,
        decoded.voi_lut,
        tuple(np.packbits(plane).tobytes() for plane in decoded.overlays),
        decoded.overlay_groups,
        decoded.rescale,
        decoded.uptake,
        hashlib.sha256(pixels.data).hexdigest(),
        tuple(decoded.warnings),
    )


def _put(pixels: npt.NDArray[Any], name: str) -> None:
    # The parent made it and frees it; the resource tracker, which both share, knows it once.
    memory = SharedMemory(name=name)
    try:
        target = np.ndarray(pixels.shape, pixels.dtype, buffer=memory.buf)
        target[...] = pixels
        del target
    finally:
        memory.close()


def create() -> Worker:
    """Factory for ``radassist.host.Host``."""
    _reuse_memory()
    return Worker()


def _reuse_memory() -> None:
    """Let glibc keep the memory of one image for the next one (mallopt(3)).

    By default it gives buffers of this size back to the system after each image, and getting them
    again costs a tenth of the time of a JPEG-LS image in page faults.  Other C libraries do as
    they please.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 8 << 20)
        mallopt(_M_TRIM_THRESHOLD, 64 << 20)

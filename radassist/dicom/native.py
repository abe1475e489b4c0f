"""Frames that need no decoder: uncompressed 16-bit grey pixels of classic objects.

Opening a file finds where they lie and how they become modality values, so that reading a volume
need not parse the file again.  What does not fit here in every point is read by ``pixels``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from radassist.dicom import elements
from radassist.dicom.fileformat import Parsed
from radassist.dicom.frames import number_of_frames
from radassist.dicom.header import NativePlace

Array = npt.NDArray[Any]


def native_place(path: Path, file: Parsed) -> NativePlace | None:
    """The place of a file's frames, None where a decoder or a table is needed.

    :param file: checked by ``headers.check_pixels``: its size claims are true.
    """
    dataset, place = file.dataset, file.pixels
    plain = file.transfer_syntax in (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
    if not plain or place is None or place.keyword != "PixelData":
        return None
    # Values below 16 bits may have others in the bits above them; a missing attribute is odd.
    wanted = {"BitsAllocated": 16, "BitsStored": 16, "SamplesPerPixel": 1}
    if any(elements.integer(dataset, k) != v for k, v in wanted.items()):
        return None
    signed = elements.integer(dataset, "PixelRepresentation")
    photometric = elements.text(dataset, "PhotometricInterpretation").upper()
    if signed not in (0, 1) or photometric not in ("MONOCHROME1", "MONOCHROME2"):
        return None
    rescale = _rescale(file)
    if rescale is None:
        return None
    state = path.stat()
    return NativePlace(
        place.offset,
        elements.integer(dataset, "Rows") or 0,
        elements.integer(dataset, "Columns") or 0,
        number_of_frames(dataset),
        signed == 1,
        rescale,
        (state.st_mtime_ns, state.st_size),
    )


def _rescale(file: Parsed) -> tuple[int, int] | None:
    """Whole slope and intercept, as ``pixels`` would apply them to every frame; else None."""
    dataset = file.dataset
    grouped = ("ModalityLUTSequence", "SharedFunctionalGroupsSequence",
               "PerFrameFunctionalGroupsSequence")  # fmt: skip
    if any(elements.items(dataset, keyword) for keyword in grouped):
        return None
    slope = elements.number(dataset, "RescaleSlope")
    if slope is None:
        return 1, 0
    intercept = elements.number(dataset, "RescaleIntercept") or 0.0
    if slope == 0 or slope != int(slope) or intercept != int(intercept):
        return None
    return int(slope), int(intercept)


def native_values(path: Path, place: NativePlace, index: int, scratch: Array) -> Array | None:
    """Modality values of one 0-based frame, as ``pixels.frame_values`` gives them.

    :param scratch: uint16, shape (rows, columns); the result may lie in it.
    :returns: int16 or uint16, or None where the file has changed or 16 bits do not hold the values.
    """
    size = place.rows * place.columns * 2
    if scratch.shape != (place.rows, place.columns) or not 0 <= index < place.frames:
        return None
    with path.open("rb", buffering=0) as stream:
        state = path.stat()
        if (state.st_mtime_ns, state.st_size) != place.file:
            return None
        stream.seek(place.offset + index * size)
        if stream.readinto(scratch.data.cast("B")) != size:
            return None
    stored = scratch.view(np.int16) if place.signed else scratch
    return rescaled(stored, *place.rescale, into=scratch)


def rescaled(stored: Array, slope: int, intercept: int, into: Array | None = None) -> Array | None:
    """``stored * slope + intercept`` as int16, else uint16, else None where neither holds it.

    :param stored: whole numbers.
    :param into: uint16 for the result, which may be the memory of ``stored``.
    """
    ends = [int(stored.min()) * slope + intercept, int(stored.max()) * slope + intercept]
    kind = narrow(min(ends), max(ends))
    if kind is None:
        return None
    # Where the results fit into 16 bits, arithmetic modulo 2**16 gives them exactly.
    words = stored.astype(np.uint16) if into is None else into
    if slope != 1:
        words *= np.uint16(slope & 0xFFFF)
    if intercept:
        words += np.uint16(intercept & 0xFFFF)
    return words.view(kind)


def narrow(low: int, high: int) -> type[np.int16] | type[np.uint16] | None:
    """The 16-bit type that holds a range, int16 first; None where neither does."""
    if low >= -0x8000 and high <= 0x7FFF:
        return np.int16
    return np.uint16 if low >= 0 and high <= 0xFFFF else None

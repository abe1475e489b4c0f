"""Plain pictures of radiographs (JPEG, PNG, TIFF): pixels without any header fact."""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from radassist.dicom.pixels import DecodedPixels, auto_window
from radassist.domain.study import Frame, Instance, Series, Study
from radassist.errors import InputFault

#: A picture may have this many pixels (a 30 x 40 cm film at 50 micrometres has 48 million).
MAX_PIXELS = 200_000_000
#: Stands in for a SOP class; no DICOM object ever has it.
PICTURE_CLASS = "picture"
NO_HEADER = "A plain picture: no patient, side, view or spacing is known."
_FORMATS = ("JPEG", "PNG", "TIFF")


def picture_study(path: Path) -> Study:
    """One picture as a study of its own, with nothing but its size; reads only the header.

    :raises InputFault: it is no picture, is damaged or is too large.
    """
    columns, rows = _size(path)
    uid = _content_uid(path)
    instance = Instance(path, uid, PICTURE_CLASS, f"{uid}.1", f"{uid}.2", 1, rows, columns)
    series = Series(
        series_instance_uid=instance.series_instance_uid,
        frames=(Frame(instance),),
        rows=rows,
        columns=columns,
        warnings=(NO_HEADER, "No pixel spacing: lengths can only be measured in pixels."),
    )
    return Study(instance.study_instance_uid, (series,))


def _content_uid(path: Path) -> str:
    """A UID made of the bytes (PS3.5 B.2), so that the same picture has the same name."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def _open(path: Path) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of large pictures; the limit is below
            image = Image.open(path, formats=_FORMATS)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise _fault("it is damaged or no JPEG, PNG or TIFF") from None
    if image.width * image.height > MAX_PIXELS:
        image.close()
        raise _fault(f"it has more than {MAX_PIXELS // 10**6} million pixels")
    return image


def _fault(reason: str) -> InputFault:
    return InputFault(f"The picture cannot be shown: {reason}.", "Save it again as PNG.")


def _size(path: Path) -> tuple[int, int]:
    with _open(path) as image:
        return image.size


def decode_picture(path: Path) -> DecodedPixels:
    """Decode a picture to grey: uint8 or uint16, shape (rows, columns).

    Colour becomes luminance (ITU-R BT.601, as Pillow's "L"); a transparent part becomes black.
    The first frame of several is taken.

    :raises InputFault: it cannot be decoded.
    """
    with _open(path) as image:
        try:
            pixels = _grey(image)
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
            raise _fault("it is damaged") from None
    window = (127.5, 255.0) if pixels.dtype == np.uint8 else auto_window(pixels)
    return DecodedPixels(pixels, window, False, warnings=[NO_HEADER])


def _grey(image: Image.Image) -> npt.NDArray[Any]:
    if image.mode in ("I;16", "I;16L", "I;16B", "I", "F"):
        values = np.asarray(image)
        if image.mode == "F":
            return np.asarray(np.nan_to_num(values), dtype=np.float32)
        return np.asarray(np.clip(values, 0, 65535), dtype=np.uint16)
    if image.mode in ("1", "L"):
        return np.array(image.convert("L"))
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        shown = image.convert("RGBA")
        black = Image.new("RGBA", shown.size, (0, 0, 0, 255))
        return np.array(Image.alpha_composite(black, shown).convert("L"))
    return np.array(image.convert("RGB").convert("L"))

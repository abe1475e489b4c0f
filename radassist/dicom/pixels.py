"""Decode one frame: stored values, modality LUT, window, overlays.  Runs in a worker process.

PS3.3 C.7.6.3 (Image Pixel), C.11.1 (Modality LUT), C.11.2 (VOI LUT), C.9.2 (Overlay Plane).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import as_pixel_options
from pydicom.uid import (
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLSTransferSyntaxes,
    UncompressedTransferSyntaxes,
)

from radassist.dicom import elements
from radassist.dicom.codecs import codestream, decoder_syntax, missing_decoder, native_frame
from radassist.dicom.fileformat import UNDEFINED, Parsed, parsed
from radassist.dicom.frames import functional_groups, number_of_frames
from radassist.dicom.headers import check_pixels
from radassist.dicom.luts import lut_item
from radassist.dicom.native import narrow, rescaled
from radassist.dicom.overlays import overlay_planes
from radassist.dicom.uptake import uptake_of
from radassist.domain.measuring.suv import Uptake
from radassist.errors import InputFault

Array = npt.NDArray[Any]


@dataclass
class DecodedPixels:
    """A decoded frame as it leaves the worker; the fields are those of ``ports.DecodedFrame``."""

    pixels: Array
    window: tuple[float, float]
    inverted: bool
    unit: str = ""
    voi_function: str = "LINEAR"
    voi_lut: tuple[int, Array] | None = None
    overlays: tuple[Array, ...] = ()
    overlay_groups: tuple[int, ...] = ()
    rescale: tuple[float, float] | None = (1.0, 0.0)
    uptake: Uptake | None = None
    warnings: list[str] = field(default_factory=list)


def decode_frame(path: Path, index: int) -> DecodedPixels:
    """Decode one 0-based frame of a file.

    :raises InputFault: the pixels cannot be decoded; says why, without protected information.
    """
    with parsed(path) as file:
        return decode_parsed(file, index)


def decode_parsed(file: Parsed, index: int) -> DecodedPixels:
    """The same on a file that is already parsed (all attributes, not only some)."""
    try:
        return _decoded(file, index)
    except InputFault as fault:
        if not fault.what.startswith("it"):
            raise  # a whole sentence already
        raise _fault(fault.what) from fault


def frame_values(file: Parsed, index: int) -> Array:
    """The modality values of one 0-based grey frame, as :func:`decode_parsed` gives them.

    :raises InputFault: it cannot be decoded, or is no grey image.
    """
    dataset = file.dataset
    try:
        _check(file, index)
        warnings: list[str] = []
        stored, photometric, _ = _stored_values(file, index, warnings)
        if stored.ndim != 2 or photometric == "PALETTE COLOR":
            raise InputFault("Colour images are no volume.", "View them in 2D.")
        own, shared = _groups(dataset, index)
        return _modality(dataset, own, shared, stored, warnings)[0]
    except InputFault as fault:
        if not fault.what.startswith("it"):
            raise
        raise _fault(fault.what) from fault


def _check(file: Parsed, index: int) -> None:
    check_pixels(file)
    missing = missing_decoder(file.transfer_syntax)
    if missing:
        raise _fault(missing)
    if not 0 <= index < number_of_frames(file.dataset):
        raise _fault(f"it has no frame {index + 1}")


def _decoded(file: Parsed, index: int) -> DecodedPixels:
    dataset = file.dataset
    _check(file, index)
    warnings: list[str] = []
    stored, photometric, stated_bits = _stored_values(file, index, warnings)
    planes = overlay_planes(dataset, _words(file, index), index, stored.shape[:2])
    if photometric == "PALETTE COLOR":
        found = DecodedPixels(_palette(stored, dataset), (127.5, 255.0), False)
    elif stored.ndim == 3:
        found = DecodedPixels(_eight_bits(stored, stated_bits), (127.5, 255.0), False)
    else:
        found = _grey(dataset, stored, index, photometric, warnings)
    found.overlays = tuple(planes.values())
    found.overlay_groups = tuple(planes)
    found.warnings = warnings
    return found


def _fault(reason: str) -> InputFault:
    return InputFault(
        f"An image cannot be shown: {reason}.", "The other images of the study are not affected."
    )


# --- stored values -----------------------------------------------------------------------------


def _stored_values(file: Parsed, index: int, warnings: list[str]) -> tuple[Array, str, int]:
    """(array, photometric interpretation after decoding, bits stored)."""
    try:
        return _decode(file, index)
    except MemoryError:
        raise
    except InputFault as fault:
        raise _fault(fault.what) from fault
    except Exception as error:  # noqa: BLE001  codecs raise anything; told as one sentence
        first = error
    try:
        mended = _mended_jpeg(file, index)
        if mended is not None:
            warnings.append("A wrong JPEG scan header (Se = 0) was mended to decode this image.")
            return _decode(file, index, mended)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  the same, for the mended bytes
        first = error
    raise _fault(f"its pixel data is damaged or cannot be decoded ({type(first).__name__})")


def _decode(file: Parsed, index: int, mended: bytes | None = None) -> tuple[Array, str, int]:
    place = file.pixels
    if place is None:
        raise _fault("it holds no pixel data")
    options = as_pixel_options(file.dataset, pixel_keyword=place.keyword, pixel_vr=place.vr)
    if "pixel_representation" not in options and place.keyword == "PixelData":
        options["pixel_representation"] = 0  # type 1 in the standard, and yet left out
    options.setdefault("samples_per_pixel", 1)
    options.setdefault("photometric_interpretation", "MONOCHROME2")
    plugin = "pyjpegls" if file.transfer_syntax in JPEGLSTransferSyntaxes else ""
    source: Any = file.stream
    frames = number_of_frames(file.dataset)
    native = native_frame(file, index, frames)
    coded = mended or (codestream(file, index, frames) if native is None else None)
    if native is not None or coded is not None:
        source, index = native or _one_fragment(coded or b""), 0
        options["number_of_frames"] = 1
        options.pop("extended_offsets", None)
    else:
        file.stream.seek(place.offset)
    syntax = ExplicitVRLittleEndian if native is not None else decoder_syntax(file.transfer_syntax)
    options["transfer_syntax_uid"] = syntax
    array, properties = get_decoder(syntax).as_array(
        source, index=index, raw=False, decoding_plugin=plugin, **options
    )
    bits = int(properties.get("bits_stored", options.get("bits_stored", 8)))
    return array, str(properties["photometric_interpretation"]).upper(), bits


def _one_fragment(coded: bytes) -> bytes:
    """Encapsulated pixel data of one frame in one fragment (PS3.5 A.4)."""
    padded = coded + b"\x00" * (len(coded) % 2)
    item = b"\xfe\xff\x00\xe0"
    return item + struct.pack("<L", 0) + item + struct.pack("<L", len(padded)) + padded


def _mended_jpeg(file: Parsed, index: int) -> bytes | None:
    """A sequential JPEG whose scan header says Se = 0 where it must be 63, mended; else None.

    ISO/IEC 10918-1 table B.3: for sequential DCT, Ss is 0 and Se is 63.  Old NEMA test images and
    some archives carry Se = 0, which libjpeg refuses.
    """
    place = file.pixels
    if file.transfer_syntax != JPEGExtended12Bit or place is None or place.length != UNDEFINED:
        return None
    file.stream.seek(place.offset)
    frames = number_of_frames(file.dataset)
    data = bytearray(get_frame(file.stream, index, number_of_frames=frames))
    changed = False
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:
            end = at + 2 + length  # the last three bytes are Ss, Se, Ah/Al
            if end <= len(data) and data[end - 3] == 0 and data[end - 2] == 0:
                data[end - 2] = 63
                changed = True
            break
        if marker in (0xC2, 0xC6, 0xCA, 0xCE):  # progressive: Se may be anything
            break
        at += 2 + length
    return bytes(data) if changed else None


def _words(file: Parsed, index: int) -> Array | None:
    """A native frame's 16-bit words as they are stored, with the bits above the highest one.

    Decoders leave those bits out, and old overlay planes lie in them (PS3.5 8.1.2).
    """
    dataset, place = file.dataset, file.pixels
    size = [elements.integer(dataset, k) or 0 for k in ("Rows", "Columns", "SamplesPerPixel")]
    native = file.transfer_syntax in UncompressedTransferSyntaxes
    if place is None or not native or elements.integer(dataset, "BitsAllocated") != 16:
        return None
    if size[2] > 1:
        return None
    order = ">u2" if file.transfer_syntax == ExplicitVRBigEndian else "<u2"
    file.stream.seek(place.offset + index * size[0] * size[1] * 2)
    data = file.stream.read(size[0] * size[1] * 2)
    if len(data) < size[0] * size[1] * 2:
        return None
    return np.frombuffer(data, order).reshape(size[0], size[1])


# --- colour ------------------------------------------------------------------------------------


def _palette(stored: Array, dataset: Dataset) -> Array:
    """Palette colour to RGB, 8 bit (PS3.3 C.7.6.3.1.5)."""
    try:
        colour = np.asarray(apply_color_lut(stored, dataset))
    except (*elements.ODD_VALUE, OSError) as error:
        raise _fault("its colour palette is damaged") from error
    return _eight_bits(colour[..., :3], 8 * colour.dtype.itemsize)


def _eight_bits(colour: Array, bits: int) -> Array:
    if colour.dtype == np.uint8 and bits == 8:
        return np.ascontiguousarray(colour[..., :3])
    scaled = colour[..., :3].astype(np.float64) * (255.0 / (2.0 ** min(bits, 32) - 1))
    return np.clip(scaled + 0.5, 0, 255).astype(np.uint8)


# --- grey --------------------------------------------------------------------------------------


def _grey(
    dataset: Dataset,
    stored: Array,
    index: int,
    photometric: str,
    warnings: list[str],
) -> DecodedPixels:
    own, shared = _groups(dataset, index)
    valid = _not_padding(dataset, stored)
    pixels, unit, rescale = _modality(dataset, own, shared, stored, warnings)
    voi = _first_with(
        "WindowCenter", elements.item(own, "FrameVOILUTSequence"),
        elements.item(shared, "FrameVOILUTSequence"), dataset,
    )  # fmt: skip
    voi_lut = _table(elements.item(dataset, "VOILUTSequence"), pixels)
    window = _header_window(voi, warnings)
    if window is None:
        window = _lut_window(voi_lut) if voi_lut else auto_window(pixels, valid)
    function = elements.text(voi, "VOILUTFunction").upper() or "LINEAR"
    if function not in ("LINEAR", "LINEAR_EXACT", "SIGMOID"):
        warnings.append("An unknown VOI LUT function is shown as LINEAR.")
        function = "LINEAR"
    inverted = photometric == "MONOCHROME1"
    return DecodedPixels(
        pixels, window, inverted, unit, function, voi_lut, rescale=rescale,
        uptake=uptake_of(dataset),
    )  # fmt: skip


def _groups(dataset: Dataset, index: int) -> tuple[Dataset | None, Dataset | None]:
    """Functional groups of one frame, and those that all frames share."""
    groups = elements.items(dataset, "PerFrameFunctionalGroupsSequence")
    own = groups[index] if index < len(groups) else None
    shared = elements.item(dataset, "SharedFunctionalGroupsSequence") or functional_groups(dataset)
    return own, shared


def _first_with(keyword: str, *holders: Dataset | None) -> Dataset | None:
    return next((h for h in holders if elements.number(h, keyword) is not None), None)


def _modality(
    dataset: Dataset,
    own: Dataset | None,
    shared: Dataset | None,
    stored: Array,
    warnings: list[str],
) -> tuple[Array, str, tuple[float, float] | None]:
    """Stored values -> modality values (HU for CT), their unit, and (slope, intercept).

    The last is None where a table was applied.
    """
    table = _table(elements.item(dataset, "ModalityLUTSequence"), stored)
    if table is not None and stored.dtype.kind in "iu":
        first, values = table
        place = np.clip(stored.astype(np.int64) - first, 0, len(values) - 1)
        return _compact(values[place]), "", None
    holder = _first_with(
        "RescaleSlope",
        elements.item(own, "PixelValueTransformationSequence"),
        elements.item(shared, "PixelValueTransformationSequence"),
        dataset,
    )
    slope = elements.number(holder, "RescaleSlope")
    intercept = elements.number(holder, "RescaleIntercept") or 0.0
    unit = elements.text(holder, "RescaleType") or elements.text(dataset, "Units")
    spelt_out = not unit or unit.upper().startswith("HOUN")
    if elements.text(dataset, "Modality").upper() == "CT" and spelt_out:
        unit = "HU"
    unit = "" if unit.upper() in ("US", "UNSPECIFIED") else unit
    if slope is None or (slope == 1 and intercept == 0):
        return _compact(stored), unit, (1.0, 0.0)
    if slope == 0:
        warnings.append("RescaleSlope is zero: stored values are shown.")
        return _compact(stored), "", (1.0, 0.0)
    if stored.dtype.kind in "iu" and slope == int(slope) and intercept == int(intercept):
        whole = rescaled(stored, int(slope), int(intercept))
        if whole is None:
            whole = _compact(stored.astype(np.int64) * int(slope) + int(intercept))
        return whole, unit, (slope, intercept)
    values = (stored.astype(np.float64) * slope + intercept).astype(np.float32)
    return values, unit, (slope, intercept)


def _compact(values: Array) -> Array:
    """int16, uint16 or float32, whichever holds the values exactly (float32 if none does)."""
    if values.dtype.kind == "f":
        return np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
    kind = narrow(int(values.min()), int(values.max()))
    return np.ascontiguousarray(values.astype(np.float32 if kind is None else kind))


def _not_padding(dataset: Dataset, stored: Array) -> npt.NDArray[np.bool_] | None:
    """Pixels that are no padding (PS3.3 C.7.5.1.1.2), or None where all are."""
    low = elements.integer(dataset, "PixelPaddingValue")
    if low is None or stored.dtype.kind not in "iu":
        return None
    high = elements.integer(dataset, "PixelPaddingRangeLimit")
    high = low if high is None else high
    low, high = min(low, high), max(low, high)
    valid = np.asarray((stored < low) | (stored > high))
    return valid if valid.any() and not valid.all() else None


def _table(item: Dataset | None, values: Array) -> tuple[int, Array] | None:
    """(first value mapped, table) of a LUT item, for the values that go into it.

    The first value is written as unsigned where the descriptor's VR was lost, and means a negative
    one where the values are signed (PS3.3 C.11.1.1.1).
    """
    found = lut_item(item)
    if found is None:
        return None
    first, table, _ = found
    if first > 0x7FFF and values.dtype.kind != "u" and values.size and values.min() < 0:
        first -= 0x10000
    return first, table


def _lut_window(voi_lut: tuple[int, Array]) -> tuple[float, float]:
    """A window over the part of a VOI LUT that changes, for when the user drags."""
    first, table = voi_lut
    changes = np.flatnonzero(np.diff(table.astype(np.int64)))
    if not changes.size:
        return first + table.size / 2, float(table.size)
    low, high = first + int(changes[0]), first + int(changes[-1]) + 1
    return (low + high) / 2, float(max(1, high - low))


def _header_window(voi: Dataset | None, warnings: list[str]) -> tuple[float, float] | None:
    center, width = elements.number(voi, "WindowCenter"), elements.number(voi, "WindowWidth")
    if center is None or width is None:
        return None
    if width <= 0:
        warnings.append("The header's window width is not positive; a window was computed.")
        return None
    return center, width


def auto_window(pixels: Array, valid: npt.NDArray[np.bool_] | None = None) -> tuple[float, float]:
    """(centre, width) from the 0.5th to the 99.5th percentile, padding left out.

    At most about 250 000 pixels are looked at, evenly spread.
    """
    step = max(1, int(np.ceil(np.sqrt(pixels.size / 250_000))))
    sample = pixels[::step, ::step]
    if valid is not None:
        chosen = sample[valid[::step, ::step]]
        sample = chosen if chosen.size else sample
    low, high = (float(v) for v in np.percentile(sample, (0.5, 99.5)))
    if high <= low:
        low, high = float(pixels.min()), float(pixels.max())
    return (low + high) / 2, max(1.0 if pixels.dtype.kind != "f" else 1e-6, high - low)

"""Transfer syntaxes that the pixel library has no decoder for, and that can be read all the same.

Two progressive JPEG processes are read by the codec of the sequential one; deflated frames
(PS3.5 A.4.11) and run-length coded bits (PS3.5 annex G) are turned into native bytes first.
"""

from __future__ import annotations

import struct
import zlib

from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID, ExplicitVRLittleEndian, JPEGExtended12Bit, RLELossless

from radassist.dicom import elements
from radassist.dicom.fileformat import UNDEFINED, Parsed
from radassist.dicom.text import clean
from radassist.errors import InputFault

#: Deflated Image Frame Compression.
DEFLATED_FRAME = UID("1.2.840.10008.1.2.8.1")
#: JPEG Spectral Selection (Process 6 & 8) and Full Progression (Process 10 & 12), both retired:
#: libjpeg reads the frame by its own markers, whatever process the header names.
_READ_AS = {
    "1.2.840.10008.1.2.4.53": JPEGExtended12Bit,
    "1.2.840.10008.1.2.4.55": JPEGExtended12Bit,
}
#: SOF markers of JPEG and JPEG-LS.
_FRAME_HEADERS = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}
#: Names of transfer syntaxes that the dictionary does not have yet (PS3.6 table A-1).
_NEW_SYNTAXES = {
    "1.2.840.10008.1.2.4.110": "JPEG XL Lossless",
    "1.2.840.10008.1.2.4.111": "JPEG XL JPEG Recompression",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}


def decoder_syntax(syntax: UID) -> UID:
    """The transfer syntax whose decoder reads this one; the same one as a rule."""
    if syntax == DEFLATED_FRAME:
        return ExplicitVRLittleEndian
    return _READ_AS.get(str(syntax), syntax)


def missing_decoder(syntax: UID) -> str:
    """Why pixels in a transfer syntax cannot be decoded, or "" when they can."""
    try:
        if get_decoder(decoder_syntax(syntax)).is_available:
            return ""
    except NotImplementedError:
        pass
    named = _NEW_SYNTAXES.get(str(syntax)) or clean(syntax.name)
    return f"there is no decoder for the transfer syntax {named}"


def native_frame(file: Parsed, index: int, frames: int) -> bytes | None:
    """Native bytes of one 0-based frame that is coded as bytes, else None: a codec has to read it.

    :raises InputFault: the frame is damaged or holds more than its size allows.
    """
    bits = elements.integer(file.dataset, "BitsAllocated")
    if file.transfer_syntax == DEFLATED_FRAME:
        return _inflated(_fragment(file, index, frames), _frame_bytes(file))
    if file.transfer_syntax == RLELossless and bits == 1:
        return _run_lengths(_fragment(file, index, frames), _frame_bytes(file))
    return None


def codestream(file: Parsed, index: int, frames: int) -> bytes | None:
    """One 0-based frame as its codec reads it, None where the frames are native.

    :raises InputFault: its own header tells another size than the DICOM header, which codecs
        would believe and allocate.
    """
    place = file.pixels
    if place is None or place.length != UNDEFINED:
        return None
    data = _fragment(file, index, frames)
    size = _own_size(data)
    rows, columns = (elements.integer(file.dataset, k) or 0 for k in ("Rows", "Columns"))
    if size is not None and size != (rows, columns):
        raise InputFault(
            f"its compressed image is of another size ({size[0]} x {size[1]}) than its header "
            f"says ({rows} x {columns})"
        )
    return data


def _own_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) that a JPEG, JPEG-LS or JPEG 2000 codestream states, None for others."""
    if data[:4] == b"\xff\x4f\xff\x51" and len(data) >= 24:  # ISO/IEC 15444-1 A.5.1
        right, bottom, left, top = struct.unpack(">4L", data[8:24])
        return bottom - top, right - left
    if data[:2] != b"\xff\xd8":
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker in _FRAME_HEADERS:  # ISO/IEC 10918-1 B.2.2
            rows, columns = struct.unpack(">2H", data[at + 5 : at + 9])
            return (rows, columns) if rows else None  # 0: told later by a DNL marker
        elif marker == 0xDA:
            return None
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return None


def _fragment(file: Parsed, index: int, frames: int) -> bytes:
    assert file.pixels is not None  # noqa: S101  the caller has looked
    file.stream.seek(file.pixels.offset)
    return bytes(get_frame(file.stream, index, number_of_frames=frames))


def _frame_bytes(file: Parsed) -> int:
    keywords = ("Rows", "Columns", "BitsAllocated")
    rows, columns, bits = (elements.integer(file.dataset, k) or 0 for k in keywords)
    samples = elements.integer(file.dataset, "SamplesPerPixel") or 1
    return (rows * columns * samples * bits + 7) // 8


def _inflated(data: bytes, size: int) -> bytes:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        frame = engine.decompress(data, size + 2)  # a frame is padded to an even length
    except zlib.error as error:
        raise InputFault("its deflated frame is damaged") from error
    return _whole(frame, size)


def _run_lengths(data: bytes, size: int) -> bytes:
    """The first segment of an RLE frame (PS3.5 G.3): bits are packed as in native pixel data."""
    if len(data) < 64:
        raise InputFault("its run-length coded frame is damaged")
    count, first, second = struct.unpack("<3L", data[:12])
    end = second if count > 1 else len(data)
    if count < 1 or not 64 <= first <= end <= len(data):
        raise InputFault("its run-length coded frame is damaged")
    return _whole(_unpacked(data[first:end], size), size)


def _unpacked(segment: bytes, size: int) -> bytes:
    """PackBits (PS3.5 G.3.2), up to ``size`` bytes."""
    found, at = bytearray(), 0
    while at < len(segment) - 1 and len(found) < size:
        control = segment[at]
        at += 1
        if control < 128:
            found += segment[at : at + control + 1]
            at += control + 1
        elif control > 128:
            found += segment[at : at + 1] * (257 - control)
            at += 1
    return bytes(found)


def _whole(frame: bytes, size: int) -> bytes:
    if len(frame) < size:
        raise InputFault("its pixel data is cut off or damaged")
    return frame[:size] + b"\x00" * (size % 2)

"""From a path to a data set and the place of its pixels (PS3.10 section 7, PS3.5 section 7).

Strict about what could hurt (size claims, deflate bombs), tolerant about the rest: a missing
preamble, a missing transfer syntax and odd values still open.
"""

from __future__ import annotations

import contextlib
import io
import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from radassist.errors import InputFault

#: A deflated data set may grow to this many bytes.
MAX_INFLATED = 512 * 1024**2
_PIECE = 4 * 1024**2
#: No honest image lies in more fragments than this, beyond some for each frame.
_MAX_FRAGMENTS, _FRAGMENTS_A_FRAME = 100_000, 8
_PIXEL_TAGS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class PixelPlace:
    """Where the pixel data element lies in the stream.

    :param keyword: ``PixelData``, ``FloatPixelData`` or ``DoubleFloatPixelData``.
    :param offset: of the first byte of its value.
    :param length: the length the element claims; ``UNDEFINED`` for encapsulated frames.
    :param available: bytes from ``offset`` to the end of the stream.
    """

    keyword: str
    vr: str
    offset: int
    length: int
    available: int


@dataclass
class Parsed:
    """A data set without its pixels, and the stream they can be read from."""

    dataset: Dataset
    stream: BinaryIO
    transfer_syntax: UID
    pixels: PixelPlace | None


@contextlib.contextmanager
def tolerant() -> Iterator[None]:
    """Read values as they are: pydicom neither refuses, warns nor logs inside this block."""
    settings = pydicom.config.settings
    before = settings.reading_validation_mode
    logger = logging.getLogger("pydicom")
    level = logger.level
    settings.reading_validation_mode = pydicom.config.IGNORE
    logger.setLevel(logging.CRITICAL + 1)  # its messages hold header values
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        settings.reading_validation_mode = before
        logger.setLevel(level)


@contextlib.contextmanager
def parsed(path: Path, tags: list[int] | None = None) -> Iterator[Parsed]:
    """Parse a file up to its pixel data; the stream stays open inside the block.

    :param tags: read only these top-level elements (and the character set), or all.
    :raises InputFault: the file cannot be opened or is not DICOM.
    """
    with tolerant():
        file = open_parsed(path, tags)
        with file.stream:
            yield file


def open_parsed(path: Path, tags: list[int] | None = None) -> Parsed:
    """The same for callers that are already :func:`tolerant` and close the stream themselves."""
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputFault(f"it cannot be read ({error.strerror or 'unknown reason'})") from error
    try:
        return _parse(stream, tags)
    except BaseException:
        stream.close()
        raise


def _parse(stream: BinaryIO, tags: list[int] | None) -> Parsed:
    has_preamble = _sniff(stream)
    if has_preamble and _is_deflated(stream):
        return _parse_deflated(stream, tags)
    wanted = list(tags) if tags is not None else None
    dataset = pydicom.dcmread(stream, stop_before_pixels=True, force=True, specific_tags=wanted)
    implicit, little = dataset.original_encoding
    syntax = dataset.file_meta.get("TransferSyntaxUID") if "file_meta" in vars(dataset) else None
    if not syntax:
        syntax = _native_syntax(bool(implicit), bool(little))
    place = _pixel_place(stream, bool(implicit), bool(little))
    return Parsed(dataset, stream, UID(str(syntax)), place)


def _sniff(stream: BinaryIO) -> bool:
    """True for a file with preamble, False for a bare data set.

    :raises InputFault: the file is something else.
    """
    head = stream.read(1024)
    stream.seek(0)
    if not head:
        raise InputFault("the file is empty")
    if head[128:132] == b"DICM":
        if len(head) == 132:
            raise InputFault("the file ends before its data set: cut off")
        return True
    if len(head) >= 8:
        (little,), (big,) = struct.unpack("<H", head[:2]), struct.unpack(">H", head[:2])
        element = struct.unpack("<H" if little in (2, 8) else ">H", head[2:4])[0]
        if (little in (2, 8) or big in (2, 8)) and element <= 0x0200:
            return False
    raise InputFault(f"not a DICOM file: {_what(head)}")


_MAGIC = (
    (b"PK\x03\x04", "it is a zip archive"),
    (b"%PDF", "it is a PDF document"),
    (b"\xff\xd8\xff", "it is a JPEG picture; open it by itself"),
    (b"\x89PNG", "it is a PNG picture; open it by itself"),
    (b"II*\x00", "it is a TIFF picture; open it by itself"),
    (b"MM\x00*", "it is a TIFF picture; open it by itself"),
    (b"MZ", "it is a program"),
    (b"\x7fELF", "it is a program"),
)


def _what(head: bytes) -> str:
    for magic, sentence in _MAGIC:
        if head.startswith(magic):
            return sentence
    printable = sum(32 <= b < 127 or b in (9, 10, 13) or b >= 128 for b in head)
    if printable == len(head) and b"\x00" not in head:
        return "it holds text"
    return "it has neither the DICOM mark nor a DICOM data set"


def _is_deflated(stream: BinaryIO) -> bool:
    """Leaves the stream at the start, or behind the meta group of a deflated file."""
    head = stream.read(4096)
    stream.seek(0)
    if DeflatedExplicitVRLittleEndian.encode() not in head:
        return False
    stream.seek(132)
    meta = _meta(stream)
    if str(meta.get("TransferSyntaxUID", "")) == DeflatedExplicitVRLittleEndian:
        return True
    stream.seek(0)
    return False


def _meta(stream: BinaryIO) -> Dataset:
    """The file meta group, always Explicit VR Little Endian (PS3.10 section 7.1)."""
    return read_dataset(stream, False, True, stop_when=lambda tag, _vr, _length: tag >> 16 != 2)


def _parse_deflated(stream: BinaryIO, tags: list[int] | None) -> Parsed:
    inner = _inflate(stream.read(MAX_INFLATED))
    dataset = read_dataset(
        inner,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, _vr, _length: int(tag) in _PIXEL_TAGS,
        specific_tags=list(tags) if tags is not None else None,
    )
    place = _pixel_place(inner, implicit=False, little=True)
    return Parsed(dataset, inner, DeflatedExplicitVRLittleEndian, place)


def _inflate(data: bytes) -> io.BytesIO:
    """The inflated data set, piece by piece, so that a bomb takes no more than the limit."""
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    inflated = io.BytesIO()
    todo = memoryview(data)
    try:
        while todo and not engine.eof:
            inflated.write(engine.decompress(todo, _PIECE))
            todo = memoryview(engine.unconsumed_tail)
            if inflated.tell() > MAX_INFLATED:
                raise InputFault("its deflated data set grows beyond 512 MB")
    except zlib.error as error:
        raise InputFault("its deflated data set is damaged") from error
    inflated.seek(0)
    return inflated


def _native_syntax(implicit: bool, little: bool) -> UID:
    if not little:
        return ExplicitVRBigEndian
    return ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian


def _pixel_place(stream: BinaryIO, implicit: bool, little: bool) -> PixelPlace | None:
    """Read the element header that reading stopped at."""
    order = "<" if little else ">"
    head = stream.read(8)
    if len(head) < 8:
        return None
    group, element = struct.unpack(order + "HH", head[:4])
    keyword = _PIXEL_TAGS.get(group << 16 | element)
    if keyword is None:
        return None
    if implicit:
        vr, (length,) = "OW", struct.unpack(order + "L", head[4:])
    else:
        vr, more = head[4:6].decode("latin-1"), stream.read(4)
        if len(more) < 4:
            return None
        (length,) = struct.unpack(order + "L", more)
    offset = stream.tell()
    stream.seek(0, io.SEEK_END)
    available = stream.tell() - offset
    stream.seek(offset)
    return PixelPlace(keyword, vr, offset, length, available)


def count_fragments(file: Parsed, frames: int) -> tuple[int, bool]:
    """(complete fragments, cut off) of encapsulated pixel data (PS3.5 A.4).

    Walks over the item headers only.  The first item, the basic offset table, is not counted.

    :raises InputFault: there are far more fragments than ``frames`` can need.
    """
    place = file.pixels
    if place is None or place.length != UNDEFINED:
        return 0, False
    stream, end = file.stream, place.offset + place.available
    at, complete = place.offset, -1
    while True:
        stream.seek(at)
        head = stream.read(8)
        if len(head) < 8:
            # Without a delimiter at the end, the last fragment may still be whole.
            return max(0, complete), len(head) > 0
        group, element, length = struct.unpack("<HHL", head)
        if (group, element) == (0xFFFE, 0xE0DD):
            return max(0, complete), False
        if (group, element) != (0xFFFE, 0xE000) or at + 8 + length > end:
            return max(0, complete), True
        complete += 1
        at += 8 + length
        if complete > _MAX_FRAGMENTS + _FRAGMENTS_A_FRAME * frames:
            raise InputFault("its pixel data lies in more fragments than can be read")

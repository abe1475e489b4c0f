"""Recipes of hostile DICOM files: each writes one file and returns its path.

Elements are written by hand, because no honest writer makes them.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

EXPLICIT, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"
RLE, J2K, JPEG = "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.50"
FRAME = "1.2.840.10008.1.2.8.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
_LONG = ("OB", "OW", "SQ", "UN", "UT", "OF", "UC")


def element(tag: int, vr: str, value: bytes, length: int | None = None) -> bytes:
    """One explicit little endian element; ``length`` lies about its size."""
    value += (b"\0" if vr in ("UI", "OB", "OW", "UN") else b" ") * (len(value) % 2)
    size = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in _LONG:
        return head + b"\0\0" + struct.pack("<L", size) + value
    return head + struct.pack("<H", size & 0xFFFF) + value


def item(content: bytes, length: int | None = None) -> bytes:
    """A sequence item or fragment."""
    return (
        b"\xfe\xff\x00\xe0"
        + struct.pack("<L", len(content) if length is None else length)
        + (content)
    )


END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def head(sop_class: str = CT, modality: str = "CT", **numbers: int) -> bytes:
    """Identifying elements and an image of 64 x 64 of 16 bits, or as ``numbers`` say."""
    size = {"rows": 64, "columns": 64, "bits": 16, "samples": 1, "frames": 1, **numbers}
    parts = [
        element(0x00080016, "UI", sop_class.encode()),
        element(0x00080018, "UI", b"1.2.3.4.5"),
        element(0x00080060, "CS", modality.encode()),
        element(0x0020000D, "UI", b"1.2.3"),
        element(0x0020000E, "UI", b"1.2.3.4"),
        element(0x00280002, "US", struct.pack("<H", size["samples"])),
        element(0x00280004, "CS", b"MONOCHROME2" if size["samples"] == 1 else b"RGB"),
        element(0x00280008, "IS", str(size["frames"]).encode()),
        element(0x00280010, "US", struct.pack("<H", size["rows"])),
        element(0x00280011, "US", struct.pack("<H", size["columns"])),
        element(0x00280100, "US", struct.pack("<H", size["bits"])),
        element(0x00280101, "US", struct.pack("<H", size["bits"])),
        element(0x00280102, "US", struct.pack("<H", size["bits"] - 1)),
        element(0x00280103, "US", struct.pack("<H", 0)),
    ]
    return b"".join(parts)


def file(path: Path, body: bytes, syntax: str = EXPLICIT) -> Path:
    """A Part 10 file."""
    meta = element(0x00020002, "UI", CT.encode()) + element(0x00020003, "UI", b"1.2.3.4.5")
    meta += element(0x00020010, "UI", syntax.encode())
    group = element(0x00020000, "UL", struct.pack("<L", len(meta)))
    path.write_bytes(bytes(128) + b"DICM" + group + meta + body)
    return path


def encapsulated(*fragments: bytes) -> bytes:
    """Pixel data of fragments behind an empty offset table."""
    return element(0x7FE00010, "OB", b"", 0xFFFFFFFF) + item(b"") + b"".join(
        map(item, fragments)
    ) + END  # fmt: skip


def deep_sequences(path: Path) -> Path:
    """20,000 sequences in each other, of undefined length."""
    level = element(0x00081140, "SQ", b"", 0xFFFFFFFF) + item(b"", 0xFFFFFFFF)
    return file(path, element(0x00080016, "UI", CT.encode()) + level * 20_000)


def deep_report(path: Path) -> Path:
    """A structured report of 3,000 items in each other."""
    inner = b""
    for _ in range(3000):
        text = element(0x0040A040, "CS", b"TEXT") + element(0x0040A160, "UT", b"deep")
        inner = element(0x0040A730, "SQ", item(text + inner))
    sop = "1.2.840.10008.5.1.4.1.1.88.11"
    start = element(0x00080016, "UI", sop.encode()) + element(0x00080060, "CS", b"SR")
    return file(path, start + inner)


def wide_report(path: Path) -> Path:
    """A structured report of 200,000 items beside each other."""
    text = element(0x0040A040, "CS", b"TEXT") + element(0x0040A160, "UT", b"wide")
    inner = element(0x0040A730, "SQ", item(text) * 200_000)
    sop = "1.2.840.10008.5.1.4.1.1.88.11"
    start = element(0x00080016, "UI", sop.encode()) + element(0x00080060, "CS", b"SR")
    return file(path, start + inner)


def huge_claims(path: Path) -> Path:
    """An element in the header that claims four gigabytes."""
    return file(path, head() + element(0x00291010, "UN", b"x" * 16, 0xFFFFFFF0))


def huge_pixels(path: Path) -> Path:
    """65,535 x 65,535 pixels in 100 bytes."""
    body = head(rows=65535, columns=65535) + element(0x7FE00010, "OW", bytes(100))
    return file(path, body)


def giant_frame_count(path: Path) -> Path:
    """2,000,000,000 frames."""
    return file(path, head(frames=2_000_000_000) + element(0x7FE00010, "OW", bytes(8192)))


def many_fragments(path: Path) -> Path:
    """Three million empty fragments, one frame."""
    data = element(0x7FE00010, "OB", b"", 0xFFFFFFFF) + item(b"") * 3_000_001 + END
    return file(path, head() + data, RLE)


def many_frames(path: Path) -> Path:
    """90,000 one-byte frames, each with a fragment."""
    data = element(0x7FE00010, "OB", b"", 0xFFFFFFFF) + item(b"") + item(b"ab") * 90_000 + END
    return (
        file(path, head(frames=90_000), RLE)
        if not data
        else file(path, head(frames=90_000) + data, RLE)
    )


def deflate_bomb(path: Path) -> Path:
    """A deflated data set of 4 GB of zeros."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    chunk = bytes(16 * 1024 * 1024)
    packed = [engine.compress(head() + element(0x7FE00010, "OW", b"", 0xFFFFFFF0))]
    packed += [engine.compress(chunk) for _ in range(256)]
    return file(path, b"".join(packed) + engine.flush(), DEFLATED)


def deflated_frame_bomb(path: Path) -> Path:
    """A deflated frame that holds 1 GB where 8 KB are expected."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = b"".join(engine.compress(bytes(16 * 1024 * 1024)) for _ in range(64))
    return file(path, head() + encapsulated(packed + engine.flush()), FRAME)


def run_length_bomb(path: Path) -> Path:
    """10,000 x 10,000 x 16 bits as runs of zeros: 200 MB in 3 MB."""
    segment = b"\x81\x00" * (10_000 * 10_000 // 128)
    offset = struct.pack("<16L", 2, 64, 64 + len(segment), *[0] * 13)
    body = head(rows=10_000, columns=10_000) + encapsulated(offset + segment + segment)
    return file(path, body, RLE)


def native_giant(path: Path) -> Path:
    """An honest image of 10,000 x 10,000 x 16 bits: 200 MB that are really there."""
    pixels = element(0x7FE00010, "OW", b"", 10_000 * 10_000 * 2)
    file(path, head(rows=10_000, columns=10_000) + pixels)
    with path.open("r+b") as stream:
        stream.truncate(path.stat().st_size + 10_000 * 10_000 * 2)
    return path


def jpeg2000_claims(path: Path) -> Path:
    """A JPEG 2000 header of 60,000 x 60,000 behind an honest DICOM header, padded to 4 MB."""
    size = struct.pack(">HHHLLLLLLLLHBBB", 0xFF51, 41, 0, 60_000, 60_000, 0, 0, 60_000, 60_000,
                       0, 0, 1, 15, 1, 1)  # fmt: skip
    cod = bytes.fromhex("ff52000c00000001000504040001")
    qcd = bytes.fromhex("ff5c000420404848") + bytes(13)
    sot = bytes.fromhex("ff90000a0000000000000001ff93")
    stream = b"\xff\x4f" + size + cod + qcd + sot + bytes(4_000_000) + b"\xff\xd9"
    return file(path, head() + encapsulated(stream), J2K)


def jpeg_claims(path: Path) -> Path:
    """A baseline JPEG that says 65,500 x 65,500 in its own header."""
    sof = bytes.fromhex("ffc0000b08ffdcffdc01011100")
    dqt = b"\xff\xdb\x00\x43\x00" + bytes([1] * 64)
    dht = b"\xff\xc4\x00\x14\x00" + bytes([1] + [0] * 15) + b"\0"
    sos = bytes.fromhex("ffda0008010100003f00")
    stream = b"\xff\xd8" + dqt + dht + sof + sos + bytes(1000) + b"\xff\xd9"
    return file(path, head(bits=8) + encapsulated(stream), JPEG)


def private_junk(path: Path) -> Path:
    """100,000 private elements of every shape before the pixels."""
    junk = b"".join(
        element(0x00110000 + (n % 2 << 16) + 0x1000 + n % 0xEFFF, "UN", bytes([n % 256] * 30))
        for n in range(100_000)
    )
    return file(path, head() + junk + element(0x7FE00010, "OW", bytes(8192)))


def long_values(path: Path) -> Path:
    """A patient's name of 60 KB and a description of 30 MB."""
    body = element(0x00100010, "PN", b"A^" * 30_000) + element(0x0008103E, "UT", b"x" * 30_000_000)
    return file(path, body + head() + element(0x7FE00010, "OW", bytes(8192)))


def table_of_everything(path: Path) -> Path:
    """Palettes and tables that lie about their size."""
    lut = element(0x00283002, "US", struct.pack("<3H", 0, 0, 16))
    lut += element(0x00283006, "OW", bytes(100))
    body = (
        head() + element(0x00283000, "SQ", item(lut)) + element(0x00283010, "SQ", item(lut) * 500)
    )
    return file(path, body + element(0x7FE00010, "OW", bytes(8192)))


def overlay_giant(path: Path) -> Path:
    """An overlay of 65,535 x 65,535 that lies far outside of the image."""
    overlay = element(0x60000010, "US", struct.pack("<H", 65535))
    overlay += element(0x60000011, "US", struct.pack("<H", 65535))
    overlay += element(0x60000050, "SS", struct.pack("<2h", -32768, 32767))
    overlay += element(0x60003000, "OW", bytes(200_000))
    return file(path, head() + overlay + element(0x7FE00010, "OW", bytes(8192)))


def greedy_state(path: Path) -> Path:
    """A presentation state with 2,000 graphics of 4,000 points each."""
    points = struct.pack("<8000f", *range(8000))
    graphic = element(0x00700005, "CS", b"PIXEL") + element(0x00700022, "UN", points)
    graphic += element(0x00700023, "CS", b"POLYLINE")
    body = element(0x00700001, "SQ", item(element(0x00700009, "SQ", item(graphic) * 2000)))
    sop = "1.2.840.10008.5.1.4.1.1.11.1"
    return file(path, element(0x00080016, "UI", sop.encode()) + body)


def greedy_segmentation(path: Path) -> Path:
    """A segmentation of 90,000 frames of 8 x 8 bits with as many groups."""
    group = element(0x0062000A, "SQ", item(element(0x0062000B, "US", struct.pack("<H", 1))))
    groups = element(0x52009230, "SQ", item(group) * 90_000)
    sop = "1.2.840.10008.5.1.4.1.1.66.4"
    body = head(sop, "SEG", rows=8, columns=8, bits=1, frames=90_000) + groups
    return file(path, body + element(0x7FE00010, "OB", bytes(90_000 * 8)))


def pdf_bomb(path: Path) -> Path:
    """A PDF page whose content stream is a gigabyte of spaces."""
    engine = zlib.compressobj(9)
    chunk = b" " * (16 * 1024 * 1024)
    packed = b"".join(engine.compress(chunk) for _ in range(64)) + engine.flush()
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>",
        b"<</Filter/FlateDecode/Length %d>>stream\n" % len(packed) + packed + b"\nendstream",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + part + b"\nendobj\n"
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % p for p in places)
    end = b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % len(body)
    sop = "1.2.840.10008.5.1.4.1.1.104.1"
    document = element(0x00080016, "UI", sop.encode()) + element(0x00080060, "CS", b"DOC")
    document += element(0x00420011, "OB", body + table + end)
    return file(path, document + element(0x00420012, "LO", b"application/pdf"))


RECIPES: tuple[Callable[[Path], Path], ...] = (
    deep_sequences, deep_report, wide_report, huge_claims, huge_pixels, giant_frame_count,
    many_fragments, many_frames, deflate_bomb, deflated_frame_bomb, run_length_bomb, native_giant,
    jpeg2000_claims, jpeg_claims, private_junk, long_values, table_of_everything, overlay_giant,
    greedy_state, greedy_segmentation, pdf_bomb,
)  # fmt: skip

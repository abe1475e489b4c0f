"""A file in parts ``NAME.001``, ``NAME.002``…: some disks and gateways take no file above 4 GB.

The parts joined in order are the file (``cat NAME.* > NAME``).
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from radassist.engines.packs.keeping import remove
from radassist.errors import InputFault, UsageFault

_SUFFIX = ".001"
_UNITS = {"K": 1_000, "M": 1_000_000, "G": 1_000_000_000}
#: Smaller parts would be a mistake of units, and many files.
_LEAST = 1_000_000
MOST_PARTS = 999


def first_part(path: Path) -> Path:
    """The name of the first part of a file, given the name of the file or of that part."""
    return path if path.name.endswith(_SUFFIX) else path.with_name(path.name + _SUFFIX)


def parse_size(text: str) -> int:
    """Bytes of a size such as ``4000M``, ``4G`` or ``2000000`` (powers of ten).

    :raises UsageFault: it is no size, or below one megabyte.
    """
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    if not (number.isascii() and number.isdigit()) or (unit and unit not in _UNITS):
        raise UsageFault(f"{text[:20]!r} is not a size.", "Write it as 4000M or 4G.")
    size = int(number[:15]) * _UNITS.get(unit, 1)
    if size < _LEAST:
        raise UsageFault(f"Parts of {text[:20]} are too small.", "Write at least 1M.")
    return size


def open_whole(path: Path) -> BinaryIO:
    """Open a file, or the parts of one as if they were joined.

    :param path: the file, its first part, or the name of a file of which only parts are there.
    :raises InputFault: a part is missing in between, or shorter than those before it.
    :raises OSError: one cannot be read.
    """
    if path.is_file() and not path.name.endswith(_SUFFIX):
        return path.open("rb")
    first = first_part(path)
    parts = [first]
    while (following := _part(first, len(parts) + 1)).is_file() and len(parts) < MOST_PARTS:
        parts.append(following)
    sizes = [part.stat().st_size for part in parts]
    for part, size in zip(parts[:-1], sizes[:-1], strict=True):
        if size != sizes[0]:
            raise InputFault(
                f"{part.name} is not whole: it has {size:,} bytes, the first part {sizes[0]:,}.",
                "Copy it again; nothing was installed.",
            )
    return io.BufferedReader(_Joined(parts, sizes), 1 << 20)


def found_parts(path: Path) -> int:
    """How many parts of a split file lie side by side, 0 for a file in one piece."""
    if path.is_file() and not path.name.endswith(_SUFFIX):
        return 0
    first = first_part(path)
    return next(n for n in range(MOST_PARTS + 1) if not _part(first, n + 1).is_file())


def _part(first: Path, number: int) -> Path:
    return first.with_name(f"{first.name.removesuffix(_SUFFIX)}.{number:03}")


class _Joined(io.RawIOBase):
    """Parts read as one file."""

    def __init__(self, parts: Sequence[Path], sizes: Sequence[int]) -> None:
        super().__init__()
        self._parts, self._sizes, self._at = parts, sizes, 0
        self._open: tuple[int, BinaryIO] | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: sum(self._sizes)}[whence]
        if base + offset < 0:
            raise OSError(22, "a place before the beginning")
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        within = self._at
        for number, size in enumerate(self._sizes):
            if within < size:
                stream = self._stream(number)
                stream.seek(within)
                data = stream.read(min(len(buffer), size - within))
                buffer[: len(data)] = data
                self._at += len(data)
                return len(data)
            within -= size
        return 0

    def _stream(self, number: int) -> BinaryIO:
        if self._open is None or self._open[0] != number:
            if self._open is not None:
                self._open[1].close()
            self._open = (number, self._parts[number].open("rb"))
        return self._open[1]

    def close(self) -> None:
        if self._open is not None:
            self._open[1].close()
            self._open = None
        super().close()


class Writer(io.RawIOBase):
    """Writes a file, or parts of a given size, under hidden names until ``commit``.

    :param size: bytes of a part, 0 for one file in one piece.
    """

    def __init__(self, target: Path, size: int = 0) -> None:
        super().__init__()
        self._target, self._size, self._at = target, size, 0
        self._mark = secrets.token_hex(4)
        self._hidden: list[Path] = []
        self._stream: BinaryIO | None = None
        self._in_part = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, data: memoryview) -> int:  # type: ignore[override]
        view = memoryview(data).cast("B")
        written = 0
        while written < len(view):
            stream = self._current()
            room = self._size - self._in_part if self._size else len(view) - written
            piece = view[written : written + room]
            stream.write(piece)
            self._in_part += len(piece)
            written += len(piece)
        self._at += written
        return written

    def _current(self) -> BinaryIO:
        full = self._size and self._in_part >= self._size
        if self._stream is None or full:
            self._end_part()
            if len(self._hidden) == MOST_PARTS:
                raise UsageFault("That would be more than 999 parts.", "Choose larger parts.")
            name = f".{self._target.name}.{self._mark}.{len(self._hidden) + 1:03}"
            path = self._target.with_name(name)
            self._hidden.append(path)
            self._stream, self._in_part = path.open("xb"), 0
        return self._stream

    def _end_part(self) -> None:
        if self._stream is not None:
            stream, self._stream = self._stream, None
            with stream:
                stream.flush()
                os.fsync(stream.fileno())

    def commit(self) -> list[Path]:
        """Give what was written its names, the first part last: without it nothing installs.

        :raises OSError: the disk refuses.
        """
        self._end_part()
        names = [self._target]
        if self._size:
            first = first_part(self._target)
            names = [_part(first, number + 1) for number in range(len(self._hidden))]
        for hidden, name in reversed(list(zip(self._hidden, names, strict=True))):
            hidden.replace(name)
        self._hidden = []
        return names

    def discard(self) -> None:
        """Take away what was written and not committed."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        for path in self._hidden:
            remove(path)

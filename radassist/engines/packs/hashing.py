"""Hashes of pack files, taken before a byte of them is parsed.

A full SHA-256 costs about 0.7 s a gigabyte where the file is in memory and 3 s where it is not;
the model is read by its engine anyway.  So nothing about it is kept on disk, where it could be
forged: the result is remembered for this process only, as long as the file's identity, size and
change time (which a program cannot set) stay the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from radassist.engines.packs.manifest import PackFile
from radassist.errors import Cancelled
from radassist.ports import CancelToken

CHUNK = 1 << 22

#: Told how many bytes have been done.
Told = Callable[[int], None]

_Identity = tuple[int, int, int, int, int]
_known: dict[tuple[str, _Identity], str] = {}


def quick_problem(folder: Path, file: PackFile) -> str:
    """Why a file is surely not good, without reading it; "" when it may be."""
    path = folder / file.name
    if path.is_symlink() or not path.is_file():
        return f"{file.name} is missing"
    size = path.stat().st_size
    if size != file.size:
        return f"{file.name} has {size:,} bytes instead of {file.size:,}"
    return ""


def full_problem(
    folder: Path,
    file: PackFile,
    *,
    afresh: bool = False,
    told: Told | None = None,
    cancel: CancelToken | None = None,
) -> str:
    """Why a file is not the one of the manifest, its hash taken; "" when it is.

    :param afresh: read the file even if this process has hashed it before.
    :raises Cancelled: ``cancel`` said so.
    """
    bad = quick_problem(folder, file)
    if bad:
        return bad
    path = folder / file.name
    try:
        with path.open("rb") as stream:
            key = (str(path), _identity(stream))
            digest = None if afresh else _known.get(key)
            if digest is None:
                digest = _digest(stream, told, cancel)
                _known[key] = digest
    except OSError as error:
        return f"{file.name} cannot be read ({error.strerror})"
    return "" if digest == file.sha256 else f"{file.name} has the wrong sha256"


def _digest(stream: BinaryIO, told: Told | None, cancel: CancelToken | None) -> str:
    digest, done = hashlib.sha256(), 0
    while block := stream.read(CHUNK):
        check(cancel)
        digest.update(block)
        done += len(block)
        if told is not None:
            told(done)
    return digest.hexdigest()


def _identity(stream: BinaryIO) -> _Identity:
    s = os.fstat(stream.fileno())
    return (s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns)


def check(cancel: CancelToken | None) -> None:
    """:raises Cancelled: the user has cancelled."""
    if cancel is not None and cancel.cancelled():
        raise Cancelled("Cancelled.", "What was downloaded is kept for the next time.")


def gigabytes(size: float) -> str:
    """A size for people: ``1.1 GB``, ``98 MB``."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"

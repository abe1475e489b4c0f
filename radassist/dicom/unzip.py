"""Unpack a zip that may be hostile, into a private folder that does not outlive the program.

Members are written under numbers, never under their own names, so no name can lead out of the
folder.  Sizes are counted while unpacking, because a zip may lie about them.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from radassist.dicom.text import clean
from radassist.domain.study import RejectedFile
from radassist.errors import Cancelled, InputFault, StorageFault
from radassist.ports import CancelToken, Progress

#: DICOM shrinks two to ten times; a blank image may shrink a thousand times, a whole study not.
MAX_RATIO = 200
FREE_BYTES = 256 * 1024**2  # below this size no ratio is suspicious
MAX_TOTAL = 64 * 1024**3
MAX_MEMBERS = 200_000
KEEP_FREE = 512 * 1024**2  # bytes of the disk that stay free
_PREFIX = "radassist-unpacked-"
_LOCK = "in-use"
_CHUNK = 1024 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


@dataclass
class Unpacked:
    """(unpacked file, name to show) pairs, and the members that were not unpacked."""

    files: list[tuple[Path, Path]] = field(default_factory=list)
    rejected: list[RejectedFile] = field(default_factory=list)


def is_zip(path: Path) -> bool:
    """True where the file begins as a zip archive does."""
    try:
        with path.open("rb") as stream:
            return stream.read(4) in (b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False


class Unpacker:
    """Owns the private folders of one archive; :meth:`close` deletes them.

    They are deleted at the normal end of the program too, and what a killed program left behind is
    swept when the next one unpacks: patient data must not linger.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent or Path(tempfile.gettempdir())
        self._folders: list[tuple[Path, int]] = []

    def unpack(self, path: Path, progress: Progress, cancel: CancelToken) -> Unpacked:
        """Unpack all regular members of a zip.

        :raises InputFault: broken, encrypted or hostile as a whole.
        :raises StorageFault: not enough room on the disk.
        :raises Cancelled: the user cancelled.
        """
        try:
            with zipfile.ZipFile(path) as archive:
                return self._unpack(path, archive, progress, cancel)
        except _BROKEN as error:
            if isinstance(error, OSError) and error.errno is not None:
                reason = error.strerror or type(error).__name__
                raise StorageFault(f"The zip could not be unpacked ({reason}).",
                                   "Check the free space of the disk.") from error  # fmt: skip
            raise InputFault(f"The zip {path} is damaged.", "Get the zip again.") from error

    def _unpack(
        self, path: Path, archive: zipfile.ZipFile, progress: Progress, cancel: CancelToken
    ) -> Unpacked:
        members = [m for m in archive.infolist() if not m.is_dir()]
        if len(members) > MAX_MEMBERS:
            raise InputFault(f"The zip {path} holds more than {MAX_MEMBERS:,} files.",
                             "Unpack it first and open a part of it.")  # fmt: skip
        if members and all(m.flag_bits & 1 for m in members):
            raise InputFault(f"The zip {path} is encrypted.", "Unpack it with its password first.")
        folder = self._private_folder()
        budget = _Budget(path, self._parent)
        result = Unpacked()
        for number, member in enumerate(members):
            if cancel.cancelled():
                raise Cancelled("Opening was cancelled.")
            progress(-1, f"Unpacking {number + 1} of {len(members)}")
            shown = path / _shown(member.filename)
            reason = _refusal(member)
            if reason:
                result.rejected.append(RejectedFile(shown, reason[0], reason[1]))
                continue
            target = folder / f"{number + 1:06d}"
            fault = _copy(archive, member, target, budget)
            if fault:
                result.rejected.append(RejectedFile(shown, fault))
            else:
                result.files.append((target, shown))
        return result

    def _private_folder(self) -> Path:
        sweep(self._parent)
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._parent))  # mode 0700
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        _try_lock(lock)
        self._folders.append((folder, lock))
        if len(self._folders) == 1:
            atexit.register(self.close)
        return folder

    def close(self) -> None:
        """Delete every unpacked file.  Idempotent."""
        folders, self._folders = self._folders, []
        for folder, lock in folders:
            os.close(lock)
            shutil.rmtree(folder, ignore_errors=True)
        atexit.unregister(self.close)


class _Budget:
    """How much may still be unpacked; spent as bytes really come out."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        packed = path.stat().st_size
        self._bomb = min(MAX_TOTAL, max(FREE_BYTES, packed * MAX_RATIO))
        self._room = shutil.disk_usage(folder).free - KEEP_FREE
        self._spent = 0

    def spend(self, count: int) -> None:
        self._spent += count
        if self._spent > self._bomb:
            raise InputFault(
                f"The zip {self._path} unpacks to far more than it can hold: it is not opened.",
                "If you trust it, unpack it by hand and open the folder.",
            )
        if self._spent > self._room:
            raise StorageFault("There is not enough free space to unpack the zip.",
                               "Free some space and try again.")  # fmt: skip


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, budget: _Budget) -> str:
    """Unpack one member; returns why it failed, or ""."""
    try:
        with archive.open(member) as source, _private_file(target) as sink:
            while chunk := source.read(_CHUNK):
                budget.spend(len(chunk))
                sink.write(chunk)
    except _BROKEN as error:
        target.unlink(missing_ok=True)
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return "Damaged inside the zip."
    except RuntimeError:  # zipfile's word for a missing password
        target.unlink(missing_ok=True)
        return "Encrypted inside the zip."
    return ""


def _private_file(target: Path) -> BinaryIO:
    return os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _shown(name: str) -> PurePosixPath:
    """A member's name, made harmless for display: relative, without ``..`` and control codes."""
    parts = [clean(part) for part in name.replace("\\", "/").split("/")]
    kept = [part for part in parts if part not in ("", ".", "..")]
    return PurePosixPath(*kept[-8:]) if kept else PurePosixPath("unnamed")


def _refusal(member: zipfile.ZipInfo) -> tuple[str, str] | None:
    """(reason, severity) for a member that is not unpacked, or None."""
    name = member.filename.replace("\\", "/")
    parts = name.split("/")
    mode = member.external_attr >> 16
    outside = name.startswith("/") or ".." in parts or name[1:2] == ":"
    odd_kind = bool(mode) and stat.S_IFMT(mode) not in (0, stat.S_IFREG)
    clutter = parts[0] == "__MACOSX" or parts[-1].lower() in (".ds_store", "thumbs.db")
    archive = parts[-1].lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz"))
    reasons = (
        (outside, "Its name leads outside the zip: it is not unpacked.", "error"),
        (stat.S_ISLNK(mode), "A link inside the zip is not followed.", "error"),
        (odd_kind, "Not a regular file inside the zip.", "error"),
        (bool(member.flag_bits & 1), "Encrypted inside the zip.", "error"),
        (clutter, "A file of the operating system.", "note"),
        (archive, "An archive inside the zip is not unpacked; open it by itself.", "error"),
    )
    return next(((reason, severity) for holds, reason, severity in reasons if holds), None)


def sweep(parent: Path) -> None:
    """Delete private folders of programs that were killed: their lock is free."""
    for folder in parent.glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or not _is_ours(folder):
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR)
            try:
                free = _try_lock(lock)
            finally:
                os.close(lock)
            if free:
                shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return not hasattr(os, "getuid") or folder.lstat().st_uid == os.getuid()


def _try_lock(descriptor: int) -> bool:
    """Lock a file for as long as it is open; False where another holds it.

    The system frees the lock when the process ends in whatever way.
    """
    try:
        import fcntl
    except ImportError:  # Windows: an open file cannot be deleted, which serves the same end
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

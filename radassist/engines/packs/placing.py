"""Putting a pack into the models folder: whole and verified, or not at all.

A pack is gathered in a hidden folder on the same disk, every file is hashed as it is written, and
``keeping.swap_in`` makes it the installed one.  What was installed before stays until then, comes
back if that fails or is killed, and is kept for ``models rollback``.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from radassist.engines.packs.hashing import CHUNK, check, gigabytes
from radassist.engines.packs.keeping import recover, remove, swap_in
from radassist.engines.packs.manifest import MANIFEST, Manifest, PackFile
from radassist.engines.packs.memory import total_memory
from radassist.errors import PackFault, StorageFault
from radassist.ports import CancelToken, Progress
from radassist.settings.paths import prepare_folder, storage_fault

_HIDDEN = ".incoming-"
#: Room that must stay free beyond what an act needs.
_RESERVE = 64 << 20
#: A hidden folder that nobody has written to for so long was left by a crash, not by a sibling.
_ABANDONED_S = 3600.0


class Placing:
    """A pack on its way in.  Use ``placing`` to get one."""

    def __init__(
        self, manifest: Manifest, models: Path, progress: Progress, cancel: CancelToken | None
    ) -> None:
        self._manifest, self._models = manifest, models
        self._progress, self._cancel = progress, cancel
        self._folder = models / f"{_HIDDEN}{manifest.id}-{secrets.token_hex(4)}"
        self._done = 0

    def write(self, file: PackFile, blocks: Iterable[bytes]) -> None:
        """Write one file of the manifest from its bytes.

        :raises PackFault: the bytes are not those that the manifest names.
        :raises StorageFault: the disk refuses.
        """
        target = self._folder / file.name
        digest, size = hashlib.sha256(), 0
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("xb") as stream:
                for block in blocks:
                    check(self._cancel)
                    size += len(block)
                    if size > file.size:
                        raise self._wrong(file, f"is larger than {file.size:,} bytes")
                    digest.update(block)
                    stream.write(block)
                    self._tell(len(block))
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise storage_fault(error, target) from error
        if size != file.size:
            raise self._wrong(file, f"has {size:,} bytes instead of {file.size:,}")
        if digest.hexdigest() != file.sha256:
            raise self._wrong(file, "has the wrong sha256")

    def install(self) -> Path:
        """Make what was gathered the installed pack; returns its folder."""
        final = self._models / self._manifest.id
        try:
            (self._folder / MANIFEST).write_bytes(self._manifest.text)
            _make_readable_only(self._folder)
            swap_in(self._folder, final)
        except OSError as error:
            raise storage_fault(error, final) from error
        return final

    def discard(self) -> None:
        """Take away what was gathered and not installed."""
        remove(self._folder)

    def start(self) -> None:
        """Make the hidden folder, after the leftovers of acts that a crash cut short are gone."""
        prepare_folder(self._models)
        try:
            recover(self._models)
            for left in self._models.glob(f"{_HIDDEN}{self._manifest.id}-*"):
                if time.time() - _last_change(left) > _ABANDONED_S:
                    remove(left)
            self._folder.mkdir(mode=0o700)
        except OSError as error:
            raise storage_fault(error, self._folder) from error

    def _tell(self, size: int) -> None:
        self._done += size
        total = max(self._manifest.size, 1)
        text = f"{self._manifest.id}: {gigabytes(self._done)} of {gigabytes(total)}"
        self._progress(min(1.0, self._done / total), text)

    def _wrong(self, file: PackFile, why: str) -> PackFault:
        return PackFault(
            f"The pack {self._manifest.ref} was refused: {file.name} {why}.",
            "Get it again; nothing was installed.",
        )


@contextlib.contextmanager
def placing(
    manifest: Manifest, models: Path, progress: Progress, cancel: CancelToken | None
) -> Iterator[Placing]:
    """Room for a pack; whatever was not installed at the end is taken away.

    :raises PackFault: this machine has less memory than the pack needs.
    :raises StorageFault: the disk is too full, or the folder cannot be made.
    """
    require_memory(manifest)
    require_space(models, manifest.size, f"the pack {manifest.id}")
    place = Placing(manifest, models, progress, cancel)
    place.start()
    try:
        yield place
    finally:
        place.discard()


def require_space(folder: Path, size: int, what: str) -> None:
    """:raises StorageFault: the disk of ``folder`` has not room for ``size`` bytes."""
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    try:
        free = shutil.disk_usage(existing).free
    except OSError as error:
        raise storage_fault(error, folder) from error
    if free < size + _RESERVE:
        raise StorageFault(
            f"There is no room for {what}: it needs {gigabytes(size + _RESERVE)}, "
            f"{gigabytes(free)} free on the disk of {folder}.",
            "Free some space, or name a folder on another disk with RADASSIST_MODELS.",
        )


def require_memory(manifest: Manifest) -> None:
    """:raises PackFault: all memory of this machine together is less than the pack needs.

    Memory that other programs hold now is no reason to refuse: it may be free when it is needed.
    """
    needed, there = manifest.memory_mb * 1_000_000, total_memory()
    if there is not None and there < needed:
        raise PackFault(
            f"There is no memory for the pack {manifest.id}: it needs {gigabytes(needed)}, "
            f"this machine has {gigabytes(there)}.",
            "Use a smaller pack; nothing was installed.",
        )


def blocks_of(path: Path) -> Iterator[bytes]:
    """The bytes of a regular file in blocks; symbolic links are not followed."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as stream:  # noqa: PTH123  a descriptor, not a path
        while block := stream.read(CHUNK):
            yield block


def _make_readable_only(folder: Path) -> None:
    """Files of a pack never change: 0400 keeps honest programs from writing to them."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(0o400)


def _last_change(folder: Path) -> float:
    return max(path.stat().st_mtime for path in (folder, *folder.rglob("*")))

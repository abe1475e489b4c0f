"""Export: write renderings of a report into a folder, all or nothing for each file."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from pathlib import Path

from radassist.domain.document import ReportDocument
from radassist.errors import StorageFault

#: Writes one rendering to the given path; returns sentences about what it could not show.
Writer = Callable[[ReportDocument, Path], list[str]]


def export(
    document: ReportDocument, folder: Path, writers: Mapping[str, Writer]
) -> tuple[list[Path], list[str]]:
    """Write each rendering under its file name.

    Every file is written beside its place and then renamed, so a full disk or a crash leaves
    either the old file or the new one.

    :returns: the paths written, and notes.
    :raises StorageFault: a folder or file cannot be written; earlier files stay.
    """
    make_folder(folder)
    paths: list[Path] = []
    notes: list[str] = []
    for name, writer in writers.items():
        target = folder / name
        part = target.with_name(f".{target.stem}.part{target.suffix}")
        try:
            notes += writer(document, part)
            part.replace(target)
        except OSError as error:
            raise storage_fault(error, target) from error
        finally:
            _discard(part)
        paths.append(target)
    return paths, notes


def make_folder(folder: Path) -> None:
    """Make a folder for exports.

    :raises StorageFault: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_fault(error, folder) from error


def storage_fault(error: OSError, path: Path) -> StorageFault:
    """One sentence for a failed write, by what the system said."""
    if error.errno == errno.ENOSPC:
        return StorageFault(f"The disk is full: {path} was not written.", "Free some space.")
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageFault(f"{path} cannot be written: no permission.", "Choose another folder.")
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return StorageFault(f"{path} is not a folder.", "Choose another folder.")
    reason = error.strerror or type(error).__name__
    return StorageFault(f"{path} was not written ({reason}).", "Choose another folder.")


def _discard(part: Path) -> None:
    try:
        part.unlink(missing_ok=True)
    except OSError:
        return  # the fault that led here is already on its way to the user

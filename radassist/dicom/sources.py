"""From what the user named (files, folders, zips) to the list of files to read.

Nothing is taken from names but where the bytes lie.  What is not read is listed with its reason.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from radassist.dicom.unzip import Unpacker, is_zip
from radassist.domain.study import RejectedFile
from radassist.errors import Cancelled, InputFault
from radassist.ports import CancelToken, Progress

#: Files that every folder collects and nobody means.
_CLUTTER = frozenset({".ds_store", "thumbs.db", "desktop.ini", ".gitkeep", "autorun.inf"})
#: Endings that say the file is no DICOM: listed as a note, not as a broken image.
_OTHER_ENDINGS = frozenset(
    {
        *(".txt", ".md", ".csv", ".tsv", ".json", ".xml", ".html", ".htm", ".pdf", ".rtf"),
        *(".doc", ".docx", ".log", ".ini", ".inf", ".db", ".py", ".js", ".css", ".exe", ".dll"),
        *(".jar", ".zip", ".gz", ".tar", ".7z", ".nii", ".mp4", ".avi"),
        *(".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff"),
    }
)
PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff"})
MAX_FILES = 500_000


@dataclass
class Sources:
    """What is to be read.

    :param files: regular files, each once, in the order in which they were found.
    :param pictures: JPEG, PNG or TIFF files that the user named, one by one or as a folder that
        holds nothing else to look at.
    :param shown: name to show for a file that was unpacked from a zip.
    :param named: files that the user named one by one.
    """

    files: list[Path] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    rejected: list[RejectedFile] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shown: dict[Path, Path] = field(default_factory=dict)
    named: set[Path] = field(default_factory=set)


def find_files(
    paths: Sequence[Path], unpacker: Unpacker, progress: Progress, cancel: CancelToken
) -> Sources:
    """Expand folders and zips.

    :raises InputFault: a named path does not exist or cannot be read, a folder is empty, or a zip
        is hostile, encrypted or broken.
    :raises Cancelled: the user cancelled.
    """
    if not paths:
        raise InputFault("No file or folder was given.", "Name a folder with DICOM images.")
    found = Sources()
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100  resolve() would follow links in names
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            _walk(path, found, progress, cancel)
        elif not stat.S_ISREG(mode):
            raise InputFault(f"{given} is neither a file nor a folder.", "Name a file or a folder.")
        elif is_zip(path):
            _zip(path, found, unpacker, progress, cancel)
        elif path.suffix.lower() in PICTURE_ENDINGS:
            found.pictures.append(path)
        else:
            found.files.append(path)
            found.named.add(path)
    found.files = list(dict.fromkeys(found.files))
    found.pictures = list(dict.fromkeys(found.pictures))
    return found


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        raise InputFault(f"{path} does not exist.", "Check the path.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputFault(f"{path} cannot be read ({reason}).", "Check its permissions.") from None


def _walk(folder: Path, found: Sources, progress: Progress, cancel: CancelToken) -> None:
    """All regular files below a folder; linked folders are not followed (they may go round)."""
    before, known = len(found.files) + len(found.rejected), len(found.files)

    def unreadable(error: OSError) -> None:
        path = Path(error.filename or folder)
        reason = error.strerror or type(error).__name__
        if path == folder:
            raise InputFault(f"The folder {folder} cannot be read ({reason}).",
                             "Check its permissions.")  # fmt: skip
        found.rejected.append(RejectedFile(path, f"The folder cannot be read ({reason})."))

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        if cancel.cancelled():
            raise Cancelled("Opening was cancelled.")
        folders.sort()
        for name in sorted(names):
            _take(Path(parent) / name, found)
        # os.path, because Path.is_symlink raises where the path is longer than the system allows.
        linked = [name for name in folders if os.path.islink(os.path.join(parent, name))]  # noqa: PTH114, PTH118
        for name in linked:
            note = "A linked folder is not followed; open it by itself."
            found.rejected.append(RejectedFile(Path(parent) / name, note, "note"))
        if len(found.files) > MAX_FILES:
            raise InputFault(f"More than {MAX_FILES:,} files lie in {folder}.",
                             "Open a folder further down.")  # fmt: skip
        progress(-1, f"{len(found.files)} files found")
    if len(found.files) + len(found.rejected) == before:
        raise InputFault(f"The folder {folder} is empty.", "Name a folder with DICOM images.")
    _as_pictures(found, known)


def _as_pictures(found: Sources, first: int) -> None:
    """Open the pictures of a folder that holds nothing else to look at.

    Beside DICOM files a picture is a snapshot or a thumbnail and stays a note.
    """
    files = found.files[first:]
    pictures = [path for path in files if path.suffix.lower() in PICTURE_ENDINGS]
    others = [path for path in files if path.suffix.lower() not in PICTURE_ENDINGS]
    if pictures and all(path.suffix.lower() in _OTHER_ENDINGS for path in others):
        found.files[first:] = others
        found.pictures += pictures


def _take(path: Path, found: Sources) -> None:
    if path.name.lower() in _CLUTTER:
        found.rejected.append(RejectedFile(path, "A file of the operating system.", "note"))
        return
    try:
        mode = path.stat().st_mode
    except OSError as error:
        reason = error.strerror or type(error).__name__
        found.rejected.append(RejectedFile(path, f"The file cannot be read ({reason})."))
        return
    if stat.S_ISREG(mode):
        found.files.append(path)
    else:
        found.rejected.append(RejectedFile(path, "Not a regular file.", "note"))


def _zip(
    path: Path, found: Sources, unpacker: Unpacker, progress: Progress, cancel: CancelToken
) -> None:
    unpacked = unpacker.unpack(path, progress, cancel)
    for file, shown in unpacked.files:
        found.files.append(file)
        found.shown[file] = shown
    found.rejected += unpacked.rejected
    if not unpacked.files and not unpacked.rejected:
        raise InputFault(f"The zip {path} is empty.", "Name a zip with DICOM images.")


def soften(rejected: RejectedFile) -> RejectedFile:
    """A file that is no DICOM and does not claim to be is a note, not an error."""
    if rejected.path.suffix.lower() in _OTHER_ENDINGS or rejected.path.name.upper() == "README":
        return replace(rejected, severity="note")
    return rejected


def is_candidate(path: Path) -> bool:
    """True for a file that may be DICOM by its name; a zip or a picture is none."""
    return path.name.lower() not in _CLUTTER and path.suffix.lower() not in _OTHER_ENDINGS


def directory_members(
    folder: Path, file_ids: Sequence[tuple[str, ...]]
) -> tuple[list[Path], list[RejectedFile]]:
    """The files that a DICOMDIR names, below its folder and nowhere else.

    Names match without regard to case, because media written as "IMAGES/IM1" are copied as
    "images/im1" (PS3.10 section 8.2 allows upper case only).
    """
    files, rejected = [], []
    root = folder.resolve()
    listings: dict[Path, dict[str, Path]] = {}
    for components in file_ids:
        shown = folder.joinpath(*(c.replace("/", "_").replace("\x00", "_") for c in components))
        if any(not _is_plain(component) for component in components):
            reason = "The DICOMDIR names a file outside its own folder; it is not opened."
            rejected.append(RejectedFile(folder / "DICOMDIR", reason))
            continue
        path = _lookup(folder, components, listings)
        if path is None:
            reason = "Missing: the DICOMDIR names this file, but it is not there."
            rejected.append(RejectedFile(shown, reason))
        elif not path.resolve().is_relative_to(root):
            reason = "The DICOMDIR leads outside its own folder through a link; it is not opened."
            rejected.append(RejectedFile(shown, reason))
        else:
            files.append(path)
    return files, rejected


def _is_plain(component: str) -> bool:
    return (
        bool(component.strip())
        and component not in (".", "..")
        and not (set(component) & set("/\\:\x00"))
    )


def _lookup(
    folder: Path, components: tuple[str, ...], listings: dict[Path, dict[str, Path]]
) -> Path | None:
    at = folder
    for component in components:
        if at not in listings:
            try:
                listings[at] = {_plain_name(p.name): p for p in at.iterdir()}
            except OSError:
                return None
        step = listings[at].get(_plain_name(component))
        if step is None:
            return None
        at = step
    return at if at.is_file() else None


def _plain_name(name: str) -> str:
    """Without case, and without the version that ISO 9660 adds ("IM1.;1")."""
    return name.casefold().partition(";")[0].rstrip(". ")

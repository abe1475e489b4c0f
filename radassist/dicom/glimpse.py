"""The first files to look into, so that an image is on the screen before all headers are read."""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from radassist.dicom.sources import is_candidate

#: Folders looked into: what lies deeper or later waits for the opening itself.
_MAX_FOLDERS = 64


def first_files(paths: Sequence[Path], most: int) -> list[Path]:
    """At most ``most`` regular files that may be DICOM, in the order in which opening finds them.

    Nothing is unpacked, and nothing is said about what cannot be read: opening says it.
    """
    found: list[Path] = []
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100  resolve() would follow links in names
        files = _below(path) if path.is_dir() else iter([path])
        usable = (p for p in files if is_candidate(p) and _is_regular(p))
        found += itertools.islice(usable, most - len(found))
        if len(found) >= most:
            break
    return found


def _below(folder: Path) -> Iterator[Path]:
    for parent, folders, names in itertools.islice(os.walk(folder), _MAX_FOLDERS):
        folders.sort()
        yield from (Path(parent) / name for name in sorted(names))


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False

"""The installed version of a pack, the one before it, and changing between them.

``ID`` is the installed one, ``.previous-ID`` the one before it.  Renaming a folder over another is
not possible, so the installed one stands aside as ``.replaced-ID`` for a moment: that name exists
during an exchange only, and ``recover`` ends an exchange that was cut short.  Until the new folder
has its name, the old one comes back; from then on it is kept as the previous one.
"""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from radassist.engines.packs.manifest import MANIFEST

PREVIOUS = ".previous-"
_ASIDE = ".replaced-"


def swap_in(incoming: Path, final: Path) -> None:
    """Make ``incoming`` the installed folder ``final``; keep what was there as the previous one.

    :raises OSError: a rename failed; what was installed is back in its place.
    """
    aside = _beside(final, _ASIDE)
    if final.exists() or final.is_symlink():
        final.rename(aside)
    _rename_or_bring_back(incoming, final, aside)
    _settle(final, aside)


def swap_back(final: Path) -> None:
    """Exchange the installed folder and the previous one.

    :raises OSError: a rename failed; what was installed is back in its place.
    """
    aside, previous = _beside(final, _ASIDE), _beside(final, PREVIOUS)
    if final.exists():
        final.rename(aside)
    _rename_or_bring_back(previous, final, aside)
    _settle(final, aside)


def recover(models: Path) -> None:
    """End every exchange that a crash cut short.

    :raises OSError: the folder cannot be changed.
    """
    for aside in sorted(models.glob(f"{_ASIDE}*")):
        final = models / aside.name.removeprefix(_ASIDE)
        if final.exists():
            _settle(final, aside)
        else:
            aside.rename(final)


def remove(folder: Path) -> None:
    """Take a folder, a file or a link away."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder, ignore_errors=True)


def _beside(final: Path, prefix: str) -> Path:
    return final.with_name(prefix + final.name)


def _rename_or_bring_back(folder: Path, final: Path, aside: Path) -> None:
    try:
        folder.rename(final)
    except OSError:
        if aside.exists():
            aside.rename(final)
        raise


def _settle(final: Path, aside: Path) -> None:
    """The folder that stood aside becomes the previous one, unless it is the same pack again."""
    if not aside.exists() or aside.is_symlink() or _same(final, aside):
        remove(aside)
        return
    previous = _beside(final, PREVIOUS)
    remove(previous)
    with contextlib.suppress(FileNotFoundError):  # another process has ended this exchange
        aside.rename(previous)


def _same(one: Path, other: Path) -> bool:
    """True where both have the same manifest, which names every byte of their files."""
    try:
        return (one / MANIFEST).read_bytes() == (other / MANIFEST).read_bytes()
    except OSError:
        return False  # one of them is damaged, so it is kept

"""``.venv-core``: the same packages as ``.venv``, with PySide6 and VTK really not installed.

The design's rule is that everything but the window works without them.  A second download of a
gigabyte to prove it would be waste, so this environment links every installed distribution of
``.venv`` except the ones below: neither their modules nor their metadata are there.
"""

from __future__ import annotations

import re
import shutil
import sys
import venv
from importlib.metadata import Distribution, distributions
from pathlib import Path

#: Left out: Qt, VTK, and the pytest plugin that cannot be loaded without Qt.
LEFT_OUT = frozenset(
    {"pyside6", "pyside6-essentials", "pyside6-addons", "shiboken6", "vtk", "pytest-qt"}
)


def make(source: Path, target: Path) -> list[str]:
    """Make the environment ``target`` anew from the environment ``source``.

    :returns: the names of the distributions that were left out.
    """
    if target.exists():
        shutil.rmtree(target)
    venv.create(target, with_pip=False, symlinks=True)
    library = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    left_out = []
    for distribution in distributions(path=[str(source / library)]):
        name = normalised(distribution.metadata["Name"])
        if name in LEFT_OUT:
            left_out.append(name)
        else:
            _link(distribution, source / library, target / library)
    return sorted(left_out)


def normalised(name: str) -> str:
    """A distribution's name as package indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _link(distribution: Distribution, source: Path, target: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or () if file.parts[0] != ".."}
    for top in tops - {"__pycache__"}:
        link = target / top
        if not link.exists() and (source / top).exists():
            link.symlink_to((source / top).resolve())

"""How this copy of radassist came here, and so how what is missing of it is mended.

A radiologist installs a package and has no ``make`` and no pip; a contributor has a checkout.
"""

from __future__ import annotations

import sys
from pathlib import Path


def is_frozen() -> bool:
    """True in the program that a package installs, False in a checkout."""
    return bool(getattr(sys, "frozen", False))


def mend_installation() -> str:
    """The next step where a part of the program itself is missing or damaged."""
    return "Install the radassist package again." if is_frozen() else "Run `make setup`."


def get_pack(pack_id: str) -> str:
    """The next step where a model pack that can be had is not installed.

    The frozen program has no pip: packs are files that come with the package.
    """
    if is_frozen():
        return f"Install it from its file: `radassist models install {pack_id}.zip`."
    return f"Get it with `radassist models fetch {pack_id}`."


def machine_pack_folders() -> tuple[Path, ...]:
    """Where an installed program looks for model packs that all users of the machine share.

    The folder ``models`` beside the program comes first (a program that was unpacked and not
    installed), then the system's own place.  A checkout looks at neither.
    """
    if not is_frozen():
        return ()
    beside = Path(sys.executable).resolve().parent / "models"
    if sys.platform == "darwin":
        return beside, Path("/Library/Application Support/radassist/models")
    if sys.platform == "win32":
        return (beside,)
    return beside, Path("/usr/local/share/radassist/models"), Path("/usr/share/radassist/models")

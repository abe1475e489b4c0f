"""The sample study: real images that the locked package ``pydicom-data`` carries (MIT).

They are installed with the program and never fetched at run time.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from radassist.errors import InputFault
from radassist.library.installation import mend_installation

#: A PA chest radiograph (NEMA WG-04 image RG1, JPEG 2000 lossless): the demo drafts on it.
CHEST_RADIOGRAPH = "RG1_J2KR.dcm"
#: Beside it in the window: a head CT slice (CQ500) and a shoulder MR slice (NEMA WG-04).
OTHERS = ("693_J2KR.dcm", "MR2_J2KR.dcm")


def sample_path(name: str = CHEST_RADIOGRAPH) -> Path:
    """The path of one sample file.

    :raises InputFault: the package is not installed.
    """
    spec = find_spec("data_store")
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in folders:
        path = Path(folder) / "data" / name
        if path.is_file():
            return path
    raise InputFault("The sample study is not installed.", mend_installation())

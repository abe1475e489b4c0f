"""What goes into a package beside the program: man page, icons, licences, bill of materials.

    python packaging/documents.py FOLDER [COLLECT.toc]

Run in the environment that the program is frozen from.  The man page is made from the command's own
parser and the licences and the bill of materials from what PyInstaller collected, so that none of
them can say anything else than the program.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bootstrap import icons, manpage, materials


def main() -> int:
    folder = Path(sys.argv[1])
    when = int(os.environ.get("SOURCE_DATE_EPOCH", "1700000000"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "radassist.1").write_text(manpage.man_page(when), encoding="utf-8")
    icons.write_all(folder / "icons")
    if len(sys.argv) > 2:
        parts = materials.collected(Path(sys.argv[2]))
        materials.write_licences(parts, folder / "licences")
        (folder / "copyright").write_text(materials.copyright_text(parts), encoding="utf-8")
        (folder / "sbom.cdx.json").write_text(materials.sbom(parts, when), encoding="utf-8")
        print(f"{len(parts)} parts: {sum(p.kind == 'python' for p in parts)} Python packages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

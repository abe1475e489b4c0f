"""The icon in the forms that systems want, from ``resources/icons/radassist.svg``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SVG = Path(__file__).resolve().parents[2] / "resources" / "icons" / "radassist.svg"
#: Pixels of the PNG files (freedesktop.org hicolor theme).
SIZES = (16, 32, 48, 64, 128, 256, 512)


def write_all(folder: Path) -> list[Path]:
    """The SVG, a PNG of each size, the ICO of Windows and the ICNS of macOS."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image
    from PySide6.QtCore import QByteArray
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication(["icons"])
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(SVG, folder / "radassist.svg")
    drawing = QSvgRenderer(QByteArray(SVG.read_bytes()))
    for size in SIZES:
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(0)
        painter = QPainter(picture)
        drawing.render(painter)
        painter.end()
        picture.save(str(folder / f"radassist-{size}.png"))
    del app
    largest = Image.open(folder / f"radassist-{max(SIZES)}.png")
    largest.save(folder / "radassist.ico", sizes=[(s, s) for s in SIZES if s <= 256])
    largest.save(folder / "radassist.icns")
    return sorted(folder.iterdir())

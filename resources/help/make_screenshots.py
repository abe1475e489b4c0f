"""Make the pictures of README and guide anew, from the product's own window.

    .venv/bin/python resources/help/make_screenshots.py [--ct FOLDER]

``screenshot.png`` and ``sign.png`` show the sample study (NEMA's RG1 of pydicom-data, MIT);
``ct.png`` is made where a folder with a chest CT is given. The one shipped shows patient A0002 of
Lung-PET-CT-Dx (The Cancer Imaging Archive, CC BY 4.0).
"""

from __future__ import annotations

import argparse
import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF, QTimer
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog

from radassist.app.window import Stage, staged
from radassist.library.samples import sample_path

HERE = Path(__file__).parent
MASSES = "replace the lungs sentence with: Multiple large rounded masses in both lungs."
#: Says what the findings deny: what the checks are there for.
CONTRADICTION = "add to the impression: Large left pleural effusion."
#: Slice (0-based) and window (its number key) of ct.png: the mass, in the lung window.
CT_SLICE, CT_PRESET = 13, 2
#: Channels of a pixel that differ by less make a grey.
_GREY = 24


def save(picture: QPixmap, name: str) -> None:
    """Write a PNG of 256 colours, half of them greys for the image: a third of the size."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    with Image.open(io.BytesIO(buffer.data().data())) as image:
        full = image.convert("RGB")
    pixels = np.asarray(full).reshape(-1, 3)
    coloured = np.unique(pixels[np.ptp(pixels, axis=1) > _GREY], axis=0)
    palette = Image.fromarray(coloured[None]).quantize(128, method=Image.Quantize.MAXCOVERAGE)
    greys = np.repeat(np.arange(0, 256, 2), 3).tolist()
    palette.putpalette([*(palette.getpalette() or [])[:384], *greys])
    few = full.quantize(palette=palette, dither=Image.Dither.NONE)
    few.save(HERE / name, optimize=True)


def signing(stage: Stage) -> QPixmap:
    """The window under its dialog of signing."""
    shown: list[QPixmap] = []
    poll = QTimer()

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog) and dialog.isVisible():
            poll.stop()
            shown.append(_over(stage.window.grab(), dialog.grab()))
            dialog.reject()

    poll.timeout.connect(look)
    poll.start(50)
    stage.act("report.sign")
    return shown[0]


def _over(window: QPixmap, dialog: QPixmap) -> QPixmap:
    """The dialog in the middle of the darkened window, in logical pixels: at any scale factor."""
    whole = QRectF(QPointF(), window.deviceIndependentSize())
    frame = QRectF(QPointF(), dialog.deviceIndependentSize())
    frame.moveCenter(whole.center().toPoint().toPointF())
    painter = QPainter(window)
    painter.fillRect(whole, QColor(0, 0, 0, 110))
    painter.drawPixmap(frame.topLeft(), dialog)
    painter.setPen(QColor("#5aa9e6"))
    painter.drawRect(frame.adjusted(0, 0, -1, -1))
    painter.end()
    return window


def main() -> None:
    """Parse the arguments and write the pictures beside this file."""
    parser = argparse.ArgumentParser(description="Make the pictures of README and guide anew.")
    parser.add_argument("--ct", type=Path, metavar="FOLDER")
    ct: Path | None = parser.parse_args().ct
    with tempfile.TemporaryDirectory() as home:
        with staged(Path(home), user="Dr Example") as stage:
            stage.open([sample_path()])
            stage.ask(MASSES)
            save(stage.window.grab(), "screenshot.png")
            stage.act("chat.apply")
            stage.ask(CONTRADICTION)
            stage.act("chat.apply")
            save(signing(stage), "sign.png")
        if ct is not None:
            with staged(Path(home), user="Dr Example") as stage:
                stage.open([ct])
                stage.window.viewport.go_to(CT_SLICE)
                stage.act(f"view.preset_{CT_PRESET}")
                save(stage.window.grab(), "ct.png")


if __name__ == "__main__":
    main()

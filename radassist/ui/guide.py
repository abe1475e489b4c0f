"""The help page and its pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

_WIDTH = 740


@dataclass(frozen=True)
class Guide:
    """Markdown, and the folder in which the pictures that it names lie."""

    text: str = ""
    folder: Path = Path()

    def pictures(self) -> dict[str, QImage]:
        """The pictures at the width of the page; may block, so on a worker thread only.

        A picture that cannot be read is left out: the text beside it stands for itself.
        """
        found: dict[str, QImage] = {}
        for name in re.findall(r"!\[[^\]]*\]\(([\w.-]+)\)", self.text):
            picture = QImage(str(self.folder / name))
            if not picture.isNull():
                smooth = Qt.TransformationMode.SmoothTransformation
                found[name] = picture.scaledToWidth(_WIDTH, smooth)
        return found

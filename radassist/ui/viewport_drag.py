"""What is kept while a mouse button is held on the image."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from radassist.viewer.presets import Window


class Drag:
    """A mouse button that is held."""

    def __init__(
        self, button: Qt.MouseButton, start: QPointF, window: Window,
        pan: tuple[float, float], shift: bool,
    ) -> None:  # fmt: skip
        self.button, self.start, self.last = button, start, start
        self.window, self.pan, self.shift = window, pan, shift
        self.moved = False

"""Tells a benchmark when the window can be used: shown by the screen, and its event loop idle."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

#: Environment variable with the file that is written (empty) once the window can be used.
READY_FILE = "RADASSIST_READY_FILE"
_LOOK_EVERY_MS = 5


def tell_when_usable(window: QWidget) -> None:
    """Write the file that ``RADASSIST_READY_FILE`` names, when there is one."""
    name = os.environ.get(READY_FILE, "")
    if not name:
        return
    look = QTimer(window)
    look.setInterval(_LOOK_EVERY_MS)

    def looked() -> None:
        handle = window.windowHandle()
        if handle is not None and handle.isExposed():
            look.stop()
            QTimer.singleShot(0, window, Path(name).touch)

    look.timeout.connect(looked)
    look.start()

"""When somebody works in a window: keys, clicks, the wheel.  Nothing of what is typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

#: A key that is a shortcut comes as ``ShortcutOverride`` alone.
_ACTS = frozenset(
    {
        QEvent.Type.ShortcutOverride,
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
    }
)


class ActivityWatch(QObject):
    """Calls ``acted`` for every act in a top-level widget.

    It listens at the native window, where each act comes once, and not at the widgets inside.
    """

    def __init__(self, window: QWidget, acted: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._acted = acted
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Lets every event pass."""
        if watched is not self._window:
            if event.type() in _ACTS:
                self._acted()
        elif event.type() == QEvent.Type.Show:
            handle = self._window.windowHandle()
            if handle is not None:
                handle.installEventFilter(self)  # again after a hide, Qt moves it, never doubles it
        return False

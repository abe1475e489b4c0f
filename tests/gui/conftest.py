"""GUI tests: offscreen, no Qt warning, nothing left behind: no timer, no top-level widget."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def _nothing_left_on_screen(qtbot: QtBot) -> Iterator[None]:
    """Fail a test that leaves a visible window or a running timer."""
    yield
    for widget in QApplication.topLevelWidgets():
        if widget.isVisible():
            widget.close()
            pytest.fail(f"left a visible window: {type(widget).__name__}")
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    app = QApplication.instance()
    running = [t for t in app.findChildren(QTimer) if t.isActive()] if app else []
    if running:
        pytest.fail(f"left {len(running)} running timers")

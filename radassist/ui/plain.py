"""Text of files and headers on the screen: shown as it stands, never read as markup."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel


def plain_label(text: str, role: str = "") -> QLabel:
    """A label that never reads markup in data.

    :param role: key of the style sheet ("muted", "heading", "title", "chip").
    """
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setText(text)
    if role:
        label.setProperty("role", role)
    return label


def safe_tip(text: str) -> str:
    """Tooltip that shows header text as it stands: Qt would take ``<b>`` in it for markup."""
    return f"<qt>{escape(text).replace(chr(10), '<br>')}</qt>" if text else ""

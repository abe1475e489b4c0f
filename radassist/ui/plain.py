"""Text of files and headers on the screen: shown as it stands, never read as markup."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QLayout, QWidget


def plain_label(text: str, role: str = "") -> QLabel:
    """A label that never reads markup in data.

    :param role: key of the style sheet ("muted", "heading", "title", "chip", "small").
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


class ElidedLabel(QLabel):
    """One line of plain text that gives way: cut with "…", whole under the pointer.

    A label of Qt is as wide as its text, and a long name would push the window off the screen.
    """

    def __init__(self, text: str = "", role: str = "", least: int = 40) -> None:
        super().__init__()
        self._least = least
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(safe_tip(text))

    def minimumSizeHint(self) -> QSize:
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), self._least), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.contentsRect()
        shown = painter.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideRight, area.width()
        )
        self.style().drawItemText(
            painter, area, int(self.alignment()), self.palette(), self.isEnabled(), shown,
            self.foregroundRole(),
        )  # fmt: skip
        painter.end()


class ScrolledBody(QWidget):
    """Content of a scroll area that is as high as its text needs at the width that it has.

    Qt would make it as high as the text needed at the narrowest width, and scroll over nothing.
    """

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)


def set_tone(label: QLabel, tone: str) -> None:
    """Give a label a colour of ``theme.TONES``.

    A property and not a style sheet of its own, which Qt would read anew for every label.
    """
    if label.property("tone") == tone:
        return
    label.setProperty("tone", tone)
    label.style().unpolish(label)
    label.style().polish(label)


def emptied(layout: QLayout, *, keep: tuple[type[QWidget], ...] = ()) -> None:
    """Take every widget out of a layout; those that are not of a kept type are deleted.

    ``removeWidget`` and not ``takeAt``: the item that ``takeAt`` hands to Python stays registered
    with its widget, and a row that is put back would keep the height it had before.
    """
    for place in reversed(range(layout.count())):
        item = layout.itemAt(place)
        widget = item.widget() if item is not None else None
        if widget is None:
            layout.takeAt(place)
            continue
        layout.removeWidget(widget)
        if not isinstance(widget, keep):
            widget.hide()
            widget.setObjectName("")  # it is not found by name while it waits to be deleted
            widget.deleteLater()

"""How a row of the study panel is drawn: headings, series with a thumbnail; plain text only."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPixmap, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from radassist.ui import theme
from radassist.ui.thumbnails import SIZE, scaled

CAPTION = Qt.ItemDataRole.UserRole + 1
COUNT = Qt.ItemDataRole.UserRole + 2
WARNED = Qt.ItemDataRole.UserRole + 3
PICTURE = Qt.ItemDataRole.UserRole + 4
_PAD = 8

Index = QModelIndex | QPersistentModelIndex


class RowDelegate(QStyledItemDelegate):
    """Draws patients and studies as headings, series as thumbnail and three lines."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        line = option.fontMetrics.height()
        if _is_series(index):
            return QSize(180, max(SIZE, 3 * line) + 2 * _PAD)
        lines = 2 if index.data(CAPTION) else 1
        return QSize(180, lines * line + (14 if not index.parent().isValid() else 8))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        if _is_series(index):
            self._series(painter, option, index)
        else:
            self._heading(painter, option, index)
        painter.restore()

    def _heading(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        patient = not index.parent().isValid()
        area = option.rect.adjusted(_PAD + (0 if patient else 2), 0, -_PAD, 0)
        font = QFont(option.font)
        font.setBold(patient)
        metrics = QFontMetrics(font)
        top = area.top() + (8 if patient else 5)
        if patient and index.row() > 0:
            painter.setPen(QColor(theme.LINE))
            painter.drawLine(option.rect.topLeft(), option.rect.topRight())
        _line(painter, font, area, top, str(index.data() or ""), theme.TEXT)
        caption = str(index.data(CAPTION) or "")
        _line(painter, option.font, area, top + metrics.height(), caption, theme.MUTED)

    def _series(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area = option.rect.adjusted(4, 2, -4, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        if selected or hovered:
            painter.setPen(QColor(theme.ACCENT) if selected else Qt.PenStyle.NoPen)
            painter.setBrush(QColor("#1d2c3b" if selected else theme.HOVER))
            painter.drawRoundedRect(QRectF(area).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
        frame = QRect(area.left() + 5, area.top() + (area.height() - SIZE) // 2, SIZE, SIZE)
        _thumbnail(painter, frame, index.data(PICTURE))
        text = QRect(area)
        text.setLeft(frame.right() + 10)
        text.setRight(area.right() - 6)
        line = option.fontMetrics.height()
        texts = [(str(index.data() or ""), theme.TEXT)]
        texts += [(str(index.data(role) or ""), theme.MUTED) for role in (CAPTION, COUNT)]
        texts = [(words, colour) for words, colour in texts if words]
        top = area.top() + (area.height() - len(texts) * line) // 2
        for number, (words, colour) in enumerate(texts):
            y, row = top + number * line, QRect(text)
            if number == len(texts) - 1 and index.data(WARNED):
                _warning(painter, QRectF(text.left(), y + 2, line - 5, line - 5))
                row.setLeft(text.left() + line)
            _line(painter, option.font, row, y, words, colour)


def _is_series(index: Index) -> bool:
    return index.data(COUNT) is not None


def _line(painter: QPainter, font: QFont, area: QRect, top: int, text: str, colour: str) -> None:
    metrics = QFontMetrics(font)
    shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(area.left(), top + metrics.ascent(), shown)


def _thumbnail(painter: QPainter, frame: QRect, picture: object) -> None:
    painter.fillRect(frame, QColor(theme.VIEWPORT))
    if not isinstance(picture, QPixmap):
        return
    device = painter.device()
    small = scaled(picture, device.devicePixelRatioF() if device is not None else 1.0)
    size = small.deviceIndependentSize()
    painter.drawPixmap(
        QPointF(
            frame.left() + (frame.width() - size.width()) / 2,
            frame.top() + (frame.height() - size.height()) / 2,
        ),
        small,
    )


def _warning(painter: QPainter, box: QRectF) -> None:
    """A triangle with a stroke: told by its form, not by its colour alone."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(theme.WARNING))
    painter.drawPolygon(
        QPolygonF([QPointF(box.center().x(), box.top()), box.bottomRight(), box.bottomLeft()])
    )
    painter.setBrush(QColor(theme.PANEL))
    x, height = box.center().x(), box.height()
    painter.drawRect(QRectF(x - 0.8, box.top() + 0.36 * height, 1.6, 0.32 * height))
    painter.drawRect(QRectF(x - 0.8, box.top() + 0.76 * height, 1.6, 1.6))

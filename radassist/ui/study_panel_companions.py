"""Rows of the study panel for what lies beside the images."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap
from PySide6.QtWidgets import QTreeWidgetItem

from radassist.domain.companions import Companion, CompanionKind
from radassist.ui import theme
from radassist.ui.plain import safe_tip
from radassist.ui.study_panel_rows import CAPTION, COUNT, PICTURE
from radassist.ui.thumbnails import SIZE
from radassist.viewer.text import date, plain

_WHAT = {
    CompanionKind.PRESENTATION: "Click to apply or take away",
    CompanionKind.SEGMENTATION: "Click to outline or hide",
    CompanionKind.KEY_OBJECTS: "Click for the key images",
    CompanionKind.REPORT: "Click to read",
    CompanionKind.DOCUMENT: "Click to read",
}


def add_companion(parent: QTreeWidgetItem, companion: Companion) -> QTreeWidgetItem:
    """A row below its study, or at the top where no image of the study is open."""
    item = QTreeWidgetItem(parent)
    title = plain(companion.title, 40)
    words = (plain(companion.description, 40), date(companion.date))
    caption = "  ".join(w for w in words if w and w != title)
    item.setData(0, Qt.ItemDataRole.UserRole, companion)
    item.setText(0, title)
    item.setData(0, CAPTION, caption)
    item.setData(0, COUNT, _WHAT[companion.kind])
    item.setData(0, PICTURE, _badge(companion.kind.value))
    said = (title, caption, _WHAT[companion.kind])
    item.setData(0, Qt.ItemDataRole.AccessibleTextRole, ". ".join(w for w in said if w))
    item.setToolTip(0, safe_tip("\n".join(w for w in said if w)))
    return item


def _badge(letters: str) -> QPixmap:
    """The letters of the kind in place of a thumbnail."""
    picture = QPixmap(SIZE, SIZE)
    picture.fill(QColor(theme.VIEWPORT))
    painter = QPainter(picture)
    font = painter.font()
    font.setPixelSize(round(SIZE * 0.3))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(theme.MUTED))
    painter.drawText(QRectF(picture.rect()), int(Qt.AlignmentFlag.AlignCenter), letters)
    painter.end()
    return picture

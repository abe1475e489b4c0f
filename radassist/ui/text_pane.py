"""Help, key help and the state of the system as text."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QImage,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)
from PySide6.QtWidgets import QDialog, QTextBrowser, QVBoxLayout, QWidget

from radassist.ui import theme


class _Browser(QTextBrowser):
    """Shows the pictures that it is given, and reads no file itself."""

    def __init__(self, pictures: Mapping[str, QImage]) -> None:
        super().__init__()
        self._pictures = pictures

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """The picture of this name, None for anything else."""
        return self._pictures.get(name.toString() if isinstance(name, QUrl) else name)


class TextPane(QDialog):
    """Text that is read and closed with Esc.

    :param markdown: True only for text of our own; what a pack or a file says is plain.
    :param pictures: by the name that the text gives them.
    :param columns: widths of the first columns of every table, in per cent.
    """

    def __init__(
        self,
        title: str,
        text: str,
        parent: QWidget | None = None,
        *,
        markdown: bool = True,
        pictures: Mapping[str, QImage] | None = None,
        columns: tuple[int, ...] = (),
        size: QSize | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.resize(size or QSize(820, 700))
        self.view = _Browser(pictures or {})
        self.view.setOpenLinks(False)
        self.view.setAccessibleName(title)
        document = self.view.document()
        document.setDocumentMargin(20)
        if markdown:
            self.view.setMarkdown(text)
            _calm(document, columns)
        else:
            self.view.setPlainText(text)
        self.view.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.view.moveCursor(QTextCursor.MoveOperation.Start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)


def _calm(document: QTextDocument, columns: tuple[int, ...]) -> None:
    """Headings of a quiet size, tables as wide as the page with thin lines."""
    _shrink_headings(document)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _thin_lines(frame, columns)


def _shrink_headings(document: QTextDocument) -> None:
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        if level:
            form = block.blockFormat()
            form.setTopMargin(16)
            form.setBottomMargin(6)
            cursor = QTextCursor(block)
            cursor.setBlockFormat(form)
            cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
            size = QTextCharFormat()
            steps = 2 if level == 1 else 1
            size.setProperty(QTextCharFormat.Property.FontSizeAdjustment, steps)
            size.setFontWeight(QFont.Weight.DemiBold)
            cursor.mergeCharFormat(size)
        block = block.next()


def _thin_lines(table: QTextTable, columns: tuple[int, ...]) -> None:
    form = table.format()
    form.setBorderCollapse(True)
    form.setBorder(1)
    form.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    form.setBorderBrush(QBrush(QColor(theme.LINE)))
    form.setCellPadding(6)
    form.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    given = columns[: table.columns() - 1]
    rest = (100 - sum(given)) // max(1, table.columns() - len(given))
    widths = [*given, *[rest] * (table.columns() - len(given))]
    if given:
        kind = QTextLength.Type.PercentageLength
        form.setColumnWidthConstraints([QTextLength(kind, w) for w in widths])
    table.setFormat(form)

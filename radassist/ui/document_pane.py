"""A structured report or encapsulated document to be read, in a window beside the images."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.companions import Companion, Document, DocumentLine
from radassist.viewer.text import plain

_ENDINGS = {"application/pdf": ".pdf", "text/xml": ".xml"}


class DocumentPane(QDialog):
    """A report as a tree (concept names on the left, values on the right), a document as pages.

    Plain text only: nothing in it is rendered or followed.
    """

    def __init__(
        self, companion: Companion, document: Document, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(plain(document.title, 80))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(860, 720)
        self._document = document
        self.tree = QTreeWidget(self)
        self.tree.setColumnCount(2)
        self.tree.setHeaderHidden(True)
        self.tree.setWordWrap(True)
        self.tree.setIndentation(18)
        self.tree.setUniformRowHeights(False)
        self.tree.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.tree.setStyleSheet("QTreeWidget::item { padding: 3px 4px; }")
        self.tree.setVerticalScrollMode(QTreeWidget.ScrollMode.ScrollPerPixel)
        self.tree.setAccessibleName(plain(document.title, 80))
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        self.tree.header().setStretchLastSection(True)
        self.pages = QPlainTextEdit(self)
        self.pages.setReadOnly(True)
        self.pages.setAccessibleName(plain(document.title, 80))
        as_pages = bool(document.media_type)
        self.tree.setVisible(not as_pages)
        self.pages.setVisible(as_pages)
        if as_pages:
            self.pages.setPlainText(_pages(document.lines))
        else:
            self._fill(document.lines)
        layout = QVBoxLayout(self)
        layout.addWidget(self._label(plain(document.title, 120), bold=True))
        described = "   ".join(p for p in (plain(companion.description, 80),) if p)
        if described and described != document.title:
            layout.addWidget(self._label(described))
        for note in document.notes:
            layout.addWidget(self._label(note))
        layout.addWidget(self.tree, 1)
        layout.addWidget(self.pages, 1)
        layout.addLayout(self._buttons())

    def _label(self, text: str, *, bold: bool = False) -> QLabel:
        label = QLabel(text, self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        if bold:
            font = label.font()
            font.setBold(True)
            font.setPointSizeF(font.pointSizeF() * 1.2)
            label.setFont(font)
        else:
            label.setProperty("role", "muted")
        return label

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        if self._document.content:
            save = QPushButton("Export document…", self)
            save.clicked.connect(self._export)
            row.addWidget(save)
        close = QPushButton("Close", self)
        close.clicked.connect(self.close)
        row.addWidget(close)
        return row

    def _fill(self, lines: tuple[DocumentLine, ...]) -> None:
        parents: list[QTreeWidgetItem] = []
        top: list[QTreeWidgetItem] = []
        for line in lines:
            del parents[line.depth :]
            item = QTreeWidgetItem([line.label, line.text])
            for column in (0, 1):
                item.setTextAlignment(
                    column, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft
                )
            if parents:
                parents[-1].addChild(item)
            else:
                top.append(item)
            parents.append(item)
        self.tree.addTopLevelItems(top)
        self.tree.expandAll()
        self.tree.setColumnWidth(0, min(380, max(90, self.tree.sizeHintForColumn(0) + 12)))

    def _export(self) -> None:
        ending = _ENDINGS.get(self._document.media_type, ".bin")
        name, _ = QFileDialog.getSaveFileName(self, "Export document", f"document{ending}")
        if name:
            self.write(Path(name))

    def write(self, path: Path) -> None:
        """Write the document's own bytes; what goes wrong is told in the pane."""
        try:
            path.write_bytes(self._document.content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            label = self._label(f"The document could not be written ({reason}).")
            layout = self.layout()
            assert isinstance(layout, QVBoxLayout)  # noqa: S101  it was made above
            layout.insertWidget(1, label)


def _pages(lines: tuple[DocumentLine, ...]) -> str:
    """Pages below each other, each under its number where there are several."""
    if len(lines) == 1:
        return lines[0].text
    return "\n\n".join("\n\n".join(p for p in (line.label, line.text) if p) for line in lines)

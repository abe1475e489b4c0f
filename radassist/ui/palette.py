"""The command palette: any action by its name, from the action table."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from radassist.commands import Context, search
from radassist.ui import theme
from radassist.ui.plain import plain_label

_KEYS = Qt.ItemDataRole.UserRole + 1
_HINT = Qt.ItemDataRole.UserRole + 2


class _RowDelegate(QStyledItemDelegate):
    """The title at the left, its key at the right."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        painter.save()
        painter.setFont(option.font)
        painter.setPen(QColor(theme.MUTED))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -10, 0), right, index.data(_KEYS))
        painter.restore()


class Palette(QDialog):
    """Type, choose with the arrows, Enter runs it."""

    chosen = Signal(str)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Commands")
        self.setWindowFlag(Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setStyleSheet(f"#palette {{ border: 1px solid {theme.ACCENT}; }}")
        self.resize(560, 420)
        self._context = context
        self._line = QLineEdit()
        self._line.setPlaceholderText("What do you want to do?")
        self._line.textChanged.connect(self._fill)
        self._line.returnPressed.connect(self._run)
        self._line.installEventFilter(self)
        self._list = QListWidget()
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setItemDelegate(_RowDelegate(self._list))
        self._list.itemClicked.connect(lambda _: self._run())
        self._list.currentItemChanged.connect(lambda *_: self._explain())
        self._hint = plain_label("", "muted")
        self._hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 10, 10, 10)
        layout.addWidget(self._line)
        layout.addWidget(self._list)
        layout.addWidget(self._hint)
        self._fill("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()), 0)
            if step and self._list.count():
                row = (self._list.currentRow() + step) % self._list.count()
                self._list.setCurrentRow(row)
                return True
        return super().eventFilter(watched, event)

    def _fill(self, text: str) -> None:
        self._list.clear()
        for item in search(text, self._context):
            line = QListWidgetItem(item.title.replace("…", ""))
            line.setData(_KEYS, item.keys[0] if item.keys else "")
            line.setData(_HINT, f"{item.category}. {item.hint}".strip())
            line.setData(Qt.ItemDataRole.UserRole, item.id)
            self._list.addItem(line)
        self._list.setCurrentRow(0)
        self._explain()

    def _explain(self) -> None:
        item = self._list.currentItem()
        nothing = "No command has these words. Use fewer or other words."
        self._hint.setText(item.data(_HINT) if item is not None else nothing)

    def _run(self) -> None:
        item = self._list.currentItem()
        if item is not None:
            self.accept()
            self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

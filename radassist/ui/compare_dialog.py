"""Measurements that share a label on several dates, with what changed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.measuring.compare import ChangeTable
from radassist.ui import theme
from radassist.viewer.text import plain

_NOTHING = (
    "Nothing can be compared yet: give a measurement the same label on two dates\n"
    "(Measure menu, Label), with both studies open."
)


class CompareDialog(QDialog):
    """One row for each number of a label, one column for each date."""

    def __init__(self, table: ChangeTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Change of measurements")
        self.resize(820, 420)
        heads = ["Label", "Number", *(_date(d) for d in table.dates), "Change", ""]
        self.table = QTableWidget(len(table.rows), len(heads), self)
        self.table.setHorizontalHeaderLabels(heads)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName("Change of measurements by date")
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        for number, row in enumerate(table.rows):
            cells = (plain(row.label), row.name, *row.values, row.change, row.why_not)
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column == len(cells) - 1:
                    item.setForeground(QColor(theme.WARNING))
                self.table.setItem(number, column, item)
        layout = QVBoxLayout(self)
        if not any(row.change or row.why_not for row in table.rows):
            empty = QLabel(_NOTHING)
            empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(empty)
        layout.addWidget(self.table, 1)
        note = QLabel("Differences of numbers, nothing more: whether they mean growth is yours.")
        note.setStyleSheet(f"color: {theme.MUTED};")
        layout.addWidget(note)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.accept)
        layout.addWidget(buttons)


def _date(date: str) -> str:
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 else date or "no date"

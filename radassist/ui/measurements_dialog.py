"""The list of a study's measurements: jump to, label, send to the report, delete."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from radassist.ui.measure_desk import MeasureDesk
from radassist.ui.measurements_state import COLUMNS, Row, rows_of

_ID = Qt.ItemDataRole.UserRole


class MeasurementsDialog(QDialog):
    """Signals carry annotation ids: ``jumped``, ``deleted``, ``sent``; ``relabelled(id, text)``."""

    jumped = Signal(str)
    deleted = Signal(str)
    sent = Signal(str)
    relabelled = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Measurements")
        self.resize(760, 420)
        self.table = QTableWidget(0, len(COLUMNS), self)
        self.table.setHorizontalHeaderLabels(list(COLUMNS))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.setAccessibleName("Measurements of this study")
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self._empty = QLabel("Nothing is measured yet. Choose a tool from the Measure menu.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._rows: tuple[Row, ...] = ()
        self._lay_out()
        self.table.itemChanged.connect(self._edited)
        self.table.itemSelectionChanged.connect(self._able)
        self.table.cellActivated.connect(lambda *_: self._emit(self.jumped))

    def _lay_out(self) -> None:
        self.go = QPushButton("&Go to")
        self.send = QPushButton("&Send to report")
        self.delete = QPushButton("&Delete")
        close = QPushButton("Close")
        for button, signal in (
            (self.go, self.jumped), (self.send, self.sent), (self.delete, self.deleted)
        ):  # fmt: skip
            button.clicked.connect(lambda _=False, s=signal: self._emit(s))
        close.clicked.connect(self.accept)
        buttons = QHBoxLayout()
        for button in (self.go, self.send, self.delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self._empty)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)

    def show_rows(self, desk: MeasureDesk) -> None:
        """Show the measurements as they stand; the selection stays where it was."""
        chosen = self.chosen()
        self._rows = rows_of(desk.annotations, desk.numbers(), desk.place_of)
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._rows))
        for number, row in enumerate(self._rows):
            self._fill(number, row)
        self.table.blockSignals(False)
        self._empty.setVisible(not self._rows)
        self.table.setVisible(bool(self._rows))
        ids = [row.id for row in self._rows]
        if self._rows:
            self.table.selectRow(ids.index(chosen) if chosen in ids else 0)
        self._able()

    def chosen(self) -> str:
        """Id of the selected measurement, or ""."""
        row = self.table.currentRow()
        return self._rows[row].id if 0 <= row < len(self._rows) else ""

    def _fill(self, number: int, row: Row) -> None:
        for column, text in enumerate(row.cells):
            item = QTableWidgetItem(text)
            item.setData(_ID, row.id)
            if column == 2:
                item.setToolTip(text)
            if column != 0:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
            else:
                item.setToolTip("Type a label: the same one on every date.")
            self.table.setItem(number, column, item)

    def _edited(self, item: QTableWidgetItem) -> None:
        if item.column() == 0:
            self.relabelled.emit(item.data(_ID), item.text())

    def _able(self) -> None:
        for button in (self.go, self.send, self.delete):
            button.setEnabled(bool(self.chosen()))

    def _emit(self, signal: object) -> None:
        chosen = self.chosen()
        if chosen:
            signal.emit(chosen)  # type: ignore[attr-defined]  # one of the bound signals above

"""What was learned from the user's signed reports: phrases, templates, the latest reports."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.phrases import PhraseKey
from radassist.ui.habits_state import (
    PHRASE_COLUMNS,
    REPORT_COLUMNS,
    RULE,
    TEMPLATE_COLUMNS,
    phrase_rows,
    report_rows,
    template_rows,
)
from radassist.ui.plain import plain_label
from radassist.workflow.habits import HabitsView

#: Columns other than the wide one; longer text is cut and stands whole in the tip.
_WIDEST = 640
_NO_PHRASES = "No wording yet. Sign a report in which you wrote a sentence your own way."
_NO_REPORTS = "No report was measured yet."


class HabitsDialog(QDialog):
    """Shows a ``HabitsView``; forgets nothing itself.

    ``forget_asked`` carries the keys of phrases, or None for all; ``forget_uses_asked`` asks to
    forget times and shares.
    """

    forget_asked = Signal(object)
    forget_uses_asked = Signal()

    def __init__(self, view: HabitsView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Your phrases and times")
        self.resize(1180, 760)
        self._keys: list[PhraseKey] = []
        self.phrases = _Table(PHRASE_COLUMNS, "Phrases", 0)
        self.phrases.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.templates = _Table(TEMPLATE_COLUMNS, "Templates", 6)
        self.reports = _Table(REPORT_COLUMNS, "Latest reports", 1)
        self._remove = _quiet("Remove", "Forget the selected wordings (Del)")
        self._clear = _Twice("Clear all", "Forget all wordings?")
        self._clear_uses = _Twice("Clear times", "Forget times and shares?")
        self._empty = plain_label("", "muted")
        self._latest = plain_label("LATEST REPORTS", "heading")
        self._no_reports = plain_label(_NO_REPORTS, "muted")
        self._remove.clicked.connect(self._ask_remove)
        self._clear.confirmed.connect(lambda: self.forget_asked.emit(None))
        self._clear_uses.confirmed.connect(self.forget_uses_asked)
        self.phrases.itemSelectionChanged.connect(self._selection_changed)
        self.phrases.deleted.connect(self._ask_remove)
        self._lay_out()
        self.show_view(view)

    def show_view(self, view: HabitsView) -> None:
        """Show what is remembered now."""
        rows = phrase_rows(view)
        self._keys = [phrase.key for phrase, _ in rows]
        self.phrases.fill([cells for _, cells in rows])
        self.templates.fill(template_rows(view))
        self.reports.fill(report_rows(view))
        self._user.setText(
            f"From the signed reports of {view.user}. It stays on this computer. "
            "A phrase is wording only: it is offered for a sentence that the draft has anyway."
        )
        self._empty.setText(_NO_PHRASES)
        self._empty.setVisible(not rows)
        self.phrases.setVisible(bool(rows))
        self._clear.setEnabled(bool(rows))
        measured = bool(view.reports)
        for widget in (self.templates, self._latest, self.reports):
            widget.setVisible(measured)
        self._no_reports.setVisible(not measured)
        self._clear_uses.setEnabled(measured)
        self._selection_changed()

    # --- inside -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._user = plain_label("", "muted")
        rule = plain_label(RULE, "muted")
        for label in (self._user, rule, self._empty):
            label.setWordWrap(True)
        close = QPushButton("Close")
        close.clicked.connect(self.accept)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(8)
        layout.addWidget(self._user)
        layout.addLayout(_heading("Phrases", self._remove, self._clear))
        layout.addWidget(self._empty)
        layout.addWidget(self.phrases, 3)
        layout.addLayout(_heading("Templates", self._clear_uses))
        layout.addWidget(self._no_reports)
        layout.addWidget(self.templates, 1)
        layout.addWidget(self._latest)
        layout.addWidget(self.reports, 2)
        layout.addStretch(0)
        bottom = QHBoxLayout()
        bottom.setSpacing(20)
        bottom.addWidget(rule, 1)
        bottom.addWidget(close, 0, Qt.AlignmentFlag.AlignBottom)
        layout.addLayout(bottom)

    def _selection_changed(self) -> None:
        self._remove.setEnabled(bool(self.phrases.selected_rows()))

    def _ask_remove(self) -> None:
        chosen = [self._keys[row] for row in self.phrases.selected_rows()]
        if chosen:
            self.forget_asked.emit(chosen)


class _Table(QTableWidget):
    """Rows that are read and selected.

    :param wide: the column that takes the width that the others leave.
    """

    deleted = Signal()

    def __init__(self, columns: Sequence[str], name: str, wide: int) -> None:
        super().__init__(0, len(columns))
        self.setAccessibleName(name)
        self.setHorizontalHeaderLabels(list(columns))
        self.verticalHeader().hide()
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)  # Tab goes on to the next table
        self.setWordWrap(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for column in range(len(columns)):
            mode = QHeaderView.ResizeMode
            kind = mode.Stretch if column == wide else mode.ResizeToContents
            header.setSectionResizeMode(column, kind)
        header.setMaximumSectionSize(_WIDEST)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del is told; the rest is the table's."""
        if event.key() == Qt.Key.Key_Delete:
            self.deleted.emit()
            return
        super().keyPressEvent(event)

    def fill(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Show other rows."""
        self.setRowCount(len(rows))
        for at, cells in enumerate(rows):
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.setItem(at, column, item)
        self.clearSelection()

    def selected_rows(self) -> list[int]:
        """0-based rows, in order."""
        return sorted({index.row() for index in self.selectedIndexes()})


class _Twice(QPushButton):
    """A button that asks once more before it acts; leaving it takes the question back."""

    confirmed = Signal()

    def __init__(self, words: str, question: str) -> None:
        super().__init__(words)
        self.setProperty("role", "quiet")
        self._words, self._question = words, question
        self.clicked.connect(self._pressed)

    def _pressed(self) -> None:
        asked = self.text() == self._question
        self.setText(self._words if asked else self._question)
        if asked:
            self.confirmed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Leaving the button is a no."""
        self.setText(self._words)
        super().focusOutEvent(event)


def _quiet(words: str, tip: str) -> QPushButton:
    button = QPushButton(words)
    button.setProperty("role", "quiet")
    button.setToolTip(tip)
    return button


def _heading(text: str, *buttons: QPushButton) -> QHBoxLayout:
    row = QHBoxLayout()
    row.addWidget(plain_label(text.upper(), "heading"))
    row.addStretch(1)
    for button in buttons:
        button.setAutoDefault(False)
        row.addWidget(button)
    return row

"""What the checks found, one line each; a click goes to the statement."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from radassist.checks import Problem
from radassist.ui import theme
from radassist.ui.plain import plain_label, safe_tip
from radassist.ui.report_state import problem_lines

_LINES_SHOWN = 4
_OWN_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ProblemsPanel(QWidget):
    """Hidden while there is nothing to tell."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = plain_label("", "heading")
        self._list = QListWidget()
        self._list.setAccessibleName("Checks to look at")
        self._list.installEventFilter(self)
        self.setFocusProxy(self._list)
        self._list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.itemClicked.connect(self._clicked)
        self._list.itemActivated.connect(self._clicked)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 6, 12, 6)
        layout.setSpacing(3)
        layout.addWidget(self._title)
        layout.addWidget(self._list)
        self.show_problems(())

    def show_problems(self, problems: Sequence[Problem]) -> None:
        """Errors first; the severity stands in words, not in colour alone."""
        self._list.clear()
        lines = problem_lines(problems)
        for problem, words in lines:
            severity = problem.severity.value
            item = QListWidgetItem(f"{severity.capitalize()}: {words}")
            item.setToolTip(safe_tip(words))
            item.setForeground(QBrush(QColor(theme.SEVERITY[severity])))
            item.setData(Qt.ItemDataRole.UserRole, problem.statement_id or "")
            self._list.addItem(item)
        count = len(lines)
        self._title.setText("CHECKS TO LOOK AT")
        height = self._list.fontMetrics().lineSpacing() + 10
        self._list.setFixedHeight(min(count, _LINES_SHOWN) * height + 4)
        self.setVisible(bool(count))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The arrow keys and Enter are the list's while it has the focus, not the images'."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            event.setAccepted(event.key() in _OWN_KEYS)
            return event.isAccepted()
        return super().eventFilter(watched, event)

    def count(self) -> int:
        """How many lines it shows."""
        return self._list.count()

    def _clicked(self, item: QListWidgetItem) -> None:
        statement_id = item.data(Qt.ItemDataRole.UserRole)
        if statement_id:
            self.chosen.emit(statement_id)

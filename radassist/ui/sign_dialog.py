"""Signing: who, which state, what is still open, and the reason for each override."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from radassist.checks import Problem, Severity
from radassist.domain.report import ReportState
from radassist.ui import theme
from radassist.ui.plain import plain_label
from radassist.ui.report_state import NOT_LOOKED_AT, problem_lines

_WIDTH = 560
_TALLEST = 320


class SignDialog(QDialog):
    """Asks for what a signature needs; it signs nothing itself.

    Preliminary is chosen while anything is open: a final report cannot be taken back.

    :param unseen: how many statements are still proposals.
    :param places: where each statement stands, as the panel numbers it.
    """

    def __init__(
        self,
        state: ReportState,
        user: str,
        problems: Sequence[Problem],
        unseen: int,
        parent: QWidget | None = None,
        *,
        places: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(parent)
        self._places = places or {}
        self.setWindowTitle("Sign report")
        self.setMinimumWidth(_WIDTH)
        self._reasons: dict[str, QLineEdit] = {}
        self._user = QLineEdit(user)
        self._user.textChanged.connect(self._refresh)
        self._state = QComboBox()
        if state is ReportState.DRAFT:
            self._state.addItem("Preliminary: may still be changed", ReportState.PRELIMINARY)
        self._state.addItem("Final: cannot be changed afterwards", ReportState.FINAL)
        listed = [p for p, _ in problem_lines(problems) if p.rule != NOT_LOOKED_AT]
        open_ones = [p for p in listed if p.severity is not Severity.NOTE]
        self._state.setCurrentIndex(0 if unseen or open_ones else self._state.count() - 1)
        form = QFormLayout()
        form.setHorizontalSpacing(14)
        form.addRow("&Name", self._user)
        form.addRow("Sign &as", self._state)
        self._missing = plain_label("", "muted")
        self._buttons, self._sign = _buttons(self, "Sign")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(form)
        self._add_open(layout, open_ones, unseen)
        layout.addStretch(1)
        layout.addWidget(self._missing)
        layout.addWidget(self._buttons)
        self._refresh()

    def chosen(self) -> tuple[str, ReportState, dict[str, str]]:
        """(name, state, rule -> reason of override)."""
        reasons = {rule: line.text().strip() for rule, line in self._reasons.items()}
        state = ReportState(self._state.currentData())  # Qt gives an enum of str back as a str
        return self._user.text().strip(), state, reasons

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field goes on to the next one: only the button signs."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and isinstance(self.focusWidget(), QLineEdit):
            self.focusNextChild()
            return
        super().keyPressEvent(event)

    def _add_open(self, layout: QVBoxLayout, problems: Sequence[Problem], unseen: int) -> None:
        if not unseen and not problems:
            return
        inside = QWidget()
        lines = QVBoxLayout(inside)
        lines.setContentsMargins(0, 0, 8, 0)
        lines.setSpacing(6)
        lines.addWidget(_heading("Still open"))
        if unseen:
            what = "1 statement is still a proposal" if unseen == 1 else (
                f"{unseen} statements are still proposals")  # fmt: skip
            lines.addWidget(_line(f"{what}.", theme.WARNING))
            lines.addWidget(
                _line("Signing accepts what is left, and the record says that the signature "
                      "accepted it, not you one by one.", theme.MUTED)
            )  # fmt: skip
        self._add_problems(lines, problems)
        lines.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        needed = inside.heightForWidth(_WIDTH - 60) + 4
        scroll.setMinimumHeight(min(_TALLEST, needed))
        layout.addWidget(scroll)

    def _add_problems(self, layout: QVBoxLayout, problems: Sequence[Problem]) -> None:
        """Problems of one rule stand together, with one reason for all of them."""
        rules = dict.fromkeys(p.rule for p in problems)
        for rule in rules:
            group = [p for p in problems if p.rule == rule]
            for problem in group:
                severity = problem.severity.value
                place = self._places.get(problem.statement_id or "", "")
                words = ", ".join(w for w in (severity.capitalize(), place) if w)
                layout.addWidget(_line(f"{words}: {problem.why}", theme.SEVERITY[severity]))
            if any(p.severity is Severity.ERROR for p in group):
                reason = QLineEdit()
                reason.setPlaceholderText("Reason for signing in spite of this (recorded)")
                reason.setAccessibleName(f"Reason for signing in spite of: {group[0].why}")
                reason.textChanged.connect(self._refresh)
                self._reasons[rule] = reason
                layout.addWidget(reason)

    def _refresh(self) -> None:
        named = bool(self._user.text().strip())
        reasons = all(line.text().strip() for line in self._reasons.values())
        self._sign.setEnabled(named and reasons)
        missing = "" if named else "Write your name to sign."
        if named and not reasons:
            missing = "Correct each error, or write why you sign in spite of it."
        self._missing.setText(missing)
        self._missing.setVisible(bool(missing))


class AddendumDialog(QDialog):
    """The text of an addendum to a final report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Addendum")
        self.setMinimumWidth(_WIDTH)
        self._text = QPlainTextEdit()
        self._text.setPlaceholderText("The report itself stays as it was signed.")
        self._text.textChanged.connect(self._refresh)
        self._buttons, self._add = _buttons(self, "Add")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(self._text)
        layout.addWidget(self._buttons)
        self._refresh()

    def text(self) -> str:
        """What was written."""
        return self._text.toPlainText().strip()

    def _refresh(self) -> None:
        self._add.setEnabled(bool(self.text()))


def _buttons(dialog: QDialog, act: str) -> tuple[QDialogButtonBox, QPushButton]:
    """The act in colour, and Cancel; neither is pressed by Enter in a field."""
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    button = box.addButton(act, QDialogButtonBox.ButtonRole.AcceptRole)
    button.setProperty("role", "primary")
    box.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
    box.accepted.connect(dialog.accept)
    box.rejected.connect(dialog.reject)
    return box, button


def _heading(text: str) -> QLabel:
    return plain_label(text.upper(), "heading")


def _line(text: str, colour: str) -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {colour};")
    return label

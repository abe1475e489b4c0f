"""Signing: who, which state, what is still open, and the reason for each override."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from radassist.checks import Problem, Severity
from radassist.domain.report import ReportState
from radassist.ui import theme
from radassist.ui.plain import plain_label

_WIDTH = 560


class SignDialog(QDialog):
    """Asks for what a signature needs; it signs nothing itself.

    :param unseen: how many statements are still proposals.
    """

    def __init__(
        self,
        state: ReportState,
        user: str,
        problems: Sequence[Problem],
        unseen: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Sign report")
        self.setMinimumWidth(_WIDTH)
        self._reasons: dict[str, QLineEdit] = {}
        self._user = QLineEdit(user)
        self._user.textChanged.connect(self._refresh)
        self._state = QComboBox()
        if state is ReportState.DRAFT:
            self._state.addItem("Preliminary", ReportState.PRELIMINARY)
        self._state.addItem("Final: cannot be changed afterwards", ReportState.FINAL)
        self._state.setCurrentIndex(self._state.count() - 1)
        form = QFormLayout()
        form.addRow("Name", self._user)
        form.addRow("Sign as", self._state)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 16, 18, 14)
        layout.setSpacing(10)
        layout.addLayout(form)
        self._add_unseen(layout, unseen)
        self._add_problems(layout, problems)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._sign = self._buttons.addButton("Sign", QDialogButtonBox.ButtonRole.AcceptRole)
        self._sign.setProperty("role", "primary")
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout.addWidget(self._buttons)
        self._refresh()

    def chosen(self) -> tuple[str, ReportState, dict[str, str]]:
        """(name, state, rule -> reason of override)."""
        reasons = {rule: line.text().strip() for rule, line in self._reasons.items()}
        return self._user.text().strip(), self._state.currentData(), reasons

    def _add_unseen(self, layout: QVBoxLayout, unseen: int) -> None:
        if unseen:
            note = plain_label(
                f"{unseen} statements are still proposals. Signing accepts them, and the record "
                "says that they were accepted by the signature and not one by one."
            )
            note.setWordWrap(True)
            note.setStyleSheet(f"color: {theme.WARNING};")
            layout.addWidget(note)

    def _add_problems(self, layout: QVBoxLayout, problems: Sequence[Problem]) -> None:
        for problem in problems:
            if problem.severity is Severity.NOTE:
                continue
            line = plain_label(f"{problem.severity.value}: {problem.why}")
            line.setWordWrap(True)
            line.setStyleSheet(f"color: {theme.SEVERITY[problem.severity.value]};")
            layout.addWidget(line)
            if problem.severity is Severity.ERROR and problem.rule not in self._reasons:
                reason = QLineEdit()
                reason.setPlaceholderText("Reason for signing in spite of this (recorded)")
                reason.textChanged.connect(self._refresh)
                self._reasons[problem.rule] = reason
                layout.addWidget(reason)

    def _refresh(self) -> None:
        reasons = all(line.text().strip() for line in self._reasons.values())
        self._sign.setEnabled(bool(self._user.text().strip()) and reasons)


class AddendumDialog(QDialog):
    """The text of an addendum to a final report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Addendum")
        self.setMinimumWidth(_WIDTH)
        self._text = QPlainTextEdit()
        self._text.setPlaceholderText("The report itself stays as it was signed.")
        self._text.textChanged.connect(self._refresh)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._add = self._buttons.addButton("Add", QDialogButtonBox.ButtonRole.AcceptRole)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self._text)
        layout.addWidget(self._buttons)
        self._refresh()

    def text(self) -> str:
        """What was written."""
        return self._text.toPlainText().strip()

    def _refresh(self) -> None:
        self._add.setEnabled(bool(self.text()))


class TextPane(QDialog):
    """Help and key help as text.

    :param markdown: True only for text of our own; what a pack or a file says is plain.
    """

    def __init__(
        self, title: str, text: str, parent: QWidget | None = None, *, markdown: bool = True
    ) -> None:
        super().__init__(parent)
        from PySide6.QtWidgets import QTextBrowser

        self.setWindowTitle(title)
        self.resize(720, 640)
        view = QTextBrowser()
        view.setOpenLinks(False)
        if markdown:
            view.setMarkdown(text)
        else:
            view.setPlainText(text)
        view.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(view)

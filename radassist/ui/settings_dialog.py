"""The settings window, made from the typed schema: nothing about a setting is written here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon, QWheelEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from radassist.settings import Option, Settings
from radassist.ui import theme
from radassist.ui.plain import plain_label, set_tone
from radassist.ui.settings_state import Row, SettingsState

_AFTER_RESTART = "after a restart"

#: Gives the editor of an option and what puts a value into it.
Made = tuple[QWidget, Callable[[Any], None]]


class SettingsDialog(QDialog):
    """Every setting in its group, with bounds, description and what is wrong beside the field."""

    def __init__(self, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.state = SettingsState(settings)
        self.editors: dict[str, QWidget] = {}
        self.messages: dict[str, QLabel] = {}
        self._put: dict[str, Callable[[Any], None]] = {}
        self._note = plain_label("", "muted")
        self._note.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(18, 14, 18, 14)
        layout.setSpacing(10)
        layout.addWidget(self._make_list(), 1)
        layout.addWidget(self._note)
        layout.addWidget(self._make_buttons())
        room = self.screen().availableSize()
        wide = self.fontMetrics().averageCharWidth() * 110
        self.resize(min(wide, room.width() - 40), min(760, room.height() - 60))
        self._refresh()

    def result_settings(self) -> Settings:
        """The settings to save; ask only after the dialog was accepted."""
        return self.state.result()

    def _make_list(self) -> QScrollArea:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 12, 0)
        column.setSpacing(6)
        for group, rows in self.state.groups():
            heading = plain_label(group.upper(), "heading")
            heading.setContentsMargins(0, 10, 0, 0)
            column.addWidget(heading)
            for row in rows:
                column.addWidget(self._make_row(row))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        return scroll

    def _make_row(self, row: Row) -> QWidget:
        option = row.option
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 2, 0, 6)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.setRowStretch(1, 1)
        editor, self._put[option.name] = self._make_editor(option)
        editor.setAccessibleName(row.title)
        editor.setAccessibleDescription(option.description)
        editor.setEnabled(not row.locked)
        editor.setFixedWidth(self.fontMetrics().averageCharWidth() * 34)
        self.editors[option.name] = editor
        title = plain_label(row.title)
        title.setBuddy(editor)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(title)
        if option.restart:
            mark = plain_label(_AFTER_RESTART, "small")
            set_tone(mark, "faint")
            head.addWidget(mark)
        head.addStretch(1)
        grid.addLayout(head, 0, 0, Qt.AlignmentFlag.AlignTop)
        about = option.description
        if row.bounds:
            about = f"{about.rstrip('.')}, {row.bounds}."
        grid.addWidget(_wrapped(about, theme.MUTED), 1, 0, Qt.AlignmentFlag.AlignTop)
        message = _wrapped(row.locked, theme.ACCENT if row.locked else theme.ERROR)
        message.setVisible(bool(row.locked))
        message.setFixedWidth(editor.width())
        self.messages[option.name] = message
        side = QVBoxLayout()
        side.setSpacing(3)
        side.addWidget(editor)
        side.addWidget(message)
        side.addStretch(1)
        grid.addLayout(side, 0, 1, 2, 1)
        return box

    def _make_editor(self, option: Option) -> Made:
        def changed(value: Any) -> None:
            self.state.set(option.name, value)
            self._refresh()

        made = _EDITORS["choice" if option.choices else option.type](option, changed)
        made[1](self.state.value(option.name))
        return made

    def _make_buttons(self) -> QDialogButtonBox:
        kinds = QDialogButtonBox.StandardButton
        box = QDialogButtonBox(kinds.Cancel)
        box.button(kinds.Cancel).setIcon(QIcon())
        self.save: QPushButton = box.addButton("Save", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save.setProperty("role", "primary")
        self.defaults = box.addButton("Restore defaults", QDialogButtonBox.ButtonRole.ResetRole)
        self.defaults.clicked.connect(self._restore)
        box.accepted.connect(self.accept)
        box.rejected.connect(self.reject)
        return box

    def _restore(self) -> None:
        self.state.restore_defaults()
        for name, put in self._put.items():
            put(self.state.value(name))
        self._refresh()

    def _refresh(self) -> None:
        if not hasattr(self, "save"):
            return  # editors are still being made
        for name, message in self.messages.items():
            if not self.state.locked(name):
                bad = self.state.problem(name)
                message.setText(bad)
                message.setVisible(bool(bad))
        self.save.setEnabled(self.state.can_save())
        titles = self.state.restart()
        self._note.setText(f"Act after a restart: {', '.join(titles)}." if titles else "")
        self._note.setVisible(bool(titles))


class _Calm:
    """Spin boxes and lists whose value the wheel changes only while they have the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class _Whole(_Calm, QSpinBox):
    pass


class _Decimal(_Calm, QDoubleSpinBox):
    pass


class _Choice(_Calm, QComboBox):
    pass


def _switch(_option: Option, changed: Callable[[Any], None]) -> Made:
    box = QCheckBox()
    box.toggled.connect(changed)
    return box, box.setChecked


def _whole(option: Option, changed: Callable[[Any], None]) -> Made:
    box = _Whole()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setRange(int(option.minimum or 0), int(option.maximum or 1_000_000))
    box.setSuffix(f" {option.unit}" if option.unit else "")
    box.lineEdit().setTextMargins(8, 0, 0, 0)
    box.valueChanged.connect(changed)
    return box, box.setValue


def _decimal(option: Option, changed: Callable[[Any], None]) -> Made:
    box = _Decimal()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.setRange(float(option.minimum or 0), float(option.maximum or 1e6))
    box.setSingleStep(0.05 if (option.maximum or 0) <= 10 else 5)
    box.setDecimals(2 if (option.maximum or 0) <= 10 else 0)
    box.setSuffix(f" {option.unit}" if option.unit else "")
    box.lineEdit().setTextMargins(8, 0, 0, 0)
    box.valueChanged.connect(changed)
    return box, box.setValue


def _text(option: Option, changed: Callable[[Any], None]) -> Made:
    line = QLineEdit()
    line.textChanged.connect(changed)
    return line, lambda value: line.setText(str(value))


def _list(option: Option, changed: Callable[[Any], None]) -> Made:
    edit = QPlainTextEdit()
    edit.setPlaceholderText("one a line")
    edit.setFixedHeight(edit.fontMetrics().lineSpacing() * 3 + 18)
    edit.setTabChangesFocus(True)
    edit.textChanged.connect(
        lambda: changed(tuple(x.strip() for x in edit.toPlainText().splitlines() if x.strip()))
    )
    return edit, lambda value: edit.setPlainText("\n".join(value))


def _choice(option: Option, changed: Callable[[Any], None]) -> Made:
    box = _Choice()
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    box.addItems(list(option.choices))
    box.currentTextChanged.connect(changed)
    return box, box.setCurrentText


_EDITORS: dict[str, Callable[[Option, Callable[[Any], None]], Made]] = {
    "bool": _switch,
    "int": _whole,
    "float": _decimal,
    "str": _text,
    "list of str": _list,
    "choice": _choice,
}


def _wrapped(text: str, colour: str) -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    label.setStyleSheet(f"color: {colour};")
    return label

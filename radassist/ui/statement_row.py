"""One statement of the report as a row: stripe of its source, text, marks, evidence, buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.report import StatementState
from radassist.ui import theme
from radassist.ui.flow import FlowLayout
from radassist.ui.plain import emptied, plain_label, safe_tip, set_tone
from radassist.ui.report_state import Chip, Row, chips_shown

_STRIPE = 4


class LineEditor(QPlainTextEdit):
    """Editor of one statement: Enter commits, Esc gives up, leaving commits."""

    committed = Signal(str)
    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._open = True
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.selectAll()
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._finish(commit=True)
        elif event.key() == Qt.Key.Key_Escape:
            self._finish(commit=False)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._finish(commit=True)

    def event(self, event: QEvent) -> bool:
        """Esc and Return belong to the editor while it is open, not to a shortcut."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() == QEvent.Type.ShortcutOverride
            and event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
        ):
            event.accept()
            return True
        return super().event(event)

    def commit(self) -> None:
        """Commit as Enter does."""
        self._finish(commit=True)

    def abandon(self) -> None:
        """Close without telling anybody: the report it belonged to is gone."""
        self._open = False

    def _finish(self, *, commit: bool) -> None:
        if not self._open:
            return
        self._open = False
        if commit:
            self.committed.emit(self.toPlainText())
        else:
            self.cancelled.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()  # another width breaks the text into other lines

    def _fit(self) -> None:
        """As high as its text."""
        lines = max(1, int(self.document().size().height()))
        frame = self.height() - self.viewport().height()
        margins = 2 * int(self.document().documentMargin())
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + max(8, frame) + margins)


class StatementRow(QFrame):
    """A row.  It owns no data: ``show_row`` gives it everything."""

    selected = Signal(str)
    edited = Signal(str, str)
    editing_ended = Signal()
    act = Signal(str, str)  # action id, statement id
    chip_clicked = Signal(object)

    def __init__(self, row: Row, *, read_only: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.row = row
        self.read_only = read_only
        self._selected = False
        self._was_selected = False
        self._editor: LineEditor | None = None
        self._number = plain_label("", "muted")
        self._number.setFixedWidth(26)
        self._number.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self._text = plain_label("")
        self._text.setWordWrap(True)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        self._text.installEventFilter(self)
        self._side = QHBoxLayout()
        self._side.setContentsMargins(0, 2, 0, 0)
        self._side.setSpacing(6)
        self._under = FlowLayout()
        self._column = QVBoxLayout()
        self._column.setSpacing(3)
        self._column.addWidget(self._text)
        self._column.addLayout(self._under)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(_STRIPE + 4, 5, 8, 5)
        outer.setSpacing(8)
        outer.addWidget(self._number, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(self._column, 1)
        outer.addLayout(self._side)
        outer.setAlignment(self._side, Qt.AlignmentFlag.AlignTop)
        self.show_row(row)

    # --- what it shows ------------------------------------------------------------------------

    def show_row(self, row: Row) -> None:
        """Show other data in the same widget."""
        self.row = row
        state = row.statement.state
        self._number.setText(f"{row.number}." if row.number else "")
        self._text.setText(row.statement.text)
        font = QFont(self.font())
        font.setItalic(state is StatementState.PROPOSED)
        font.setStrikeOut(state is StatementState.REJECTED)
        self._text.setFont(font)
        tone = "text"
        if state is StatementState.REJECTED:
            tone = "faint"
        elif row.unsupported:
            tone = "unsupported"
        set_tone(self._text, tone)
        self.setToolTip("")
        self._fill_under()
        self.update()

    def set_selected(self, selected: bool) -> None:
        """Draw it as the selected row, with its buttons."""
        if selected != self._selected:
            self._selected = selected
            self._fill_under()
            self.update()

    @property
    def editing(self) -> bool:
        """True while its text is being typed."""
        return self._editor is not None

    def start_editing(self) -> None:
        """Open the editor on the text."""
        if self.read_only or self._editor is not None:
            return
        self._editor = LineEditor(self.row.statement.text, self)
        self._editor.committed.connect(self._commit)
        self._editor.cancelled.connect(self._give_up)
        self._text.hide()
        self._column.insertWidget(0, self._editor)
        self._editor.setFocus()

    def commit_editor(self) -> None:
        """Commit what is being typed, as leaving the field would."""
        if self._editor is not None:
            self._editor.commit()

    def abandon_editor(self) -> None:
        """Close the editor without an operation."""
        if self._editor is not None:
            self._editor.abandon()
            self._close_editor()

    # --- events -------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._text and event.type() == QEvent.Type.MouseButtonRelease:
            if self._was_selected:
                self.start_editing()  # the second click types; the first only selects
            return True
        return super().eventFilter(watched, event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._was_selected = self._selected
        self.selected.emit(self.row.statement.id)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.start_editing()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._selected:
            painter.fillRect(self.rect(), QColor("#1f2a36"))
        self._paint_stripe(painter)
        painter.end()

    def _paint_stripe(self, painter: QPainter) -> None:
        """The colour of the source; broken where nobody has looked and nothing supports it."""
        colour = QColor(theme.PROVENANCE.get(self.row.source, theme.MUTED))
        bottom = self.height() - 3
        if not self.row.unsupported:
            painter.fillRect(QRect(0, 3, _STRIPE, bottom - 3), colour)
            return
        for top in range(3, bottom, 2 * _STRIPE):
            painter.fillRect(QRect(0, top, _STRIPE, min(_STRIPE, bottom - top)), colour)

    # --- inside -------------------------------------------------------------------------------

    def _fill_under(self) -> None:
        for layout in (self._under, self._side):
            emptied(layout)
        if self.row.severity:
            self._side.addWidget(_small(self.row.severity, self.row.severity, self.row.problem))
        if self.row.mark:
            self._side.addWidget(_small(self.row.mark, "muted"))
        tone = self.row.source if self.row.source in theme.PROVENANCE else "muted"
        source = self.row.statement.provenance.source
        self._side.addWidget(_small(self.row.label, tone, source))
        for chip in chips_shown(self.row, selected=self._selected):
            self._under.addWidget(self._chip(chip))
        if self._selected and not self.read_only:
            self._buttons()

    def _chip(self, chip: Chip) -> QWidget:
        if chip.image is None and not chip.statement_id:
            return plain_label(chip.text, "chip")
        button = QPushButton(chip.text.replace("&", "&&"))
        button.setProperty("role", "chip")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.setToolTip("Show on the image" if chip.image else "Go to the statement")
        button.clicked.connect(lambda: self.chip_clicked.emit(chip))
        return button

    def _buttons(self) -> None:
        state = self.row.statement.state
        for action, words in (
            ("statement.accept", "Accept"),
            ("statement.reject", "Reject"),
            ("statement.delete", "Delete"),
            ("statement.wording", self.row.other_wording),
        ):
            if not words:
                continue
            if action == "statement.accept" and state is StatementState.ACCEPTED:
                continue
            if action == "statement.reject" and state is StatementState.REJECTED:
                continue
            button = QPushButton(words)
            button.setProperty("role", "small")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(
                lambda _=False, a=action: self.act.emit(a, self.row.statement.id)
            )
            self._under.addWidget(button)

    def _commit(self, text: str) -> None:
        self._close_editor()
        self.edited.emit(self.row.statement.id, text)

    def _give_up(self) -> None:
        self._close_editor()
        self.editing_ended.emit()

    def _close_editor(self) -> None:
        editor, self._editor = self._editor, None
        if editor is not None:
            self._column.removeWidget(editor)
            editor.hide()
            editor.deleteLater()
        self._text.show()


def _small(text: str, tone: str, tip: str = "") -> QLabel:
    label = plain_label(text, "small")
    label.setProperty("tone", tone)
    label.setToolTip(safe_tip(tip))
    return label

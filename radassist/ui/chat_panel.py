"""The chat under the report: an instruction, how it was understood, the diff, accept or discard."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from radassist.domain.diff import changes
from radassist.domain.operations import Operation, apply
from radassist.domain.report import Report
from radassist.errors import Fault
from radassist.ui import theme
from radassist.ui.flow import FlowLayout
from radassist.ui.plain import ScrolledBody, plain_label
from radassist.ui.report_state import places_of
from radassist.workflow.chat import ChatTurn

_KEPT = 40  # entries of the transcript; the record is the audit log, not this list


#: Stands in the empty transcript.
_EXAMPLES = (
    "Say what to change, or ask what the report says:\n"
    "“delete sentence 2”   “the nodule is 8 mm not 6 mm”   “any effusion?”"
)


def _without_ids(answer: str) -> str:
    """ "Findings 3" for "Findings 3 (s7)": the number stands on the screen, the id does not."""
    return re.sub(r"(?<=\d) \(s\d+\)", "", answer)


class ChatPanel(QWidget):
    """Asks, shows, and hands accepted operations to the window; it applies nothing itself."""

    asked = Signal(str)
    cancelled = Signal()
    accepted = Signal(str, list)  # report id, operations
    control = Signal(str)  # "undo" or "redo"
    linked = Signal(str)  # statement id that an answer quotes
    room_wanted = Signal(int)  # logical pixels that show the latest entry whole

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turn: ChatTurn | None = None
        self._before: Report | None = None
        self._expected: Report | None = None
        self._offers: list[QPushButton] = []
        self._pending: QWidget | None = None
        self._stream: QLabel | None = None
        self._seconds = 0
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        self._busy = plain_label("", "muted")
        self._stop = QPushButton("Cancel")
        self._stop.setProperty("role", "quiet")
        self._stop.clicked.connect(self.cancelled)
        self.line = QLineEdit()
        self.line.setPlaceholderText("Change or ask (Ctrl+L)")
        self.line.setAccessibleName("Change or ask")
        self.line.returnPressed.connect(self._send)
        self._body = ScrolledBody()
        self._entries = QVBoxLayout(self._body)
        self._entries.setContentsMargins(14, 6, 12, 6)
        self._entries.setSpacing(6)
        self._examples: QLabel | None = _wrapped(_EXAMPLES, theme.MUTED)
        self._entries.addWidget(self._examples)
        self._entries.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(lambda _low, high: bar.setValue(high))
        self._lay_out()
        self.set_busy(False)

    @property
    def pending(self) -> bool:
        """True while a proposed change waits for accept or discard."""
        return self._pending is not None

    def set_enabled(self, enabled: bool) -> None:
        """A final report takes no instruction."""
        self.line.setEnabled(enabled)

    def show_report(self, report: Report | None) -> None:
        """The report as it now stands: what was proposed for another one can no longer be taken."""
        if self._before is not None and (report is None or report.id != self._before.id):
            self._forget_offers()
            self._pending = None
            self._turn = self._before = None
            self._clear()
            return
        if report is None:
            return
        if self._pending is not None and not _same(report, self._before):
            self._close_pending("The report changed meanwhile; ask again.")
            self._forget_offers()
        elif self._pending is None and not _same(report, self._expected):
            self._forget_offers()

    def set_busy(self, busy: bool) -> None:
        """Show that an answer is on its way, with the seconds it has taken."""
        self._seconds = 0
        self.line.setReadOnly(busy)
        self._stop.setVisible(busy)
        self._busy.setVisible(busy)
        if busy:
            self._busy.setText("Reading…")
            self._clock.start()
        else:
            self._clock.stop()
            self._end_stream()

    def show_stream(self, text: str) -> None:
        """The model's words as they come, before the rules have read them."""
        if not self.line.isReadOnly():
            return  # it came after the answer or the cancel
        if self._stream is None:
            self._stream = _wrapped("", theme.MUTED)
            self._stream.setAccessibleName("Being written, not checked yet")
            self._append(self._stream)
        self._stream.setText(f"Writing, not checked yet: {text}")
        QTimer.singleShot(0, self, self._ask_for_room)

    def show_turn(self, before: Report, turn: ChatTurn) -> None:
        """Show an answer: the quoted text, or the diff with its buttons."""
        self.set_busy(False)
        self.discard()
        self._forget_offers()
        self._turn, self._before, self._expected = turn, before, turn.after
        box, layout = self._box()
        if turn.answer:
            layout.addWidget(_wrapped(_without_ids(turn.answer)))
            self._add_links(layout, turn)
        self._add_diff(layout, before, turn.after)
        for notice in turn.notices:
            layout.addWidget(_wrapped(notice, theme.WARNING))
        if turn.control:
            self.control.emit(turn.control)
        if turn.operations:
            layout.addLayout(self._decision(turn))
            self._pending = box
        if turn.clean:
            layout.addWidget(_copying(turn.clean), 0, Qt.AlignmentFlag.AlignRight)
        for operation in turn.offered:
            self._add_offer(layout, turn.after, operation)
        self._append(box)

    def show_offers(self, report: Report, operations: list[Operation]) -> None:
        """A sentence was typed over and others still state the old fact: offer to change them."""
        self._forget_offers()
        self._turn, self._before, self._expected = None, report, report
        box, layout = self._box()
        for operation in operations:
            self._add_offer(layout, report, operation)
        self._append(box)

    def show_fault(self, fault: Fault) -> None:
        """Show why there is no answer."""
        self.set_busy(False)
        box, layout = self._box()
        layout.addWidget(_wrapped(str(fault), theme.ERROR))
        self._append(box)

    def accept(self) -> None:
        """Accept the change that waits."""
        if self._turn is None or self._pending is None:
            return
        self._take(list(self._turn.operations), "Accepted")

    def discard(self) -> None:
        """Discard the change that waits."""
        if self._pending is not None:
            self._close_pending("Discarded")
            self._forget_offers()

    def _add_links(self, layout: QVBoxLayout, turn: ChatTurn) -> None:
        """A button for each statement that the answer quotes: one click to the place."""
        found = re.findall(r"(\w+ \d+) \((s\d+)\)", turn.answer or "")
        names = {statement_id: name for name, statement_id in found}
        row = FlowLayout()
        for statement_id in turn.cited[:8]:
            button = QPushButton(names.get(statement_id, statement_id))
            button.setFlat(True)
            button.setCursor(Qt.CursorShape.PointingHandCursor)
            button.clicked.connect(lambda _=False, i=statement_id: self.linked.emit(i))
            row.addWidget(button)
        layout.addLayout(row)

    # --- inside -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        entry = QHBoxLayout()
        entry.setContentsMargins(12, 4, 12, 10)
        entry.addWidget(self.line, 1)
        entry.addWidget(self._busy)
        entry.addWidget(self._stop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addLayout(entry)

    def submit(self, text: str) -> None:
        """Ask as typing the text and Enter does."""
        self.line.setText(text)
        self._send()

    def _send(self) -> None:
        text = self.line.text().strip()
        if not text or self.line.isReadOnly():
            return
        self.discard()
        self.line.clear()
        asked = plain_label(text)
        asked.setWordWrap(True)
        asked.setStyleSheet(f"color: {theme.ACCENT};")
        self._append(asked)
        self.asked.emit(text)

    def _box(self) -> tuple[QFrame, QVBoxLayout]:
        box = QFrame()
        box.setStyleSheet(f"QFrame {{ background: {theme.RAISED}; border-radius: 6px; }}")
        layout = QVBoxLayout(box)
        layout.setContentsMargins(10, 7, 10, 7)
        layout.setSpacing(4)
        return box, layout

    def _add_diff(self, layout: QVBoxLayout, before: Report, after: Report) -> None:
        places = {**places_of(before), **places_of(after)}
        for change in changes(before, after):
            changed = change.before or change.after
            if changed is not None:
                layout.addWidget(_wrapped(places.get(changed.id, ""), theme.MUTED))
            if not change.text_changed and change.after is not None:
                what = "moved" if change.moved else change.after.state.value
                layout.addWidget(_wrapped(f"{what}: {change.after.text}"))
                continue
            if change.before is not None:
                layout.addWidget(_wrapped(f"− {change.before.text}", theme.REMOVED, struck=True))
            if change.after is not None:
                layout.addWidget(_wrapped(f"+ {change.after.text}", theme.ADDED))

    def _decision(self, turn: ChatTurn) -> QHBoxLayout:
        row = QHBoxLayout()
        by = "rules" if turn.how == "grammar" else "the language model"
        said = plain_label(f"Understood by {by} in {turn.seconds:.2f} s", "muted")
        said.setStyleSheet("font-size: 8.5pt;")
        row.addWidget(said)
        row.addStretch(1)
        accept = QPushButton("Accept")
        accept.setProperty("role", "primary")
        accept.setToolTip("Apply these changes (Ctrl+Return)")
        accept.clicked.connect(self.accept)
        discard = QPushButton("Discard")
        discard.setToolTip("Throw these changes away (Esc)")
        discard.clicked.connect(self.discard)
        row.addWidget(accept)
        row.addWidget(discard)
        return row

    def _add_offer(self, layout: QVBoxLayout, report: Report, operation: Operation) -> None:
        """A second edit that would make another statement agree; accepted by itself."""
        layout.addWidget(_wrapped("The same fact stands elsewhere:", theme.WARNING))
        self._add_diff(layout, report, apply(report, operation))
        button = QPushButton("Change this too")
        button.clicked.connect(lambda: self._take_offer(button, operation))
        self._offers.append(button)
        layout.addWidget(button, 0, Qt.AlignmentFlag.AlignRight)

    def _take_offer(self, button: QPushButton, operation: Operation) -> None:
        if button not in self._offers or self._expected is None:
            return
        self._offers.remove(button)
        button.setEnabled(False)
        button.setText("Changed")
        waits = self._turn if self._pending is not None else None
        first = list(waits.operations) if waits is not None else []
        self._expected = apply(self._expected, operation)
        self._take([*first, operation], "Accepted")

    def _take(self, operations: list[Operation], words: str) -> None:
        """Hand operations over as one act, for the report they were made for."""
        if self._before is None:
            return
        self._close_pending(words)
        self.accepted.emit(self._before.id, operations)

    def _forget_offers(self) -> None:
        for button in self._offers:
            button.setEnabled(False)
        self._offers = []

    def _close_pending(self, words: str) -> None:
        box, self._pending = self._pending, None
        if box is None:
            return
        for button in box.findChildren(QPushButton):
            if button.text() in ("Accept", "Discard"):
                button.setVisible(False)
        layout = box.layout()
        if layout is not None:
            layout.addWidget(_wrapped(words, theme.MUTED))

    def _clear(self) -> None:
        while self._entries.count() > 1:
            self._drop_first()
        self._examples = _wrapped(_EXAMPLES, theme.MUTED)
        self._entries.insertWidget(0, self._examples)

    def _append(self, widget: QWidget) -> None:
        if self._examples is not None:
            self._drop_first()
            self._examples = None
        self._entries.insertWidget(self._entries.count() - 1, widget)
        while self._entries.count() > _KEPT:
            self._drop_first()
        QTimer.singleShot(0, self, self._ask_for_room)

    def _end_stream(self) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            self._entries.removeWidget(stream)
            stream.hide()
            stream.deleteLater()

    def _drop_first(self) -> None:
        item = self._entries.itemAt(0)
        old = item.widget() if item is not None else None
        if old is self._stream:
            self._stream = None
        if old is not None:
            self._entries.removeWidget(old)
            old.hide()
            old.deleteLater()

    def _ask_for_room(self) -> None:
        """The height at which the latest question and its answer are seen whole."""
        latest = [self._entries.itemAt(n) for n in range(self._entries.count())][-3:]
        widgets = [w for item in latest if item is not None and (w := item.widget()) is not None]
        width = self._scroll.viewport().width() - 26
        heights = (
            w.heightForWidth(width) if w.hasHeightForWidth() else w.sizeHint().height()
            for w in widgets
        )
        frame = self.height() - self._scroll.viewport().height()
        self.room_wanted.emit(sum(heights) + 12 + 6 * len(widgets) + frame)

    def _tick(self) -> None:
        self._seconds += 1
        self._busy.setText(f"Reading… {self._seconds} s")


def _copying(text: str) -> QPushButton:
    """A button that puts the answer without its references on the clipboard."""
    button = QPushButton("Copy")
    button.setProperty("role", "quiet")
    button.setToolTip("Copy this text without the places it rests on")
    button.clicked.connect(lambda: _copied(button, text))
    return button


def _copied(button: QPushButton, text: str) -> None:
    QGuiApplication.clipboard().setText(text)
    button.setText("Copied")


def _same(report: Report, other: Report | None) -> bool:
    return other is not None and report.sections == other.sections


def _wrapped(text: str, colour: str = theme.TEXT, *, struck: bool = False) -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    decoration = "text-decoration: line-through;" if struck else ""
    label.setStyleSheet(f"color: {colour}; background: transparent; {decoration}")
    return label

"""The report beside the images: sections, statements, notices and problems.

The panel changes nothing itself: it emits operations, the window stores them and shows the new
report.  Rows of statements that stayed the same object keep their widget, so a long report is as
quick to edit as a short one.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from radassist.checks import Problem
from radassist.commands import action
from radassist.domain.operations import Delete, Operation, accept, reject
from radassist.domain.report import Report
from radassist.ui.plain import ScrolledBody, emptied, plain_label
from radassist.ui.report_head import ReportHead
from radassist.ui.report_state import Chip, ReportPanelState, Row, added, typed
from radassist.ui.statement_row import StatementRow

#: Sections in which a new sentence is usual; the others show their empty line when it is asked for.
_OPEN_ENDED = frozenset({"Findings", "Impression"})


#: Said while nothing is open.
NOTHING_OPEN = "Open a study to draft its report."


class ReportPanel(QWidget):
    """Shows one report.  ``state`` is the Qt-free part."""

    changed = Signal(str, list, str)  # report id, operations, how
    evidence_chosen = Signal(object, object)  # ImageRef, Measurement | None
    sign_asked = Signal()
    wording_asked = Signal(str)  # statement id
    action_asked = Signal(str)  # action id, of a button that is shown while there is no report
    selection_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ReportPanelState()
        self._rows: dict[str, StatementRow] = {}
        self._head = ReportHead()
        self._head.sign_asked.connect(self.sign_asked)
        self._body = ScrolledBody()
        self._list = QVBoxLayout(self._body)
        self._list.setContentsMargins(10, 4, 10, 10)
        self._list.setSpacing(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._scroll.setAccessibleName("Report")
        self.setFocusProxy(self._scroll)
        self._lay_out()
        self.show_report(None)

    # --- what it shows ------------------------------------------------------------------------

    def show_report(self, report: Report | None, worded: frozenset[str] = frozenset()) -> None:
        """Show a report from its beginning; widgets of unchanged statements stay.

        :param worded: ids of the statements that were drafted in two wordings.

        Another report ends what is being typed into the one before: text never crosses over.
        """
        before = self.state.report
        if (before.id if before else "") != (report.id if report else ""):
            for row in self._rows.values():
                row.abandon_editor()
            self.state.selected = ""
            self.state.problems = ()
            self._scroll.verticalScrollBar().setValue(0)
        self.state.report = report
        self.state.worded = worded
        self._head.show_report(report)
        self._rebuild()

    def show_waiting(self, words: str, actions: tuple[str, ...] = ()) -> None:
        """What to say while there is no report: why not, and what to do; "" for nothing open.

        :param actions: ids of actions that are offered as buttons below the words.
        """
        self.state.waiting = words
        self.state.waiting_actions = actions
        if self.state.report is None:
            self._rebuild()

    def show_problems(self, problems: list[Problem]) -> None:
        """Mark the statements that a check speaks about."""
        self.state.problems = tuple(problems)
        self._rebuild()

    def select(self, statement_id: str) -> None:
        """Select a statement and bring it into view."""
        if statement_id not in self._rows:
            return
        self.state.selected = statement_id
        for row_id, row in self._rows.items():
            row.set_selected(row_id == statement_id)
        QTimer.singleShot(0, self, self._show_selected)
        self.selection_changed.emit(statement_id)

    def step(self, by: int) -> None:
        """Select the next (1) or previous (-1) statement."""
        self.select(self.state.step(by))

    def act(self, action: str, statement_id: str = "") -> None:
        """Carry out a statement action of the action table on a statement (default: selected)."""
        chosen = statement_id or self.state.selected
        report = self.state.report
        if report is None or report.find(chosen) is None or self.state.read_only:
            return
        if action == "statement.edit":
            self.select(chosen)
            self._rows[chosen].start_editing()
            return
        if action == "statement.wording":
            self.select(chosen)
            self.wording_asked.emit(chosen)
            return
        operation: Operation
        if action == "statement.accept":
            operation = accept(chosen)
        elif action == "statement.reject":
            operation = reject(chosen)
        elif action == "statement.delete":
            operation = Delete(chosen)
        else:
            return
        if action == "statement.delete":
            self._select_beside(chosen)
        else:
            self.state.step(1)
        self._emit([operation], "key")

    def start_adding(self) -> None:
        """Put the cursor into the empty line of the selected statement's section."""
        report = self.state.report
        if report is None or self.state.read_only:
            return
        found = report.find(self.state.selected)
        section = found[0].name if found else "Findings"
        line = self._body.findChild(QLineEdit, f"new-{section}")
        if line is not None:
            line.show()
            line.setFocus()

    def show_evidence(self) -> None:
        """Go to the first image that the selected statement rests on."""
        for row in self.state.rows():
            if row.statement.id == self.state.selected:
                for chip in row.chips:
                    if chip.image is not None or chip.statement_id:
                        self._chip(chip)
                        return

    def accept_all(self) -> None:
        """Accept every proposal that stands."""
        proposals = self.state.proposals()
        if proposals and not self.state.read_only:
            self._emit([accept(i) for i in proposals], "key")

    def commit_editor(self) -> None:
        """Commit what is being typed, before an act that needs the whole report."""
        for row in list(self._rows.values()):
            row.commit_editor()

    @property
    def editing(self) -> bool:
        """True while a statement is being typed into."""
        return any(row.editing for row in self._rows.values())

    # --- inside -------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._head)
        outer.addWidget(self._scroll, 1)

    def _rebuild(self) -> None:
        if self.editing:
            return  # never take the text away under someone's hands; the next change rebuilds
        kept: dict[str, StatementRow] = {}
        emptied(self._list, keep=(StatementRow,))
        rows = self.state.rows()
        report = self.state.report
        for section in report.sections if report else ():
            self._list.addWidget(_heading(section.name))
            for row in (r for r in rows if r.section == section.name):
                kept[row.statement.id] = self._row_widget(row)
                self._list.addWidget(kept[row.statement.id])
            if not self.state.read_only:
                line = self._new_line(section.name)
                line.setVisible(section.name in _OPEN_ENDED or not section.statements)
                self._list.addWidget(line)
        for addendum in report.addenda if report else ():
            self._list.addWidget(_heading(f"Addendum, {addendum.user}, {addendum.at[:16]}"))
            self._list.addWidget(_wrapped(addendum.text))
        if report is None:
            self._list.addWidget(_wrapped(self.state.waiting or NOTHING_OPEN, "muted"))
            self._add_waiting_actions()
        self._list.addStretch(1)
        for statement_id, widget in self._rows.items():
            if kept.get(statement_id) is not widget:
                widget.hide()
                widget.deleteLater()
        self._rows = kept
        if self.state.selected not in kept:
            self.state.selected = ""
        for statement_id, widget in kept.items():
            widget.set_selected(statement_id == self.state.selected)
            widget.show()

    def _add_waiting_actions(self) -> None:
        for action_id in self.state.waiting_actions:
            spec = action(action_id)
            button = QPushButton(f"{spec.title} ({spec.keys[0]})")
            button.setObjectName(action_id)
            button.clicked.connect(lambda _=False, i=action_id: self.action_asked.emit(i))
            holder = QWidget(self._body)
            row = QHBoxLayout(holder)
            row.setContentsMargins(34, 4, 8, 0)
            row.addWidget(button)
            row.addStretch(1)
            self._list.addWidget(holder)

    def _row_widget(self, row: Row) -> StatementRow:
        old = self._rows.get(row.statement.id)
        if old is not None and old.read_only == self.state.read_only:
            if old.row != row:
                old.show_row(row)
            return old
        widget = StatementRow(row, read_only=self.state.read_only, parent=self._body)
        widget.selected.connect(self.select)
        widget.edited.connect(self._typed)
        widget.editing_ended.connect(self._rebuild)
        widget.act.connect(self.act)
        widget.chip_clicked.connect(self._chip)
        return widget

    def _new_line(self, section: str) -> QLineEdit:
        line = QLineEdit(self._body)  # shown without a parent it would be a window of its own
        line.setPlaceholderText("Add a sentence…")
        line.setProperty("role", "new")
        line.setObjectName(f"new-{section}")
        line.returnPressed.connect(lambda: self._added(section, line))
        return line

    def _typed(self, statement_id: str, text: str) -> None:
        report = self.state.report
        operation = typed(report, statement_id, text) if report else None
        if operation is not None:
            self._emit([operation], "typed")
        else:
            self._rebuild()

    def _emit(self, operations: list[Operation], how: str) -> None:
        if self.state.report is not None:
            self.changed.emit(self.state.report.id, operations, how)

    def _added(self, section: str, line: QLineEdit) -> None:
        report = self.state.report
        operation = added(report, section, line.text()) if report else None
        if operation is not None:
            line.clear()
            self._emit([operation], "typed")

    def _chip(self, chip: Chip) -> None:
        if chip.statement_id:
            self.select(chip.statement_id)
        elif chip.image is not None:
            self.evidence_chosen.emit(chip.image, chip.measurement)

    def _select_beside(self, statement_id: str) -> None:
        ids = self.state.ids()
        at = ids.index(statement_id)
        beside = ids[at + 1 : at + 2] or ids[at - 1 : at]
        self.state.selected = beside[0] if beside else ""

    def _show_selected(self) -> None:
        row = self._rows.get(self.state.selected)
        if row is not None:
            self._scroll.ensureWidgetVisible(row, 0, 24)


def _heading(text: str) -> QLabel:
    label = plain_label(text.upper(), "heading")
    label.setContentsMargins(4, 8, 0, 2)
    return label


def _wrapped(text: str, role: str = "") -> QLabel:
    label = plain_label(text, role)
    label.setWordWrap(True)
    label.setContentsMargins(34, 4, 8, 4)
    return label

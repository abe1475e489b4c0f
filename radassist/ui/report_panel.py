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
from radassist.domain.operations import Delete, Operation, accept, reject
from radassist.domain.report import Report, ReportState, StudyContext
from radassist.ui import theme
from radassist.ui.plain import plain_label
from radassist.ui.report_state import Chip, ReportPanelState, Row, added, typed
from radassist.ui.statement_row import StatementRow

#: Sections in which a new sentence is usual; the others show their empty line when it is asked for.
_OPEN_ENDED = frozenset({"Findings", "Impression"})

_STATE_COLOUR = {
    ReportState.DRAFT: theme.WARNING,
    ReportState.PRELIMINARY: theme.ACCENT,
    ReportState.FINAL: theme.GOOD,
}


class ReportPanel(QWidget):
    """Shows one report.  ``state`` is the Qt-free part."""

    changed = Signal(str, list, str)  # report id, operations, how
    evidence_chosen = Signal(object, object)  # ImageRef, Measurement | None
    sign_asked = Signal()
    selection_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ReportPanelState()
        self._rows: dict[str, StatementRow] = {}
        self._badge = plain_label("", "title")
        self._patient = plain_label("")
        self._who = plain_label("", "muted")
        self._sign = QPushButton("Sign…")
        self._sign.setProperty("role", "primary")
        self._sign.clicked.connect(self.sign_asked)
        self._notices = plain_label("", "muted")
        self._notices.setWordWrap(True)
        self._notices.setVisible(False)
        self._body = QWidget()
        self._list = QVBoxLayout(self._body)
        self._list.setContentsMargins(10, 4, 10, 10)
        self._list.setSpacing(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._body)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._lay_out()
        self.show_report(None)

    # --- what it shows ------------------------------------------------------------------------

    def show_report(self, report: Report | None) -> None:
        """Show a report; widgets of unchanged statements stay.

        Another report ends what is being typed into the one before: text never crosses over.
        """
        before = self.state.report
        if (before.id if before else "") != (report.id if report else ""):
            for row in self._rows.values():
                row.abandon_editor()
            self.state.selected = ""
            self.state.problems = ()
            if report is not None:
                QTimer.singleShot(0, self, self._show_findings)
        self.state.report = report
        self._show_head(report)
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
        head = QHBoxLayout()
        head.setContentsMargins(14, 10, 12, 2)
        head.setSpacing(10)
        head.addWidget(self._badge)
        head.addWidget(self._who, 1)
        head.addWidget(self._sign)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(head)
        patient = QHBoxLayout()
        patient.setContentsMargins(14, 0, 14, 4)
        patient.addWidget(self._patient)
        outer.addLayout(patient)
        notices = QHBoxLayout()
        notices.setContentsMargins(14, 0, 14, 6)
        notices.addWidget(self._notices)
        outer.addLayout(notices)
        outer.addWidget(self._scroll, 1)

    def _show_head(self, report: Report | None) -> None:
        self._sign.setEnabled(report is not None and report.state is not ReportState.FINAL)
        if report is None:
            self._badge.setText("Report")
            self._badge.setStyleSheet("")
            self._who.setText("")
            self._patient.setText("")
            self._notices.setVisible(False)
            return
        study = report.study
        self._patient.setText(
            "   ".join(p for p in (study.patient_name, study.patient_id, _date(study)) if p)
        )
        self._badge.setText(report.state.value.capitalize())
        self._badge.setStyleSheet(f"color: {_STATE_COLOUR[report.state]};")
        last = report.signatures[-1] if report.signatures else None
        self._who.setText(
            f"signed by {last.user}, {last.at[:16].replace('T', ' ')}" if last else ""
        )
        self._notices.setText("\n".join(report.notices))
        self._notices.setVisible(bool(report.notices))

    def _rebuild(self) -> None:
        if self.editing:
            return  # never take the text away under someone's hands; the next change rebuilds
        kept: dict[str, StatementRow] = {}
        self._clear_list()
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
            self._list.addWidget(_wrapped("Open a study to draft its report.", "muted"))
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

    def _clear_list(self) -> None:
        while (item := self._list.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and not isinstance(widget, StatementRow):
                widget.hide()
                widget.setObjectName("")  # it is not found by name while it waits to be deleted
                widget.deleteLater()

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
        line = QLineEdit()
        line.setPlaceholderText("Add a sentence…")
        line.setStyleSheet(
            f"QLineEdit {{ background: transparent; border-color: transparent; margin-left: 34px;"
            f" padding: 2px 4px; color: {theme.MUTED}; }}"
            f"QLineEdit:focus {{ background: {theme.VIEWPORT}; border-color: {theme.LINE};"
            f" color: {theme.TEXT}; }}"
        )
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

    def _show_findings(self) -> None:
        """A new report opens at its findings, as far as the pane does not show all of it."""
        found = self.state.report.section("Findings") if self.state.report else None
        if found and found.statements and self._scroll.verticalScrollBar().maximum() > 0:
            row = self._rows.get(found.statements[0].id)
            if row is not None:
                self._scroll.verticalScrollBar().setValue(max(0, row.y() - 44))

    def _show_selected(self) -> None:
        row = self._rows.get(self.state.selected)
        if row is not None:
            self._scroll.ensureWidgetVisible(row, 0, 24)


def _date(study: StudyContext) -> str:
    day = study.study_date
    shown = f"{day[:4]}-{day[4:6]}-{day[6:]}" if len(day) == 8 else day
    return " ".join(p for p in (study.modality, study.body_part, shown) if p)


def _heading(text: str) -> QLabel:
    label = plain_label(text.upper(), "heading")
    label.setContentsMargins(4, 10, 0, 3)
    label.setStyleSheet("font-size: 8.5pt;")
    return label


def _wrapped(text: str, role: str = "") -> QLabel:
    label = plain_label(text, role)
    label.setWordWrap(True)
    label.setContentsMargins(34, 4, 8, 4)
    return label

"""The head of the report panel: state, signature, patient, remarks on how it was drafted."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from radassist.domain.report import Report, ReportState, StudyContext
from radassist.ui import theme
from radassist.ui.plain import ElidedLabel, plain_label
from radassist.ui.report_state import remark, remark_in_short
from radassist.viewer.text import date, person_name, plain

_STATE_COLOUR = {
    ReportState.DRAFT: theme.WARNING,
    ReportState.PRELIMINARY: theme.ACCENT,
    ReportState.FINAL: theme.GOOD,
}


class ReportHead(QWidget):
    """Shows what a report is; ``sign_asked`` when its button is pressed."""

    sign_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._badge = plain_label("", "title")
        self._patient = ElidedLabel()
        self._who = ElidedLabel("", "muted")
        self._sign = QPushButton("Sign…")
        self._sign.setProperty("role", "primary")
        self._sign.setToolTip("Check and sign the report (Ctrl+Shift+S)")
        self._sign.clicked.connect(self.sign_asked)
        self._remarks: tuple[str, ...] = ()
        self._notices = plain_label("", "muted")
        self._notices.setWordWrap(True)
        self._more = QToolButton()
        self._more.setProperty("role", "quiet")
        self._more.setCheckable(True)
        self._more.toggled.connect(lambda _: self._show_remarks())
        self._lay_out()
        self.show_report(None)

    def show_report(self, report: Report | None) -> None:
        """Show another report, or that there is none."""
        self._sign.setEnabled(report is not None and report.state is not ReportState.FINAL)
        self._badge.setText(report.state.value.capitalize() if report else "Report")
        self._badge.setStyleSheet(f"color: {_STATE_COLOUR[report.state]};" if report else "")
        self._patient.setText(_patient(report.study) if report else "")
        self._who.setText(_signature(report) if report else "")
        remarks = tuple(report.notices) if report else ()
        if remarks != self._remarks:
            self._remarks = remarks
            self._more.setChecked(False)
        self._show_remarks()

    def _show_remarks(self) -> None:
        """What the draft lacks, always; what to do about it, when it is asked for."""
        full = [remark(text) for text in self._remarks]
        short = [remark_in_short(text) for text in self._remarks]
        told = self._more.isChecked()
        self._notices.setText("\n".join(full if told else short))
        self._notices.setVisible(bool(full))
        self._more.setText("Less" if told else "What to do")
        self._more.setVisible(full != short)

    def _lay_out(self) -> None:
        first = QHBoxLayout()
        first.setSpacing(10)
        first.addWidget(self._badge)
        first.addWidget(self._who, 1)
        first.addWidget(self._sign)
        remarks = QHBoxLayout()
        remarks.setSpacing(6)
        remarks.addWidget(self._notices, 1)
        remarks.addWidget(self._more, 0, Qt.AlignmentFlag.AlignTop)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 10, 12, 4)
        outer.setSpacing(4)
        outer.addLayout(first)
        outer.addWidget(self._patient)
        outer.addLayout(remarks)


def _signature(report: Report) -> str:
    last = report.signatures[-1] if report.signatures else None
    return f"signed by {last.user}, {last.at[:16].replace('T', ' ')}" if last else ""


def _patient(study: StudyContext) -> str:
    name, number = person_name(study.patient_name), plain(study.patient_id)
    what = " ".join(p for p in (study.modality, study.body_part, date(study.study_date)) if p)
    known = [name, number if number != name else "", what]
    return "   ".join(p for p in known if p)

"""The report as plain text: what a person reads, in the order of the sections."""

from __future__ import annotations

import textwrap

from radassist.domain.report import Report, ReportState, Section, Statement, StatementState
from radassist.domain.spelling import spelt_age, spelt_date

WIDTH = 88

NOT_A_DEVICE = (
    "Drafted with radassist, decision support that a radiologist signs; not a medical device."
)


def report_text(report: Report) -> str:
    """The report with its header, sections, signatures and addenda.

    While it is a draft, proposals that nobody has looked at are marked with ``*``, so that text
    that leaves the program cannot pass for a reviewed report.
    """
    blocks = [header_line(report)]
    blocks += [_section(s, report.state) for s in report.sections if _live(s)]
    if report.state is ReportState.DRAFT and any(
        s.state is StatementState.PROPOSED for _, s in report.live()
    ):
        blocks.append("* proposed, not yet reviewed")
    blocks += [f"ADDENDUM ({a.user}, {a.at}): {a.text}" for a in report.addenda]
    blocks += [f"Signed as {s.state.value} by {s.user}, {s.at}" for s in report.signatures]
    blocks += [f"Note: {notice}" for notice in report.notices]
    blocks.append(NOT_A_DEVICE)
    return "\n\n".join(_wrapped(b) for b in blocks) + "\n"


def header_line(report: Report) -> str:
    """State, patient and study in one line, from the header's own values."""
    study = report.study
    parts = [
        report.state.value.upper(),
        study.patient_name,
        f"ID {study.patient_id}" if study.patient_id else "",
        f"sex {study.patient_sex}" if study.patient_sex else "",
        f"age {spelt_age(study.patient_age)}" if study.patient_age else "",
        f"study {spelt_date(study.study_date)}" if study.study_date else "",
        f"accession {study.accession_number}" if study.accession_number else "",
    ]
    return " | ".join(p for p in parts if p)


def _live(section: Section) -> list[Statement]:
    return [s for s in section.statements if s.state is not StatementState.REJECTED]


def _section(section: Section, state: ReportState) -> str:
    lines = [section.name.upper()]
    for statement in _live(section):
        unseen = state is ReportState.DRAFT and statement.state is StatementState.PROPOSED
        lines.append(("* " if unseen else "  ") + statement.text)
    return "\n".join(lines)


def _wrapped(block: str) -> str:
    out: list[str] = []
    for line in block.splitlines():
        indent = "  " if line[:2] in ("* ", "  ") else ""
        out += textwrap.wrap(line, WIDTH, subsequent_indent=indent, drop_whitespace=True) or [""]
    return "\n".join(out)

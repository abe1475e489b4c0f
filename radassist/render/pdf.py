"""The report as PDF (ReportLab): header table, sections, key images, signatures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reportlab.lib import colors
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import Image, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table

from radassist.domain.report import Report, ReportState, Section, StatementState
from radassist.domain.spelling import spelt_age, spelt_date
from radassist.errors import StorageFault
from radassist.render.fonts import Letters, base_fonts
from radassist.render.text import NOT_A_DEVICE


def write_pdf(report: Report, path: Path, key_images: Sequence[tuple[Path, str]] = ()) -> list[str]:
    """Write the report as PDF.

    :param key_images: PNG files with a caption each.
    :returns: sentences about what a reader may not see (a script that no font at hand has).
    :raises StorageFault: the file cannot be written.
    """
    style, letters = _styles(*base_fonts()), Letters()
    story: list[Any] = [
        Paragraph(f"Radiology report &nbsp; <b>{_state_words(report)}</b>", style["title"]),
        _header(report, style, letters),
        Spacer(1, 4 * mm),
    ]
    for section in report.sections:
        story += _section(section, report.state, style, letters)
    for path_, caption in key_images:
        story.append(
            KeepTogether(
                [
                    Spacer(1, 3 * mm),
                    _picture(path_),
                    Paragraph(letters.markup(caption), style["small"]),
                ]
            )
        )
    story += _closing(report, style, letters)
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
        title="Radiology report",
        author="radassist",
        invariant=1,
    )
    try:
        document.build(story, onFirstPage=_footer, onLaterPages=_footer)
    except OSError as error:
        raise StorageFault(
            f"The PDF could not be written ({error.strerror}).", "Choose another folder."
        ) from error
    return letters.notes()


def _styles(body: str, bold: str) -> dict[str, ParagraphStyle]:
    base = ParagraphStyle("base", fontName=body, fontSize=10, leading=14, alignment=TA_LEFT)
    return {
        "base": base,
        "title": ParagraphStyle("title", parent=base, fontSize=15, leading=20, spaceAfter=3 * mm),
        "head": ParagraphStyle(
            "head", parent=base, fontName=bold, fontSize=10.5, spaceBefore=3 * mm, spaceAfter=1 * mm
        ),
        "proposed": ParagraphStyle("proposed", parent=base, textColor=colors.HexColor("#6a6f78")),
        "small": ParagraphStyle(
            "small", parent=base, fontSize=8, leading=11, textColor=colors.HexColor("#50555e")
        ),
    }


def _state_words(report: Report) -> str:
    words = {ReportState.DRAFT: "DRAFT - not signed", ReportState.PRELIMINARY: "PRELIMINARY"}
    return words.get(report.state, "FINAL")


def _header(report: Report, style: dict[str, ParagraphStyle], letters: Letters) -> Table:
    study = report.study
    rows = [
        ("Patient", study.patient_name, "Study date", spelt_date(study.study_date)),
        ("Patient ID", study.patient_id, "Accession", study.accession_number),
        (
            "Sex / age",
            f"{study.patient_sex} {spelt_age(study.patient_age)}".strip(),
            "Modality",
            study.modality,
        ),
    ]
    cells = [
        [Paragraph(letters.markup(str(c) or "-"), style["small"]) for c in row] for row in rows
    ]
    table = Table(cells, colWidths=[24 * mm, 66 * mm, 24 * mm, 56 * mm])
    table.setStyle(
        [
            ("LINEABOVE", (0, 0), (-1, 0), 0.6, colors.HexColor("#8a8f98")),
            ("LINEBELOW", (0, -1), (-1, -1), 0.6, colors.HexColor("#8a8f98")),
            ("TOPPADDING", (0, 0), (-1, -1), 1.5),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
        ]
    )
    return table


def _section(
    section: Section, state: ReportState, style: dict[str, ParagraphStyle], letters: Letters
) -> list[Any]:
    live = [s for s in section.statements if s.state is not StatementState.REJECTED]
    if not live:
        return []
    story: list[Any] = [Paragraph(letters.markup(section.name), style["head"])]
    for statement in live:
        unseen = state is ReportState.DRAFT and statement.state is StatementState.PROPOSED
        mark = " (proposed, not reviewed)" if unseen else ""
        story.append(
            Paragraph(
                letters.markup(statement.text + mark), style["proposed" if unseen else "base"]
            )
        )
    return story


def _picture(path: Path) -> Image:
    width, height = ImageReader(str(path)).getSize()
    scale = min(85 * mm / width, 85 * mm / height)
    return Image(str(path), width * scale, height * scale, hAlign="LEFT")


def _closing(report: Report, style: dict[str, ParagraphStyle], letters: Letters) -> list[Any]:
    lines = [f"Addendum ({a.user}, {a.at}): {a.text}" for a in report.addenda]
    lines += [f"Signed as {s.state.value} by {s.user}, {s.at}" for s in report.signatures]
    lines += [f"Note: {n}" for n in report.notices]
    return [Spacer(1, 4 * mm), *(Paragraph(letters.markup(line), style["small"]) for line in lines)]


def _footer(canvas: Any, document: Any) -> None:
    canvas.saveState()
    canvas.setFont(base_fonts()[0], 7.5)
    canvas.setFillColor(colors.HexColor("#50555e"))
    canvas.drawString(20 * mm, 10 * mm, NOT_A_DEVICE)
    canvas.drawRightString(190 * mm, 10 * mm, f"page {document.page}")
    canvas.restoreState()

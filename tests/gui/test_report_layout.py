"""The report panel as it is seen: nothing is cut off, and what a statement is shows at a glance."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.operations import Insert, apply
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.ui.report_panel import ReportPanel
from radassist.ui.report_state import source_of
from radassist.ui.theme import apply_theme

LONG = "No consolidation, nodule, mass, effusion or pneumothorax is seen in either of the lungs."


def make_report(text: str = LONG) -> Report:
    report = empty_report("r", StudyContext(patient_name="Doe^Jane^Q", study_date="20240301"))
    for n in range(1, 5):
        statement = Statement(f"s{n}", f"{n} {text}", Provenance("template"))
        report = apply(report, Insert("Findings", 9, statement))
    return report


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> ReportPanel:
    apply_theme(qapp)
    made = ReportPanel()
    qtbot.addWidget(made)
    made.resize(420, 600)
    made.show()
    made.show_report(make_report())
    return made


def test_the_text_of_a_selected_statement_is_never_cut(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.show_problems([])  # rows are laid out anew, as every change does
    panel.select("s2")
    text = panel._rows["s2"]._text
    qtbot.waitUntil(lambda: text.width() > 0 and text.height() >= text.heightForWidth(text.width()))
    lines = text.heightForWidth(text.width()) / text.fontMetrics().lineSpacing()
    assert lines > 1.5, "the test needs a text of several lines"


def test_the_editor_is_as_high_as_its_text(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.act("statement.edit", "s3")
    editor = panel._rows["s3"]._editor
    assert editor is not None

    def all_lines_seen() -> bool:
        lines = editor.document().size().height()
        return (
            lines > 1 and editor.viewport().height() >= lines * editor.fontMetrics().lineSpacing()
        )

    qtbot.waitUntil(all_lines_seen)
    panel.resize(320, 600)
    qtbot.waitUntil(all_lines_seen)
    panel._rows["s3"].abandon_editor()


def test_much_evidence_never_pushes_a_statement_out_of_the_panel(
    panel: ReportPanel, qtbot: QtBot
) -> None:
    rests = [Evidence(EvidenceKind.STATEMENT, f"s{n}") for n in range(1, 5)]
    header = [Evidence(EvidenceKind.HEADER, f"Keyword{n}", "A value of the header") for n in "abcd"]
    statement = Statement("s9", LONG, Provenance("language:rules@1"), (*rests, *header))
    panel.show_report(apply(make_report(), Insert("Impression", 0, statement)))
    panel.select("s9")
    row = panel._rows["s9"]
    texts = [w.text() for w in row.findChildren(QPushButton)]
    assert texts[0] == "rests on 4 statements"

    def inside() -> bool:
        parts = [w for w in row.findChildren(QWidget) if w.isVisible()]
        right = [w.mapTo(row, w.rect().topRight()).x() for w in parts]
        return len(parts) > 10 and max(right) < row.width() <= panel._scroll.viewport().width()

    qtbot.waitUntil(inside)
    labels = [w for w in row.findChildren(QLabel) if "Keyword" in w.text()]
    assert len({w.y() for w in labels}) > 1, "they go on in the next line"


def test_nothing_is_scrolled_that_fits(panel: ReportPanel, qtbot: QtBot) -> None:
    bar = panel._scroll.verticalScrollBar()
    needed = panel._body.heightForWidth(panel._body.width())
    panel.resize(420, panel.height() - panel._scroll.height() + needed + 4)
    qtbot.waitUntil(lambda: panel._scroll.height() >= needed)
    assert bar.maximum() == 0


def test_a_new_report_is_read_from_its_beginning(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.resize(420, 220)
    bar = panel._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum())
    panel.show_report(replace(make_report(), id="other"))
    QApplication.processEvents()
    assert bar.value() == 0


def test_remarks_on_the_draft_are_short_and_say_what_to_do_when_asked(
    panel: ReportPanel, qtbot: QtBot
) -> None:
    notice = "The pack language-default is not installed (1.1 GB). Get it with `radassist models`."
    panel.show_report(replace(make_report(), id="n", notices=(notice, "No pack for CT CHEST")))
    words = panel._head._notices
    assert (
        words.text() == "The pack language-default is not installed (1.1 GB).\nNo pack for CT CHEST"
    )
    assert words.isVisible()
    more = panel.findChild(QToolButton)
    assert more is not None
    assert more.text() == "What to do"
    more.click()
    assert words.text().startswith(notice.replace("`", ""))
    panel.show_report(replace(make_report(), id="m"))
    assert not words.isVisible()
    assert not more.isVisible()


def test_the_patient_is_named_as_on_the_image(panel: ReportPanel) -> None:
    assert panel._head._patient.text() == "Doe, Jane Q   2024-03-01"


def test_what_fixed_rules_wrote_is_not_called_a_models() -> None:
    assert source_of(Provenance("language:rules@1")) == ("rules", "fixed rules")
    assert source_of(Provenance("language:language-default@1.0.0")) == ("language", "AI language")


def test_a_template_proposal_looks_unlike_an_observation(panel: ReportPanel) -> None:
    report = make_report("Heart.")
    seen = Statement("s9", "Heart.", Provenance("vision:p@1"))
    taken = Statement("s8", "Heart.", Provenance("template"), (), StatementState.ACCEPTED)
    for statement in (seen, taken):
        report = apply(report, Insert("Findings", 9, statement))
    panel.show_report(report)
    stripes = {i: _stripe(panel, i) for i in ("s1", "s8", "s9")}
    assert len(stripes["s1"]) == 2, "colour and gaps: told without colours too"
    assert len(stripes["s8"]) == len(stripes["s9"]) == 1


def _stripe(panel: ReportPanel, statement_id: str) -> set[int]:
    row = panel._rows[statement_id]
    image = row.grab().toImage()
    return {image.pixel(1, y) for y in range(5, image.height() - 5)}


def test_the_panel_says_that_the_draft_is_on_its_way(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.show_report(None)
    panel.show_waiting("Drafting the report…")
    assert "Drafting the report…" in [w.text() for w in panel._body.findChildren(QLabel)]
    panel.show_report(make_report())
    panel.show_report(None)
    panel.show_waiting("")

    def shown() -> list[str]:
        return [w.text() for w in panel._body.findChildren(QLabel) if w.isVisible()]

    qtbot.waitUntil(lambda: shown() == ["Open a study to draft its report."])


class _Windows(QObject):
    """Notes every widget that appears as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_part_of_a_report_flashes_up_as_a_window(panel: ReportPanel, qapp: QApplication) -> None:
    windows = _Windows()
    qapp.installEventFilter(windows)
    panel.show_report(replace(make_report(), id="other"))
    panel.show_problems([])
    panel.select("s2")
    qapp.removeEventFilter(windows)
    assert windows.seen == []

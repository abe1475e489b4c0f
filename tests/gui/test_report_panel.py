"""The report panel by key and mouse: what is typed becomes one operation, nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from radassist.checks import run_checks
from radassist.domain.findings import Evidence, EvidenceKind, ImageRef
from radassist.domain.operations import Insert, Replace, SetState, apply
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.library.lexicon import load_lexicon
from radassist.ui.report_panel import ReportPanel
from radassist.ui.report_state import ReportPanelState, problem_lines

IMAGE = ImageRef("1.2", "1.3", "1.4")


def make_report() -> Report:
    report = empty_report("r", StudyContext())
    texts = ["The lungs are clear.", "<b>Small</b> left effusion.", "Heart enlarged."]
    for n, text in enumerate(texts, start=1):
        evidence = (Evidence(EvidenceKind.FINDING, "f", "x", 0.8, image=IMAGE),) if n == 3 else ()
        source = "vision:p@1" if n == 3 else "template"
        statement = Statement(f"s{n}", text, Provenance(source), evidence)
        report = apply(report, Insert("Findings", 9, statement))
    return report


@pytest.fixture
def panel(qtbot: QtBot) -> ReportPanel:
    made = ReportPanel()
    qtbot.addWidget(made)
    made.resize(520, 700)
    made.show_report(make_report())
    made.changed.connect(lambda _id, ops, _how: made.show_report(_applied(made.state.report, ops)))
    return made


def _applied(report: Report | None, operations: list) -> Report:  # type: ignore[type-arg]
    assert report is not None
    for operation in operations:
        report = apply(report, operation)
    return report


def texts(panel: ReportPanel) -> list[str]:
    assert panel.state.report is not None
    return [s.text for _, s in panel.state.report.live()]


def test_typing_replaces_one_statement_and_keeps_the_others(
    panel: ReportPanel, qtbot: QtBot
) -> None:
    before = panel.state.report
    assert before is not None
    others = panel._rows["s1"], panel._rows["s3"]
    panel.act("statement.edit", "s2")
    editor = panel._rows["s2"]._editor
    assert editor is not None
    with qtbot.waitSignal(panel.changed) as signal:
        qtbot.keyClicks(editor, "Moderate right effusion.")
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    report_id, operations, how = signal.args
    assert report_id == "r"
    assert how == "typed"
    assert [type(o) for o in operations] == [Replace]
    changed = panel.state.report.find("s2")  # type: ignore[union-attr]
    assert changed is not None
    assert changed[1].text == "Moderate right effusion."
    assert changed[1].state is StatementState.EDITED
    assert changed[1].provenance == Provenance("radiologist", "typed")
    assert (panel._rows["s1"], panel._rows["s3"]) == others, "their widgets stay"


def test_escape_gives_up_and_an_unchanged_text_is_no_operation(
    panel: ReportPanel, qtbot: QtBot
) -> None:
    with qtbot.assertNotEmitted(panel.changed):
        panel.act("statement.edit", "s1")
        qtbot.keyClicks(panel._rows["s1"]._editor, "Nonsense")
        qtbot.keyClick(panel._rows["s1"]._editor, Qt.Key.Key_Escape)
        panel.act("statement.edit", "s1")
        qtbot.keyClick(panel._rows["s1"]._editor, Qt.Key.Key_Return)
    assert texts(panel)[0] == "The lungs are clear."


def test_accept_reject_delete_and_numbers(panel: ReportPanel) -> None:
    panel.act("statement.reject", "s1")
    assert [r.number for r in panel.state.rows()] == [None, 1, 2]
    panel.act("statement.accept", "s3")
    panel.act("statement.delete", "s2")
    assert texts(panel) == ["Heart enlarged."]
    states = {r.statement.id: r.statement.state for r in panel.state.rows()}
    assert states == {"s1": StatementState.REJECTED, "s3": StatementState.ACCEPTED}


def test_accept_all_names_each_proposal(panel: ReportPanel, qtbot: QtBot) -> None:
    with qtbot.waitSignal(panel.changed) as signal:
        panel.accept_all()
    assert [type(o) for o in signal.args[1]] == [SetState] * 3
    assert panel.state.proposals() == []


def test_a_new_sentence_goes_to_the_end_of_its_section(panel: ReportPanel, qtbot: QtBot) -> None:
    line = panel.findChild(QLineEdit, "new-Impression")
    assert line is not None
    qtbot.keyClicks(line, "Cardiomegaly.")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert texts(panel)[-1] == "Cardiomegaly."


def test_evidence_is_one_click_away(panel: ReportPanel, qtbot: QtBot) -> None:
    button = next(b for b in panel._rows["s3"].findChildren(QPushButton) if "image" in b.text())
    with qtbot.waitSignal(panel.evidence_chosen) as signal:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert signal.args[0] == IMAGE


def test_markup_in_a_statement_is_shown_as_it_is(panel: ReportPanel) -> None:
    label = panel._rows["s2"]._text
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.text() == "<b>Small</b> left effusion."


def test_a_final_report_is_read_only(panel: ReportPanel, qtbot: QtBot) -> None:
    final = replace(make_report(), state=ReportState.FINAL)
    panel.show_report(final)
    with qtbot.assertNotEmitted(panel.changed):
        panel.act("statement.accept", "s1")
        panel.act("statement.edit", "s1")
        panel.accept_all()
    assert not panel.editing
    assert panel.findChild(QLineEdit, "new-Findings") is None


def test_stepping_stays_inside(panel: ReportPanel) -> None:
    state = ReportPanelState(make_report())
    assert [state.step(1) for _ in range(5)] == ["s1", "s2", "s3", "s3", "s3"]
    assert [state.step(-1) for _ in range(3)] == ["s2", "s1", "s1"]
    assert ReportPanelState().step(1) == ""


def test_deleting_selects_the_neighbour(panel: ReportPanel) -> None:
    panel.select("s2")
    panel.act("statement.delete")
    assert panel.state.selected == "s3"


def test_another_report_ends_what_is_being_typed(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.act("statement.edit", "s2")
    editor = panel._rows["s2"]._editor
    qtbot.keyClicks(editor, "Text about the patient before.")
    other = replace(make_report(), id="other")
    with qtbot.assertNotEmitted(panel.changed):
        panel.show_report(other)
    assert not panel.editing
    assert [r._text.text() for r in panel._rows.values()] == [s.text for _, s in other.live()]


def test_the_first_click_selects_and_the_second_types(panel: ReportPanel, qtbot: QtBot) -> None:
    panel.show()
    row = panel._rows["s2"]
    qtbot.mouseClick(row._text, Qt.MouseButton.LeftButton)
    assert panel.state.selected == "s2"
    assert not panel.editing
    qtbot.mouseClick(row._text, Qt.MouseButton.LeftButton)
    assert panel.editing
    panel._rows["s2"].abandon_editor()
    panel.hide()


def test_problems_are_lines_gravest_first_and_proposals_are_counted_once() -> None:
    lexicon = load_lexicon()
    report = make_report()
    report = apply(report, Insert("Findings", 9, _typed("s4", "No left effusion. [ ]")))
    words = [f"{p.severity.value}: {w}" for p, w in problem_lines(run_checks(report, lexicon))]
    assert words[0].startswith("error: ")
    assert sum("not looked at" in w for w in words) == 1
    assert words[-1].endswith("3 statements are proposed and not looked at.")


def _typed(statement_id: str, text: str) -> Statement:
    return Statement(
        statement_id, text, Provenance("radiologist", "typed"), (), StatementState.EDITED
    )

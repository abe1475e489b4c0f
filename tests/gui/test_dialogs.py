"""Signing, the palette and the text panes: what they ask, what they say, and what Enter does."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage, QTextTable
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from radassist.checks import Problem, run_checks
from radassist.commands import Context
from radassist.domain.operations import Insert, apply
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
from radassist.ui.guide import Guide
from radassist.ui.palette import Palette
from radassist.ui.report_state import places_of
from radassist.ui.sign_dialog import AddendumDialog, SignDialog
from radassist.ui.text_pane import TextPane
from radassist.ui.theme import apply_theme

Show = Callable[..., SignDialog]


def make_report(*texts: str, state: StatementState = StatementState.PROPOSED) -> Report:
    report = empty_report("r", StudyContext(modality="CR", body_part="CHEST"))
    for n, text in enumerate(texts, start=1):
        source = "template" if state is StatementState.PROPOSED else "radiologist"
        statement = Statement(f"s{n}", text, Provenance(source), (), state)
        report = apply(report, Insert("Findings" if n < 3 else "Impression", 9, statement))
    return report


@pytest.fixture
def show(qtbot: QtBot, qapp: QApplication) -> Show:
    apply_theme(qapp)

    def made(report: Report, user: str = "Dr Roe") -> SignDialog:
        problems: list[Problem] = run_checks(report, load_lexicon())
        unseen = sum(s.state is StatementState.PROPOSED for _, s in report.live())
        dialog = SignDialog(report.state, user, problems, unseen, places=places_of(report))
        qtbot.addWidget(dialog)
        with qtbot.waitActive(dialog):
            dialog.show()
            dialog.activateWindow()
        return dialog

    return made


def words(dialog: QDialog) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def sign_button(dialog: QDialog) -> QPushButton:
    return next(b for b in dialog.findChildren(QPushButton) if b.text() == "Sign")


SOUND = ("The lungs are clear.", "The heart is normal in size.", "No acute abnormality.")
#: A finding and its denial.
WRONG = ("Small left pleural effusion.", "No pleural effusion.", "Small left pleural effusion.")


def test_proposals_are_told_once_and_without_the_names_of_engines(show: Show) -> None:
    said = " ".join(words(show(make_report(*SOUND))))
    assert said.count("3 statements are still proposals.") == 1
    assert "not yet accepted" not in said
    assert "template" not in said


def test_preliminary_is_chosen_while_something_is_open(show: Show) -> None:
    assert show(make_report(*SOUND)).chosen()[1] is ReportState.PRELIMINARY
    nothing_open = SignDialog(ReportState.DRAFT, "Dr Roe", [], 0)
    assert nothing_open.chosen()[1] is ReportState.FINAL
    nothing_open.deleteLater()


def test_enter_in_a_field_signs_nothing(show: Show, qtbot: QtBot) -> None:
    dialog = show(make_report(*SOUND, state=StatementState.EDITED))
    name = dialog.findChild(QLineEdit)
    assert name is not None
    name.setFocus()
    qtbot.keyClick(name, Qt.Key.Key_Return)
    assert dialog.isVisible()
    assert dialog.result() != QDialog.DialogCode.Accepted
    assert isinstance(dialog.focusWidget(), QComboBox), "Enter goes on to the next field"


def test_each_error_asks_for_a_reason_and_the_dialog_says_so(show: Show, qtbot: QtBot) -> None:
    dialog = show(make_report(*WRONG, state=StatementState.EDITED))
    assert not sign_button(dialog).isEnabled()
    assert "Correct each error, or write why you sign in spite of it." in words(dialog)
    reasons = [
        line for line in dialog.findChildren(QLineEdit) if line.placeholderText().startswith("Reas")
    ]
    assert reasons
    for line in reasons:
        qtbot.keyClicks(line, "Known")
    assert sign_button(dialog).isEnabled()
    assert set(dialog.chosen()[2].values()) == {"Known"}
    assert any(w.startswith("Error, Findings ") for w in words(dialog)), words(dialog)


def test_without_a_name_nothing_is_signed(show: Show) -> None:
    dialog = show(make_report(*SOUND, state=StatementState.EDITED), user="")
    assert not sign_button(dialog).isEnabled()
    assert "Write your name to sign." in words(dialog)


def test_many_problems_leave_the_buttons_on_the_screen(show: Show) -> None:
    texts = [f"No effusion number {n} [ ]." for n in range(40)]
    report = make_report(*texts, state=StatementState.EDITED)
    dialog = show(report)
    assert dialog.height() <= dialog.screen().availableSize().height()
    assert not sign_button(dialog).visibleRegion().isEmpty()


def test_an_addendum_needs_a_text(qtbot: QtBot) -> None:
    dialog = AddendumDialog()
    qtbot.addWidget(dialog)
    add = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Add")
    assert not add.isEnabled()
    dialog._text.setPlainText("Compared with outside images.")
    assert add.isEnabled()


def test_the_palette_finds_and_runs_by_keys_alone(qtbot: QtBot) -> None:
    context = Context(has_study=True, images=30, series=2, has_report=True)
    palette = Palette(context)
    qtbot.addWidget(palette)
    palette.show()
    qtbot.keyClicks(palette._line, "zoom")
    qtbot.keyClick(palette._line, Qt.Key.Key_Down)
    chosen = palette._list.currentItem()
    assert chosen is not None
    assert palette._hint.text().startswith("View.")
    with qtbot.waitSignal(palette.chosen) as signal:
        qtbot.keyClick(palette._line, Qt.Key.Key_Return)
    assert signal.args == [chosen.data(Qt.ItemDataRole.UserRole)]


def test_the_palette_says_that_it_finds_nothing(qtbot: QtBot) -> None:
    palette = Palette(Context())
    qtbot.addWidget(palette)
    qtbot.keyClicks(palette._line, "zzz")
    assert palette._hint.text() == "No command has these words. Use fewer or other words."
    qtbot.keyClick(palette._line, Qt.Key.Key_Return)
    assert palette.result() != QDialog.DialogCode.Accepted


def test_tables_of_help_are_as_wide_as_the_page_and_its_pictures_are_there(qtbot: QtBot) -> None:
    picture = QImage(300, 200, QImage.Format.Format_RGB32)
    text = "# A\n\n![the window](a.png)\n\n| Key | Does |\n|---|---|\n| `F1` | Keys |\n"
    pane = TextPane("Guide", text, pictures={"a.png": picture}, columns=(30,))
    qtbot.addWidget(pane)
    pane.show()
    tables = [f for f in _frames(pane) if isinstance(f, QTextTable)]
    assert [t.format().width().rawValue() for t in tables] == [100.0]
    document = pane.view.document()
    assert document.size().height() > 200, "the picture takes its place"
    assert document.idealWidth() <= pane.view.viewport().width()


def _frames(pane: TextPane) -> list[QObject]:
    return list(pane.view.document().rootFrame().childFrames())


def test_a_picture_that_is_missing_leaves_the_text() -> None:
    assert Guide("![x](nowhere.png) text").pictures() == {}

"""Learning in the window: your words in the next draft, the time, the pane, drafts withheld."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.app.window import WindowServices
from radassist.app.workbench import Workbench
from radassist.domain.effort import Kept, ReportUse, by_template
from radassist.domain.operations import Replace
from radassist.domain.phrases import PHRASE_MEMORY, Phrase, PhraseKey
from radassist.domain.report import (
    Provenance,
    ReportState,
    Statement,
    StatementState,
)
from radassist.library.samples import sample_path
from radassist.ui.activity import ActivityWatch
from radassist.ui.habits_dialog import HabitsDialog
from radassist.ui.habits_state import phrase_rows, report_rows, template_rows
from radassist.ui.main_window import MainWindow
from radassist.ui.theme import apply_theme
from radassist.workflow.habits import HabitsView
from radassist.workflow.study_choice import subjects

IMAGE = data_file("RG1_UNCR.dcm")
DRAFTED, OWN = "Small left pleural effusion.", "There is a small left-sided pleural effusion."
PATTERN = "There is a {degree} {side}-sided pleural effusion."


class Never:
    def cancelled(self) -> bool:
        return False


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def services(tmp_path: Path) -> Iterator[TestServices]:
    made = TestServices(tmp_path, IMAGE)
    yield made
    made.store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def window(
    services: TestServices, clock: Clock, qtbot: QtBot, qapp: QApplication
) -> Iterator[MainWindow]:
    apply_theme(qapp)
    made = MainWindow(services)
    made.desk._time._clock = clock
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    settled(made, qtbot)
    yield made
    made.close()
    made.deleteLater()


def settled(window: MainWindow, qtbot: QtBot, also: Callable[[], bool] = lambda: True) -> None:
    qtbot.waitUntil(lambda: also() and not window.tasks.busy(), timeout=20_000)


def opened(window: MainWindow, qtbot: QtBot) -> None:
    window.desk.open([IMAGE])
    settled(window, qtbot, lambda: window.desk.report is not None)


def statement(window: MainWindow, text: str) -> Statement:
    assert window.desk.report is not None
    return next(s for _, s in window.desk.report.statements() if s.text == text)


def taught(window: MainWindow, qtbot: QtBot) -> None:
    """One report signed in which the effusion was worded anew."""
    opened(window, qtbot)
    old = statement(window, DRAFTED)
    new = Statement(old.id, OWN, Provenance("radiologist", "dictated"), (), StatementState.EDITED)
    report = window.desk.report
    assert report is not None
    window.desk.apply(report.id, [Replace(new)], "dictated")
    settled(window, qtbot)
    report = window.desk.report
    assert report is not None
    overrides = {p.rule: "seen" for p in window.desk.problems}
    window.desk.sign(report, "Dr Roe", ReportState.FINAL, overrides)
    settled(window, qtbot)


def test_the_next_draft_is_in_your_words_and_w_shows_the_others(
    window: MainWindow, qtbot: QtBot
) -> None:
    taught(window, qtbot)
    opened(window, qtbot)
    mine = statement(window, OWN)
    assert mine.provenance == Provenance("template", PHRASE_MEMORY)
    assert mine.state is StatementState.PROPOSED
    window.report.select(mine.id)
    qtbot.waitUntil(lambda: "template, your words" in _labels(window))
    assert "Program's wording" in _buttons(window)
    QTest.keyClick(window, Qt.Key.Key_W)
    settled(window, qtbot)
    assert statement(window, DRAFTED).id == mine.id
    button = next(b for b in window.report.findChildren(QPushButton) if b.text() == "My wording")
    button.click()
    settled(window, qtbot)
    assert statement(window, OWN) == mine
    window.report.select(statement(window, "The lungs are clear.").id)
    window.update_actions()
    assert not window._actions["statement.wording"].isEnabled()


def _labels(window: MainWindow) -> list[str]:
    return [w.text() for w in window.report.findChildren(QLabel) if w.isVisible()]


def _buttons(window: MainWindow) -> list[str]:
    return [b.text() for b in window.report.findChildren(QPushButton) if b.isVisible()]


def test_what_was_kept_and_the_active_seconds_are_said_after_signing(
    window: MainWindow, services: TestServices, clock: Clock, qtbot: QtBot
) -> None:
    opened(window, qtbot)
    for gap in (20.0, 500.0, 15.0):  # a pause of 500 s is no work
        clock.now += gap
        QTest.keyClick(window.windowHandle(), Qt.Key.Key_F6)
    clock.now += 5.0
    report = window.desk.report
    assert report is not None
    window.desk.sign(report, "Dr Roe", ReportState.FINAL, {})
    settled(window, qtbot)
    assert window.statusBar().currentMessage() == "4 of 4 drafted sentences kept, 40 s."
    (use,) = services.habits.view().templates
    assert use.seconds_drafted == 40.0
    clock.now += 10.0
    window.desk.touch()
    window.desk.leave()
    settled(window, qtbot)
    assert services.store.habits.seconds(report.id) == 40.0, "reading a signed report is no work"


def test_the_time_of_a_report_that_is_left_is_kept(
    window: MainWindow, services: TestServices, clock: Clock, qtbot: QtBot
) -> None:
    opened(window, qtbot)
    first = window.desk.report
    assert first is not None
    clock.now += 12.0
    opened(window, qtbot)
    assert services.store.habits.seconds(first.id) == 12.0
    second = window.desk.report
    assert second is not None
    clock.now += 7.0
    window.close()
    assert services.store.habits.seconds(second.id) == 7.0


def test_keys_clicks_and_the_wheel_are_work(window: MainWindow, qtbot: QtBot) -> None:
    acts: list[int] = []
    watch = ActivityWatch(window, lambda: acts.append(1))
    window.hide()
    window.show()
    handle = window.windowHandle()
    place = QPoint(40, 40)
    for act in (
        lambda: QTest.keyClick(handle, Qt.Key.Key_F6),
        lambda: QTest.mouseClick(handle, Qt.MouseButton.LeftButton, pos=place),
        lambda: QApplication.sendEvent(
            handle,
            QWheelEvent(
                QPointF(place), QPointF(place), QPoint(), QPoint(0, 120),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            ),
        ),
    ):  # fmt: skip
        acts.clear()
        act()
        assert acts
    acts.clear()
    window.repaint()
    assert not acts, "painting is no work"
    watch.deleteLater()


# --- drafts withheld --------------------------------------------------------------------------


def test_a_draft_that_costs_time_waits_to_be_asked_for(
    window: MainWindow, services: TestServices, qtbot: QtBot
) -> None:
    services.why_not = "No draft was made of this Chest radiograph: it took you 95 s, not 60 s."
    window.desk.open([IMAGE])
    settled(window, qtbot, lambda: services.why_not in _labels(window))
    assert window.desk.report is None
    asked = window.report.findChild(QPushButton, "report.draft")
    assert asked is not None
    assert asked.text() == "Draft report (D)"
    asked.click()
    settled(window, qtbot, lambda: window.desk.report is not None)
    assert window.report.findChild(QPushButton, "report.draft") is None


def test_an_empty_report_is_begun_by_its_key(
    window: MainWindow, services: TestServices, qtbot: QtBot
) -> None:
    services.why_not = "No draft was made."
    window.desk.open([IMAGE])
    settled(window, qtbot, lambda: "Begin empty report (Shift+D)" in _buttons(window))
    QTest.keyClick(window, Qt.Key.Key_D, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyRelease(window, Qt.Key.Key_Shift)  # QTest leaves it pressed for the tests after this
    settled(window, qtbot, lambda: window.desk.report is not None)
    assert window.desk.report is not None
    assert list(window.desk.report.statements()) == []
    assert window.desk.report.origin == {"begun": "empty"}


# --- the pane ---------------------------------------------------------------------------------


def key(pattern: str, topic: str) -> PhraseKey:
    return PhraseKey("Dr Roe", "chest-radiograph", "Findings", topic, pattern)


def a_view() -> HabitsView:
    effusion = "pleural-effusion:present"
    phrases = (
        Phrase(key("{degree} {side} effusion.", effusion), 1, 0, 1, "2026-02-01"),
        Phrase(key(PATTERN, effusion), 4, 9, 1, "2026-03-01"),
        Phrase(key("Normal heart size.", "cardiomegaly:absent"), 2, 3, 0, "2026-02-11"),
    )
    reports = [
        ReportUse(f"r{n}", "Dr Roe", "ct-chest", n < 8, (100.0 if n < 8 else 60.0) + n,
                  Kept(5, 2, 1, 3, 0.8) if n < 8 else Kept(0, 0, 0, 9),
                  f"2026-03-{n + 1:02d}T08:00")
        for n in range(13)
    ]  # fmt: skip
    reports.append(
        ReportUse("x", "Dr Roe", "chest-radiograph", True, None, Kept(6, 1, 0, 0, 0.95),
                  "2026-03-20T09:30:00.000Z")
    )  # fmt: skip
    templates = tuple(by_template(reports))
    return HabitsView("Dr Roe", phrases, templates, tuple(reversed(reports)))


def test_the_rows_say_what_they_are_for_and_why_drafts_stop() -> None:
    view = a_view()
    assert [cells[:2] for _, cells in phrase_rows(view)] == [
        ("Normal heart size.", "no cardiomegaly"),
        ("There is a ‹degree› ‹side›-sided pleural effusion.", "pleural effusion"),
        ("‹degree› ‹side› effusion.", "pleural effusion"),
    ]
    first, second = template_rows(view)
    assert first[-1] == "made; 7 drafted and 5 empty more to compare"
    assert second == (
        "ct-chest", "8", "5", "62%", "104 s", "70 s",
        "not made: reports with a draft took you 104 s, empty ones 70 s (medians)",
    )  # fmt: skip
    assert report_rows(view)[0] == (
        "2026-03-20 09:30", "chest-radiograph", "with a draft", "6 of 7", "95%", "0", ""
    )  # fmt: skip
    assert report_rows(view)[1][2:] == ("empty", "", "", "9", "72 s")


def test_what_is_remembered_is_removed_by_key_and_cleared_by_two_presses(
    qtbot: QtBot, qapp: QApplication
) -> None:
    apply_theme(qapp)
    dialog = HabitsDialog(a_view())
    qtbot.addWidget(dialog)
    with qtbot.waitActive(dialog):
        dialog.show()
        dialog.activateWindow()
    dialog.phrases.setFocus()
    dialog.phrases.selectRow(1)
    with qtbot.waitSignal(dialog.forget_asked) as asked:
        qtbot.keyClick(dialog.phrases, Qt.Key.Key_Delete)
    assert [k.pattern for k in asked.args[0]] == [PATTERN]
    clear = next(b for b in dialog.findChildren(QPushButton) if b.text() == "Clear all")
    with qtbot.assertNotEmitted(dialog.forget_asked):
        clear.click()
    assert clear.text() == "Forget all wordings?"
    clear.clearFocus()
    clear.setFocus()
    dialog.phrases.setFocus()
    assert clear.text() == "Clear all", "leaving the button takes the question back"
    clear.click()
    with qtbot.waitSignal(dialog.forget_asked) as asked:
        clear.click()
    assert asked.args == [None]


def test_the_pane_opens_on_what_was_learned_and_forgets_it(
    window: MainWindow, services: TestServices, qtbot: QtBot
) -> None:
    taught(window, qtbot)
    seen: list[int] = []

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, HabitsDialog):
            QTimer.singleShot(20, act)
            return
        try:
            seen.append(dialog.phrases.rowCount())
            dialog.phrases.selectRow(0)
            dialog._ask_remove()
            qtbot.waitUntil(lambda: dialog.phrases.rowCount() == 0)
            seen.append(dialog.templates.rowCount())
        finally:
            dialog.reject()  # a failure must not leave the test waiting for a dialog

    QTimer.singleShot(0, act)
    window.run_action("report.habits")
    settled(window, qtbot, lambda: len(seen) == 2)
    assert seen == [1, 1]
    assert services.habits.view().phrases == ()


def test_the_settings_and_the_header_decide_what_is_begun(radassist_home: Path) -> None:
    """Over the real workbench, on the sample study."""
    with Workbench("Roe", home=radassist_home) as bench:
        services = WindowServices(bench)
        (subject,) = subjects(services.open([sample_path()], lambda _f, _t: None, Never()))
        assert services.withheld(subject) == ""
        bench.settings = replace(bench.settings, draft_on_open=False, language_enabled=False)
        assert services.withheld(subject).endswith("is switched off in the settings.")
        opened = services.begin_empty(subject, after_draft=False)
        filled = {s.name: len(s.statements) for s in opened.session.report.sections}
        assert filled["Examination"] == 1
        assert filled["Findings"] == filled["Impression"] == 0
        assert services.withheld(subject) == "", "a report that is there is opened again"
        again = services.draft(subject, lambda _f, _t: None, Never())
        assert again.session.report.id == opened.session.report.id
        assert services.habits.view().reports == ()
        bench.settings = replace(bench.settings, phrase_memory=False)
        assert not services.habits.remember, "a switch acts at once"

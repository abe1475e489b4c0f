"""The whole window by key, mouse and drop, over real sessions, checks, chat and pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.app.second_edits import second_edits
from radassist.domain.operations import Operation
from radassist.domain.report import (
    Report,
    ReportState,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.domain.study import OpenResult
from radassist.errors import Cancelled, EngineFault
from radassist.library.lexicon import load_lexicon
from radassist.ports import CancelToken, Progress
from radassist.ui.guide import Guide
from radassist.ui.main_window import MainWindow
from radassist.ui.services import OpenReport
from radassist.ui.sign_dialog import SignDialog
from radassist.ui.theme import apply_theme
from radassist.workflow.study_choice import Subject

IMAGE = data_file("RG1_UNCR.dcm")


class Services(TestServices):
    """The test services, with a draft or an opening that waits until it is let go or cancelled."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, IMAGE)
        self.hold_open = self.hold_draft = False
        self.fail_draft = False
        self.go = Event()

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        if self.hold_open:
            progress(0.5, "Reading 3 of 6 files")
            self._wait(cancel)
        return super().open(paths, progress, cancel)

    def draft(self, subject: Subject, progress: Progress, cancel: CancelToken) -> OpenReport:
        if self.hold_draft:
            self._wait(cancel)
        if self.fail_draft:
            raise EngineFault("The vision engine stopped.", "Draft the report again.")
        return super().draft(subject, progress, cancel)

    def second_edits(
        self, before: Report, after: Report, operations: Sequence[Operation]
    ) -> list[Operation]:
        return second_edits(before, after, operations, load_lexicon())

    def _wait(self, cancel: CancelToken) -> None:
        while not self.go.wait(0.005):
            if cancel.cancelled():
                raise Cancelled


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(tmp_path)
    yield made
    made.go.set()
    made.store.close()


@pytest.fixture
def window(services: Services, qtbot: QtBot, qapp: QApplication) -> Iterator[MainWindow]:
    apply_theme(qapp)
    made = MainWindow(services, Guide("# Guide"))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    qtbot.waitUntil(lambda: not made.tasks.busy())
    yield made
    services.go.set()
    made.close()
    made.deleteLater()


@pytest.fixture
def reading(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with a drafted report."""
    window.desk.open([IMAGE])
    settled(window, qtbot, lambda: bool(window.desk.problems))
    return window


def settled(window: MainWindow, qtbot: QtBot, also: Callable[[], bool] = lambda: True) -> None:
    qtbot.waitUntil(lambda: also() and not window.tasks.busy(), timeout=20_000)


def texts(window: MainWindow) -> list[str]:
    report = window.desk.report
    return [s.text for _, s in report.live()] if report else []


def state_of(window: MainWindow, statement_id: str) -> StatementState | None:
    found = window.desk.report.find(statement_id) if window.desk.report else None
    return found[1].state if found else None


def press(window: MainWindow, qtbot: QtBot, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)
    settled(window, qtbot)


NONE, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier


def test_files_dropped_anywhere_on_the_window_are_opened(window: MainWindow, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(IMAGE))])
    over = QDragEnterEvent(
        QPoint(700, 400), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, NONE
    )
    QApplication.sendEvent(window, over)
    assert over.isAccepted()
    drop = QDropEvent(
        QPointF(700, 400), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, NONE
    )
    QApplication.sendEvent(window, drop)
    settled(window, qtbot, lambda: window.desk.report is not None)
    assert window.viewport.series is not None


@pytest.mark.parametrize(
    ("action", "dialog", "chosen"),
    [
        ("file.open", "getOpenFileNames", ([str(IMAGE)], "")),
        ("file.open_folder", "getExistingDirectory", None),
    ],
)
def test_what_is_chosen_in_the_file_dialog_is_opened(
    window: MainWindow,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    dialog: str,
    chosen: tuple[list[str], str] | None,
) -> None:
    """The system's dialog answers here; what the window does with the answer is its own."""
    folder = tmp_path / "chosen"
    folder.mkdir()
    (folder / "im1").write_bytes(IMAGE.read_bytes())
    monkeypatch.setattr(QFileDialog, dialog, lambda *_: chosen or str(folder))
    window.run_action(action)
    settled(window, qtbot, lambda: window.desk.report is not None)
    assert window.viewport.series is not None


def test_a_file_dialog_that_was_cancelled_opens_nothing(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    window.run_action("file.open")
    assert not window.tasks.busy()


def test_a_drag_of_text_is_not_taken(window: MainWindow) -> None:
    mime = QMimeData()
    mime.setText("not a file")
    over = QDragEnterEvent(
        QPoint(700, 400), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, NONE
    )
    over.ignore()
    QApplication.sendEvent(window, over)
    assert not over.isAccepted()


def test_opening_shows_progress_even_after_a_message_and_can_be_cancelled(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    window.statusBar().showMessage("5 files written to /somewhere.")
    services.hold_open = True
    window.desk.open([IMAGE])
    words = "Reading 3 of 6 files"
    qtbot.waitUntil(
        lambda: any(w.text() == words and w.isVisible() for w in window.findChildren(QLabel))
    )
    bar = window.statusBar()
    cancel = next(b for b in bar.findChildren(QPushButton) if b.text() == "Cancel")
    assert cancel.isVisible()
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    settled(window, qtbot)
    assert window.desk.result is None
    assert not cancel.isVisible()


def test_a_cancelled_draft_says_so_and_is_asked_for_again_by_key(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    services.hold_draft = True
    window.desk.open([IMAGE])
    qtbot.waitUntil(lambda: "Drafting the report…" in shown(window))
    cancel = next(b for b in window.statusBar().findChildren(QPushButton) if b.text() == "Cancel")
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    settled(window, qtbot)
    qtbot.waitUntil(
        lambda: "The draft was cancelled. Press D to draft the report." in shown(window)
    )
    services.hold_draft = False
    window.viewport.setFocus()
    press(window, qtbot, Qt.Key.Key_D, NONE)
    settled(window, qtbot, lambda: window.desk.report is not None)


def test_a_failed_draft_says_what_to_do(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    services.fail_draft = True
    window.desk.open([IMAGE])
    qtbot.waitUntil(
        lambda: "There is no draft. Press D to try again." in shown(window), timeout=9000
    )
    assert window.faults.text() == "The vision engine stopped. Draft the report again."
    assert window.faults.isVisible()


def shown(window: MainWindow) -> list[str]:
    return [w.text() for w in window.report.findChildren(QLabel) if w.isVisible()]


def test_one_key_accepts_rejects_deletes_and_undo_takes_it_back(
    reading: MainWindow, qtbot: QtBot
) -> None:
    before = texts(reading)
    reading.viewport.setFocus()
    reading.report.select("s3")
    press(reading, qtbot, Qt.Key.Key_A, NONE)
    assert state_of(reading, "s3") is StatementState.ACCEPTED
    assert reading.report.state.selected == "s4", "the next statement waits for its key"
    press(reading, qtbot, Qt.Key.Key_R, NONE)
    assert state_of(reading, "s4") is StatementState.REJECTED
    press(reading, qtbot, Qt.Key.Key_Delete, NONE)
    assert state_of(reading, "s5") is None
    press(reading, qtbot, Qt.Key.Key_Z, CTRL)
    press(reading, qtbot, Qt.Key.Key_Z, CTRL)
    assert texts(reading) == before
    press(reading, qtbot, Qt.Key.Key_Y, CTRL)
    assert state_of(reading, "s4") is StatementState.REJECTED


def test_letters_belong_to_the_chat_line_while_it_has_the_cursor(
    reading: MainWindow, qtbot: QtBot
) -> None:
    reading.report.select("s3")
    press(reading, qtbot, Qt.Key.Key_L, CTRL)
    qtbot.keyClicks(reading.chat.line, "dare")
    assert reading.chat.line.text() == "dare"
    assert state_of(reading, "s3") is StatementState.PROPOSED


def test_f6_reaches_every_pane_and_the_checks_too(reading: MainWindow, qtbot: QtBot) -> None:
    panes = [reading.studies, reading.viewport, reading.report, reading.problems, reading.chat]
    reading.studies.setFocus()
    order = []
    for _ in range(6):
        focus = QApplication.focusWidget()
        order.append(next(n for n, p in enumerate(panes) if p is focus or p.isAncestorOf(focus)))  # type: ignore[arg-type]
        press(reading, qtbot, Qt.Key.Key_F6, NONE)
    assert order == [0, 1, 2, 3, 4, 0]


def test_a_problem_leads_to_its_statement_by_click_and_by_key(
    reading: MainWindow, qtbot: QtBot
) -> None:
    rows = reading.problems._list
    assert rows.count() > 0
    with_place = [n for n in range(rows.count()) if rows.item(n).data(Qt.ItemDataRole.UserRole)]
    item = rows.item(with_place[0])
    place = rows.visualItemRect(item).center()
    qtbot.mouseClick(rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    chosen = item.data(Qt.ItemDataRole.UserRole)
    assert reading.report.state.selected == chosen
    reading.report.select("s1")
    rows.setFocus()
    rows.setCurrentItem(item)
    press(reading, qtbot, Qt.Key.Key_Return, NONE)
    assert reading.report.state.selected == chosen


def test_typing_that_leaves_the_fact_different_elsewhere_offers_the_second_edit(
    reading: MainWindow, qtbot: QtBot
) -> None:
    for text in ("A 6 mm nodule in the right lung.",):
        for section in ("Findings", "Impression"):
            line = reading.findChild(QLineEdit, f"new-{section}")
            assert line is not None
            qtbot.keyClicks(line, text)
            qtbot.keyClick(line, Qt.Key.Key_Return)
            settled(reading, qtbot)
    first = next(r for r in reading.report.state.rows() if "6 mm" in r.statement.text)
    reading.report.act("statement.edit", first.statement.id)
    editor = reading.report._rows[first.statement.id]._editor
    qtbot.keyClicks(editor, "An 8 mm nodule in the right lung.")
    qtbot.keyClick(editor, Qt.Key.Key_Return)

    def offers() -> list[QPushButton]:
        buttons = reading.chat.findChildren(QPushButton)
        return [b for b in buttons if b.text() == "Change this too" and b.isVisible()]

    settled(reading, qtbot, lambda: bool(offers()))
    qtbot.mouseClick(offers()[0], Qt.MouseButton.LeftButton)
    settled(reading, qtbot, lambda: sum("8 mm" in t for t in texts(reading)) == 2)
    assert not any("6 mm" in t for t in texts(reading))
    assert not offers()


def test_the_chat_says_which_statement_it_would_change(reading: MainWindow, qtbot: QtBot) -> None:
    reading.chat.submit("change left to right in sentence 2 of the findings")
    settled(reading, qtbot, lambda: reading.chat.pending)
    words = [w.text() for w in reading.chat.findChildren(QLabel)]
    assert "Findings 2" in words
    accept = next(b for b in reading.chat.findChildren(QPushButton) if b.text() == "Accept")
    qtbot.waitUntil(lambda: not accept.visibleRegion().isEmpty())
    press(reading, qtbot, Qt.Key.Key_Return, CTRL)
    assert "Small right pleural effusion." in texts(reading)


def test_a_proposal_of_the_chat_is_seen_whole(reading: MainWindow, qtbot: QtBot) -> None:
    long = "Multiple large rounded masses in both lungs, suspicious for metastases. " * 3
    reading.chat.submit(f"replace sentence 1 of the findings with: {long}")
    settled(reading, qtbot, lambda: reading.chat.pending)
    box = reading.chat._pending
    assert box is not None
    qtbot.waitUntil(lambda: box.height() > 60 and box.visibleRegion().boundingRect() == box.rect())


def test_the_window_fits_the_screen(window: MainWindow) -> None:
    room = window.screen().availableSize()
    assert window.width() <= room.width()
    assert window.height() <= room.height()


def test_long_names_and_running_work_never_widen_the_window(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    long = "P05aefef258e773a6129234a0854741ee^" + "Wolfeschlegelsteinhausenbergerdorff " * 4
    report = empty_report("r", StudyContext(patient_name=long, patient_id=long, modality="CR"))
    window.report.show_report(report)
    services.hold_open = True
    window.desk.open([IMAGE])
    qtbot.waitUntil(window.tasks.busy)
    assert window.minimumSizeHint().width() <= 1280
    window.resize(1280, 760)
    words = [w for w in window.statusBar().findChildren(QLabel) if "not a medical" in w.text()]
    qtbot.waitUntil(lambda: words[0].width() >= words[0].sizeHint().width())
    services.go.set()
    settled(window, qtbot, lambda: window.desk.report is not None)


def test_a_larger_window_gives_the_report_more_room_too(reading: MainWindow, qtbot: QtBot) -> None:
    reading.resize(1280, 760)
    qtbot.waitUntil(lambda: reading.report.width() < 470)
    reading.resize(2000, 760)
    qtbot.waitUntil(lambda: reading.report.width() > 640)


def test_signing_through_the_dialog_makes_the_report_final(
    reading: MainWindow, qtbot: QtBot
) -> None:
    seen: list[SignDialog] = []

    def fill_in() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, SignDialog):
            return
        poll.stop()
        seen.append(dialog)
        dialog._state.setCurrentIndex(dialog._state.count() - 1)
        for line in dialog._reasons.values():
            line.setText("Known")
        qtbot.mouseClick(dialog._sign, Qt.MouseButton.LeftButton)

    poll = QTimer()
    poll.timeout.connect(fill_in)
    poll.start(10)
    reading.run_action("report.sign")
    settled(reading, qtbot, lambda: bool(seen))
    settled(reading, qtbot, lambda: state(reading) is ReportState.FINAL)
    assert reading.faults.text() == ""
    assert not reading.chat.line.isEnabled()
    reading.desk.addend("Compared with outside images.")
    settled(reading, qtbot, lambda: "Compared with outside images." in shown(reading))


def state(window: MainWindow) -> ReportState | None:
    return window.desk.report.state if window.desk.report else None

"""The window shows the model's words while they come, and forgets them when the answer is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.domain.report import Report
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.errors import Cancelled
from radassist.library.lexicon import load_lexicon
from radassist.ports import CancelToken, Progress
from radassist.ui.chat_panel import ChatPanel
from radassist.ui.guide import Guide
from radassist.ui.main_window import MainWindow
from radassist.ui.theme import apply_theme
from radassist.workflow.chat import Chat, ChatTurn

IMAGE = data_file("RG1_UNCR.dcm")
ANSWER = "The cardiothoracic ratio is measured again in other words."


class Services(TestServices):
    """A scripted model whose words stop in the middle until the test lets them go."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, IMAGE)
        self.go = Event()

    def chat(
        self, report: Report, instruction: str, progress: Progress, cancel: CancelToken
    ) -> ChatTurn:
        model = ScriptedLanguageModel(lambda _m, _s: json.dumps({"text": ANSWER}))

        def told(fraction: float, text: str) -> None:
            progress(fraction, text)
            while fraction >= 0.5 and not self.go.wait(0.005):
                if cancel.cancelled():
                    raise Cancelled

        talk = Chat(load_lexicon(), model)
        return talk.respond(report, instruction, progress=told, cancel=cancel)


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
    made.show()
    made.desk.open([IMAGE])
    settle(made, qtbot, lambda: bool(made.desk.problems))
    yield made
    services.go.set()
    made.close()
    made.deleteLater()


def settle(window: MainWindow, qtbot: QtBot, also: Callable[[], bool]) -> None:
    qtbot.waitUntil(lambda: also() and not window.tasks.busy(), timeout=20_000)


def writing(panel: ChatPanel) -> list[str]:
    labels = [label for label in panel.findChildren(QLabel) if not label.isHidden()]
    return [label.text() for label in labels if label.text().startswith("Writing")]


def test_words_are_shown_as_they_come_and_go_with_the_answer(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    window.chat.submit("rephrase sentence 1 of the findings")
    qtbot.waitUntil(lambda: bool(writing(window.chat)), timeout=20_000)
    (shown,) = writing(window.chat)
    assert shown.startswith("Writing, not checked yet: The cardiothoracic")
    assert "{" not in shown and not window.chat.pending
    bar = [label.text() for label in window.statusBar().findChildren(QLabel)]
    assert not any("{" in text for text in bar)
    services.go.set()
    settle(window, qtbot, lambda: not window.chat.line.isReadOnly())
    assert writing(window.chat) == []


def test_a_cancel_takes_the_words_away(
    window: MainWindow, services: Services, qtbot: QtBot
) -> None:
    window.chat.submit("rephrase sentence 1 of the findings")
    qtbot.waitUntil(lambda: bool(writing(window.chat)), timeout=20_000)
    window.desk.stop_asking()
    settle(window, qtbot, lambda: not window.chat.line.isReadOnly())
    assert writing(window.chat) == []


def test_words_that_come_late_are_not_shown(qtbot: QtBot) -> None:
    panel = ChatPanel()
    qtbot.addWidget(panel)
    panel.show_stream("late")
    assert writing(panel) == []
    panel.set_busy(True)
    panel.show_stream("Small")
    panel.show_stream("Small left")
    assert writing(panel) == ["Writing, not checked yet: Small left"]
    panel.set_busy(False)
    assert writing(panel) == []

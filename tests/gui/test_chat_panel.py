"""The chat panel with the real chat: diff, accept, discard, offers, questions, busy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from radassist.domain.operations import Delete, Insert, Operation, apply
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report
from radassist.errors import EngineFault
from radassist.library.glossary import load_glossary
from radassist.library.lexicon import load_lexicon
from radassist.ui.chat_panel import ChatPanel
from radassist.workflow.chat import Chat
from radassist.workflow.shelf import Shelf
from radassist.workflow.tasks import Tasks

TEXTS = (
    ("Findings", "There is a 6 mm nodule in the right lower lobe."),
    ("Findings", "Small left pleural effusion."),
    ("Impression", "Small left pleural effusion."),
)


def make_report() -> Report:
    report = empty_report("r", StudyContext())
    for n, (section, text) in enumerate(TEXTS, start=1):
        statement = Statement(f"s{n}", text, Provenance("radiologist", "typed"))
        report = apply(report, Insert(section, 9, statement))
    return report


@pytest.fixture
def panel(qtbot: QtBot) -> ChatPanel:
    made = ChatPanel()
    qtbot.addWidget(made)
    made.resize(520, 320)
    return made


def ask(panel: ChatPanel, instruction: str) -> Report:
    report = make_report()
    panel.show_turn(report, Chat(load_lexicon(), None).respond(report, instruction))
    return report


def shown(panel: ChatPanel) -> list[str]:
    return [label.text() for label in panel.findChildren(QLabel)]


def test_easy_language_is_an_answer_that_can_be_copied(panel: ChatPanel, qtbot: QtBot) -> None:
    report = make_report()
    glossary = Shelf(glossary=load_glossary())
    talk = Chat(load_lexicon(), None, Tasks(glossary))
    panel.show_turn(report, talk.respond(report, "explain this to the patient"))
    assert not panel.pending
    answer = next(text for text in shown(panel) if "fluid around the left lung" in text)
    assert "[Findings 2, Impression 1]" in answer and "(s2)" not in answer
    copy = next(b for b in panel.findChildren(QPushButton) if b.text() == "Copy")
    qtbot.mouseClick(copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert "fluid around the left lung" in copied and "Findings" not in copied
    assert copy.text() == "Copied"


def test_enter_asks_once_and_the_busy_line_takes_no_second_question(
    panel: ChatPanel, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(panel.asked) as signal:
        qtbot.keyClicks(panel.line, "delete sentence 2")
        qtbot.keyClick(panel.line, Qt.Key.Key_Return)
    assert signal.args == ["delete sentence 2"]
    panel.set_busy(True)
    with qtbot.assertNotEmitted(panel.asked):
        qtbot.keyClicks(panel.line, "again")
        qtbot.keyClick(panel.line, Qt.Key.Key_Return)
    panel.set_busy(False)


def test_an_answer_names_sentences_by_the_numbers_on_the_screen(panel: ChatPanel) -> None:
    ask(panel, "is there an effusion?")
    answers = [text for text in shown(panel) if text.startswith("Yes: ")]
    assert len(answers) == 1
    assert "Findings 2: “Small left pleural effusion.”" in answers[0]


def test_a_click_leads_to_the_sentence_that_an_answer_quotes(
    panel: ChatPanel, qtbot: QtBot
) -> None:
    ask(panel, "is there an effusion?")
    (link,) = [b for b in panel.findChildren(QPushButton) if b.text() == "Findings 2"]
    with qtbot.waitSignal(panel.linked) as signal:
        qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert signal.args == ["s2"]


def test_a_change_is_shown_as_a_diff_and_applied_only_when_accepted(
    panel: ChatPanel, qtbot: QtBot
) -> None:
    report = ask(panel, "the nodule is 8 mm not 6 mm")
    words = shown(panel)
    assert "− There is a 6 mm nodule in the right lower lobe." in words
    assert "+ There is an 8 mm nodule in the right lower lobe." in words
    assert panel.pending
    with qtbot.waitSignal(panel.accepted) as signal:
        panel.accept()
    report_id, operations = signal.args
    assert report_id == report.id
    for operation in operations:
        report = apply(report, operation)
    assert report.find("s1")[1].text == "There is an 8 mm nodule in the right lower lobe."  # type: ignore[index]
    assert not panel.pending
    with qtbot.assertNotEmitted(panel.accepted):
        panel.accept()


def test_discard_changes_nothing(panel: ChatPanel, qtbot: QtBot) -> None:
    ask(panel, "delete sentence 2")
    with qtbot.assertNotEmitted(panel.accepted):
        panel.discard()
        panel.accept()
    assert not panel.pending


def test_the_same_fact_elsewhere_is_offered_apart(panel: ChatPanel, qtbot: QtBot) -> None:
    ask(panel, "change left to right in sentence 2")
    offer = next(b for b in panel.findChildren(QPushButton) if b.text() == "Change this too")
    taken: list[list[Operation]] = []
    panel.accepted.connect(lambda _id, operations: taken.append(operations))
    qtbot.mouseClick(offer, Qt.MouseButton.LeftButton)
    assert len(taken) == 1, "the change and the second edit are one act"
    report = make_report()
    for operation in taken[0]:
        report = apply(report, operation)
    assert [s.text for _, s in report.live()][1:] == ["Small right pleural effusion."] * 2


def test_a_question_is_answered_and_nothing_waits(panel: ChatPanel) -> None:
    ask(panel, "is there a rib fracture?")
    assert "The report does not say." in shown(panel)
    assert not panel.pending


def test_a_fault_is_one_sentence(panel: ChatPanel) -> None:
    panel.set_busy(True)
    panel.show_fault(EngineFault("The language model stopped.", "Ask again."))
    assert "The language model stopped. Ask again." in shown(panel)
    assert not panel.line.isReadOnly()


def test_what_was_proposed_for_a_report_that_changed_cannot_be_taken(
    panel: ChatPanel, qtbot: QtBot
) -> None:
    report = ask(panel, "change left to right in sentence 2")
    offer = next(b for b in panel.findChildren(QPushButton) if b.text() == "Change this too")
    panel.show_report(apply(report, Delete("s1")))
    assert not panel.pending
    with qtbot.assertNotEmitted(panel.accepted):
        panel.accept()
        offer.click()


def test_another_report_empties_the_chat(panel: ChatPanel, qtbot: QtBot) -> None:
    report = ask(panel, "delete sentence 2")
    panel.show_report(replace(report, id="other"))
    with qtbot.assertNotEmitted(panel.accepted):
        panel.accept()
    assert not panel.pending


def test_an_offer_ends_with_the_change_it_belongs_to(panel: ChatPanel, qtbot: QtBot) -> None:
    ask(panel, "change left to right in sentence 2")
    offer = next(b for b in panel.findChildren(QPushButton) if b.text() == "Change this too")
    panel.discard()
    with qtbot.assertNotEmitted(panel.accepted):
        offer.click()


def test_an_answer_with_many_links_is_as_wide_as_the_panel(panel: ChatPanel, qtbot: QtBot) -> None:
    report = empty_report("r", StudyContext())
    for number, word in enumerate(("nodule", "mass", "cyst", "effusion", "fracture", "opacity",
                                   "calcification", "atelectasis"), start=1):  # fmt: skip
        text = f"There is a small {word} on the right side of the examined part of the body."
        statement = Statement(f"s{number}", text, Provenance("radiologist", "typed"))
        report = apply(report, Insert("Findings", 9, statement))
    with qtbot.waitExposed(panel):
        panel.show()
    panel.show_turn(report, Chat(load_lexicon(), None).respond(report, "list all findings"))
    links = [b for b in panel.findChildren(QPushButton) if b.text().startswith("Findings ")]
    assert len(links) == 8
    qtbot.waitUntil(lambda: len({b.y() for b in links}) > 1)
    for widget in (*links, *panel.findChildren(QLabel)):
        if widget.isVisible():
            right = widget.mapTo(panel, widget.rect().bottomRight()).x()
            assert right <= panel.width(), widget.text()
    panel.hide()

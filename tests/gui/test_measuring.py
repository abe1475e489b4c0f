"""Measuring as a reader does it: keys and mouse on a real radiograph, into the report and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.domain.measuring.annotation import Annotation
from radassist.domain.report import Statement, StatementState
from radassist.store.annotations import SqliteAnnotations
from radassist.ui.guide import Guide
from radassist.ui.main_window import MainWindow
from radassist.ui.measurements_dialog import MeasurementsDialog
from radassist.ui.theme import apply_theme

IMAGE = data_file("RG1_UNCR.dcm")
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def services(tmp_path: Path) -> Iterator[TestServices]:
    made = TestServices(tmp_path, IMAGE)
    yield made
    made.store.close()


def settled(window: MainWindow, qtbot: QtBot, also: Callable[[], bool] = lambda: True) -> None:
    qtbot.waitUntil(lambda: also() and not window.tasks.busy(), timeout=20_000)


@pytest.fixture
def window(services: TestServices, qtbot: QtBot, qapp: QApplication) -> Iterator[MainWindow]:
    apply_theme(qapp)
    made = MainWindow(services, Guide("# Guide"))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    made.desk.open([IMAGE])
    settled(made, qtbot, lambda: bool(made.desk.problems) and made.viewport.pane.view() is not None)
    made.viewport.setFocus()
    yield made
    made.close()
    made.deleteLater()


def key(window: MainWindow, qtbot: QtBot, name: Qt.Key, shift: bool = False) -> None:
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    window.viewport.setFocus()
    qtbot.keyClick(window.viewport.pane, name, held)


def at(window: MainWindow, x: float, y: float) -> QPoint:
    """The place of an image position on the pane."""
    view = window.viewport.pane.view()
    assert view is not None
    return QPointF(*view.to_screen(x, y)).toPoint()


def drag(window: MainWindow, qtbot: QtBot, *places: tuple[float, float]) -> None:
    pane = window.viewport.pane
    points = [at(window, *place) for place in places]
    qtbot.mousePress(pane, LEFT, pos=points[0])
    for point in points[1:]:
        qtbot.mouseMove(pane, point)
    qtbot.mouseRelease(pane, LEFT, pos=points[-1])


def drawn(window: MainWindow, qtbot: QtBot, count: int = 1) -> Annotation:
    desk = window.measuring.desk
    settled(window, qtbot, lambda: len(desk.annotations) == count)
    settled(window, qtbot, lambda: len(desk.numbers()) == count)
    return desk.annotations[-1]


def statement(window: MainWindow) -> Statement:
    """The statement that came from a measurement."""
    assert window.desk.report is not None
    (found,) = [s for _, s in window.desk.report.live() if s.provenance.source == "measurement"]
    return found


def draw_line(window: MainWindow, qtbot: QtBot) -> Annotation:
    key(window, qtbot, Qt.Key.Key_L)
    drag(window, qtbot, (500, 600), (700, 600), (1100, 600))
    return drawn(window, qtbot)


def test_a_key_and_a_drag_measure_a_length(window: MainWindow, qtbot: QtBot) -> None:
    line = draw_line(window, qtbot)
    assert line.shape.value == "length"
    assert line.by == "Dr Roe"
    measured = window.measuring.desk.numbers()[line.id].main
    assert measured is not None
    # The pane shows the image smaller: a pixel of the screen is some pixels of the image.
    assert measured.value == pytest.approx(600, abs=12)
    # This test's series has no spacing: pixels, and it says so.
    assert "no pixel spacing" in window.measuring.desk.numbers()[line.id].notes[0]
    # The tool is put away: the next drag windows again.
    before = window.viewport.pane.current_window()
    drag(window, qtbot, (300, 1500), (600, 1500))
    assert window.viewport.pane.current_window() != before
    assert len(window.measuring.desk.annotations) == 1


@pytest.mark.parametrize(
    ("name", "shift", "strokes", "numbers"),
    [
        (Qt.Key.Key_B, False, [[(500, 600), (900, 600)], [(700, 500), (700, 700)]],
         {"long axis": 400, "short axis": 200}),
        (Qt.Key.Key_G, False, [[(900, 500)], [(500, 500)], [(500, 900)]], {"angle": 90}),
        (Qt.Key.Key_G, True, [[(400, 400), (900, 400)], [(400, 700), (900, 1200)]],
         {"Cobb angle": 45}),
        (Qt.Key.Key_R, True, [[(500, 500), (900, 700)]], {"area": 80_000}),
        (Qt.Key.Key_C, True, [[(600, 900), (1000, 900)], [(400, 1000), (1200, 1000)]],
         {"cardiothoracic ratio": 0.5}),
    ],
)  # fmt: skip
def test_every_tool_draws_what_its_name_says(
    window: MainWindow, qtbot: QtBot, name: Qt.Key, shift: bool,
    strokes: list[list[tuple[float, float]]], numbers: dict[str, float],
) -> None:  # fmt: skip
    key(window, qtbot, name, shift)
    for stroke in strokes:
        drag(window, qtbot, *stroke)
    found = drawn(window, qtbot)
    measured = window.measuring.desk.numbers()[found.id]
    for quantity, value in numbers.items():
        known = measured.get(quantity)
        assert known is not None
        assert known.value == pytest.approx(value, rel=0.05)


def test_a_region_gives_the_values_of_its_pixels(window: MainWindow, qtbot: QtBot) -> None:
    key(window, qtbot, Qt.Key.Key_E, shift=True)
    drag(window, qtbot, (500, 500), (900, 900))
    found = drawn(window, qtbot)
    levels = window.viewport.pane.levels()
    assert levels is not None
    mean = window.measuring.desk.numbers()[found.id].get("mean")
    assert mean is not None
    box = levels.frame.pixels[500:900, 500:900]
    assert box.min() < mean.value < box.max()


def test_escape_drops_what_is_being_drawn_then_the_tool(window: MainWindow, qtbot: QtBot) -> None:
    layer = window.viewport.pane.layer
    key(window, qtbot, Qt.Key.Key_G)
    drag(window, qtbot, (500, 500))
    assert layer.busy
    key(window, qtbot, Qt.Key.Key_Escape)
    assert not layer.busy
    assert layer.tool is not None
    key(window, qtbot, Qt.Key.Key_Escape)
    assert layer.tool is None
    assert window.measuring.desk.annotations == ()


def test_the_number_in_the_report_follows_the_caliper(window: MainWindow, qtbot: QtBot) -> None:
    line = draw_line(window, qtbot)
    drag(window, qtbot, (800, 600))  # a click on the line selects it
    assert window.measuring.selected == line.id
    key(window, qtbot, Qt.Key.Key_Return, shift=True)
    settled(window, qtbot, lambda: any(
        s.provenance.source == "measurement" for _, s in window.desk.report.live()
    ) if window.desk.report else False)  # fmt: skip
    said = statement(window)
    number = window.measuring.desk.numbers()[line.id].main
    assert number is not None
    assert f"{number.value:.0f} px" in said.text
    window.desk.apply("r1", [_accept(said.id)], "key")
    settled(window, qtbot)

    drag(window, qtbot, (1100, 600), (1200, 600), (1300, 600))  # its end is dragged further
    settled(window, qtbot, lambda: statement(window).text != said.text)
    now = window.measuring.desk.numbers()[line.id].main
    assert now is not None
    assert now.value > number.value + 150
    assert f"{now.value:.0f} px" in statement(window).text
    assert statement(window).state is StatementState.PROPOSED

    window.run_action("measure.undo")
    settled(window, qtbot, lambda: statement(window).text == said.text)


def _accept(statement_id: str):  # type: ignore[no-untyped-def]
    from radassist.domain.operations import accept

    return accept(statement_id)


def test_label_and_delete(window: MainWindow, qtbot: QtBot) -> None:
    line = draw_line(window, qtbot)
    window.viewport.pane.layer.select(line.id)

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        field = dialog.findChild(QLineEdit)
        assert field is not None
        assert field.text() == "Lesion 1"
        qtbot.keyClick(field, Qt.Key.Key_Return)

    QTimer.singleShot(0, answer)
    key(window, qtbot, Qt.Key.Key_L, shift=True)
    settled(window, qtbot, lambda: window.measuring.desk.annotations[0].label == "Lesion 1")
    with qtbot.waitActive(window):
        window.activateWindow()
    key(window, qtbot, Qt.Key.Key_Delete, shift=True)
    settled(window, qtbot, lambda: window.measuring.desk.annotations == ())
    assert window.measuring.selected == ""


def test_the_list_jumps_sends_and_deletes(window: MainWindow, qtbot: QtBot) -> None:
    line = draw_line(window, qtbot)
    seen: list[str] = []

    def act() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, MeasurementsDialog)
        try:
            use(dialog)
        finally:
            dialog.accept()  # a dialog that stays open would hold the test for ever

    def use(dialog: MeasurementsDialog) -> None:
        seen.extend(dialog.table.item(0, c).text() for c in range(5))
        qtbot.mouseClick(dialog.go, LEFT)
        assert window.measuring.selected == line.id
        dialog.table.item(0, 0).setText("Target 1")
        qtbot.waitUntil(
            lambda: window.measuring.desk.annotations[0].label == "Target 1", timeout=20_000
        )
        qtbot.mouseClick(dialog.send, LEFT)
        qtbot.mouseClick(dialog.delete, LEFT)
        qtbot.waitUntil(dialog.table.isHidden, timeout=20_000)
        assert window.measuring.desk.annotations == ()

    QTimer.singleShot(0, act)
    window.run_action("measure.list")
    assert seen[1] == "length"
    assert " px" in seen[2]
    assert seen[3] == "image 1"
    settled(window, qtbot)


def test_a_volume_of_one_outline_is_refused_in_words(window: MainWindow, qtbot: QtBot) -> None:
    key(window, qtbot, Qt.Key.Key_R, shift=True)
    drag(window, qtbot, (500, 500), (900, 700))
    area = drawn(window, qtbot)
    window.measuring.desk.relabel(area.id, "Lesion 1")
    settled(window, qtbot, lambda: window.measuring.desk.annotations[0].label == "Lesion 1")
    window.viewport.pane.layer.select(area.id)
    window.run_action("measure.volume")
    settled(window, qtbot, lambda: "two images" in window.statusBar().currentMessage())


def test_key_images_are_marked_with_a_key(
    window: MainWindow, services: TestServices, qtbot: QtBot
) -> None:
    key(window, qtbot, Qt.Key.Key_K, shift=True)
    settled(window, qtbot, window.measuring.is_key_image)
    study = window.viewport.study
    assert study is not None
    marked = SqliteAnnotations(services.store).key_images(study.study_instance_uid)
    frame = window.viewport.pane.frame()
    assert frame is not None
    assert marked == (frame.ref,)
    key(window, qtbot, Qt.Key.Key_K, shift=True)
    settled(window, qtbot, lambda: not window.measuring.is_key_image())


def test_measurements_are_there_when_the_study_is_opened_again(
    window: MainWindow, services: TestServices, qtbot: QtBot
) -> None:
    line = draw_line(window, qtbot)
    other = MainWindow(services, Guide("# Guide"))
    with qtbot.waitActive(other):
        other.show()
        other.activateWindow()
    try:
        other.desk.open([IMAGE])
        settled(other, qtbot, lambda: len(other.viewport.pane.layer.shown) == 1)
        assert other.viewport.pane.layer.shown == (line,)
    finally:
        other.close()
        other.deleteLater()

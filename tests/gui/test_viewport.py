"""The viewport as a reader uses it: wheel, drags, keys' actions, evidence; on real images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_images import only_series, open_files

from radassist.commands import ACTIONS
from radassist.dicom.archive import DicomArchive
from radassist.domain.findings import Caliper, Finding, ImageRef, Measurement, Presence
from radassist.domain.study import Frame, Series, Study
from radassist.domain.windowing import to_display
from radassist.errors import InputFault
from radassist.ports import DecodedFrame, VisionResult
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.ui.viewport import Viewport
from radassist.ui.viewport_frames import key_of, order_of_need

Opened = tuple[Study, Series]
Show = Callable[[Opened], Viewport]


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(1) as made:
        open_files(made, "emri_small.dcm")  # starts the worker, for all tests
        yield made


@pytest.fixture(scope="module")
def stack(archive: DicomArchive) -> Opened:
    return only_series(open_files(archive, "emri_small.dcm"))


@pytest.fixture(scope="module")
def chest(archive: DicomArchive) -> Opened:
    return only_series(open_files(archive, "RG1_J2KR.dcm"))


@pytest.fixture
def tasks(qtbot: QtBot, qapp: QApplication) -> Iterator[Tasks]:
    apply_theme(qapp)
    made = Tasks()
    yield made
    made.shutdown()


@pytest.fixture
def show(qtbot: QtBot, tasks: Tasks, archive: DicomArchive) -> Show:
    """Shows a series in a fresh viewport and waits for its first image."""

    def shown(opened: Opened) -> Viewport:
        viewport = Viewport(tasks, archive.decode)
        qtbot.addWidget(viewport)
        viewport.resize(620, 600)
        viewport.show()
        viewport.set_series(*opened, {})
        qtbot.waitUntil(lambda: viewport.pane.levels() is not None, timeout=20_000)
        return viewport

    return shown


def wheel(viewport: Viewport, turned: int, *, ctrl: bool = False) -> None:
    pane = viewport.pane
    middle = QPointF(pane.rect().center())
    held = Qt.KeyboardModifier.ControlModifier if ctrl else Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(
        middle, pane.mapToGlobal(middle), QPoint(), QPoint(0, turned), Qt.MouseButton.NoButton,
        held, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pane, event)


def drag(qtbot: QtBot, viewport: Viewport, button: Qt.MouseButton, by: tuple[int, int]) -> None:
    start = viewport.pane.rect().center()
    end = start + QPoint(*by)
    qtbot.mousePress(viewport.pane, button, pos=start)
    qtbot.mouseMove(viewport.pane, (start + end) / 2)
    qtbot.mouseMove(viewport.pane, end)
    qtbot.mouseRelease(viewport.pane, button, pos=end)


def pixels(viewport: Viewport) -> np.ndarray:
    image = viewport.pane.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    flat = np.frombuffer(image.constBits(), np.uint8)
    rows = flat.reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def test_the_wheel_scrolls_and_stops_at_the_ends(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    seen: list[tuple[int, int]] = []
    viewport.frame_changed.connect(lambda index, count: seen.append((index, count)))
    for _ in range(3):
        wheel(viewport, -120)
    wheel(viewport, 120)
    assert seen == [(1, 10), (2, 10), (3, 10), (2, 10)]
    for _ in range(12):
        wheel(viewport, -120)
    assert viewport.state.index == 9
    assert viewport.slider.value() == 9


def test_a_touchpad_needs_a_whole_step(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    for _ in range(3):
        wheel(viewport, -30)
    assert viewport.state.index == 0
    wheel(viewport, -30)
    assert viewport.state.index == 1


def test_the_slider_moves_the_image(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    assert viewport.slider.isVisible()
    viewport.slider.setValue(6)
    assert viewport.state.index == 6


def test_neighbours_are_fetched_ahead(stack: Opened, show: Show, qtbot: QtBot) -> None:
    viewport = show(stack)
    frames = stack[1].frames
    qtbot.waitUntil(lambda: all(viewport.store.get(f) is not None for f in frames), timeout=20_000)


def test_what_is_needed_first_is_asked_for_first(stack: Opened) -> None:
    frames = stack[1].frames
    order = [frames.index(f) for f in order_of_need(frames, 5, -1)]
    assert order == [5, 4, 3, 2, 6, 1, 0, 7, 8, 9]
    assert sorted(order_of_need(frames, 0, 1), key=frames.index) == list(frames)


def test_left_drag_changes_the_window_and_reset_takes_it_back(
    chest: Opened, show: Show, qtbot: QtBot
) -> None:
    viewport = show(chest)
    own = viewport.pane.current_window()
    lines: list[str] = []
    viewport.window_changed.connect(lines.append)
    drag(qtbot, viewport, Qt.MouseButton.LeftButton, (60, 30))
    centre, width = viewport.pane.current_window()
    assert width == pytest.approx(own[1] * 1.2)
    assert centre == pytest.approx(own[0] + 0.1 * own[1])
    assert lines[-1] == f"W {width:.0f}  L {centre:.0f}"
    viewport.perform("view.reset")
    assert viewport.pane.current_window() == own


def test_middle_drag_pans_and_right_drag_zooms(stack: Opened, show: Show, qtbot: QtBot) -> None:
    viewport = show(stack)
    drag(qtbot, viewport, Qt.MouseButton.RightButton, (0, -100))
    assert viewport.state.zoom == pytest.approx(np.exp(0.5))
    before = viewport.pane.view()
    assert before is not None
    drag(qtbot, viewport, Qt.MouseButton.MiddleButton, (40, -20))
    after = viewport.pane.view()
    assert after is not None
    assert after.offset_x - before.offset_x == pytest.approx(40)
    assert after.offset_y - before.offset_y == pytest.approx(-20)
    qtbot.mouseDClick(viewport.pane, Qt.MouseButton.LeftButton)
    assert (viewport.state.zoom, viewport.state.pan) == (1.0, (0.0, 0.0))


def test_a_right_click_asks_for_the_menu_and_does_not_zoom(
    stack: Opened, show: Show, qtbot: QtBot
) -> None:
    viewport = show(stack)
    with qtbot.waitSignal(viewport.menu_requested, timeout=1000):
        qtbot.mouseClick(viewport.pane, Qt.MouseButton.RightButton)
    assert viewport.state.zoom == 1.0


def test_ctrl_wheel_zooms_about_the_pointer(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    wheel(viewport, 120, ctrl=True)
    assert viewport.state.zoom == pytest.approx(1.2)
    assert viewport.state.index == 0


def test_every_view_action_of_the_table_is_done_here(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    for item in ACTIONS:
        if item.id.startswith("view.") and not item.id.startswith("view.preset_"):
            assert viewport.perform(item.id), item.id
    viewport.go_to(0)  # decoded already
    presets = viewport.presets()
    for number in range(1, 10):
        assert viewport.perform(f"view.preset_{number}") is (number <= len(presets))
    assert not viewport.perform("report.sign")


def test_the_pane_shows_the_windowed_pixels(chest: Opened, show: Show) -> None:
    viewport = show(chest)
    viewport.perform("view.text")
    levels = viewport.pane.levels()
    assert levels is not None
    assert levels.frame.inverted  # MONOCHROME1
    shown = to_display(levels.frame)
    view = viewport.pane.view()
    assert view is not None
    got = pixels(viewport)
    for x, y in ((300, 300), (800, 900), (1200, 1500), (1600, 400)):
        sx, sy = view.to_screen(x, y)
        around = shown[y - 8 : y + 9, x - 8 : x + 9]
        assert abs(float(got[int(sy), int(sx), 0]) - float(around.mean())) < 12


def test_inverting_inverts_the_pixels(chest: Opened, show: Show) -> None:
    viewport = show(chest)
    viewport.perform("view.text")
    before = pixels(viewport)[300, 310].astype(int)
    viewport.perform("view.invert")
    after = pixels(viewport)[300, 310].astype(int)
    assert np.abs(before + after - 255).max() <= 3


def test_at_full_size_a_deep_zoom_shows_single_pixels(chest: Opened, show: Show) -> None:
    viewport = show(chest)
    viewport.perform("view.text")
    viewport.perform("view.actual_size")
    levels, view = viewport.pane.levels(), viewport.pane.view()
    assert levels is not None and view is not None
    assert view.scale_x == pytest.approx(1.0)
    shown = to_display(levels.frame)
    x, y = (round(v) for v in view.to_image(200, 200))
    area = shown[y - 1 : y + 2, x - 1 : x + 2].astype(int)
    got = int(pixels(viewport)[200, 200, 0])
    assert area.min() - 2 <= got <= area.max() + 2


def vision(series: Series) -> dict[tuple[str, int], VisionResult]:
    frame = series.frames[0]
    mask = np.zeros((frame.instance.rows, frame.instance.columns), np.uint8)
    mask[600:1200, 700:1300] = 1
    measurement = Measurement(
        "m1", "cardiothoracic ratio", 0.54, "1", 0.04, frame.ref,
        (Caliper("heart", 700, 900, 1300, 900),),
    )  # fmt: skip
    finding = Finding("f1", "cardiomegaly", "CTR", Presence.PRESENT, "", "cxr@1",
                      image=frame.ref, measurement=measurement)  # fmt: skip
    return {key_of(frame): VisionResult("cxr@1", frame.ref, (finding,), mask, ((1, "heart"),))}


def test_regions_and_calipers_are_drawn_and_switched_off(
    chest: Opened, show: Show, qtbot: QtBot
) -> None:
    viewport = show(chest)
    viewport.perform("view.text")
    bare = pixels(viewport)
    viewport.set_vision(vision(chest[1]))
    qtbot.waitUntil(viewport.has_overlay, timeout=5000)
    assert viewport.has_calipers()
    drawn = pixels(viewport)
    view = viewport.pane.view()
    assert view is not None
    x, y = view.to_screen(699.5, 1000)
    strip = drawn[int(y), int(x) - 2 : int(x) + 3].astype(int)
    assert (strip[:, 2] - strip[:, 0]).max() > 60  # the blue outline, on the border itself
    inside = drawn[int(view.to_screen(0, 1100)[1]), int(view.to_screen(1000, 0)[0])].astype(int)
    assert np.ptp(inside) == 0  # the anatomy inside is left alone
    viewport.perform("view.overlay")
    viewport.perform("view.calipers")
    assert np.array_equal(pixels(viewport), bare)


def test_evidence_jumps_to_its_image_and_marks_it(stack: Opened, show: Show, qtbot: QtBot) -> None:
    viewport = show(stack)
    ref = stack[1].frames[7].ref
    measurement = Measurement("m9", "width", 12.0, "mm", None, ref, (Caliper("w", 10, 20, 40, 20),))
    assert viewport.show_evidence(ref, measurement)
    assert viewport.state.index == 7
    qtbot.waitUntil(lambda: viewport.pane.levels() is not None, timeout=20_000)
    marked = pixels(viewport)
    assert viewport.clear_evidence()
    assert not viewport.clear_evidence()
    assert not np.array_equal(pixels(viewport), marked)
    assert not viewport.show_evidence(ImageRef("1", "2", "no such image"))


def test_evidence_of_another_series_shows_that_series(
    stack: Opened, show: Show, qtbot: QtBot
) -> None:
    study, series = stack
    front = replace(series, frames=series.frames[:4], part=1)
    back = replace(series, frames=series.frames[4:], part=2)
    viewport = show((replace(study, series=(front, back)), front))
    with qtbot.waitSignal(viewport.series_changed) as caught:
        assert viewport.show_evidence(back.frames[2].ref)
    assert caught.args is not None
    assert caught.args[1] is back
    assert viewport.state.index == 2


def test_a_series_comes_back_as_it_was_left(stack: Opened, show: Show) -> None:
    study, series = stack
    viewport = show(stack)
    viewport.go_to(4)
    viewport.perform("view.invert")
    viewport.set_series(study, replace(series, frames=series.frames[:2], part=1))
    assert (viewport.state.index, viewport.state.inverted) == (0, False)
    viewport.set_series(study, series)
    assert (viewport.state.index, viewport.state.inverted) == (4, True)


def test_a_broken_image_says_so_and_the_others_are_shown(
    stack: Opened, tasks: Tasks, archive: DicomArchive, qtbot: QtBot
) -> None:
    broken = stack[1].frames[1]

    def decode(frame: Frame) -> DecodedFrame:
        if frame == broken:
            raise InputFault("An image cannot be shown: its pixel data is damaged.")
        return archive.decode(frame)

    viewport = Viewport(tasks, decode)
    qtbot.addWidget(viewport)
    viewport.resize(400, 400)
    viewport.show()
    viewport.set_series(*stack, {})
    viewport.go_to(1)
    qtbot.waitUntil(lambda: bool(viewport.pane.fault()), timeout=20_000)
    assert "damaged" in viewport.pane.fault()
    assert not viewport.perform("view.preset_1")
    got = pixels(viewport)
    assert int(np.ptp(got)) > 60  # words, no stale image
    viewport.go_to(2)
    qtbot.waitUntil(lambda: viewport.pane.levels() is not None, timeout=20_000)


def test_an_empty_pane_takes_every_command(tasks: Tasks, qtbot: QtBot, tmp_path: Path) -> None:
    def never(frame: Frame) -> DecodedFrame:
        raise AssertionError(frame)

    viewport = Viewport(tasks, never)
    qtbot.addWidget(viewport)
    viewport.resize(300, 300)
    viewport.show()
    for item in ACTIONS:
        viewport.perform(item.id)
    wheel(viewport, 120)
    drag(qtbot, viewport, Qt.MouseButton.LeftButton, (30, 30))
    assert viewport.pane.window_line() == ""
    assert int(np.ptp(pixels(viewport))) > 60  # it says that there is no image


def test_clearing_forgets_the_patient(stack: Opened, show: Show) -> None:
    viewport = show(stack)
    viewport.clear()
    assert viewport.series is None
    assert viewport.store.get(stack[1].frames[0]) is None
    assert not viewport.slider.isVisible()


@pytest.mark.parametrize("size", [(160, 160), (300, 900), (1900, 1400)])
def test_any_size_of_pane(stack: Opened, show: Show, size: tuple[int, int]) -> None:
    viewport = show(stack)
    viewport.resize(*size)
    got = pixels(viewport)
    assert int(np.ptp(got)) > 100

"""Several panes: layouts, the active one, linked scrolling, reference lines, hanging."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_images import only_series, open_files

from radassist.dicom.archive import DicomArchive
from radassist.domain.hanging import Hung, Pane
from radassist.domain.study import Frame, Series, Study
from radassist.ports import DecodedFrame
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.ui.viewport import Viewport
from radassist.ui.viewport_grid import LAYOUTS, ViewportGrid

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[Study, Series]]:
    with DicomArchive(1) as archive:
        yield only_series(open_files(archive, "emri_small.dcm"))


def made(real: tuple[Study, Series], step: float, count: int, **facts: object) -> Series:
    """A series of the real image with a geometry that is known: ``count`` slices ``step`` apart."""
    frame = real[1].frames[0]
    orientation = facts.pop("orientation", AXIAL)
    frames = tuple(
        Frame(
            replace(frame.instance, sop_instance_uid=f"{facts['uid']}.{i}"),
            0,
            orientation,  # type: ignore[arg-type]
            (0.0, 0.0, i * step) if orientation == AXIAL else (i * step, 0.0, 60.0),
        )
        for i in range(count)
    )
    return replace(
        real[1], series_instance_uid=str(facts["uid"]), frames=frames, pixel_spacing=(1.0, 1.0),
        spacing_source="PixelSpacing", frame_of_reference_uid=str(facts.get("place", "1.9")),
        rows=64, columns=64,
    )  # fmt: skip


def decode(frame: Frame) -> DecodedFrame:
    pixels = np.zeros((64, 64), np.int16)
    return DecodedFrame(frame.ref, pixels, (0.0, 100.0), False)


@pytest.fixture
def grid(qtbot: QtBot, qapp: QApplication) -> Iterator[ViewportGrid]:
    apply_theme(qapp)
    tasks = Tasks()
    shown = ViewportGrid(tasks, decode)
    shown.resize(900, 700)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    shown.close()
    tasks.shutdown()
    shown.deleteLater()


def fill(grid: ViewportGrid, study: Study, *series: Series) -> None:
    for number, one in enumerate(series):
        grid.activate(number)
        grid.set_series(study, one)
    grid.activate(0)


def wheel(viewport: Viewport, steps: int) -> None:
    pane = viewport.pane
    place = QPointF(pane.rect().center())
    event = QWheelEvent(
        place, pane.mapToGlobal(place), QPoint(), QPoint(0, -120 * steps),
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(pane, event)


@pytest.mark.parametrize(("name", "shape"), list(LAYOUTS.items()))
def test_every_layout_shows_its_panes_side_by_side(
    grid: ViewportGrid, name: str, shape: tuple[int, int]
) -> None:
    grid.handlers()[f"layout.{name}"]()
    QApplication.processEvents()
    panes = grid.panes()
    assert len(panes) == shape[0] * shape[1]
    assert all(pane.isVisible() and pane.width() >= 150 for pane in panes)
    corners = {(p.mapTo(grid, QPoint(0, 0)).x(), p.mapTo(grid, QPoint(0, 0)).y()) for p in panes}
    assert len({x for x, _ in corners}) == shape[1]
    assert len({y for _, y in corners}) == shape[0]


def test_a_click_makes_a_pane_the_active_one(
    grid: ViewportGrid, qtbot: QtBot, real: tuple[Study, Series]
) -> None:
    grid.set_grid(1, 2)
    a, b = made(real, 5, 9, uid="1"), made(real, 5, 9, uid="2")
    fill(grid, real[0], a, b)
    qtbot.mouseClick(grid.viewports[1].pane, Qt.MouseButton.LeftButton)
    assert grid.series is b
    grid.step(1)
    assert grid.series is a


def test_panes_of_one_study_scroll_together_by_place(
    grid: ViewportGrid, real: tuple[Study, Series]
) -> None:
    grid.set_grid(1, 2)
    fill(grid, real[0], made(real, 2, 50, uid="1"), made(real, 5, 20, uid="2"))
    wheel(grid.viewports[0], 20)
    assert [v.state.index for v in grid.shown()] == [20, 8]
    wheel(grid.viewports[1], 2)
    assert [v.state.index for v in grid.shown()] == [25, 10]
    grid.toggle_linked()
    wheel(grid.viewports[0], 5)
    assert [v.state.index for v in grid.shown()] == [30, 10]


def test_a_prior_is_linked_at_the_distance_that_the_reader_sets(
    grid: ViewportGrid, real: tuple[Study, Series]
) -> None:
    grid.set_grid(1, 2)
    now, before = made(real, 5, 20, uid="1"), made(real, 5, 30, uid="2", place="7.7")
    fill(grid, real[0], now, before)
    wheel(grid.viewports[0], 4)
    assert grid.viewports[1].state.index == 0  # no shared coordinates: nothing follows by itself
    grid.viewports[1].go_to(10)
    grid.toggle_linked()
    grid.toggle_linked()
    wheel(grid.viewports[0], 3)
    assert [v.state.index for v in grid.shown()] == [7, 13]


def test_reference_lines_show_where_the_other_pane_cuts(
    grid: ViewportGrid, qtbot: QtBot, real: tuple[Study, Series]
) -> None:
    grid.set_grid(1, 2)
    side = made(real, 3, 15, uid="2", orientation=SAGITTAL)
    fill(grid, real[0], made(real, 5, 12, uid="1"), side)
    grid.viewports[1].go_to(4)  # x = 12 mm
    pane = grid.viewports[0].pane
    (line,) = pane._lines
    assert line.start[0] == pytest.approx(12.0)
    assert line.end[0] == pytest.approx(12.0)
    qtbot.waitUntil(lambda: pane.view() is not None)
    view = pane.view()
    assert view is not None
    x, y = view.to_screen(12.0, 50.0)
    assert pane.grab().toImage().pixelColor(int(x * pane.devicePixelRatioF()), int(y)).value() > 60
    grid.toggle_lines()
    assert pane._lines == ()


def test_a_smaller_grid_lets_the_other_series_go(
    grid: ViewportGrid, real: tuple[Study, Series]
) -> None:
    grid.set_grid(1, 2)
    fill(grid, real[0], made(real, 5, 9, uid="1"), made(real, 5, 9, uid="2"))
    grid.activate(1)
    grid.set_grid(1, 1)
    assert grid.series is not None
    assert grid.series.series_instance_uid == "1"
    assert grid.viewports[1].series is None


def test_hanging_fills_the_panes_with_current_and_prior(
    grid: ViewportGrid, real: tuple[Study, Series]
) -> None:
    now, before = made(real, 5, 9, uid="1"), made(real, 5, 9, uid="2", place="8")
    prior = replace(real[0], study_instance_uid="prior", series=(before,))
    grid.set_grid(1, 2)
    grid.hang(real[0], (Hung(Pane(), now), Hung(Pane(prior=True), before)), prior)
    assert [v.series for v in grid.shown()] == [now, before]
    assert [v.study for v in grid.shown()] == [real[0], prior]
    grid.clear()
    assert [v.series for v in grid.viewports] == [None, None]
    assert grid.shape == (1, 1)


def test_a_new_pane_shows_what_the_reader_left_switched_on(
    grid: ViewportGrid, real: tuple[Study, Series]
) -> None:
    fill(grid, real[0], made(real, 5, 9, uid="1"))
    grid.perform("view.text")
    grid.perform("view.overlay")
    grid.set_grid(1, 2)
    fill(grid, real[0], made(real, 5, 9, uid="1"), made(real, 5, 9, uid="2"))
    states = [v.state for v in grid.shown()]
    assert [(s.show_text, s.show_regions, s.show_calipers) for s in states] == [
        (False, False, True),
        (False, False, True),
    ]

"""The change table over two dates of one patient, measured on their own images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from real_images import Never, data_file
from window_services import TestServices

from radassist.dicom.archive import DicomArchive
from radassist.domain.measuring.annotation import Shape
from radassist.domain.measuring.compare import ChangeTable, change_table
from radassist.domain.study import Frame, OpenResult, Series
from radassist.ports import DecodedFrame
from radassist.ui.compare_dialog import CompareDialog
from radassist.ui.measure_desk import MeasureDesk
from radassist.ui.measuring import Measuring
from radassist.ui.tasks import Tasks
from radassist.ui.viewport_grid import ViewportGrid


class Services(TestServices):
    """The test services over the real archive."""

    __test__ = False

    def __init__(self, folder: Path, archive: DicomArchive) -> None:
        super().__init__(folder, data_file("RG1_UNCR.dcm"))
        self.archive = archive

    def decode(self, frame: Frame) -> DecodedFrame:
        return self.archive.decode(frame)


@pytest.fixture
def opened(shared_data: Path, tmp_path: Path) -> Iterator[tuple[OpenResult, Services]]:
    folder = shared_data / "dicom/A_series/prior_current_A098752"
    with DicomArchive(1) as archive:
        services = Services(tmp_path, archive)
        yield archive.open([folder], lambda _f, _t: None, Never()), services
        services.store.close()


def plane(result: OpenResult, number: int) -> tuple[Series, float]:
    """(the axial series of the number-th study by date, millimetres a column)."""
    study = sorted(result.studies, key=lambda s: s.study_date)[number]
    series = next(s for s in study.series if s.plane == "axial")
    assert series.pixel_spacing is not None
    return series, series.pixel_spacing[1]


def test_a_label_on_two_dates_gives_a_change(
    opened: tuple[OpenResult, Services], qtbot: QtBot
) -> None:
    result, services = opened
    tasks = Tasks()
    desk = MeasureDesk(services, tasks)
    try:
        for number, pixels in ((0, 40.0), (1, 50.0)):
            series, _ = plane(result, number)
            ref = series.frames[0].ref
            kept = services.annotations(ref.study_uid)
            kept.add(Shape.LENGTH, ref, [(10.0, 10.0), (10.0 + pixels, 10.0)], "Lesion 1")
        newest = max(result.studies, key=lambda s: s.study_date)
        desk.show_study(newest)
        tables: list[ChangeTable] = []
        desk.compare(result.studies, tables.append)
        qtbot.waitUntil(lambda: bool(tables), timeout=20_000)
    finally:
        tasks.shutdown()
    (row,) = tables[0].rows
    expected = 50.0 * plane(result, 1)[1] - 40.0 * plane(result, 0)[1]
    assert row.difference == pytest.approx(expected)
    dialog = CompareDialog(tables[0])
    qtbot.addWidget(dialog)
    cells = [dialog.table.item(0, c).text() for c in range(dialog.table.columnCount())]
    assert cells[0] == "Lesion 1"
    assert cells[-2] == row.change
    heads = [dialog.table.horizontalHeaderItem(c).text() for c in (2, 3)]
    assert heads == sorted(heads)
    assert "-" in heads[0]


def test_nothing_to_compare_says_what_to_do(qtbot: QtBot) -> None:
    dialog = CompareDialog(change_table([]))
    qtbot.addWidget(dialog)
    assert any("same label on two dates" in label.text() for label in dialog.findChildren(QLabel))


def test_current_and_prior_keep_their_own_drawings_side_by_side(
    opened: tuple[OpenResult, Services], qtbot: QtBot
) -> None:
    result, services = opened
    tasks = Tasks()
    grid = ViewportGrid(tasks, services.decode)
    qtbot.addWidget(grid)
    measuring = Measuring(MeasureDesk(services, tasks), grid, grid)
    try:
        grid.resize(900, 500)
        with qtbot.waitExposed(grid):
            grid.show()
        grid.set_grid(1, 2)
        studies = sorted(result.studies, key=lambda s: s.study_date, reverse=True)
        grid.series_changed.connect(measuring.show_series)
        for number, study in enumerate(studies):
            grid.activate(number)
            grid.set_series(study, next(s for s in study.series if s.plane == "axial"))
        panes = grid.panes()
        qtbot.waitUntil(lambda: all(p.view() is not None for p in panes), timeout=20_000)
        for number, pane in enumerate(panes):
            # The click that turns to the other study is the first point of the line on it.
            pane.layer.choose_tool(Shape.LENGTH)
            middle = pane.rect().center()
            qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=middle)
            qtbot.mouseMove(pane, middle + QPoint(60, 0))
            qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
            assert grid.study is studies[number]
        desk = measuring.desk
        qtbot.waitUntil(lambda: len(desk.numbers()) == 2, timeout=20_000)
        shown = [pane.layer.shown for pane in panes]
        assert [len(drawn) for drawn in shown] == [1, 1]
        assert [drawn[0].image.study_uid for drawn in shown] == [
            s.study_instance_uid for s in studies
        ]
        # Each study undoes its own latest step, also after the other was turned to.
        grid.activate(0)
        measuring.handlers()["measure.undo"]()
        qtbot.waitUntil(lambda: not panes[0].layer.shown, timeout=20_000)
        assert len(panes[1].layer.shown) == 1
    finally:
        grid.close()
        tasks.shutdown()

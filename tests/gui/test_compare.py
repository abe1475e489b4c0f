"""The change table over two dates of one patient, measured on their own images."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
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
from radassist.ui.tasks import Tasks


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
    from PySide6.QtWidgets import QLabel

    assert any("same label on two dates" in label.text() for label in dialog.findChildren(QLabel))

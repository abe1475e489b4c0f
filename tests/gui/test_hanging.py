"""Hanging protocols on real studies: by themselves, from the menu, and a prior by one key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QInputDialog
from pytestqt.qtbot import QtBot
from real_images import Never, data_file, open_files

from radassist.dicom.archive import DicomArchive
from radassist.ui.hanging import Hanging
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.ui.viewport_grid import ViewportGrid
from radassist.workflow.study_choice import Subject, choose


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(1) as made:
        open_files(made, "RG1_UNCR.dcm")  # starts the worker, for all tests
        yield made


@pytest.fixture
def grid(qtbot: QtBot, qapp: QApplication, archive: DicomArchive) -> Iterator[ViewportGrid]:
    apply_theme(qapp)
    tasks = Tasks()
    shown = ViewportGrid(tasks, archive.decode)
    shown.resize(1000, 700)
    with qtbot.waitExposed(shown):
        shown.show()
    yield shown
    shown.close()
    tasks.shutdown()
    shown.deleteLater()


def subject_of(archive: DicomArchive, *paths: Path) -> Subject:
    return choose(archive.open(paths, lambda _f, _t: None, Never()), paths)


def shown(grid: ViewportGrid) -> list[tuple[str, str]]:
    """(date, plane) of each pane."""
    return [
        (v.study.study_date if v.study else "", v.series.plane if v.series else "-")
        for v in grid.shown()
    ]


@pytest.fixture
def prior_and_current(shared_data: Path) -> Path:
    return shared_data / "dicom/A_series/prior_current_A098752"


def test_a_study_with_a_prior_opens_beside_it_plane_by_plane(
    grid: ViewportGrid, archive: DicomArchive, prior_and_current: Path
) -> None:
    subject = subject_of(archive, prior_and_current)
    assert subject.priors
    hanging = Hanging(grid, grid)
    told: list[str] = []
    hanging.told.connect(told.append)
    hanging.open(subject)
    now, before = subject.study.study_date, subject.priors[0].study_date
    panes = shown(grid)
    assert {date for date, _ in panes} == {now, before}
    for left, right in zip(panes[::2], panes[1::2], strict=True):
        assert (left[0], right[0]) == (now, before)
        assert left[1] == right[1]  # the prior's series of the same plane
    assert "prior" in told[-1]


def test_one_key_puts_the_like_prior_beside(
    grid: ViewportGrid, archive: DicomArchive, prior_and_current: Path
) -> None:
    subject = subject_of(archive, prior_and_current)
    hanging = Hanging(grid, grid)
    hanging.open(subject)
    coronal = next(s for s in subject.study.series if s.plane == "coronal")
    grid.set_grid(1, 1)
    grid.set_series(subject.study, coronal)
    hanging.handlers()["layout.prior"]()
    assert [plane for _, plane in shown(grid)] == ["coronal", "coronal"]
    assert shown(grid)[0][0] > shown(grid)[1][0]


def test_a_single_image_keeps_the_whole_room_and_no_prior_is_said(
    grid: ViewportGrid, archive: DicomArchive
) -> None:
    subject = subject_of(archive, data_file("RG1_UNCR.dcm"))
    hanging = Hanging(grid, grid)
    told: list[str] = []
    hanging.told.connect(told.append)
    hanging.open(subject)
    assert grid.shape == (1, 1)
    assert grid.series is subject.series
    hanging.handlers()["layout.prior"]()
    assert told == ["No prior of this patient is open."]
    assert grid.shape == (1, 1)


def test_the_menu_offers_what_fits(
    grid: ViewportGrid, archive: DicomArchive, shared_data: Path, qtbot: QtBot
) -> None:
    subject = subject_of(archive, shared_data / "dicom/A_series/chest_ct_lungdx_30x8mm")
    hanging = Hanging(grid, grid)
    hanging.open(subject)
    assert grid.shape == (1, 1)
    offered: list[str] = []

    def answer() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        try:
            offered.extend(dialog.comboBoxItems())
            dialog.setTextValue("CT chest, soft tissue and lung")
        finally:
            dialog.accept()

    QTimer.singleShot(0, answer)
    hanging.handlers()["layout.hang"]()
    assert offered[0] == "CT chest, soft tissue and lung"
    assert not any("prior" in title for title in offered)
    assert [v.state.preset for v in grid.shown()] == ["Mediastinum", "Lung"]
    grid.go_to(12)
    assert [v.state.index for v in grid.shown()] == [12, 12]

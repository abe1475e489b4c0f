"""Opening shows one image at once, and everything else when all headers are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import Frame, OpenResult
from radassist.errors import InputFault
from radassist.ports import CancelToken, DecodedFrame, Progress
from radassist.ui.main_window import MainWindow
from radassist.ui.theme import apply_theme


class Services(TestServices):
    """Real reading of a series; ``go_on`` holds back all but the first image."""

    __test__ = False

    def __init__(self, folder: Path, archive: DicomArchive) -> None:
        super().__init__(folder, data_file("RG1_UNCR.dcm"))
        self.archive = archive
        self.go_on = Event()
        self.decoded: list[Frame] = []
        self.broken = False

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        while not self.go_on.wait(0.01) and not cancel.cancelled():
            pass
        if self.broken:
            raise InputFault("The second folder does not exist.", "Check the path.")
        return self.archive.open(paths, progress, cancel)

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        return self.archive.glimpse(paths, cancel)

    def decode(self, frame: Frame) -> DecodedFrame:
        self.decoded.append(frame)
        return self.archive.decode(frame)


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive() as made:
        made.start(wait_s=60)
        yield made


@pytest.fixture
def window(
    tmp_path: Path, archive: DicomArchive, qtbot: QtBot, qapp: QApplication
) -> Iterator[MainWindow]:
    apply_theme(qapp)
    services = Services(tmp_path, archive)
    made = MainWindow(services)
    made.desk.draft_on_open = False
    made.show()
    yield made
    services.go_on.set()
    made.close()
    made.deleteLater()
    services.store.close()


@pytest.fixture
def ct(shared_data: Path) -> Path:
    return shared_data / "dicom/A_series/chest_ct_lungdx_30x8mm"


def reading(window: MainWindow) -> Services:
    assert isinstance(window.desk.services, Services)
    return window.desk.services


def painted(window: MainWindow) -> bool:
    return window.viewport.pane.levels() is not None


def test_the_first_image_is_there_while_the_others_are_read(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    window.desk.open([ct])
    qtbot.waitUntil(lambda: painted(window), timeout=30_000)
    first = window.viewport.pane.frame()
    assert first is not None
    assert first.instance.path == min(ct.iterdir())
    assert window.viewport.state.count == 1
    assert window.desk.subjects[0].study.series[0].modality == "CT"
    window.desk.show_study(first.instance.study_instance_uid)  # a click on the listed series
    assert not window.context().has_report  # nothing is drafted on a part of a study
    qtbot.waitUntil(lambda: len(window.studies._thumbnails._made) == 1, timeout=30_000)
    before = reading(window).decoded.count(first)  # by the pane and for the thumbnail
    reading(window).go_on.set()
    with qtbot.waitSignal(window.desk.opened, timeout=30_000):
        pass
    assert window.viewport.state.count == 30
    shown = window.viewport.pane.frame()
    assert shown is not None
    assert shown.ref == first.ref
    assert painted(window)  # its pixels were kept: the picture does not flicker
    assert window.desk.glimpse is None
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=60_000)
    assert reading(window).decoded.count(first) == before


def test_the_others_follow_in_the_order_of_their_distance(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    window.desk.open([ct])
    qtbot.waitUntil(lambda: painted(window), timeout=30_000)
    services = reading(window)
    qtbot.waitUntil(lambda: len(window.studies._thumbnails._made) == 1, timeout=30_000)
    services.decoded.clear()
    services.go_on.set()
    with qtbot.waitSignal(window.desk.opened, timeout=30_000):
        pass
    series, index = window.viewport.series, window.viewport.state.index
    assert series is not None
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=60_000)
    place = {frame.ref: number for number, frame in enumerate(series.frames)}
    order = [abs(place[frame.ref] - index) for frame in services.decoded]
    assert sorted(order) == list(range(1, 30))  # it is the last one: all others lie before it
    # Two are under way at once, so that neighbours may change places.
    assert [d for n, d in enumerate(order, start=1) if abs(d - n) > 2] == []


def test_a_failed_opening_takes_the_image_away(window: MainWindow, qtbot: QtBot, ct: Path) -> None:
    window.desk.open([ct])
    qtbot.waitUntil(lambda: painted(window), timeout=30_000)
    reading(window).broken = True
    with qtbot.waitSignal(window.desk.fault, timeout=30_000):
        reading(window).go_on.set()
    assert window.viewport.series is None
    assert window.desk.result is None
    assert window.studies.tree.topLevelItemCount() == 0


def test_a_cancelled_opening_takes_the_image_away(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    tasks = []
    window.tasks.started.connect(tasks.append)
    window.desk.open([ct])
    qtbot.waitUntil(lambda: painted(window), timeout=30_000)
    tasks[0].cancel()
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=30_000)
    assert window.viewport.series is None
    assert window.desk.result is None


def test_the_patient_before_leaves_with_the_report_when_another_ones_image_comes(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    services = reading(window)
    services.go_on.set()
    window.desk.open([data_file("RG1_UNCR.dcm")])
    with qtbot.waitSignal(window.desk.opened, timeout=30_000):
        pass
    window.desk.draft_again()
    qtbot.waitUntil(lambda: window.desk.report is not None, timeout=30_000)
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=30_000)
    services.go_on.clear()
    window.desk.open([ct])
    qtbot.waitUntil(
        lambda: window.viewport.series is not None and window.viewport.series.modality == "CT",
        timeout=30_000,
    )
    assert window.desk.report is None
    assert not window.context().has_report
    head = window.studies.tree.topLevelItem(0)
    assert head is not None
    assert window.studies.tree.topLevelItemCount() == 1


def test_a_later_opening_drops_the_earlier_ones_image(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    window.desk.open([data_file("RG1_UNCR.dcm")])
    window.desk.open([ct])
    qtbot.waitUntil(lambda: painted(window), timeout=30_000)
    assert window.viewport.series is not None
    assert window.viewport.series.modality == "CT"
    reading(window).go_on.set()
    with qtbot.waitSignal(window.desk.opened, timeout=30_000):
        pass
    assert window.viewport.state.count == 30


def test_a_series_larger_than_the_cache_is_read_on_demand(
    window: MainWindow, qtbot: QtBot, ct: Path
) -> None:
    services = reading(window)
    services.go_on.set()
    one = 512 * 512 * 2
    limit = 10 * one
    window.viewport.store.set_limit(limit)
    with qtbot.waitSignal(window.desk.opened, timeout=30_000):
        window.desk.open([ct])
    cache = window.viewport.store._cache
    held = []
    for place in (0, 29, 14, 3, 22, 0):
        window.viewport.go_to(place)
        qtbot.waitUntil(lambda: painted(window), timeout=30_000)
        qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=30_000)
        held.append(cache.held)
        assert painted(window)  # what is fetched ahead has not thrown it out
    assert max(held) <= limit
    assert len(cache) < 30

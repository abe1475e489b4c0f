"""Companions in the window: a state applied, a liver outlined, key images, reports to read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QSplitter, QTreeWidgetItem
from pytestqt.qtbot import QtBot
from real_images import Never

from radassist.dicom.archive import DicomArchive
from radassist.domain.companions import Companion, CompanionKind, KeyObjects, ObjectRef
from radassist.domain.study import OpenResult
from radassist.errors import Fault
from radassist.ports import NothingOpened
from radassist.ui.beside import BesideDesk
from radassist.ui.study_panel import StudyPanel
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.ui.viewport_frames import key_of
from radassist.ui.viewport_grid import ViewportGrid


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(workers=1) as opened:
        opened.start(wait_s=60)
        yield opened


class Bench:
    """Study list and pane joined as the main window joins them."""

    def __init__(self, qtbot: QtBot, archive: DicomArchive, qapp: Any) -> None:
        apply_theme(qapp, 1.0)
        self.qtbot, self.archive = qtbot, archive
        self.faults: list[Fault] = []
        self.tasks = Tasks()
        self.frame = QSplitter()
        self.studies = StudyPanel(self.tasks, archive.decode)
        self.viewport = ViewportGrid(self.tasks, archive.decode)
        self.frame.addWidget(self.studies)
        self.frame.addWidget(self.viewport)
        self.frame.setSizes([300, 800])
        self.beside = BesideDesk(archive, self.tasks, self.viewport)  # type: ignore[arg-type]
        self.beside.fault.connect(self.faults.append)
        self.studies.companion_chosen.connect(self.beside.show)
        qtbot.addWidget(self.frame)
        self.frame.resize(1100, 800)
        self.frame.show()

    def open(self, *paths: Path) -> OpenResult:
        try:
            result = self.archive.open(paths, lambda _f, _t: None, Never())
        except NothingOpened as fault:
            result = fault.result
        self.studies.show_result(result)
        self.beside.show_result(result)
        if result.studies:
            study, series = result.series()[0]
            self.viewport.set_series(study, series)
            self.qtbot.waitUntil(lambda: self.viewport.pane.levels() is not None, timeout=20_000)
        return result

    def items(self) -> dict[str, QTreeWidgetItem]:
        """Rows of companions by file name."""
        found = {}
        todo = [self.studies.tree.topLevelItem(i)
                for i in range(self.studies.tree.topLevelItemCount())]  # fmt: skip
        while todo:
            item = todo.pop()
            assert item is not None
            companion = item.data(0, Qt.ItemDataRole.UserRole)
            if isinstance(companion, Companion):
                found[companion.path.name] = item
            todo += [item.child(i) for i in range(item.childCount())]
        return found

    def click(self, name: str) -> None:
        item = self.items()[name]
        self.studies.tree.scrollToItem(item)
        place = self.studies.tree.visualItemRect(item).center()
        self.qtbot.mouseClick(self.studies.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not self.tasks.busy(), timeout=30_000)

    def picture(self) -> QImage:
        return self.viewport.pane.grab().toImage()

    def grey(self, x: float, y: float) -> int:
        """Brightness on the screen of an image position."""
        view = self.viewport.pane.view()
        assert view is not None
        at = QPointF(*view.to_screen(x, y)).toPoint()
        return self.picture().pixelColor(at).red()


@pytest.fixture
def bench(qtbot: QtBot, qapp: Any, archive: DicomArchive) -> Iterator[Bench]:
    made = Bench(qtbot, archive, qapp)
    yield made
    made.tasks.shutdown()


def test_a_presentation_state_is_applied_by_a_click_and_taken_away_by_another(
    bench: Bench, shared_data: Path
) -> None:
    folder = shared_data / "dicom/C_conformance/gsps"
    bench.open(folder / "prLUTs.dcm", folder / "imageForPrLUTs.dcm")
    bench.viewport.perform("view.text")  # the words would lie on what is measured
    plain = [bench.grey(x, 100) for x in range(64, 448, 32)]
    bench.click("prLUTs.dcm")
    ramp = [bench.grey(x, 100) for x in range(64, 448, 32)]
    assert ramp == sorted(ramp)
    assert ramp != plain
    assert bench.viewport.pane.window_line() == "Presentation state XLUT_P03"
    bench.click("prLUTs.dcm")
    assert [bench.grey(x, 100) for x in range(64, 448, 32)] == plain
    assert "Presentation" not in bench.viewport.pane.window_line()


def test_the_liver_is_outlined_where_it_lies(bench: Bench, shared_data: Path) -> None:
    bench.open(shared_data / "dicom/C_conformance/seg/liver_3slice")
    bench.click("liver.dcm")
    pane = bench.viewport.pane
    found = pane.shown_overlay()
    assert found is not None
    (liver,) = found.regions
    assert liver.name == "Liver"
    assert bench.viewport.has_overlay()
    frame = pane.frame()
    assert frame is not None
    raw = pydicom.dcmread(shared_data / "dicom/C_conformance/seg/liver_3slice/liver.dcm")
    masks = raw.pixel_array
    widths = {int(np.flatnonzero(m.any(axis=0)).max()) for m in masks}
    assert liver.box[2] in widths
    bench.viewport.go_to(2)
    bench.settle()
    other = pane.shown_overlay()
    assert other is not None
    assert other.regions[0].box != liver.box
    bench.click("liver.dcm")
    assert pane.shown_overlay() is None
    assert bench.faults == []


def test_a_report_without_images_is_listed_and_read(bench: Bench, shared_data: Path) -> None:
    bench.open(shared_data / "dicom/C_conformance/sr/sr_document.dcm")
    head = bench.items()["sr_document.dcm"].parent()
    assert head is not None
    assert head.text(0) == "CompressedSamples, CT1"  # whose report it is stands above it
    bench.click("sr_document.dcm")
    (pane,) = bench.beside.documents
    assert pane.isVisible()
    found = pane.tree.findItems(
        "Finding", Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive, 0
    )
    assert found[0].text(1) == "Spinal cord"
    pane.close()


def test_a_pdf_is_read_and_exported(bench: Bench, shared_data: Path, tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    bench.open(shared_data / "dicom/C_conformance/docs/sample-pdf.dcm")
    bench.click("sample-pdf.dcm")
    (pane,) = bench.beside.documents
    assert "Lorem ipsum" in pane.pages.toPlainText()
    assert not pane.tree.isVisible()
    pane.write(tmp_path / "out.pdf")
    assert (tmp_path / "out.pdf").read_bytes().startswith(b"%PDF")
    pane.close()


def test_key_images_are_shown_alone(bench: Bench, shared_data: Path) -> None:
    result = bench.open(shared_data / "dicom/A_series/brain_mr_positions/HFS")
    _, series = result.series()[0]
    chosen = [series.frames[i] for i in (1, 3)]
    refs = tuple(ObjectRef(f.ref.sop_uid) for f in chosen)
    companion = Companion(
        Path("ko.dcm"), CompanionKind.KEY_OBJECTS, "1.9", "1.2.840.10008.5.1.4.1.1.88.59",
        series.frames[0].instance.study_instance_uid, "1.9.9",
    )  # fmt: skip
    bench.beside._shown(companion, KeyObjects("Of Interest", (*refs, ObjectRef("1.2.3")), "tumour"))
    shown = bench.viewport.series
    assert shown is not None
    assert shown.frames == tuple(chosen)
    assert shown.description == "Of Interest: tumour"
    assert shown.spacing is None


def test_a_state_of_images_that_are_not_open_is_refused(bench: Bench, shared_data: Path) -> None:
    bench.open(shared_data / "dicom/A_series/brain_mr_positions/HFS",
               shared_data / "dicom/C_conformance/gsps/PR000000.dcm")  # fmt: skip
    bench.click("PR000000.dcm")
    assert "None of the images" in bench.faults[0].what
    frame = bench.viewport.pane.frame()
    assert frame is not None
    assert key_of(frame) not in bench.viewport.pane.beside.looks


def test_a_turned_image_keeps_true_letters(bench: Bench, shared_data: Path) -> None:
    """A quarter turn of an axial slice: what was at the left edge is at the top."""
    bench.open(shared_data / "dicom/A_series/chest_ct_lungdx_30x8mm/1-15.dcm")
    pane = bench.viewport.pane
    before = bench.picture()
    view = pane.view()
    assert view is not None
    assert bench.viewport.perform("view.turn")
    after = pane.view()
    assert after is not None
    x, y = after.to_screen(100, 300)
    assert after.to_image(x, y) == pytest.approx((100, 300))
    # Clockwise: a way to the right on the image is a way down on the screen.
    x1, y1 = after.to_screen(101, 300)
    assert (x1 - x, y1 - y) == pytest.approx((0, after.scale_x))
    assert bench.picture() != before
    assert bench.viewport.perform("view.flip")
    mirrored = pane.view()
    assert mirrored is not None
    assert mirrored.to_image(*mirrored.to_screen(100, 300)) == pytest.approx((100, 300))
    bench.viewport.perform("view.reset")
    assert (pane.state.turns, pane.state.flipped) == (0, False)

"""The study panel: what is open and what is not, by mouse, keyboard and drop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_images import open_files

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import Frame, OpenResult, RejectedFile, Series, Study
from radassist.errors import InputFault
from radassist.ports import DecodedFrame
from radassist.ui.study_panel import StudyPanel, safe_tip
from radassist.ui.study_panel_rows import PICTURE, WARNED
from radassist.ui.study_panel_state import merged, patients, rejected_title
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(1) as made:
        open_files(made, "MR2_J2KR.dcm")
        yield made


@pytest.fixture(scope="module")
def opened(archive: DicomArchive) -> OpenResult:
    result = open_files(archive, "RG1_J2KR.dcm", "MR2_J2KR.dcm", "US1_J2KR.dcm", "693_J2KR.dcm")
    broken = RejectedFile(Path("/x/broken.dcm"), "The file is cut off.")
    text = RejectedFile(Path("/x/readme.txt"), "Not an image.", "note")
    return replace(result, rejected=(text, broken))


@pytest.fixture
def tasks(qtbot: QtBot, qapp: QApplication) -> Iterator[Tasks]:
    apply_theme(qapp)
    made = Tasks()
    yield made
    made.shutdown()


@pytest.fixture
def panel(qtbot: QtBot, tasks: Tasks, archive: DicomArchive, opened: OpenResult) -> StudyPanel:
    made = StudyPanel(tasks, archive.decode)
    qtbot.addWidget(made)
    made.resize(260, 700)
    made.show()
    made.show_result(opened)
    return made


def test_every_series_is_listed_and_gets_a_picture(
    panel: StudyPanel, opened: OpenResult, qtbot: QtBot
) -> None:
    assert panel.series_count() == len(opened.series()) == 4
    items = list(panel._items.values())
    qtbot.waitUntil(lambda: all(i.data(0, PICTURE) is not None for i in items), timeout=20_000)
    sizes = {max(i.data(0, PICTURE).width(), i.data(0, PICTURE).height()) for i in items}
    assert sizes == {128}


def test_arrow_keys_choose_series(panel: StudyPanel, qtbot: QtBot) -> None:
    chosen: list[Series] = []
    panel.series_chosen.connect(lambda _study, series: chosen.append(series))
    panel.step(1)
    panel.setFocus()
    qtbot.keyClick(panel.tree, Qt.Key.Key_Down)
    assert len(chosen) == 2
    assert chosen[0] is not chosen[1]
    current = panel.current()
    assert current is not None
    assert current[1] is chosen[1]


def test_steps_end_at_the_last_series(panel: StudyPanel) -> None:
    assert [panel.step(1) for _ in range(5)] == [True, True, True, True, False]
    assert panel.step(-1)


def test_selecting_from_outside_is_silent(panel: StudyPanel, opened: OpenResult) -> None:
    panel.series_chosen.connect(lambda *_: pytest.fail("it was not the user"))
    study, series = opened.series()[2]
    assert panel.select(series)
    assert panel.current() == (study, series)
    assert not panel.select(replace(series, part=9))


def test_files_that_were_not_opened_are_never_hidden(panel: StudyPanel) -> None:
    assert panel.rejected_header.isVisible()
    assert panel.rejected_header.text() == "Not opened: 1   Other files: 1"
    assert panel.rejected_list.isVisible()  # a broken file opens the list by itself
    first = panel.rejected_list.item(0)
    assert first.text() == "broken.dcm\nThe file is cut off."
    panel.rejected_header.click()
    assert not panel.rejected_list.isVisible()
    assert panel.rejected_header.isVisible()


def test_other_files_alone_stay_folded(panel: StudyPanel, opened: OpenResult) -> None:
    panel.show_result(replace(opened, rejected=opened.rejected[:1]))
    assert panel.rejected_header.text() == "Other files: 1"
    assert not panel.rejected_list.isVisible()
    panel.show_result(replace(opened, rejected=()))
    assert not panel.rejected_header.isVisible()


def test_a_prior_is_added_beside(panel: StudyPanel, opened: OpenResult) -> None:
    first = replace(opened, studies=opened.studies[:1])
    rest = replace(opened, studies=opened.studies[1:])
    panel.show_result(first)
    panel.step(1)
    panel.add_result(rest)
    assert panel.series_count() == 4
    current = panel.current()
    assert current is not None
    assert current[0] == first.studies[0]
    panel.add_result(rest)  # opened twice, listed once
    assert panel.series_count() == 4


def test_dropped_files_are_told(panel: StudyPanel, tmp_path: Path, qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/x.dcm")])
    event = QDropEvent(
        QPointF(50, 50), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    with qtbot.waitSignal(panel.paths_dropped, timeout=1000) as caught:
        panel.dropEvent(event)
    assert caught.args == [[tmp_path]]


def test_a_series_without_a_picture_says_why(
    tasks: Tasks, opened: OpenResult, qtbot: QtBot
) -> None:
    def decode(_frame: Frame) -> DecodedFrame:
        raise InputFault("An image cannot be shown: <b>no</b> decoder.")

    panel = StudyPanel(tasks, decode)
    qtbot.addWidget(panel)
    panel.show_result(replace(opened, studies=opened.studies[:1]))
    (item,) = panel._items.values()
    qtbot.waitUntil(lambda: "decoder" in item.toolTip(0), timeout=5000)
    assert item.data(0, WARNED)
    assert "&lt;b&gt;no&lt;/b&gt; decoder" in item.toolTip(0)


def test_an_empty_panel_invites(tasks: Tasks, archive: DicomArchive, qtbot: QtBot) -> None:
    panel = StudyPanel(tasks, archive.decode)
    qtbot.addWidget(panel)
    panel.show()
    assert not panel.tree.isVisible()
    assert panel.current() is None
    assert not panel.step(1)
    panel.clear()


# --- rows, without Qt ------------------------------------------------------------------------


def study(uid: str, day: str, patient: str, name: str = "Doe^Jane") -> Study:
    series = Series(f"{uid}.1", (), "CT", "CHEST", plane="axial", series_number=2,
                    description="<i>Chest</i>", warnings=("Tilted.",), part=1,
                    split_reason="a localizer is kept apart")  # fmt: skip
    return Study(uid, (series,), day, patient_id=patient, patient_name=name)


def test_studies_of_one_patient_stand_together_newest_first() -> None:
    result = OpenResult((study("1", "20200101", "P"), study("2", "20240101", "P")))
    (patient,) = patients(result)
    assert patient.title == "Doe, Jane"
    assert [s.title for s in patient.studies] == ["2024-01-01", "2020-01-01"]


def test_people_without_an_id_or_with_another_name_stay_apart() -> None:
    nameless = OpenResult((study("1", "", "", ""), study("2", "", "", "")))
    assert len(patients(nameless)) == 2
    clash = OpenResult((study("1", "", "P", "Doe^Jane"), study("2", "", "P", "Roe^Ann")))
    assert len(patients(clash)) == 2


def test_a_series_row_tells_its_warnings_and_its_split() -> None:
    row = patients(OpenResult((study("1", "20200101", "P"),)))[0].studies[0].series[0]
    assert row.title == "CT  CHEST  axial"
    assert row.caption == "2. <i>Chest</i> (part 1)"
    assert row.warnings == ("Tilted.", "Part 1 of its DICOM series: a localizer is kept apart")


def test_opening_again_replaces() -> None:
    old = OpenResult((study("1", "20200101", "P"),), (RejectedFile(Path("a"), "x"),), ("n",))
    new = OpenResult((study("1", "20200101", "P"),), (RejectedFile(Path("a"), "y"),), ("n",))
    both = merged(old, new)
    assert (len(both.studies), both.rejected, both.notes) == (1, new.rejected, ("n",))


def test_counts_in_words() -> None:
    broken, other = RejectedFile(Path("a"), "x"), RejectedFile(Path("b"), "y", "note")
    assert rejected_title(()) == ""
    assert rejected_title((broken, broken)) == "Not opened: 2"
    assert rejected_title((broken, other, other)) == "Not opened: 1   Other files: 2"


def test_tooltips_show_markup_as_text() -> None:
    assert safe_tip("<img src=x>\nA & B") == "<qt>&lt;img src=x&gt;<br>A &amp; B</qt>"
    assert safe_tip("") == ""


def test_the_focus_alone_chooses_nothing(panel: StudyPanel, qtbot: QtBot) -> None:
    panel.series_chosen.connect(lambda *_: pytest.fail("it was not the user"))
    with qtbot.waitActive(panel):
        panel.activateWindow()
    panel.clearFocus()
    panel.setFocus()
    qtbot.waitUntil(panel.tree.hasFocus)
    assert panel.current() is None


def test_a_selected_series_is_seen_with_its_patient(panel: StudyPanel, opened: OpenResult) -> None:
    panel.resize(230, 460)
    panel.tree.scrollToBottom()
    first = panel.tree.topLevelItem(0)
    assert panel.tree.visualItemRect(first).top() < 0, "the test needs a list that scrolls"
    assert panel.select(opened.series()[0][1])
    assert panel.tree.visualItemRect(first).top() >= 0


def test_headings_that_are_cut_are_read_in_full_under_the_pointer(panel: StudyPanel) -> None:
    patient = panel.tree.topLevelItem(0)
    assert patient is not None
    assert patient.text(0) in patient.toolTip(0)
    assert patient.child(0).text(0).split()[0] in patient.child(0).toolTip(0)

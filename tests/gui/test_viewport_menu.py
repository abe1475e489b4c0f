"""The image's menu holds the very actions of the table, presets by the modality's names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot
from real_images import only_series, open_files

from radassist.commands import ACTIONS
from radassist.dicom.archive import DicomArchive
from radassist.domain.study import Series, Study
from radassist.ui.tasks import Tasks
from radassist.ui.viewport import Viewport
from radassist.ui.viewport_menu import image_menu, name_presets


@pytest.fixture(scope="module")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive(1) as made:
        open_files(made, "emri_small.dcm")
        yield made


@pytest.fixture(scope="module")
def stack(archive: DicomArchive) -> tuple[Study, Series]:
    return only_series(open_files(archive, "emri_small.dcm"))


@pytest.fixture
def viewport(qtbot: QtBot, archive: DicomArchive) -> Iterator[Viewport]:
    tasks = Tasks()
    made = Viewport(tasks, archive.decode)
    qtbot.addWidget(made)
    made.resize(300, 300)
    yield made
    tasks.shutdown()


def test_presets_carry_the_names_of_the_modality(
    viewport: Viewport, stack: tuple[Study, Series]
) -> None:
    study, series = stack
    actions = {a.id: QAction(a.title) for a in ACTIONS}
    viewport.set_series(study, replace(series, modality="CT"))
    name_presets(actions, viewport)
    assert actions["view.preset_2"].text() == "Lung"
    assert actions["view.preset_9"].isVisible()
    viewport.set_series(study, replace(series, modality="MR", part=1))
    menu = image_menu(actions, viewport, viewport)
    assert actions["view.preset_2"].text() == "Softer"
    assert not actions["view.preset_9"].isVisible()
    assert actions["view.invert"] in menu.actions()


def test_abilities_are_told_once(
    viewport: Viewport, stack: tuple[Study, Series], qtbot: QtBot
) -> None:
    told: list[int] = []
    viewport.abilities_changed.connect(lambda: told.append(1))
    viewport.set_series(*stack)
    qtbot.waitUntil(lambda: viewport.pane.levels() is not None, timeout=20_000)
    for index in range(5):
        viewport.go_to(index)
    viewport.perform("view.invert")
    assert len(told) == 1

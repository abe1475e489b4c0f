"""Reports and documents without images in the whole window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.domain.companions import Companion, CompanionKind
from radassist.domain.study import OpenResult
from radassist.ports import CancelToken, Progress
from radassist.ui.main_window import MainWindow
from radassist.ui.theme import apply_theme

REPORT = Companion(
    Path("/media/other.dcm"), CompanionKind.REPORT, "9.1", "9.2", "9.3", "9.4",
    patient_id="OTHER", patient_name="Other, Patient", title="Consultation report",
)  # fmt: skip


class Services(TestServices):
    """Opens an image first, and then only another patient's report."""

    __test__ = False
    alone = False

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        if self.alone:
            return OpenResult((), companions=(REPORT,))
        return super().open(paths, progress, cancel)


@pytest.fixture
def window(tmp_path: Path, qtbot: QtBot, qapp: QApplication) -> Iterator[MainWindow]:
    apply_theme(qapp)
    services = Services(tmp_path, data_file("RG1_UNCR.dcm"))
    made = MainWindow(services)
    made.show()
    yield made
    made.close()
    made.deleteLater()
    services.store.close()


def test_another_patients_report_leaves_nothing_of_the_patient_before(
    window: MainWindow, qtbot: QtBot
) -> None:
    window.desk.open([data_file("RG1_UNCR.dcm")])
    qtbot.waitUntil(lambda: window.desk.report is not None, timeout=30_000)
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=30_000)
    services = window.desk.services
    assert isinstance(services, Services)
    services.alone = True
    window.desk.open([data_file("RG1_UNCR.dcm")])
    qtbot.waitUntil(lambda: window.desk.report is None, timeout=30_000)
    qtbot.waitUntil(lambda: not window.tasks.busy(), timeout=30_000)
    assert window.viewport.series is None
    head = window.studies.tree.topLevelItem(0)
    assert head is not None
    assert head.text(0) == "Other, Patient"
    assert not window.context().has_report

"""The check of this machine: facts, the real vision pack measured, cancel, demo and pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from real_images import data_file
from window_services import TestServices

from radassist.app.administration import WorkbenchAdministration
from radassist.app.workbench import Workbench
from radassist.errors import Cancelled, PackFault
from radassist.library.samples import sample_path
from radassist.ports import CancelToken, Progress
from radassist.settings import Settings, load_settings
from radassist.ui.administration import Administration
from radassist.ui.machine_dialog import MachineDialog
from radassist.ui.machine_state import MachineState, Phase
from radassist.ui.main_window import MainWindow
from radassist.ui.tasks import Tasks
from radassist.ui.theme import apply_theme
from radassist.workflow.speed import Fact, Speed, Trial

FAST = Speed((Trial(1, 20.0, 0.4), Trial(2, 38.0, 0.3)), 40.0, "q@1", "p@1")


class Fake:
    """Administration services without engines; measuring waits until it is let go."""

    def __init__(self) -> None:
        self.go, self.was_checked, self.installed = Event(), False, Path()
        self.saved: list[Settings] = []

    def settings(self) -> Settings:
        return Settings(machine_checked=self.was_checked)

    def save(self, settings: Settings) -> None:
        self.saved.append(settings)

    def checked(self) -> bool:
        return self.was_checked

    def remember_checked(self) -> None:
        self.was_checked = True

    def demo_study(self) -> Path:
        return sample_path()

    def facts(self) -> list[Fact]:
        return [Fact("Memory", "2.0 GB, 1.0 GB free", False), Fact("Microphone", "none found")]

    def measure(self, progress: Progress, cancel: CancelToken) -> tuple[Speed, str]:
        progress(0.4, "Language pack with 1 thread")
        while not self.go.wait(0.005):
            if cancel.cancelled():
                raise Cancelled("Stopped.")
        return FAST, "The language pack will use 2 threads."

    def install(self, path: Path, progress: Progress, cancel: CancelToken) -> str:
        self.installed = path
        if path.name == "bad.zip":
            raise PackFault("bad.zip holds no model pack.", "Give another.")
        return "toy@1.0.0"


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.go.set()


@pytest.fixture
def tasks(qtbot: QtBot) -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.shutdown()


@pytest.fixture
def dialog(qtbot: QtBot, qapp: QApplication, fake: Fake, tasks: Tasks) -> MachineDialog:
    apply_theme(qapp)
    made = MachineDialog(fake, tasks)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    return made


def texts(dialog: MachineDialog) -> str:
    shown = [label.text() for label in dialog.findChildren(QLabel) if not label.isHidden()]
    return "\n".join(shown)


def test_facts_are_shown_and_what_is_little_is_coloured(
    dialog: MachineDialog, qtbot: QtBot, fake: Fake
) -> None:
    dialog.start()
    qtbot.waitUntil(lambda: "Microphone" in texts(dialog))
    qtbot.waitUntil(lambda: "2.0 GB" in texts(dialog))
    said = texts(dialog)
    for name in ("Screen", "Colour depth", "OpenGL", "Memory"):
        assert name in said
    low = next(w for w in dialog.findChildren(QLabel) if w.text().startswith("2.0 GB"))
    assert "color" in low.styleSheet()
    fake.go.set()
    qtbot.waitUntil(lambda: dialog.state.phase is Phase.DONE)


def test_measuring_tells_its_progress_and_then_what_will_be_slow(
    dialog: MachineDialog, qtbot: QtBot, fake: Fake
) -> None:
    dialog.start()
    qtbot.waitUntil(lambda: dialog.doing.text() == "Language pack with 1 thread")
    assert dialog.bar.isVisible()
    assert dialog.bar.value() == 40
    assert dialog.again.text() == "Cancel"
    fake.go.set()
    qtbot.waitUntil(lambda: dialog.state.phase is Phase.DONE)
    assert not dialog.bar.isVisible()
    qtbot.waitUntil(lambda: "Language pack, 2 threads" in texts(dialog))
    said = texts(dialog)
    assert "38.0 tokens a second, first word after 0.3 s (chosen)" in said
    assert dialog.summary.text() == (
        "The language pack writes about 38 tokens a second: an impression takes 1.9 s. The vision "
        "pack takes 40 ms an image, which you will not notice. The language pack will use 2 "
        "threads."
    )


def test_cancel_ends_it_and_it_can_be_begun_again(
    dialog: MachineDialog, qtbot: QtBot, fake: Fake
) -> None:
    dialog.start()
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    assert dialog.summary.text() == "The measuring was cancelled; nothing was changed."
    assert dialog.again.text() == "Measure again"
    fake.go.set()
    qtbot.mouseClick(dialog.again, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.state.phase is Phase.DONE)


def test_a_pack_is_installed_or_the_reason_is_said(
    dialog: MachineDialog, qtbot: QtBot, fake: Fake
) -> None:
    with qtbot.waitSignal(dialog.pack_installed):
        dialog.install(Path("toy.zip"))
    assert dialog.note.text() == "toy@1.0.0 is installed. Measure again to see how fast it is."
    dialog.install(Path("bad.zip"))
    qtbot.waitUntil(lambda: "holds no model pack" in dialog.note.text())


def test_the_real_vision_pack_is_measured_and_a_missing_language_pack_is_said(
    radassist_home: Path, qtbot: QtBot, qapp: QApplication, tasks: Tasks
) -> None:
    apply_theme(qapp)
    with Workbench("Dr Roe") as bench:
        made = MachineDialog(WorkbenchAdministration(bench), tasks)
        qtbot.addWidget(made)
        with qtbot.waitExposed(made):
            made.show()
        made.start()
        qtbot.waitUntil(lambda: made.state.phase is Phase.DONE, timeout=180_000)
        speed = made.state.speed
        assert speed is not None
        assert speed.ms_per_image is not None
        assert 1 < speed.ms_per_image < 60_000
        assert speed.vision_pack.startswith("cxr-anatomy@")
        assert "language-default is not installed" in speed.no_language
        qtbot.waitUntil(lambda: "Model acceleration" in texts(made))
        said = texts(made)
        for name in ("Processor", "Memory", "Disk", "Microphone", "Model acceleration"):
            assert name in said
        made.close()


def test_it_is_shown_once_and_again_from_the_menu(
    tmp_path: Path, qtbot: QtBot, qapp: QApplication, fake: Fake
) -> None:
    apply_theme(qapp)
    services = TestServices(tmp_path, data_file("RG1_UNCR.dcm"))
    window = MainWindow(services)
    qtbot.addWidget(window)
    window.show()
    fake.go.set()
    administration = Administration(window, fake, "# Page")
    administration.open_machine_once()
    first = administration.open_machine()
    qtbot.waitUntil(lambda: fake.was_checked and first.state.phase is Phase.DONE)
    first.close()
    administration.open_machine_once()
    assert not first.isVisible(), "once"
    window.run_action("help.machine")
    again = administration.open_machine()
    assert again.isVisible()
    with qtbot.waitSignal(window.desk.opened, timeout=20_000):
        qtbot.mouseClick(again.demo, Qt.MouseButton.LeftButton)
    assert not again.isVisible()
    window.close()
    services.store.close()


def test_settings_open_by_key_and_are_saved(
    tmp_path: Path, qtbot: QtBot, qapp: QApplication, fake: Fake
) -> None:
    apply_theme(qapp)
    services = TestServices(tmp_path, data_file("RG1_UNCR.dcm"))
    window = MainWindow(services)
    qtbot.addWidget(window)
    Administration(window, fake)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: QApplication.activeModalWidget() is not None)
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    assert dialog.windowTitle() == "Settings"
    dialog.editors["interface_scale"].setValue(1.25)  # type: ignore[attr-defined]
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)  # type: ignore[attr-defined]
    qtbot.waitUntil(lambda: bool(fake.saved))
    assert fake.saved[0].interface_scale == 1.25
    qtbot.waitUntil(lambda: qapp.font().pointSizeF() == 10.5 * 1.25)  # at once, no restart
    apply_theme(qapp)
    window.close()
    services.store.close()


def test_the_workbench_stores_threads_names_changes_and_obeys_the_policy(
    radassist_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from radassist.app.machine import keep_threads

    with Workbench("Dr Roe") as bench:
        administration = WorkbenchAdministration(bench)
        assert keep_threads(bench, FAST) == "The language pack will use 2 threads."
        assert load_settings().language_threads == 2
        assert keep_threads(bench, Speed()) == ""
        administration.remember_checked()
        assert administration.checked()
        (event,) = [e for e in bench.store.audit.events() if e["action"] == "settings.change"]
        assert event["detail"] == {"names": ["machine_checked"]}
    policy = tmp_path / "policy.toml"
    policy.write_text("version = 1\n[settings]\nlanguage_threads = 1\nmachine_checked = true\n")
    monkeypatch.setenv("RADASSIST_POLICY", str(policy))
    with Workbench("Dr Roe") as bench:
        assert "set by your administrator" in keep_threads(bench, FAST)
        assert WorkbenchAdministration(bench).checked()
        assert load_settings().language_threads == 1


def test_the_state_says_what_happened_without_a_window() -> None:
    state = MachineState()
    assert state.summary() == ""
    state.add_facts([Fact("Memory", "1 GB", False)])
    state.add_facts([Fact("Memory", "8 GB")])
    assert state.facts == [Fact("Memory", "8 GB")]
    state.begin()
    state.fail("The disk is full.")
    assert state.summary() == "The disk is full."

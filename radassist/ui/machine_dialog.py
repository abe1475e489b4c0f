"""The check of this machine: at the first start, and again from the Help menu."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from radassist.errors import Fault
from radassist.ports import CancelToken, Progress
from radassist.ui import theme
from radassist.ui.machine_state import MachineState, Phase
from radassist.ui.plain import ScrolledBody, emptied, plain_label
from radassist.ui.screen_facts import offscreen_surface, renderer_fact, screen_facts
from radassist.ui.tasks import Task, Tasks
from radassist.workflow.speed import Fact, Speed


class MachineServices(Protocol):
    """What the check asks the program for; every method may block and runs on a worker thread."""

    def facts(self) -> list[Fact]:
        """Processor, memory, disk, microphone, acceleration."""

    def measure(self, progress: Progress, cancel: CancelToken) -> tuple[Speed, str]:
        """Measure the packs and store the threads; (what was measured, what was stored)."""

    def install(self, path: Path, progress: Progress, cancel: CancelToken) -> str:
        """Install a pack that was carried by hand; returns what it is."""


class MachineDialog(QDialog):
    """Facts at once, speeds after a while; the window stays usable meanwhile.

    :param tasks: of the window, so that closing the window ends the measuring.
    """

    demo_asked = Signal()
    pack_installed = Signal(str)
    progressed = Signal(float, str)

    def __init__(
        self, services: MachineServices, tasks: Tasks, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("This machine")
        self.state = MachineState()
        self._services, self._tasks = services, tasks
        self._task: Task | None = None
        self._lay_out()
        self.progressed.connect(self._told)
        self.finished.connect(lambda _: self.stop())
        self._surface = offscreen_surface()
        self.state.add_facts(screen_facts(self.screen()))
        self._show()

    def start(self) -> None:
        """Collect the facts and measure."""
        surface = self._surface
        self._tasks.run(
            "check",
            lambda _p, _c: [renderer_fact(surface), *self._services.facts()],
            self._take_facts,
            self._say,
        )
        self.measure()

    def measure(self) -> None:
        """Measure the packs; one at a time."""
        if self.state.phase is Phase.MEASURING:
            return
        self.state.begin()
        self._show()

        def work(_progress: Progress, cancel: CancelToken) -> tuple[Speed, str]:
            return self._services.measure(self.progressed.emit, cancel)

        self._task = self._tasks.run("engine", work, self._measured, self._failed)

    def stop(self) -> None:
        """Cancel what is being measured."""
        if self._task is not None and self.state.phase is Phase.MEASURING:
            self._task.cancel()
            self.state.cancel()
            self._show()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing cancels."""
        self.stop()
        super().closeEvent(event)

    # --- what comes back ----------------------------------------------------------------------

    def _take_facts(self, facts: list[Fact]) -> None:
        self.state.add_facts(facts)
        self._show()

    def _told(self, fraction: float, text: str) -> None:
        self.state.told(fraction, text)
        self._show_progress()

    def _measured(self, answer: tuple[Speed, str]) -> None:
        self.state.finish(*answer)
        self._show()

    def _failed(self, fault: Fault) -> None:
        self.state.fail(str(fault))
        self._show()

    def _say(self, fault: Fault) -> None:
        self.note.setText(str(fault))
        self.note.setVisible(True)

    # --- acts ---------------------------------------------------------------------------------

    def _toggle(self) -> None:
        if self.state.phase is Phase.MEASURING:
            self.stop()
        else:
            self.measure()

    def _open_demo(self) -> None:
        self.accept()
        self.demo_asked.emit()

    def _choose_pack(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Install a model pack", "", "Model packs (*.zip *.zip.001);;All files (*)"
        )
        if name:
            self.install(Path(name))

    def install(self, path: Path) -> None:
        """Install a pack file; the status bar of the window shows its progress."""
        self._say_text(f"Installing {path.name}…")
        self._tasks.run(
            "engine",
            lambda progress, cancel: self._services.install(path, progress, cancel),
            self._installed,
            self._say,
            label=f"Installing {path.name}",
        )

    def _installed(self, ref: str) -> None:
        self._say_text(f"{ref} is installed. Measure again to see how fast it is.")
        self.pack_installed.emit(ref)

    def _say_text(self, text: str) -> None:
        self.note.setText(text)
        self.note.setVisible(True)

    # --- building and showing -----------------------------------------------------------------

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 14)
        column.setSpacing(10)
        self.rows, self.results = QGridLayout(), QGridLayout()
        inside = ScrolledBody()
        list_ = QVBoxLayout(inside)
        list_.setContentsMargins(0, 0, 10, 0)
        list_.addWidget(plain_label("WHAT THERE IS", "heading"))
        list_.addLayout(self.rows)
        list_.addSpacing(8)
        list_.addWidget(plain_label("HOW FAST THE PACKS ARE", "heading"))
        list_.addLayout(self._make_progress())
        list_.addLayout(self.results)
        self.summary = _wrapped("")
        list_.addWidget(self.summary)
        list_.addStretch(1)
        for grid in (self.rows, self.results):
            grid.setColumnStretch(1, 1)
            grid.setHorizontalSpacing(18)
            grid.setVerticalSpacing(4)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        column.addWidget(scroll, 1)
        self.note = _wrapped("")
        self.note.setVisible(False)
        column.addWidget(self.note)
        column.addLayout(self._make_buttons())
        unit = self.fontMetrics().averageCharWidth()
        room = self.screen().availableSize()
        tall = self.fontMetrics().lineSpacing() * 30
        self.resize(min(unit * 92, room.width() - 40), min(tall, room.height() - 60))

    def _make_progress(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        self.doing = plain_label("", "muted")
        self.again = QPushButton("Cancel")
        self.again.clicked.connect(self._toggle)
        for widget, stretch in ((self.bar, 0), (self.doing, 1), (self.again, 0)):
            row.addWidget(widget, stretch)
        return row

    def _make_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        self.demo = QPushButton("Open the demo study")
        self.demo.setProperty("role", "primary")
        self.demo.clicked.connect(self._open_demo)
        self.pack = QPushButton("Install a pack…")
        self.pack.clicked.connect(self._choose_pack)
        self.shut = QPushButton("Close")
        self.shut.clicked.connect(self.reject)
        for button in (self.demo, self.pack):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.shut)
        for button in (self.demo, self.pack, self.shut, self.again):
            button.setIcon(QIcon())
            button.setAutoDefault(False)
        return row

    def _show(self) -> None:
        _fill(self.rows, self.state.facts)
        _fill(self.results, self.state.results())
        self.summary.setText(self.state.summary())
        measuring = self.state.phase is Phase.MEASURING
        self.again.setText("Cancel" if measuring else "Measure again")
        if self.state.phase is Phase.IDLE:
            self.again.setText("Measure")
        self.bar.setVisible(measuring)
        self._show_progress()

    def _show_progress(self) -> None:
        self.bar.setValue(round(100 * self.state.fraction))
        self.doing.setText(self.state.doing if self.state.phase is Phase.MEASURING else "")


def _fill(grid: QGridLayout, facts: Sequence[Fact]) -> None:
    emptied(grid)
    for number, fact in enumerate(facts):
        name = plain_label(fact.name, "muted")
        name.setAlignment(Qt.AlignmentFlag.AlignTop)
        grid.addWidget(name, number, 0)
        text = _wrapped(fact.text)
        if not fact.good:
            text.setStyleSheet(f"color: {theme.WARNING};")
        grid.addWidget(text, number, 1)


def _wrapped(text: str) -> QLabel:
    label = plain_label(text)
    label.setWordWrap(True)
    return label

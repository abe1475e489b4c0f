"""The status bar: offline guard, packs, and what is running, with progress and cancel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QStatusBar, QWidget

from radassist.errors import Fault
from radassist.ui import theme
from radassist.ui.plain import ElidedLabel, plain_label, safe_tip
from radassist.ui.services import SystemLine
from radassist.ui.tasks import Task, Tasks


class Status(QStatusBar):
    """Bottom line of the window."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._task: Task | None = None
        self._job = QWidget()
        row = QHBoxLayout(self._job)
        row.setContentsMargins(10, 0, 0, 0)
        self._words = ElidedLabel("", "muted")
        self._bar = QProgressBar()
        self._bar.setFixedWidth(110)
        self._bar.setTextVisible(False)
        self._cancel = QPushButton("Cancel")
        self._cancel.setProperty("role", "quiet")
        self._cancel.clicked.connect(self._cancel_task)
        for widget in (self._words, self._bar, self._cancel):
            row.addWidget(widget)
        self.addWidget(self._job)
        self._job.setVisible(False)
        self._lines: list[QLabel] = []
        device = plain_label("Decision support, not a medical device", "muted")
        device.setContentsMargins(8, 0, 12, 0)
        self.addPermanentWidget(device)
        tasks.started.connect(self._started)
        tasks.progressed.connect(self._progressed)
        tasks.ended.connect(self._ended)

    def show_system(self, lines: Sequence[SystemLine]) -> None:
        """Guard and packs at the right; what needs attention is coloured and says so."""
        for label in self._lines:
            self.removeWidget(label)
            label.deleteLater()
        self._lines = []
        for line in lines:
            words = line.name if line.good else f"{line.name}, not ready"
            # The first is the guard: it is never cut.
            label = ElidedLabel(words, "muted") if self._lines else plain_label(words, "muted")
            label.setToolTip(safe_tip(line.text))
            label.setContentsMargins(8, 0, 8, 0)
            if not line.good:
                label.setStyleSheet(f"color: {theme.WARNING};")
            self.insertPermanentWidget(1 + len(self._lines), label)
            self._lines.append(label)

    def _started(self, task: Task) -> None:
        self._task = task
        self.clearMessage()  # an older message would hide the progress and its Cancel
        self._words.setText(task.label)
        self._bar.setRange(0, 0)
        self._job.setVisible(True)

    def _progressed(self, task: Task, fraction: float, text: str) -> None:
        if task is not self._task:
            return
        self._words.setText(text or task.label)
        if fraction >= 0:
            self._bar.setRange(0, 100)
            self._bar.setValue(int(100 * fraction))

    def _ended(self, task: Task) -> None:
        if task is self._task:
            self._task = None
            self._job.setVisible(False)

    def _cancel_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._words.setText("Cancelling…")


class FaultBar(QWidget):
    """One calm sentence with the next step; it stays until it is closed or replaced."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = plain_label("")
        self._words.setWordWrap(True)
        close = QPushButton("Close")
        close.setProperty("role", "quiet")
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 10, 7)
        row.addWidget(self._words, 1)
        row.addWidget(close)
        self.setObjectName("fault")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setStyleSheet(f"#fault {{ background: {theme.FAULT}; }}")
        self.hide()

    def show_fault(self, fault: Fault) -> None:
        """Show a fault of the environment."""
        self._words.setText(str(fault))
        self.show()

    def text(self) -> str:
        """What it says."""
        return self._words.text()

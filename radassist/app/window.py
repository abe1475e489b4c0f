"""The window over the workbench: the services it asks for, running it, and a picture of it."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import (
    QEventLoop,
    QMessageLogContext,
    QTimer,
    QtMsgType,
    SignalInstance,
    qInstallMessageHandler,
)
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from radassist import offline
from radassist.app.administration import WorkbenchAdministration
from radassist.app.second_edits import second_edits
from radassist.app.startup import tell_when_usable
from radassist.app.workbench import Workbench
from radassist.checks import Problem
from radassist.domain.companions import Companion
from radassist.domain.operations import Operation
from radassist.domain.report import Report
from radassist.domain.study import Frame, OpenResult
from radassist.engines.packs import READY
from radassist.engines.packs.required import missing_packs
from radassist.errors import EngineFault, StorageFault
from radassist.library import resources_dir
from radassist.ports import (
    CancelToken,
    Content,
    DecodedFrame,
    NothingOpened,
    Progress,
    VisionResult,
)
from radassist.store.sqlite import utc_now
from radassist.ui.administration import Administration
from radassist.ui.guide import Guide
from radassist.ui.main_window import MainWindow
from radassist.ui.services import OpenReport, SystemLine
from radassist.ui.theme import apply_theme
from radassist.workflow.chat import ChatTurn
from radassist.workflow.habits import Habits
from radassist.workflow.measure import StudyAnnotations
from radassist.workflow.see import SeenStudy, see_study
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import Subject

_log = logging.getLogger("qt")

_PICTURE_DEADLINE_MS = 120_000
#: Roles of packs in the words of the status bar.
_ROLES = {"vision": "Vision pack", "language": "Language pack"}


class WindowServices:
    """``ui.services.Services`` over a workbench."""

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._seen: dict[str, SeenStudy] = {}

    @property
    def user(self) -> str:
        """The name that acts carry."""
        return self._bench.user

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        """Open files, folders, zips or a DICOMDIR; reports and documents without images too."""
        try:
            return self._bench.open(paths, progress, cancel)
        except NothingOpened as fault:
            if fault.result.companions:
                return fault.result
            raise

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        """One image of what is being opened."""
        return self._bench.glimpse(paths, cancel)

    def decode(self, frame: Frame) -> DecodedFrame:
        """Pixels of one frame."""
        return self._bench.archive.decode(frame)

    def read_content(self, companion: Companion) -> Content:
        """What a companion of the images holds."""
        return self._bench.archive.read_content(companion)

    def draft(self, subject: Subject, progress: Progress, cancel: CancelToken) -> OpenReport:
        """Reopen the newest stored report on the study, else see and draft it."""
        study = subject.study.study_instance_uid
        stored = self._bench.stored_reports(study)
        if stored:
            bench = self._bench
            seen = see_study(bench.archive, bench.vision, subject.study, progress, cancel)
            session = ReportSession(bench.store, stored[0], bench.user, utc_now)
        else:
            drafted = self._bench.draft(subject, progress, cancel)
            session, seen = drafted.session, drafted.seen
        self._seen[study] = seen
        self._bench.chat().prepare(session.report)  # so that the first instruction is quick too
        return OpenReport(session, subject, _by_image(seen))

    def withheld(self, subject: Subject) -> str:
        """Why a study is not drafted as soon as it is open."""
        if self._bench.stored_reports(subject.study.study_instance_uid):
            return ""
        return self._bench.withheld(subject)

    def begin_empty(self, subject: Subject, *, after_draft: bool) -> OpenReport:
        """A report without a draft; no pack looks at the images."""
        session = self._bench.begin_empty(subject, after_draft=after_draft)
        self._bench.chat().prepare(session.report)
        return OpenReport(session, subject)

    @property
    def habits(self) -> Habits:
        """What was learned from the user's signed reports."""
        return self._bench.habits

    def chat(
        self, report: Report, instruction: str, progress: Progress, cancel: CancelToken
    ) -> ChatTurn:
        """Understand one instruction or question."""
        talk = self._bench.chat()
        return talk.respond(report, instruction, progress=progress, cancel=cancel)

    def second_edits(
        self, before: Report, after: Report, operations: Sequence[Operation]
    ) -> list[Operation]:
        """Edits that make other statements agree with typed ones."""
        return second_edits(before, after, operations, self._bench.lexicon)

    def check(self, report: Report) -> list[Problem]:
        """The deterministic checks."""
        return self._bench.check(report)

    def export(self, opened: OpenReport, folder: Path) -> tuple[list[Path], list[str]]:
        """Write every rendering into a folder."""
        subject = opened.subject
        seen = self._seen.get(subject.study.study_instance_uid, SeenStudy())
        images = self._bench.key_images(subject, seen)
        instances = [f.instance for s in subject.study.series for f in s.frames]
        return self._bench.export(opened.session, folder, images, instances)

    def annotations(self, study_uid: str) -> StudyAnnotations:
        """What was drawn on a study, and its key images."""
        return self._bench.annotations(study_uid)

    def system(self) -> list[SystemLine]:
        """The offline guard and the packs."""
        guard = offline.installed()
        lines = [
            SystemLine(
                "Offline" if guard else "Offline guard",
                "No connection but to this machine is let through."
                if guard
                else "The offline guard is not on.",
                guard,
            )
        ]
        for missing in missing_packs(self._bench.registry, self._bench.policy):
            lines.append(SystemLine("Policy", missing, False))
        for status in self._bench.registry.list_packs():
            if status.id == "language-tiny":
                continue  # for tests of the plumbing only
            ready = status.state == READY
            text = "ready" if ready else f"{status.reason} {status.next_step}".replace("`", "")
            name = f"{_ROLES.get(status.role, status.role)}: {status.id} {status.version}"
            lines.append(SystemLine(name, text, ready))
        return lines


def run_window(paths: Sequence[Path]) -> int:
    """Show the window until it is closed; returns the exit code.

    :raises EngineFault: there is no screen to show it on.
    """
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
        or os.environ.get("QT_QPA_PLATFORM")
    ):
        raise EngineFault(
            "There is no screen for the window.", "Use `radassist draft PATH --out DIR` instead."
        )
    app = _application()
    with Workbench() as bench:
        bench.archive.start()
        window = _window(bench)
        administration = _administration(window, bench)
        window.show()
        tell_when_usable(window)
        if paths:
            window.desk.open(paths)
        else:
            administration.open_machine_once()
        return app.exec()


def screenshot(
    paths: Sequence[Path],
    home: Path,
    out: Path,
    *,
    size: tuple[int, int] = (1600, 1000),
    instruction: str = "",
) -> None:
    """Open paths in a window that nobody sees, wait until it is ready, and save its picture.

    :param home: folder of the records, as ``RADASSIST_HOME``.
    :param out: the PNG to write.
    :param instruction: asked in the chat first; its answer is in the picture, not applied.
    :raises StorageFault: the picture cannot be written.
    :raises EngineFault: the window was not ready in time.
    """
    with staged(home, size=size) as stage:
        stage.open(paths)
        if instruction:
            stage.ask(instruction)
        picture = stage.window.grab()
    if not picture.save(str(out), "PNG"):
        raise StorageFault(f"The screenshot {out} could not be written.", "Choose another folder.")


class Stage:
    """A window that nobody sees, and what it takes to bring it into a state.

    Each act returns when it is done; :raises EngineFault: when that takes too long.
    """

    def __init__(self, window: MainWindow) -> None:
        self.window = window

    def open(self, paths: Sequence[Path]) -> None:
        """Open paths and wait for the checked draft."""
        desk = self.window.desk
        self._wait(lambda: desk.open(paths), desk.problems_changed)

    def ask(self, instruction: str) -> None:
        """Ask the chat; nothing is applied."""
        self._wait(lambda: self.window.chat.submit(instruction), self.window.desk.answered)

    def act(self, action_id: str) -> None:
        """Do an action of the table and wait until nothing is under way."""
        self._wait(lambda: self.window.run_action(action_id), None)

    def _wait(self, act: Callable[[], None], until: SignalInstance | None) -> None:
        if not _wait(self.window, act, until):
            raise EngineFault("The window was not ready in time for its picture.")


@contextmanager
def staged(home: Path, *, user: str = "", size: tuple[int, int] = (1600, 1000)) -> Iterator[Stage]:
    """A window for pictures, closed at the end.

    :param home: folder of the records, as ``RADASSIST_HOME``.
    """
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _application()
    with Workbench(user, home=home) as bench:
        window = _window(bench)
        window.resize(*size)
        window.show()
        try:
            yield Stage(window)
        finally:
            window.close()
            window.deleteLater()


def _wait(window: MainWindow, act: Callable[[], None], until: SignalInstance | None) -> bool:
    """Do something and run the event loop until its signal came and nothing is under way."""
    loop = QEventLoop()
    came: list[object] = [] if until is not None else [True]
    if until is not None:
        until.connect(lambda *_: came.append(True))
        window.desk.fault.connect(lambda _: came.append(True))
    poll = QTimer()
    poll.setInterval(50)
    poll.timeout.connect(lambda: loop.quit() if came and not window.tasks.busy() else None)
    poll.start()
    late = QTimer()
    late.setSingleShot(True)
    late.timeout.connect(loop.quit)
    late.start(_PICTURE_DEADLINE_MS)
    act()
    loop.exec()
    in_time = late.isActive()
    poll.stop()
    late.stop()
    QApplication.processEvents()
    return in_time


def _qt_message(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
    """Qt's messages are logged, but for the standing remark of the offscreen platform."""
    if "propagateSizeHints" not in text:
        level = logging.DEBUG if kind is QtMsgType.QtDebugMsg else logging.WARNING
        _log.log(level, "Qt: %s", text)


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        qInstallMessageHandler(_qt_message)
        app = QApplication(["radassist"])
        app.setApplicationName("radassist")
        app.setDesktopFileName("radassist")
        app.setWindowIcon(QIcon(str(resources_dir() / "icons" / "radassist.svg")))
    return app


def _window(bench: Workbench) -> MainWindow:
    app = _application()
    apply_theme(app, bench.settings.interface_scale)
    guide = resources_dir() / "help" / "guide.md"
    text = guide.read_text(encoding="utf-8") if guide.is_file() else ""
    window = MainWindow(WindowServices(bench), Guide(text, guide.parent))
    settings = bench.settings
    window.desk.draft_on_open = settings.draft_on_open
    window.viewport.store.set_limit(settings.pixel_cache_mb << 20)
    window.viewport.pane.state = replace(
        window.viewport.pane.state, show_text=settings.overlay_text
    )
    return window


def _administration(window: MainWindow, bench: Workbench) -> Administration:
    page = resources_dir() / "help" / "administration.md"
    return Administration(window, WorkbenchAdministration(bench), page.read_text("utf-8"))


def _by_image(seen: SeenStudy) -> dict[tuple[str, int], VisionResult]:
    return {(s.frame.ref.sop_uid, s.frame.ref.frame): s.result for s in seen.seen}

"""The window: studies, images, the report and the chat, joined to the action table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QImage,
    QKeySequence,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from radassist.checks import Problem
from radassist.commands import ACTIONS, CATEGORIES, Context, action, by_category
from radassist.domain.findings import ImageRef, Measurement
from radassist.domain.report import Report, ReportState, StatementState
from radassist.domain.study import OpenResult, Series, Study
from radassist.ui.activity import ActivityWatch
from radassist.ui.beside import BesideDesk
from radassist.ui.chat_panel import ChatPanel
from radassist.ui.desk import Desk
from radassist.ui.drops import dropped_paths
from radassist.ui.guide import Guide
from radassist.ui.habits_dialog import HabitsDialog
from radassist.ui.hanging import Hanging
from radassist.ui.help_texts import ABOUT, keys_markdown
from radassist.ui.measure_desk import MeasureDesk
from radassist.ui.measuring import Measuring
from radassist.ui.palette import Palette
from radassist.ui.problems_panel import ProblemsPanel
from radassist.ui.report_panel import ReportPanel
from radassist.ui.report_state import places_of
from radassist.ui.services import OpenReport, Services, SystemLine
from radassist.ui.sign_dialog import AddendumDialog, SignDialog
from radassist.ui.status import FaultBar, Status
from radassist.ui.study_panel import StudyPanel
from radassist.ui.tasks import Tasks
from radassist.ui.text_pane import TextPane
from radassist.ui.viewport_grid import ViewportGrid
from radassist.ui.viewport_menu import image_menu, name_presets
from radassist.workflow.habits import HabitsView

_CHAT_HEIGHT = 140
#: How long a sentence stays in the status bar.
_TOLD_MS = 6000


class MainWindow(QMainWindow):
    """Made of panels; what happens is in ``Desk``."""

    def __init__(self, services: Services, guide: Guide | None = None) -> None:
        super().__init__()
        self.setWindowTitle("radassist")  # never a patient's name: titles show in task bars
        self.setAcceptDrops(True)
        self.tasks = Tasks(self)
        self.desk = Desk(services, self.tasks, self)
        self._guide = guide or Guide()
        self._added: dict[str, Callable[[], object]] = {}
        self._system: list[SystemLine] = []
        self.studies = StudyPanel(self.tasks, services.decode)
        self.viewport = ViewportGrid(self.tasks, services.decode)
        self.hanging = Hanging(self.viewport, self)
        self.measuring = Measuring(MeasureDesk(services, self.tasks, self), self.viewport, self)
        self.beside = BesideDesk(services, self.tasks, self.viewport, self)
        self.report = ReportPanel()
        self.problems = ProblemsPanel()
        self.chat = ChatPanel()
        self.faults = FaultBar()
        self.setStatusBar(Status(self.tasks))
        self._lay_out()
        self._actions = self._make_actions()
        self._connect()
        ActivityWatch(self, self.desk.touch)
        self.desk.refresh_system()
        self.update_actions()

    # --- context and actions ------------------------------------------------------------------

    def context(self) -> Context:
        """What enablement depends on, as things stand."""
        report = self.desk.report
        focus = QApplication.focusWidget()
        return Context(
            has_study=self.desk.result is not None,
            images=self.viewport.state.count if self.viewport.series else 0,
            series=self.studies.series_count(),
            has_overlay=self.viewport.has_overlay(),
            has_calipers=self.viewport.has_calipers(),
            has_annotation=bool(self.measuring.selected),
            has_report=report is not None,
            can_draft=self.desk.can_draft,
            can_begin_empty=self.desk.can_begin_empty,
            has_wordings=self.report.state.selected in self.desk.worded,
            report_state=report.state if report else ReportState.DRAFT,
            statement_selected=bool(self.report.state.selected),
            can_undo=self.desk.can_undo,
            can_redo=self.desk.can_redo,
            has_preview=self.chat.pending,
            open_problems=len(self.desk.problems),
            text_focus=isinstance(focus, QLineEdit | QPlainTextEdit) and focus.isEnabled(),
            busy=self.tasks.busy(),
        )

    def run_action(self, action_id: str) -> None:
        """Do one action of the table, if it may act now."""
        if not action(action_id).enabled(self.context()):
            return
        handler = self._handlers().get(action_id)
        if handler is not None:
            handler()
        elif action_id.startswith("view."):
            self.viewport.perform(action_id)
        elif action_id.startswith("statement."):
            self.report.act(action_id)
        self.update_actions()

    def update_actions(self) -> None:
        """Enable what may act now; plain letters are off while a text field has the focus."""
        context = self.context()
        for spec in ACTIONS:
            self._actions[spec.id].setEnabled(spec.acts(context))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Files may be dropped anywhere on the window."""
        if dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        paths = dropped_paths(event.mimeData())
        if paths:
            event.acceptProposedAction()
            self.desk.open(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """What is being typed and what was accepted is stored; other work is cancelled."""
        self.report.commit_editor()
        self.desk.leave()
        self.hide()  # at once: what is under way takes its time to end
        self.tasks.shutdown()
        super().closeEvent(event)

    # --- building -----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        side = QSplitter(Qt.Orientation.Vertical)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.report, 1)
        column.addWidget(self.problems)
        side.addWidget(top)
        side.addWidget(self.chat)
        side.setSizes([960 - _CHAT_HEIGHT, _CHAT_HEIGHT])
        side.setChildrenCollapsible(False)
        panes = QSplitter(Qt.Orientation.Horizontal)
        for pane in (self.studies, self.viewport, side):
            panes.addWidget(pane)
        self._columns, self._side, self._moved = panes, side, False
        for splitter in (panes, side):
            splitter.splitterMoved.connect(self._border_moved)
        panes.setStretchFactor(1, 1)
        panes.setChildrenCollapsible(False)
        centre = QWidget()
        outer = QVBoxLayout(centre)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.faults)
        outer.addWidget(panes, 1)
        self.setCentralWidget(centre)
        self._panes: tuple[QWidget, ...] = (
            self.studies, self.viewport, self.report, self.problems, self.chat.line,
        )  # fmt: skip
        room = self.screen().availableSize()
        self.resize(min(1600, room.width()), min(960, room.height()))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The images get what the words leave, until the reader has moved a border."""
        super().resizeEvent(event)
        if not self._moved:
            width = self.width()
            studies = max(200, min(260, width * 16 // 100))
            report = max(430, min(680, width * 35 // 100))
            self._columns.setSizes([studies, width - studies - report, report])

    def _settle_chat(self) -> None:
        """An empty chat takes little room."""
        if not self._moved:
            total = sum(self._side.sizes())
            self._side.setSizes([total - _CHAT_HEIGHT, _CHAT_HEIGHT])

    def _border_moved(self) -> None:
        self._moved = True

    def _give_chat_room(self, height: int) -> None:
        """What the chat proposes is seen whole, as far as the report keeps half of the height."""
        total = sum(self._side.sizes())
        wanted = min(height, total // 2)
        if wanted > self._side.sizes()[1]:
            self._side.setSizes([total - wanted, wanted])

    def _make_actions(self) -> dict[str, QAction]:
        made: dict[str, QAction] = {}
        for category in CATEGORIES:
            menu = self.menuBar().addMenu(category)
            menu.aboutToShow.connect(self.update_actions)
            for spec in by_category(category):
                item = QAction(spec.title, self)
                item.setShortcuts([QKeySequence(key) for key in spec.keys])
                item.setStatusTip(spec.hint)
                item.triggered.connect(lambda _=False, i=spec.id: self.run_action(i))
                menu.addAction(item)
                made[spec.id] = item
        return made

    def add_handlers(self, handlers: dict[str, Callable[[], object]]) -> None:
        """What dialogs outside of this window do for actions of the table."""
        self._added.update(handlers)

    def _handlers(self) -> dict[str, Callable[[], object]]:
        return {
            **self.measuring.handlers(),
            **self.viewport.handlers(),
            **self.hanging.handlers(),
            "file.open": self._choose_files,
            "file.open_folder": self._choose_folder,
            "file.export": self._choose_export,
            "app.quit": self.close,
            "edit.undo": self.desk.undo,
            "edit.redo": self.desk.redo,
            "palette.open": self._open_palette,
            "focus.next": lambda: self._move_focus(1),
            "focus.previous": lambda: self._move_focus(-1),
            "series.next": lambda: self.studies.step(1),
            "series.previous": lambda: self.studies.step(-1),
            "statement.next": lambda: self.report.step(1),
            "statement.previous": lambda: self.report.step(-1),
            "statement.add": self.report.start_adding,
            "statement.accept_all": self.report.accept_all,
            "statement.evidence": self.report.show_evidence,
            "chat.focus": self.chat.line.setFocus,
            "chat.apply": self.chat.accept,
            "chat.discard": self.chat.discard,
            "report.draft": self.desk.draft_again,
            "report.begin_empty": self.desk.begin_empty,
            "report.habits": self._show_habits,
            "report.check": self.desk.check,
            "report.sign": self._sign,
            "report.addendum": self._addend,
            "help.keys": lambda: TextPane("Keys", keys_markdown(), self, columns=(22, 30)).exec(),
            "help.guide": self._show_guide,
            "help.system": self._show_system_pane,
            "help.about": lambda: TextPane("About", ABOUT, self, size=QSize(520, 260)).exec(),
            **self._added,
        }

    def _connect(self) -> None:
        desk = self.desk
        desk.opened.connect(self._show_opened)
        desk.glimpsed.connect(self._show_opened)
        desk.report_opened.connect(self._show_report)
        desk.report_changed.connect(self._show_changed)
        desk.problems_changed.connect(self.problems.show_problems)
        desk.problems_changed.connect(self.report.show_problems)
        desk.answered.connect(self.chat.show_turn)
        desk.chat_failed.connect(self.chat.show_fault)
        desk.chat_streamed.connect(self.chat.show_stream)
        desk.exported.connect(self._tell_exported)
        desk.system_changed.connect(self._show_system)
        desk.waiting.connect(self._show_waiting)
        desk.withheld.connect(self._show_withheld)
        desk.learned.connect(lambda learned: self.statusBar().showMessage(learned.sentence()))
        desk.second_edits.connect(self.chat.show_offers)
        desk.fault.connect(self.faults.show_fault)
        self.studies.series_chosen.connect(self._choose_series)
        self.studies.companion_chosen.connect(self.beside.show)
        self.beside.fault.connect(self.faults.show_fault)
        self.beside.told.connect(self.statusBar().showMessage)
        self.viewport.abilities_changed.connect(self._view_abilities_changed)
        self.viewport.menu_requested.connect(self._open_image_menu)
        self.viewport.series_changed.connect(self.measuring.show_series)
        self.hanging.told.connect(lambda words: self.statusBar().showMessage(words, _TOLD_MS))
        self.measuring.abilities_changed.connect(self.update_actions)
        self.measuring.wanted.connect(self._choose_series)
        measuring = self.measuring.desk
        measuring.fault.connect(self.faults.show_fault)
        measuring.told.connect(lambda words: self.statusBar().showMessage(words, _TOLD_MS))
        measuring.report_edits.connect(
            lambda report_id, operations: desk.apply(report_id, operations, "measured")
        )
        self.studies.paths_dropped.connect(desk.open)
        self.report.changed.connect(desk.apply)
        self.report.evidence_chosen.connect(self._show_evidence)
        self.report.wording_asked.connect(desk.other_wording)
        self.report.action_asked.connect(self.run_action)
        self.report.sign_asked.connect(lambda: self.run_action("report.sign"))
        self.report.selection_changed.connect(lambda _: self.update_actions())
        self.problems.chosen.connect(self.report.select)
        self.chat.asked.connect(self.ask)
        self.chat.cancelled.connect(desk.stop_asking)
        self.chat.accepted.connect(
            lambda report_id, operations: desk.apply(report_id, operations, "chat")
        )
        self.chat.control.connect(lambda verb: self.run_action(f"edit.{verb}"))
        self.chat.linked.connect(self.report.select)
        self.chat.room_wanted.connect(self._give_chat_room)
        desk.answered.connect(lambda *_: self.update_actions())
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)

    def _focus_changed(self, _old: QWidget | None, _new: QWidget | None) -> None:
        self.update_actions()

    # --- what came back -----------------------------------------------------------------------

    def _show_opened(self, result: OpenResult) -> None:
        self.faults.hide()
        self.viewport.clear(self.desk.glimpse)  # nothing of a patient who was before stays
        self.studies.show_result(result)
        self.beside.show_result(result)
        self.measuring.show_studies(result.studies)
        if self.desk.subjects:
            subject = self.desk.subjects[0]
            self.studies.select(subject.series)
            self.hanging.open(subject)
        self.update_actions()

    def _choose_series(self, study: Study, series: Series) -> None:
        self._show_series(study, series)
        self.desk.show_study(study.study_instance_uid)

    def _show_series(self, study: Study, series: Series) -> None:
        current = self.desk.current
        same = current and current.subject.study.study_instance_uid == study.study_instance_uid
        self.viewport.set_series(study, series, current.vision if current and same else {})
        self.update_actions()

    def _view_abilities_changed(self) -> None:
        name_presets(self._actions, self.viewport)
        self.update_actions()

    def _open_image_menu(self, place: QPoint) -> None:
        self.update_actions()
        menu = image_menu(self._actions, self.viewport, self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _show_report(self, opened: OpenReport) -> None:
        self.viewport.set_vision(opened.vision)

    def _show_changed(self, report: Report | None) -> None:
        self.report.show_report(report, self.desk.worded)
        self.measuring.show_report(report)
        self.chat.show_report(report)
        if report is None:
            self._settle_chat()
        self.chat.set_enabled(report is not None and report.state is not ReportState.FINAL)
        self.update_actions()

    def _show_waiting(self, words: str) -> None:
        self.report.show_waiting(words)
        self.update_actions()

    def _show_withheld(self, why: str) -> None:
        self.report.show_waiting(why, ("report.draft", "report.begin_empty"))
        self.update_actions()

    def _show_habits(self) -> None:
        """It opens when what was learned has been read."""
        dialog = None

        def show(view: HabitsView) -> None:
            nonlocal dialog
            if dialog is not None:
                dialog.show_view(view)
                return
            dialog = HabitsDialog(view, self)
            dialog.forget_asked.connect(self.desk.forget_phrases)
            dialog.forget_uses_asked.connect(self.desk.forget_uses)
            dialog.exec()
            self.desk.habits_read.disconnect(show)
            dialog.deleteLater()

        self.desk.habits_read.connect(show)
        self.desk.read_habits()

    def _show_system(self, lines: list[SystemLine]) -> None:
        self._system = lines
        status = self.statusBar()
        if isinstance(status, Status):
            status.show_system(lines)

    def _show_system_pane(self) -> None:
        lines = [f"{line.name}: {line.text}" for line in self._system]
        text = "\n\n".join(lines)
        TextPane("System", text, self, markdown=False, size=QSize(620, 300)).exec()

    def _show_guide(self) -> None:
        """Its pictures are read on a worker thread, at the width of the page."""

        def shown(pictures: dict[str, QImage]) -> None:
            TextPane("Guide", self._guide.text, self, pictures=pictures, columns=(34,)).exec()

        self.tasks.run(
            "check", lambda _p, _c: self._guide.pictures(), shown, self.faults.show_fault
        )

    def _show_evidence(self, image: ImageRef, measurement: Measurement | None) -> None:
        if self.desk.result is not None:
            for study, series in self.desk.result.series():
                if any(f.ref == image for f in series.frames):
                    if self.viewport.series is not series:
                        self._show_series(study, series)
                    self.viewport.show_evidence(image, measurement)

    def _tell_exported(self, paths: list[Path], notes: list[str]) -> None:
        where = paths[0].parent if paths else ""
        self.statusBar().showMessage(" ".join([f"{len(paths)} files written to {where}.", *notes]))

    # --- acts that ask first ------------------------------------------------------------------

    def ask(self, text: str) -> None:
        """Hand an instruction to the chat, as typing it does."""
        if self.desk.report is not None:
            self.chat.set_busy(True)
            self.desk.ask(text)

    def _choose_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Open files")
        if names:
            self.desk.open([Path(name) for name in names])

    def _choose_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Open folder")
        if name:
            self.desk.open([Path(name)])

    def _choose_export(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Export into folder")
        if name:
            self.desk.export(Path(name))

    def _sign(self) -> None:
        self.report.commit_editor()
        self.desk.prepare_signature(self._ask_signature)

    def _ask_signature(self, report: Report, problems: list[Problem]) -> None:
        unseen = sum(s.state is StatementState.PROPOSED for _, s in report.live())
        dialog = SignDialog(
            report.state,
            self.desk.services.user,
            problems,
            unseen,
            self,
            places=places_of(report),
        )
        if dialog.exec():
            self.desk.sign(report, *dialog.chosen())

    def _addend(self) -> None:
        dialog = AddendumDialog(self)
        if dialog.exec():
            self.desk.addend(dialog.text())

    def _open_palette(self) -> None:
        palette = Palette(self.context(), self)
        palette.chosen.connect(self.run_action)
        palette.exec()

    def _move_focus(self, by: int) -> None:
        focus = QApplication.focusWidget()
        panes = [p for p in self._panes if p.isVisible()]
        inside = [
            n
            for n, pane in enumerate(panes)
            if focus is not None and (pane is focus or pane.isAncestorOf(focus))
        ]
        panes[(inside[0] + by) % len(panes) if inside else 0].setFocus()

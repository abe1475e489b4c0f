"""The window's controller: asks the services through tasks and tells the panels what came back.

It holds what is open (studies, the report and its session) and nothing of how it looks.  Answers
about a report that has changed meanwhile are dropped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from radassist.checks import Problem
from radassist.domain.history import next_redo, next_undo
from radassist.domain.operations import Operation
from radassist.domain.phrases import PhraseKey, wordings
from radassist.domain.report import Report, ReportState
from radassist.domain.study import Frame, OpenResult
from radassist.errors import Fault
from radassist.ports import CancelToken, Progress
from radassist.ui.opening import Opening
from radassist.ui.services import OpenReport, Services, SystemLine
from radassist.ui.tasks import Task, Tasks
from radassist.workflow.chat.streaming import readable
from radassist.workflow.habits import ActiveTime, Habits, HabitsView, Learned, other_wording
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import Subject


class Desk(QObject):
    """One study and its report at a time."""

    opened = Signal(object)  # OpenResult
    glimpsed = Signal(object)  # OpenResult of one image, shown until ``opened``; empty: it is gone
    report_opened = Signal(object)  # OpenReport
    report_changed = Signal(object)  # Report, or None while there is none
    problems_changed = Signal(list)
    answered = Signal(object, object)  # Report before, ChatTurn
    chat_failed = Signal(object)
    chat_streamed = Signal(str)  # what the model has written so far, held to no rule yet
    exported = Signal(list, list)  # paths, notes
    system_changed = Signal(list)
    waiting = Signal(str)  # why there is no report, "" for nothing open
    second_edits = Signal(object, list)  # Report, operations that make it agree with what was typed
    withheld = Signal(str)  # why no draft was made by itself
    learned = Signal(object)  # Learned, after a report was signed as final
    habits_read = Signal(object)  # HabitsView
    fault = Signal(object)

    def __init__(
        self,
        services: Services,
        tasks: Tasks,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.services = services
        self.tasks = tasks
        self.draft_on_open = True
        self.result: OpenResult | None = None
        self.subjects: list[Subject] = []
        self.current: OpenReport | None = None
        self.problems: list[Problem] = []
        self.worded: frozenset[str] = frozenset()
        self._time = ActiveTime(clock)
        self._opening = Opening(services, tasks)
        self._asking: Task | None = None
        self._drafting: Task | None = None
        self._subject: Subject | None = None
        tasks.ended.connect(self._task_ended)
        tasks.progressed.connect(self._progressed)

    @property
    def report(self) -> Report | None:
        """The report as it stands."""
        return self.current.session.report if self.current else None

    @property
    def can_undo(self) -> bool:
        """True where undo would take something back."""
        return self.current is not None and bool(next_undo(self.current.session.history))

    @property
    def can_redo(self) -> bool:
        """True where redo would do something again."""
        return self.current is not None and bool(next_redo(self.current.session.history))

    # --- open and draft -----------------------------------------------------------------------

    def open(self, paths: Sequence[Path]) -> None:
        """Open paths; the newest study of the patient named first is drafted next.

        A slower earlier open is dropped.
        """
        self._opening.start(paths, self._glimpsed, self._opened, self._not_opened)

    @property
    def glimpse(self) -> Frame | None:
        """The image that is shown while the other headers are read."""
        return self._opening.glimpse

    def draft(self, subject: Subject, *, asked: bool = False) -> None:
        """Draft (or reopen) the report on a study; the report before it leaves the window.

        :param asked: the user wants this draft, also where drafts have cost time.
        """

        def work(progress: Progress, cancel: CancelToken) -> OpenReport | str:
            why = "" if asked else self.services.withheld(subject)
            return why or self.services.draft(subject, progress, cancel)

        self._clear_for(subject, "Drafting the report…")
        self._drafting = self.tasks.run(
            "engine", work, self._drafted, self._not_drafted, "Drafting the report"
        )

    @property
    def can_begin_empty(self) -> bool:
        """True where a report may be begun without a draft."""
        ready = self._subject is not None and self._drafting is None
        return ready and (self.report is None or self.report.state is ReportState.DRAFT)

    def begin_empty(self) -> None:
        """Begin the report on the study without a draft; one that is there stays in the record."""
        subject = self._subject
        if subject is None or not self.can_begin_empty:
            return
        after_draft = self.report is not None
        self._clear_for(subject, "Beginning the report…")
        self._drafting = self.tasks.run(
            "record",
            lambda _p, _c: self.services.begin_empty(subject, after_draft=after_draft),
            self._drafted,
            self._not_drafted,
        )

    def _clear_for(self, subject: Subject, words: str) -> None:
        """Nothing of the report before stays; its time is kept."""
        if self._drafting is not None:
            self._drafting.cancel()
        self.stop_asking()
        self.leave()
        self.current, self.problems, self._subject = None, [], subject
        self.worded = frozenset()
        self.waiting.emit(words)
        self.report_changed.emit(None)
        self.problems_changed.emit([])

    @property
    def can_draft(self) -> bool:
        """True where a draft failed or was cancelled, and may be asked for again."""
        return self._subject is not None and self.current is None and self._drafting is None

    def draft_again(self) -> None:
        """Draft the study whose draft failed or was cancelled."""
        if self._subject is not None and self.can_draft:
            self.draft(self._subject, asked=True)

    def show_study(self, study_uid: str) -> None:
        """Images of this study are on screen now: its report comes beside them.

        The images of a prior are looked at beside the current report, which stays.
        """
        current = self.current.subject if self.current else None
        if current is not None:
            priors = {p.study_instance_uid for p in current.priors}
            if study_uid in priors | {current.study.study_instance_uid}:
                return
        subject = self.subject_of(study_uid)
        if subject is not None and self.glimpse is None:  # else it is drafted when it is all there
            self.draft(subject)

    def subject_of(self, study_uid: str) -> Subject | None:
        """The subject of a study that is open."""
        for subject in self.subjects:
            if subject.study.study_instance_uid == study_uid:
                return subject
        return None

    # --- the report ---------------------------------------------------------------------------

    def apply(self, report_id: str, operations: Sequence[Operation], how: str) -> None:
        """Store operations as one act, on the report that they were made for and no other."""
        changes = list(operations)
        if self.report is None or self.report.id != report_id:
            self.fault.emit(
                Fault("That change was for a report that is no longer open.", "Make it again.")
            )
            return
        before = self.report
        self._record(lambda session: session.apply(changes, how))
        if how == "typed":
            self._look_elsewhere(before, changes)

    def undo(self) -> None:
        """Take the latest change back."""
        self._record(lambda session: session.undo())

    def redo(self) -> None:
        """Do the change again."""
        self._record(lambda session: session.redo())

    def prepare_signature(self, ready: Callable[[Report, list[Problem]], None]) -> None:
        """Check the report after everything that was asked to be recorded, then call ``ready``."""
        opened = self.current
        if opened is None:
            return
        session = opened.session

        def work(_progress: object, _cancel: object) -> tuple[Report, list[Problem]]:
            report = session.report
            return report, self.services.check(report)

        def checked(answer: tuple[Report, list[Problem]]) -> None:
            if opened is self.current:
                self._checked(*answer)
                ready(*answer)

        self.tasks.run("record", work, checked, self.fault.emit)

    def sign(
        self, checked: Report, user: str, state: ReportState, overrides: dict[str, str]
    ) -> None:
        """Sign the report that was checked; another one is refused by the session."""

        seconds = self._time.stop()
        self._time.start()  # until the signature is stored: it may be refused

        def work(session: ReportSession) -> None:
            self.services.habits.spend(session.report.id, seconds)
            session.user = user
            session.sign(state, overrides=overrides, checked=checked)

        self._record(work)
        if state is ReportState.FINAL:
            self._learn()

    def addend(self, text: str) -> None:
        """Add an addendum to the final report."""
        self._record(lambda session: session.addend(text))

    def ask(self, instruction: str) -> None:
        """Hand one instruction or question to the chat."""
        report = self.report
        if report is None:
            return
        self._asking = self.tasks.run(
            "engine",
            lambda progress, cancel: self.services.chat(
                report, instruction, readable(progress), cancel
            ),
            lambda turn: self._answered(report, turn),
            self._no_answer,
            "Reading the instruction",
        )

    def _progressed(self, task: Task, _fraction: float, text: str) -> None:
        if text and task is self._asking and not task.cancelled():
            self.chat_streamed.emit(text)

    def stop_asking(self) -> None:
        """Cancel the chat's present work, if there is any."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
            self.chat_failed.emit(Fault("Cancelled."))

    def other_wording(self, statement_id: str) -> None:
        """Change between the program's wording and the user's, where a draft has both."""

        def act(session: ReportSession) -> None:
            change = other_wording(session.document, statement_id)
            if change is not None:
                session.apply([change], "key")

        self._record(act)

    # --- habits -------------------------------------------------------------------------------

    def touch(self) -> None:
        """Somebody works in the window."""
        self._time.touch()

    def leave(self) -> None:
        """The report leaves the screen: the time that was spent on it is kept."""
        seconds, report = self._time.stop(), self.report
        if report is None or seconds <= 0:
            return

        def work(_progress: object, _cancel: object) -> None:
            self.services.habits.spend(report.id, seconds)

        self.tasks.run("record", work, lambda _: None, self.fault.emit)

    def read_habits(self, change: Callable[[Habits], object] | None = None) -> None:
        """Ask for what was learned, after a change of it."""

        def work(_progress: object, _cancel: object) -> HabitsView:
            if change is not None:
                change(self.services.habits)
            return self.services.habits.view()

        self.tasks.run("record", work, self._habits_read, self.fault.emit)

    def forget_phrases(self, keys: Sequence[PhraseKey] | None) -> None:
        """Forget wordings (None: all)."""
        self.read_habits(lambda habits: habits.forget(keys))

    def forget_uses(self) -> None:
        """Forget times and shares."""
        self.read_habits(lambda habits: habits.forget_uses())

    def _habits_read(self, view: HabitsView) -> None:
        self.habits_read.emit(view)

    def _learn(self) -> None:
        """After the signature is stored: what it teaches.  A report that is not final does not."""
        opened = self.current
        if opened is None:
            return
        session = opened.session

        def work(_progress: object, _cancel: object) -> Learned | None:
            return self.services.habits.learn(session.document)

        def told(learned: Learned | None) -> None:
            if learned is not None:
                self.learned.emit(learned)

        self.tasks.run("record", work, told, self.fault.emit)

    def check(self) -> None:
        """Run the checks on the report as it stands."""
        report = self.report
        if report is None:
            return
        self.tasks.run(
            "check",
            lambda _progress, _cancel: self.services.check(report),
            lambda problems: self._checked(report, problems),
            self.fault.emit,
        )

    def export(self, folder: Path) -> None:
        """Write all renderings into a folder."""
        opened = self.current
        if opened is None:
            return
        self.tasks.run(
            "record",
            lambda _progress, _cancel: self.services.export(opened, folder),
            lambda written: self.exported.emit(*written),
            self.fault.emit,
            "Exporting",
        )

    def refresh_system(self) -> None:
        """Ask for guard and packs."""

        def told(lines: list[SystemLine]) -> None:
            self.system_changed.emit(lines)

        self.tasks.run("check", lambda _p, _c: self.services.system(), told, self.fault.emit)

    # --- inside -------------------------------------------------------------------------------

    def _record(self, act: Callable[[ReportSession], Any]) -> None:
        """One act on the session, on the serial lane; the panels get the new report."""
        opened = self.current
        if opened is None:
            return
        session = opened.session

        def work(_progress: object, _cancel: object) -> Report:
            act(session)
            return session.report

        self.tasks.run("record", work, lambda report: self._changed(opened, report), self._failed)

    def _look_elsewhere(self, before: Report, changes: list[Operation]) -> None:
        """After the change is stored: which other statements still state the old fact."""
        opened = self.current
        if opened is None:
            return
        session = opened.session

        def work(_progress: object, _cancel: object) -> tuple[Report, list[Operation]]:
            after = session.report
            return after, self.services.second_edits(before, after, changes)

        def found(answer: tuple[Report, list[Operation]]) -> None:
            if answer[1] and answer[0] is self.report:
                self.second_edits.emit(*answer)

        self.tasks.run("record", work, found, self.fault.emit)

    def _task_ended(self, task: Task) -> None:
        if self._opening.ended_by_cancel(task):
            self._take_back()
        if task is self._drafting and task.cancelled():
            self._drafting = None
            self.waiting.emit("The draft was cancelled. Press D to draft the report.")

    def _not_drafted(self, fault: Fault) -> None:
        self._drafting = None
        self.fault.emit(fault)
        self.waiting.emit("There is no draft. Press D to try again.")

    def _glimpsed(self, result: OpenResult, found: list[Subject]) -> None:
        """One image is there before the others: what was open leaves the window now."""
        self.leave()
        self._show_early(result, found, "Reading the headers of the other images…")

    def _not_opened(self, fault: Fault) -> None:
        self._take_back()
        self.fault.emit(fault)

    def _take_back(self) -> None:
        """An opening that is not completed leaves no image that looks like a study."""
        if self._opening.take_back():
            self._show_early(OpenResult(()), [], "")

    def _show_early(self, result: OpenResult, found: list[Subject], words: str) -> None:
        self.result = result if result.studies else None
        self.subjects = found
        self._wait_to_draft(None)
        self.glimpsed.emit(result)
        if words:
            self.waiting.emit(words)

    def _opened(self, result: OpenResult, found: list[Subject]) -> None:
        self.result = result
        self.subjects = found
        self.opened.emit(result)
        if self.subjects and self.draft_on_open:
            self.draft(self.subjects[0])
        elif self.subjects:
            self._wait_to_draft(self.subjects[0])
        else:
            self._wait_to_draft(None)

    def _wait_to_draft(self, subject: Subject | None) -> None:
        """Nothing is drafted until the user asks, or at all where no image is open: the report of
        the patient before leaves the window."""
        if self._drafting is not None:
            self._drafting.cancel()
        self.stop_asking()
        self.current, self.problems, self._subject = None, [], subject
        self._drafting = None
        self.report_changed.emit(None)
        self.problems_changed.emit([])
        why = "No image is open: there is nothing to report on."
        self.waiting.emit("Press D to draft the report." if subject else why)

    def _drafted(self, opened: OpenReport | str) -> None:
        self._drafting = None
        if isinstance(opened, str):
            self.withheld.emit(opened)
            return
        self.current, self.problems = opened, []
        self.worded = frozenset(wordings(opened.session.history))
        if opened.session.report.state is not ReportState.FINAL:
            self._time.start()
        self.report_opened.emit(opened)
        self.report_changed.emit(opened.session.report)
        self.check()

    def _changed(self, opened: OpenReport, report: Report) -> None:
        if opened is self.current:
            if report.state is ReportState.FINAL:
                self._time.stop()  # reading a signed report is no work on it
            self.report_changed.emit(report)
            self.check()

    def _failed(self, fault: Fault) -> None:
        self.fault.emit(fault)
        if self.report is not None:
            self.report_changed.emit(self.report)  # show what is stored, not what was asked for

    def _no_answer(self, fault: Fault) -> None:
        self._asking = None
        self.chat_failed.emit(fault)

    def _answered(self, before: Report, turn: Any) -> None:
        self._asking = None
        if before is self.report:
            self.answered.emit(before, turn)
        else:
            self.chat_failed.emit(Fault("The report changed meanwhile.", "Ask again."))

    def _checked(self, report: Report, problems: list[Problem]) -> None:
        if report is self.report:
            self.problems = problems
            self.problems_changed.emit(problems)

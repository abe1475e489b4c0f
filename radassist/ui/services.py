"""What the window needs of the rest of the program: one narrow, blocking protocol.

Every method may block and is called on a worker thread by ``radassist.ui.tasks``; results come
back to the main thread as Qt signals, carry a request id, and are dropped when stale.  The
composition root (``radassist.app.window``) implements it over the workbench; GUI tests implement
it over real sessions without engines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from radassist.checks import Problem
from radassist.domain.companions import Companion
from radassist.domain.operations import Operation
from radassist.domain.report import Report
from radassist.domain.study import Frame, OpenResult
from radassist.ports import CancelToken, Content, DecodedFrame, Progress, VisionResult
from radassist.workflow.chat import ChatTurn
from radassist.workflow.habits import Habits
from radassist.workflow.measure import StudyAnnotations
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import Subject


@dataclass(frozen=True)
class OpenReport:
    """A report that is open in the window.

    :param session: the use cases on it: ``apply``, ``accept``, ``reject``, ``undo``, ``redo``,
        ``sign``, ``addend``; each is one stored transaction and may block on the disk.
    :param vision: results by (SOPInstanceUID, frame): masks, labels, calipers, refusals.
    """

    session: ReportSession
    subject: Subject
    vision: dict[tuple[str, int], VisionResult] = field(default_factory=dict)


@dataclass(frozen=True)
class SystemLine:
    """One line of the status pane: offline guard, a pack, the disk.

    :param good: False draws it as something that needs attention.
    """

    name: str
    text: str
    good: bool = True


class Services(Protocol):
    """The use cases as the window calls them.  Faults are raised as ``radassist.errors.Fault``."""

    @property
    def user(self) -> str:
        """The name that acts carry."""

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        """Open files, folders, zips or a DICOMDIR."""

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        """One image of what ``open`` will give, found before all headers are read; or None."""

    def decode(self, frame: Frame) -> DecodedFrame:
        """Pixels of one frame (decoded in a worker process)."""

    def read_content(self, companion: Companion) -> Content:
        """What a presentation state, segmentation, key object selection or document holds."""

    def draft(self, subject: Subject, progress: Progress, cancel: CancelToken) -> OpenReport:
        """See and draft a study, or reopen the newest stored report on it."""

    def withheld(self, subject: Subject) -> str:
        """Why a study is not drafted as soon as it is open; "" where it is, or has a report."""

    def begin_empty(self, subject: Subject, *, after_draft: bool) -> OpenReport:
        """A report on a study without a draft; Findings and Impression are empty."""

    @property
    def habits(self) -> Habits:
        """What was learned from the user's signed reports; its methods block on the disk."""

    def chat(
        self, report: Report, instruction: str, progress: Progress, cancel: CancelToken
    ) -> ChatTurn:
        """Understand one instruction or question; nothing is applied."""

    def second_edits(
        self, before: Report, after: Report, operations: Sequence[Operation]
    ) -> list[Operation]:
        """Edits that make other statements agree with typed ones; nothing is applied."""

    def check(self, report: Report) -> list[Problem]:
        """The deterministic checks."""

    def annotations(self, study_uid: str) -> StudyAnnotations:
        """What was drawn on a study, and its key images; may block on the disk."""

    def export(self, opened: OpenReport, folder: Path) -> tuple[list[Path], list[str]]:
        """Write JSON, text, PDF, DICOM SR and key images; returns paths and notes."""

    def system(self) -> list[SystemLine]:
        """Offline guard, packs and what is missing, for the status bar and the system pane."""

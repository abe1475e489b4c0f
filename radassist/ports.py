"""One narrow Protocol per engine.  Adapters implement them, use cases take them.

Fakes for tests implement the same protocols and pass the same contract tests (tests/contracts).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from radassist.domain.companions import Companion, Document, KeyObjects
from radassist.domain.effort import ReportUse
from radassist.domain.findings import Finding, ImageRef
from radassist.domain.history import HistoryEntry
from radassist.domain.measuring.annotation import Annotation, Change
from radassist.domain.measuring.suv import Uptake
from radassist.domain.phrases import Phrase, PhraseKey, PhraseUse
from radassist.domain.presentation import PresentationState
from radassist.domain.report import Report
from radassist.domain.segmentation import Segmentation
from radassist.domain.study import Frame, OpenResult, Series
from radassist.errors import InputFault

#: What a companion of the images holds.
Content = PresentationState | Segmentation | KeyObjects | Document

#: Called with a fraction in [0, 1] (or -1 where the length is unknown) and a short sentence.
Progress = Callable[[float, str], None]


class CancelToken(Protocol):
    """Asked often by long work; True once the user has cancelled."""

    def cancelled(self) -> bool: ...


@dataclass(frozen=True)
class DecodedFrame:
    """Pixels of one frame, ready for windowing.

    :param pixels: after the modality LUT / rescale (HU for CT): float32 or int16/uint16, shape
        (rows, columns); for colour uint8, shape (rows, columns, 3), RGB.
    :param window: (centre, width) proposed by the header or computed from the pixels.
    :param inverted: True for MONOCHROME1: low values are shown bright.
    :param voi_lut: optional table mapping stored values to display (VOI LUT sequence), as
        (first value mapped, table); None where a linear or sigmoid window serves.
    :param overlay_groups: the group (0x6000 ...) of each overlay plane.
    :param uptake: for PET: the factor to SUV by body weight, or why there is none.
    :param rescale: (slope, intercept) that stored values went through; None for a table.
    :param sha256: of the decoded pixel bytes, for replay.
    """

    ref: ImageRef
    pixels: npt.NDArray[Any]
    window: tuple[float, float]
    inverted: bool
    unit: str = ""
    voi_function: str = "LINEAR"
    voi_lut: tuple[int, npt.NDArray[Any]] | None = None
    overlays: tuple[npt.NDArray[np.bool_], ...] = ()
    overlay_groups: tuple[int, ...] = ()
    rescale: tuple[float, float] | None = (1.0, 0.0)
    uptake: Uptake | None = None
    sha256: str = ""
    warnings: tuple[str, ...] = ()


class NothingOpened(InputFault):
    """No image at all could be opened; ``result`` lists the files with their reasons."""

    def __init__(self, what: str, next_step: str = "", result: OpenResult | None = None) -> None:
        super().__init__(what, next_step)
        self.result = result if result is not None else OpenResult(())


class Archive(Protocol):
    """Opens paths and decodes frames; decoding happens in worker processes."""

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        """Read headers and group; raises NothingOpened when no image could be opened."""

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        """One image of what ``open`` will give, found before all headers are read; or None."""

    def decode(self, frame: Frame, *, deadline_s: float = 14.0) -> DecodedFrame:
        """Decode one frame in a worker process, blocking; raises EngineFault or InputFault."""

    def decode_async(
        self, frame: Frame, done: Callable[[DecodedFrame | Exception], None]
    ) -> Callable[[], None]:
        """Decode in the background; ``done`` is called on a worker thread; returns a cancel."""

    def read_content(self, companion: Companion, *, deadline_s: float = 14.0) -> Content:
        """What a companion holds, blocking; raises EngineFault or InputFault.

        Pixels of a segmentation are decoded like an image's, by ``segmentation.stored_frame``.
        """

    def close(self) -> None:
        """Stop the worker processes and free shared memory."""


@dataclass(frozen=True)
class VisionResult:
    """What a vision pack says about one image.

    :param mask: uint8 label map of the image's shape, or None.
    :param labels: label number -> name.
    :param refusal: why the pack does not apply ("" when it does).
    """

    pack: str
    image: ImageRef | None
    findings: tuple[Finding, ...] = ()
    mask: npt.NDArray[np.uint8] | None = None
    labels: tuple[tuple[int, str], ...] = ()
    refusal: str = ""
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0


class VisionModel(Protocol):
    """One vision pack behind its host process."""

    @property
    def pack(self) -> str:
        """``id@version``."""

    def refuse(self, series: Series) -> str:
        """Why the pack does not apply to this series by its header, or "" when it may."""

    def analyse(
        self, image: DecodedFrame, series: Series, *, deadline_s: float = 60.0
    ) -> VisionResult:
        """Findings on one frame; a refusal is a result, a crash is an EngineFault."""

    def close(self) -> None: ...


@dataclass(frozen=True)
class Completion:
    """An answer of a language model with what is needed to replay it."""

    text: str
    pack: str
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    seed: int


class LanguageModel(Protocol):
    """One language pack behind its host process."""

    @property
    def pack(self) -> str:
        """``id@version``."""

    def complete(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        schema: dict[str, Any] | None = None,
        max_tokens: int = 256,
        seed: int = 0,
        deadline_s: float = 120.0,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Completion:
        """Answer ``(role, text)`` messages; with a JSON schema the decoder is held to it.

        Temperature is 0: the same messages, seed, pack and threads give the same text.
        Raises DeadlineExceeded, Cancelled or EngineFault.
        """

    def close(self) -> None: ...


@dataclass(frozen=True)
class AuditEvent:
    """One thing that happened, before it is chained.

    :param action: dotted verb: ``study.open``, ``report.draft``, ``report.edit``, ``report.sign``…
    :param subject: report id, study UID or pack id.
    :param detail: JSON-safe facts; no free text of the report beyond the operation itself.
    """

    action: str
    actor: str
    subject: str
    detail: dict[str, Any]


class AuditLog(Protocol):
    """Append-only, hash-chained."""

    def append(self, event: AuditEvent) -> int:
        """Write one event; returns its sequence number."""

    def verify(self) -> tuple[int, list[str]]:
        """(number of events, problems found)."""

    def events(self, subject: str | None = None) -> Iterable[dict[str, Any]]: ...


class ReportStore(Protocol):
    """Reports with their history; a change and its audit event are one transaction."""

    def create(
        self, base: Report, entries: Sequence[HistoryEntry], report: Report, event: AuditEvent
    ) -> None:
        """Store a new report: ``base`` plus ``entries`` must give ``report``."""

    def append(
        self, report: Report, entries: Sequence[HistoryEntry], events: Sequence[AuditEvent]
    ) -> None:
        """Store the changed report, its new history entries and their events in one transaction."""

    def load(self, report_id: str) -> tuple[Report, Report, tuple[HistoryEntry, ...]] | None:
        """(base, report, history), or None."""

    def for_study(self, study_uid: str) -> list[str]:
        """Ids of the reports of a study, newest first."""

    def close(self) -> None: ...


class AnnotationStore(Protocol):
    """What was drawn on a study's images, and which of them are key images."""

    def annotations(self, study_uid: str) -> tuple[Annotation, ...]:
        """The annotations of a study, in the order in which they were made."""

    def change(self, study_uid: str, change: Change, actor: str) -> None:
        """Make one change with its audit event, in one transaction.

        Raises UsageFault when the stored annotation is not the one that the change began from.
        """

    def key_images(self, study_uid: str) -> tuple[ImageRef, ...]:
        """The frames marked as key images, in the order in which they were marked."""

    def mark_key_image(self, image: ImageRef, marked: bool, actor: str) -> None:
        """Mark a frame or take the mark away; nothing happens where it is so already."""


class HabitStore(Protocol):
    """What was learned from signed reports: wordings, shares kept, seconds.  Local, clearable."""

    def phrases(self, user: str) -> list[Phrase]:
        """The wordings of one user, in the order of their keys."""

    def uses(self, user: str) -> list[ReportUse]:
        """The signed reports of one user, oldest first."""

    def add_seconds(self, report_id: str, seconds: float) -> None:
        """Active time that was spent on a report since this was last called for it."""

    def seconds(self, report_id: str) -> float | None:
        """Active time on a report so far; None where none was measured."""

    def learn(self, use: ReportUse | None, phrases: Sequence[PhraseUse], event: AuditEvent) -> bool:
        """Store what one signed report teaches, with its event in one transaction.

        :returns: False, and nothing is stored, where the event's subject taught before.
        """

    def forget(self, user: str, keys: Sequence[PhraseKey] | None, event: AuditEvent) -> int:
        """Delete wordings of one user (None: all); returns how many there were."""

    def forget_uses(self, user: str, event: AuditEvent) -> int:
        """Delete the times and shares of one user; returns of how many reports."""

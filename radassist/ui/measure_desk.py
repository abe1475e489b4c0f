"""The window's controller for measuring: keeps what is drawn, measures it, tells the report.

Everything that touches the disk or decodes runs in tasks; what comes back for a study that is no
longer shown is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from radassist.domain.findings import Evidence, ImageRef
from radassist.domain.measuring.annotation import Annotation, Change, Point, Shape
from radassist.domain.measuring.compare import ChangeTable, Dated, change_table
from radassist.domain.measuring.measured import ImageFacts, Measured, measure
from radassist.domain.operations import Insert, Operation
from radassist.domain.report import Report
from radassist.domain.study import Frame, Series, Study
from radassist.errors import Fault
from radassist.ports import CancelToken, DecodedFrame, Progress
from radassist.ui.services import Services
from radassist.ui.tasks import Tasks
from radassist.viewer.measuring import image_facts
from radassist.workflow.measure import (
    StudyAnnotations,
    bound,
    evidence_of,
    follow,
    to_report,
    volume_evidence,
    volume_of_label,
    volume_ref,
    volume_to_report,
)


class MeasureDesk(QObject):
    """The annotations and key images of the study that is looked at.

    Signals: ``changed()``: annotations, numbers or key images differ; ``report_edits(report_id,
    operations)``: the report must follow; ``told(str)``: a sentence for the status bar; ``fault``.
    """

    changed = Signal()
    report_edits = Signal(str, object)
    told = Signal(str)
    fault = Signal(object)

    def __init__(self, services: Services, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services, self._tasks = services, tasks
        self._study: Study | None = None
        self._kept: StudyAnnotations | None = None
        self._frames: dict[tuple[str, int], tuple[Series, Frame]] = {}
        self._numbers: dict[str, tuple[Annotation, Measured]] = {}
        self._report: Report | None = None

    # --- what is there ------------------------------------------------------------------------

    @property
    def study(self) -> Study | None:
        """The study whose annotations these are."""
        return self._study

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations of the study."""
        return self._kept.state.items if self._kept else ()

    @property
    def key_images(self) -> tuple[ImageRef, ...]:
        """The frames marked as key images."""
        return self._kept.key_images if self._kept else ()

    def on(self, frame: Frame | None) -> tuple[Annotation, ...]:
        """The annotations on one frame."""
        return self._kept.state.on(frame.ref) if self._kept and frame else ()

    def numbers(self) -> dict[str, Measured]:
        """What was measured, by annotation id; what is still being measured is absent."""
        return {key: measured for key, (_, measured) in self._numbers.items()}

    def place_of(self, annotation: Annotation) -> tuple[Series, int] | None:
        """(series, index of its frame) of an annotation."""
        found = self._frames.get((annotation.image.sop_uid, annotation.image.frame))
        if found is None:
            return None
        series, frame = found
        return series, series.frames.index(frame)

    # --- opening ------------------------------------------------------------------------------

    def show_study(self, study: Study | None) -> None:
        """Another study is looked at."""
        if study is self._study:
            return
        self._study, self._kept, self._numbers = study, None, {}
        self._frames = {
            (f.ref.sop_uid, f.ref.frame): (s, f)
            for s in (study.series if study else ())
            for f in s.frames
        }
        self.changed.emit()
        if study is None:
            return
        uid = study.study_instance_uid

        def loaded(kept: StudyAnnotations) -> None:
            if self._study is study:
                self._kept = kept
                self._measure_all(kept.state.items)
                self.changed.emit()

        self._tasks.run(
            "record", lambda _p, _c: self._services.annotations(uid), loaded, self.fault.emit
        )

    def show_report(self, report: Report | None) -> None:
        """The report that measurements are sent to."""
        self._report = report

    # --- acts ---------------------------------------------------------------------------------

    def add(self, shape: Shape, frame: Frame, points: Sequence[Point]) -> None:
        """Keep a finished drawing."""
        places = tuple(points)
        self._act(lambda kept: kept.add(shape, frame.ref, places))

    def move(self, annotation: Annotation) -> None:
        """Keep an annotation that was dragged elsewhere; its sentence follows."""
        self._act(lambda kept: kept.move(annotation), annotation.id)

    def relabel(self, annotation_id: str, label: str) -> None:
        """Give it another label."""
        self._act(lambda kept: kept.relabel(annotation_id, label))

    def delete(self, annotation_id: str) -> None:
        """Take it away; its sentence loses the evidence."""
        self._act(lambda kept: kept.delete(annotation_id), annotation_id)

    def undo(self) -> None:
        """Take the latest change of an annotation back."""
        self._act(lambda kept: kept.undo())

    def redo(self) -> None:
        """Make it again."""
        self._act(lambda kept: kept.redo())

    def toggle_key_image(self, frame: Frame) -> None:
        """Mark a frame as a key image, or take the mark away."""

        def work(kept: StudyAnnotations) -> str:
            return "Key image marked." if kept.mark_key_image(frame.ref) else "Key image unmarked."

        self._act(work, told=self.told.emit)

    def suggested_label(self) -> str:
        """The next free lesion label."""
        return self._kept.next_label() if self._kept else ""

    def send(self, annotation_id: str, after: str = "") -> None:
        """Put a measurement into the findings as a statement that stays bound to it."""
        found, report = self._numbers.get(annotation_id), self._report
        if found is None or report is None:
            self.fault.emit(Fault("There is no report or no number to send.", "Draft a report."))
            return
        self._insert(lambda report: to_report(report, *found, after=after))

    def send_volume(self, annotation_id: str) -> None:
        """Put the volume of all outlines that share this one's label into the findings."""
        kept, report = self._kept, self._report
        annotation = kept.state.find(annotation_id) if kept else None
        place = self.place_of(annotation) if annotation else None
        if annotation is None or place is None or report is None:
            self.fault.emit(Fault("There is no report or no outline to send.", "Draft a report."))
            return
        label, series = annotation.label, place[0]

        def done(evidence: Evidence | None) -> None:
            if evidence is None:
                self.told.emit("A volume needs outlines of one label on two images or more.")
            else:
                self._insert(lambda report: volume_to_report(report, label, evidence))

        self._volume(annotation, series, done)

    def compare(self, studies: Sequence[Study], ready: Callable[[ChangeTable], None]) -> None:
        """The change table of all studies of the shown patient that are open, as a task."""
        patient = self._study.patient_id if self._study else ""
        same = [s for s in studies if s is self._study or (patient and s.patient_id == patient)]

        def work(_progress: Progress, cancel: CancelToken) -> ChangeTable:
            found: list[Dated] = []
            for study in same:
                found += self._dated(study, cancel)
            return change_table(found)

        self._tasks.run("engine", work, ready, self.fault.emit, "Comparing measurements")

    def _dated(self, study: Study, cancel: CancelToken) -> list[Dated]:
        """On a worker thread: the labelled measurements of one study."""
        frames = {(f.ref.sop_uid, f.ref.frame): (s, f) for s in study.series for f in s.frames}
        found = []
        for one in self._services.annotations(study.study_instance_uid).state.items:
            place = frames.get((one.image.sop_uid, one.image.frame))
            if place is None or not one.label or cancel.cancelled():
                continue
            measured = measure(one, self._facts(*place))
            found.append(Dated(one.label, study.study_date, one.id, measured))
        return found

    def _insert(self, make: Callable[[Report], Insert]) -> None:
        """Ask for a new statement in the report as it stands now, or say why there is none."""
        report = self._report
        if report is None:
            self.fault.emit(Fault("There is no report to send it to.", "Draft a report."))
            return
        try:
            operation = make(report)
        except Fault as fault:
            self.fault.emit(fault)
        else:
            self.report_edits.emit(report.id, [operation])

    # --- inside -------------------------------------------------------------------------------

    def _act(
        self,
        act: Callable[[StudyAnnotations], object],
        bound_id: str = "",
        told: Callable[[str], None] | None = None,
    ) -> None:
        kept = self._kept
        if kept is None:
            return

        before = kept.state.items

        def done(answer: object) -> None:
            if kept is not self._kept:
                return
            changed = bound_id
            if isinstance(answer, Change):
                changed = answer.annotation_id
            for one in _touched(before, kept.state.items):
                self._follow_volume(one)
            if isinstance(answer, str) and told is not None:
                told(answer)
            self._measure_all(kept.state.items, changed)
            self.changed.emit()

        def failed(fault: Fault) -> None:
            self.fault.emit(fault)
            self.changed.emit()  # what the layer showed ahead of the store goes back

        self._tasks.run("record", lambda _p, _c: act(kept), done, failed)

    def _measure_all(self, items: Sequence[Annotation], bound_id: str = "") -> None:
        """Measure what is new or changed; the report follows the one that was changed."""
        there = {a.id: a for a in items}
        self._numbers = {key: v for key, v in self._numbers.items() if key in there}
        if bound_id and bound_id not in there:
            self._follow(bound_id, None)
        for annotation in items:
            known = self._numbers.get(annotation.id)
            if known is None or known[0] != annotation:
                self._measure(annotation, follow_it=annotation.id == bound_id)

    def _measure(self, annotation: Annotation, *, follow_it: bool) -> None:
        found = self._frames.get((annotation.image.sop_uid, annotation.image.frame))
        if found is None:
            return
        series, frame = found

        def work(_progress: object, _cancel: object) -> Measured:
            return measure(annotation, self._facts(series, frame))

        def done(measured: Measured) -> None:
            if self._kept is None or self._kept.state.find(annotation.id) != annotation:
                return
            self._numbers[annotation.id] = (annotation, measured)
            self.changed.emit()
            if follow_it:
                self._follow(annotation.id, (annotation, measured))

        self._tasks.run("decode", work, done, self.fault.emit)

    def _volume(
        self, annotation: Annotation, series: Series, done: Callable[[Evidence | None], None]
    ) -> None:
        """The volume of a label's outlines, on a worker thread: outlines have many corners."""
        items = self.annotations

        def work(_progress: object, _cancel: object) -> Evidence | None:
            volume = volume_of_label(items, annotation.label, series)
            if volume is None:
                return None
            return volume_evidence(annotation.label, volume, annotation.image)

        self._tasks.run("check", work, done, self.fault.emit)

    def _follow_volume(self, annotation: Annotation) -> None:
        """An outline was drawn, moved or deleted: the volume of its label is another one."""
        report, place = self._report, self.place_of(annotation)
        ref = volume_ref(annotation.label, annotation.image.series_uid)
        if report is None or place is None or not bound(report, ref):
            return

        def done(evidence: Evidence | None) -> None:
            if self._report is not None and self._report.id == report.id:
                self._emit_edits(self._report, ref, evidence)

        self._volume(annotation, place[0], done)

    def _facts(self, series: Series, frame: Frame) -> ImageFacts:
        """On a worker thread: the frame's pixels are needed for values."""
        decoded: DecodedFrame = self._services.decode(frame)
        return image_facts(series, decoded)

    def _follow(self, annotation_id: str, now: tuple[Annotation, Measured] | None) -> None:
        report = self._report
        if report is None:
            return
        self._emit_edits(report, annotation_id, evidence_of(*now) if now else None)

    def _emit_edits(self, report: Report, ref: str, evidence: Evidence | None) -> None:
        followed = follow(report, ref, evidence)
        operations: list[Operation] = list(followed.operations)
        if operations:
            self.report_edits.emit(report.id, operations)
        if followed.by_hand:
            self.told.emit("A sentence holds a number that was typed: it was not changed.")


def _touched(before: Sequence[Annotation], now: Sequence[Annotation]) -> list[Annotation]:
    """One annotation of each label whose annotations differ."""
    changed = [a for a in (*before, *now) if a.label and not (a in before and a in now)]
    return list({a.label.casefold(): a for a in changed}.values())

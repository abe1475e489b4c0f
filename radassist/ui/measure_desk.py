"""The window's controller for measuring: keeps what is drawn, measures it, tells the report.

Everything that touches the disk or decodes runs in tasks; what comes back for a study that is no
longer shown is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from radassist.domain.findings import Evidence
from radassist.domain.measuring.annotation import Annotation, Change, Point, Shape
from radassist.domain.measuring.compare import ChangeTable, Dated, change_table
from radassist.domain.measuring.measured import ImageFacts, Measured, measure
from radassist.domain.operations import Insert, Operation
from radassist.domain.report import Report
from radassist.domain.study import Frame, Series, Study
from radassist.errors import Fault
from radassist.ports import CancelToken, DecodedFrame, Progress
from radassist.ui.measure_state import Drawn, MeasureState, touched
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
    """The annotations and key images of the studies that are looked at.

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
        self.state = MeasureState()
        self._report: Report | None = None

    # --- what is there ------------------------------------------------------------------------

    @property
    def study(self) -> Study | None:
        """The study of the active pane."""
        return self.state.active.study if self.state.active else None

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        """All annotations of that study."""
        return self.state.active.items if self.state.active else ()

    def on(self, frame: Frame | None) -> tuple[Annotation, ...]:
        """The annotations on one frame, of whichever study."""
        return self.state.on(frame) if frame else ()

    def is_key_image(self, frame: Frame | None) -> bool:
        """True for a frame that is marked."""
        return frame is not None and self.state.is_key_image(frame)

    def numbers(self) -> dict[str, Measured]:
        """What was measured, by annotation id; what is still being measured is absent."""
        return {key: measured for key, (_, measured) in self.state.numbers.items()}

    def place_of(self, annotation: Annotation) -> tuple[Series, int] | None:
        """(series, index of its frame) of an annotation."""
        found = self.state.place(annotation)
        return (found[0], found[0].frames.index(found[1])) if found else None

    # --- opening ------------------------------------------------------------------------------

    def clear(self) -> None:
        """Other files are open: nothing of the studies before stays."""
        self.state.clear()
        self.changed.emit()

    def show_study(self, study: Study) -> None:
        """The active pane shows this study."""
        self.want(study)
        self.state.active = self.state.studies[study.study_instance_uid]
        self.changed.emit()

    def want(self, study: Study) -> None:
        """A pane shows this study: what is drawn on it is read, once."""
        drawn = self.state.add(study)
        if drawn is None:
            return

        def loaded(_kept: StudyAnnotations) -> None:
            if self.state.holds(drawn):
                self._measure_all(drawn)
                self.changed.emit()

        self._tasks.run(
            "record", lambda _p, _c: drawn.read(self._services.annotations), loaded,
            self.fault.emit,
        )  # fmt: skip

    def show_report(self, report: Report | None) -> None:
        """The report that measurements are sent to."""
        self._report = report

    # --- acts ---------------------------------------------------------------------------------

    def add(self, shape: Shape, frame: Frame, points: Sequence[Point]) -> None:
        """Keep a finished drawing."""
        places = tuple(points)
        self._act(self.state.of(frame), lambda kept: kept.add(shape, frame.ref, places))

    def move(self, annotation: Annotation) -> None:
        """Keep an annotation that was dragged elsewhere; its sentence follows."""
        drawn = self.state.studies.get(annotation.image.study_uid)
        self._act(drawn, lambda kept: kept.move(annotation), annotation.id)

    def relabel(self, annotation_id: str, label: str) -> None:
        """Give it another label."""
        self._act(self._holder(annotation_id), lambda kept: kept.relabel(annotation_id, label))

    def delete(self, annotation_id: str) -> None:
        """Take it away; its sentence loses the evidence."""
        drawn = self._holder(annotation_id)
        self._act(drawn, lambda kept: kept.delete(annotation_id), annotation_id)

    def undo(self) -> None:
        """Take the latest change of an annotation back."""
        self._act(self.state.active, lambda kept: kept.undo())

    def redo(self) -> None:
        """Make it again."""
        self._act(self.state.active, lambda kept: kept.redo())

    def toggle_key_image(self, frame: Frame) -> None:
        """Mark a frame as a key image, or take the mark away."""

        def work(kept: StudyAnnotations) -> str:
            return "Key image marked." if kept.mark_key_image(frame.ref) else "Key image unmarked."

        self._act(self.state.of(frame), work, told=self.told.emit)

    def suggested_label(self) -> str:
        """The next free lesion label."""
        active = self.state.active
        return active.kept.next_label() if active and active.kept else ""

    def send(self, annotation_id: str, after: str = "") -> None:
        """Put a measurement into the findings as a statement that stays bound to it."""
        found = self.state.numbers.get(annotation_id)
        if found is None:
            self.fault.emit(Fault("This has no number yet.", "Wait until it is measured."))
            return
        self._insert(lambda report: to_report(report, *found, after=after))

    def send_volume(self, annotation_id: str) -> None:
        """Put the volume of all outlines that share this one's label into the findings."""
        found = self.state.find(annotation_id)
        place = self.place_of(found[1]) if found else None
        if found is None or place is None:
            return
        annotation = found[1]
        label, series = annotation.label, place[0]

        def done(evidence: Evidence | None) -> None:
            if evidence is None:
                self.told.emit("A volume needs outlines of one label on two images or more.")
            else:
                self._insert(lambda report: volume_to_report(report, label, evidence))

        self._volume(annotation, series, done)

    def compare(self, studies: Sequence[Study], ready: Callable[[ChangeTable], None]) -> None:
        """The change table of all studies of the shown patient that are open, as a task."""
        shown = self.study
        patient = shown.patient_id if shown else ""
        same = [s for s in studies if s is shown or (patient and s.patient_id == patient)]

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

    def _holder(self, annotation_id: str) -> Drawn | None:
        found = self.state.find(annotation_id)
        return found[0] if found else None

    def _act(
        self,
        drawn: Drawn | None,
        act: Callable[[StudyAnnotations], object],
        bound_id: str = "",
        told: Callable[[str], None] | None = None,
    ) -> None:
        """One act on a study's annotations, after everything that was asked before it."""
        if drawn is None:
            return
        before = drawn.items

        def done(answer: object) -> None:
            if not self.state.holds(drawn):
                return
            changed = bound_id
            if isinstance(answer, Change):
                changed = answer.annotation_id
            for one in touched(before, drawn.items):
                self._follow_volume(one)
            if isinstance(answer, str) and told is not None:
                told(answer)
            self._measure_all(drawn, changed)
            self.changed.emit()

        def failed(fault: Fault) -> None:
            self.fault.emit(fault)
            self.changed.emit()  # what the layer showed ahead of the store goes back

        def work(_progress: object, _cancel: object) -> object:
            return act(drawn.read(self._services.annotations))

        self._tasks.run("record", work, done, failed)

    def _measure_all(self, drawn: Drawn, bound_id: str = "") -> None:
        """Measure what is new or changed; the report follows the one that was changed."""
        if bound_id and all(a.id != bound_id for a in drawn.items):
            self._follow(bound_id, None)
        for annotation in self.state.stale(drawn):
            self._measure(annotation, follow_it=annotation.id == bound_id)

    def _measure(self, annotation: Annotation, *, follow_it: bool) -> None:
        found = self.state.place(annotation)
        if found is None:
            return
        series, frame = found

        def work(_progress: object, _cancel: object) -> Measured:
            return measure(annotation, self._facts(series, frame))

        def done(measured: Measured) -> None:
            held = self.state.find(annotation.id)
            if held is None or held[1] != annotation:
                return
            self.state.numbers[annotation.id] = (annotation, measured)
            self.changed.emit()
            if follow_it:
                self._follow(annotation.id, (annotation, measured))

        self._tasks.run("decode", work, done, self.fault.emit)

    def _volume(
        self, annotation: Annotation, series: Series, done: Callable[[Evidence | None], None]
    ) -> None:
        """The volume of a label's outlines, on a worker thread: outlines have many corners."""
        drawn = self.state.studies.get(annotation.image.study_uid)
        items = drawn.items if drawn else ()

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

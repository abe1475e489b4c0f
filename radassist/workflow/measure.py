"""Measuring: what is drawn on a study is kept, can be taken back, and stays bound to the report.

A radiologist draws a caliper, gives the lesion a name, sends the number to the report as a sentence
and goes on.  When the caliper is moved later the number in that sentence follows and the sentence
is marked as changed, so that nobody signs a number that was never read again.  Where the sentence
no longer holds the number (somebody typed another one) nothing of it is touched: the check
``measurement-edited`` tells the reader instead.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from radassist.domain.findings import Evidence, EvidenceKind, ImageRef, Measurement
from radassist.domain.geometry import distances
from radassist.domain.measuring.annotation import (
    AREAS,
    Annotation,
    Annotations,
    Change,
    Point,
    Shape,
)
from radassist.domain.measuring.measured import (
    ImageFacts,
    Measured,
    as_measurement,
    measure,
    words,
)
from radassist.domain.measuring.volume import StackVolume, stack_volume
from radassist.domain.operations import Insert, Operation, Replace, new_statement_id
from radassist.domain.report import Provenance, Report, Statement, StatementState
from radassist.domain.study import Series
from radassist.errors import UsageFault
from radassist.ports import AnnotationStore


class StudyAnnotations:
    """The annotations and key images of one open study.

    Every public method that changes something is one transaction of the store, and raises what
    the store raises before anything here has changed.

    :param clock: gives the present time as ISO 8601 UTC.
    """

    def __init__(
        self, store: AnnotationStore, study_uid: str, user: str, clock: Callable[[], str]
    ) -> None:
        self._store = store
        self._clock = clock
        self.study_uid = study_uid
        self.user = user
        self.state = Annotations(store.annotations(study_uid))
        self.key_images = store.key_images(study_uid)

    def add(
        self, shape: Shape, image: ImageRef, points: Sequence[Point], label: str = ""
    ) -> Annotation:
        """Keep a finished drawing.

        :raises UsageFault: it lies on an image of another study, or is not finished.
        """
        if image.study_uid != self.study_uid:
            raise UsageFault("This image belongs to another study.")
        at = self._clock()
        one = Annotation(
            uuid.uuid4().hex[:12], shape, image, tuple(points), label.strip(), self.user, at
        )
        self._make(Change(None, one))
        return one

    def move(self, changed: Annotation) -> None:
        """Keep an annotation whose points were moved."""
        self._make(Change(self._held(changed.id), changed))

    def relabel(self, annotation_id: str, label: str) -> None:
        """Give an annotation another label."""
        held = self._held(annotation_id)
        if held.label != label.strip():
            self._make(Change(held, replace(held, label=label.strip())))

    def delete(self, annotation_id: str) -> None:
        """Take an annotation away; its changes stay in the record."""
        self._make(Change(self._held(annotation_id), None))

    def undo(self) -> Change | None:
        """Take back the latest change; the change that was made for it, or None."""
        step = self.state.undo()
        return self._walk(step)

    def redo(self) -> Change | None:
        """Make the change again that was taken back last; None where there is none."""
        return self._walk(self.state.redo())

    def mark_key_image(self, image: ImageRef) -> bool:
        """Mark a frame as a key image, or take the mark away; True where it is marked now."""
        marked = not self.is_key_image(image)
        self._store.mark_key_image(image, marked, self.user)
        self.key_images = self._store.key_images(self.study_uid)
        return marked

    def is_key_image(self, image: ImageRef) -> bool:
        """True for a marked frame."""
        return any((k.sop_uid, k.frame) == (image.sop_uid, image.frame) for k in self.key_images)

    def next_label(self) -> str:
        """The first "Lesion N" that no annotation of the study bears."""
        taken = {a.label.casefold() for a in self.state.items}
        number = 1
        while f"lesion {number}" in taken:
            number += 1
        return f"Lesion {number}"

    def _held(self, annotation_id: str) -> Annotation:
        held = self.state.find(annotation_id)
        if held is None:
            raise UsageFault("This annotation is no longer there.", "Open the study again.")
        return held

    def _make(self, change: Change) -> None:
        state = self.state.changed(change)
        self._store.change(self.study_uid, change, self.user)
        self.state = state

    def _walk(self, step: tuple[Annotations, Change] | None) -> Change | None:
        if step is None:
            return None
        state, change = step
        self._store.change(self.study_uid, change, self.user)
        self.state = state
        return change


# --- the report ----------------------------------------------------------------------------------


def sentence(annotation: Annotation, measured: Measured) -> str:
    """The sentence that a measurement is sent to the report as; the reader will reword it.

    :raises UsageFault: the annotation has no number.
    """
    main = measured.main
    if main is None:
        raise UsageFault("This annotation has no number to report.")
    said = _said(annotation, measured)
    if annotation.shape is Shape.CTR:
        return f"Cardiothoracic ratio {said}."
    name = annotation.label or main.name[:1].upper() + main.name[1:]
    return f"{name} {'has ' + said if main.name in ('value', 'area') else 'measures ' + said}."


def _said(annotation: Annotation, measured: Measured) -> str:
    """The number as it stands in a sentence: this very text is looked for when it changes."""
    if annotation.shape is Shape.BIDIRECTIONAL and len(measured.quantities) == 2:
        long, short = measured.quantities
        return f"{words(long).split(' ')[0]} x {words(short)}"
    main = measured.main
    return words(main) if main is not None else ""


def evidence_of(annotation: Annotation, measured: Measured) -> Evidence:
    """What a statement rests on that reports this annotation; ``value`` is the number's text."""
    return Evidence(
        EvidenceKind.MEASUREMENT,
        ref=annotation.id,
        value=_said(annotation, measured),
        image=annotation.image,
        measurement=as_measurement(annotation, measured),
    )


def to_report(
    report: Report, annotation: Annotation, measured: Measured, *, after: str = ""
) -> Insert:
    """The operation that puts a measurement into the findings as a statement bound to it.

    :param after: id of the statement below which it goes; "" for the end of the findings.
    :raises UsageFault: the annotation has no number, or the report has no findings section.
    """
    text = sentence(annotation, measured)
    return _inserted(report, text, evidence_of(annotation, measured), after)


def _inserted(report: Report, text: str, evidence: Evidence, after: str) -> Insert:
    image = evidence.image
    if image is not None and image.study_uid != report.study.study_instance_uid:
        raise UsageFault(
            "This was measured on another study than the report's.",
            "Measure on the current study; compare dates from the Measure menu.",
        )
    section = report.section("Findings")
    if section is None:
        raise UsageFault("This report has no section for findings.")
    ids = [s.id for s in section.statements]
    index = ids.index(after) + 1 if after in ids else len(ids)
    statement = Statement(new_statement_id(report), text, Provenance("measurement"), (evidence,))
    return Insert(section.name, index, statement)


def volume_ref(label: str, series_uid: str) -> str:
    """The id under which a statement rests on the volume of all outlines of a label.

    The series is part of it: the same label on the prior is another volume.
    """
    return f"volume/{series_uid}/{label.strip().casefold()}"


def volume_of_label(
    annotations: Sequence[Annotation], label: str, series: Series
) -> StackVolume | None:
    """The volume of the areas that share a label on the images of one series.

    :returns: None where fewer than two images have one, or the series has no even geometry.
    """
    places = _places(series)
    spacing = series.pixel_spacing if series.spacing_source != "ImagerPixelSpacing" else None
    if places is None or spacing is None or not label.strip():
        return None
    indexes = {(f.ref.sop_uid, f.ref.frame): i for i, f in enumerate(series.frames)}
    areas: list[tuple[float, float]] = []
    for one in annotations:
        index = indexes.get((one.image.sop_uid, one.image.frame))
        if index is None or one.label.strip().casefold() != label.strip().casefold():
            continue
        area = measure(one, ImageFacts(series.rows, series.columns, spacing, "PixelSpacing"))
        found = area.get("area")
        if one.shape in AREAS and found is not None:
            areas.append((places[index], found.value))
    if len({place for place, _ in areas}) < 2:
        return None
    return stack_volume(areas, places)


def _places(series: Series) -> list[float] | None:
    """Millimetres of each image along the normal; None where one does not say where it lies."""
    orientation = series.frames[0].image_orientation if series.frames else None
    positions = [frame.image_position for frame in series.frames]
    known = [p for p in positions if p is not None]
    if orientation is None or len(known) != len(positions):
        return None
    return [float(d) for d in distances(orientation, known)]


def volume_evidence(label: str, volume: StackVolume, image: ImageRef) -> Evidence:
    """What a statement rests on that gives the volume of a label's outlines."""
    ref, value = volume_ref(label, image.series_uid), f"{volume.millilitres:.1f} mL"
    number = Measurement(
        ref, f"{label} volume", volume.millilitres, "mL", image=image,
        method=f"{volume.outlines} outlines, {volume.bridged} images bridged",
    )  # fmt: skip
    return Evidence(EvidenceKind.MEASUREMENT, ref, value, image=image, measurement=number)


def volume_to_report(report: Report, label: str, evidence: Evidence) -> Insert:
    """The operation that puts a volume into the findings as a statement bound to its outlines."""
    return _inserted(report, f"{label} has a volume of {evidence.value}.", evidence, "")


def bound(report: Report, annotation_id: str) -> list[Statement]:
    """The statements that rest on an annotation."""
    return [
        statement
        for _, statement in report.live()
        if any(e.kind is EvidenceKind.MEASUREMENT and e.ref == annotation_id
               for e in statement.evidence)
    ]  # fmt: skip


@dataclass(frozen=True)
class Followed:
    """What a moved or deleted annotation means for the report.

    :param operations: the changes to make; every statement they name is a proposal again.
    :param by_hand: ids of statements whose number somebody had typed: their text is not touched.
    """

    operations: tuple[Operation, ...]
    by_hand: tuple[str, ...] = ()


def follow(report: Report, ref: str, new: Evidence | None) -> Followed:
    """Bring the statements up to date that rest on a measurement.

    :param ref: id of the annotation, or ``volume_ref`` of a label.
    :param new: the evidence as it is now; None where the measurement was deleted: then the words
        stay, the evidence goes, and the checks ask where the number comes from.
    """
    changes: list[Operation] = []
    by_hand: list[str] = []
    for statement in bound(report, ref):
        old = next(e for e in statement.evidence if e.ref == ref)
        if new == old:
            continue
        evidence = tuple(new if e is old else e for e in statement.evidence)
        kept = tuple(e for e in evidence if e is not None)
        text = statement.text
        if new is not None and new.value != old.value:
            text, found = _exchanged(text, old.value, new.value)
            if not found:
                by_hand.append(statement.id)
        state = StatementState.PROPOSED
        changes.append(Replace(replace(statement, text=text, evidence=kept, state=state)))
    return Followed(tuple(changes), tuple(by_hand))


def _exchanged(text: str, old: str, new: str) -> tuple[str, bool]:
    """The text with the number exchanged where it stands alone and once; (text, False) else."""
    places = list(re.finditer(rf"(?<![\d.]){re.escape(old)}(?!\w)", text)) if old else []
    if len(places) != 1:
        return text, False
    start, end = places[0].span()
    return text[:start] + new + text[end:], True

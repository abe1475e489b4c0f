"""What is drawn on the studies that are on the screen, without Qt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from radassist.domain.measuring.annotation import Annotation
from radassist.domain.measuring.measured import Measured
from radassist.domain.study import Frame, Series, Study
from radassist.workflow.measure import StudyAnnotations

Place = tuple[Series, Frame]


@dataclass(eq=False)
class Drawn:
    """One study with what is drawn on it.

    :param kept: None until it was read from the store.
    """

    study: Study
    kept: StudyAnnotations | None = None
    frames: dict[tuple[str, int], Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frames = {
            (f.ref.sop_uid, f.ref.frame): (s, f) for s in self.study.series for f in s.frames
        }

    @property
    def items(self) -> tuple[Annotation, ...]:
        """The annotations, none until they were read."""
        return self.kept.state.items if self.kept else ()

    def read(self, annotations: Callable[[str], StudyAnnotations]) -> StudyAnnotations:
        """Read them, once; for the one thread that records."""
        if self.kept is None:
            self.kept = annotations(self.study.study_instance_uid)
        return self.kept


@dataclass
class MeasureState:
    """All studies that a pane shows or showed since the last opening, one of them active.

    :param numbers: annotation id -> (the annotation that was measured, its numbers).
    """

    studies: dict[str, Drawn] = field(default_factory=dict)
    active: Drawn | None = None
    numbers: dict[str, tuple[Annotation, Measured]] = field(default_factory=dict)

    def add(self, study: Study) -> Drawn | None:
        """Take a study in; None where it is there already."""
        held = self.studies.get(study.study_instance_uid)
        if held is not None and held.study is study:
            return None
        made = Drawn(study)
        self.studies[study.study_instance_uid] = made
        return made

    def clear(self) -> None:
        """Another patient may have come: nothing of the one before stays."""
        self.studies, self.active, self.numbers = {}, None, {}

    def holds(self, drawn: Drawn) -> bool:
        """True while a study has not been replaced or left."""
        return self.studies.get(drawn.study.study_instance_uid) is drawn

    def of(self, frame: Frame) -> Drawn | None:
        """The study of a frame."""
        return self.studies.get(frame.ref.study_uid)

    def on(self, frame: Frame) -> tuple[Annotation, ...]:
        """The annotations on one frame."""
        drawn = self.of(frame)
        return drawn.kept.state.on(frame.ref) if drawn and drawn.kept else ()

    def is_key_image(self, frame: Frame) -> bool:
        """True for a frame that is marked."""
        drawn = self.of(frame)
        return bool(drawn and drawn.kept and drawn.kept.is_key_image(frame.ref))

    def find(self, annotation_id: str) -> tuple[Drawn, Annotation] | None:
        """An annotation of any of the studies."""
        for drawn in self.studies.values():
            for annotation in drawn.items:
                if annotation.id == annotation_id:
                    return drawn, annotation
        return None

    def place(self, annotation: Annotation) -> Place | None:
        """The series and frame that an annotation lies on."""
        drawn = self.studies.get(annotation.image.study_uid)
        return (
            drawn.frames.get((annotation.image.sop_uid, annotation.image.frame)) if drawn else None
        )

    def stale(self, drawn: Drawn) -> list[Annotation]:
        """Forget the numbers of what is gone from a study; what must be measured anew."""
        uid, there = drawn.study.study_instance_uid, {a.id: a for a in drawn.items}
        self.numbers = {
            key: found
            for key, found in self.numbers.items()
            if found[0].image.study_uid != uid or key in there
        }
        return [a for a in there.values() if self.numbers.get(a.id, (None,))[0] != a]


def touched(before: Sequence[Annotation], now: Sequence[Annotation]) -> list[Annotation]:
    """One annotation of each label whose annotations differ."""
    changed = [a for a in (*before, *now) if a.label and not (a in before and a in now)]
    return list({a.label.casefold(): a for a in changed}.values())

"""Annotations: a shape with its points on one frame, drawn by a person.

Points are pixel coordinates of the stored image (see ``domain.findings``).  What each shape's
points mean, in the order in which they are set:

================= =================================================================================
``length``        the two ends
``angle``         end, vertex, end
``cobb``          two ends of the first line, two ends of the second
``bidirectional`` two ends of the long axis, two ends of the short axis (RECIST 1.1)
``ellipse``       two opposite corners of the box around it
``rectangle``     two opposite corners
``freehand``      the outline, three points or more
``probe``         the one pixel
``ctr``           right and left border of the heart, then of the chest: four points, as seen from
                  the left of the image; only their columns count
``arrow``         the tip, and the place of the words
================= =================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from radassist.domain.findings import ImageRef
from radassist.errors import InputFault, UsageFault

Point = tuple[float, float]

#: An outline drawn by hand has hundreds of points; a file that claims more is hostile.
MOST_POINTS = 20_000


class Shape(StrEnum):
    """What is drawn."""

    LENGTH = "length"
    ANGLE = "angle"
    COBB = "cobb"
    BIDIRECTIONAL = "bidirectional"
    ELLIPSE = "ellipse"
    RECTANGLE = "rectangle"
    FREEHAND = "freehand"
    PROBE = "probe"
    CTR = "ctr"
    ARROW = "arrow"


#: (fewest, most) points of a finished annotation.
POINTS: dict[Shape, tuple[int, int]] = {
    Shape.LENGTH: (2, 2),
    Shape.ANGLE: (3, 3),
    Shape.COBB: (4, 4),
    Shape.BIDIRECTIONAL: (4, 4),
    Shape.ELLIPSE: (2, 2),
    Shape.RECTANGLE: (2, 2),
    Shape.FREEHAND: (3, MOST_POINTS),
    Shape.PROBE: (1, 1),
    Shape.CTR: (4, 4),
    Shape.ARROW: (1, 2),
}
AREAS = frozenset({Shape.ELLIPSE, Shape.RECTANGLE, Shape.FREEHAND})


@dataclass(frozen=True)
class Annotation:
    """One thing drawn on one frame.

    :param id: made by the caller, never used twice in a study.
    :param label: the name that the same lesion bears on every date ("Lesion 1"), or "".
    :param by: who drew it; :param at: when, ISO 8601 UTC, both given by the caller.
    :raises UsageFault: the number of points does not fit the shape, or one is not finite.
    """

    id: str
    shape: Shape
    image: ImageRef
    points: tuple[Point, ...]
    label: str = ""
    by: str = ""
    at: str = ""

    def __post_init__(self) -> None:
        fewest, most = POINTS[self.shape]
        if not fewest <= len(self.points) <= most:
            raise UsageFault(f"A {self.shape} needs {fewest} points, not {len(self.points)}.")
        # One form for one place: 3 and 3.0 would be two texts in the record of one report.
        object.__setattr__(self, "points", tuple((float(x), float(y)) for x, y in self.points))
        if not all(math.isfinite(v) for point in self.points for v in point):
            raise UsageFault(f"A {self.shape} has a point that is no place on an image.")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(x0, y0, x1, y1) around the points."""
        xs, ys = [p[0] for p in self.points], [p[1] for p in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    def moved(self, dx: float, dy: float) -> Annotation:
        """The whole shape moved, in pixels."""
        return replace(self, points=tuple((x + dx, y + dy) for x, y in self.points))

    def with_point(self, index: int, point: Point) -> Annotation:
        """One point put elsewhere."""
        points = list(self.points)
        points[index] = point
        return replace(self, points=tuple(points))

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "shape": self.shape.value,
            "image": self.image.to_dict(),
            "points": [list(point) for point in self.points],
            "label": self.label,
            "by": self.by,
            "at": self.at,
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Annotation:
        """Read back.

        :raises InputFault: the form is not one that ``to_dict`` makes.
        """
        try:
            return Annotation(
                id=str(data["id"]),
                shape=Shape(data["shape"]),
                image=ImageRef.from_dict(data["image"]),
                points=tuple((float(x), float(y)) for x, y in data["points"]),
                label=str(data.get("label", "")),
                by=str(data.get("by", "")),
                at=str(data.get("at", "")),
            )
        except (KeyError, TypeError, ValueError, UsageFault) as error:
            raise InputFault("A stored annotation cannot be read.") from error


@dataclass(frozen=True)
class Change:
    """One step of a study's annotations: what stood before, what stands after.

    :param before: None where the annotation is new; :param after: None where it is taken away.
    """

    before: Annotation | None
    after: Annotation | None

    def __post_init__(self) -> None:
        if self.before is None and self.after is None:
            raise UsageFault("An empty change of annotations.")
        if self.before and self.after and self.before.id != self.after.id:
            raise UsageFault("A change of annotations names two of them.")

    @property
    def annotation_id(self) -> str:
        """The annotation that is meant."""
        one = self.after or self.before
        assert one is not None  # noqa: S101 - held by __post_init__
        return one.id

    @property
    def inverse(self) -> Change:
        """The change that takes this one back."""
        return Change(self.after, self.before)


@dataclass(frozen=True)
class Annotations:
    """The annotations of one study, in the order in which they were made, with undo and redo."""

    items: tuple[Annotation, ...] = ()
    done: tuple[Change, ...] = ()
    undone: tuple[Change, ...] = ()

    def find(self, annotation_id: str) -> Annotation | None:
        """The annotation with this id, or None."""
        return next((a for a in self.items if a.id == annotation_id), None)

    def on(self, image: ImageRef) -> tuple[Annotation, ...]:
        """Those drawn on one frame."""
        key = image.sop_uid, image.frame
        return tuple(a for a in self.items if (a.image.sop_uid, a.image.frame) == key)

    def changed(self, change: Change) -> Annotations:
        """With one change made; what could be redone is forgotten.

        :raises UsageFault: the change was made from another state of this annotation.
        """
        return Annotations(_applied(self.items, change), (*self.done, change), ())

    def undo(self) -> tuple[Annotations, Change] | None:
        """The state before the latest change and the change that led there, or None."""
        if not self.done:
            return None
        change = self.done[-1].inverse
        undone = (*self.undone, self.done[-1])
        return Annotations(_applied(self.items, change), self.done[:-1], undone), change

    def redo(self) -> tuple[Annotations, Change] | None:
        """The change that was taken back made again, or None."""
        if not self.undone:
            return None
        change = self.undone[-1]
        done = (*self.done, change)
        return Annotations(_applied(self.items, change), done, self.undone[:-1]), change


def _applied(items: Sequence[Annotation], change: Change) -> tuple[Annotation, ...]:
    held = next((a for a in items if a.id == change.annotation_id), None)
    if held != change.before:
        raise UsageFault("This annotation was changed elsewhere.", "Open the study again.")
    if change.before is None and change.after is not None:
        return (*items, change.after)
    if change.after is None:
        return tuple(a for a in items if a is not held)
    return tuple(change.after if a is held else a for a in items)

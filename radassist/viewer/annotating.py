"""Drawing and moving annotations: every press, move and release as a pure function.

Points can be set by pressing and dragging or by single clicks, as the hand likes: a press sets a
point, and a release that is further away than a click sets the next one.  All positions are image
coordinates; distances on the screen decide only what counts as a click and what is grabbed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from radassist.domain.measuring.annotation import POINTS, Annotation, Point, Shape
from radassist.viewer.figures import figure_of
from radassist.viewer.transform import Transform

#: Logical pixels of the screen.
CLICK = 4.0
GRAB = 8.0
#: A hand-drawn outline sets a point every so many logical pixels.
TRACE_STEP = 2.0


@dataclass(frozen=True)
class Drawing:
    """A shape that is not finished.

    :param points: set so far; :param floating: where the pointer is, the next point to be.
    :param pressed: True while the button is down.
    """

    shape: Shape
    points: tuple[Point, ...] = ()
    floating: Point | None = None
    pressed: bool = False

    @property
    def finished(self) -> bool:
        """True where no further point can be set."""
        if self.shape is Shape.FREEHAND:
            return not self.pressed and len(self.points) >= POINTS[self.shape][0]
        if self.shape is Shape.ARROW:
            return bool(self.points) and not self.pressed
        return len(self.points) == POINTS[self.shape][1] and not self.pressed

    @property
    def shown(self) -> tuple[Point, ...]:
        """The points with the floating one, as they are drawn."""
        if self.floating is None or self.finished:
            return self.points
        return (*self.points, self.floating)


def press(drawing: Drawing, at: Point) -> Drawing:
    """The button goes down: a point is set there."""
    if drawing.shape is Shape.FREEHAND:
        return replace(drawing, points=(at,), floating=at, pressed=True)
    return replace(drawing, points=(*drawing.points, at), floating=at, pressed=True)


def move(drawing: Drawing, at: Point, view: Transform) -> Drawing:
    """The pointer moves; an outline drawn by hand follows it while the button is down."""
    if drawing.shape is not Shape.FREEHAND or not drawing.pressed:
        return replace(drawing, floating=at)
    points = drawing.points
    if (
        screen_distance(points[-1], at, view) >= TRACE_STEP
        and len(points) < POINTS[Shape.FREEHAND][1]
    ):
        points = (*points, at)
    return replace(drawing, points=points, floating=at)


def release(drawing: Drawing, at: Point, view: Transform) -> Drawing | None:
    """The button goes up; None where nothing was drawn (an outline of a single click)."""
    if not drawing.pressed:
        return drawing
    up = replace(drawing, pressed=False, floating=at)
    if drawing.shape is Shape.FREEHAND:
        return up if len(up.points) >= POINTS[Shape.FREEHAND][0] else None
    dragged = screen_distance(drawing.points[-1], at, view) > CLICK
    if dragged and len(up.points) < POINTS[drawing.shape][1]:
        return replace(up, points=(*up.points, at))
    return up


def screen_distance(a: Point, b: Point, view: Transform) -> float:
    """Logical pixels between two places of the image."""
    return math.hypot((a[0] - b[0]) * view.scale_x, (a[1] - b[1]) * view.scale_y)


@dataclass(frozen=True)
class Grip:
    """What the pointer holds: one handle of an annotation, or all of it (``handle`` is None)."""

    annotation: Annotation
    handle: int | None


def grip_at(shown: Sequence[Annotation], at: Point, view: Transform) -> Grip | None:
    """What lies under the pointer: handles before lines, later annotations before earlier ones."""
    for annotation in reversed(shown):
        if annotation.shape is Shape.FREEHAND:
            continue  # hundreds of handles: an outline is moved as a whole or drawn anew
        near = [screen_distance(point, at, view) for point in annotation.points]
        nearest = min(range(len(near)), key=near.__getitem__)
        if near[nearest] <= GRAB:
            return Grip(annotation, nearest)
    for annotation in reversed(shown):
        if _line_distance(annotation, at, view) <= GRAB / 2:
            return Grip(annotation, None)
    return None


def dragged(grip: Grip, start: Point, now: Point) -> Annotation:
    """The annotation after the pointer went from ``start`` to ``now`` with the grip."""
    dx, dy = now[0] - start[0], now[1] - start[1]
    if grip.handle is None:
        return grip.annotation.moved(dx, dy)
    x, y = grip.annotation.points[grip.handle]
    return grip.annotation.with_point(grip.handle, (x + dx, y + dy))


def _line_distance(annotation: Annotation, at: Point, view: Transform) -> float:
    x, y = view.to_screen(*at)
    found = math.inf
    for line in figure_of(annotation.shape, annotation.points).lines:
        ends = [view.to_screen(*point) for point in line]
        for (x0, y0), (x1, y1) in pairwise(ends):
            found = min(found, _segment_distance(x, y, x0, y0, x1, y1))
    return found


def _segment_distance(x: float, y: float, x0: float, y0: float, x1: float, y1: float) -> float:
    dx, dy = x1 - x0, y1 - y0
    length = dx * dx + dy * dy
    part = 0.0 if length == 0 else max(0.0, min(1.0, ((x - x0) * dx + (y - y0) * dy) / length))
    return math.hypot(x - x0 - part * dx, y - y0 - part * dy)

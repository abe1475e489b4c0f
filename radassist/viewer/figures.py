"""The lines of an annotation, and the words beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.measuring.annotation import Annotation, Point, Shape
from radassist.domain.measuring.measured import Measured, Quantity, words

#: Sides of a drawn ellipse: its border is then within a tenth of a pixel up to 400 pixels across.
_SIDES = 72


@dataclass(frozen=True)
class Figure:
    """What to draw, in image coordinates.

    :param lines: open or closed polylines; :param dashed: helping lines.
    :param caps: (from, to) pairs whose ends get the short cross-strokes of a caliper.
    :param handles: places that can be grabbed.
    :param anchor: the place that the words belong to.
    """

    lines: tuple[tuple[Point, ...], ...] = ()
    dashed: tuple[tuple[Point, ...], ...] = ()
    caps: tuple[tuple[Point, Point], ...] = ()
    handles: tuple[Point, ...] = ()
    anchor: Point = (0.0, 0.0)


def figure_of(shape: Shape, points: Sequence[Point]) -> Figure:
    """The figure of a finished shape or of one that still lacks points."""
    points = tuple(points)
    if not points:
        return Figure()
    if shape is Shape.FREEHAND:
        return Figure((_closed(points),), anchor=_rightmost(points))
    if shape in (Shape.RECTANGLE, Shape.ELLIPSE) and len(points) == 2:
        line = _box(*points) if shape is Shape.RECTANGLE else _ellipse(*points)
        return Figure((line,), handles=points, anchor=_rightmost(line))
    if shape is Shape.ANGLE:
        return Figure((points,), handles=points, anchor=points[min(1, len(points) - 1)])
    if shape is Shape.CTR:
        return _ctr(points)
    pairs = tuple((a, b) for a, b in zip(points[::2], points[1::2], strict=False))
    dashed = (_middles(pairs),) if shape is Shape.COBB and len(pairs) == 2 else ()
    return Figure(pairs, dashed, () if shape is Shape.ARROW else pairs, points, _rightmost(points))


def _closed(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return (*points, points[0])


def _box(a: Point, b: Point) -> tuple[Point, ...]:
    return _closed((a, (b[0], a[1]), b, (a[0], b[1])))


def _ellipse(a: Point, b: Point) -> tuple[Point, ...]:
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
    across, down = abs(b[0] - a[0]) / 2, abs(b[1] - a[1]) / 2
    turns = (2 * math.pi * i / _SIDES for i in range(_SIDES))
    return _closed(tuple((x + across * math.cos(t), y + down * math.sin(t)) for t in turns))


def _ctr(points: tuple[Point, ...]) -> Figure:
    """The heart's and the chest's width as level lines between plumb lines through the points."""
    pairs = []
    for a, b in zip(points[::2], points[1::2], strict=False):
        y = (a[1] + b[1]) / 2
        pairs.append(((a[0], y), (b[0], y)))
    plumb = tuple(
        (point, end) for pair, ends in zip(pairs, (points[:2], points[2:]), strict=False)
        for point, end in zip(pair, ends, strict=True)
    )  # fmt: skip
    return Figure(tuple(pairs), plumb, tuple(pairs), points, _rightmost(points))


def _middles(pairs: Sequence[tuple[Point, Point]]) -> tuple[Point, ...]:
    return tuple(((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in pairs)


def _rightmost(points: Sequence[Point]) -> Point:
    return max(points, key=lambda point: point[0])


def label_lines(annotation: Annotation, measured: Measured) -> tuple[str, ...]:
    """The words beside an annotation, shortest form first: label, numbers, warnings."""
    lines = [annotation.label] if annotation.label else []
    if annotation.shape is Shape.BIDIRECTIONAL and len(measured.quantities) == 2:
        long, short = measured.quantities
        lines.append(f"{words(long).split(' ')[0]} × {words(short)}")
    else:
        lines += _numbers(measured)
    lines += measured.notes
    return tuple(lines)


def _numbers(measured: Measured) -> list[str]:
    named = {q.name: q for q in measured.quantities}
    mean, sd = named.pop("mean", None), named.pop("SD", None)
    low, high = named.pop("min", None), named.pop("max", None)
    lines = [_named(q) for q in named.values()]
    if mean and sd:
        lines.append(f"mean {words(mean)}, SD {words(sd)}")
    if low and high:
        lines.append(f"min {words(low)}, max {words(high)}")
    return lines


_PLAIN = frozenset({"length", "angle", "value", "area"})


def _named(quantity: Quantity) -> str:
    return words(quantity) if quantity.name in _PLAIN else f"{quantity.name} {words(quantity)}"

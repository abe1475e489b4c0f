"""Where the plate with a caliper's value goes, so that it hides no caliper and no other plate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

#: (x0, y0, x1, y1) of a measured line on the screen.
Line = tuple[float, float, float, float]
#: (left, top, width, height) on the screen.
Box = tuple[float, float, float, float]

_GAP = 8.0
#: How near to a plate another line may pass.
_CLEAR = 4.0


def label_places(lines: Sequence[Line], sizes: Sequence[tuple[float, float]]) -> list[Box]:
    """One plate for each line, in screen pixels; where nothing is free, above the line.

    :param sizes: (width, height) of each plate.
    """
    taken: list[Box] = []
    for number, (line, size) in enumerate(zip(lines, sizes, strict=True)):
        others = [_bounds(other) for place, other in enumerate(lines) if place != number]
        places = list(_candidates(line, *size))
        free = [p for p in places if not any(_meet(p, o) for o in (*others, *taken))]
        taken.append(free[0] if free else places[0])
    return taken


def _candidates(line: Line, width: float, height: float) -> Iterator[Box]:
    """Above and below a level line, at its middle, then towards its ends; beside an upright one."""
    x0, y0, x1, y1 = line
    if abs(x1 - x0) < abs(y1 - y0):
        for part in (0.5, 0.25, 0.75):
            y = y0 + part * (y1 - y0) - height
            yield max(x0, x1) + _GAP + 1, y, width, height
            yield min(x0, x1) - _GAP - 1 - width, y, width, height
        return
    top, bottom = min(y0, y1) - _GAP - height, max(y0, y1) + _GAP
    for part in (0.5, 0.25, 0.75, 0.1, 0.9):
        left = x0 + part * (x1 - x0) - width / 2
        yield left, top, width, height
        yield left, bottom, width, height


def _bounds(line: Line) -> Box:
    x0, y0, x1, y1 = line
    left, top = min(x0, x1) - _CLEAR, min(y0, y1) - _CLEAR
    return left, top, abs(x1 - x0) + 2 * _CLEAR, abs(y1 - y0) + 2 * _CLEAR


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]

"""Which panes of a grid follow each other, and where their images cut; no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from radassist.domain.study import Series
from radassist.viewer.linking import (
    Link,
    Stack,
    follow,
    link,
    reference_line,
    share_places,
    stack_of,
)
from radassist.viewer.transform import Point

#: (series, index of the shown frame) of a pane.
Shown = tuple[Series | None, int]


@dataclass(frozen=True)
class CutLine:
    """Where another pane's image cuts this one.

    :param active: it is the active pane's image, the one that the reader scrolls.
    """

    start: Point
    end: Point
    active: bool


@dataclass
class Linked:
    """The links between the panes; on from the start, for what shares patient coordinates."""

    on: bool = True
    _stacks: list[Stack | None] = field(default_factory=list)
    _links: dict[tuple[int, int], Link] = field(default_factory=dict)

    def toggle(self, panes: Sequence[Shown]) -> None:
        """Link what is shown now: studies without shared coordinates keep this distance."""
        self.on = not self.on
        self._stacks, self._links = [], {}
        if self.on:
            self._join(panes, everything=True)

    def renew(self, panes: Sequence[Shown]) -> None:
        """Another series came: by itself only what shares patient coordinates is linked."""
        self._stacks, self._links = [], {}
        if self.on:
            self._join(panes, everything=False)

    def follow(self, number: int, index: int) -> dict[int, int]:
        """Pane -> frame that belongs to frame ``index`` of pane ``number``."""
        if number >= len(self._stacks):
            return {}
        one = self._stacks[number]
        found: dict[int, int] = {}
        for other, stack in enumerate(self._stacks):
            by = self._links.get((number, other))
            if one is None or stack is None or by is None or index >= len(one.positions):
                continue
            place = follow(one, index, stack, by)
            if place is not None:
                found[other] = place
        return found

    def _join(self, panes: Sequence[Shown], *, everything: bool) -> None:
        self._stacks = [_stack(series) for series, _ in panes]
        for a, one in enumerate(self._stacks):
            for b, other in enumerate(self._stacks):
                if a == b or one is None or other is None:
                    continue
                if not (everything or share_places(one, other)):
                    continue
                by = link(one, panes[a][1], other, panes[b][1])
                if by is not None:
                    self._links[(a, b)] = by


def lines_on(panes: Sequence[Shown], number: int, active: int) -> tuple[CutLine, ...]:
    """The lines on pane ``number``."""
    series, index = panes[number]
    shown = _stack(series)
    if shown is None or not 0 <= index < len(shown.positions):
        return ()
    lines = []
    for other, (its_series, its_index) in enumerate(panes):
        stack = _stack(its_series)
        if other == number or stack is None or not 0 <= its_index < len(stack.positions):
            continue
        line = reference_line(shown, index, stack, its_index)
        if line is not None:
            lines.append(CutLine(*line, active=other == active))
    return tuple(lines)


@lru_cache(maxsize=64)
def _stack_of(box: _Same) -> Stack | None:
    return stack_of(box.series)


@dataclass(frozen=True, eq=False)
class _Same:
    """A series by identity: comparing its thousand frames would take longer than the answer."""

    series: Series

    def __hash__(self) -> int:
        return id(self.series)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.series is self.series


def _stack(series: Series | None) -> Stack | None:
    return _stack_of(_Same(series)) if series is not None else None

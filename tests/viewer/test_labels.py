"""Plates of calipers hide neither a caliper nor each other."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.viewer.labels import Box, Line, label_places

SIZE = (90.0, 20.0)
#: A cardiothoracic ratio: two halves of the heart and two of the chest, close to each other.
CTR: tuple[Line, ...] = (
    (460.0, 573.0, 570.0, 573.0),
    (570.0, 608.0, 774.0, 608.0),
    (258.0, 654.0, 570.0, 654.0),
    (570.0, 632.0, 877.0, 632.0),
)


def meet(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


@pytest.mark.parametrize("scale", [1.0, 0.6, 0.4])
def test_the_plates_of_a_heart_and_a_chest_stay_apart(scale: float) -> None:
    lines = [(a * scale, b * scale, c * scale, d * scale) for a, b, c, d in CTR]
    places = label_places(lines, [SIZE] * 4)
    for one, other in itertools.combinations(places, 2):
        assert not meet(one, other)
    for place, (number, line) in itertools.product(enumerate(places), enumerate(lines)):
        if place[0] != number:
            box = min(line[0], line[2]), min(line[1], line[3]), abs(line[2] - line[0]), 0.5
            assert not meet(place[1], box), (place, line)


def test_a_lone_plate_stands_over_the_middle_of_its_line() -> None:
    ((left, top, width, height),) = label_places([(100.0, 200.0, 300.0, 200.0)], [SIZE])
    assert left + width / 2 == 200.0
    assert top + height < 200.0


@given(st.lists(st.tuples(*[st.floats(-1e4, 1e4)] * 4), max_size=6))
def test_every_line_gets_a_plate_of_its_size(lines: list[Line]) -> None:
    places = label_places(lines, [SIZE] * len(lines))
    assert [(p[2], p[3]) for p in places] == [SIZE] * len(lines)

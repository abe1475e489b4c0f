"""Linked scrolling and reference lines, on geometry that is known and on real series."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from radassist.viewer.linking import (
    Stack,
    follow,
    link,
    nearest_frame,
    parallel,
    reference_line,
    registered,
    share_places,
)

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)


def axial(places: list[float], frame_of_reference: str = "1.9") -> Stack:
    positions = tuple((-50.0, -50.0, float(z)) for z in places)
    return Stack(frame_of_reference, AXIAL, positions, 101, 101, (1.0, 1.0))


def sagittal(x: float) -> Stack:
    return Stack("1.9", SAGITTAL, ((x, -50.0, 60.0),), 121, 101, (1.0, 1.0))


def test_series_of_one_study_follow_by_place() -> None:
    thin, thick = axial([*range(0, 100, 2)]), axial([*range(0, 100, 5)])
    together = link(thin, 0, thick, 7)
    assert together is not None
    assert together.offset == 0
    for index in range(50):
        found = follow(thin, index, thick, together)
        place = 2 * index
        if found is None:
            assert place > 95 + 5 / 2
        else:
            assert abs(5 * found - place) <= 2.5 + 1e-9 or found == 19


def test_beyond_its_end_a_series_does_not_follow() -> None:
    short, long = axial([0, 5, 10]), axial([*range(0, 100, 5)])
    together = link(long, 0, short, 0)
    assert together is not None
    assert follow(long, 2, short, together) == 2
    assert follow(long, 12, short, together) is None


def test_opposite_order_of_images_does_not_matter() -> None:
    up, down = axial([0, 5, 10, 15]), axial([15, 10, 5, 0])
    together = link(up, 0, down, 3)
    assert together is not None
    assert [follow(up, i, down, together) for i in range(4)] == [3, 2, 1, 0]


def test_studies_follow_by_the_distance_that_the_reader_sets() -> None:
    now, before = axial([*range(0, 100, 5)]), axial([*range(200, 300, 10)], "2.5")
    assert not share_places(now, before)
    together = link(now, 4, before, 3)  # 20 mm here is 230 mm there
    assert together is not None
    assert follow(now, 4, before, together) == 3
    assert follow(now, 8, before, together) == 5
    assert follow(before, 5, now, together.reverse) == 8


def test_no_frame_of_reference_shares_nothing() -> None:
    assert not share_places(axial([0], ""), axial([0], ""))
    assert not registered([axial([0]), axial([0]), axial([0], "2")])
    assert registered([axial([0]), sagittal(0)])


def test_only_parallel_images_are_linked() -> None:
    tilted = replace(axial([0, 5]), orientation=(
        1.0, 0.0, 0.0, 0.0, math.cos(math.radians(10)), math.sin(math.radians(10))))  # fmt: skip
    assert parallel(axial([0]), tilted)
    assert not parallel(axial([0]), sagittal(0))
    assert link(axial([0]), 0, sagittal(0), 0) is None


def test_reference_line_of_a_sagittal_image_on_an_axial_one() -> None:
    line = reference_line(axial([0, 10]), 1, sagittal(12.0), 0)
    assert line is not None
    # x = 12 mm is column 62; the sagittal image reaches over all rows.
    assert sorted(line) == [(62.0, pytest.approx(-0.5)), (62.0, pytest.approx(100.5))]


def test_a_reference_line_ends_where_the_other_image_ends() -> None:
    small = Stack("1.9", SAGITTAL, ((0.0, -10.0, 60.0),), 121, 21, (1.0, 1.0))
    line = reference_line(axial([0]), 0, small, 0)
    assert line is not None
    rows = sorted(point[1] for point in line)
    assert rows == [pytest.approx(39.5), pytest.approx(60.5)]


@pytest.mark.parametrize(
    "other",
    [
        axial([5]),
        sagittal(500.0),
        replace(sagittal(0.0), frame_of_reference="7"),
        replace(sagittal(0.0), pixel_spacing=None),
        Stack("1.9", SAGITTAL, ((0.0, -50.0, 300.0),), 20, 101, (1.0, 1.0)),
    ],
    ids=["parallel", "beside", "other coordinates", "no spacing", "above"],
)
def test_no_line_where_there_is_none(other: Stack) -> None:
    assert reference_line(axial([0]), 0, other, 0) is None


def test_any_pair_of_planes_gives_a_line_that_lies_on_both() -> None:
    rng = np.random.default_rng(4)
    shown = axial([0])
    found = 0
    for _ in range(200):
        a = rng.normal(size=3)
        a /= np.linalg.norm(a)
        b = np.cross(a, rng.normal(size=3))
        b /= np.linalg.norm(b)
        corner = -50 * a - 50 * b + rng.uniform(-20, 20, 3)
        orientation = tuple(float(v) for v in (*a, *b))
        other = Stack("1.9", orientation, (tuple(corner.tolist()),), 101, 101, (1.0, 1.0))  # type: ignore[arg-type]
        line = reference_line(shown, 0, other, 0)
        if line is None:
            continue
        found += 1
        for x, y in line:
            place = np.array([x - 50, y - 50, 0.0])
            assert abs((place - corner) @ np.cross(a, b)) < 1e-6
            assert -0.5 - 1e-6 <= x <= 100.5 + 1e-6
            assert -0.5 - 1e-6 <= y <= 100.5 + 1e-6
    assert found > 150


def test_nearest_frame() -> None:
    assert nearest_frame(axial([0, 5, 10, 40]), (3.0, 3.0, 12.0)) == 2

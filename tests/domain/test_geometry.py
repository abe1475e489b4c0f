"""Geometry against the standard's own rules: properties that hold for every orientation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from radassist.domain import geometry
from radassist.domain.geometry import Orientation, Position

AXIAL: Orientation = (1, 0, 0, 0, 1, 0)
CORONAL: Orientation = (1, 0, 0, 0, 0, -1)
SAGITTAL: Orientation = (0, 1, 0, 0, 0, -1)
OPPOSITE = {"L": "R", "R": "L", "A": "P", "P": "A", "H": "F", "F": "H"}

angles = st.floats(-180, 180)
coordinates = st.floats(-500, 500)
positions = st.tuples(coordinates, coordinates, coordinates)
spacings = st.tuples(st.floats(0.05, 5), st.floats(0.05, 5))


def turned(x: float, y: float, z: float) -> Orientation:
    """The axial orientation turned about the three axes, in degrees."""
    a, b, c = (math.radians(v) for v in (x, y, z))
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    about_y = np.array([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    about_z = np.array([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    turn = about_z @ about_y @ about_x
    row, column = turn @ [1, 0, 0], turn @ [0, 1, 0]
    return (*map(float, row), *map(float, column))  # type: ignore[return-value]


orientations = st.builds(turned, angles, angles, angles)


def stack(orientation: Orientation, start: Position, steps: list[float]) -> list[Position]:
    way = geometry.normal(orientation)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    return [tuple(map(float, np.asarray(start) + way * d)) for d in along]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("orientation", "letters", "plane"),
    [
        (AXIAL, ("R", "L", "A", "P"), "axial"),
        (CORONAL, ("R", "L", "H", "F"), "coronal"),
        (SAGITTAL, ("A", "P", "H", "F"), "sagittal"),
        ((-1, 0, 0, 0, -1, 0), ("L", "R", "P", "A"), "axial"),  # shown upside down
        (turned(0, 0, 30), ("RA", "LP", "AL", "PR"), "axial"),
        (turned(0, 0, 10), ("R", "L", "A", "P"), "axial"),  # a slight turn is not spelt out
        (turned(45, 0, 0), ("R", "L", "AF", "PH"), "oblique"),
    ],
)
def test_letters_and_plane_of_known_orientations(
    orientation: Orientation, letters: tuple[str, str, str, str], plane: str
) -> None:
    found = geometry.edge_letters(orientation)
    assert tuple(found) == letters or [set(a) for a in found] == [set(b) for b in letters]
    assert geometry.plane_name(orientation) == plane


@given(orientations)
def test_opposite_edges_have_opposite_letters(orientation: Orientation) -> None:
    left, right, top, bottom = geometry.edge_letters(orientation)
    assert left == "".join(OPPOSITE[c] for c in right)
    assert top == "".join(OPPOSITE[c] for c in bottom)
    assert left and top


@given(orientations)
def test_the_first_letter_is_the_nearest_side(orientation: Orientation) -> None:
    right = geometry.edge_letters(orientation)[1]
    sides = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0),
             "H": (0, 0, 1), "F": (0, 0, -1)}  # fmt: skip
    closeness = {letter: float(np.dot(v, orientation[:3])) for letter, v in sides.items()}
    assert closeness[right[0]] == pytest.approx(max(closeness.values()))


@given(orientations)
def test_the_normal_is_a_unit_vector_across_the_image(orientation: Orientation) -> None:
    assert geometry.is_orientation(orientation)
    way = geometry.normal(orientation)
    assert np.linalg.norm(way) == pytest.approx(1)
    assert float(way @ orientation[:3]) == pytest.approx(0, abs=1e-9)
    assert float(way @ orientation[3:]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    "values",
    [(0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0), (1, 0, 0, 0, float("nan"), 0), (2, 0, 0, 0, 2, 0),
     (1, 0, 0), (1, 0, 0, 0.5, 0.9, 0)],
)  # fmt: skip
def test_what_is_no_orientation_is_not_taken_for_one(values: tuple[float, ...]) -> None:
    assert not geometry.is_orientation(values)


@given(orientations, positions, spacings, coordinates, coordinates)
def test_pixel_to_patient_and_back(
    orientation: Orientation, position: Position, spacing: tuple[float, float], x: float, y: float
) -> None:
    point = geometry.pixel_to_patient(orientation, position, spacing, x, y)
    back = geometry.patient_to_pixel(orientation, position, spacing, point)
    assert back == pytest.approx((x, y, 0), abs=1e-6)


def test_the_first_spacing_is_that_of_rows() -> None:
    point = geometry.pixel_to_patient(AXIAL, (0, 0, 0), (2.0, 0.5), 10, 10)
    assert point == pytest.approx((5.0, 20.0, 0.0))  # x by column spacing, y by row spacing


@given(orientations, positions, st.lists(st.floats(0.5, 10), min_size=1, max_size=20), st.randoms())
def test_sorting_undoes_any_shuffle(
    orientation: Orientation, start: Position, steps: list[float], random: object
) -> None:
    ordered = stack(orientation, start, steps)
    mixed = list(ordered)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert [mixed[i] for i in geometry.sort_order(orientation, mixed)] == ordered


@given(orientations, positions, st.floats(0.3, 10), st.integers(2, 60))
def test_even_slices_are_a_volume(
    orientation: Orientation, start: Position, step: float, count: int
) -> None:
    found = geometry.analyse_stack(orientation, stack(orientation, start, [step] * (count - 1)))
    assert found.spacing == pytest.approx(step, rel=1e-6)
    assert found.is_volume
    assert not (found.missing or found.uneven or found.duplicates or found.tilt_deg)


@given(orientations, positions, st.floats(0.5, 10), st.integers(5, 40), st.data())
def test_a_missing_slice_is_found_where_it_is_missing(
    orientation: Orientation, start: Position, step: float, count: int, data: st.DataObject
) -> None:
    places = stack(orientation, start, [step] * (count - 1))
    gone = data.draw(st.integers(1, count - 2))
    del places[gone]
    found = geometry.analyse_stack(orientation, places)
    assert found.missing == ((gone - 1, 1),)
    assert found.spacing is None
    assert not found.is_volume


@given(orientations, positions, st.floats(1, 10), st.integers(4, 40), st.data())
def test_a_displaced_slice_makes_the_gaps_uneven(
    orientation: Orientation, start: Position, step: float, count: int, data: st.DataObject
) -> None:
    steps = [step] * (count - 1)
    moved = data.draw(st.integers(0, count - 2))
    steps[moved] *= 1.4
    found = geometry.analyse_stack(orientation, stack(orientation, start, steps))
    assert found.spacing is None
    assert found.uneven


@given(orientations, positions, st.floats(0.5, 10), st.integers(2, 20), st.data())
def test_two_slices_at_one_place_are_named(
    orientation: Orientation, start: Position, step: float, count: int, data: st.DataObject
) -> None:
    places = stack(orientation, start, [step] * (count - 1))
    twice = data.draw(st.integers(0, count - 1))
    places.insert(twice, places[twice])
    found = geometry.analyse_stack(orientation, places)
    assert found.duplicates == ((twice, twice + 1),)
    assert found.spacing is None


@given(st.floats(1, 30), st.floats(0.5, 10), st.integers(3, 40))
def test_the_gantry_tilt_is_measured(tilt: float, step: float, count: int) -> None:
    """Slices tilted about the left-right axis, table moving along z (an angled head CT)."""
    orientation = turned(tilt, 0, 0)
    places: list[Position] = [(0.0, 0.0, step * i) for i in range(count)]
    found = geometry.analyse_stack(orientation, places)
    assert found.tilt_deg == pytest.approx(tilt, abs=1e-6)
    assert found.spacing == pytest.approx(step * math.cos(math.radians(tilt)))
    assert not found.sheared


@given(st.floats(0.4, 5), st.integers(3, 80))
def test_positions_rounded_to_a_tenth_are_even(step: float, count: int) -> None:
    places: list[Position] = [(0, 0, round(step * i, 1)) for i in range(count)]
    assume(len(set(places)) == count)
    found = geometry.analyse_stack(AXIAL, places)
    assert found.spacing == pytest.approx(step, abs=0.11)
    assert not found.uneven


def test_slices_shifted_sideways_are_no_volume() -> None:
    places: list[Position] = [(0, 0, 0), (5, 0, 3), (0, 0, 6), (5, 0, 9), (0, 0, 12)]
    found = geometry.analyse_stack(AXIAL, places)
    assert found.sheared
    assert not found.is_volume


@pytest.mark.parametrize(
    ("values", "letters"),
    [
        (["L", "F"], ("R", "L", "H", "F")),
        (["A", "F"], ("P", "A", "H", "F")),
        (["AR", "FP"], ("PL", "AR", "HA", "FP")),
        (["L"], ("", "", "", "")),
        (["L", "L"], ("", "", "", "")),
        (["L", "R"], ("", "", "", "")),
        (["LE", "V"], ("", "", "", "")),  # quadrupeds have letters of their own
        (["<b>", "F"], ("", "", "", "")),
        (["LR", "F"], ("", "", "", "")),
        ([], ("", "", "", "")),
    ],
)
def test_letters_from_patient_orientation(
    values: list[str], letters: tuple[str, str, str, str]
) -> None:
    assert geometry.edge_letters_from_patient_orientation(values) == letters

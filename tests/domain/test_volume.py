"""Volumes: grids in the patient, and the slant of a tilted gantry taken out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from radassist.domain.volume import upright

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def stack(tilt_deg: float, slices: int = 20, step: float = 5.0) -> tuple[np.ndarray, list]:
    """A rod along the normal of the images, while the table moves along the patient's axis.

    Slice by slice it leans; in a volume that stands upright it does not.
    """
    angle = math.radians(tilt_deg)
    column = np.array([0.0, math.cos(angle), -math.sin(angle)])
    normal = np.cross([1.0, 0.0, 0.0], column)
    values = np.full((slices, 64, 64), -1000, np.int16)
    positions = []
    for number in range(slices):
        table = np.array([0.0, 0.0, number * step / normal[2]])  # the table moves along z
        start = table + np.array([-31.5, 0.0, 0.0]) - column * 31.5
        positions.append(tuple(start))
        rod = normal * (normal @ table)
        row = float((rod - start) @ column)
        low = math.floor(row)
        if 0 <= low < 63:
            share = row - low
            values[number, low, 31] = round(-1000 + 2000 * (1 - share))
            values[number, low + 1, 31] = round(-1000 + 2000 * share)
    return values, [tuple(map(float, p)) for p in positions]


def orientation(tilt_deg: float) -> tuple[float, ...]:
    angle = math.radians(tilt_deg)
    return (1.0, 0.0, 0.0, 0.0, math.cos(angle), -math.sin(angle))


@pytest.mark.parametrize("tilt", [5.0, 12.5, 20.0, -15.0])
def test_a_rod_along_the_normal_stands_upright_after_the_correction(tilt: float) -> None:
    values, positions = stack(tilt, slices=5)
    volume = upright(values, (5.0, 1.0, 1.0), orientation(tilt), positions)
    rows = [float(np.average(np.arange(s.shape[0]), weights=(s[:, 31] + 1000.0)))
            for s in volume.values]  # fmt: skip
    leaning = [float(np.average(np.arange(64), weights=(s[:, 31] + 1000.0))) for s in values]
    assert np.ptp(leaning) > 1.0
    assert np.ptp(rows) < 0.05
    assert volume.values.dtype == np.int16
    assert "tilt" in volume.notes[0]


def test_corrected_values_lie_where_they_lay_in_the_patient() -> None:
    values, positions = stack(20.0, slices=5)
    plane = orientation(20.0)
    volume = upright(values, (5.0, 1.0, 1.0), plane, positions)
    for number in (0, 2, 4):
        row = float(np.average(np.arange(64), weights=(values[number, :, 31] + 1000.0)))
        before = np.asarray(positions[number]) + np.asarray(plane[:3]) * 31
        before = before + np.asarray(plane[3:]) * row
        weights = volume.values[number, :, 31] + 1000.0
        after = volume.to_patient(31, float(np.average(np.arange(weights.size), weights=weights)),
                                  number)  # fmt: skip
        assert after == pytest.approx(tuple(before), abs=0.05)


def test_a_straight_stack_is_left_alone() -> None:
    values = np.arange(3 * 4 * 5, dtype=np.int16).reshape(3, 4, 5)
    positions = [(10.0, 20.0, 30.0 + 2 * n) for n in range(3)]
    volume = upright(values, (2.0, 0.5, 0.25), AXIAL, positions)
    assert volume.values is values
    assert volume.notes == ()
    assert volume.to_patient(4, 2, 1) == pytest.approx((11.0, 21.0, 32.0))
    assert volume.to_grid((11.0, 21.0, 32.0)) == pytest.approx((4.0, 2.0, 1.0))


def test_nothing_is_cut_off_by_the_correction() -> None:
    """All values of all slices are still there after whole-pixel steps sideways."""
    rng = np.random.default_rng(5)
    values = rng.integers(0, 4000, (6, 10, 12)).astype(np.int16)
    positions = [(3.0 * n, -2.0 * n, 5.0 * n) for n in range(6)]
    volume = upright(values, (5.0, 1.0, 1.0), AXIAL, positions)
    assert volume.values.shape == (6, 20, 27)
    assert volume.position == pytest.approx((0.0, -10.0, 0.0))
    for number in range(6):
        top, left = 10 - 2 * number, 3 * number
        part = volume.values[number, top : top + 10, left : left + 12]
        assert np.array_equal(part, values[number])

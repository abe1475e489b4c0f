"""The cardiothoracic ratio on drawn label maps, and on the masks of the shared data."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from radassist.domain.cardiothoracic import measure_ctr

Labels = npt.NDArray[np.uint8]


def drawn() -> Labels:
    """Lungs in columns 20-49 and 70-99, heart in columns 45-84, its left border higher up."""
    labels = np.zeros((120, 120), np.uint8)
    labels[10:100, 20:50] = 1
    labels[10:100, 70:100] = 2
    labels[50:90, 55:85] = 3
    labels[50:70, 45:55] = 3
    return labels


def test_ratio_is_heart_width_over_thorax_width() -> None:
    ctr = measure_ctr(drawn())
    assert ctr.heart_width_px == 40
    assert ctr.thorax_width_px == 80
    assert ctr.ratio == 0.5
    assert ctr.heart_width_mm is None


def test_lines_start_on_the_midline_and_end_on_the_borders() -> None:
    ctr = measure_ctr(drawn())
    assert ctr.midline_x == 59.5  # between columns 49 and 70
    left, right = ctr.heart_image_left, ctr.heart_image_right
    assert (left.x0, left.x1, left.y0, left.y1) == (59.5, 44.5, 59.5, 59.5)
    assert (right.x0, right.x1, right.y0) == (59.5, 84.5, 69.5)
    assert (ctr.thorax_image_left.x1, ctr.thorax_image_right.x1) == (19.5, 99.5)
    for line in ctr.calipers:
        assert line.x0 == ctr.midline_x
        assert line.y0 == line.y1


def test_width_in_mm_uses_the_spacing_between_columns() -> None:
    ctr = measure_ctr(drawn(), (0.3, 0.2))
    assert ctr.heart_width_mm == pytest.approx(8.0)
    assert ctr.thorax_width_mm == pytest.approx(16.0)


def test_heart_beyond_the_lung_widens_the_thorax() -> None:
    labels = drawn()
    labels[60:65, 85:104] = 3
    ctr = measure_ctr(labels)
    assert ctr.thorax_width_px == 84
    assert ctr.ratio <= 1


def test_heart_on_one_side_of_the_midline_keeps_its_width() -> None:
    labels = drawn()
    labels[labels == 3] = 0
    labels[50:90, 65:95] = 3
    ctr = measure_ctr(labels)
    assert ctr.heart_width_px == 30
    assert ctr.heart_image_left.x1 > ctr.midline_x
    assert ctr.heart_share_image_right > 1


def test_mirror_swaps_the_share_and_keeps_the_ratio() -> None:
    labels = drawn()
    mirrored = np.array([0, 2, 1, 3], np.uint8)[labels[:, ::-1]]
    one, two = measure_ctr(labels), measure_ctr(mirrored)
    assert one.ratio == two.ratio
    assert one.heart_share_image_right == pytest.approx(1 - two.heart_share_image_right)


def test_lungs_one_above_the_other_still_have_a_midline() -> None:
    labels = np.zeros((40, 40), np.uint8)
    labels[0:10, 5:20] = 1
    labels[20:30, 15:35] = 2
    labels[12:18, 10:20] = 3
    assert measure_ctr(labels).midline_x == 19.5


@pytest.mark.parametrize("label", [1, 2, 3])
def test_a_missing_structure_is_an_error(label: int) -> None:
    labels = drawn()
    labels[labels == label] = 0
    with pytest.raises(ValueError, match="in the label map"):
        measure_ctr(labels)


@pytest.mark.parametrize("spacing", [(0.0, 1.0), (1.0, -1.0), (float("nan"), 1.0)])
def test_spacing_must_be_positive(spacing: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        measure_ctr(drawn(), spacing)


def test_three_dimensions_are_an_error() -> None:
    with pytest.raises(ValueError, match="two dimensions"):
        measure_ctr(np.zeros((2, 3, 4), np.uint8))


@given(st.integers(1, 30), st.integers(0, 40), st.integers(0, 40), st.floats(0.05, 2.0))
def test_widths_are_exact_wherever_the_chest_lies(
    heart: int, down: int, across: int, spacing: float
) -> None:
    labels = np.zeros((160, 160), np.uint8)
    labels[down : down + 90, across : across + 40] = 1
    labels[down : down + 90, across + 60 : across + 100] = 2
    labels[down + 50 : down + 80, across + 45 : across + 45 + heart] = 3
    ctr = measure_ctr(labels, (1.0, spacing))
    assert ctr.heart_width_px == heart
    assert ctr.thorax_width_px == 100
    assert ctr.ratio == heart / 100
    assert ctr.heart_width_mm == pytest.approx(heart * spacing)


def test_measure_agrees_with_the_ratio_published_with_the_masks(shared_data: Path) -> None:
    """``ctr_from_mask`` is the heart's column extent over that of both lungs, overlaps included.

    Here a heart that reaches the chest wall counts to the thorax, so a few differ a little.
    """
    errors = []
    with (shared_data / "cxr" / "ctr_masks.csv").open(newline="") as handle:
        for row in csv.DictReader(handle):
            bits = np.array(Image.open(shared_data / "cxr" / row["mask"]))
            labels = np.zeros(bits.shape, np.uint8)
            for label, bit in ((1, 1), (2, 2), (3, 4)):
                labels[(bits & bit) > 0] = label
            errors.append(measure_ctr(labels).ratio - float(row["ctr_from_mask"]))
    assert np.abs(errors).mean() < 0.0002
    assert np.abs(errors).max() < 0.02

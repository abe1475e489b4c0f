"""Outlines lie on pixel borders, legends say AI, calipers say their length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from radassist.domain.findings import Caliper, Finding, ImageRef, Measurement, Presence
from radassist.ports import VisionResult
from radassist.viewer.overlays import (
    box_of,
    caliper_text,
    measurement_text,
    outline,
    overlay,
    regions,
)

REF = ImageRef("1.2", "1.2.3", "1.2.3.4")


def borders(mask: np.ndarray) -> float:
    """Total border of a mask, counted pixel by pixel."""
    padded = np.pad(mask, 1).astype(int)
    return float(np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum())


@settings(max_examples=60, deadline=None)
@given(npst.arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))))
def test_outlines_are_exactly_the_borders(mask: np.ndarray) -> None:
    segments = outline(mask)
    lengths = np.abs(segments[:, 2] - segments[:, 0]) + np.abs(segments[:, 3] - segments[:, 1])
    assert float(lengths.sum()) == borders(mask)
    straight = (segments[:, 0] == segments[:, 2]) | (segments[:, 1] == segments[:, 3])
    assert bool(straight.all())
    assert bool((segments % 1 == 0.5).all())


def test_one_pixel_has_its_four_sides() -> None:
    mask = np.zeros((5, 5), bool)
    mask[2, 3] = True
    sides = {tuple(s) for s in outline(mask).tolist()}
    assert sides == {
        (2.5, 1.5, 3.5, 1.5), (2.5, 2.5, 3.5, 2.5), (2.5, 1.5, 2.5, 2.5), (3.5, 1.5, 3.5, 2.5),
    }  # fmt: skip


def test_regions_keep_their_place_name_and_colour() -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:20, 30:50] = 2
    found = regions(mask, ((1, "right lung"), (2, "left lung")))
    assert [(r.label, r.name, r.box) for r in found] == [(2, "left lung", (30.0, 10.0, 49.0, 19.0))]
    assert found[0].segments.min(axis=0).tolist() == [29.5, 9.5, 29.5, 9.5]
    assert found[0].segments.max(axis=0).tolist() == [49.5, 19.5, 49.5, 19.5]


def result(mask: np.ndarray | None, refusal: str = "") -> VisionResult:
    measurement = Measurement("m1", "cardiothoracic ratio", 0.536, "1", 0.04, REF,
                              (Caliper("heart", 1, 2, 4, 6),))  # fmt: skip
    finding = Finding("f1", "cardiomegaly", "CTR", Presence.PRESENT, "x", "p@1",
                      measurement=measurement)  # fmt: skip
    return VisionResult("cxr@1", REF, (finding,), mask, ((1, "heart"),), refusal)


def test_the_legend_says_that_it_is_ai_and_whose() -> None:
    found = overlay(result(np.ones((4, 4), np.uint8)), (4, 4))
    assert found is not None
    assert found.legend[0][0] == "AI  cxr@1, not confirmed"
    assert [text for text, _ in found.legend[1:]] == ["heart"]
    assert measurement_text(found.measurements[0]) == "cardiothoracic ratio 0.54 ± 0.04"
    assert box_of(found.measurements[0]) == (1, 2, 4, 6)


def test_a_mask_of_another_shape_is_not_drawn() -> None:
    found = overlay(result(np.ones((4, 4), np.uint8)), (8, 8))
    assert found is not None
    assert found.regions == ()


def test_a_refusal_draws_nothing() -> None:
    assert overlay(result(np.ones((4, 4), np.uint8), "not a chest"), (4, 4)) is None


@pytest.mark.parametrize(
    ("spacing", "source", "text"),
    [
        (None, "", "heart 5 px"),
        ((0.0, 0.0), "PixelSpacing", "heart 5 px"),
        ((2.0, 2.0), "PixelSpacing", "heart 10 mm"),
        ((3.0, 4.0), "ImagerPixelSpacing", "heart 17 mm at detector"),
    ],
)
def test_lengths_are_millimetres_only_where_the_spacing_is_known(
    spacing: tuple[float, float] | None, source: str, text: str
) -> None:
    assert caliper_text(Caliper("heart", 0, 0, 3, 4), spacing, source) == text

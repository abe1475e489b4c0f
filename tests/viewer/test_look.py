"""Looks of presentation states, drawn shapes, and turned and flipped views."""

from __future__ import annotations

import numpy as np
import pytest

from radassist.domain.findings import ImageRef
from radassist.domain.presentation import (
    Annotation,
    Graphic,
    Layer,
    OverlayPlane,
    PresentationState,
    Shutter,
    TextObject,
)
from radassist.domain.segmentation import Segment, Segmentation
from radassist.ports import DecodedFrame
from radassist.viewer.look import drawing_of, look_at, path_of, segmentation_overlay
from radassist.viewer.transform import transform, turned_edges

FRAME = DecodedFrame(
    ImageRef("1", "2", "3"), np.full((64, 96), 100, np.int16), (100.0, 50.0), False,
    overlays=(np.eye(64, 96, dtype=bool), np.ones((64, 96), bool)),
    overlay_groups=(0x6000, 0x6002),
)  # fmt: skip


def test_a_shutter_and_planes_at_every_level() -> None:
    plane = np.zeros((10, 10), bool)
    plane[:] = True
    state = PresentationState(
        shutter=Shutter(rectangle=(8, 8, 87, 55), value=30),
        overlays=(OverlayPlane(plane, (20, 30), "UP"),),
        layers=(Layer("UP", 2, grey=200),),
        image_overlays=(0x6000,),
    )
    look = look_at(state, FRAME, 2)
    for level in range(3):
        block = 2**level
        shape = (64 // block, 96 // block)
        shown = np.full(shape, 77, np.uint8)
        done = look.finished(shown, level, (slice(None), slice(None)))
        assert done[0, 0] == 30  # behind the shutter, whatever lies on it
        assert done[25 // block, 35 // block] == 200
        assert done[40 // block, 40 // block] == 255  # the image's own plane that is activated
        assert done[45 // block, 80 // block] == 77
        assert shown.min() == 77  # the given part is not changed


def test_shapes_are_spelt_out_in_image_pixels() -> None:
    circle = path_of(Graphic("CIRCLE", ((10.0, 20.0), (13.0, 24.0))))
    assert np.linalg.norm(circle - [10, 20], axis=1) == pytest.approx(np.full(len(circle), 5.0))
    ellipse = path_of(Graphic("ELLIPSE", ((0.0, 5.0), (20.0, 5.0), (10.0, 0.0), (10.0, 10.0))))
    inside = ((ellipse - [10, 5]) / [10, 5]) ** 2
    assert inside.sum(axis=1) == pytest.approx(np.ones(len(ellipse)))
    corners = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 0.0))
    smooth = path_of(Graphic("INTERPOLATED", corners))
    for corner in corners:
        assert np.abs(smooth - corner).sum(axis=1).min() < 1e-9
    assert path_of(Graphic("POLYLINE", corners)).tolist() == [list(c) for c in corners]


def test_layers_order_and_colour_what_is_drawn() -> None:
    below = Graphic("POINT", ((1.0, 1.0),), layer="BELOW")
    above = Graphic("POINT", ((2.0, 2.0),), layer="ABOVE")
    text = TextObject("here", anchor=(1.0, 1.0), layer="DARK")
    state = PresentationState(
        annotations=(Annotation((above, below), (text,)),),
        layers=(
            Layer("BELOW", 1, rgb=(255, 0, 0)),
            Layer("ABOVE", 2, grey=255),
            Layer("DARK", 3, 0),
        ),
    )
    drawing = drawing_of(state)
    assert [g for g, _ in drawing.graphics] == [below, above]
    assert [c for _, c in drawing.graphics] == ["#ff0000", "#ffffff"]
    assert drawing.texts[0][1] == "#f2d45c"  # black on an image would not be seen


def test_a_fraction_of_half_belongs_to_a_segment() -> None:
    segmentation = Segmentation("S", "FRACTIONAL", (Segment(2, "Lesion", (200, 10, 10)),), ())
    shares = np.zeros((10, 10), np.float32)
    shares[2:5, 3:7] = 0.5
    shares[6:8, 3:7] = 0.49
    overlay = segmentation_overlay(segmentation, {2: shares})
    assert overlay is not None
    (region,) = overlay.regions
    assert region.box == (3.0, 2.0, 6.0, 4.0)
    assert (region.name, region.colour) == ("Lesion", "#c80a0a")
    assert segmentation_overlay(segmentation, {2: np.zeros((10, 10), np.float32)}) is None


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
@pytest.mark.parametrize("flipped", [False, True])
def test_turned_views_fit_and_come_back(turns: int, flipped: bool) -> None:
    view = transform((60, 90), (2.0, 1.0), (500.0, 400.0), 1.0, (0.0, 0.0), turns, flipped)
    left, top, width, height = view.edges(60, 90)
    assert min(left, top) >= -1e-9
    assert left + width <= 500 + 1e-9
    assert top + height <= 400 + 1e-9
    assert max(width / 500, height / 400) == pytest.approx(1.0)
    assert view.to_image(*view.to_screen(12.0, 34.0)) == pytest.approx((12.0, 34.0))
    # Pixels and letters are turned alike: the corner that is seen at the upper left is the same.
    names = np.array([["TL", "TR"], ["BL", "BR"]])
    seen = np.rot90(names, -turns)
    seen = seen[:, ::-1] if flipped else seen
    corner = view.to_image(left + 1e-6, top + 1e-6)
    place = ("T" if corner[1] < 30 else "B") + ("L" if corner[0] < 45 else "R")
    assert place == seen[0, 0]
    edges = turned_edges(("L", "R", "T", "B"), turns, flipped)
    assert {edges[2], edges[0]} == set(place)

"""View changes as pure functions: scroll, window, zoom about a point, pan, presets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radassist.viewer import state as views
from radassist.viewer.presets import presets
from radassist.viewer.state import Picture, ViewportState
from radassist.viewer.transform import fit_scale, pixel_aspect, transform

CT = Picture(512, 512, (0.7, 0.7), (40.0, 400.0))
PANE = (900.0, 700.0)


def test_scrolling_stops_at_the_ends() -> None:
    state = views.for_series(ViewportState(), 30)
    assert views.scrolled(state, -1).index == 0
    assert views.scrolled(state, 99).index == 29
    assert views.at_frame(views.for_series(state, 0), 5).index == 0


def test_another_series_starts_fresh_and_keeps_what_is_switched_off() -> None:
    state = ViewportState(3, 9, (1.0, 2.0), "Lung", 4.0, (5.0, 5.0), True, show_text=False)
    fresh = views.for_series(state, 2)
    assert (fresh.window, fresh.zoom, fresh.inverted, fresh.index) == (None, 1.0, False, 0)
    assert fresh.show_text is False


@settings(max_examples=80, deadline=None)
@given(
    rows=st.integers(1, 3000),
    columns=st.integers(1, 3000),
    ratio=st.floats(0.2, 5.0),
    zoom=st.floats(0.05, 80.0),
    x=st.floats(-100, 3000),
    y=st.floats(-100, 3000),
)
def test_image_to_screen_and_back(
    rows: int, columns: int, ratio: float, zoom: float, x: float, y: float
) -> None:
    view = transform((rows, columns), (ratio, 1.0), PANE, zoom, (3.0, -4.0))
    back = view.to_image(*view.to_screen(x, y))
    assert back == pytest.approx((x, y), abs=1e-6)


@settings(max_examples=60, deadline=None)
@given(ratio=st.floats(0.2, 5.0), rows=st.integers(2, 2000), columns=st.integers(2, 2000))
def test_fitted_images_are_whole_centred_and_true_to_their_spacing(
    ratio: float, rows: int, columns: int
) -> None:
    view = transform((rows, columns), (ratio, 1.0), PANE, 1.0, (0.0, 0.0))
    left, top, width, height = view.edges(rows, columns)
    assert left >= -1e-6
    assert top >= -1e-6
    assert left + width / 2 == pytest.approx(PANE[0] / 2)
    assert top + height / 2 == pytest.approx(PANE[1] / 2)
    assert height / width == pytest.approx(rows * ratio / columns)
    assert width == pytest.approx(PANE[0]) or height == pytest.approx(PANE[1])


@pytest.mark.parametrize("spacing", [None, (0.0, 1.0), (1.0, -1.0)])
def test_pixels_are_square_where_the_spacing_says_nothing(
    spacing: tuple[float, float] | None,
) -> None:
    assert pixel_aspect(spacing) == 1.0


@settings(max_examples=60, deadline=None)
@given(factor=st.floats(0.5, 4.0), x=st.floats(250, 650), y=st.floats(150, 550))
def test_zoom_keeps_the_point_under_the_pointer(factor: float, x: float, y: float) -> None:
    state = ViewportState(zoom=2.0)
    before = views.view_transform(state, CT, PANE).to_image(x, y)
    after = views.zoomed(state, CT, PANE, factor, (x, y))
    assert views.view_transform(after, CT, PANE).to_image(x, y) == pytest.approx(before, abs=1e-6)


def test_zoom_has_limits_and_the_image_stays_in_the_pane() -> None:
    state = views.zoomed(ViewportState(), CT, PANE, 1e9, (0.0, 0.0))
    assert state.zoom == views.ZOOM_LIMITS[1]
    away = views.panned(ViewportState(), CT, PANE, (0.0, 0.0), 1e6, -1e6)
    assert away.pan == (-256.0, 256.0)


def test_panning_follows_the_pointer() -> None:
    state = ViewportState(zoom=3.0)
    grabbed = views.view_transform(state, CT, PANE).to_image(400, 300)
    moved = views.panned(state, CT, PANE, state.pan, 25, -40)
    assert views.view_transform(moved, CT, PANE).to_image(425, 260) == pytest.approx(grabbed)


def test_dragging_the_window() -> None:
    wider = views.dragged_window(ViewportState(), CT, (40.0, 400.0), 60, 30)
    assert wider.window == pytest.approx((80.0, 480.0))
    narrowest = views.dragged_window(ViewportState(), CT, (40.0, 400.0), -9999, 0)
    assert narrowest.window == (40.0, 1.0)
    colour = Picture(10, 10, None, (127.5, 255.0), colour=True)
    assert views.dragged_window(ViewportState(), colour, (1.0, 2.0), 9, 9).window is None


def test_presets_of_ct_are_hounsfield_and_others_follow_the_image() -> None:
    lung = next(p for p in presets("CT") if p.name == "Lung")
    assert views.with_preset(ViewportState(), lung, CT).window == (-600.0, 1500.0)
    own = Picture(10, 10, None, (500.0, 1000.0))
    softer = presets("MR")[1]
    assert views.with_preset(ViewportState(), softer, own).window == (500.0, 1500.0)
    for modality in ("CT", "MR", "DX", "US", ""):
        assert presets(modality)[0].of((5.0, 6.0)) is None  # the image's own window or VOI LUT
        assert len(presets(modality)) <= 9


def test_actual_size_is_one_device_pixel_a_column() -> None:
    state = views.actual_size(ViewportState(), CT, PANE, pixel_ratio=1.5)
    assert views.view_transform(state, CT, PANE).scale_x * 1.5 == pytest.approx(1.0)
    assert fit_scale(512, 512, 1.0, *PANE) == pytest.approx(700 / 512)


def test_a_region_is_brought_into_sight() -> None:
    far = ViewportState(zoom=10.0, pan=(200.0, 200.0))
    box = (40.0, 50.0, 80.0, 90.0)
    state = views.centred_on(far, CT, box)
    view = views.view_transform(state, CT, PANE)
    for corner in (box[:2], box[2:]):
        x, y = view.to_screen(*corner)
        assert 0 <= x <= PANE[0]
        assert 0 <= y <= PANE[1]
    assert views.centred_on(ViewportState(), CT, box).zoom == 1.0


def test_reset_keeps_the_image() -> None:
    state = ViewportState(7, 9, (1.0, 2.0), "Lung", 4.0, (5.0, 5.0), True)
    assert views.reset(state) == ViewportState(7, 9)

"""What a pane shows, as one immutable value, and every change to it as a pure function."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from radassist.viewer.presets import Preset, Window
from radassist.viewer.transform import Point, Transform, fit_scale, pixel_aspect, transform

#: From a twentieth of the fitted size to 80 times: beyond it nothing can be recognised.
ZOOM_LIMITS = (0.05, 80.0)
#: Modality units of one window step below this make dragging useless on 0..1 float images.
_SENSITIVITY = 1 / 300


@dataclass(frozen=True)
class Picture:
    """The facts of a shown image that view changes need.

    :param spacing: (row, column) millimetres, or None.
    :param window: the image's own (centre, width).
    """

    rows: int
    columns: int
    spacing: tuple[float, float] | None
    window: Window
    colour: bool = False


@dataclass(frozen=True)
class ViewportState:
    """One pane.

    :param index: 0-based frame of the series.
    :param window: None for the image's own window or VOI LUT.
    :param zoom: 1 shows the whole image; :param pan: see ``viewer.transform.transform``.
    :param inverted: by the reader, on top of MONOCHROME1.
    :param turns, flipped: quarter turns clockwise, then left to right.
    """

    index: int = 0
    count: int = 0
    window: Window | None = None
    preset: str = ""
    zoom: float = 1.0
    pan: Point = (0.0, 0.0)
    inverted: bool = False
    turns: int = 0
    flipped: bool = False
    show_text: bool = True
    show_regions: bool = True
    show_calipers: bool = True


def for_series(state: ViewportState, count: int, index: int = 0) -> ViewportState:
    """A fresh view of another series; what the reader switched off stays off."""
    return replace(
        state, index=_within(index, count), count=count, window=None, preset="", zoom=1.0,
        pan=(0.0, 0.0), inverted=False, turns=0, flipped=False,
    )  # fmt: skip


def at_frame(state: ViewportState, index: int) -> ViewportState:
    """Another image of the series; beyond the ends nothing moves."""
    return replace(state, index=_within(index, state.count))


def scrolled(state: ViewportState, steps: int) -> ViewportState:
    """Some images further (positive) or back."""
    return at_frame(state, state.index + steps)


def _within(index: int, count: int) -> int:
    return max(0, min(index, count - 1))


def dragged_window(
    state: ViewportState, picture: Picture, start: Window, dx: float, dy: float
) -> ViewportState:
    """Window by drag: right is wider, down is darker (a higher centre), as most stations do.

    :param start: the window at the start of the drag.
    :param dx, dy: screen pixels since then.
    """
    if picture.colour:
        return state
    step = max(picture.window[1], start[1]) * _SENSITIVITY
    narrowest = 1.0 if picture.window[1] > 16 else picture.window[1] / 1000
    width = max(narrowest, start[1] + dx * step)
    return replace(state, window=(start[0] + dy * step, width), preset="")


def with_preset(state: ViewportState, preset: Preset, picture: Picture) -> ViewportState:
    """The window of a preset."""
    if picture.colour:
        return state
    return replace(state, window=preset.of(picture.window), preset=preset.name)


def zoomed(
    state: ViewportState, picture: Picture, pane: Point, factor: float, anchor: Point
) -> ViewportState:
    """Zoom about a point of the screen, which keeps its place on the image."""
    before = view_transform(state, picture, pane)
    zoom = max(ZOOM_LIMITS[0], min(ZOOM_LIMITS[1], state.zoom * factor))
    x, y = before.to_image(*anchor)
    after = view_transform(replace(state, zoom=zoom), picture, pane)
    now_x, now_y = after.to_image(*anchor)
    moved = state.pan[0] + x - now_x, state.pan[1] + y - now_y
    return replace(state, zoom=zoom, pan=_kept(moved, picture))


def drag_zoom(dy: float) -> float:
    """Zoom factor of a vertical drag: up is larger, 200 pixels are a factor of e."""
    return math.exp(-dy / 200.0)


def panned(
    state: ViewportState, picture: Picture, pane: Point, start: Point, dx: float, dy: float
) -> ViewportState:
    """Pan by a drag from ``start`` (the pan when it began)."""
    now = view_transform(state, picture, pane)
    way = now.moved_by(dx, dy)
    moved = start[0] - way[0], start[1] - way[1]
    return replace(state, pan=_kept(moved, picture))


def _kept(pan: Point, picture: Picture) -> Point:
    """Pan held so that some part of the image stays in the middle of the pane."""
    x, y = picture.columns / 2, picture.rows / 2
    return max(-x, min(x, pan[0])), max(-y, min(y, pan[1]))


def fitted(state: ViewportState) -> ViewportState:
    """The whole image."""
    return replace(state, zoom=1.0, pan=(0.0, 0.0))


def actual_size(
    state: ViewportState, picture: Picture, pane: Point, pixel_ratio: float = 1.0
) -> ViewportState:
    """One device pixel for each image column."""
    aspect = pixel_aspect(picture.spacing)
    width, height = pane if state.turns % 2 == 0 else (pane[1], pane[0])
    fit = fit_scale(picture.rows, picture.columns, aspect, width, height)
    zoom = 1.0 / (pixel_ratio * fit)
    return replace(state, zoom=max(ZOOM_LIMITS[0], min(ZOOM_LIMITS[1], zoom)), pan=(0.0, 0.0))


def reset(state: ViewportState) -> ViewportState:
    """The image's own window, whole, not inverted; same image."""
    plain = replace(state, window=None, preset="", inverted=False, turns=0, flipped=False)
    return fitted(plain)


def turned(state: ViewportState, quarters: int = 1) -> ViewportState:
    """A quarter turn clockwise of what is seen, or several."""
    way = -quarters if state.flipped else quarters
    return replace(state, turns=(state.turns + way) % 4)


def flipped(state: ViewportState) -> ViewportState:
    """What is seen, left to right."""
    return replace(state, flipped=not state.flipped)


def filled_with(
    state: ViewportState, picture: Picture, pane: Point, box: tuple[float, float, float, float]
) -> ViewportState:
    """Zoomed and panned so that a part (x0, y0, x1, y1 in image pixels) fills the pane."""
    whole = view_transform(fitted(state), picture, pane)
    x0, y0 = whole.to_screen(box[0] - 0.5, box[1] - 0.5)
    x1, y1 = whole.to_screen(box[2] + 0.5, box[3] + 0.5)
    wide, high = max(1.0, abs(x1 - x0)), max(1.0, abs(y1 - y0))
    zoom = max(ZOOM_LIMITS[0], min(ZOOM_LIMITS[1], pane[0] / wide, pane[1] / high))
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    pan = middle[0] - (picture.columns - 1) / 2, middle[1] - (picture.rows - 1) / 2
    return replace(state, zoom=zoom, pan=_kept(pan, picture))


def centred_on(
    state: ViewportState, picture: Picture, box: tuple[float, float, float, float]
) -> ViewportState:
    """Moved so that a region (x0, y0, x1, y1 in image pixels) is seen, zoomed out if needed."""
    middle = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    part = max((box[2] - box[0] + 1) / picture.columns, (box[3] - box[1] + 1) / picture.rows, 1e-3)
    if state.zoom <= 1.0:
        return fitted(state)  # the whole image is seen already
    pan = middle[0] - (picture.columns - 1) / 2, middle[1] - (picture.rows - 1) / 2
    return replace(state, zoom=max(1.0, min(state.zoom, 0.9 / part)), pan=_kept(pan, picture))


def view_transform(state: ViewportState, picture: Picture, pane: Point) -> Transform:
    """Image to screen for this state."""
    shape = picture.rows, picture.columns
    return transform(
        shape, picture.spacing, pane, state.zoom, state.pan, state.turns, state.flipped
    )

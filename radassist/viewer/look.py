"""How one image looks under a presentation state, ready to draw; and segmentations as outlines."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.presentation import (
    DisplayedArea,
    Graphic,
    PresentationState,
    StateMapping,
    TextObject,
    hidden,
)
from radassist.domain.segmentation import Segmentation
from radassist.ports import DecodedFrame
from radassist.viewer.overlays import COLOURS, Overlay, Region, outline
from radassist.viewer.presets import Window

Mask = npt.NDArray[np.bool_]
#: A fraction below this is not drawn as belonging to a segment.
HALF = 0.5
#: Points of a circle or ellipse.
_ROUND = 96


@dataclass(frozen=True)
class Look:
    """A presentation state made ready for one image.

    :param gone: pixels behind the shutter at each level, None for no shutter.
    :param planes: (mask, grey) of overlay planes at each level, lowest layer first.
    """

    state: PresentationState
    gone: tuple[Mask, ...] = ()
    planes: tuple[tuple[tuple[Mask, int], ...], ...] = ()

    def mapping(self, frame: DecodedFrame, window: Window | None, inverted: bool) -> StateMapping:
        """Values to grey; the reader's window takes the place of the state's VOI."""
        own = (*frame.window, frame.voi_function)
        return StateMapping(self.state, own, frame.rescale, window, inverted)

    def finished(
        self, shown: npt.NDArray[np.uint8], level: int, area: tuple[slice, slice]
    ) -> npt.NDArray[np.uint8]:
        """A shown part with its overlay planes and behind its shutter."""
        planes = self.planes[level] if level < len(self.planes) else ()
        gone = self.gone[level][area] if level < len(self.gone) else None
        if not planes and gone is None:
            return shown
        shown = shown.copy()
        for mask, grey in planes:
            shown[mask[area]] = grey
        if gone is not None and self.state.shutter is not None:
            shown[gone] = self.state.shutter.value
        return shown


def look_at(state: PresentationState, frame: DecodedFrame, levels: int) -> Look:
    """A state's look of one decoded image; made on a worker thread.

    :param state: what ``PresentationState.for_image`` gives.
    :param levels: how many smaller copies the image has.
    """
    shape = frame.pixels.shape[0], frame.pixels.shape[1]
    gone = hidden(state.shutter, *shape) if state.shutter is not None else None
    flat = _planes(state, frame, shape)
    steps = range(levels + 1)
    return Look(
        state,
        tuple(_halved(gone, n) for n in steps) if gone is not None else (),
        tuple(tuple((_halved(mask, n), grey) for mask, grey in flat) for n in steps),
    )


def _planes(
    state: PresentationState, frame: DecodedFrame, shape: tuple[int, int]
) -> list[tuple[Mask, int]]:
    found: list[tuple[int, Mask, int]] = []
    own = dict(zip(frame.overlay_groups, frame.overlays, strict=False))
    for group in state.image_overlays:
        if group in own:
            found.append((0, own[group], 255))
    for plane in state.overlays:
        layer = state.layer(plane.layer)
        found.append((layer.order, _placed(plane.mask, plane.origin, shape),
                      255 if layer.grey is None else layer.grey))  # fmt: skip
    return [(mask, grey) for _, mask, grey in sorted(found, key=lambda f: f[0])]


def _placed(mask: Mask, origin: tuple[int, int], shape: tuple[int, int]) -> Mask:
    canvas = np.zeros(shape, bool)
    row, column = origin
    rows = slice(max(0, row), min(shape[0], row + mask.shape[0]))
    columns = slice(max(0, column), min(shape[1], column + mask.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        canvas[rows, columns] = mask[
            rows.start - row : rows.stop - row, columns.start - column : columns.stop - column
        ]
    return canvas


def _halved(mask: Mask, times: int) -> Mask:
    """Any of four, as overlay planes of smaller copies are made."""
    for _ in range(times):
        rows, columns = mask.shape[0] // 2 * 2, mask.shape[1] // 2 * 2
        even = mask[:rows, :columns]
        mask = even[0::2, 0::2] | even[0::2, 1::2] | even[1::2, 0::2] | even[1::2, 1::2]
    return mask


# --- annotations -------------------------------------------------------------------------------


def path_of(graphic: Graphic) -> npt.NDArray[np.float64]:
    """Points of a graphic as a line to draw, shape (n, 2): circles and ellipses are spelt out.

    PS3.3 C.10.5.1.2: a circle is its centre and a point on it; an ellipse the ends of its major
    and then of its minor axis.  Interpolated lines go through their points (Catmull-Rom).
    """
    points = np.asarray(graphic.points, float)
    angle = np.linspace(0.0, 2 * np.pi, _ROUND)[:, None]
    if graphic.kind == "CIRCLE":
        reach = float(np.linalg.norm(points[1] - points[0]))
        return np.asarray(points[0] + reach * np.hstack([np.cos(angle), np.sin(angle)]))
    if graphic.kind == "ELLIPSE":
        centre = (points[0] + points[1]) / 2
        long, short = (points[1] - points[0]) / 2, (points[3] - points[2]) / 2
        return np.asarray(centre + np.cos(angle) * long + np.sin(angle) * short)
    if graphic.kind == "INTERPOLATED" and len(points) > 2:
        return _smooth(points)
    return points


def _smooth(points: npt.NDArray[np.float64], steps: int = 12) -> npt.NDArray[np.float64]:
    closed = bool(np.allclose(points[0], points[-1]))
    before = points[-2] if closed else points[0]
    after = points[1] if closed else points[-1]
    padded = np.vstack([before, points, after])
    t = np.linspace(0.0, 1.0, steps, endpoint=False)[:, None]
    parts = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.vstack([*parts, points[-1:]])


@dataclass(frozen=True)
class Drawing:
    """Graphics and texts of a state for one image, lowest layer first, each with its colour."""

    graphics: tuple[tuple[Graphic, str], ...] = ()
    texts: tuple[tuple[TextObject, str], ...] = ()
    area: DisplayedArea | None = None


#: Colour of annotations whose layer recommends none that can be seen on an image.
_ANNOTATION = "#f2d45c"


def drawing_of(state: PresentationState) -> Drawing:
    """What is to be drawn of a state that concerns one image."""

    def order(name: str) -> int:
        return state.layer(name).order

    graphics = [g for a in state.annotations for g in a.graphics]
    texts = [t for a in state.annotations for t in a.texts]
    return Drawing(
        tuple((g, _colour(state, g.layer)) for g in sorted(graphics, key=lambda g: order(g.layer))),
        tuple((t, _colour(state, t.layer)) for t in sorted(texts, key=lambda t: order(t.layer))),
        state.areas[0] if state.areas else None,
    )


def _colour(state: PresentationState, name: str) -> str:
    layer = state.layer(name)
    if layer.rgb is not None and max(layer.rgb) > 60:
        return "#{:02x}{:02x}{:02x}".format(*layer.rgb)
    if layer.grey is not None and layer.grey > 60:
        return f"#{layer.grey:02x}{layer.grey:02x}{layer.grey:02x}"
    return _ANNOTATION


# --- segmentations -----------------------------------------------------------------------------


def segmentation_overlay(
    segmentation: Segmentation, masks: Map[int, npt.NDArray[np.float32]]
) -> Overlay | None:
    """Outlines and legend of the segments on one image, None where none lies on it."""
    named = {s.number: s for s in segmentation.segments}
    regions = []
    for place, number in enumerate(sorted(masks)):
        inside = masks[number] >= HALF
        rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
        if not rows.size:
            continue
        segment = named.get(number)
        rgb = segment.colour if segment is not None else None
        seen = rgb is not None and max(rgb) > 60
        colour = "#{:02x}{:02x}{:02x}".format(*rgb) if rgb and seen else COLOURS[place % 6]
        name = segment.label if segment is not None else f"Segment {number}"
        top, bottom, left, right = (int(v) for v in (rows[0], rows[-1], columns[0], columns[-1]))
        lines = outline(inside[top : bottom + 1, left : right + 1])
        lines += np.array([left, top, left, top], np.float32)
        box = float(left), float(top), float(right), float(bottom)
        regions.append(Region(number, name, colour, lines, box))
    if not regions:
        return None
    by = "AI" if all(s.algorithm == "AUTOMATIC" for s in segmentation.segments) else "Segmentation"
    title = f"{by}  {segmentation.label or 'without label'}"
    legend = ((title, "#e0a458"), *((r.name, r.colour) for r in regions))
    return Overlay(segmentation.label, tuple(regions), (), legend)

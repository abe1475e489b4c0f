"""Grayscale softcopy presentation states (PS3.3 A.33.1): how somebody wanted images to be seen.

Applied in the order of PS3.4 N.2: modality LUT, VOI LUT, presentation LUT, shutter; the spatial
transformation and the displayed area are handed to the view, annotations to whoever draws them.
Coordinates are the project's (the centre of the first pixel is (0, 0)); the standard counts the
corner of the first pixel as (0, 0) in annotations and the first pixel as (1, 1) in areas.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.domain.companions import ObjectRef
from radassist.domain.findings import ImageRef
from radassist.domain.windowing import Bytes, through_table, through_window

Table = npt.NDArray[Any]
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Voi:
    """A VOI transformation: a window or a table, and the images it is for (empty: all)."""

    window: tuple[float, float] | None = None
    function: str = "LINEAR"
    table: tuple[int, Table, int] | None = None
    images: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True)
class DisplayedArea:
    """The part of an image that is to fill the pane.

    :param box: (left, top, right, bottom) in image pixels, centres of the corner pixels; may
        reach beyond the image.
    :param mode: ``SCALE TO FIT``, ``TRUE SIZE`` or ``MAGNIFY``.
    """

    box: tuple[float, float, float, float]
    mode: str = "SCALE TO FIT"
    magnification: float | None = None
    images: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True)
class Shutter:
    """What is hidden around the part of interest (PS3.3 C.7.6.11).

    :param rectangle: (left, top, right, bottom) of what is seen, in image pixels.
    :param circle: (x, y, radius); :param polygon: corners of what is seen.
    :param value: grey of what is hidden, 0-255.
    """

    rectangle: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: Points = ()
    bitmap: npt.NDArray[np.bool_] | None = None
    value: int = 0


@dataclass(frozen=True)
class Graphic:
    """One graphic object.

    :param kind: ``POINT``, ``POLYLINE``, ``INTERPOLATED``, ``CIRCLE`` or ``ELLIPSE``.
    :param points: in image pixels, or, with ``of_display``, in parts of the displayed area.
    """

    kind: str
    points: Points
    filled: bool = False
    of_display: bool = False
    layer: str = ""


@dataclass(frozen=True)
class TextObject:
    """One text.

    :param box: (left, top, right, bottom) where it stands; :param anchor: the place it speaks of.
    :param box_of_display, anchor_of_display: in parts of the displayed area, not in image pixels.
    """

    text: str
    box: tuple[float, float, float, float] | None = None
    anchor: tuple[float, float] | None = None
    anchor_visible: bool = False
    box_of_display: bool = False
    anchor_of_display: bool = False
    justification: str = "LEFT"
    layer: str = ""


@dataclass(frozen=True)
class Annotation:
    """Graphics and texts for some images (empty: all)."""

    graphics: tuple[Graphic, ...] = ()
    texts: tuple[TextObject, ...] = ()
    images: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True)
class Layer:
    """A graphic layer; higher orders are drawn over lower ones.

    :param grey: recommended display value 0-255, or None; :param rgb: the same in colour.
    """

    name: str
    order: int = 0
    grey: int | None = None
    rgb: tuple[int, int, int] | None = None
    description: str = ""


@dataclass(frozen=True)
class OverlayPlane:
    """An overlay plane that the state brings itself, placed on a canvas of its own size.

    :param origin: (row, column) of its first pixel on the image, 0-based.
    """

    mask: npt.NDArray[np.bool_]
    origin: tuple[int, int] = (0, 0)
    layer: str = ""


@dataclass(frozen=True)
class PresentationState:
    """All of one presentation state.

    :param rescale: (slope, intercept) instead of the image's own, or None.
    :param modality_table: (first value, table, bits) instead of the image's own, or None.
    :param presentation_table: (first value, table, bits) after the VOI, or None.
    :param inverse: PresentationLUTShape INVERSE.
    :param rotation: clockwise, 0, 90, 180 or 270 degrees; :param flipped: afterwards, left to
        right.
    :param image_overlays: groups of the image's own overlays that are shown, by their number.
    :param notes: what the state asks for and this program does not do, one sentence each.
    """

    label: str = ""
    description: str = ""
    images: tuple[ObjectRef, ...] = ()
    rescale: tuple[float, float] | None = None
    modality_table: tuple[int, Table, int] | None = None
    vois: tuple[Voi, ...] = ()
    presentation_table: tuple[int, Table, int] | None = None
    inverse: bool = False
    areas: tuple[DisplayedArea, ...] = ()
    shutter: Shutter | None = None
    rotation: int = 0
    flipped: bool = False
    annotations: tuple[Annotation, ...] = ()
    layers: tuple[Layer, ...] = ()
    overlays: tuple[OverlayPlane, ...] = ()
    image_overlays: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    def for_image(self, image: ImageRef) -> PresentationState:
        """Only what concerns one image."""
        return replace(
            self,
            vois=tuple(v for v in self.vois if _concerns(v.images, image)),
            areas=tuple(a for a in self.areas if _concerns(a.images, image)),
            annotations=tuple(a for a in self.annotations if _concerns(a.images, image)),
        )

    def layer(self, name: str) -> Layer:
        """The layer of that name; one without order or colour where the state lacks it."""
        return next((layer for layer in self.layers if layer.name == name), Layer(name))


def _concerns(images: tuple[ObjectRef, ...], image: ImageRef) -> bool:
    return not images or any(ref.covers(image.sop_uid, image.frame) for ref in images)


class StateMapping:
    """How values of one image become grey under a presentation state.

    Has the ``grey`` and ``inverted`` of ``windowing.Mapping``, which it takes the place of.

    :param state: what :meth:`PresentationState.for_image` gives.
    :param rescale: (slope, intercept) that the pixels have been through; None for a table.
    :param own: (centre, width, function) of the image, where the state has no VOI.
    :param window: (centre, width) that the reader set, instead of the state's VOI.
    """

    def __init__(
        self,
        state: PresentationState,
        own: tuple[float, float, str],
        rescale: tuple[float, float] | None = (1.0, 0.0),
        window: tuple[float, float] | None = None,
        invert: bool = False,
    ) -> None:
        self._state, self._rescale = state, rescale
        voi = state.vois[0] if state.vois else Voi((own[0], own[1]), own[2])
        self._voi = Voi(window, own[2]) if window is not None else voi
        self.inverted = invert

    def grey(self, values: npt.NDArray[Any]) -> Bytes:
        """Display values of modality values, any shape."""
        modality = self._modality(values)
        voi = self._voi
        if voi.table is not None:
            shown = through_table(modality, voi.table[0], _full(voi.table))
        else:
            centre, width = voi.window or (127.5, 255.0)
            shown = through_window(modality, centre, width, voi.function)
        shown = self._presentation(shown)
        return np.subtract(255, shown, dtype=np.uint8) if self.inverted else shown

    def _modality(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """The state's modality transformation in place of the image's (PS3.4 N.2.1.1)."""
        state = self._state
        if self._rescale is None or (state.rescale is None and state.modality_table is None):
            return values
        slope, intercept = self._rescale
        stored = values if (slope, intercept) == (1.0, 0.0) else (values - intercept) / slope
        if state.modality_table is not None:
            first, table, _ = state.modality_table
            place = np.clip(np.rint(stored).astype(np.int64) - first, 0, len(table) - 1)
            return np.asarray(table[place])
        assert state.rescale is not None  # noqa: S101
        return np.asarray(stored * state.rescale[0] + state.rescale[1], np.float32)

    def _presentation(self, shown: Bytes) -> Bytes:
        """The presentation LUT; its input is the whole range of what the VOI gives."""
        if self._state.presentation_table is not None:
            _, table, bits = self._state.presentation_table
            place = np.rint(np.arange(256) * ((len(table) - 1) / 255.0)).astype(np.int64)
            grey = table[place].astype(np.float64) * (255.0 / ((1 << bits) - 1))
            return np.asarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8)[shown])
        return np.subtract(255, shown, dtype=np.uint8) if self._state.inverse else shown


def _full(table: tuple[int, Table, int]) -> Table:
    """A table whose greatest entry tells its stated bits, as ``through_table`` reads them."""
    _, values, bits = table
    bits = max(bits, int(values.max()).bit_length())
    return np.asarray(values.astype(np.float64) * (255.0 / ((1 << bits) - 1)) + 0.5).astype(
        np.uint8
    )


def hidden(shutter: Shutter, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Pixels that a shutter hides, bool of the image's shape; several forms hide together."""
    y, x = np.mgrid[0:rows, 0:columns]
    gone = np.zeros((rows, columns), bool)
    if shutter.rectangle is not None:
        left, top, right, bottom = shutter.rectangle
        gone |= (x < left) | (x > right) | (y < top) | (y > bottom)
    if shutter.circle is not None:
        centre_x, centre_y, radius = shutter.circle
        gone |= (x - centre_x) ** 2 + (y - centre_y) ** 2 > radius**2
    if len(shutter.polygon) >= 3:
        gone |= ~_inside(shutter.polygon, rows, columns)
    if shutter.bitmap is not None:
        mask = shutter.bitmap[:rows, :columns]
        gone[: mask.shape[0], : mask.shape[1]] |= mask
    return gone


def _inside(polygon: Points, rows: int, columns: int) -> npt.NDArray[np.bool_]:
    """Pixels whose centre lies inside a polygon (even-odd rule), row by row."""
    inside = np.zeros((rows, columns), bool)
    x = np.arange(columns)
    corners = list(zip(polygon, (*polygon[1:], polygon[0]), strict=True))
    for row in range(rows):
        for (x0, y0), (x1, y1) in corners:
            if (y0 > row) != (y1 > row):
                inside[row] ^= x < (x1 - x0) * (row - y0) / (y1 - y0) + x0
    return inside

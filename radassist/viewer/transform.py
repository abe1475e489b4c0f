"""Image to screen and back.

Image coordinates are those of the domain: x along columns, y along rows, the centre of the first
pixel is (0, 0).  Screen coordinates are logical pixels of the pane, y down.  Pixels that are not
square are drawn in the ratio of their spacing (PS3.3 C.7.6.3.1.7 asks for it).  An image may be
turned by quarters and then flipped left to right (PS3.3 C.10.6, Spatial Transformation).
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


#: Where image axes point on the screen for 0 to 3 quarter turns clockwise: (x to right, y to right,
#: x to down, y to down).
_TURNS = ((1, 0, 0, 1), (0, -1, 1, 0), (-1, 0, 0, -1), (0, 1, -1, 0))


@dataclass(frozen=True)
class Transform:
    """Screen = image * scale, turned and flipped, + offset.

    :param scale_x, scale_y: screen pixels for one column and one row, whichever way they run.
    :param turns: quarter turns clockwise, 0 to 3; :param flipped: left to right, after the turns.
    """

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float
    turns: int = 0
    flipped: bool = False

    def _axes(self) -> tuple[int, int, int, int]:
        a, b, c, d = _TURNS[self.turns]
        return (-a, -b, c, d) if self.flipped else (a, b, c, d)

    def to_screen(self, x: float, y: float) -> Point:
        """Screen position of an image position."""
        a, b, c, d = self._axes()
        x, y = x * self.scale_x, y * self.scale_y
        return a * x + b * y + self.offset_x, c * x + d * y + self.offset_y

    def to_image(self, x: float, y: float) -> Point:
        """Image position of a screen position."""
        a, b, c, d = self._axes()
        x, y = x - self.offset_x, y - self.offset_y
        return (a * x + c * y) / self.scale_x, (b * x + d * y) / self.scale_y

    def moved_by(self, dx: float, dy: float) -> Point:
        """The way on the image that a way on the screen is."""
        x0, y0 = self.to_image(0.0, 0.0)
        x1, y1 = self.to_image(dx, dy)
        return x1 - x0, y1 - y0

    def edges(self, rows: int, columns: int) -> tuple[float, float, float, float]:
        """(left, top, width, height) on the screen of the whole image, outer pixel borders."""
        x0, y0 = self.to_screen(-0.5, -0.5)
        x1, y1 = self.to_screen(columns - 0.5, rows - 0.5)
        return min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0)


Edges = tuple[str, str, str, str]


def turned_edges(edges: Edges, turns: int, flipped: bool) -> Edges:
    """What stands at the (left, right, top, bottom) edge once the image is turned and flipped."""
    left, right, top, bottom = edges
    for _ in range(turns):
        left, right, top, bottom = bottom, top, left, right
    return (right, left, top, bottom) if flipped else (left, right, top, bottom)


def pixel_aspect(spacing: tuple[float, float] | None) -> float:
    """Height of a pixel over its width; 1 where the spacing is unknown or not positive.

    :param spacing: (between rows, between columns).
    """
    if spacing is None or min(spacing) <= 0:
        return 1.0
    return spacing[0] / spacing[1]


def fit_scale(
    rows: int, columns: int, aspect: float, width: float, height: float, margin: float = 0.0
) -> float:
    """Screen pixels for one image column, so that the whole image is seen."""
    room = max(1.0, width - 2 * margin), max(1.0, height - 2 * margin)
    return min(room[0] / max(1, columns), room[1] / (max(1, rows) * aspect))


def transform(
    shape: tuple[int, int],
    spacing: tuple[float, float] | None,
    pane: tuple[float, float],
    zoom: float,
    pan: Point,
    turns: int = 0,
    flipped: bool = False,
) -> Transform:
    """The transform of an image in a pane.

    :param shape: (rows, columns).
    :param pane: (width, height) in screen pixels.
    :param zoom: 1 shows the whole image.
    :param pan: image position, relative to the image's middle and in image pixels, that lies in
        the middle of the pane: it stays there when the pane changes its size.
    :param turns, flipped: see :class:`Transform`.
    """
    rows, columns = shape
    aspect = pixel_aspect(spacing)
    width, height = pane if turns % 2 == 0 else (pane[1], pane[0])
    scale_x = fit_scale(rows, columns, aspect, width, height) * zoom
    scale_y = scale_x * aspect
    middle = (columns - 1) / 2 + pan[0], (rows - 1) / 2 + pan[1]
    x, y = Transform(scale_x, scale_y, 0.0, 0.0, turns, flipped).to_screen(*middle)
    return Transform(scale_x, scale_y, pane[0] / 2 - x, pane[1] / 2 - y, turns, flipped)

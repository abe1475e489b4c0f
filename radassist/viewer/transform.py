"""Image to screen and back.

Image coordinates are those of the domain: x along columns, y along rows, the centre of the first
pixel is (0, 0).  Screen coordinates are logical pixels of the pane, y down.  Pixels that are not
square are drawn in the ratio of their spacing (PS3.3 C.7.6.3.1.7 asks for it).
"""

from __future__ import annotations

from dataclasses import dataclass

Point = tuple[float, float]


@dataclass(frozen=True)
class Transform:
    """Screen = image * scale + offset, on each axis by itself."""

    scale_x: float
    scale_y: float
    offset_x: float
    offset_y: float

    def to_screen(self, x: float, y: float) -> Point:
        """Screen position of an image position."""
        return x * self.scale_x + self.offset_x, y * self.scale_y + self.offset_y

    def to_image(self, x: float, y: float) -> Point:
        """Image position of a screen position."""
        return (x - self.offset_x) / self.scale_x, (y - self.offset_y) / self.scale_y

    def edges(self, rows: int, columns: int) -> tuple[float, float, float, float]:
        """(left, top, width, height) on the screen of the whole image, outer pixel borders."""
        left, top = self.to_screen(-0.5, -0.5)
        return left, top, columns * self.scale_x, rows * self.scale_y


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
) -> Transform:
    """The transform of an image in a pane.

    :param shape: (rows, columns).
    :param pane: (width, height) in screen pixels.
    :param zoom: 1 shows the whole image.
    :param pan: image position, relative to the image's middle and in image pixels, that lies in
        the middle of the pane: it stays there when the pane changes its size.
    """
    rows, columns = shape
    aspect = pixel_aspect(spacing)
    scale_x = fit_scale(rows, columns, aspect, *pane) * zoom
    scale_y = scale_x * aspect
    middle = (columns - 1) / 2 + pan[0], (rows - 1) / 2 + pan[1]
    return Transform(
        scale_x,
        scale_y,
        pane[0] / 2 - middle[0] * scale_x,
        pane[1] / 2 - middle[1] * scale_y,
    )

"""From decoded pixels to the QImage of the part that is seen, at the level that is needed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from radassist.domain.presentation import StateMapping
from radassist.domain.windowing import Mapping, windowed
from radassist.viewer.cache import Levels
from radassist.viewer.look import Look
from radassist.viewer.presets import Window
from radassist.viewer.transform import Transform

#: Parts are cut at multiples of this many pixels, so that a small pan needs no new windowing.
_BLOCK = 256
#: A part of more pixels than this takes longer than one screen refresh to window and draw.
_HURRIED = 2_500_000


@dataclass(frozen=True)
class Part:
    """Which pixels of which level are drawn (rows top:bottom, columns left:right)."""

    level: int
    top: int
    bottom: int
    left: int
    right: int

    @property
    def pixels(self) -> int:
        """How many there are."""
        return (self.bottom - self.top) * (self.right - self.left)


class Picture:
    """The windowed part of one frame, kept until frame, window or part change."""

    def __init__(self) -> None:
        self._levels: Levels | None = None
        self._key: tuple[object, ...] = ()
        self._image = QImage()

    def draw(
        self,
        painter: QPainter,
        levels: Levels,
        view: Transform,
        pane: QRectF,
        window: Window | None,
        inverted: bool,
        pixel_ratio: float,
        hurried: bool = False,
        look: Look | None = None,
    ) -> None:
        """Draw a frame through its transform; only what the pane shows is windowed.

        :param look: a presentation state's tables, shutter and overlays, or None.

        :param hurried: the mouse moves: a large picture is shown at half its sharpness, so that
            it follows on a 4K screen too.
        """
        part = visible_part(levels, view, pane, pixel_ratio, hurried)
        if part is None:
            return
        key = (part, window, inverted, view.turns, view.flipped, id(look))
        if levels is not self._levels or key != self._key:
            mapping = look.mapping(levels.frame, window, inverted) if look is not None else None
            shown = render(levels, part, mapping or Mapping(levels.frame, window, inverted), look)
            self._image = as_qimage(as_seen(shown, view.turns, view.flipped))
            self._levels, self._key = levels, key
        block = 2**part.level
        x0, y0 = view.to_screen(part.left * block - 0.5, part.top * block - 0.5)
        x1, y1 = view.to_screen(part.right * block - 0.5, part.bottom * block - 0.5)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, True)
        painter.drawImage(QRectF(QPointF(x0, y0), QPointF(x1, y1)).normalized(), self._image)

    def clear(self) -> None:
        """Free the image."""
        self._levels, self._key, self._image = None, (), QImage()


def visible_part(
    levels: Levels, view: Transform, pane: QRectF, pixel_ratio: float, hurried: bool = False
) -> Part | None:
    """The blocks of pixels that the pane shows, or None where the image lies outside it."""
    level = levels.level_for(max(view.scale_x, view.scale_y) * pixel_ratio)
    part = _part_of(level, levels, view, pane)
    if hurried and part is not None and part.pixels > _HURRIED and level < len(levels.smaller):
        return _part_of(level + 1, levels, view, pane)
    return part


def _part_of(level: int, levels: Levels, view: Transform, pane: QRectF) -> Part | None:
    rows, columns = levels.pixels(level).shape[:2]
    block = 2**level
    x0, y0 = view.to_image(pane.left(), pane.top())
    x1, y1 = view.to_image(pane.right(), pane.bottom())
    left, right, top, bottom = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    first_row, last_row = _span(top, bottom, rows, block)
    first_column, last_column = _span(left, right, columns, block)
    if first_row >= last_row or first_column >= last_column:
        return None
    return Part(level, first_row, last_row, first_column, last_column)


def _span(low: float, high: float, count: int, block: int) -> tuple[int, int]:
    first = math.floor((low + 0.5) / block) - 1
    last = math.ceil((high + 0.5) / block) + 1
    first, last = first // _BLOCK * _BLOCK, -(-last // _BLOCK) * _BLOCK
    return max(0, first), min(count, last)


def render(
    levels: Levels, part: Part, mapping: Mapping | StateMapping, look: Look | None = None
) -> npt.NDArray[np.uint8]:
    """The part through the mapping: uint8, DICOM overlay planes in white."""
    area = slice(part.top, part.bottom), slice(part.left, part.right)
    shown = windowed(levels.pixels(part.level)[area], mapping)
    if look is not None:
        return look.finished(shown, part.level, area)
    if levels.graphics:
        shown = shown.copy()
        shown[levels.graphics[part.level][area]] = 255
    return shown


def as_seen(shown: npt.NDArray[np.uint8], turns: int, flipped: bool) -> npt.NDArray[np.uint8]:
    """Pixels turned by quarters clockwise, then flipped left to right."""
    seen = np.rot90(shown, -turns) if turns else shown
    return seen[:, ::-1] if flipped else seen


def as_qimage(shown: npt.NDArray[np.uint8]) -> QImage:
    """A QImage (RGB32, which is drawn fastest) that owns its pixels.

    :param shown: uint8, shape (rows, columns) or (rows, columns, 3).
    """
    shown = np.ascontiguousarray(shown)
    rows, columns = shown.shape[:2]
    colour = shown.ndim == 3
    kind = QImage.Format.Format_RGB888 if colour else QImage.Format.Format_Grayscale8
    borrowed = QImage(shown.data, columns, rows, shown.strides[0], kind)
    return borrowed.convertToFormat(QImage.Format.Format_RGB32)

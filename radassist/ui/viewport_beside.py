"""What companions add to the images of a pane: looks, drawings and segmentations by frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from radassist.domain.presentation import DisplayedArea, Graphic, TextObject
from radassist.domain.study import Frame
from radassist.ui.viewport_frames import Key, key_of
from radassist.viewer.look import Drawing, Look, path_of
from radassist.viewer.overlays import Overlay
from radassist.viewer.transform import Transform

_DARK = QColor(0, 0, 0, 215)
#: Radius of a point in screen pixels.
_POINT = 4.0


@dataclass
class Beside:
    """By frame: the look and drawing of the chosen presentation state, and outlines."""

    looks: dict[Key, Look] = field(default_factory=dict)
    drawings: dict[Key, Drawing] = field(default_factory=dict)
    segments: dict[Key, Overlay] = field(default_factory=dict)

    def clear(self) -> None:
        """Nothing is chosen any more."""
        for held in (self.looks, self.drawings, self.segments):
            held.clear()

    def look(self, frame: Frame | None) -> Look | None:
        """The look of a frame under the chosen state."""
        return self.looks.get(key_of(frame)) if frame is not None else None

    def paint(self, painter: QPainter, view: Transform, frame: Frame | None) -> None:
        """The annotations of the chosen state on a frame."""
        drawing = self.drawings.get(key_of(frame)) if frame is not None else None
        if drawing is not None and frame is not None:
            paint_drawing(painter, view, drawing, frame.instance.rows, frame.instance.columns)

    def joined(self, found: Overlay | None, key: Key) -> Overlay | None:
        """A pack's overlay with the outlines of segmentations."""
        own = self.segments.get(key)
        if found is None or own is None:
            return found or own
        return replace(
            found, regions=(*found.regions, *own.regions), legend=(*found.legend, *own.legend)
        )


def paint_drawing(
    painter: QPainter, view: Transform, drawing: Drawing, rows: int, columns: int
) -> None:
    """Graphics and texts of a presentation state; text is upright however the image is turned."""
    area = drawing.area or DisplayedArea((0.0, 0.0, columns - 1.0, rows - 1.0))
    corners = [view.to_screen(x, y) for x, y in (area.box[:2], area.box[2:])]
    shown = QRectF(QPointF(*corners[0]), QPointF(*corners[1])).normalized()

    def place(x: float, y: float, of_display: bool) -> QPointF:
        if of_display:
            return QPointF(shown.left() + x * shown.width(), shown.top() + y * shown.height())
        return QPointF(*view.to_screen(x, y))

    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    for graphic, colour in drawing.graphics:
        _graphic(painter, graphic, colour, place)
    for text, colour in drawing.texts:
        _text(painter, text, colour, place)


Place = Callable[[float, float, bool], QPointF]


def _graphic(painter: QPainter, graphic: Graphic, colour: str, place: Place) -> None:
    points = [place(float(x), float(y), graphic.of_display) for x, y in path_of(graphic)]
    line = QPolygonF(points)
    for ink, width in ((_DARK, 3.6), (QColor(colour), 1.6)):
        painter.setPen(QPen(ink, width))
        painter.setBrush(QColor(colour) if graphic.filled else Qt.BrushStyle.NoBrush)
        if graphic.kind == "POINT":
            painter.drawEllipse(points[0], _POINT, _POINT)
        elif graphic.filled:
            painter.drawPolygon(line)
        else:
            painter.drawPolyline(line)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _text(painter: QPainter, text: TextObject, colour: str, place: Place) -> None:
    metrics = QFontMetricsF(painter.font())
    lines = text.text.split("\n")
    width = max(metrics.horizontalAdvance(line) for line in lines) + 12
    box = QRectF(0, 0, width, metrics.height() * len(lines) + 8)
    anchor = place(*text.anchor, text.anchor_of_display) if text.anchor else None
    if text.box is not None:
        first = place(text.box[0], text.box[1], text.box_of_display)
        last = place(text.box[2], text.box[3], text.box_of_display)
        box.moveTopLeft(QRectF(first, last).normalized().topLeft())
    elif anchor is not None:
        box.moveTopLeft(anchor + QPointF(10, 10))
    if anchor is not None and text.anchor_visible:
        for ink, pen in ((_DARK, 3.6), (QColor(colour), 1.4)):
            painter.setPen(QPen(ink, pen))
            painter.drawLine(anchor, box.center())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 13, 16, 200))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(colour))
    flags = {"RIGHT": Qt.AlignmentFlag.AlignRight, "CENTER": Qt.AlignmentFlag.AlignHCenter}
    align = flags.get(text.justification, Qt.AlignmentFlag.AlignLeft)
    painter.drawText(box.adjusted(6, 4, -6, -4), int(align), text.text)

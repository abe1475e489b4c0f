"""What lies on an image: words, letters, scale bar, outlines and calipers, drawn with QPainter."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
    QPixmapCache,
)

from radassist.domain.findings import Measurement
from radassist.ui import theme
from radassist.ui.viewport_grid_state import CutLine
from radassist.viewer.labels import label_places
from radassist.viewer.overlays import Overlay, caliper_text, measurement_text
from radassist.viewer.scale_bar import ScaleBar
from radassist.viewer.text import Corners, Letters
from radassist.viewer.transform import Transform

MARGIN = 10.0
_PAD = 3.0
_SHADOW = QColor(0, 0, 0, 210)
_EDGE = QPen(QColor(0, 0, 0, 235), 3.2)
_EDGE.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
MEASURED = theme.PROVENANCE["measurement"]
AI = theme.PROVENANCE["vision"]
MEASURED_TEXT = "#8fe0cd"
LETTER = "#e8d27a"


def text_at(
    painter: QPainter, x: float, baseline: float, text: str, colour: str, align: str = "left"
) -> None:
    """One line with a dark edge, so that it is read on white lung and on black air alike.

    :param align: which end of the text lies at ``x``: ``left``, ``right`` or ``middle``.
    """
    if not text:
        return
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(text)
    x -= {"left": 0.0, "right": width, "middle": width / 2}[align]
    picture = _edged(text, colour, painter.font(), painter.device().devicePixelRatioF())
    painter.drawPixmap(QPointF(x - _PAD, baseline - metrics.ascent() - _PAD), picture)


def _edged(text: str, colour: str, font: QFont, ratio: float) -> QPixmap:
    """The line as a picture, kept: stroking its outline anew costs as much as the image itself."""
    key = f"{font.key()}|{ratio}|{colour}|{text}"
    kept = QPixmap()
    if QPixmapCache.find(key, kept):
        return kept
    metrics = QFontMetricsF(font)
    width = math.ceil((metrics.horizontalAdvance(text) + 2 * _PAD) * ratio)
    height = math.ceil((metrics.height() + 2 * _PAD) * ratio)
    made = QPixmap(max(1, width), max(1, height))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setFont(font)
    place = QPointF(_PAD, _PAD + metrics.ascent())
    path = QPainterPath()
    path.addText(place, font, text)
    painter.strokePath(path, _EDGE)
    painter.setPen(QColor(colour))
    painter.drawText(place, text)
    painter.end()
    QPixmapCache.insert(key, made)
    return made


def message(painter: QPainter, area: QRectF, title: str, detail: str, colour: str) -> None:
    """A state of the pane in its middle: no image, loading, cannot decode."""
    metrics = QFontMetricsF(painter.font())
    flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
    inner = area.adjusted(24, 0, -24, 0)
    middle = inner.center().y()
    painter.setPen(QColor(colour))
    box = QRectF(inner.left(), middle - 2.2 * metrics.height(), inner.width(), metrics.height() * 2)
    painter.drawText(box, flags | int(Qt.AlignmentFlag.AlignBottom), title)
    painter.setPen(QColor(theme.MUTED))
    below = QRectF(inner.left(), middle + 4, inner.width(), inner.bottom() - middle - 4)
    painter.drawText(below, flags, detail)


def corner_text(painter: QPainter, area: QRectF, corners: Corners) -> None:
    """The four corners; a line takes at most a bit under half of the width."""
    metrics = QFontMetricsF(painter.font())
    step, widest = metrics.height(), area.width() * 0.47 - MARGIN
    top, bottom = area.top() + MARGIN + metrics.ascent(), area.bottom() - MARGIN
    left, right = area.left() + MARGIN, area.right() - MARGIN
    for lines, x, align in ((corners.top_left, left, "left"), (corners.top_right, right, "right")):
        for number, line in enumerate(lines):
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, widest)
            text_at(painter, x, top + number * step, shown, theme.TEXT, align)
    for lines, x, align in (
        (corners.bottom_left, left, "left"),
        (corners.bottom_right, right, "right"),
    ):
        for number, line in enumerate(reversed(lines)):
            shown = metrics.elidedText(line, Qt.TextElideMode.ElideRight, widest)
            text_at(
                painter, x, bottom - number * step - metrics.descent(), shown, theme.TEXT, align
            )


def letters(painter: QPainter, area: QRectF, found: Letters) -> None:
    """Orientation letters at the middle of each edge (left, right, top, bottom)."""
    small = painter.font()
    large = QFont(small)
    large.setPointSizeF(small.pointSizeF() * 1.35)
    large.setBold(True)
    painter.setFont(large)
    metrics = QFontMetricsF(large)
    middle = area.center()
    half = (metrics.ascent() - metrics.descent()) / 2
    left, right, top, bottom = found
    text_at(painter, area.left() + MARGIN, middle.y() + half, left, LETTER)
    text_at(painter, area.right() - MARGIN, middle.y() + half, right, LETTER, "right")
    text_at(painter, middle.x(), area.top() + MARGIN + metrics.ascent(), top, LETTER, "middle")
    text_at(
        painter, middle.x(), area.bottom() - MARGIN - metrics.descent(), bottom, LETTER, "middle"
    )
    painter.setFont(small)


def scale_bar(painter: QPainter, area: QRectF, bar: ScaleBar, lifted: float) -> None:
    """The scale bar at the lower right, ``lifted`` above the corner text."""
    y = area.bottom() - MARGIN - lifted
    right = area.right() - MARGIN
    left = right - bar.length
    for colour, width in ((_SHADOW, 3.5), (QColor(theme.TEXT), 1.5)):
        painter.setPen(QPen(colour, width))
        painter.drawLine(QLineF(left, y, right, y))
        for tick in range(bar.ticks + 1):
            x = left + bar.length * tick / bar.ticks
            tall = 7.0 if tick in (0, bar.ticks) else 4.0
            painter.drawLine(QLineF(x, y, x, y - tall))
    text_at(painter, right, y - 10, bar.text, theme.TEXT, "right")


def outlines(painter: QPainter, view: Transform, overlay: Overlay, thick: bool) -> None:
    """The regions' borders as thin lines."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for region in overlay.regions:
        pen = QPen(QColor(region.colour), 2.6 if thick else 1.4)
        pen.setCapStyle(Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        painter.drawLines(
            [
                QLineF(*view.to_screen(x0, y0), *view.to_screen(x1, y1))
                for x0, y0, x1, y1 in region.segments.tolist()
            ]
        )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)


def calipers(
    painter: QPainter,
    view: Transform,
    measurements: Sequence[Measurement],
    spacing: tuple[float, float] | None,
    source: str,
    highlighted: str,
) -> None:
    """Measured lines where they were taken, each with its name and length.

    :param highlighted: id of the measurement that the report points at.
    """
    lines: list[tuple[QPointF, QPointF, str]] = []
    for measurement in measurements:
        strong = measurement.id == highlighted
        for caliper in measurement.calipers:
            a = QPointF(*view.to_screen(caliper.x0, caliper.y0))
            b = QPointF(*view.to_screen(caliper.x1, caliper.y1))
            _caliper(painter, a, b, strong)
            lines.append((a, b, caliper_text(caliper, spacing, source)))
    metrics = QFontMetricsF(painter.font())
    sizes = [(metrics.horizontalAdvance(t) + 10, metrics.height() + 2) for _, _, t in lines]
    ends = [(a.x(), a.y(), b.x(), b.y()) for a, b, _ in lines]
    for place, (_, _, text) in zip(label_places(ends, sizes), lines, strict=True):
        plate_text(painter, QRectF(*place), text)


def cut_lines(painter: QPainter, view: Transform, lines: Sequence[CutLine]) -> None:
    """Where other panes' images cut this one: the active pane's line is the strong one."""
    for line in lines:
        a, b = (QPointF(*view.to_screen(*point)) for point in (line.start, line.end))
        pen = QPen(QColor(theme.ACCENT if line.active else theme.FAINT), 1.6 if line.active else 1)
        pen.setStyle(Qt.PenStyle.SolidLine if line.active else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawLine(a, b)


def plate_text(painter: QPainter, plate: QRectF, text: str) -> None:
    """A measured value on a dark plate."""
    metrics = QFontMetricsF(painter.font())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 13, 16, 190))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QColor(MEASURED_TEXT))
    painter.drawText(QPointF(plate.left() + 5, plate.bottom() - metrics.descent() - 1), text)


def _caliper(painter: QPainter, a: QPointF, b: QPointF, strong: bool) -> None:
    along = QLineF(a, b)
    if along.length() < 0.5:
        return
    across = along.normalVector()
    across.setLength(6.0)
    dx, dy = across.dx(), across.dy()
    for colour, width in ((_SHADOW, 5.0 if strong else 3.5), (QColor(MEASURED), 1.6)):
        painter.setPen(QPen(QColor("#ffffff") if strong and width < 3 else colour, width))
        painter.drawLine(along)
        for end in (a, b):
            painter.drawLine(QLineF(end.x() - dx, end.y() - dy, end.x() + dx, end.y() + dy))


def brackets(painter: QPainter, box: QRectF) -> None:
    """Corners around the place that the report's statement rests on."""
    box = box.adjusted(-14, -14, 14, 14)
    arm = min(22.0, box.width() / 3, box.height() / 3)
    for colour, width in ((_SHADOW, 4.5), (QColor(theme.ACCENT), 2.2)):
        painter.setPen(QPen(colour, width))
        for x, sx in ((box.left(), 1), (box.right(), -1)):
            for y, sy in ((box.top(), 1), (box.bottom(), -1)):
                painter.drawLine(QLineF(x, y, x + sx * arm, y))
                painter.drawLine(QLineF(x, y, x, y + sy * arm))


def legend(
    painter: QPainter, area: QRectF, bottom: float, overlay: Overlay, named: bool, measured: bool
) -> None:
    """Says that the lines are a machine's, whose, and which colour is which region.

    :param bottom: lower edge of the box.
    :param named: list the regions; :param measured: list the measured values.
    """
    rows = [(text, colour, number > 0) for number, (text, colour) in enumerate(overlay.legend)]
    rows = rows if named else rows[:1]
    if measured:
        rows += [(measurement_text(m), MEASURED_TEXT, False) for m in overlay.measurements]
    metrics = QFontMetricsF(painter.font())
    step = metrics.height() * 1.12
    width = max(metrics.horizontalAdvance(t) + (18 if swatch else 0) for t, _, swatch in rows) + 18
    width = min(width, area.width() - 2 * MARGIN)
    height = step * len(rows) + 10
    box = QRectF(area.left() + MARGIN - 4, bottom - height, width, height)
    painter.setPen(QPen(QColor(theme.LINE), 1))
    painter.setBrush(QColor(11, 13, 16, 205))
    painter.drawRoundedRect(box, 5, 5)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for number, (text, colour, swatch) in enumerate(rows):
        y = box.top() + 5 + number * step + metrics.ascent()
        x = box.left() + 9
        if swatch:
            painter.fillRect(QRectF(x, y - metrics.ascent() * 0.62, 11, 4), QColor(colour))
            x += 18
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, box.right() - x - 6)
        painter.setPen(QColor(theme.TEXT if swatch else colour))
        painter.drawText(QPointF(x, y), shown)

"""What a reader draws on an image: mouse to drawing, drawing to lines and words.

The layer belongs to one pane.  It holds what is being drawn, and shows the annotations that the
measure desk gives it; it stores nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from radassist.domain.measuring.annotation import Annotation, Point, Shape
from radassist.domain.measuring.measured import Measured
from radassist.ui import theme
from radassist.viewer.annotating import Drawing, Grip, dragged, grip_at, move, press, release
from radassist.viewer.figures import Figure, figure_of, label_lines
from radassist.viewer.labels import label_places
from radassist.viewer.transform import Transform

DRAWN = QColor("#f2d16b")
SELECTED = QColor("#ffffff")
_SHADOW = QColor(0, 0, 0, 210)
_HANDLE = 4.0
#: Half of the stroke across the end of a line, in logical pixels.
_CAP = 6.0


class AnnotationLayer(QObject):
    """The annotations of one pane.

    Signals: ``drawn(shape, points)`` a new one is finished; ``moved(annotation)`` one was dragged
    elsewhere; ``selection_changed(id)`` ("" for none); ``tool_changed(shape or None)``;
    ``repaint()``.
    """

    drawn = Signal(object, object)
    moved = Signal(object)
    selection_changed = Signal(str)
    tool_changed = Signal(object)
    repaint = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tool: Shape | None = None
        self.selected = ""
        self.shown: tuple[Annotation, ...] = ()
        self.numbers: Mapping[str, Measured] = {}
        self._drawing: Drawing | None = None
        self._grip: Grip | None = None
        self._start: Point = (0.0, 0.0)
        self._now: Annotation | None = None

    # --- what is shown ------------------------------------------------------------------------

    def show_annotations(
        self, annotations: Sequence[Annotation], numbers: Mapping[str, Measured]
    ) -> None:
        """The annotations of the shown frame, with their numbers by id."""
        self.shown, self.numbers = tuple(annotations), numbers
        if self.selected and all(a.id != self.selected for a in self.shown):
            self.select("")
        self.repaint.emit()

    def choose_tool(self, tool: Shape | None) -> None:
        """Begin to draw a shape; the same tool again, or None, goes back to the window tool."""
        self._drawing = None
        self.tool = None if tool is self.tool else tool
        self.tool_changed.emit(self.tool)
        self.repaint.emit()

    def select(self, annotation_id: str) -> None:
        """Mark one annotation; "" for none."""
        if annotation_id != self.selected:
            self.selected = annotation_id
            self.selection_changed.emit(annotation_id)
            self.repaint.emit()

    def cancel(self) -> bool:
        """Drop what is being drawn, else put the tool away; False where there was neither."""
        if self._drawing is not None:
            self._drawing = None
            self.repaint.emit()
            return True
        if self.tool is not None:
            self.choose_tool(None)
            return True
        return False

    @property
    def busy(self) -> bool:
        """True while something is being drawn or dragged."""
        return self._drawing is not None or self._grip is not None

    # --- mouse --------------------------------------------------------------------------------

    def press(self, at: Point, view: Transform) -> bool:
        """The left button went down at an image position; False: it is not for this layer."""
        if self.tool is not None:
            self._drawing = press(self._drawing or Drawing(self.tool), at)
            self.repaint.emit()
            return True
        self._grip = grip_at(self.shown, at, view)
        self.select(self._grip.annotation.id if self._grip else "")
        self._start = at
        return self._grip is not None

    def move(self, at: Point, view: Transform) -> bool:
        """The pointer went to an image position; True where that was for this layer."""
        if self._drawing is not None:
            self._drawing = move(self._drawing, at, view)
        elif self._grip is not None:
            self._now = dragged(self._grip, self._start, at)
        else:
            return False
        self.repaint.emit()
        return True

    def release(self, at: Point, view: Transform) -> bool:
        """The left button went up; True where that was for this layer."""
        if self._drawing is not None:
            self._drawing = release(self._drawing, at, view)
            if self._drawing is not None and self._drawing.finished:
                points, shape = self._drawing.points, self._drawing.shape
                self._drawing = None
                self.choose_tool(None)
                self.drawn.emit(shape, points)
            self.repaint.emit()
            return True
        grip, now = self._grip, self._now
        self._grip = self._now = None
        if grip is not None and now is not None and now != grip.annotation:
            # Shown where it was dropped until the store has answered.
            self.shown = tuple(now if a.id == now.id else a for a in self.shown)
            self.moved.emit(now)
        return grip is not None

    def hovers(self, at: Point, view: Transform) -> bool:
        """True where a press would grab something: the pointer shows it."""
        return self.tool is None and grip_at(self.shown, at, view) is not None

    # --- painting -----------------------------------------------------------------------------

    def paint(self, painter: QPainter, view: Transform) -> None:
        """Draw everything over the image."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        labels: list[tuple[Figure, tuple[str, ...], bool]] = []
        for annotation in self.shown:
            held = self._now is not None and self._now.id == annotation.id
            one = self._now if held and self._now is not None else annotation
            chosen = annotation.id == self.selected
            figure = figure_of(one.shape, one.points)
            _figure(painter, view, figure, SELECTED if chosen else DRAWN, handles=chosen)
            measured = self.numbers.get(annotation.id)
            if measured is not None and not held:
                labels.append((figure, label_lines(annotation, measured), chosen))
            elif annotation.label:
                labels.append((figure, (annotation.label,), chosen))
        if self._drawing is not None:
            figure = figure_of(self._drawing.shape, self._drawing.shown)
            _figure(painter, view, figure, SELECTED, handles=True)
        _labels(painter, view, labels)


def _figure(
    painter: QPainter, view: Transform, figure: Figure, colour: QColor, *, handles: bool
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shade, width in ((_SHADOW, 3.6), (colour, 1.6)):
        pen = QPen(shade, width)
        painter.setPen(pen)
        for line in figure.lines:
            painter.drawPolyline(_screen(line, view))
        for a, b in figure.caps:
            _caps(painter, *_screen((a, b), view))
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        for line in figure.dashed:
            painter.drawPolyline(_screen(line, view))
    if handles or not figure.lines or len(figure.handles) == 1:
        painter.setPen(QPen(_SHADOW, 1.0))
        painter.setBrush(colour)
        for place in _screen(figure.handles, view):
            painter.drawEllipse(place, _HANDLE, _HANDLE)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _screen(points: Sequence[Point], view: Transform) -> list[QPointF]:
    return [QPointF(*view.to_screen(*point)) for point in points]


def _caps(painter: QPainter, a: QPointF, b: QPointF) -> None:
    dx, dy = b.x() - a.x(), b.y() - a.y()
    length = (dx * dx + dy * dy) ** 0.5
    if length < 1.0:
        return
    across = QPointF(-dy / length * _CAP, dx / length * _CAP)
    for end in (a, b):
        painter.drawLine(end - across, end + across)


def _labels(
    painter: QPainter, view: Transform, labels: Sequence[tuple[Figure, tuple[str, ...], bool]]
) -> None:
    wanted = [(figure, lines, chosen) for figure, lines, chosen in labels if lines]
    metrics = QFontMetricsF(painter.font())
    sizes = [
        (max(metrics.horizontalAdvance(line) for line in lines) + 10,
         metrics.height() * len(lines) + 2)
        for _, lines, _ in wanted
    ]  # fmt: skip
    ends = [_edge(figure, view) for figure, _, _ in wanted]
    for place, (_, lines, chosen) in zip(label_places(ends, sizes), wanted, strict=True):
        _plate(painter, QRectF(*place), lines, SELECTED if chosen else DRAWN)


def _edge(figure: Figure, view: Transform) -> tuple[float, float, float, float]:
    """The line that a label stands beside: a single line itself, else the figure's right edge."""
    places = [view.to_screen(*point) for line in figure.lines for point in line]
    places = places or [view.to_screen(*figure.anchor)]
    if len(figure.lines) == 1 and len(figure.lines[0]) == 2:
        return (*places[0], *places[1])
    right = max(x for x, _ in places)
    return right, min(y for _, y in places), right, max(y for _, y in places)


def _plate(painter: QPainter, plate: QRectF, lines: Sequence[str], colour: QColor) -> None:
    metrics = QFontMetricsF(painter.font())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(11, 13, 16, 200))
    painter.drawRoundedRect(plate, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for number, line in enumerate(lines):
        # Sentences that qualify a number are set off from it.
        painter.setPen(QColor(theme.WARNING) if line.endswith(".") else colour)
        y = plate.top() + 1 + number * metrics.height() + metrics.ascent()
        painter.drawText(QPointF(plate.left() + 5, y), line)

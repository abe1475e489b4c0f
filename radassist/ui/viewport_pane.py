"""The pane that draws one series: image, words, a pack's outlines; mouse for window, pan, zoom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from PySide6.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget
from shiboken6 import isValid

from radassist.domain.findings import Measurement
from radassist.domain.study import Frame, Series, Study
from radassist.ports import CancelToken, Progress, VisionResult
from radassist.ui import theme
from radassist.ui import viewport_paint as paint
from radassist.ui.annotation_layer import AnnotationLayer
from radassist.ui.tasks import Tasks
from radassist.ui.viewport_beside import Beside
from radassist.ui.viewport_drag import Drag
from radassist.ui.viewport_frames import FrameStore, Key, key_of, order_of_need
from radassist.ui.viewport_grid_state import CutLine
from radassist.ui.viewport_picture import Picture as Drawn
from radassist.ui.viewport_words import Words, paint_words
from radassist.viewer import state as views
from radassist.viewer import text as words
from radassist.viewer.cache import Levels
from radassist.viewer.overlays import Overlay, box_of, overlay
from radassist.viewer.presets import Window
from radassist.viewer.state import Picture, ViewportState
from radassist.viewer.transform import Transform

#: A right click that moves less than this opens the menu, otherwise it zooms.
_CLICK = 4
_WHEEL_STEP = 120
_NOTHING_OPEN = (
    "Drop files, a folder or a zip here,\nor press Ctrl+O for files and Ctrl+Shift+O for a folder."
)

Vision = Mapping[Key, VisionResult]


class ImagePane(QWidget):
    """One image of one series.

    ``pressed()`` at every button and wheel step, before it acts; ``frame_changed(index, count)``;
    ``window_changed(line)``; ``view_changed()`` after anything
    that enablement or the slider may depend on; ``menu_requested(global position)``.
    """

    frame_changed = Signal(int, int)
    window_changed = Signal(str)
    view_changed = Signal()
    menu_requested = Signal(QPoint)
    pressed = Signal()

    def __init__(self, tasks: Tasks, store: FrameStore, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.state = ViewportState()
        self.study: Study | None = None
        self.series: Series | None = None
        self._tasks, self._store = tasks, store
        self._vision: Vision = {}
        self._overlays: dict[Key, Overlay | None] = {}
        self._overlays_asked: set[Key] = set()
        self._evidence: tuple[Key, Measurement | None] | None = None
        self.beside = Beside()
        self._drawn = Drawn()
        self._drag: Drag | None = None
        self._wheel = 0
        self._direction = 1
        self._probe: QPointF | None = None
        self._key_image = self._active = False
        self._lines: tuple[CutLine, ...] = ()
        self.layer = AnnotationLayer(self)
        self.layer.repaint.connect(self.update)
        self.layer.tool_changed.connect(self._show_tool)
        store.arrived.connect(self._arrived)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 160)
        self.setAccessibleName("Image")
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, QColor(theme.VIEWPORT))
        self.setPalette(palette)

    # --- what is shown ------------------------------------------------------------------------

    def show_series(self, study: Study, series: Series, state: ViewportState) -> None:
        """Show a series from ``state.index`` on."""
        self.study, self.series, self._evidence = study, series, None
        self._direction = 1
        self.change(views.for_series(state, len(series.frames), state.index), always=True)

    def show_nothing(self) -> None:
        """An empty pane."""
        self.study = self.series = self._evidence = None
        self._overlays.clear()
        self.change(replace(views.for_series(self.state, 0), index=0), always=True)

    def set_vision(self, vision: Vision) -> None:
        """Results of vision packs by (SOPInstanceUID, frame)."""
        self._vision = vision
        self._overlays.clear()
        self._overlays_asked.clear()
        self._prepare_overlay()
        self.update()
        self.view_changed.emit()

    def change(self, state: ViewportState, *, always: bool = False) -> None:
        """Show another state of the view."""
        before, self.state = self.state, state
        if state.index != before.index or always:
            if state.index != before.index:
                self._direction = 1 if state.index > before.index else -1
            self._fetch()
            self._prepare_overlay()
            self._name()
            self.frame_changed.emit(state.index, state.count)
        if state != before or always:
            self.window_changed.emit(self.window_line())
            self.view_changed.emit()
            self.update()

    def frame(self) -> Frame | None:
        """The frame that the state names."""
        if self.series is None or not 0 <= self.state.index < len(self.series.frames):
            return None
        return self.series.frames[self.state.index]

    def levels(self) -> Levels | None:
        """The decoded frame, if it is there."""
        frame = self.frame()
        return self._store.get(frame) if frame is not None else None

    def picture(self) -> Picture | None:
        """The facts that view changes need; None while nothing is decoded."""
        levels = self.levels()
        if levels is None or self.series is None:
            return None
        pixels = levels.frame.pixels
        return Picture(
            pixels.shape[0], pixels.shape[1], self.series.pixel_spacing, levels.frame.window,
            pixels.ndim == 3,
        )  # fmt: skip

    def fault(self) -> str:
        """Why the frame cannot be shown, or ""."""
        frame = self.frame()
        return self._store.fault(frame) if frame is not None else ""

    def current_window(self) -> Window:
        """(centre, width) that is shown now."""
        levels = self.levels()
        own = levels.frame.window if levels is not None else (0.0, 1.0)
        return self.state.window or own

    def window_line(self) -> str:
        """The window in words, "" while nothing is decoded."""
        levels = self.levels()
        if levels is None:
            return ""
        frame, look = levels.frame, self.beside.look(self.frame())
        if look is not None and self.state.window is None:
            label = words.plain(look.state.label, 24)
            return f"Presentation state {label}" + ("  inverted" if self.state.inverted else "")
        return words.window_line(
            self.state, frame.window, colour=frame.pixels.ndim == 3, table=frame.voi_lut is not None
        )

    def shown_overlay(self) -> Overlay | None:
        """What a pack drew on the shown frame, whether it is switched on or not."""
        frame = self.frame()
        if frame is None:
            return None
        return self.beside.joined(self._overlays.get(key_of(frame)), key_of(frame))

    def size_tuple(self) -> tuple[float, float]:
        """(width, height) in logical pixels."""
        return float(self.width()), float(self.height())

    def view(self) -> Transform | None:
        """Image to pane, None while nothing is decoded."""
        picture = self.picture()
        if picture is None:
            return None
        return views.view_transform(self.state, picture, self.size_tuple())

    def alter(self, function: Callable[[ViewportState, Picture], ViewportState]) -> bool:
        """Apply a view change that needs the picture; False while there is none."""
        picture = self.picture()
        if picture is None:
            return False
        self.change(function(self.state, picture))
        return True

    def point_at(self, index: int, measurement: Measurement | None) -> None:
        """Show an image of the series and mark the place that a statement rests on."""
        self.change(replace(views.at_frame(self.state, index), show_regions=True,
                            show_calipers=True))  # fmt: skip
        frame = self.frame()
        self._evidence = (key_of(frame), measurement) if frame is not None else None
        self._show_evidence_place()
        self.update()

    def clear_evidence(self) -> bool:
        """Take the mark away; False where there was none."""
        had, self._evidence = self._evidence is not None, None
        self.update()
        return had

    # --- frames and overlays ------------------------------------------------------------------

    def _fetch(self) -> None:
        if self.series is None:
            self._store.want([], self)
            return
        frames = order_of_need(self.series.frames, self.state.index, self._direction)
        self._store.want(frames, self)

    def _arrived(self, key: Key) -> None:
        frame = self.frame()
        if frame is None or key_of(frame) != key:
            return
        self._prepare_overlay()
        self._show_evidence_place()
        self.window_changed.emit(self.window_line())
        self.view_changed.emit()
        self.update()

    def _prepare_overlay(self) -> None:
        """Find the outlines of the shown frame on a worker thread, once."""
        frame, levels = self.frame(), self.levels()
        if frame is None or levels is None:
            return
        key = key_of(frame)
        result = self._vision.get(key)
        if result is None or key in self._overlays_asked:
            return
        self._overlays_asked.add(key)
        shape = levels.frame.pixels.shape[0], levels.frame.pixels.shape[1]

        def work(_progress: Progress, _cancel: CancelToken) -> Overlay | None:
            return overlay(result, shape)

        def done(found: Overlay | None) -> None:
            if isValid(self) and self._vision.get(key) is result:
                self._overlays[key] = found
                self._show_evidence_place()
                self.view_changed.emit()
                self.update()

        self._tasks.run("decode", work, done, lambda _fault: None)

    def _evidence_box(self) -> tuple[float, float, float, float] | None:
        frame = self.frame()
        if self._evidence is None or frame is None or self._evidence[0] != key_of(frame):
            return None
        measurement = self._evidence[1]
        box = box_of(measurement) if measurement is not None else None
        found = self.shown_overlay()
        if box is None and found is not None and found.regions:
            boxes = [r.box for r in found.regions]
            box = (min(b[0] for b in boxes), min(b[1] for b in boxes),
                   max(b[2] for b in boxes), max(b[3] for b in boxes))  # fmt: skip
        return box

    def _show_evidence_place(self) -> None:
        box, picture = self._evidence_box(), self.picture()
        if box is not None and picture is not None:
            self.change(views.centred_on(self.state, picture, box))

    def _name(self) -> None:
        count = self.state.count
        self.setAccessibleDescription(
            f"Image {self.state.index + 1} of {count}" if count else "No image"
        )

    # --- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, QRectF(self.rect()))
        finally:
            painter.end()  # a painter that is left open crashes Qt

    def _paint(self, painter: QPainter, area: QRectF) -> None:
        painter.fillRect(area, QColor(theme.VIEWPORT))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        frame, levels = self.frame(), self.levels()
        if frame is None:
            paint.message(painter, area, "No image", _NOTHING_OPEN, theme.TEXT)
        elif levels is None:
            self._paint_waiting(painter, area)
        else:
            self._paint_image(painter, area, levels)
        if self.hasFocus() or self._active:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(QColor(theme.ACCENT))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_waiting(self, painter: QPainter, area: QRectF) -> None:
        fault = self.fault()
        if fault:
            paint.message(painter, area, "Cannot decode this image", fault, theme.ERROR)
        else:
            paint.message(painter, area, "Loading…", "", theme.MUTED)
        self._paint_words(painter, area, None)

    def _paint_image(self, painter: QPainter, area: QRectF, levels: Levels) -> None:
        view = self.view()
        assert view is not None  # noqa: S101 - levels are there
        self._drawn.draw(
            painter, levels, view, area, self.state.window, self.state.inverted,
            self.devicePixelRatioF(),
            hurried=self._drag is not None and self._drag.moved,
            look=self.beside.look(self.frame()),
        )  # fmt: skip
        self._paint_overlay(painter, view)
        if self.state.show_regions:
            self.beside.paint(painter, view, self.frame())
        self._paint_words(painter, area, levels)

    def _paint_overlay(self, painter: QPainter, view: Transform) -> None:
        found, series = self.shown_overlay(), self.series
        pointed = self._evidence_box()
        measurement = self._evidence[1] if self._evidence and pointed else None
        if found is not None and self.state.show_regions:
            paint.outlines(painter, view, found, thick=pointed is not None and measurement is None)
        shown = found.measurements if found is not None and self.state.show_calipers else ()
        if measurement is not None and measurement.id not in {m.id for m in shown}:
            shown = (*shown, measurement)
        if series is not None:
            paint.calipers(painter, view, shown, series.pixel_spacing, series.spacing_source,
                           measurement.id if measurement else "")  # fmt: skip
        paint.cut_lines(painter, view, self._lines)
        self.layer.paint(painter, view)
        if pointed is not None:
            x0, y0 = view.to_screen(pointed[0], pointed[1])
            x1, y1 = view.to_screen(pointed[2], pointed[3])
            paint.brackets(painter, QRectF(QPointF(x0, y0), QPointF(x1, y1)))

    def _paint_words(self, painter: QPainter, area: QRectF, levels: Levels | None) -> None:
        if self.study is None or self.series is None:
            return
        said = Words(
            self.study, self.series, self.state, self.view(), self.window_line(),
            self._probe_line(levels) if levels is not None else "", self.devicePixelRatioF(),
            self._key_image, self.shown_overlay(),
        )  # fmt: skip
        paint_words(painter, area, self.font(), said)

    def _probe_line(self, levels: Levels) -> str:
        """Pixel position and value under the pointer."""
        view = self.view()
        if self._probe is None or view is None:
            return ""
        return words.probe_line(levels.frame, *view.to_image(self._probe.x(), self._probe.y()))

    # --- what others say of the pane -----------------------------------------------------------

    def set_active(self, active: bool) -> None:
        """Show that this is the pane of several that commands act on."""
        if active != self._active:
            self._active = active
            self.update()

    def set_lines(self, lines: tuple[CutLine, ...]) -> None:
        """Where the images of other panes cut this one."""
        if lines != self._lines:
            self._lines = lines
            self.update()

    def set_key_image(self, marked: bool) -> None:
        """Show the mark of a key image, or not."""
        if marked != self._key_image:
            self._key_image = marked
            self.update()

    # --- mouse --------------------------------------------------------------------------------

    def _show_tool(self, tool: object) -> None:
        self.setCursor(Qt.CursorShape.CrossCursor if tool else Qt.CursorShape.ArrowCursor)

    def _on_image(self, at: QPointF) -> tuple[tuple[float, float], Transform] | None:
        """The image position under a screen position, and the view; None while nothing is there."""
        view = self.view()
        return (view.to_image(at.x(), at.y()), view) if view is not None else None

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.pressed.emit()
        super().focusInEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
        place = self._on_image(event.position())
        plain = event.button() is Qt.MouseButton.LeftButton and not event.modifiers()
        if plain and place is not None and self.layer.press(*place):
            return
        self._drag = Drag(
            event.button(), event.position(), self.current_window(), self.state.pan,
            bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier),
        )  # fmt: skip
        self._probe = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self._on_image(event.position())
        if self._drag is None and place is not None and self.layer.move(*place):
            return
        if self._drag is None:
            self._probe = event.position()
            if self.state.show_text:
                self.update()
            return
        self._dragged(self._drag, event.position())

    def _dragged(self, drag: Drag, at: QPointF) -> None:
        dx, dy = at.x() - drag.start.x(), at.y() - drag.start.y()
        drag.moved = drag.moved or abs(dx) + abs(dy) >= _CLICK
        if not drag.moved:
            return
        pane = self.size_tuple()
        if drag.button is Qt.MouseButton.RightButton:
            factor = views.drag_zoom(at.y() - drag.last.y())
            anchor = drag.start.x(), drag.start.y()
            self.alter(lambda s, p: views.zoomed(s, p, pane, factor, anchor))
        elif drag.button is Qt.MouseButton.MiddleButton or drag.shift:
            self.alter(lambda s, p: views.panned(s, p, pane, drag.pan, dx, dy))
        elif drag.button is Qt.MouseButton.LeftButton:
            self.alter(lambda s, p: views.dragged_window(s, p, drag.window, dx, dy))
        drag.last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        place = self._on_image(event.position())
        if drag is None and place is not None:
            self.layer.release(*place)
        self.update()
        if drag is not None and drag.button is Qt.MouseButton.RightButton and not drag.moved:
            self.menu_requested.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.layer.tool is not None:
            self.mousePressEvent(event)  # two quick clicks set two points
        elif event.button() is Qt.MouseButton.LeftButton:
            self.change(views.fitted(self.state))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() != Qt.Key.Key_Escape or not self.layer.cancel():
            super().keyPressEvent(event)

    def leaveEvent(self, event: object) -> None:
        self._probe = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.pressed.emit()
        turned = event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            anchor = event.position().x(), event.position().y()
            factor = 1.2 ** (turned / _WHEEL_STEP)
            self.alter(lambda s, p: views.zoomed(s, p, self.size_tuple(), factor, anchor))
        else:
            self._wheel += turned  # touchpads send small parts of a step
            steps = int(self._wheel / _WHEEL_STEP)
            self._wheel -= steps * _WHEEL_STEP
            self.change(views.scrolled(self.state, -steps))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.view_changed.emit()

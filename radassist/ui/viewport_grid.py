"""Up to sixteen viewports in a grid, one of them active; linked scrolling and reference lines.

To the window the grid is the active viewport: commands, evidence and signals are its.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from radassist.domain.findings import ImageRef, Measurement
from radassist.domain.hanging import Hung
from radassist.domain.study import Frame, Series, Study
from radassist.ui.tasks import Tasks
from radassist.ui.viewport import Viewport
from radassist.ui.viewport_frames import CACHE_BYTES, Decode, FrameStore
from radassist.ui.viewport_grid_state import Linked, lines_on
from radassist.ui.viewport_pane import ImagePane, Vision
from radassist.viewer.presets import Preset
from radassist.viewer.state import ViewportState

#: (rows, columns) by the name of the ``layout.*`` action.
LAYOUTS = {
    "1x1": (1, 1), "1x2": (1, 2), "2x1": (2, 1), "2x2": (2, 2), "1x3": (1, 3), "2x3": (2, 3),
    "3x3": (3, 3), "4x4": (4, 4),
}  # fmt: skip


class ViewportGrid(QWidget):
    """The images side of the window.

    Signals as ``Viewport``'s, of the active one; ``pane_made(pane)`` for each new pane, and
    ``active_changed()``.
    """

    frame_changed = Signal(int, int)
    window_changed = Signal(str)
    series_changed = Signal(object, object)
    view_changed = Signal()
    abilities_changed = Signal()
    menu_requested = Signal(QPoint)
    pane_made = Signal(object)
    active_changed = Signal()

    def __init__(
        self,
        tasks: Tasks,
        decode: Decode,
        parent: QWidget | None = None,
        *,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        super().__init__(parent)
        self._tasks, self._decode = tasks, decode
        self.store = FrameStore(tasks, decode, cache_bytes, self)
        self.viewports: list[Viewport] = []
        self.shape = (1, 1)
        self.linked = Linked()
        self.show_lines = True
        self._active = 0
        self._following = False
        self._vision: Vision = {}
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self.set_grid(1, 1)

    # --- the grid -----------------------------------------------------------------------------

    def set_grid(self, rows: int, columns: int) -> None:
        """Another number of panes; what the remaining ones show stays."""
        self.shape = (rows, columns)
        while len(self.viewports) < rows * columns:
            self._make()
        for number, viewport in enumerate(self.viewports):
            self._layout.removeWidget(viewport)
            inside = number < rows * columns
            viewport.setVisible(inside)
            if inside:
                self._layout.addWidget(viewport, number // columns, number % columns)
            elif viewport.series is not None:
                viewport.pane.show_nothing()
        for place in range(4):
            self._layout.setRowStretch(place, 1 if place < rows else 0)
            self._layout.setColumnStretch(place, 1 if place < columns else 0)
        if self._active >= rows * columns:
            self.activate(0)
        self._mark()
        self._draw_lines()

    def shown(self) -> list[Viewport]:
        """The viewports of the grid, row by row."""
        return self.viewports[: self.shape[0] * self.shape[1]]

    def activate(self, number: int) -> None:
        """Make one viewport the one that commands act on."""
        if number == self._active or not 0 <= number < len(self.shown()):
            return
        self._active = number
        self._mark()
        self.active_changed.emit()
        self.frame_changed.emit(self.state.index, self.state.count)
        self.window_changed.emit(self.pane.window_line())
        self.view_changed.emit()
        self.abilities_changed.emit()

    def step(self, by: int) -> None:
        """Activate the next viewport and give it the keyboard."""
        self.activate((self._active + by) % len(self.shown()))
        self.active.setFocus()

    def hang(self, current: Study, hung: Sequence[Hung], prior: Study | None) -> None:
        """Fill the grid as a hanging protocol says; the first pane becomes the active one."""
        for viewport, item in zip(self.shown(), hung, strict=False):
            if item.series is None:
                viewport.pane.show_nothing()
                continue
            study = prior if item.pane.prior and prior is not None else current
            viewport.set_series(study, item.series)
            viewport.use_window(item.pane.window)
        self.activate(0)
        self._series_changed()

    def _make(self) -> None:
        viewport = Viewport(self._tasks, self._decode, self, store=self.store)
        number = len(self.viewports)
        if number:  # what the reader switched off stays off in a new pane
            now = self.state
            viewport.pane.state = replace(
                viewport.pane.state, show_text=now.show_text, show_regions=now.show_regions,
                show_calipers=now.show_calipers,
            )  # fmt: skip
        self.viewports.append(viewport)
        viewport.pane.set_vision(self._vision)
        viewport.frame_changed.connect(partial(self._frame_changed, number))
        viewport.series_changed.connect(lambda *_: self._series_changed())
        viewport.pane.pressed.connect(partial(self.activate, number))
        for name in (
            "frame_changed", "window_changed", "series_changed", "view_changed",
            "abilities_changed", "menu_requested",
        ):  # fmt: skip
            getattr(viewport, name).connect(partial(self._pass_on, number, name))
        self.pane_made.emit(viewport.pane)

    def _pass_on(self, number: int, name: str, *values: object) -> None:
        if number == self._active:
            getattr(self, name).emit(*values)

    def _mark(self) -> None:
        self.setFocusProxy(self.active)
        several = len(self.shown()) > 1
        for number, viewport in enumerate(self.viewports):
            viewport.pane.set_active(several and number == self._active)

    # --- linked -------------------------------------------------------------------------------

    def toggle_linked(self) -> bool:
        """Link all panes by place, or let them go; True where they are linked now."""
        self.linked.toggle([(v.series, v.state.index) for v in self.shown()])
        return self.linked.on

    def toggle_lines(self) -> None:
        """Show or hide where the images of other panes cut."""
        self.show_lines = not self.show_lines
        self._draw_lines()

    def _series_changed(self) -> None:
        self.linked.renew([(v.series, v.state.index) for v in self.shown()])
        self._draw_lines()

    def _frame_changed(self, number: int, index: int, _count: int) -> None:
        if not self._following and self.linked.on and number < len(self.shown()):
            self._following = True
            try:
                for other, place in self.linked.follow(number, index).items():
                    self.viewports[other].go_to(place)
            finally:
                self._following = False
        self._draw_lines()

    def _draw_lines(self) -> None:
        panes = [(v.series, v.state.index) for v in self.shown()]
        for number, viewport in enumerate(self.shown()):
            lines = lines_on(panes, number, self._active) if self.show_lines else ()
            viewport.pane.set_lines(lines)

    # --- the active viewport ------------------------------------------------------------------

    @property
    def active(self) -> Viewport:
        """The viewport that commands act on."""
        return self.viewports[self._active]

    @property
    def pane(self) -> ImagePane:
        """Its pane."""
        return self.active.pane

    @property
    def state(self) -> ViewportState:
        """Its view."""
        return self.active.state

    @property
    def study(self) -> Study | None:
        """Its study."""
        return self.active.study

    @property
    def series(self) -> Series | None:
        """Its series."""
        return self.active.series

    def panes(self) -> list[ImagePane]:
        """All panes of the grid."""
        return [viewport.pane for viewport in self.shown()]

    def set_series(self, study: Study, series: Series, vision: Vision | None = None) -> None:
        """Show a series in the active viewport."""
        if vision is not None:
            self.set_vision(vision)
        self.active.set_series(study, series)

    def set_vision(self, vision: Vision) -> None:
        """Results of vision packs, for all panes."""
        self._vision = vision
        for viewport in self.viewports:
            viewport.set_vision(vision)

    def clear(self, keep: Frame | None = None) -> None:
        """Empty panes, one pane, and an empty cache but for ``keep``: another patient comes."""
        for viewport in self.viewports:
            viewport.clear(keep)
        self.set_grid(1, 1)

    def go_to(self, index: int) -> None:
        """Show the image with this 0-based index."""
        self.active.go_to(index)

    def show_evidence(self, ref: ImageRef, measurement: Measurement | None = None) -> bool:
        """Jump to an image: in the pane that shows its series, else in the active one."""
        for number, viewport in enumerate(self.shown()):
            frames = viewport.series.frames if viewport.series else ()
            if any(f.ref.sop_uid == ref.sop_uid for f in frames):
                self.activate(number)
                break
        return self.active.show_evidence(ref, measurement)

    def clear_evidence(self) -> bool:
        """Take the mark away; False where there was none."""
        had = [viewport.clear_evidence() for viewport in self.shown()]
        return any(had)

    def presets(self) -> tuple[Preset, ...]:
        """Window presets of the shown modality."""
        return self.active.presets()

    def has_overlay(self) -> bool:
        """True where a pack drew regions on the shown image."""
        return self.active.has_overlay()

    def has_calipers(self) -> bool:
        """True where measured lines lie on the shown image."""
        return self.active.has_calipers()

    def perform(self, action_id: str) -> bool:
        """Do a ``view.*`` action on the active viewport; False where it is none."""
        return self.active.perform(action_id)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the ``layout.*`` actions do."""
        grids: dict[str, Callable[[], object]] = {
            f"layout.{name}": partial(self.set_grid, *shape) for name, shape in LAYOUTS.items()
        }
        return {
            **grids,
            "layout.next": partial(self.step, 1),
            "layout.previous": partial(self.step, -1),
            "layout.link": self.toggle_linked,
            "layout.lines": self.toggle_lines,
        }

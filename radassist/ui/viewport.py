"""The images side of the window: a pane, a slider for the stack, and the view commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from radassist.domain.findings import ImageRef, Measurement
from radassist.domain.study import Frame, Series, Study
from radassist.ui.tasks import Tasks
from radassist.ui.viewport_frames import CACHE_BYTES, Decode, FrameStore
from radassist.ui.viewport_pane import ImagePane, Vision
from radassist.viewer import state as views
from radassist.viewer.presets import Preset, presets
from radassist.viewer.state import ViewportState

SeriesKey = tuple[str, int]


def series_key(series: Series) -> SeriesKey:
    """(SeriesInstanceUID, part): a split series is several."""
    return series.series_instance_uid, series.part


def _place(series: Series, frame: Frame | None) -> int:
    """Index of a frame in a series; 0 where it is none of its."""
    if frame is None:
        return 0
    return next((i for i, f in enumerate(series.frames) if f.ref == frame.ref), 0)


class Viewport(QWidget):
    """One pane with its slider.

    :param store: of decoded frames, where several viewports share one.

    Signals: ``frame_changed(index, count)``, ``window_changed(line)``, ``series_changed(study,
    series)``, ``view_changed()`` (anything of the view), ``abilities_changed()`` (what the view
    actions can do now differs), ``menu_requested(global position)``.
    """

    frame_changed = Signal(int, int)
    window_changed = Signal(str)
    series_changed = Signal(object, object)
    view_changed = Signal()
    abilities_changed = Signal()
    menu_requested = Signal(QPoint)

    def __init__(
        self,
        tasks: Tasks,
        decode: Decode,
        parent: QWidget | None = None,
        *,
        cache_bytes: int = CACHE_BYTES,
        store: FrameStore | None = None,
    ) -> None:
        super().__init__(parent)
        self.store = store or FrameStore(tasks, decode, cache_bytes, self)
        self.pane = ImagePane(tasks, self.store, self)
        self.slider = QSlider(Qt.Orientation.Vertical, self)
        self._able: tuple[object, ...] = ()
        self._views: dict[SeriesKey, ViewportState] = {}
        self._start: Frame | None = None
        self._build()
        self._connect()

    def _build(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.pane, 1)
        layout.addWidget(self.slider)
        self.slider.setInvertedAppearance(True)  # the first image is at the top
        self.slider.setInvertedControls(True)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.slider.setFixedWidth(20)
        self.slider.setAccessibleName("Image of the series")
        self.slider.hide()
        self.setFocusProxy(self.pane)

    def _connect(self) -> None:
        self.pane.frame_changed.connect(self._on_frame)
        self.pane.window_changed.connect(self.window_changed)
        self.pane.view_changed.connect(self._on_view)
        self.pane.menu_requested.connect(self.menu_requested)
        self.slider.valueChanged.connect(self.go_to)

    # --- what is shown ------------------------------------------------------------------------

    @property
    def state(self) -> ViewportState:
        """The view as it is."""
        return self.pane.state

    @property
    def study(self) -> Study | None:
        """The study of the shown series."""
        return self.pane.study

    @property
    def series(self) -> Series | None:
        """The shown series."""
        return self.pane.series

    def set_series(self, study: Study, series: Series, vision: Vision | None = None) -> None:
        """Show a series; a series that was shown before comes back as it was left.

        :param vision: results by (SOPInstanceUID, frame); None keeps those that were given before.
        """
        self._remember()
        if vision is not None:
            self.pane.set_vision(vision)
        self.store.retry()
        kept = self._views.get(series_key(series))
        start, self._start = _place(series, self._start), None
        self.pane.show_series(study, series, kept or replace(self.pane.state, index=start))
        if kept is not None:
            self.pane.change(replace(kept, count=len(series.frames)), always=True)
        self.series_changed.emit(study, series)

    def set_vision(self, vision: Vision) -> None:
        """Results of vision packs that came later."""
        self.pane.set_vision(vision)

    def clear(self, keep: Frame | None = None) -> None:
        """Empty pane, empty cache: another patient comes.

        :param keep: an image that stays in the cache; its series is shown from there on.
        """
        self._start = keep
        self._views.clear()
        self.pane.show_nothing()
        self.store.drop_all(keep)

    def go_to(self, index: int) -> None:
        """Show the image with this 0-based index."""
        self.pane.change(views.at_frame(self.pane.state, index))

    def show_evidence(self, ref: ImageRef, measurement: Measurement | None = None) -> bool:
        """Jump to an image and mark where a measurement or region lies on it.

        :returns: False where the study that is shown does not hold that image.
        """
        place = self._find(ref)
        if place is None or self.study is None:
            return False
        series, index = place
        if self.series is None or series_key(series) != series_key(self.series):
            self.set_series(self.study, series)
        self.pane.point_at(index, measurement)
        return True

    def clear_evidence(self) -> bool:
        """Take the mark away; False where there was none."""
        return self.pane.clear_evidence()

    def _find(self, ref: ImageRef) -> tuple[Series, int] | None:
        shown = [self.series] if self.series is not None else []
        others = list(self.study.series) if self.study is not None else []
        for series in (*shown, *others):
            for index, frame in enumerate(series.frames):
                if (frame.instance.sop_instance_uid, frame.frame) == (ref.sop_uid, ref.frame):
                    return series, index
        return None

    def _remember(self) -> None:
        if self.series is not None:
            self._views[series_key(self.series)] = self.pane.state

    def _on_frame(self, index: int, count: int) -> None:
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(0, count - 1))
        self.slider.setPageStep(max(1, count // 10))
        self.slider.setValue(index)
        self.slider.blockSignals(False)
        self.slider.setVisible(count > 1)
        self.frame_changed.emit(index, count)

    def _on_view(self) -> None:
        series = self.series
        able = (
            min(self.state.count, 2),
            self.has_overlay(),
            self.has_calipers(),
            series.modality if series is not None else "",
        )
        self.view_changed.emit()
        if able != self._able:
            self._able = able
            self.abilities_changed.emit()

    # --- commands -----------------------------------------------------------------------------

    def presets(self) -> tuple[Preset, ...]:
        """Window presets of the shown modality, in the order of the number keys."""
        return presets(self.series.modality if self.series is not None else "")

    def has_overlay(self) -> bool:
        """True where a pack drew regions on the shown image."""
        found = self.pane.shown_overlay()
        return found is not None and bool(found.regions)

    def has_calipers(self) -> bool:
        """True where measured lines lie on the shown image."""
        found = self.pane.shown_overlay()
        return found is not None and any(m.calipers for m in found.measurements)

    def perform(self, action_id: str) -> bool:
        """Do a ``view.*`` action of the action table; False where it is none of this pane's."""
        if action_id.startswith("view.preset_"):
            return self._preset(int(action_id.rpartition("_")[2]) - 1)
        function = self._functions().get(action_id)
        if function is None:
            return False
        self.pane.change(function(self.pane.state))
        return True

    def use_window(self, name: str) -> None:
        """The window preset of this name, once the image is there; "" changes nothing."""
        found = [p for p in self.presets() if p.name == name]
        window = found[0].window if found else None
        if window is not None:
            self.pane.change(replace(self.pane.state, window=window, preset=name))

    def _preset(self, number: int) -> bool:
        found = self.presets()
        if number >= len(found):
            return False
        return self.pane.alter(lambda s, p: views.with_preset(s, found[number], p))

    def _functions(self) -> dict[str, Callable[[ViewportState], ViewportState]]:
        return {
            "view.next_image": lambda s: views.scrolled(s, 1),
            "view.previous_image": lambda s: views.scrolled(s, -1),
            "view.first": lambda s: views.at_frame(s, 0),
            "view.last": lambda s: views.at_frame(s, s.count - 1),
            "view.fit": views.fitted,
            "view.actual_size": self._actual_size,
            "view.zoom_in": lambda s: self._zoom(s, 1.25),
            "view.zoom_out": lambda s: self._zoom(s, 0.8),
            "view.reset": views.reset,
            "view.turn": views.turned,
            "view.flip": views.flipped,
            "view.invert": lambda s: replace(s, inverted=not s.inverted),
            "view.overlay": lambda s: replace(s, show_regions=not s.show_regions),
            "view.calipers": lambda s: replace(s, show_calipers=not s.show_calipers),
            "view.text": lambda s: replace(s, show_text=not s.show_text),
        }

    def _actual_size(self, state: ViewportState) -> ViewportState:
        picture = self.pane.picture()
        if picture is None:
            return state
        ratio = self.devicePixelRatioF()
        return views.actual_size(state, picture, self.pane.size_tuple(), ratio)

    def _zoom(self, state: ViewportState, factor: float) -> ViewportState:
        picture = self.pane.picture()
        if picture is None:
            return state
        width, height = self.pane.size_tuple()
        return views.zoomed(state, picture, (width, height), factor, (width / 2, height / 2))

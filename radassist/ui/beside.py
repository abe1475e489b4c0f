"""Shows companions: a state on its image, a segmentation on its series, key images, a document.

Choosing a presentation state or segmentation again takes it away.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from radassist.domain.companions import Companion, Document, KeyObjects, ObjectRef
from radassist.domain.presentation import PresentationState
from radassist.domain.segmentation import Segmentation, stored_frame
from radassist.domain.study import Frame, OpenResult, Series, Study
from radassist.errors import Fault, InputFault
from radassist.ports import Content
from radassist.ui.document_pane import DocumentPane
from radassist.ui.services import Services
from radassist.ui.tasks import Tasks
from radassist.ui.viewport_frames import key_of
from radassist.ui.viewport_grid import ViewportGrid
from radassist.viewer import state as views
from radassist.viewer.cache import with_levels
from radassist.viewer.look import Drawing, Look, drawing_of, look_at, segmentation_overlay
from radassist.viewer.overlays import Overlay

_ELSEWHERE = "None of the images that it names is open."


class BesideDesk(QObject):
    """Reads companions through the services and puts them where they belong.

    ``fault`` carries what could not be shown; ``told`` a sentence for the status bar.
    """

    fault = Signal(object)
    told = Signal(str)

    def __init__(
        self,
        services: Services,
        tasks: Tasks,
        viewport: ViewportGrid,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._services, self._tasks, self._viewport = services, tasks, viewport
        self._result = OpenResult(())
        self._state: tuple[Companion, PresentationState] | None = None
        self._segments: dict[str, tuple[Companion, Segmentation]] = {}
        self.documents: list[DocumentPane] = []
        viewport.frame_changed.connect(lambda *_: self._prepare())

    def show_result(self, result: OpenResult) -> None:
        """Other files are open: nothing of those before stays chosen."""
        self._result = result
        self._state = None
        self._segments.clear()
        for pane in self._viewport.panes():
            pane.beside.clear()

    def show(self, companion: Companion) -> None:
        """Read a companion and show it, or take it away where it is shown."""
        uid = companion.sop_instance_uid
        if self._state is not None and self._state[0].sop_instance_uid == uid:
            self._set_state(None)
            return
        if uid in self._segments:
            del self._segments[uid]
            self._viewport.pane.beside.segments.clear()
            self._prepare()
            return
        self._tasks.run(
            "engine",
            lambda _p, _c: self._services.read_content(companion),
            lambda content: self._shown(companion, content),
            self.fault.emit,
            "Reading",
        )

    def _shown(self, companion: Companion, content: Content) -> None:
        if not isValid(self):
            return
        if isinstance(content, Document):
            pane = DocumentPane(companion, content, self._viewport.window())
            self.documents = [d for d in self.documents if isValid(d)]
            self.documents.append(pane)
            pane.show()
        elif isinstance(content, KeyObjects):
            self._show_key_objects(companion, content)
        elif isinstance(content, PresentationState):
            self._go_to(content.images)
            self._set_state((companion, content))
        else:
            sources = tuple(s for f in content.frames for s in f.sources)
            self._go_to(sources or companion.references)
            self._segments[companion.sop_instance_uid] = companion, content
            self._prepare()

    # --- finding images -----------------------------------------------------------------------

    def _find(self, images: tuple[ObjectRef, ...]) -> list[tuple[Study, Series, int]]:
        wanted: dict[str, list[ObjectRef]] = {}
        for ref in images:
            wanted.setdefault(ref.sop_instance_uid, []).append(ref)
        return [
            (study, series, index)
            for study, series in self._result.series()
            for index, frame in enumerate(series.frames)
            for ref in wanted.get(frame.instance.sop_instance_uid, ())
            if not ref.frames or frame.frame in ref.frames
        ]

    def _go_to(self, images: tuple[ObjectRef, ...]) -> None:
        """Show the first of the images, unless one of them is on the screen."""
        found = self._find(images)
        frame = self._viewport.pane.frame()
        if frame is not None and any(s.frames[i] is frame for _, s, i in found):
            return
        if not found:
            self.fault.emit(InputFault(_ELSEWHERE, "Open the images that belong to it."))
            return
        study, series, index = found[0]
        if self._viewport.series is not series:
            self._viewport.set_series(study, series)
        self._viewport.go_to(index)

    def _show_key_objects(self, companion: Companion, selection: KeyObjects) -> None:
        found = self._find(selection.images)
        if not found:
            self.fault.emit(InputFault(_ELSEWHERE, "Open the images that belong to it."))
            return
        study, first, _ = found[0]
        title = ": ".join(p for p in (selection.title, selection.reason) if p)
        chosen = replace(
            first,
            series_instance_uid=companion.series_instance_uid,
            frames=tuple(series.frames[index] for _, series, index in found),
            description=title,
            spacing=None,
            part=0,
            warnings=(f"A selection of {len(found)} images, not a stack.",),
        )
        self._viewport.set_series(study, chosen)
        missing = len(selection.images) - len({s.frames[i].ref.sop_uid for _, s, i in found})
        if missing > 0:
            self.told.emit(f"{missing} of the selected images are not open.")

    # --- on the image -------------------------------------------------------------------------

    def _set_state(self, chosen: tuple[Companion, PresentationState] | None) -> None:
        pane = self._viewport.pane
        self._state = chosen
        pane.beside.looks.clear()
        pane.beside.drawings.clear()
        state = chosen[1] if chosen is not None else PresentationState()
        turns = state.rotation // 90
        pane.change(replace(views.fitted(pane.state), turns=turns, flipped=state.flipped,
                            window=None, preset=""), always=True)  # fmt: skip
        for note in state.notes:
            self.told.emit(note)
        self._prepare()

    def _prepare(self) -> None:
        """Make what belongs on the shown image, on a worker thread."""
        pane = self._viewport.pane
        frame, series = pane.frame(), pane.series
        pane.update()
        if frame is None or series is None:
            return
        if self._state is not None and key_of(frame) not in pane.beside.looks:
            self._prepare_state(frame, self._state[1])
        if self._segments and key_of(frame) not in pane.beside.segments:
            self._prepare_segments(frame, series)

    def _prepare_state(self, frame: Frame, state: PresentationState) -> None:
        ref = frame.ref
        if state.images and not any(r.covers(ref.sop_uid, ref.frame) for r in state.images):
            return
        own = state.for_image(ref)

        def work(_p: object, _c: object) -> tuple[Look, Drawing]:
            levels = with_levels(self._services.decode(frame))
            return look_at(own, levels.frame, len(levels.smaller)), drawing_of(own)

        def done(found: tuple[Look, Drawing]) -> None:
            if not isValid(self) or self._state is None or self._state[1] is not state:
                return
            pane = self._viewport.pane
            pane.beside.looks[key_of(frame)], pane.beside.drawings[key_of(frame)] = found
            area = found[1].area
            if area is not None and area.mode == "SCALE TO FIT":
                pane.alter(lambda s, p: views.filled_with(s, p, pane.size_tuple(), area.box))
            pane.window_changed.emit(pane.window_line())
            pane.update()

        self._tasks.run("decode", work, done, self.fault.emit)

    def _prepare_segments(self, frame: Frame, series: Series) -> None:
        chosen = list(self._segments.values())

        def work(_p: object, _c: object) -> Overlay | None:
            return _outlines(self._services, chosen, frame, series)

        def done(found: Overlay | None) -> None:
            if not isValid(self) or chosen != list(self._segments.values()):
                return
            if found is not None:
                self._viewport.pane.beside.segments[key_of(frame)] = found
                self._viewport.pane.view_changed.emit()
                self._viewport.pane.update()

        self._tasks.run("decode", work, done, self._no_segments)

    def _no_segments(self, fault: Fault) -> None:
        self._segments.clear()
        self.fault.emit(fault)


def _outlines(
    services: Services,
    chosen: list[tuple[Companion, Segmentation]],
    frame: Frame,
    series: Series,
) -> Overlay | None:
    """Outlines of all chosen segmentations on one image."""
    whole: Overlay | None = None
    for companion, segmentation in chosen:
        stored = [
            services.decode(stored_frame(companion, f.index)).pixels
            for f in segmentation.frames_on(frame)
        ]
        masks = segmentation.masks(frame, stored, series.pixel_spacing)
        found = segmentation_overlay(segmentation, masks)
        if found is not None and whole is not None:
            regions = (*whole.regions, *found.regions)
            whole = replace(whole, regions=regions, legend=(*whole.legend, *found.legend))
        else:
            whole = found or whole
    return whole

"""Measuring in the window: tools, labels, key images and the list, joined to pane and report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QLineEdit, QWidget

from radassist.domain.measuring.annotation import Annotation, Shape
from radassist.domain.measuring.compare import ChangeTable
from radassist.domain.report import Report
from radassist.domain.study import Series, Study
from radassist.ui.compare_dialog import CompareDialog
from radassist.ui.measure_desk import MeasureDesk
from radassist.ui.measurements_dialog import MeasurementsDialog
from radassist.ui.viewport_grid import ViewportGrid
from radassist.ui.viewport_pane import ImagePane


class Measuring(QObject):
    """Joins the viewports to the measure desk.

    ``wanted(study, series)``: the list jumps to an annotation on a series that is not shown.
    """

    wanted = Signal(object, object)
    abilities_changed = Signal()

    def __init__(self, desk: MeasureDesk, viewport: ViewportGrid, window: QWidget) -> None:
        super().__init__(window)
        self.desk = desk
        self._viewport, self._window = viewport, window
        self._list: MeasurementsDialog | None = None
        self._studies: tuple[Study, ...] = ()
        for pane in viewport.panes():
            self._join(pane)
        viewport.pane_made.connect(self._join)
        viewport.active_changed.connect(self._activated)
        desk.changed.connect(self._refresh)

    def _join(self, pane: ImagePane) -> None:
        pane.layer.drawn.connect(partial(self._drawn, pane))
        pane.layer.moved.connect(self.desk.move)
        pane.layer.selection_changed.connect(lambda _: self.abilities_changed.emit())
        pane.frame_changed.connect(lambda *_: self._refresh_pane(pane))

    def _activated(self) -> None:
        """The annotations are those of the study in the pane that the reader turned to."""
        if self._viewport.study is not None:
            self.desk.show_study(self._viewport.study)
        self.abilities_changed.emit()

    @property
    def selected(self) -> str:
        """Id of the selected annotation, or ""."""
        return self._viewport.pane.layer.selected

    def show_series(self, study: Study, _series: Series) -> None:
        """Another series is on the screen."""
        self.desk.show_study(study)
        self._refresh()

    def show_report(self, report: Report | None) -> None:
        """The report as it stands."""
        self.desk.show_report(report)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What the ``measure.*`` actions do."""
        tools: dict[str, Callable[[], object]] = {
            f"measure.{shape.value}": partial(self._choose, shape) for shape in Shape
        }
        return {
            **tools,
            "measure.stop": self._stop,
            "measure.label": self._label,
            "measure.delete": self._delete,
            "measure.send": self._send,
            "measure.volume": self._send_volume,
            "measure.undo": self.desk.undo,
            "measure.redo": self.desk.redo,
            "measure.list": self._show_list,
            "measure.key_image": self._key_image,
            "measure.compare": self._compare,
        }

    def is_key_image(self, pane: ImagePane | None = None) -> bool:
        """True where the frame shown in a pane, the active one by default, is marked."""
        return self.desk.is_key_image((pane or self._viewport.pane).frame())

    # --- inside -------------------------------------------------------------------------------

    def _stop(self) -> None:
        self._viewport.pane.layer.cancel()

    def _choose(self, shape: Shape) -> None:
        self._viewport.pane.layer.choose_tool(shape)

    def _refresh(self) -> None:
        for pane in self._viewport.panes():
            self._refresh_pane(pane)
        if self._list is not None:
            self._list.show_rows(self.desk)
        self.abilities_changed.emit()

    def _refresh_pane(self, pane: ImagePane) -> None:
        if pane.study is not None:
            self.desk.want(pane.study)
        pane.layer.show_annotations(self.desk.on(pane.frame()), self.desk.numbers())
        pane.set_key_image(self.is_key_image(pane))

    def _drawn(
        self, pane: ImagePane, shape: Shape, points: tuple[tuple[float, float], ...]
    ) -> None:
        frame = pane.frame()
        if frame is not None:
            self.desk.add(shape, frame, points)

    def _label(self) -> None:
        annotation = self._found(self.selected)
        if annotation is None:
            return
        text, given = QInputDialog.getText(
            self._window,
            "Label",
            "The same label on every date makes measurements comparable:",
            QLineEdit.EchoMode.Normal,
            annotation.label or self.desk.suggested_label(),
        )
        if given:
            self.desk.relabel(annotation.id, text)

    def _delete(self) -> None:
        if self.selected:
            self.desk.delete(self.selected)

    def _send(self) -> None:
        if self.selected:
            self.desk.send(self.selected)

    def _send_volume(self) -> None:
        if self.selected:
            self.desk.send_volume(self.selected)

    def _key_image(self) -> None:
        frame = self._viewport.pane.frame()
        if frame is not None:
            self.desk.toggle_key_image(frame)

    def _show_list(self) -> None:
        dialog = MeasurementsDialog(self._window)
        self._list = dialog
        dialog.show_rows(self.desk)
        dialog.jumped.connect(self._jump)
        dialog.deleted.connect(self.desk.delete)
        dialog.sent.connect(self.desk.send)
        dialog.relabelled.connect(self.desk.relabel)
        dialog.exec()
        self._list = None
        dialog.deleteLater()

    def _compare(self) -> None:
        def ready(table: ChangeTable) -> None:
            dialog = CompareDialog(table, self._window)
            dialog.exec()
            dialog.deleteLater()

        self.desk.compare(self._studies, ready)

    def show_studies(self, studies: Sequence[Study]) -> None:
        """The studies that are open: measurements are compared across them."""
        self._studies = tuple(studies)
        self.desk.clear()

    def _jump(self, annotation_id: str) -> None:
        annotation, study = self._found(annotation_id), self.desk.study
        place = self.desk.place_of(annotation) if annotation else None
        if annotation is None or place is None or study is None:
            return
        series, index = place
        if self._viewport.series is not series:
            self.wanted.emit(study, series)
        self._viewport.go_to(index)
        self._viewport.pane.layer.select(annotation.id)

    def _found(self, annotation_id: str) -> Annotation | None:
        return next((a for a in self.desk.annotations if a.id == annotation_id), None)

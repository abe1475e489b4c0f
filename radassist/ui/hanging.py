"""Hanging protocols in the window: by themselves when a study opens, and from the menu."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QWidget

from radassist.domain.hanging import (
    HangingProtocol,
    Hung,
    Pane,
    choose,
    fitting,
    hang,
    matching_prior,
)
from radassist.domain.study import Study
from radassist.library.hanging import load_hanging
from radassist.ui.viewport_grid import ViewportGrid
from radassist.workflow.study_choice import Subject


class Hanging(QObject):
    """Fills the grid.  ``told(str)``: a sentence for the status bar."""

    told = Signal(str)

    def __init__(self, grid: ViewportGrid, window: QWidget) -> None:
        super().__init__(window)
        self._grid, self._window = grid, window
        self._subject: Subject | None = None

    def open(self, subject: Subject) -> None:
        """A study was opened: the protocol that fits, or one pane with its leading series.

        A protocol that would fill one pane only gets out of the way.
        """
        self._subject = subject
        protocol = choose(load_hanging(), subject.study, _prior(subject))
        hung = self._hung(protocol) if protocol else ()
        if protocol is None or sum(item.series is not None for item in hung) < 2:
            self._grid.set_grid(1, 1)
            self._grid.set_series(subject.study, subject.series, {})
            return
        self._show(protocol, hung)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """What ``layout.prior`` and ``layout.hang`` do."""
        return {"layout.prior": self._beside_prior, "layout.hang": self._choose}

    def _hung(self, protocol: HangingProtocol) -> tuple[Hung, ...]:
        subject = self._subject
        return hang(protocol, subject.study, _prior(subject)) if subject is not None else ()

    def _show(self, protocol: HangingProtocol, hung: tuple[Hung, ...]) -> None:
        if self._subject is None:
            return
        self._grid.set_grid(protocol.rows, protocol.columns)
        self._grid.hang(self._subject.study, hung, _prior(self._subject))
        self.told.emit(f"Hung as: {protocol.title}.")

    def _beside_prior(self) -> None:
        """The shown series beside the series of the newest prior that is like it."""
        subject, series, study = self._subject, self._grid.series, self._grid.study
        if subject is None or series is None or study is None:
            return
        for prior in subject.priors:
            alike = matching_prior(series, prior)
            if alike is not None:
                self._grid.set_grid(1, 2)
                panes = (Hung(Pane(), series), Hung(Pane(prior=True), alike))
                self._grid.hang(study, panes, prior)
                return
        self.told.emit(
            "No prior shows the same body part in the same plane and view."
            if subject.priors
            else "No prior of this patient is open."
        )

    def _choose(self) -> None:
        if self._subject is None:
            return
        found = fitting(load_hanging(), self._subject.study, _prior(self._subject))
        titles = [protocol.title for protocol in found]
        title, given = QInputDialog.getItem(
            self._window, "Hanging protocol", "Arrange the study as:", titles, 0, False
        )
        if given:
            protocol = found[titles.index(title)]
            self._show(protocol, self._hung(protocol))


def _prior(subject: Subject) -> Study | None:
    return subject.priors[0] if subject.priors else None

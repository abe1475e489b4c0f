"""The words on an image: corners, orientation letters, scale bar, a pack's legend."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

from radassist.domain.study import Series, Study
from radassist.ui import viewport_paint as paint
from radassist.viewer import text as words
from radassist.viewer.overlays import Overlay
from radassist.viewer.scale_bar import scale_bar
from radassist.viewer.state import ViewportState
from radassist.viewer.transform import Transform, turned_edges


@dataclass(frozen=True)
class Words:
    """What a pane says about its image.

    :param view: image to pane; None while nothing is decoded.
    :param window: the window in words; :param probe: the value under the pointer, or "".
    :param pixel_ratio: device pixels for one logical pixel.
    :param overlay: what a pack drew, or None.
    """

    study: Study
    series: Series
    state: ViewportState
    view: Transform | None
    window: str
    probe: str
    pixel_ratio: float
    key_image: bool
    overlay: Overlay | None


def paint_words(painter: QPainter, area: QRectF, font: QFont, said: Words) -> None:
    """Draw them; what the reader switched off is left out, a pack's legend stays."""
    font.setPointSizeF(max(8.0, font.pointSizeF() - 1.0))
    painter.setFont(font)
    line = QFontMetricsF(font).height()
    corners = _corners(said)
    if said.state.show_text:
        paint.corner_text(painter, area, corners)
        found = words.orientation_letters(said.series, said.state.index)
        paint.letters(painter, area, turned_edges(found, said.state.turns, said.state.flipped))
        if said.view is not None:
            _scale(painter, area, said.series, said.view, 3.6 * line)
    _legend(painter, area, said, len(corners.bottom_left) * line)


def _corners(said: Words) -> words.Corners:
    percent = 100.0 * said.view.scale_x * said.pixel_ratio if said.view is not None else 0.0
    corners = words.corners(said.study, said.series, said.state, said.window, percent)
    if said.probe:
        corners = replace(corners, bottom_right=(said.probe, *corners.bottom_right))
    if said.key_image:
        corners = replace(corners, top_right=(*corners.top_right, "★ Key image"))
    return corners


def _legend(painter: QPainter, area: QRectF, said: Words, text_height: float) -> None:
    found, state = said.overlay, said.state
    named = state.show_regions and found is not None and bool(found.regions)
    measured = state.show_calipers and found is not None and bool(found.measurements)
    if found is not None and (named or measured):
        above = text_height if state.show_text else 0.0
        bottom = area.bottom() - paint.MARGIN - above - 8
        paint.legend(painter, area, bottom, found, named, measured)


def _scale(painter: QPainter, area: QRectF, series: Series, view: Transform, lifted: float) -> None:
    across = 1 if view.turns % 2 == 0 else 0
    spacing = series.pixel_spacing[across] if series.pixel_spacing else None
    longest = min(220.0, area.width() * 0.3)
    scale = view.scale_x if across else view.scale_y
    bar = scale_bar(scale, spacing, longest, series.spacing_source)
    if bar is not None:
        paint.scale_bar(painter, area, bar, lifted)

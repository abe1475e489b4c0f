"""The words on an image: corners, dates, orientation letters.  Plain text, cut to a sane length."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from radassist.domain.geometry import distances, edge_letters
from radassist.domain.spelling import spelt_age, spelt_date
from radassist.domain.study import Frame, Series, Study
from radassist.ports import DecodedFrame
from radassist.viewer.presets import Window
from radassist.viewer.state import ViewportState

Letters = tuple[str, str, str, str]
_LONGEST = 48


@dataclass(frozen=True)
class Corners:
    """Lines in the four corners of a pane, from top to bottom."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()


def plain(text: str, longest: int = _LONGEST) -> str:
    """Header text for one line: no control or direction-changing characters, cut with "…".

    Headers are hostile: a right-to-left override could show another patient's name.
    """
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    kept = " ".join(kept.split())
    return kept if len(kept) <= longest else kept[: longest - 1] + "…"


def person_name(text: str) -> str:
    """A DICOM person name (PS3.5 6.2.1: Family^Given^Middle^Prefix^Suffix) as one reads it."""
    group = text.split("=", maxsplit=1)[0] or text.strip("=").split("=")[0]
    family, _, rest = group.partition("^")
    given = " ".join(part for part in rest.split("^") if part)
    return plain(f"{family}, {given}" if family and given else family or given)


def date(text: str) -> str:
    """A DICOM date as 2024-03-01; anything else as it stands."""
    return plain(spelt_date(text), 16)


def age(text: str) -> str:
    """A DICOM age as 53 y; anything else as it stands."""
    return plain(spelt_age(text), 8)


def number(value: float) -> str:
    """A window number: whole where that says enough."""
    return f"{value:.0f}" if abs(value) >= 20 or value == int(value) else f"{value:.3g}"


def window_line(state: ViewportState, own: Window, *, colour: bool, table: bool) -> str:
    """W and L as shown.

    :param table: the image brings a VOI LUT, which serves until the reader sets a window.
    """
    if colour:
        return "Colour" + (", inverted" if state.inverted else "")
    if state.window is None and table:
        line = "VOI LUT"
    else:
        centre, width = state.window or own
        line = f"W {number(width)}  L {number(centre)}"
    preset = f"  {state.preset}" if state.preset and state.preset != "Default" else ""
    return line + preset + ("  inverted" if state.inverted else "")


def corners(
    study: Study, series: Series, state: ViewportState, window: str, percent: float
) -> Corners:
    """The four corners.

    :param window: the line of ``window_line``, or "" while nothing is decoded.
    :param percent: device pixels for one image column, times 100; 0 while nothing is decoded.
    """
    frame = series.frames[state.index] if state.index < len(series.frames) else None
    return Corners(
        _lines(
            person_name(study.patient_name),
            plain(study.patient_name_ideographic, 32),
            _who(study),
            plain(study.patient_id),
        ),
        _lines(
            " ".join(p for p in (date(study.study_date), _time(study.study_time)) if p),
            plain(study.study_description),
            series_title(series),
        ),
        _lines(_thickness(frame), _place(series, frame), _image_number(state, series)),
        _lines(f"{percent:.0f} %" if percent > 0 else "", window),
    )


def probe_line(frame: DecodedFrame, x: float, y: float) -> str:
    """Pixel position and value at an image position, "" outside of the image."""
    column, row = round(x), round(y)
    pixels = frame.pixels
    if not (0 <= column < pixels.shape[1] and 0 <= row < pixels.shape[0]):
        return ""
    value = pixels[row, column]
    if pixels.ndim == 3:
        return f"x {column}  y {row}  RGB {int(value[0])} {int(value[1])} {int(value[2])}"
    return f"x {column}  y {row}  {number(float(value))} {plain(frame.unit, 8)}"


def series_title(series: Series) -> str:
    """Number, modality, view and description of a series."""
    number_ = f"{series.series_number}" if series.series_number is not None else ""
    part = f"part {series.part}" if series.part else ""
    words = (number_, series.modality, plain(series.view, 12), plain(series.description, 32), part)
    return "  ".join(w for w in words if w)


def _who(study: Study) -> str:
    return "  ".join(p for p in (plain(study.patient_sex, 8), age(study.patient_age)) if p)


def _time(text: str) -> str:
    digits = text.strip()[:4]
    return f"{digits[:2]}:{digits[2:]}" if len(digits) == 4 and digits.isdigit() else ""


def _image_number(state: ViewportState, series: Series) -> str:
    if not state.count:
        return ""
    word = "Slice" if state.count > 1 and series.plane else "Image"
    return f"{word} {state.index + 1} / {state.count}"


def _place(series: Series, frame: Frame | None) -> str:
    """Plane, and position along the normal of the image in millimetres."""
    if frame is None:
        return ""
    words = [series.plane] if series.plane else []
    if frame.image_orientation is not None and frame.image_position is not None:
        along = float(distances(frame.image_orientation, [frame.image_position])[0])
        words.append(f"{along:.1f} mm")
    return "  ".join(words)


def _thickness(frame: Frame | None) -> str:
    thick = frame.instance.slice_thickness if frame is not None else None
    return f"thickness {thick:.3g} mm" if thick else ""


def _lines(*lines: str) -> tuple[str, ...]:
    return tuple(line for line in lines if line)


def orientation_letters(series: Series, index: int) -> Letters:
    """Letters at the (left, right, top, bottom) edge of an image of a series; "" where unknown.

    Each image's own ImageOrientationPatient counts before the series' letters.
    """
    if index < len(series.frames):
        own = series.frames[index].image_orientation
        if own is not None:
            return edge_letters(own)
    return series.orientation

"""A scale bar of a round length; in pixels, and saying so, where nothing gives a spacing."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class ScaleBar:
    """:param length: in screen pixels; :param text: beside it; :param ticks: parts of the bar."""

    length: float
    text: str
    ticks: int


def scale_bar(
    pixels_per_column: float, column_spacing: float | None, longest: float, source: str = ""
) -> ScaleBar | None:
    """The longest bar of 1, 2 or 5 times a power of ten that fits.

    :param pixels_per_column: screen pixels for one image column.
    :param column_spacing: millimetres between columns, None where unknown.
    :param longest: screen pixels that the bar may take; one whole image pixel may take more.
    :param source: ``ImagerPixelSpacing`` is told as lying at the detector: the patient's anatomy
        is magnified there (PS3.3 C.8.11.1 / 10.7.1.3).
    :returns: None where not even the smallest bar makes sense.
    """
    known = column_spacing is not None and column_spacing > 0
    unit = column_spacing if known and column_spacing is not None else 1.0
    if pixels_per_column <= 0 or longest <= 0 or not math.isfinite(pixels_per_column):
        return None
    per_unit = pixels_per_column / unit
    most = longest / per_unit if known else max(1.0, longest / per_unit)
    power = 10.0 ** math.floor(math.log10(most))
    factor = next(f for f in (5, 2, 1) if f * power <= most * (1 + 1e-9))
    size = factor * power
    ticks = 4 if factor == 2 else 5
    return ScaleBar(size * per_unit, _text(size, known, source), ticks)


def _text(size: float, known: bool, source: str) -> str:
    if not known:
        return f"{size:g} px (no spacing)"
    text = f"{size / 10:g} cm" if size >= 10 else f"{size:g} mm"
    return f"{text} at detector" if source == "ImagerPixelSpacing" else text

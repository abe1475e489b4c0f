"""A decoded frame as measuring sees it."""

from __future__ import annotations

from radassist.domain.measuring.measured import HOUNSFIELD, ImageFacts
from radassist.domain.study import Series
from radassist.ports import DecodedFrame

#: RescaleType (0028,1054) and Units (0054,1001) as UCUM codes.
_UCUM = {"HU": HOUNSFIELD, "BQML": "Bq/mL", "CNTS": "{counts}", "GML": "{SUVbw}g/mL"}


def image_facts(series: Series, decoded: DecodedFrame) -> ImageFacts:
    """Spacing, unit and pixels of a frame; colour images have no values to average."""
    pixels = decoded.pixels
    grey = pixels.ndim == 2
    unit = decoded.unit.strip().upper()
    return ImageFacts(
        rows=pixels.shape[0],
        columns=pixels.shape[1],
        spacing=series.pixel_spacing,
        spacing_source=series.spacing_source,
        unit=_UCUM.get(unit, unit),
        uptake=decoded.uptake,
        pixels=pixels if grey else None,
    )

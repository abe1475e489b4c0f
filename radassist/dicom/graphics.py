"""Graphic and text objects of presentation states (PS3.3 C.10.5)."""

from __future__ import annotations

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.domain.presentation import Graphic, TextObject

_KINDS = ("POINT", "POLYLINE", "INTERPOLATED", "CIRCLE", "ELLIPSE")
_MOST_POINTS = 65_535


def graphic(item: Dataset, layer: str) -> Graphic | None:
    """A graphic object, None where it has no form that can be drawn."""
    kind = elements.text(item, "GraphicType").upper()
    flat = elements.numbers(item, "GraphicData", most=2 * _MOST_POINTS)
    if kind not in _KINDS or len(flat) < 2:
        return None
    display = _of_display(item, "GraphicAnnotationUnits")
    points = tuple(_place(x, y, display) for x, y in zip(flat[0::2], flat[1::2], strict=False))
    needed = {"POINT": 1, "CIRCLE": 2, "ELLIPSE": 4}.get(kind, 2)
    if len(points) < needed:
        return None
    filled = elements.text(item, "GraphicFilled").upper() == "Y"
    return Graphic(kind, points, filled, display, layer)


def text_object(item: Dataset, layer: str) -> TextObject | None:
    """A text object, None where it says nothing or stands nowhere."""
    text = elements.paragraphs(item, "UnformattedTextValue")
    box_display = _of_display(item, "BoundingBoxAnnotationUnits")
    anchor_display = _of_display(item, "AnchorPointAnnotationUnits")
    first = elements.numbers(item, "BoundingBoxTopLeftHandCorner", 2)
    last = elements.numbers(item, "BoundingBoxBottomRightHandCorner", 2)
    anchor = elements.numbers(item, "AnchorPoint", 2)
    box = None
    if first and last:
        corners = _place(first[0], first[1], box_display), _place(last[0], last[1], box_display)
        box = (*corners[0], *corners[1])
    if not text or (box is None and not anchor):
        return None
    return TextObject(
        text,
        box,
        _place(anchor[0], anchor[1], anchor_display) if anchor else None,
        elements.text(item, "AnchorPointVisibility").upper() == "Y",
        box_display,
        anchor_display,
        elements.text(item, "BoundingBoxTextHorizontalJustification").upper() or "LEFT",
        layer,
    )


def _of_display(item: Dataset, keyword: str) -> bool:
    return elements.text(item, keyword).upper() == "DISPLAY"


def _place(x: float, y: float, display: bool) -> tuple[float, float]:
    """PIXEL units count from the corner of the first pixel (C.10.5.1.2), ours from its centre."""
    return (x, y) if display else (x - 0.5, y - 0.5)

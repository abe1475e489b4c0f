"""Read grayscale and colour softcopy presentation states (PS3.3 A.33.1, A.33.2)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.companions import object_refs
from radassist.dicom.graphics import graphic, text_object
from radassist.dicom.lab import rgb_of
from radassist.dicom.luts import lut_item
from radassist.dicom.overlays import own_planes
from radassist.domain.companions import ObjectRef
from radassist.domain.presentation import (
    Annotation,
    DisplayedArea,
    Layer,
    OverlayPlane,
    PresentationState,
    Shutter,
    Voi,
)

#: What a state may ask for that is not done, by the element that asks.
_NOT_DONE = (
    ("MaskSubtractionSequence", "The subtraction of a mask is not done."),
    ("VolumetricPresentationInputSetSequence", "Volumetric presentation is not done."),
    ("CompoundGraphicSequence", "Compound graphics are not drawn; their plain forms are."),
)
#: Points of all graphics of one state.
_MOST_POINTS = 500_000
_FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")


def read_presentation(dataset: Dataset) -> PresentationState:
    """The presentation state in a data set."""
    notes = [text for keyword, text in _NOT_DONE if elements.items(dataset, keyword)]
    for annotation in elements.items(dataset, "GraphicAnnotationSequence"):
        if elements.items(annotation, "CompoundGraphicSequence"):
            notes.append(_NOT_DONE[-1][1])
    images = tuple(
        ref
        for series in elements.items(dataset, "ReferencedSeriesSequence")
        for ref in object_refs(series, "ReferencedImageSequence")
    )
    planes, activated = _overlays(dataset)
    return PresentationState(
        label=elements.text(dataset, "ContentLabel"),
        description=elements.text(dataset, "ContentDescription"),
        images=images,
        rescale=_rescale(dataset),
        modality_table=lut_item(elements.item(dataset, "ModalityLUTSequence")),
        vois=tuple(_vois(dataset)),
        presentation_table=lut_item(elements.item(dataset, "PresentationLUTSequence")),
        inverse=elements.text(dataset, "PresentationLUTShape").upper() == "INVERSE",
        areas=tuple(_areas(dataset)),
        shutter=_shutter(dataset),
        rotation=(elements.integer(dataset, "ImageRotation") or 0) % 360 // 90 * 90,
        flipped=elements.text(dataset, "ImageHorizontalFlip").upper() == "Y",
        annotations=tuple(_annotations(dataset, notes)),
        layers=tuple(_layers(dataset)),
        overlays=planes,
        image_overlays=activated,
        notes=tuple(dict.fromkeys(notes)),
    )


def _rescale(dataset: Dataset) -> tuple[float, float] | None:
    slope = elements.number(dataset, "RescaleSlope")
    if not slope:
        return None
    return slope, elements.number(dataset, "RescaleIntercept") or 0.0


def _images(item: Dataset) -> tuple[ObjectRef, ...]:
    return object_refs(item, "ReferencedImageSequence")


def _vois(dataset: Dataset) -> list[Voi]:
    found = []
    for item in elements.items(dataset, "SoftcopyVOILUTSequence"):
        table = lut_item(elements.item(item, "VOILUTSequence"))
        centre, width = (elements.number(item, k) for k in ("WindowCenter", "WindowWidth"))
        window = (centre, width) if centre is not None and width and width > 0 else None
        function = elements.text(item, "VOILUTFunction").upper()
        if table is not None or window is not None:
            function = function if function in _FUNCTIONS else "LINEAR"
            found.append(Voi(window, function, table, _images(item)))
    return found


def _areas(dataset: Dataset) -> list[DisplayedArea]:
    found = []
    for item in elements.items(dataset, "DisplayedAreaSelectionSequence"):
        first = elements.numbers(item, "DisplayedAreaTopLeftHandCorner", 2)
        last = elements.numbers(item, "DisplayedAreaBottomRightHandCorner", 2)
        if not first or not last:
            continue
        left, right = sorted((first[0], last[0]))
        top, bottom = sorted((first[1], last[1]))
        mode = elements.text(item, "PresentationSizeMode").upper() or "SCALE TO FIT"
        ratio = elements.number(item, "PresentationPixelMagnificationRatio")
        box = (left - 1, top - 1, right - 1, bottom - 1)  # (1, 1) is the first pixel
        found.append(DisplayedArea(box, mode, ratio, _images(item)))
    return found


def _shutter(dataset: Dataset) -> Shutter | None:
    shapes = [s.upper() for s in elements.texts(dataset, "ShutterShape")]
    shutter = Shutter(
        _rectangle(dataset) if "RECTANGULAR" in shapes else None,
        _circle(dataset) if "CIRCULAR" in shapes else None,
        _polygon(dataset) if "POLYGONAL" in shapes else (),
        _bitmap(dataset) if "BITMAP" in shapes else None,
        _grey(elements.integer(dataset, "ShutterPresentationValue")) or 0,
    )
    forms = (shutter.rectangle, shutter.circle, shutter.bitmap)
    return shutter if shutter.polygon or any(f is not None for f in forms) else None


def _rectangle(dataset: Dataset) -> tuple[float, float, float, float] | None:
    edges = [
        elements.number(dataset, f"Shutter{edge}Edge")
        for edge in ("LeftVertical", "UpperHorizontal", "RightVertical", "LowerHorizontal")
    ]
    left, top, right, bottom = (None if e is None else e - 1 for e in edges)
    if left is None or top is None or right is None or bottom is None:
        return None
    return left, top, right, bottom


def _circle(dataset: Dataset) -> tuple[float, float, float] | None:
    centre = elements.numbers(dataset, "CenterOfCircularShutter", 2)
    radius = elements.number(dataset, "RadiusOfCircularShutter")
    return (centre[1] - 1, centre[0] - 1, radius) if centre and radius else None


def _polygon(dataset: Dataset) -> tuple[tuple[float, float], ...]:
    flat = elements.numbers(dataset, "VerticesOfThePolygonalShutter")
    pairs = zip(flat[0::2], flat[1::2], strict=False)
    return tuple((column - 1, row - 1) for row, column in pairs)


def _bitmap(dataset: Dataset) -> np.ndarray | None:
    group = elements.integer(dataset, "ShutterOverlayGroup")
    found = own_planes(dataset).get(group or -1)
    return found[0] if found else None


def _grey(value: int | None) -> int | None:
    """A P-value or monochrome value of 16 bits as 0-255."""
    return None if value is None else max(0, min(255, round(value / 257)))


def _annotations(dataset: Dataset, notes: list[str]) -> list[Annotation]:
    found = []
    room = _MOST_POINTS
    for item in elements.items(dataset, "GraphicAnnotationSequence"):
        layer = elements.text(item, "GraphicLayer")
        graphics = []
        for one in elements.items(item, "GraphicObjectSequence"):
            if room <= 0:
                notes.append("The state has more graphics than can be drawn; some are left out.")
                break
            graphics.append(graphic(one, layer))
            room -= len(graphics[-1].points) if graphics[-1] else 0
        texts = [text_object(t, layer) for t in elements.items(item, "TextObjectSequence")]
        found.append(
            Annotation(
                tuple(g for g in graphics if g is not None),
                tuple(t for t in texts if t is not None),
                _images(item),
            )
        )
    return found


def _layers(dataset: Dataset) -> list[Layer]:
    return [
        Layer(
            elements.text(item, "GraphicLayer"),
            elements.integer(item, "GraphicLayerOrder") or 0,
            _grey(elements.integer(item, "GraphicLayerRecommendedDisplayGrayscaleValue")),
            rgb_of(elements.numbers(item, "GraphicLayerRecommendedDisplayCIELabValue", 3)),
            elements.text(item, "GraphicLayerDescription"),
        )
        for item in elements.items(dataset, "GraphicLayerSequence")
    ]


def _overlays(dataset: Dataset) -> tuple[tuple[OverlayPlane, ...], tuple[int, ...]]:
    """Planes of the state, and the groups of the image's own planes that it shows.

    PS3.3 C.11.7: OverlayActivationLayer shows a plane, of the state where it holds that group's
    data, else of the image; a plane without it is not shown.
    """
    shutter = elements.integer(dataset, "ShutterOverlayGroup")
    own = own_planes(dataset)
    planes, activated = [], []
    for group in range(0x6000, 0x6020, 2):
        layer = dataset.get((group, 0x1001))
        name = str(layer.value or "").strip() if layer is not None else ""
        if not name or group == shutter:
            continue
        if group in own:
            mask, origin = own[group]
            planes.append(OverlayPlane(mask, origin, name))
        else:
            activated.append(group)
    return tuple(planes), tuple(activated)

"""One annotation on one image gives named quantities, and the words for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from radassist.domain.findings import Caliper, Measurement
from radassist.domain.measuring import planar, roi
from radassist.domain.measuring.annotation import AREAS, Annotation, Shape
from radassist.domain.measuring.suv import Uptake

#: UCUM codes (unitsofmeasure.org); a bare number of pixels has none, so it is an annotation.
PIXELS, SQUARE_PIXELS = "{pixels}", "{pixels2}"
HOUNSFIELD, SUV = "[hnsf'U]", "{SUVbw}g/mL"
_SHOWN = {PIXELS: "px", SQUARE_PIXELS: "px²", HOUNSFIELD: "HU", SUV: "SUV", "deg": "°",
          "mm2": "mm²", "mm": "mm", "1": "", "": ""}  # fmt: skip


@dataclass(frozen=True)
class ImageFacts:
    """What measuring needs to know of one image.

    :param rows, columns: of the stored image.
    :param spacing: (between rows, between columns) in mm; None: lengths are pixels.
    :param spacing_source: ``PixelSpacing``, ``ImagerPixelSpacing`` (at the detector) or "".
    :param unit: UCUM unit of the pixel values (``[hnsf'U]`` for CT), "" where they have none.
    :param uptake: for PET: the factor to SUV or the refusal; None elsewhere.
    :param pixels: (rows, columns) after the modality LUT; None for colour or before decoding.
    """

    rows: int
    columns: int
    spacing: planar.Spacing = None
    spacing_source: str = ""
    unit: str = ""
    uptake: Uptake | None = None
    pixels: npt.NDArray[np.generic] | None = None

    @property
    def at_detector(self) -> bool:
        """True where lengths are magnified by the distance to the detector (PS3.3 10.7.1.3)."""
        return self.spacing is not None and self.spacing_source == "ImagerPixelSpacing"


@dataclass(frozen=True)
class Quantity:
    """A named value.

    :param unit: UCUM code, or one of this module's for pixels.
    """

    name: str
    value: float
    unit: str


@dataclass(frozen=True)
class Measured:
    """All numbers of one annotation.

    :param notes: sentences that the reader must see ("at the detector", "no SUV: ...").
    """

    quantities: tuple[Quantity, ...]
    notes: tuple[str, ...] = field(default=())

    def get(self, name: str) -> Quantity | None:
        """A quantity by its name, or None."""
        return next((q for q in self.quantities if q.name == name), None)

    @property
    def main(self) -> Quantity | None:
        """The one that a report would give first."""
        return self.quantities[0] if self.quantities else None


NO_SPACING = "The image has no pixel spacing: lengths are in pixels."
AT_DETECTOR = "Measured at the detector: larger than in the patient."


def measure(annotation: Annotation, facts: ImageFacts) -> Measured:
    """The numbers of an annotation."""
    found = _MEASURES[annotation.shape](annotation, facts)
    notes = list(found.notes)
    if any(q.unit in (PIXELS, SQUARE_PIXELS) for q in found.quantities):
        notes.append(NO_SPACING)
    elif facts.at_detector and any(q.unit in ("mm", "mm2") for q in found.quantities):
        notes.append(AT_DETECTOR)
    return Measured(found.quantities, tuple(notes))


def _units(facts: ImageFacts) -> tuple[str, str]:
    known = planar.usable(facts.spacing) is not None
    return ("mm", "mm2") if known else (PIXELS, SQUARE_PIXELS)


def _length(annotation: Annotation, facts: ImageFacts) -> Measured:
    a, b = annotation.points
    value = planar.distance(a, b, facts.spacing)
    return Measured((Quantity("length", value, _units(facts)[0]),))


def _angle(annotation: Annotation, facts: ImageFacts) -> Measured:
    one, vertex, other = annotation.points
    value = planar.angle(one, vertex, other, facts.spacing)
    return Measured((Quantity("angle", value, "deg"),))


def _cobb(annotation: Annotation, facts: ImageFacts) -> Measured:
    return Measured((Quantity("Cobb angle", planar.cobb(annotation.points, facts.spacing), "deg"),))


def _bidirectional(annotation: Annotation, facts: ImageFacts) -> Measured:
    a, b, c, d = annotation.points
    one, other = planar.distance(a, b, facts.spacing), planar.distance(c, d, facts.spacing)
    unit = _units(facts)[0]
    axes = Quantity("long axis", max(one, other), unit), Quantity("short axis", min(one, other),
                                                                  unit)  # fmt: skip
    between = planar.cobb(annotation.points, facts.spacing)
    note = () if between > 80 else (f"The axes are {between:.0f}°, not 90°, to each other.",)
    return Measured(axes, note)


def _area(annotation: Annotation, facts: ImageFacts) -> Measured:
    if annotation.shape is Shape.FREEHAND and planar.crosses_itself(annotation.points):
        return Measured((), ("The outline crosses itself: no area is given.",))
    x0, y0, x1, y1 = annotation.box
    if annotation.shape is Shape.FREEHAND:
        area = planar.polygon_area(annotation.points, facts.spacing)
    else:
        area = planar.polygon_area(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), facts.spacing)
        area *= np.pi / 4 if annotation.shape is Shape.ELLIPSE else 1.0
    values, notes = _values(annotation, facts)
    return Measured((Quantity("area", float(area), _units(facts)[1]), *values), notes)


def _values(
    annotation: Annotation, facts: ImageFacts
) -> tuple[tuple[Quantity, ...], tuple[str, ...]]:
    if facts.pixels is None or facts.pixels.ndim != 2:
        return (), ()
    shape = facts.pixels.shape[0], facts.pixels.shape[1]
    found = roi.statistics(facts.pixels, roi.mask_of(annotation, shape))
    if found is None:
        return (), ("The outline holds no pixel's centre: no values are given.",)
    factor, unit, notes = _scale(facts)
    named = (("mean", found.mean), ("SD", found.sd), ("min", found.minimum), ("max", found.maximum))
    return tuple(Quantity(name, value * factor, unit) for name, value in named), notes


def _scale(facts: ImageFacts) -> tuple[float, str, tuple[str, ...]]:
    if facts.uptake is None:
        return 1.0, facts.unit, ()
    if facts.uptake.factor is None:
        return 1.0, facts.unit, (facts.uptake.refusal,)
    return facts.uptake.factor, SUV, ()


def _probe(annotation: Annotation, facts: ImageFacts) -> Measured:
    x, y = (round(v) for v in annotation.points[0])
    if not (0 <= x < facts.columns and 0 <= y < facts.rows):
        return Measured((), ("The probe lies beyond the image.",))
    if facts.pixels is None or facts.pixels.ndim != 2:
        return Measured(())
    factor, unit, notes = _scale(facts)
    return Measured((Quantity("value", float(facts.pixels[y, x]) * factor, unit),), notes)


def _ctr(annotation: Annotation, facts: ImageFacts) -> Measured:
    heart_right, heart_left, chest_right, chest_left = (p[0] for p in annotation.points)
    chest = abs(chest_left - chest_right)
    if chest <= 0:
        return Measured((), ("The two borders of the chest are at one place.",))
    across = planar.usable(facts.spacing)
    width = abs(heart_left - heart_right)
    step, unit = (across[1], "mm") if across else (1.0, PIXELS)
    return Measured(
        (
            Quantity("cardiothoracic ratio", width / chest, "1"),
            Quantity("heart", width * step, unit),
            Quantity("chest", chest * step, unit),
        )
    )


def _nothing(_annotation: Annotation, _facts: ImageFacts) -> Measured:
    return Measured(())


_MEASURES: dict[Shape, Callable[[Annotation, ImageFacts], Measured]] = {
    Shape.LENGTH: _length,
    Shape.ANGLE: _angle,
    Shape.COBB: _cobb,
    Shape.BIDIRECTIONAL: _bidirectional,
    Shape.ELLIPSE: _area,
    Shape.RECTANGLE: _area,
    Shape.FREEHAND: _area,
    Shape.PROBE: _probe,
    Shape.CTR: _ctr,
    Shape.ARROW: _nothing,
}
assert set(AREAS) == {s for s, f in _MEASURES.items() if f is _area}  # noqa: S101


def words(quantity: Quantity) -> str:
    """A quantity as it is shown: "12.3 mm", "41°", "-102 HU", "0.52"."""
    unit = _SHOWN.get(quantity.unit, quantity.unit)
    space = "" if unit in ("", "°") else " "
    return f"{quantity.value:.{_digits(quantity)}f}{space}{unit}"


def _digits(quantity: Quantity) -> int:
    if quantity.unit in ("1", SUV):
        return 2
    if quantity.unit in (PIXELS, SQUARE_PIXELS, HOUNSFIELD, "mm2"):
        return 0
    return 1


def as_measurement(annotation: Annotation, measured: Measured) -> Measurement | None:
    """The main quantity in the form that a report's evidence has, or None where there is none.

    Its id is the annotation's: that is how a statement stays bound to what was drawn.
    """
    main = measured.main
    if main is None:
        return None
    return Measurement(
        id=annotation.id,
        name=annotation.label or main.name,
        value=main.value,
        unit=main.unit,
        image=annotation.image,
        calipers=calipers_of(annotation),
        method=f"{annotation.shape} drawn by hand",
    )


def calipers_of(annotation: Annotation) -> tuple[Caliper, ...]:
    """The straight lines of an annotation, for pictures and for a report's evidence."""
    points = annotation.points
    return tuple(
        Caliper(name, *points[2 * i], *points[2 * i + 1])
        for i, name in enumerate(_LINES.get(annotation.shape, ()))
    )


#: What the lines of a shape are called whose points come in pairs.
_LINES: dict[Shape, tuple[str, ...]] = {
    Shape.LENGTH: ("length",),
    Shape.BIDIRECTIONAL: ("first axis", "second axis"),
    Shape.CTR: ("heart", "chest"),
    Shape.COBB: ("upper line", "lower line"),
}

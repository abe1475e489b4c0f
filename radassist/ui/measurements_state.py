"""The rows of the list of measurements, without Qt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from radassist.domain.measuring.annotation import Annotation
from radassist.domain.measuring.measured import Measured
from radassist.domain.study import Series
from radassist.viewer.figures import label_lines

COLUMNS = ("Label", "Kind", "Value", "Image", "By")


@dataclass(frozen=True)
class Row:
    """One line; ``cells`` in the order of ``COLUMNS``."""

    id: str
    cells: tuple[str, str, str, str, str]


def rows_of(
    annotations: Sequence[Annotation],
    numbers: Mapping[str, Measured],
    place_of: Callable[[Annotation], tuple[Series, int] | None],
) -> tuple[Row, ...]:
    """One row for each annotation, in the order in which they were made."""
    return tuple(_row(a, numbers.get(a.id), place_of(a)) for a in annotations)


def _row(
    annotation: Annotation, measured: Measured | None, place: tuple[Series, int] | None
) -> Row:
    lines = label_lines(annotation, measured) if measured is not None else ()
    value = "; ".join(line for line in lines if line != annotation.label)
    return Row(
        annotation.id,
        (annotation.label, annotation.shape.value, value, _image(place), annotation.by),
    )


def _image(place: tuple[Series, int] | None) -> str:
    if place is None:
        return "not open"
    series, index = place
    number = f"series {series.series_number}, " if series.series_number is not None else ""
    return f"{number}image {index + 1}"

"""The same label on two dates or more: what changed, by how much.

Only numbers of one name and one unit are compared, and only where both were measured at the same
place (a length at the detector is not one in the patient).  Nothing here says "grown" or "stable":
that is the radiologist's, or a rule's that knows the error of measurement.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.measuring.measured import AT_DETECTOR, NO_SPACING, Measured, Quantity, words


@dataclass(frozen=True)
class Dated:
    """The numbers of one labelled annotation on one date.

    :param date: StudyDate, YYYYMMDD.
    """

    label: str
    date: str
    annotation_id: str
    measured: Measured


@dataclass(frozen=True)
class ChangeRow:
    """One line of the change table.

    :param values: words for each date of the table, "" where the label was not measured.
    :param difference: latest minus earliest, None where they cannot be compared; :param percent:
        of the earliest; :param why_not: the sentence that says why there is no difference.
    """

    label: str
    name: str
    unit: str
    values: tuple[str, ...]
    difference: float | None = None
    percent: float | None = None
    why_not: str = ""

    @property
    def change(self) -> str:
        """The change in words: "+3.0 mm (+25 %)"; "" where there is none to give."""
        if self.difference is None:
            return ""
        sign = "+" if self.difference > 0 else ""
        said = sign + words(Quantity(self.name, self.difference, self.unit))
        return said if self.percent is None else f"{said} ({self.percent:+.0f} %)"


@dataclass(frozen=True)
class ChangeTable:
    """Dates in order, and one row for each number that a label has."""

    dates: tuple[str, ...]
    rows: tuple[ChangeRow, ...]


def change_table(found: Sequence[Dated]) -> ChangeTable:
    """Compare everything that shares a label; labels are compared without case and outer spaces.

    Where one date has a label twice the later annotation counts, as it does for the eye.
    """
    named = [d for d in found if d.label.strip()]
    dates = tuple(sorted({d.date for d in named}))
    rows: list[ChangeRow] = []
    for key in dict.fromkeys(d.label.strip().casefold() for d in named):
        same = {d.date: d for d in named if d.label.strip().casefold() == key}
        names = dict.fromkeys(q.name for d in same.values() for q in d.measured.quantities)
        rows += [_row(next(iter(same.values())).label.strip(), name, dates, same) for name in names]
    return ChangeTable(dates, tuple(rows))


def _row(label: str, name: str, dates: Sequence[str], same: dict[str, Dated]) -> ChangeRow:
    cells = [same[date].measured.get(name) if date in same else None for date in dates]
    shown = tuple(words(cell) if cell else "" for cell in cells)
    there = [(date, cell) for date, cell in zip(dates, cells, strict=True) if cell]
    unit = there[-1][1].unit
    if len(there) < 2:
        return ChangeRow(label, name, unit, shown)
    (first_date, first), (last_date, last) = there[0], there[-1]
    why = _not_alike(first, last, same[first_date].measured, same[last_date].measured)
    if why:
        return ChangeRow(label, name, unit, shown, why_not=why)
    difference = last.value - first.value
    # A percentage of a value on a scale without a zero of its own (HU) would mean nothing.
    ratio = unit != "[hnsf'U]" and first.value > 0
    percent = 100.0 * difference / first.value if ratio else None
    return ChangeRow(label, name, unit, shown, difference, percent)


def _not_alike(first: Quantity, last: Quantity, one: Measured, other: Measured) -> str:
    if first.unit != last.unit:
        return "Not comparable: one of them has no millimetres."
    if NO_SPACING in one.notes and first.unit.startswith("{pixels"):
        return "Not comparable: pixels of two images need not be equally large."
    if (AT_DETECTOR in one.notes) != (AT_DETECTOR in other.notes):
        return "Not comparable: one was measured at the detector."
    return ""

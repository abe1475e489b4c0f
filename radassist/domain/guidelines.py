"""Guidelines for follow-up as tables: whom they are for, their rows, and which row fits a lesion.

A row is data with a citation (``resources/guidelines``); nothing here knows a number of its own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of a guideline's table.

    :param character: kinds of lesion it is for; empty for any.
    :param count: ``single``, ``multiple`` or "" for either.
    :param from_mm: smallest size, inclusive; ``below_mm`` is exclusive.
    :param from_age: smallest age in years, inclusive; ``below_age`` is exclusive.
    :param text: what to do where risk does not matter; else ``low`` and ``high`` say it.
    """

    id: str
    version: int
    text: str = ""
    low: str = ""
    high: str = ""
    character: tuple[str, ...] = ()
    count: str = ""
    from_mm: float = 0.0
    below_mm: float = float("inf")
    from_age: int = 0
    below_age: int = 200

    def advice(self, risk: str) -> str:
        """What to do at ``low`` or ``high`` risk; both branches where the risk is not known."""
        if self.text:
            return self.text
        if risk in ("low", "high"):
            return self.low if risk == "low" else self.high
        return f"depends on risk: at low risk, {self.low}; at high risk, {self.high}"


@dataclass(frozen=True)
class Guideline:
    """One published guideline.

    :param what: its lesion in words; ``concepts`` are its lexicon ids.
    :param places: lexicon ids of body parts that the lesion may lie in.
    :param must_words: words of which a statement must hold one, in lower case.
    :param unless_words: words of a statement that take it out of the guideline.
    :param unless_indication: stems of the Indication that take the patient out of it.
    :param character: kind of lesion -> the words that state it, the narrower kinds first.
    :param study_modalities: DICOM modalities; ``study_regions`` body regions, empty for any.
    :param min_age: youngest age in years; ``needs_age`` when the rows depend on it.
    :param only_first: not for what is compared with a prior.
    :param size: ``mean`` of the axes or ``largest``; ``rounded`` to whole millimetres first.
    """

    id: str
    version: int
    name: str
    authors: str
    title: str
    journal: str
    year: int
    doi: str
    population: str
    what: str
    concepts: tuple[str, ...]
    rows: tuple[Row, ...]
    places: tuple[str, ...] = ()
    must_words: tuple[str, ...] = ()
    unless_words: tuple[str, ...] = ()
    unless_indication: tuple[str, ...] = ()
    character: tuple[tuple[str, tuple[str, ...]], ...] = ()
    study_modalities: tuple[str, ...] = ()
    study_regions: tuple[str, ...] = ()
    min_age: int = 0
    needs_age: bool = False
    only_first: bool = False
    size: str = "largest"
    rounded: bool = False

    @property
    def citation(self) -> str:
        """``Authors. Title. Journal. doi:...``"""
        return f"{self.authors} {self.title}. {self.journal}. doi:{self.doi}"

    def ref(self, row: Row) -> str:
        """``guideline@version/row@version``, as evidence names it."""
        return f"{self.id}@{self.version}/{row.id}@{row.version}"

    def size_of(self, axes: tuple[float, ...]) -> float:
        """The size that the bands are read with, from axes in millimetres.

        :raises ValueError: no axis is given.
        """
        if not axes:
            raise ValueError("a lesion without axes has no size")
        largest = sorted(axes, reverse=True)
        size = sum(largest[:2]) / len(largest[:2]) if self.size == "mean" else largest[0]
        return float(int(size + 0.5)) if self.rounded else size


@dataclass(frozen=True)
class Lesion:
    """What a report states of a lesion.

    :param size_mm: as ``Guideline.size_of`` gives it.
    :param character: one of the guideline's kinds, or "" where the report does not say.
    :param age: of the patient in years, or None.
    """

    size_mm: float
    character: str = ""
    multiple: bool = False
    age: int | None = None


def row_for(guideline: Guideline, lesion: Lesion) -> Row | None:
    """The one row that fits, or None."""
    for row in guideline.rows:
        if not row.from_mm <= lesion.size_mm < row.below_mm:
            continue
        if row.character and lesion.character not in row.character:
            continue
        if row.count and row.count != ("multiple" if lesion.multiple else "single"):
            continue
        if (row.from_age or row.below_age < 200) and (
            lesion.age is None or not row.from_age <= lesion.age < row.below_age
        ):
            continue
        return row
    return None

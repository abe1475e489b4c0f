"""How an Impression is put in order: ranks of findings, and kinds of examination."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Rank(IntEnum):
    """Where a finding stands in the Impression; the lower, the earlier."""

    CRITICAL = 0
    ACTIONABLE = 1
    MINOR = 2
    INCIDENTAL = 3


@dataclass(frozen=True)
class Ranking:
    """Ranks of findings by lexicon id.

    :param critical: communicated at once; ``minor`` of little consequence.  What is in neither is
        ranked by the lexicon.
    :param change: values of ``Mention.change``, the most important first.
    """

    critical: frozenset[str] = frozenset()
    minor: frozenset[str] = frozenset()
    change: tuple[str, ...] = ("",)

    def of_change(self, change: str) -> int:
        """The place of a change within its rank."""
        return self.change.index(change) if change in self.change else len(self.change)


@dataclass(frozen=True)
class StudyKind:
    """A kind of examination.

    :param examination: matches what an Examination or Technique section calls it.
    :param normal: the one line of a normal report.
    :param covered: groups of lexicon ids, one of each of which must have been denied for it.
    :param regions: body regions it examines.
    :param incidental: findings that it was not made for.
    """

    id: str
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    examination: re.Pattern[str]
    normal: str
    covered: tuple[tuple[str, ...], ...]
    regions: tuple[str, ...]
    incidental: frozenset[str]


def kind_of(
    kinds: Sequence[StudyKind], template: str, modality: str, body_part: str, words: str
) -> StudyKind | None:
    """The kind of an examination, or None where nothing tells it.

    :param template: reference of the report's template (``ct-chest@1``), which tells it first.
    :param modality: DICOM Modality; ``body_part`` BodyPartExamined.
    :param words: text of the Examination and Technique sections.
    """
    by_template = template.partition("@")[0]
    for kind in kinds:
        if kind.id == by_template:
            return kind
    for kind in kinds:
        part = body_part.upper()
        if modality.upper() in kind.modalities and any(p in part for p in kind.body_parts):
            return kind
    if modality and body_part:
        return None
    fits = [kind for kind in kinds if kind.examination.search(words.lower())]
    return fits[0] if len(fits) == 1 else None

"""What ``resources`` ships for writing: ranks, kinds of examination, guidelines, plain words.

The composition root fills it; a use case that is given none works without.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from radassist.domain.glossary import Glossary
from radassist.domain.guidelines import Guideline
from radassist.domain.impressions import Ranking, StudyKind


@dataclass(frozen=True)
class Shelf:
    """Data that writing takes its rules from.

    :param kinds: kinds of examination; without them there is no line for a normal one and nothing
        is incidental.
    :param guidelines: without them nothing is recommended.
    """

    ranking: Ranking = field(default_factory=Ranking)
    kinds: tuple[StudyKind, ...] = ()
    guidelines: tuple[Guideline, ...] = ()
    glossary: Glossary = field(default_factory=lambda: Glossary({}))


#: Nothing on it: ranks come from the lexicon alone.
BARE = Shelf()

"""Plain words for what reports say, and a reader of sentences made of them.

The reader closes the circle: what was written in plain words is read back into concepts, so that
nothing can stand in a patient's text that its source does not state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from radassist.domain.reading import Concept, Lexicon

SLOT = re.compile(r"\{([a-z ]+)\}")
_AFTER_NOUN = re.compile(r" (?:of|in|that|with|around|along|from|on|than|through|to)\b")
_ARTICLE = re.compile(r"^(?:an?|the|some)\s+", re.IGNORECASE)


@dataclass(frozen=True)
class Term:
    """One concept in plain words.

    :param concept: lexicon id; ``kind`` is ``finding``, ``device`` or ``place``.
    :param plain: a noun phrase; ``{lung}`` in it takes the side.
    :param many: the same for more than one; "" where the phrase serves both.
    :param present: a sentence without its full stop in place of "There is ..."; so ``absent``.
        ``{grade}`` and ``{premodifier}`` in them take a degree and adjectives.
    :param grade: how a degree is put: ``amount``, ``size``, ``degree``, ``adverb`` or "".
    :param explain: what the word means in general.
    :param words: words of a report that the phrase covers, as ``tokens.normal`` gives them.
    :param implies: lexicon ids of the body parts that the phrase names already.
    :param prep: the word by which a finding lies at a place.
    :param side: the side that a place has in itself.
    """

    concept: str
    kind: str
    plain: str
    many: str = ""
    present: str = ""
    absent: str = ""
    grade: str = ""
    explain: str = ""
    words: frozenset[str] = frozenset()
    implies: frozenset[str] = frozenset()
    prep: str = "in"
    side: str = ""

    @property
    def is_plural(self) -> bool:
        """Whether the phrase takes "There are": "wide bile ducts", not "a kidney stone"."""
        head = _AFTER_NOUN.split(self.plain, maxsplit=1)[0]
        return without_article(head) == head and re.search(r"[^si]s$", head) is not None


@dataclass(frozen=True)
class Glossary:
    """Terms by concept, and adjectives of reports with their plain words.

    :param filling: words of reports that state nothing by themselves.
    :param passed: words that may stand among the adjectives of a finding.
    :param vague: words of degree that have no plain equal.
    """

    terms: Mapping[str, Term]
    modifiers: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    filling: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    vague: frozenset[str] = frozenset()

    def get(self, concept: str) -> Term | None:
        """The term for a concept, or None: then the report's own words are kept."""
        return self.terms.get(concept)


#: Such a sentence denies the noun phrase itself, which is read with its "no".
_DENIED = re.compile(r"There (?:is|are) no ")


def without_article(phrase: str) -> str:
    """ "a broken bone" -> "broken bone"."""
    return _ARTICLE.sub("", phrase)


def plain_lexicon(glossary: Glossary, lexicon: Lexicon) -> Lexicon:
    """A lexicon that reads the glossary's own sentences, with the same words around findings."""
    concepts: dict[str, Concept] = {}
    made = Lexicon(concepts, glossary.version, words=lexicon.words, triggers=lexicon.triggers)
    for term in glossary.terms.values():
        if term.kind == "place":
            continue
        concept = Concept(term.concept, term.plain, term.kind)
        concepts[term.concept] = concept
        for text in filter(None, (term.plain, term.many, term.present)):
            made.stated.add(_phrase(text), concept)
        if term.absent and not _DENIED.match(term.absent):
            made.stated.add(_phrase(term.absent), concept, absent=True)
    return made


def _phrase(text: str) -> str:
    """A wording as a phrase of the lexicon: slots are gaps, what begins sentences is left out."""
    text = re.sub(r"\b(?:is|are) (?:not )?", "~4 ", without_article(text.lower()))
    text = re.sub(r"~4 \{grade\}", "~4 ", text)
    return SLOT.sub(lambda found: f"~2 {found.group(1)}", text)

"""The lexicon: concepts with the phrases that name them, compiled into one matcher per room.

Phrases are written in a small language: words; ``(a|b|)`` for choices, the empty one included;
``~3`` for up to three words that are not marks between two parts ("heart ~3 enlarged").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from radassist.domain.reading.tokens import Token, tokenize

_CHOICE = re.compile(r"\(([^()]*)\)")
_GAP = re.compile(r"~(\d)")


#: How soon a critical finding has to be told.
URGENCIES = ("minutes", "hours", "days")
#: (system, code) pairs: RADELEMENT, RADLEX, SNOMED, OIFM (open finding model).
Codes = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Concept:
    """One thing that reports speak about.

    :param kind: ``finding``, ``device``, ``anatomy`` or ``measurement-name``.
    :param anatomy: lexicon id of where it lies when the text does not say, or "".
    :param regions: body regions it can be seen in ("chest", "abdomen", "pelvis", "head", ...).
    :param sex: "M" or "F" where only one sex has it.
    :param elsewhere: (region, concept) pairs: what the same word means in a sentence that names
        that region and none of its own ("edema" beside a cerebral lobe).
    :param parents: broader concepts: denying "lung-opacity" denies every child.
    :param urgency: "" or, of a critical finding, ``minutes``, ``hours`` or ``days``: how soon
        somebody has to be told (ACR Actionable Reporting Work Group, JACR 2014; 11: 552-558).
    """

    id: str
    name: str
    kind: str
    synonyms: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    anatomy: str = ""
    regions: tuple[str, ...] = ()
    sex: str = ""
    urgency: str = ""
    acute: bool = False
    benign: bool = False
    paired: bool = False
    side: str = ""
    parents: tuple[str, ...] = ()
    elsewhere: tuple[tuple[str, str], ...] = ()

    @property
    def critical(self) -> bool:
        """Whether it needs direct communication (ACR practice parameter, 2020)."""
        return bool(self.urgency)


@dataclass(frozen=True)
class Word:
    """A trigger or modifier phrase.

    :param group: ``negation-before``, ``change``, ``severity``... (resources/lexicon/words.toml).
    :param value: what it stands for within its group ("unchanged", "mild").
    """

    group: str
    value: str


@dataclass(frozen=True)
class Hit:
    """A phrase found in a token list; indices are of tokens, end exclusive.

    :param own: the tokens that are words of the phrase, without those in its gaps.
    """

    first: int
    last: int
    entry: Concept | Word
    absent: bool = False
    own: frozenset[int] = frozenset()


def _covers(one: Hit, other: Hit) -> bool:
    if one.entry is other.entry and one.absent == other.absent:
        return one.first < other.last and other.first < one.last
    return other.own <= one.own and (other.own < one.own)


class _Node:
    __slots__ = ("children", "entries", "gaps")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.gaps: list[tuple[int, _Node]] = []
        self.entries: list[tuple[Concept | Word, bool]] = []


class Matcher:
    """A trie of phrases; finds the longest phrase from each token on, left to right."""

    def __init__(self) -> None:
        self._root = _Node()

    def add(self, phrase: str, entry: Concept | Word, absent: bool = False) -> None:
        """Add all wordings of a phrase."""
        for wording in expand(phrase):
            node = self._root
            for part in wording:
                gap = _GAP.fullmatch(part)
                if gap:
                    target = _Node()
                    node.gaps.append((int(gap.group(1)), target))
                    node = target
                else:
                    node = node.children.setdefault(part, _Node())
            if node is not self._root and (entry, absent) not in node.entries:
                node.entries.append((entry, absent))

    def find(self, tokens: Sequence[Token]) -> Iterator[Hit]:
        """Non-overlapping longest hits, left to right; several entries of one phrase all come."""
        at = 0
        while at < len(tokens):
            last, entries = self._longest(self._root, tokens, at)
            if entries:
                for entry, absent in entries:
                    yield Hit(at, last, entry, absent)
                at = last
            else:
                at += 1

    def find_all(self, tokens: Sequence[Token]) -> list[Hit]:
        """Every hit whose own words are not all words of another, by place.

        So "aorta is tortuous and calcified" gives both of its phrases, and "pleural effusion" does
        not give "effusion" again.  Of one concept, the longest of overlapping hits stays.
        """
        hits = [hit for at in range(len(tokens)) for hit in self._from(tokens, at)]
        hits.sort(key=lambda h: (-len(h.own), h.last - h.first, h.first))
        kept: list[Hit] = []
        for hit in hits:
            if not any(_covers(other, hit) for other in kept):
                kept.append(hit)
        return sorted(kept, key=lambda h: (h.first, h.last))

    def _from(self, tokens: Sequence[Token], at: int) -> Iterator[Hit]:
        pending: list[tuple[_Node, int, tuple[int, ...]]] = [(self._root, at, ())]
        while pending:
            node, place, own = pending.pop()
            for entry, absent in node.entries:
                yield Hit(at, place, entry, absent, frozenset(own))
            child = node.children.get(tokens[place].norm) if place < len(tokens) else None
            if child is not None:
                pending.append((child, place + 1, (*own, place)))
            for width, after in node.gaps:
                for skip in range(width + 1):
                    here = place + skip
                    if here >= len(tokens) or (skip and not tokens[here - 1].is_word):
                        break
                    child = after.children.get(tokens[here].norm)
                    if child is not None:
                        pending.append((child, here + 1, (*own, here)))

    def _longest(
        self, node: _Node, tokens: Sequence[Token], at: int
    ) -> tuple[int, list[tuple[Concept | Word, bool]]]:
        best, entries = (at, node.entries) if node.entries else (-1, [])
        if at < len(tokens):
            child = node.children.get(tokens[at].norm)
            if child is not None:
                last, found = self._longest(child, tokens, at + 1)
                if found and last > best:
                    best, entries = last, found
        for width, after in node.gaps:
            for skip in range(width + 1):
                if at + skip > len(tokens) or (skip and not tokens[at + skip - 1].is_word):
                    break
                last, found = self._longest(after, tokens, at + skip)
                if found:
                    if last > best:
                        best, entries = last, found
                    break
        return best, entries


def expand(phrase: str) -> list[tuple[str, ...]]:
    """All wordings of a phrase, as normal tokens and gap marks.

    :raises ValueError: a choice has no end, or the phrase has more than 4096 wordings.
    """
    pending, done = [phrase], []
    while pending:
        text = pending.pop()
        choice = _CHOICE.search(text)
        if choice is None:
            done.append(text)
            continue
        head, tail = text[: choice.start()], text[choice.end() :]
        pending.extend(f"{head} {option} {tail}" for option in choice.group(1).split("|"))
        if len(pending) + len(done) > 4096:
            raise ValueError(f"the phrase {phrase!r} has too many wordings")
    if any(mark in text for text in done for mark in "()|"):
        raise ValueError(f"the phrase {phrase!r} has an unfinished choice")
    return [wording for wording in dict.fromkeys(_parts(text) for text in done) if wording]


def _parts(text: str) -> tuple[str, ...]:
    parts: list[str] = []
    for piece in text.split():
        if _GAP.fullmatch(piece):
            parts.append(piece)
        else:
            parts.extend(token.norm for token in tokenize(piece))
    return tuple(parts)


@dataclass(frozen=True)
class Lexicon:
    """Concepts and words of report English; immutable once built by ``build``."""

    concepts: dict[str, Concept]
    version: str = ""
    stated: Matcher = field(default_factory=Matcher, repr=False, compare=False)
    anatomy: Matcher = field(default_factory=Matcher, repr=False, compare=False)
    words: Matcher = field(default_factory=Matcher, repr=False, compare=False)
    triggers: Matcher = field(default_factory=Matcher, repr=False, compare=False)
    codes: dict[str, Codes] = field(default_factory=dict, repr=False, compare=False)
    _families: dict[str, frozenset[str]] = field(default_factory=dict, repr=False, compare=False)

    def get(self, concept: str) -> Concept | None:
        """The concept with this id, or None."""
        return self.concepts.get(concept)

    def name(self, concept: str) -> str:
        """What a reader calls it; the id where the lexicon does not know it."""
        found = self.concepts.get(concept)
        return found.name if found else concept

    def codes_of(self, concept: str, places: Iterable[str] = ()) -> Codes:
        """(system, code) pairs of a concept, narrower ones where a place of it has them.

        Attribute words are asked for by group and value ("side:left").
        """
        found = dict(self.codes.get(concept, ()))
        for key, codes in self.codes.items():
            name, _, place = key.partition("@")
            if place and name == concept and any(self.is_a(p, place) for p in places):
                found.update(codes)
        return tuple(sorted(found.items()))

    def ancestors(self, concept: str) -> frozenset[str]:
        """The concept itself and every broader one."""
        known = self._families.get(concept)
        if known is None:
            known = frozenset(_climb(self.concepts, concept))
            self._families[concept] = known
        return known

    def is_a(self, concept: str, broader: str) -> bool:
        """Whether ``concept`` is ``broader`` or a kind of it."""
        return broader in self.ancestors(concept)

    def related(self, one: str, other: str) -> bool:
        """Whether one is a kind of the other."""
        return self.is_a(one, other) or self.is_a(other, one)


def _climb(concepts: dict[str, Concept], concept: str) -> set[str]:
    seen: set[str] = set()
    pending = [concept]
    while pending:
        current = pending.pop()
        if current not in seen:
            seen.add(current)
            found = concepts.get(current)
            pending.extend(found.parents if found else ())
    return seen


#: Word groups that set the presence of a finding; the others describe it.
TRIGGER_GROUPS = frozenset(
    {
        "pseudo",
        "negation-before",
        "negation-after",
        "uncertain-before",
        "uncertain-after",
        "historical-before",
        "hypothetical-before",
        "resolved-before",
        "resolved-after",
        "terminator",
        "family",
    }
)


def build(
    concepts: Iterable[Concept],
    words: Iterable[tuple[Word, Sequence[str]]],
    version: str = "",
    codes: Mapping[str, Codes] | None = None,
) -> Lexicon:
    """Compile a lexicon.

    :param codes: identifiers by concept ("nodule"), concept at a place ("nodule@lung") or value
        of an attribute ("side:left").
    :raises ValueError: two concepts share an id, a parent, default anatomy or coded concept is
        unknown, or a phrase cannot be read.
    """
    known: dict[str, Concept] = {}
    for concept in concepts:
        if concept.id in known:
            raise ValueError(f"the concept {concept.id!r} is defined twice")
        known[concept.id] = concept
    lexicon = Lexicon(known, version, codes=dict(codes or {}))
    for key in lexicon.codes:
        if ":" not in key and not set(key.split("@")) <= set(known):
            raise ValueError(f"codes are given for {key!r}, which no concept is")
    for concept in known.values():
        named = (*concept.parents, concept.anatomy, *(c for _, c in concept.elsewhere))
        missing = {p for p in named if p and p not in known}
        if missing:
            raise ValueError(f"{concept.id!r} names unknown concepts: {', '.join(sorted(missing))}")
        matcher = lexicon.anatomy if concept.kind == "anatomy" else lexicon.stated
        for phrase in concept.synonyms:
            matcher.add(phrase, concept)
        for phrase in concept.absent:
            matcher.add(phrase, concept, absent=True)
    for word, phrases in words:
        matcher = lexicon.triggers if word.group in TRIGGER_GROUPS else lexicon.words
        for phrase in phrases:
            matcher.add(phrase, word)
    return lexicon

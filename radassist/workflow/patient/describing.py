"""What goes with one finding of a sentence: adjectives, degree, places, sizes.

Where the words of a finding are not those that its plain phrase stands for ("air-fluid level" for
a sinus disease), where it cannot lie in the part of the body that is named, or where its degree is
left open ("borderline"), nothing is described: the sentence is quoted instead.
"""

from __future__ import annotations

import re
from dataclasses import replace

from radassist.checks.model import owner_of
from radassist.domain.findings import Presence
from radassist.domain.glossary import Glossary, Term
from radassist.domain.reading import Lexicon, Mention, Quantity, Reading, Word
from radassist.domain.reading.tokens import Token, tokenize
from radassist.workflow.patient.phrases import Described

#: After a number these words make it a distance, not the size of a finding.
_DISTANCE = re.compile(
    r"\s*(?:above|below|from|away|distal|proximal|inferior|superior|lateral|medial|deep|beyond|"
    r"cephalad|caudal|into|past)\b",
    re.IGNORECASE,
)


def described(
    reading: Reading, glossary: Glossary, lexicon: Lexicon, sentence: int
) -> list[Described]:
    """The findings of one sentence that the glossary has plain words for."""
    tokens = tokens_of(reading, sentence)
    told = []
    for mention in reading.findings():
        term = glossary.get(mention.concept)
        if mention.sentence != sentence or term is None:
            continue
        places = _places(mention, term, glossary, lexicon)
        strange = _strange(mention, term, tokens, glossary, lexicon, reading)
        if places is None or strange or _open(mention, term, tokens, glossary, lexicon):
            continue
        mention = replace(mention, severity=_severity(mention, term, tokens, lexicon))  # noqa: PLW2901
        last = [t for t in tokens if mention.start <= t.start < mention.end][-1:]
        several = any(t.text.lower() != t.norm and t.text.lower().endswith("s") for t in last)
        adjectives = _modifiers(mention, term, tokens, glossary)
        sizes = _sizes(mention, term, reading)
        told.append(Described(term, mention, adjectives, places, sizes, several))
    return told


def tokens_of(reading: Reading, sentence: int) -> list[Token]:
    """The words of one sentence, at their places in the text."""
    start, end = reading.sentences[sentence]
    return tokenize(reading.text[start:end], start)


def _places(
    mention: Mention, term: Term, glossary: Glossary, lexicon: Lexicon
) -> tuple[Term, ...] | None:
    """The body parts that the plain phrase does not name; None where it cannot lie in them all."""
    if mention.presence is Presence.ABSENT and term.absent:
        return ()  # "heart and lungs are normal" lists what was looked at
    if term.present:
        return ()  # a large heart lies nowhere but where the heart is
    found = [glossary.get(place) for place in mention.location if place not in term.implies]
    places = tuple(t for t in found if t is not None and t.kind == "place")
    regions = [_regions(t.concept, lexicon) for t in places]
    regions.append(_regions(mention.concept, lexicon))
    stated = [r for r in regions if r]
    if places and stated and not frozenset.intersection(*stated):
        return None
    return places


#: A bone is where it is, whatever the region of the examination that its finding is seen in.
_SKELETON = frozenset({"bone"})


def _regions(concept: str, lexicon: Lexicon) -> frozenset[str]:
    known = lexicon.get(concept)
    if known is None or any(lexicon.is_a(concept, part) for part in _SKELETON):
        return frozenset()
    return frozenset(known.regions)


def _strange(
    mention: Mention,
    term: Term,
    tokens: list[Token],
    glossary: Glossary,
    lexicon: Lexicon,
    reading: Reading,
) -> list[str]:
    """Words of the finding itself that its plain phrase does not stand for."""
    spans = [(m.start, m.end) for m in reading.mentions if m.kind == "anatomy"]
    for matcher in (lexicon.words, lexicon.triggers):
        spans += [(tokens[h.first].start, tokens[h.last - 1].end) for h in matcher.find(tokens)]
    known = term.words | glossary.filling | glossary.passed | glossary.modifiers.keys()
    return [
        token.norm
        for token in tokens
        if mention.start <= token.start < mention.end
        and token.is_word
        and token.norm not in known
        and not any(start <= token.start < end for start, end in spans)
    ]


def _open(
    mention: Mention, term: Term, tokens: list[Token], glossary: Glossary, lexicon: Lexicon
) -> bool:
    """Whether the degree is one that no plain word gives: "borderline", "prominent"."""
    return any(
        isinstance(hit.entry, Word)
        and (hit.entry.group, hit.entry.value) == ("severity", mention.severity)
        and any(
            t.norm in glossary.vague and t.norm not in term.words
            for t in tokens[hit.first : hit.last]
        )
        for hit in lexicon.words.find(tokens)
    )


def _severity(mention: Mention, term: Term, tokens: list[Token], lexicon: Lexicon) -> str:
    """The degree, unless its word is part of the finding itself ("the heart is large")."""
    outside = False
    for hit in lexicon.words.find(tokens):
        if not isinstance(hit.entry, Word) or hit.entry.group != "severity":
            continue
        words = tokens[hit.first : hit.last]
        inside = mention.start <= words[0].start < mention.end
        own = inside and all(t.norm in term.words for t in words)
        outside = outside or (hit.entry.value == mention.severity and not own)
        if not own and inside:
            return hit.entry.value
    return mention.severity if outside else ""


def _sizes(mention: Mention, term: Term, reading: Reading) -> tuple[Quantity, ...]:
    """Numbers that are sizes of the finding: no distances, and none of a device."""
    if term.kind == "device":
        return ()
    return tuple(
        q
        for q in reading.quantities
        if q.sentence == mention.sentence
        and owner_of(q, reading) == mention
        and not _DISTANCE.match(reading.text, q.end)
    )


def _modifiers(
    mention: Mention, term: Term, tokens: list[Token], glossary: Glossary
) -> tuple[str, ...]:
    """Adjectives inside the finding's words and in an unbroken run before them."""
    inside = [t.norm for t in tokens if mention.start <= t.start < mention.end]
    before: list[str] = []
    for token in reversed([t for t in tokens if t.start < mention.start]):
        if token.norm not in glossary.modifiers:
            if token.norm in glossary.passed or token.norm in term.words:
                continue
            break
        before.insert(0, token.norm)
    own = [w for w in inside if w in glossary.modifiers and w not in term.words]
    return tuple(dict.fromkeys([*before, *own]))

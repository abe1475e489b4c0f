"""What of a report's sentence the plain words carry over, and what is left.

A word that neither the plain sentence nor the small words of English account for makes the text
quote its source: that is how nothing is lost without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable

from radassist.checks.model import owner_of
from radassist.domain.findings import Laterality
from radassist.domain.glossary import Glossary, Term
from radassist.domain.reading import Lexicon, Mention, Reading, Word
from radassist.domain.reading.tokens import Token, tokenize
from radassist.workflow.patient.phrases import Described


def described(reading: Reading, glossary: Glossary, sentence: int) -> list[Described]:
    """The findings of one sentence that have a term, each with what goes with it."""
    tokens = _tokens(reading, sentence)
    borderline = any(t.norm == "borderline" for t in tokens)
    stated = [m for m in reading.findings() if m.sentence == sentence]
    told = []
    for mention in stated:
        term = glossary.get(mention.concept)
        if term is None or (borderline and mention.severity == "mild"):
            continue  # "borderline" is neither there nor not: the report's own words stay
        places = _places(mention, term, glossary)
        sizes = tuple(
            q
            for q in reading.quantities
            if q.sentence == sentence and owner_of(q, reading) == mention
        )
        last = [t for t in tokens if mention.start <= t.start < mention.end][-1:]
        several = any(t.text.lower() != t.norm and t.text.lower().endswith("s") for t in last)
        adjectives = _modifiers(mention, term, tokens, glossary)
        told.append(Described(term, mention, adjectives, places, sizes, several))
    return told


def _tokens(reading: Reading, sentence: int) -> list[Token]:
    start, end = reading.sentences[sentence]
    return tokenize(reading.text[start:end], start)


def _places(mention: Mention, term: Term, glossary: Glossary) -> tuple[Term, ...]:
    found = [glossary.get(place) for place in mention.location if place not in term.implies]
    return tuple(t for t in found if t is not None and t.kind == "place")


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


def left_over(
    reading: Reading,
    sentence: int,
    told: Iterable[Described],
    glossary: Glossary,
    lexicon: Lexicon,
) -> list[str]:
    """Words of the sentence that the plain words do not account for, in reading order."""
    tokens, told = _tokens(reading, sentence), list(told)
    held = [t.norm in glossary.filling or not t.is_word for t in tokens]
    spans = _spans(reading, sentence, told)
    spans += [
        (tokens[h.first].start, tokens[h.last - 1].end) for h in lexicon.triggers.find(tokens)
    ]
    spans += _word_spans(tokens, told, lexicon)
    about = {w for d in told for w in d.term.words} - _narrowing(tokens, lexicon)
    for at, token in enumerate(tokens):
        if (
            any(start <= token.start < end for start, end in spans)
            or any(_names(d, token) for d in told)
            or token.norm in about
        ):
            held[at] = True
    return [t.text for t, known in zip(tokens, held, strict=True) if not known]


def _names(told: Described, token: Token) -> bool:
    """A word of the finding's own mention that its term covers, or an adjective carried over."""
    inside = told.mention.start <= token.start < told.mention.end
    near = token.start < told.mention.end
    return (inside and token.norm in told.term.words) or (near and token.norm in told.modifiers)


def _narrowing(tokens: list[Token], lexicon: Lexicon) -> set[str]:
    """Words that narrow what is said: they are carried over by their value or not at all."""
    return {
        tokens[at].norm
        for hit in lexicon.words.find(tokens)
        for at in range(hit.first, hit.last)
        if isinstance(hit.entry, Word) and hit.entry.group in ("severity", "side", "qualifier")
    }


def _spans(reading: Reading, sentence: int, told: list[Described]) -> list[tuple[int, int]]:
    """Numbers and body parts that were carried over, and words of comparison."""
    spans = [(q.start, q.end) for d in told for q in d.sizes]
    named = {t.concept for d in told for t in d.places} | {c for d in told for c in d.term.implies}
    spans += [
        (m.start, m.end)
        for m in reading.mentions
        if m.kind == "anatomy" and m.sentence == sentence and m.concept in named
    ]
    if any(d.mention.change for d in told):
        spans += [(start, end) for _, start, end in reading.comparisons]
    return spans


def _word_spans(
    tokens: list[Token], told: list[Described], lexicon: Lexicon
) -> list[tuple[int, int]]:
    """Sides, degrees and changes whose value a plain sentence carries; "borderline" none does."""
    sides = {d.mention.laterality for d in told} - {Laterality.NONE}
    values = {
        "severity": {d.mention.severity for d in told},
        "change": {d.mention.change for d in told},
    }
    spans = []
    for hit in lexicon.words.find(tokens):
        if not isinstance(hit.entry, Word):
            continue
        group, value = hit.entry.group, hit.entry.value
        carried = value in values.get(group, ()) or (group == "side" and _side(value, sides))
        if carried and not any(t.norm == "borderline" for t in tokens[hit.first : hit.last]):
            spans.append((tokens[hit.first].start, tokens[hit.last - 1].end))
    return spans


def _side(value: str, sides: set[Laterality]) -> bool:
    return Laterality(value) in sides or Laterality.BILATERAL in sides

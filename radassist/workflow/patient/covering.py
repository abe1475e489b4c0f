"""What of a report's sentence the plain words carry over, and what is left.

A word that neither the plain sentence nor the small words of English account for makes the text
quote its source: that is how nothing is lost without a trace.
"""

from __future__ import annotations

from collections.abc import Iterable

from radassist.domain.findings import Laterality
from radassist.domain.glossary import Glossary
from radassist.domain.reading import Lexicon, Reading, Word
from radassist.domain.reading.tokens import Token
from radassist.workflow.patient.describing import tokens_of
from radassist.workflow.patient.phrases import Described


def left_over(
    reading: Reading,
    sentence: int,
    told: Iterable[Described],
    glossary: Glossary,
    lexicon: Lexicon,
) -> list[str]:
    """Words of the sentence that the plain words do not account for, in reading order."""
    tokens, told = tokens_of(reading, sentence), list(told)
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

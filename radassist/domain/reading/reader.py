"""Reads report English: one pass of the matchers, then what belongs to which finding.

Deterministic, no state, linear in the text (sentences are bounded): a millisecond a paragraph.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading.assertion import Scope, presence_of, scopes
from radassist.domain.reading.lexicon import Concept, Hit, Lexicon, Word
from radassist.domain.reading.model import Mention, Quantity, Reading
from radassist.domain.reading.quantities import dates, quantities
from radassist.domain.reading.tokens import Token, sentence_spans, tokenize
from radassist.domain.reading.windows import Window, own_windows

#: Longer texts are read up to here; a report is a few thousand characters.
MAX_TEXT = 200_000


@dataclass(frozen=True)
class _Sentence:
    number: int
    text: str
    tokens: list[Token]
    stated: list[Hit]
    anatomy: list[Hit]
    words: list[Hit]
    scopes: list[Scope]


def read(text: str, lexicon: Lexicon) -> Reading:
    """Everything that a sentence or a paragraph says, as far as the lexicon knows it."""
    text = text[:MAX_TEXT]
    spans = sentence_spans(text)
    mentions: list[Mention] = []
    sides: list[tuple[Laterality, int, int]] = []
    comparisons: list[tuple[str, int, int]] = []
    sized: list[Quantity] = []
    advice: list[tuple[int, int]] = []
    advised = False
    for number, (start, end) in enumerate(spans):
        sentence = _parse(text[start:end], start, number, lexicon)
        own = [_moved(q, start, number) for q in quantities(text[start:end])]
        sized += own
        mentions += _mentions(sentence, text, own)
        sides += _sides(sentence)
        comparisons += _comparisons(sentence, text)
        calls = [h for h in sentence.words if _group(h) == "recommendation"]
        advised = advised or bool(calls)
        if any(_affirms(h, sentence) for h in calls):
            advice.append((start, end))
    return Reading(
        text=text,
        mentions=tuple(mentions),
        quantities=tuple(sized),
        lateralities=tuple(sides),
        comparisons=tuple(comparisons),
        dates=dates(text),
        recommendation=advised,
        sentences=tuple(spans),
        recommendations=tuple(advice),
    )


def presence_at(text: str, start: int, end: int, lexicon: Lexicon) -> Presence:
    """What a sentence asserts of any span of it, known to the lexicon or not."""
    for first, last in sentence_spans(text):
        if first <= start < last:
            tokens = tokenize(text[first:last], first)
            within = [i for i, t in enumerate(tokens) if t.end > start and t.start < end]
            if within:
                active = scopes(tokens, lexicon)
                return presence_of(within[0], within[-1] + 1, active)[0]
    return Presence.PRESENT


def _moved(q: Quantity, offset: int, number: int) -> Quantity:
    return replace(q, start=q.start + offset, end=q.end + offset, sentence=number)


_NO_ADVICE = re.compile(
    r"\b(?:no|not|without|nor)\b[^,;.]{0,40}\b(?:follow|imaging|work-?up|evaluat|recommend|need|requir|"
    r"necess|indicat|warrant)",
    re.IGNORECASE,
)


def _affirms(hit: Hit, sentence: _Sentence) -> bool:
    """Whether a word of advice advises: "no follow-up is recommended" does not."""
    if _NO_ADVICE.search(sentence.text):
        return False
    return presence_of(hit.first, hit.last, sentence.scopes)[0] is not Presence.ABSENT


def _parse(text: str, offset: int, number: int, lexicon: Lexicon) -> _Sentence:
    tokens = tokenize(text, offset)
    stated = lexicon.stated.find_all(tokens)
    anatomy = list(lexicon.anatomy.find(tokens))
    return _Sentence(
        number=number,
        text=text,
        tokens=tokens,
        stated=[_in_region(hit, stated, anatomy, lexicon) for hit in stated],
        anatomy=anatomy,
        words=list(lexicon.words.find(tokens)),
        scopes=scopes(tokens, lexicon),
    )


def _in_region(hit: Hit, stated: list[Hit], anatomy: list[Hit], lexicon: Lexicon) -> Hit:
    """The hit, with the concept that its word means in the region the sentence speaks of."""
    concept = hit.entry
    if not isinstance(concept, Concept) or not concept.elsewhere or hit.last - hit.first > 1:
        return hit
    near = [h.entry for h in (*stated, *anatomy) if h is not hit and isinstance(h.entry, Concept)]
    if any(set(c.regions) == set(concept.regions) for c in near):
        return hit
    for region, other in concept.elsewhere:
        if any(c.regions == (region,) for c in near):
            return replace(hit, entry=lexicon.concepts[other])
    return hit


def _group(hit: Hit) -> str:
    return hit.entry.group if isinstance(hit.entry, Word) else ""


def _mentions(sentence: _Sentence, text: str, sized: Sequence[Quantity]) -> list[Mention]:
    windows = own_windows(sentence.tokens, sentence.stated, sentence.scopes)
    places = {t.start: i for i, t in enumerate(sentence.tokens)} if sized else {}
    found = []
    for hit, window in zip(sentence.stated, windows, strict=True):
        if isinstance(hit.entry, Concept):
            mention = _mention(hit, hit.entry, window, sentence, text)
            sizes = tuple(q for q in sized if window.holds(places.get(q.start, -1)))
            found.append(replace(mention, sizes=sizes) if sizes else mention)
    for hit in sentence.anatomy:
        if isinstance(hit.entry, Concept):
            found.append(_anatomy(hit, hit.entry, sentence, text))
    return sorted(found, key=lambda m: (m.start, m.end))


def _mention(hit: Hit, concept: Concept, window: Window, sentence: _Sentence, text: str) -> Mention:
    tokens = sentence.tokens
    start, end = tokens[hit.first].start, tokens[hit.last - 1].end
    presence, certainty = presence_of(
        hit.first, hit.last, sentence.scopes, normal=hit.absent, gapped=True
    )
    own = [w for w in sentence.words if window.holds(w.first)]
    change = "resolved" if certainty == "resolved" else _value(own, "change", hit)
    qualifiers = [*_values(own, "qualifier"), *(["family"] if certainty == "family" else [])]
    side, places = _place(hit, concept, window, sentence)
    return Mention(
        concept=concept.id,
        kind=concept.kind,
        start=start,
        end=end,
        text=text[start:end],
        presence=presence,
        laterality=side,
        location=places,
        change=change,
        certainty="" if certainty in ("resolved", "family") else certainty,
        severity=_value(own, "severity", hit),
        qualifiers=tuple(dict.fromkeys(qualifiers)),
        sentence=sentence.number,
    )


def _values(words: Sequence[Hit], group: str) -> list[str]:
    return [w.entry.value for w in words if isinstance(w.entry, Word) and w.entry.group == group]


def _value(words: Sequence[Hit], group: str, hit: Hit) -> str:
    """The value of the nearest word of a group, or ""."""
    near = [w for w in words if _group(w) == group]
    near.sort(key=lambda w: min(abs(w.first - hit.last), abs(hit.first - w.last)))
    return near[0].entry.value if near and isinstance(near[0].entry, Word) else ""


def _place(
    hit: Hit, concept: Concept, window: Window, sentence: _Sentence
) -> tuple[Laterality, tuple[str, ...]]:
    sides: set[str] = set()
    places: list[str] = []
    others = [h for h in sentence.stated if not window.holds(h.first)]
    for scope in window.chain:
        borrowed = scope is not window and concept.kind == "finding" and not concept.paired
        sides = {
            w.entry.value
            for w in sentence.words
            if _group(w) == "side" and scope.holds(w.first) and isinstance(w.entry, Word)
        }
        sides = set() if borrowed else sides
        anatomy = [
            a.entry
            for a in sentence.anatomy
            if scope.holds(a.first) and not any(h.first <= a.first < h.last for h in others)
        ]
        own = [a for a in anatomy if isinstance(a, Concept)]
        places = list(dict.fromkeys(a.id for a in own))
        if not sides:
            sides = {a.side for a in own if a.side}
        if sides or places:
            break
    return _joined(sides or ({concept.side} if concept.side else set())), tuple(places)


def _joined(sides: set[str]) -> Laterality:
    if not sides:
        return Laterality.NONE
    if len(sides) > 1:
        return Laterality.BILATERAL
    return Laterality(next(iter(sides)))


def _anatomy(hit: Hit, concept: Concept, sentence: _Sentence, text: str) -> Mention:
    """A body part, with the side word that stands before or inside it."""
    tokens = sentence.tokens
    start, end = tokens[hit.first].start, tokens[hit.last - 1].end
    near = {
        w.entry.value
        for w in sentence.words
        if isinstance(w.entry, Word)
        and w.entry.group == "side"
        and hit.first - 3 <= w.first < hit.last
        and all(t.is_word and t.norm != "and" for t in tokens[w.last : hit.first])
    }
    side = near or ({concept.side} if concept.side else set())
    presence, certainty = presence_of(hit.first, hit.last, sentence.scopes)
    certainty = "" if certainty in ("resolved", "family") else certainty
    return Mention(
        concept.id,
        concept.kind,
        start,
        end,
        text[start:end],
        presence,
        _joined(side),
        certainty=certainty,
        sentence=sentence.number,
    )


def _sides(sentence: _Sentence) -> list[tuple[Laterality, int, int]]:
    tokens = sentence.tokens
    return [
        (Laterality(w.entry.value), tokens[w.first].start, tokens[w.last - 1].end)
        for w in sentence.words
        if isinstance(w.entry, Word) and w.entry.group == "side"
    ]


def _comparisons(sentence: _Sentence, text: str) -> list[tuple[str, int, int]]:
    """Comparison words; "increased" and its kin only where they speak of a lesion."""
    tokens, found = sentence.tokens, []
    for word in sentence.words:
        if not isinstance(word.entry, Word):
            continue
        kind = word.entry.value if word.entry.group == "change" else word.entry.group
        if word.entry.group == "change" and word.entry.value.startswith("maybe-"):
            continue
        if word.entry.group in ("change", "comparison"):
            start, end = tokens[word.first].start, tokens[word.last - 1].end
            found.append((text[start:end] or kind, start, end))
        elif word.entry.group == "maybe-comparison" and _measures(word, sentence):
            start, end = tokens[word.first].start, tokens[word.last - 1].end
            found.append((text[start:end], start, end))
    return found


def _measures(word: Hit, sentence: _Sentence) -> bool:
    """Whether "increased" stands before a lesion that can grow, not before a texture."""
    for hit in sentence.stated:
        if word.last <= hit.first <= word.last + 3 and isinstance(hit.entry, Concept):
            return hit.entry.id in _GROWING
    return False


_GROWING = frozenset(
    [
        "pleural-effusion",
        "pneumothorax",
        "nodule",
        "mass",
        "consolidation",
        "atelectasis",
        "pulmonary-edema",
        "cardiomegaly",
        "lymphadenopathy",
        "intracranial-haemorrhage",
        "subdural-haematoma",
        "hydronephrosis",
        "ascites",
        "pericardial-effusion",
        "midline-shift",
        "airspace-disease",
    ]
)

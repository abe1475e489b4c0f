"""What a sentence says apart from how it is worded: its facts, its slots, its bare pattern.

A radiologist says the same thing in the same words for years ("The cardiac silhouette is mildly
enlarged"), and only side, size, degree and level change from patient to patient.  So a wording is
kept as a pattern with slots for these, and two sentences are the same statement when the reader
finds the same facts in both and neither holds a word that the reader does not know and the other
lacks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Concept, Lexicon, Mention, Reading, read
from radassist.domain.reading.tokens import sentence_spans, tokenize

#: The bounds of a measurement's interval stand in its evidence; a wording may leave them out.
_INTERVAL = re.compile(r"\s*\(95 % (?:interval|CI) [^)]*\)")
_LEVEL = r"\b[CTL]\d{1,2}(?:[-/][CTLS]?\d{1,2})?\b"
_ADVERBS = {
    "mild": "mildly",
    "moderate": "moderately",
    "severe": "severely",
    "marked": "markedly",
    "minimal": "minimally",
    "slight": "slightly",
}
_ADJECTIVES = {adverb: adjective for adjective, adverb in _ADVERBS.items()}
_DEGREES = ("small", "tiny", "trace", "large", "massive", "extensive", *_ADVERBS)
#: Slots that are found by their form; sizes and ratios are found by the reader.
_FORMS = {
    "level": re.compile(_LEVEL),
    "side": re.compile(r"\b(?:left|right)\b", re.IGNORECASE),
    "lobe": re.compile(r"\b(?:upper|middle|lower)(?=[ -](?:lobe|zone))", re.IGNORECASE),
    "degree": re.compile(rf"\b(?:{'|'.join(_DEGREES)})\b", re.IGNORECASE),
    "degreely": re.compile(rf"\b(?:{'|'.join(_ADJECTIVES)})\b", re.IGNORECASE),
}
_SLOT = re.compile(r"(?P<article>\b[Aa]n? )?\{(?P<name>[a-z]+)\}")
#: "an 8 mm nodule", "an 11 mm nodule", "an 18 mm nodule".
_VOWEL = re.compile(r"[aeiou]|8|1[18](?!\d)", re.IGNORECASE)
_TITLES = frozenset(["dr", "mr", "mrs", "ms", "prof", "professor", "doctor", "miss", "sir"])
_DENIED_ON_BOTH = (Presence.ABSENT, Laterality.BILATERAL)


@dataclass(frozen=True)
class Vocabulary:
    """Words in lower case, beside those of the lexicon (``resources/wording/words.toml``).

    :param neutral: they state nothing: a wording may have them or lack them.
    :param compared: they narrow or widen what is said, so they stand in both sentences or neither.
    :param others: may be kept; compared as every word that the lexicon does not know.
    """

    neutral: frozenset[str]
    compared: frozenset[str]
    others: frozenset[str] = frozenset()

    @property
    def kept(self) -> frozenset[str]:
        """Every word that may be stored."""
        return self.neutral | self.compared | self.others


@dataclass(frozen=True)
class Facts:
    """What a sentence states, without the words that it uses for it.

    :param topic: (concept, assertion) of each finding and device, sorted.
    :param details: side, place, change, certainty, degree and qualifiers of each.
    :param places: body parts that are named beyond the usual place of the findings.
    :param numbers: (unit, dimensions) of each number with a unit.
    :param levels: levels of the spine ("L1", "C5/6"); ``degrees`` are words such as "mild".
    :param flags: recommendation, comparison.
    """

    topic: tuple[tuple[str, str], ...]
    details: frozenset[tuple[object, ...]]
    places: frozenset[str]
    sides: frozenset[str]
    names: frozenset[str]
    numbers: tuple[tuple[str, tuple[float, ...]], ...]
    levels: frozenset[str]
    degrees: frozenset[str]
    flags: tuple[bool, bool]

    @property
    def key(self) -> str:
        """The topic as text ("pleural-effusion:absent pneumothorax:absent"), "" for none."""
        return " ".join(f"{concept}:{presence}" for concept, presence in self.topic)


def facts_of(text: str, lexicon: Lexicon) -> Facts:
    """The facts of a sentence, without the bounds of intervals."""
    text = _INTERVAL.sub("", text)
    reading = read(text, lexicon)
    found = reading.findings()
    usual = _usual_places(found, lexicon)
    return Facts(
        topic=tuple(sorted({(m.concept, m.presence.value) for m in found})),
        details=frozenset(_detail(m, lexicon) for m in found),
        places=frozenset(m.concept for m in reading.mentions if m.kind == "anatomy") - usual,
        sides=_sides(reading),
        names=frozenset(m.concept for m in reading.mentions if m.kind == "measurement-name"),
        numbers=tuple(sorted((q.unit, q.dims) for q in reading.quantities)),
        levels=frozenset(re.findall(_LEVEL, text)),
        degrees=_degrees(text),
        flags=(reading.recommendation, bool(reading.comparisons)),
    )


def _usual_places(found: Iterable[Mention], lexicon: Lexicon) -> frozenset[str]:
    known = (lexicon.get(m.concept) for m in found)
    return frozenset(c.anatomy for c in known if isinstance(c, Concept) and c.anatomy)


def _sides(reading: Reading) -> frozenset[str]:
    """The sides that are named; "both" adds nothing to a denial."""
    sides = {side.value for side, _, _ in reading.lateralities}
    if all(m.presence is Presence.ABSENT for m in reading.findings()):
        sides.discard(Laterality.BILATERAL.value)
    return frozenset(sides)


def _detail(mention: Mention, lexicon: Lexicon) -> tuple[object, ...]:
    """One finding with all that is said of it; its own usual place says nothing."""
    usual = _usual_places([mention], lexicon)
    denied_on_both = (mention.presence, mention.laterality) == _DENIED_ON_BOTH
    qualifiers = set(mention.qualifiers)
    if "enlarg" in mention.text.lower():
        qualifiers.discard("large")  # the finding itself: "the heart is enlarged"
    return (
        mention.concept,
        mention.presence.value,
        "" if denied_on_both else mention.laterality.value,
        frozenset(mention.location) - usual,
        mention.change,
        mention.certainty,
        mention.severity,
        frozenset(qualifiers),
    )


def _degrees(text: str) -> frozenset[str]:
    """Words of degree as adjectives, those too that the reader gives no severity."""
    words = [w.lower() for name in ("degree", "degreely") for w in _FORMS[name].findall(text)]
    return frozenset(_ADJECTIVES.get(word, word) for word in words)


def telling_words(text: str, lexicon: Lexicon, words: Vocabulary) -> frozenset[str]:
    """Words, in lower case, that say something which the reader does not read.

    Numbers with a unit and levels of the spine are compared as facts, not here.
    """
    found = _words(text, lexicon)
    unread = {word for word, read_by_lexicon in found if not read_by_lexicon} - words.neutral
    return frozenset(unread | ({word for word, _ in found} & words.compared))


def _words(text: str, lexicon: Lexicon) -> set[tuple[str, bool]]:
    """(word or bare number in lower case, whether it is a word of a phrase of the lexicon)."""
    text = _INTERVAL.sub("", text)
    for name, start, end in slots_of(text, lexicon):
        if name in ("size", "ratio", "level"):
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    tokens = tokenize(text)
    matchers = (lexicon.stated, lexicon.anatomy, lexicon.words, lexicon.triggers)
    known = {place for m in matchers for hit in m.find_all(tokens) for place in hit.own}
    return {(t.text.lower(), n in known) for n, t in enumerate(tokens) if t.is_word}


def same_statement(one: str, other: str, lexicon: Lexicon, words: Vocabulary) -> bool:
    """True where two sentences state the same, as far as can be told, and no more."""
    return facts_of(one, lexicon) == facts_of(other, lexicon) and telling_words(
        one, lexicon, words
    ) == telling_words(other, lexicon, words)


# --- patterns --------------------------------------------------------------------------------


def slots_of(text: str, lexicon: Lexicon) -> list[tuple[str, int, int]]:
    """(name, start, end) of what changes from patient to patient, in reading order."""
    reading: Reading = read(text, lexicon)
    found = [
        ("ratio" if q.unit == "1" else "size", q.start, q.end)
        for q in reading.quantities
    ]  # fmt: skip
    for name, form in _FORMS.items():
        for match in form.finditer(text):
            if not any(s < match.end() and match.start() < e for _, s, e in found):
                found.append((name, match.start(), match.end()))
    return sorted(found, key=lambda slot: slot[1])


def pattern_of(text: str, lexicon: Lexicon) -> str:
    """The sentence with its slots named: "A {degree} {side} pleural effusion."."""
    text = _INTERVAL.sub("", " ".join(text.split()))
    out, at = [], 0
    for name, start, end in slots_of(text, lexicon):
        out += [text[at:start], f"{{{name}}}"]
        at = end
    return "".join([*out, text[at:]])


def storable(text: str, lexicon: Lexicon, words: Vocabulary) -> str:
    """The pattern of a sentence that may be kept, or "" where it may not.

    Kept is one sentence about at least one finding, of known words only, with every number in a
    slot: then it holds no name, no date and no number of a patient.
    """
    clean = _INTERVAL.sub("", " ".join(text.split()))
    if "{" in clean or "}" in clean or len(sentence_spans(clean)) != 1:
        return ""
    reading = read(clean, lexicon)
    if reading.dates or reading.recommendation or not reading.findings():
        return ""
    pattern = pattern_of(clean, lexicon)
    bare = _SLOT.sub(" ", pattern)
    if re.search(r"\d", bare) or _named(clean):
        return ""
    unread = {word for word, by_lexicon in _words(clean, lexicon) if not by_lexicon}
    return pattern if unread <= words.kept else ""


def _named(text: str) -> bool:
    """True where a word is written as a name is: a title, or a capital inside the sentence."""
    words = re.findall(r"[^\W\d_]+", re.sub(_LEVEL, " ", text))
    inner = [w for w in words[1:] if w[:1].isupper() and (w[1:].lower() == w[1:] != "")]
    shouted = [w for w in words if len(w) > 4 and w.isupper()]
    titled = [w for w in words if w.lower() in _TITLES and w != "MR"]  # MR is a modality
    return bool(inner or shouted or titled)


def filled(pattern: str, source: str, lexicon: Lexicon) -> str:
    """A pattern with the side, size, degree and level of another sentence; "" where they differ.

    One value serves any number of slots of its name; several must be as many as the slots are.
    """
    plain = _INTERVAL.sub("", source)
    given: dict[str, list[str]] = {}
    for name, start, end in slots_of(plain, lexicon):
        given.setdefault(name, []).append(plain[start:end])
    _lend_degree(given)
    wanted = [m.group("name") for m in _SLOT.finditer(pattern)]
    for name in set(wanted):
        values = {v.lower() for v in given.get(name, ())}
        if not values or (len(values) > 1 and len(given[name]) != wanted.count(name)):
            return ""
    left = {name: list(values) for name, values in given.items()}

    def put(match: re.Match[str]) -> str:
        name = match.group("name")
        value = left[name].pop(0) if len(left[name]) > 1 else left[name][0]
        value = value if name in ("level", "size", "ratio") else value.lower()
        article = match.group("article") or ""
        if article:
            article = article[0] + ("n " if _VOWEL.match(value) else " ")
        return article + value

    text = _SLOT.sub(put, pattern)
    return text[:1].upper() + text[1:]


def _lend_degree(given: dict[str, list[str]]) -> None:
    """ "Mild" serves where "mildly" is wanted, and the other way round, where English has both."""
    for have, want, table in (
        ("degree", "degreely", _ADVERBS),
        ("degreely", "degree", _ADJECTIVES),
    ):
        if want not in given:
            turned = [table[v.lower()] for v in given.get(have, ()) if v.lower() in table]
            if turned and len(turned) == len(given[have]):
                given[want] = turned
                return

"""Does a sentence say only what its sources say, and does an edit leave the old fact elsewhere?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from radassist.checks.conflicts import UMBRELLAS
from radassist.checks.model import owner_of
from radassist.checks.sides import same_family
from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Lexicon, Mention, Quantity, Reading, read
from radassist.domain.report import Report

_BOTH = {Laterality.LEFT, Laterality.RIGHT}


def unsupported(sentence: str, sources: Sequence[str], lexicon: Lexicon) -> list[str]:
    """What a sentence states and no source does, each as a short reason; empty when all is held.

    Findings count with their assertion ("present" needs "present"), side, place, severity and
    change; then numbers with units, bare numbers, dates, comparison words and recommendations.
    """
    said = read(sentence, lexicon)
    held = [read(source, lexicon) for source in sources]
    facts = [m for reading in held for m in reading.mentions]
    reasons: list[str] = []
    for mention in said.findings():
        reasons += _mention_reasons(mention, facts, lexicon)
    reasons += _side_reasons(said, held)
    reasons += _place_reasons(said, facts, lexicon)
    reasons += _number_reasons(said, held, " ".join(sources))
    reasons += _word_reasons(said, held)
    return list(dict.fromkeys(reasons))


def _mention_reasons(mention: Mention, facts: list[Mention], lexicon: Lexicon) -> list[str]:
    if mention.presence is Presence.ABSENT and mention.concept in UMBRELLAS:
        return _umbrella_reasons(mention, facts, lexicon)
    named = [f for f in facts if _speaks_of(f, mention, lexicon)]
    if not named:
        return [f"finding: {mention.text}"]
    agreed = [f for f in named if _agrees(f.presence, mention.presence)]
    if not agreed:
        return [f"assertion: {mention.text} is {named[0].presence.value} in the source"]
    reasons = []
    sides = {f.laterality for f in agreed}
    if mention.laterality is not Laterality.NONE and not _side_held(mention.laterality, sides):
        reasons.append(f"side: {mention.laterality.value} {mention.text}")
    if mention.severity and mention.severity not in {f.severity for f in agreed}:
        reasons.append(f"severity: {mention.severity} {mention.text}")
    if mention.change and mention.change not in {f.change for f in agreed}:
        reasons.append(f"comparison: {mention.change} {mention.text}")
    return reasons


def _umbrella_reasons(mention: Mention, facts: list[Mention], lexicon: Lexicon) -> list[str]:
    """ "No acute abnormality" needs sources, and none that affirms something acute."""
    findings = [f for f in facts if f.kind == "finding"]
    acute = [
        f
        for f in findings
        if f.presence is Presence.PRESENT
        and (concept := lexicon.get(f.concept)) is not None
        and (concept.acute or concept.critical or lexicon.is_a(f.concept, mention.concept))
        and "chronic" not in f.qualifiers
    ]
    if acute:
        return [f"assertion: {acute[0].text} is present in the source"]
    return [] if findings else [f"finding: {mention.text}"]


def _speaks_of(fact: Mention, mention: Mention, lexicon: Lexicon) -> bool:
    """A source may be narrower than what is affirmed, and broader than what is denied."""
    if mention.presence is Presence.ABSENT:
        return lexicon.related(fact.concept, mention.concept)
    return lexicon.is_a(fact.concept, mention.concept)


_AGREE = {
    Presence.PRESENT: {Presence.PRESENT},
    Presence.ABSENT: {Presence.ABSENT},
    Presence.UNCERTAIN: {Presence.UNCERTAIN, Presence.PRESENT},
    Presence.HISTORICAL: {Presence.HISTORICAL, Presence.PRESENT},
}


def _agrees(held: Presence, said: Presence) -> bool:
    return held in _AGREE[said]


def _side_held(side: Laterality, sides: set[Laterality]) -> bool:
    if side is Laterality.BILATERAL:
        return side in sides or sides >= _BOTH
    return side in sides or Laterality.BILATERAL in sides


def _side_reasons(said: Reading, held: list[Reading]) -> Iterator[str]:
    """Side words that no source has, whatever they stand with."""
    sides = {side for reading in held for side, _, _ in reading.lateralities}
    for side, start, end in said.lateralities:
        if not _side_held(side, sides):
            yield f"side: {said.text[start:end]}"


def _place_reasons(said: Reading, facts: list[Mention], lexicon: Lexicon) -> Iterator[str]:
    """Body parts that no source names and no named finding implies."""
    places = {f.concept for f in facts if f.kind == "anatomy"}
    for fact in facts:
        concept = lexicon.get(fact.concept)
        if concept is not None and concept.anatomy:
            places.add(concept.anatomy)
    for mention in said.mentions:
        if mention.kind == "anatomy" and not any(lexicon.is_a(p, mention.concept) for p in places):
            yield f"place: {mention.text}"


_BARE = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.]*\d)")


def _number_reasons(said: Reading, held: list[Reading], source_text: str) -> Iterator[str]:
    sized = [q for reading in held for q in reading.quantities]
    spans = [(q.start, q.end) for q in said.quantities] + [(s, e) for _, s, e in said.dates]
    for q in said.quantities:
        if not any(_same_size(q, other) for other in sized):
            yield f"number: {q.text}"
    known = set(_BARE.findall(source_text))
    for found in _BARE.finditer(said.text):
        inside = any(s <= found.start() < e for s, e in spans)
        if not inside and found.group() not in known and not _enumerates(said.text, found):
            yield f"number: {found.group()}"


def _enumerates(text: str, found: re.Match[str]) -> bool:
    return found.start() == 0 and text[found.end() : found.end() + 1] in ".)"


def _same_size(one: Quantity, other: Quantity) -> bool:
    mine, theirs = _lengths(one), _lengths(other)
    same_kind = bool(one.millimetres) == bool(other.millimetres)
    if not same_kind or (not one.millimetres and one.unit != other.unit):
        return False
    return all(any(abs(a - b) <= 1e-6 + 1e-6 * abs(b) for b in theirs) for a in mine)


def _lengths(q: Quantity) -> tuple[float, ...]:
    return q.millimetres or q.dims


def _word_reasons(said: Reading, held: list[Reading]) -> Iterator[str]:
    dates = {date for reading in held for date, _, _ in reading.dates}
    for date, start, end in said.dates:
        if date not in dates:
            yield f"date: {said.text[start:end]}"
    if said.comparisons and not any(reading.comparisons for reading in held):
        yield f"comparison: {said.comparisons[0][0]}"
    if said.recommendation and not any(reading.recommendation for reading in held):
        yield "recommendation"


def same_fact_elsewhere(
    report: Report, changed_id: str, before: str, after: str, lexicon: Lexicon
) -> list[tuple[str, str]]:
    """Statements that still state the old fact after one statement changed.

    :param changed_id: the statement that was changed from ``before`` to ``after``.
    :returns: (statement id, suggested text) pairs: the same sentence with only the old side,
        number, severity or assertion put right.
    """
    old, new = read(before, lexicon), read(after, lexicon)
    edits = [*_number_edits(old, new, lexicon), *_word_edits(old, new, lexicon)]
    found = []
    for _, statement in report.live():
        if statement.id == changed_id or not edits:
            continue
        text = statement.text
        for edit in edits:
            text = edit(text)
        if text != statement.text:
            found.append((statement.id, text))
    return found


_Edit = Callable[[str], str]


def _number_edits(old: Reading, new: Reading, lexicon: Lexicon) -> Iterator[_Edit]:
    """Sizes that the edit took away, each with the one it put in its place."""
    gone = [q for q in old.quantities if not any(_same_size(q, n) for n in new.quantities)]
    come = [q for q in new.quantities if not any(_same_size(q, o) for o in old.quantities)]
    for was, now in zip(gone, come, strict=False):
        owner = owner_of(was, old)
        yield lambda text, was=was, now=now, owner=owner: _resized(  # type: ignore[misc]
            text, was, now, owner, lexicon
        )


def _resized(
    text: str, was: Quantity, now: Quantity, owner: Mention | None, lexicon: Lexicon
) -> str:
    reading = read(text, lexicon)
    for q in reversed(reading.quantities):
        here = owner_of(q, reading)
        same = owner is None or here is None or _one_thing(here, owner, lexicon)
        if same and _same_size(q, was) and _same_size(was, q):
            text = text[: q.start] + now.text + text[q.end :]
    return text


def _one_thing(one: Mention, other: Mention, lexicon: Lexicon) -> bool:
    if {one.laterality, other.laterality} == _BOTH:
        return False
    return same_family(one.concept, other.concept, lexicon)


def _word_edits(old: Reading, new: Reading, lexicon: Lexicon) -> Iterator[_Edit]:
    for was in old.findings():
        now = next((m for m in new.findings() if m.concept == was.concept), None)
        if now is None:
            continue
        if _flipped(was.laterality, now.laterality):
            yield lambda text, was=was, now=now: _turned(text, was, now, lexicon)  # type: ignore[misc]
        if was.severity and now.severity and was.severity != now.severity:
            words = _severity_words(old.text, new.text)
            if words:
                yield lambda text, was=was, words=words: _graded(text, was, words, lexicon)  # type: ignore[misc]
        if {was.presence, now.presence} == {Presence.PRESENT, Presence.ABSENT}:
            yield lambda text, was=was, new=new: _asserted(text, was, new, lexicon)  # type: ignore[misc]


def _flipped(was: Laterality, now: Laterality) -> bool:
    return was is not now and was is not Laterality.NONE and now is not Laterality.NONE


_SWAPS = {
    "left": "right",
    "right": "left",
    "lt": "rt",
    "rt": "lt",
    "lll": "rll",
    "rll": "lll",
    "lul": "rul",
    "rul": "lul",
    "leftward": "rightward",
    "rightward": "leftward",
    "luq": "ruq",
    "ruq": "luq",
    "llq": "rlq",
    "rlq": "llq",
}


def _turned(text: str, was: Mention, now: Mention, lexicon: Lexicon) -> str:
    """The text with the old side of this finding replaced by the new one."""
    reading = read(text, lexicon)
    for mention in reading.findings():
        if mention.laterality is not was.laterality or not same_family(
            mention.concept, was.concept, lexicon
        ):
            continue
        spans = [(s, e) for side, s, e in reading.lateralities if side is was.laterality]
        if spans:
            start, end = min(spans, key=lambda span: abs(span[0] - mention.start))
            return text[:start] + _side_word(text[start:end], now.laterality) + text[end:]
    return text


def _side_word(word: str, side: Laterality) -> str:
    head, _, tail = word.partition("-") if "-" in word else word.partition(" ")
    turned = _SWAPS.get(head.lower(), "")
    if side is Laterality.BILATERAL or not turned:
        return _cased(side.value, word)
    return _cased(turned, head) + word[len(head) :] if tail or word == head else turned


def _cased(word: str, like: str) -> str:
    if like.isupper():
        return word.upper()
    return word.capitalize() if like[:1].isupper() else word


_GRADE = re.compile(
    r"\b(?:trace|tiny|punctate|minimal|mild|small|slight|moderate|large|severe|marked|massive|extensive)"
    r"(?:ly)?\b",
    re.IGNORECASE,
)


def _severity_words(before: str, after: str) -> tuple[str, str] | None:
    gone = [w for w in _GRADE.findall(before) if w not in _GRADE.findall(after)]
    come = [w for w in _GRADE.findall(after) if w not in _GRADE.findall(before)]
    return (gone[0], come[0]) if gone and come else None


def _graded(text: str, was: Mention, words: tuple[str, str], lexicon: Lexicon) -> str:
    for mention in read(text, lexicon).findings():
        if mention.severity == was.severity and _one_thing(mention, was, lexicon):
            pattern = re.compile(rf"\b{re.escape(words[0])}\b", re.IGNORECASE)
            return pattern.sub(lambda m: _cased(words[1].lower(), m.group()), text, count=1)
    return text


def _asserted(text: str, was: Mention, new: Reading, lexicon: Lexicon) -> str:
    """A sentence about this finding alone, with the new assertion; others stay as they are."""
    reading = read(text, lexicon)
    stated = reading.findings()
    if len(stated) != 1 or stated[0].presence is not was.presence:
        return text
    if stated[0].concept != was.concept or {stated[0].laterality, was.laterality} == _BOTH:
        return text
    if was.presence is Presence.PRESENT:
        return f"No {lexicon.name(was.concept)}."
    return new.text if len(new.findings()) == 1 else text

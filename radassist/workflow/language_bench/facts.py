"""Facts of a text that its sources do not hold, counted apart from the gate that is measured.

A fact is a finding with its polarity (an affirmed one needs a source that affirms it or a kind of
it, a denied one a source that denies it or what it is a kind of), a side, a number or a date.  A
denial of anything in general ("no acute disease") needs that no source affirms something acute.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from radassist.checks.conflicts import UMBRELLAS
from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Lexicon, Mention
from radassist.workflow.chat.view import read_cached

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
#: Names of statements in an answer: "Findings 3 (s7): ..." holds no number of the patient's.
_REFERENCE = re.compile(r"\b[A-Z][a-z]+ \d+ \(s\d+\)|\[[^\]]*\]|\(s\d+\)", re.IGNORECASE)
_QUOTED = re.compile(r"“([^”]*)”")


def not_held(text: str, sources: Sequence[str], lexicon: Lexicon) -> list[str]:
    """Each fact of the text that no source holds, as ``kind: words``; verbatim quotes are held."""
    own = _QUOTED.sub(lambda m: " " if m.group(1) in sources else m.group(1), text)
    said = read_cached(_REFERENCE.sub("", own), lexicon)
    held = [read_cached(source, lexicon) for source in sources]
    facts = [m for reading in held for m in reading.findings()]
    missing = [f"finding: {m.text}" for m in said.findings() if not _held(m, facts, lexicon)]
    sides = {side for reading in held for side, _, _ in reading.lateralities}
    both = Laterality.BILATERAL in sides or {Laterality.LEFT, Laterality.RIGHT} <= sides
    missing += [
        f"side: {said.text[start:end]}"
        for side, start, end in said.lateralities
        if side not in sides and not both
    ]
    dates = {date for reading in held for date, _, _ in reading.dates}
    missing += [f"date: {said.text[s:e]}" for date, s, e in said.dates if date not in dates]
    known = {float(n) for source in sources for n in _NUMBER.findall(source)}
    known |= {n * 10 for n in known} | {n / 10 for n in known}  # mm and cm
    inside = [(s, e) for _, s, e in said.dates]
    missing += [
        f"number: {n.group()}"
        for n in _NUMBER.finditer(said.text)
        if not any(s <= n.start() < e for s, e in inside) and float(n.group()) not in known
    ]
    return list(dict.fromkeys(missing))


def _held(mention: Mention, facts: Sequence[Mention], lexicon: Lexicon) -> bool:
    if mention.presence is not Presence.ABSENT:
        return any(
            f.presence is not Presence.ABSENT and lexicon.is_a(f.concept, mention.concept)
            for f in facts
        )
    if mention.concept in UMBRELLAS:
        return not any(_acute(f, lexicon) for f in facts)
    return any(
        f.presence is Presence.ABSENT and lexicon.related(f.concept, mention.concept) for f in facts
    )


def _acute(fact: Mention, lexicon: Lexicon) -> bool:
    concept = lexicon.get(fact.concept)
    known = concept is not None and (concept.acute or concept.critical)
    return known and fact.presence is Presence.PRESENT and "chronic" not in fact.qualifiers

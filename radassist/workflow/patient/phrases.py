"""One finding in plain words: noun phrase, degree, adjectives, size, place, side, change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.findings import Laterality, Presence
from radassist.domain.glossary import SLOT, Glossary, Term, without_article
from radassist.domain.reading import Mention, Quantity

_AMOUNT = {
    "trace": "a very small amount of ",
    "mild": "a small amount of ",
    "moderate": "a medium amount of ",
    "severe": "a large amount of ",
}
_SIZE = {"trace": "tiny", "mild": "small", "moderate": "medium-sized", "severe": "large"}
_DEGREE = {"trace": "very mild", "mild": "mild", "moderate": "moderate", "severe": "severe"}
_ADVERB = {
    "trace": "very slightly ",
    "mild": "slightly ",
    "moderate": "moderately ",
    "severe": "much ",
}
_INTENSITY = {
    "trace": "very slightly",
    "mild": "slightly",
    "moderate": "moderately",
    "severe": "very",
}
_GRADES = {"degree": _DEGREE, "size": _SIZE, "adverb": _INTENSITY}
_SIDES = {
    Laterality.LEFT: " on the left",
    Laterality.RIGHT: " on the right",
    Laterality.BILATERAL: " on both sides",
    Laterality.NONE: "",
}
_CHANGES = {
    "new": "This is new.",
    "increased": "There is more of it than before, or it is larger.",
    "decreased": "There is less of it than before, or it is smaller.",
    "unchanged": "This has not changed.",
    "resolved": "It was there before and is gone.",
}


@dataclass(frozen=True)
class Described:
    """A finding with what the plain sentence has to carry over.

    :param modifiers: adjectives of the report in their order.
    :param places: terms of the body parts that the plain phrase does not name yet.
    :param sizes: numbers with units that belong to it.
    """

    term: Term
    mention: Mention
    modifiers: tuple[str, ...] = ()
    places: tuple[Term, ...] = ()
    sizes: tuple[Quantity, ...] = ()
    several: bool = False


def in_plain_words(told: Described, glossary: Glossary) -> str:
    """One or two sentences about the finding, or "" where no wording carries all of it over."""
    body = _sentence(told, [glossary.modifiers[m] for m in told.modifiers])
    if not body:
        return ""
    body = body[0].upper() + body[1:] + "."
    change = _CHANGES.get(told.mention.change, "")
    return f"{body} {change}".strip()


def _sentence(told: Described, adjectives: Sequence[str]) -> str:
    term, mention = told.term, told.mention
    absent = mention.presence is Presence.ABSENT
    whole = {
        Presence.ABSENT: term.absent,
        Presence.PRESENT: term.present,
    }.get(mention.presence, "")
    if whole and _fits(whole, told, adjectives):
        return _filled(whole, mention, adjectives)
    if _unsayable(told):
        return ""
    noun = _noun(told, adjectives)
    size = f" ({', '.join(q.text for q in told.sizes)})" if told.sizes else ""
    where = _where(told)
    if absent:
        return f"There is no {without_article(noun)}{size}{where}"
    if mention.presence is Presence.HISTORICAL:
        return f"In the past: {noun}{size}{where}"
    if mention.presence is Presence.UNCERTAIN:
        probable = mention.certainty == "probable"
        verb = "is probably" if probable else "may be"
        return f"There {verb} {noun}{size}{where}"
    plural = term.is_plural or (told.several and bool(term.many))
    return f"There {'are' if plural else 'is'} {noun}{size}{where}"


def _unsayable(told: Described) -> bool:
    """A degree without words, "a recent infection in the past", or one organ with a side."""
    term, mention = told.term, told.mention
    degree = bool(mention.severity) and not term.grade
    past = mention.presence is Presence.HISTORICAL and bool(told.modifiers)
    sided = bool(term.present) and mention.laterality is not Laterality.NONE
    return degree or past or sided


def _fits(whole: str, told: Described, adjectives: Sequence[str]) -> bool:
    """Whether a fixed sentence carries degree, adjectives, size and place over."""
    graded = not told.mention.severity or "{grade}" in whole
    modified = not adjectives or "{premodifier}" in whole
    sided = told.mention.laterality is Laterality.NONE or _has_side_slot(whole)
    return graded and modified and sided and not told.places and not told.sizes


def _filled(text: str, mention: Mention, adjectives: Sequence[str]) -> str:
    text = text.replace("{grade}", _ADVERB.get(mention.severity, ""))
    text = text.replace("{premodifier}", "".join(f"{a} " for a in adjectives))
    return _articled(with_side(text, mention))


def _noun(told: Described, adjectives: Sequence[str]) -> str:
    term, severity = told.term, told.mention.severity
    several = told.several and bool(term.many)
    phrase = with_side(term.many if several else term.plain, told.mention)
    words = list(adjectives)
    if severity and term.grade == "amount":
        amount = _AMOUNT[severity]
        return _articled(amount + _before(without_article(phrase), words))
    if severity:
        words.insert(0, _GRADES[term.grade][severity])
    return _articled(_before(phrase, words))


def _before(phrase: str, words: Sequence[str]) -> str:
    """Adjectives between the article and the noun, without saying one twice."""
    article = re.match(r"an?\s+", phrase)
    rest = phrase[article.end() :] if article else phrase
    own = set(rest.split()[:2])
    put = " ".join(w for w in dict.fromkeys(words) if w not in own)
    return f"{article.group() if article else ''}{put} {rest}" if put else phrase


def _articled(text: str) -> str:
    """ "a" or "an" as the next word sounds."""
    text = re.sub(r"\ba(?= [aeio]|\s+un[a-z])", "an", text)
    return re.sub(r"\ban(?= (?!un)[^aeiou\s])", "a", text)


def _has_side_slot(text: str) -> bool:
    return any(name not in ("grade", "premodifier") for name in SLOT.findall(text))


def with_side(text: str, mention: Mention) -> str:
    """ "{lung}" as "the left lung", "both lungs", "the lungs" (denied) or "the lung"."""

    def put(found: re.Match[str]) -> str:
        organ, side = found.group(1), mention.laterality
        many = organ[:-1] + "ies" if organ.endswith("y") and organ[-2] not in "aeo" else organ + "s"
        if side is Laterality.BILATERAL:
            return f"both {many}"
        if side is not Laterality.NONE:
            return f"the {side.value} {organ}"
        return f"the {many if mention.presence is Presence.ABSENT else organ}"

    return SLOT.sub(put, text)


def _where(told: Described) -> str:
    """ " in the upper part of the left lung", or the side alone where no place takes it."""
    spots = [f" {t.prep} {with_side(t.plain, told.mention)}" for t in told.places]
    text = " and".join(spots)
    sided = any(_has_side_slot(t.plain) or t.side for t in told.places)
    if sided or _has_side_slot(told.term.plain):
        return text
    return text + _SIDES[told.mention.laterality]

"""Two phrases set against each other ("severe, not mild cardiomegaly"): what changes, and of what.

People say a correction in full once and name the rest by a word.  The words that both phrases
share, or that only one of them has, say what it is about; the words of one kind (two sizes, two
sides, two numbers, two rival qualifiers) are what changes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.workflow.chat import attributes

_TOKEN = re.compile(
    rf"{attributes.QUANTITY}|\d+(?:\.\d+)?\s+(?:days?|weeks?|months?|years?)\b|[^\s,;]+",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ARTICLE = re.compile(r"(?:the|an?|of|in|on|at|is|are)", re.IGNORECASE)


@dataclass(frozen=True)
class Aligned:
    """What a pair of phrases comes to.

    :param old: the words to be replaced, as the old phrase has them.
    :param new: the words in their place.
    :param about: the words that only say which fact is meant; "" when there are none.
    """

    old: str
    new: str
    about: str


def aligned(old: str, new: str, known: frozenset[str] = frozenset()) -> Aligned | None:
    """Set two phrases against each other; None when they share neither words nor a kind.

    :param known: words of the report: an unknown word before the one that changes is new with it
        ("high-grade partial-thickness tear, not full-thickness").
    """
    olds, news = _tokens(old), _tokens(new)
    if not olds or not news:
        return None
    return _by_kind(olds, news, known) or _by_shared_words(olds, news)


def _tokens(phrase: str) -> list[str]:
    return [m.group() for m in _TOKEN.finditer(phrase.strip(" .")) if m.group().strip()]


def kind(word: str) -> str:
    """What a word can only be exchanged for: size, side, number, or the rivals of a qualifier."""
    if re.fullmatch(attributes.SIDE, word, re.IGNORECASE):
        return "side"
    if re.fullmatch(attributes.SEVERITY, word, re.IGNORECASE):
        return "size"
    if re.fullmatch(attributes.QUANTITY, word, re.IGNORECASE):
        return "quantity"
    if _NUMBER.match(word):
        return "number"
    return " ".join(attributes.rivals(word))


def _by_kind(olds: Sequence[str], news: Sequence[str], known: frozenset[str]) -> Aligned | None:
    """ "severe" against "mild cardiomegaly": the one word of the same kind in the longer phrase."""
    short, long = (olds, news) if len(olds) <= len(news) else (news, olds)
    if len(short) != 1:
        return None
    wanted = kind(short[0])
    if not wanted:
        return None
    hits = [i for i, word in enumerate(long) if _exchangeable(kind(word), wanted)]
    if len(hits) != 1:
        return None
    first = hits[0]
    while long is news and first > 0 and known and _is_new(long[first - 1], known):
        first -= 1
    word = " ".join(long[first : hits[0] + 1])
    about = _about([*long[:first], *long[hits[0] + 1 :]])
    old, new = (short[0], word) if short is olds else (word, short[0])
    return Aligned(*_with_units(old, new), about)


def _is_new(word: str, known: frozenset[str]) -> bool:
    return word.lower() not in known and _ARTICLE.fullmatch(word) is None


def _exchangeable(a: str, b: str) -> bool:
    return bool(a) and (a == b or {a, b} == {"number", "quantity"})


def _with_units(old: str, new: str) -> tuple[str, str]:
    """ "3" against "6 months": "3 months" is meant."""
    for bare, full in ((old, new), (new, old)):
        unit = re.fullmatch(r"\d+(?:\.\d+)?(\s*-?\s*[A-Za-z%]+)", full)
        if unit and _NUMBER.fullmatch(bare):
            whole = f"{bare}{unit.group(1)}"
            return (whole, new) if bare == old else (old, whole)
    return old, new


def _by_shared_words(olds: Sequence[str], news: Sequence[str]) -> Aligned | None:
    """ "right lower lobe" against "left lower lobe nodule": the stretch that shares most words."""
    short, long = (olds, news) if len(olds) <= len(news) else (news, olds)
    low_short = [w.lower() for w in short]
    best: tuple[int, int] | None = None
    for at in range(len(long) - len(short) + 1):
        window = [w.lower() for w in long[at : at + len(short)]]
        shared = sum(a == b for a, b in zip(window, low_short, strict=True))
        if 0 < shared < len(short) and (best is None or shared > best[0]):
            best = (shared, at)
    if best is None:
        return None
    at = best[1]
    window = list(long[at : at + len(short)])
    about = _about([*long[:at], *long[at + len(short) :]])
    old, new = (short, window) if short is olds else (window, short)
    return Aligned(" ".join(old), " ".join(new), about)


def _about(words: Sequence[str]) -> str:
    kept = list(words)
    while kept and _ARTICLE.fullmatch(kept[0]):
        kept.pop(0)
    while kept and _ARTICLE.fullmatch(kept[-1]):
        kept.pop()
    return " ".join(kept)

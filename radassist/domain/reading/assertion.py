"""Which findings a sentence denies, doubts or puts in the past.

Triggers with scopes after NegEx (Chapman et al., J Biomed Inform 2001) and ConText (Harkema et al.,
J Biomed Inform 2009), with three additions that radiology's telegram style needs: a comma ends a
denial when a new clause or an affirmed item follows it, a list with "or" keeps it alive, and
pseudo-triggers ("no change", "not only") disarm the words inside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.findings import Presence
from radassist.domain.reading.lexicon import Hit, Lexicon, Word
from radassist.domain.reading.tokens import Token

_BREAKS = frozenset(";:")
_VERBS = frozenset(
    [
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "remain",
        "appear",
        "show",
        "demonstrate",
        "contain",
        "project",
        "measure",
        "seem",
        "reveal",
        "suggest",
        "may",
        "could",
        "represent",
        "reflect",
    ]
)
_LIST = frozenset({"or", "nor"})
#: Words that open an affirmed item after a comma or "and" ("no effusion, stable cardiomegaly").
_AFFIRM = frozenset(
    [
        "there",
        "it",
        "this",
        "these",
        "with",
        "only",
        "stable",
        "unchanged",
        "persistent",
        "again",
        "continued",
        "redemonstrated",
        "chronic",
        "mild",
        "minimal",
        "moderate",
        "severe",
        "normal",
        "heart",
        "cardiomegaly",
        "scattered",
        "old",
        "prior",
        "prominent",
        "low",
        "improved",
        "tiny",
        "small",
        "subtle",
        "trace",
        "calcified",
        "degenerative",
        "mildly",
        "moderately",
        "borderline",
        "unremarkable",
    ]
)
_AFTER_AND = _AFFIRM | frozenset({"the", "a", "an"})
_WINDOW = {"uncertain-before": 14, "historical-before": 9, "hypothetical-before": 14}


@dataclass(frozen=True)
class Scope:
    """Tokens ``first`` to ``last`` (exclusive) on which a trigger works."""

    group: str
    value: str
    first: int
    last: int
    hit: Hit


def scopes(tokens: Sequence[Token], lexicon: Lexicon) -> list[Scope]:
    """The scopes of all triggers of one sentence."""
    hits = list(lexicon.triggers.find(tokens))
    stops = [h.first for h in hits if isinstance(h.entry, Word) and h.entry.group == "terminator"]
    stops += [i for i, token in enumerate(tokens) if token.text in _BREAKS]
    stops.sort()
    found = []
    for hit in hits:
        word = hit.entry
        if not isinstance(word, Word) or word.group in ("pseudo", "terminator"):
            continue
        if word.group.endswith("-after"):
            first = max((s + 1 for s in stops if s < hit.first), default=0)
            first = _backward(tokens, first, hit.first, alternative=word.value == "alternative")
            found.append(Scope(word.group, word.value, first, hit.first, hit))
        else:
            last = min((s for s in stops if s >= hit.last), default=len(tokens))
            last = _forward(tokens, hit.last, last, word.group)
            found.append(Scope(word.group, word.value, hit.last, last, hit))
    return found


def _forward(tokens: Sequence[Token], first: int, last: int, group: str) -> int:
    """Where a scope that begins at ``first`` ends, ``last`` at the latest."""
    window = _WINDOW.get(group)
    if window:
        last = min(last, first + window)
    for at in range(first + 1, last):
        text = tokens[at].text.lower()
        if group in ("historical-before", "resolved-before") and tokens[at].norm in _PRESENT_AGAIN:
            return at
        if text == "," and _comma_ends(tokens, at, last, group):
            return at
        if text == "and" and _and_ends(tokens, at, last):
            return at
        if text == "." and at + 1 < last:
            return at
    return last


#: "Status post lobectomy with volume loss", "resolution of pneumonia with scarring": what follows
#: is seen now.
_PRESENT_AGAIN = frozenset({"with", "now", "currently"})


def _comma_ends(tokens: Sequence[Token], at: int, last: int, group: str) -> bool:
    if group in ("historical-before", "hypothetical-before"):
        return not _later(tokens, at, last, _LIST | {"and"})
    if group == "uncertain-before":
        return not _later(tokens, at, last, _LIST | {"versus", "vs", "and"})
    if at + 1 < last and tokens[at + 1].norm in _AFFIRM and not _later(tokens, at, last, _LIST):
        return True
    return _new_clause(tokens, at + 1, last)


def _and_ends(tokens: Sequence[Token], at: int, last: int) -> bool:
    if at + 1 >= last or _later(tokens, at, last, _LIST):
        return False
    return tokens[at + 1].norm in _AFTER_AND or _new_clause(tokens, at + 1, last)


def _new_clause(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a subject of body parts and its verb follow ("the heart is normal")."""
    subject = 0
    for at in range(first, min(last, first + 6)):
        norm = tokens[at].norm
        if norm in _VERBS:
            return subject > 0
        if not tokens[at].is_word or norm in ("or", "nor", "no"):
            return False
        subject += norm in _SUBJECTS
    return False


_SUBJECTS = frozenset(
    [
        "heart",
        "lung",
        "mediastinum",
        "aorta",
        "silhouette",
        "contour",
        "bone",
        "structure",
        "spine",
        "liver",
        "spleen",
        "kidney",
        "pancreas",
        "gallbladder",
        "bladder",
        "bowel",
        "ventricle",
        "cistern",
        "sulcus",
        "trachea",
        "diaphragm",
        "hemidiaphragm",
        "vasculature",
        "vascularity",
        "size",
        "tip",
        "tube",
        "catheter",
        "line",
        "lobe",
        "base",
        "apex",
        "hilum",
        "gland",
        "sinus",
        "cell",
        "patient",
        "he",
        "she",
        "volume",
        "tissue",
    ]
)


def _later(tokens: Sequence[Token], at: int, last: int, words: frozenset[str]) -> bool:
    return any(token.norm in words for token in tokens[at + 1 : last])


_APART = frozenset(
    [
        *("with", "without", "no", "not", "nor", "may", "might", "could", "represent", "reflect"),
        *("suggest", "suggesting", "representing", "reflecting", "likely", "due", "suspicious"),
    ]
)


def _backward(tokens: Sequence[Token], first: int, last: int, *, alternative: bool = False) -> int:
    """Where a scope that ends before ``last`` begins: after a comma that makes no list.

    "Stones without thickening or fluid": an alternative does not reach over "without", nor over
    "may represent".
    """
    for at in range(last - 1, first - 1, -1):
        if alternative and tokens[at].norm in _APART:
            return at + 1
        if tokens[at].text == "," and not _later(tokens, at, last, _LIST | {"and"}):
            return at + 1
        if tokens[at].text == ".":
            return at + 1
    return first


def presence_of(
    first: int, last: int, active: Sequence[Scope], *, normal: bool = False, gapped: bool = False
) -> tuple[Presence, str]:
    """Presence and certainty ("", "possible", "probable", "alternative", "resolved", "family").

    :param gapped: other words may stand inside the phrase ("heart is not enlarged").
    :param normal: the phrase itself says that something is normal ("lungs are clear").
    """
    if normal:
        return _presence_of_normal(first, last, active)
    within = [s for s in active if s.first <= first < s.last]
    groups = {s.group: s for s in sorted(within, key=lambda s: s.value != "alternative")}
    if gapped:
        inner = [s for s in active if first < s.hit.first and s.hit.last <= last]
        groups.update((s.group, s) for s in inner if s.group == "negation-before")
    if "negation-before" in groups or "negation-after" in groups:
        scope = groups.get("negation-after") or groups["negation-before"]
        return Presence.ABSENT, "probable" if scope.value == "unlikely" else ""
    if "resolved-before" in groups or "resolved-after" in groups:
        return Presence.ABSENT, "resolved"
    if "historical-before" in groups or "family" in groups:
        return Presence.HISTORICAL, "family" if "family" in groups else ""
    doubts = [groups[g].value for g in _DOUBTS if g in groups]
    if doubts:
        return Presence.UNCERTAIN, next((d for d in doubts if d != "alternative"), doubts[0])
    return Presence.PRESENT, ""


_DOUBTS = ("uncertain-before", "uncertain-after", "hypothetical-before")


def _presence_of_normal(first: int, last: int, active: Sequence[Scope]) -> tuple[Presence, str]:
    """A normal phrase denies its concept, unless it is itself denied ("is not clear")."""
    for scope in active:
        inside = first < scope.hit.first and scope.hit.last <= last
        beside = scope.hit.last == first and scope.value == "not"
        if scope.group == "negation-before" and (inside or beside):
            return Presence.UNCERTAIN, "possible"
    return Presence.ABSENT, ""

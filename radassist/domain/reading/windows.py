"""Which words of a sentence belong to which finding.

Between two findings the last "and", comma or "with" parts the words: those before it follow the
first ("opacity in the left base"), those after it lead to the second
("and right effusion").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from radassist.domain.reading.assertion import Scope
from radassist.domain.reading.lexicon import Concept, Hit
from radassist.domain.reading.tokens import Token

_JOINTS = frozenset(
    [",", "and", "or", "nor", "with", "without", "but", "/", "versus", "vs", "plus", ";"]
)
_PREPOSITIONS = frozenset(
    [
        "in",
        "at",
        "on",
        "within",
        "of",
        "along",
        "over",
        "involving",
        "near",
        "about",
        "throughout",
        "to",
    ]
)
_LINKS = frozenset(
    [
        "represent",
        "representing",
        "reflecting",
        "reflect",
        "suggesting",
        "suggest",
        "likely",
        "consistent",
        "compatible",
        "possibly",
        "probably",
        "indicating",
        "due",
        "secondary",
        "related",
        "from",
        "suspicious",
        "concerning",
    ]
)


@dataclass
class Window:
    """Tokens ``first`` to ``last`` (exclusive) that belong to one finding.

    :param chain: the windows to look in for side and place, own first, then those of findings that
        it is joined with.
    """

    first: int
    last: int
    chain: list[Window] = field(default_factory=list)

    def holds(self, token: int) -> bool:
        return self.first <= token < self.last


def own_windows(
    tokens: Sequence[Token], stated: Sequence[Hit], active: Sequence[Scope]
) -> list[Window]:
    """One window a hit, in the order of the hits."""
    if not stated:
        return []
    groups = _overlapping(stated)
    heads = [
        Hit(stated[g[0]].first, max(stated[i].last for i in g), stated[g[0]].entry) for g in groups
    ]
    windows = [Window(h.first, h.last) for h in heads]
    joined = [False] * len(heads)
    windows[0].first = _clause_start(tokens, heads[0].first)
    for i in range(len(heads) - 1):
        cut, linked = _cut(tokens, heads[i].last, heads[i + 1].first)
        windows[i].last, windows[i + 1].first = cut, cut
        joined[i] = linked and _kind(heads[i]) == _kind(heads[i + 1])
    windows[-1].last = _clause_end(tokens, heads[-1].last)
    for i, window in enumerate(windows):
        window.chain = [window]
        if i > 0 and joined[i - 1]:
            window.chain.append(windows[i - 1])
        if i + 1 < len(windows) and joined[i]:
            window.chain.append(windows[i + 1])
        if i > 1 and joined[i - 1] and joined[i - 2]:
            window.chain.append(windows[i - 2])
    return [windows[g] for g, members in enumerate(groups) for _ in members]


def _kind(hit: Hit) -> str:
    """A tube and a finding beside it share neither side nor place."""
    return hit.entry.kind if isinstance(hit.entry, Concept) else ""


def _overlapping(stated: Sequence[Hit]) -> list[list[int]]:
    """Indices of hits that overlap, together: they share one window."""
    groups: list[list[int]] = []
    end = -1
    for index, hit in enumerate(stated):
        if groups and hit.first < end:
            groups[-1].append(index)
        else:
            groups.append([index])
        end = max(end, hit.last)
    return groups


def _clause_start(tokens: Sequence[Token], before: int) -> int:
    for at in range(before - 1, -1, -1):
        if tokens[at].text in ";" or (tokens[at].text == "." and at + 1 < before):
            return at + 1
        if tokens[at].text == "," and _ends_clause(tokens, at):
            return at + 1
    return 0


_CLAUSE_VERBS = frozenset(["is", "are", "was", "were", "remain", "appear", "has", "have"])
_GOES_ON = frozenset(["with", "and", "but", "while", "although"])


def _ends_clause(tokens: Sequence[Token], at: int) -> bool:
    """Whether a comma ends a sentence of its own ("the heart is stable, with left opacity")."""
    joined = at + 1 < len(tokens) and tokens[at + 1].norm in _GOES_ON
    return joined and any(t.norm in _CLAUSE_VERBS for t in tokens[:at])


def _clause_end(tokens: Sequence[Token], after: int) -> int:
    for at in range(after, len(tokens)):
        if tokens[at].text in ";.":
            return at
    return len(tokens)


def _cut(tokens: Sequence[Token], first: int, last: int) -> tuple[int, bool]:
    """Where the words between two findings part, and whether side and place may be shared."""
    between = tokens[first:last]
    hard = [i for i, t in enumerate(between) if t.text in ";." or t.norm in ("but", "however")]
    if hard:
        return first + hard[-1] + 1, False
    joints = [i for i, t in enumerate(between) if t.norm in _JOINTS]
    links = [i for i, t in enumerate(between) if t.norm in _LINKS]
    if joints:
        return first + joints[-1], True
    if links:
        return first + links[0], True
    if any(t.norm in _PREPOSITIONS for t in between):
        return last, True
    return first, True

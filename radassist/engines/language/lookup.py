"""Prompt lookup: what stood after the last two tokens before is likely to come again.

A rewritten sentence repeats most of the sentence that it rewrites.  The tokens that follow the
same two tokens earlier in the text are proposed; the model looks at all of them in one batch and
keeps those that it would have written itself (prompt lookup decoding, A. Saxena 2023).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

#: Tokens proposed at once.  With the token before them that is a batch of four, the smallest one
#: that llama.cpp's matrix kernels for processors do at once: batches of two and three cost more.
DRAFT = 3


class Lookup:
    """The text so far, indexed by its pairs of tokens."""

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens: list[int] = []
        self._after: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        for token in tokens:
            self.append(token)

    def append(self, token: int) -> None:
        """One more token of the text."""
        if len(self._tokens) >= 2:
            self._after[self._tokens[-2], self._tokens[-1]].append(len(self._tokens))
        self._tokens.append(token)

    def draft(self) -> list[int]:
        """``DRAFT`` tokens that may follow, or none.

        Of several places the one with the longest agreement before it counts, and of those the
        latest.
        """
        text = self._tokens
        if len(text) < 2:
            return []
        best, length = -1, 0
        for place in reversed(self._after.get((text[-2], text[-1]), ())):
            agreed = self._agreement(place)
            if agreed > length and place + DRAFT <= len(text):
                best, length = place, agreed
        return text[best : best + DRAFT] if best >= 0 else []

    def _agreement(self, place: int, most: int = 8) -> int:
        """How many tokens before ``place`` are those at the end of the text."""
        text = self._tokens
        count = 2
        while count < min(most, place) and text[place - 1 - count] == text[-1 - count]:
            count += 1
        return count

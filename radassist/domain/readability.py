"""How hard an English text is to read: Flesch reading ease and Flesch-Kincaid grade.

Kincaid JP, Fishburne RP, Rogers RL, Chissom BS. Derivation of new readability formulas for Navy
enlisted personnel. Research Branch Report 8-75, 1975.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+(?:\.\d+)?")
_END = re.compile(r"[.!?:]+[\"”')\]]*(?:\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")
#: Words whose vowels the rule below counts wrongly.
_SYLLABLES = {"area": 3, "areas": 3, "gas": 1, "diet": 2, "being": 2}


@dataclass(frozen=True)
class Readability:
    """Counts of a text, and what the formulas make of them.

    :param grade: years of school in the United States; 0 for an empty text.
    :param ease: 0 (very hard) to 100 (very easy), not clipped.
    """

    words: int
    sentences: int
    syllables: int

    @property
    def grade(self) -> float:
        if not self.words:
            return 0.0
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59

    @property
    def ease(self) -> float:
        if not self.words:
            return 100.0
        return 206.835 - 1.015 * self.words / self.sentences - 84.6 * self.syllables / self.words


def readability(text: str) -> Readability:
    """Words, sentences and syllables; a full stop inside a number ends no sentence."""
    words = _WORD.findall(text)
    sentences = max(1, sum(1 for part in _END.split(text) if _WORD.search(part)))
    return Readability(len(words), sentences, sum(syllables(word) for word in words))


def syllables(word: str) -> int:
    """Syllables of an English word by its groups of vowels; a number counts one a digit group."""
    if not word[:1].isalpha():
        return len(re.findall(r"\d+", word))
    return sum(_part(part) for part in re.split(r"['’-]", word.lower()) if part)


def _part(word: str) -> int:
    if word in _SYLLABLES:
        return _SYLLABLES[word]
    stem = re.sub(r"(?<=[^aeiouy])e(?:s|d)?$", _silent, word)
    count = len(_VOWELS.findall(stem))
    count += len(re.findall(r"i[ao](?![nr]\b)|[^qg]ua|eo|ism$", stem))
    return max(1, count)


def _silent(found: re.Match[str]) -> str:
    """A last e is silent, but not in "table", "boxes" or "needed"."""
    before, ending = found.string[: found.start()], found.group()
    if ending == "e" and re.search(r"[^aeiouy]l$", before):
        return ending
    if ending == "es" and re.search(r"(?:[sxz]|ch|sh|[cg])$", before):
        return ending
    if ending == "ed" and before[-1:] in "td":
        return ending
    return ""

"""Words and small surgery on one sentence: stems, edit distance, substitution, articles, trimming.

Everything here is pure text; what a sentence says is the reader's business
(``radassist.domain.reading``).
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterable

WORD = re.compile(r"[A-Za-z][A-Za-z'-]*[A-Za-z]|[A-Za-z]|\d+(?:\.\d+)?")

#: Words that never tell one sentence from another.
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "of",
        "in",
        "on",
        "at",
        "to",
        "for",
        "with",
        "without",
        "and",
        "or",
        "but",
        "nor",
        "is",
        "are",
        "was",
        "were",
        "be",
        "been",
        "being",
        "am",
        "it",
        "its",
        "this",
        "that",
        "these",
        "those",
        "there",
        "here",
        "as",
        "by",
        "from",
        "into",
        "than",
        "then",
        "so",
        "no",
        "not",
        "any",
        "some",
        "all",
        "each",
        "every",
        "both",
        "which",
        "who",
        "what",
        "where",
        "when",
        "how",
        "has",
        "have",
        "had",
        "do",
        "does",
        "did",
        "can",
        "could",
        "should",
        "would",
        "may",
        "might",
        "will",
        "seen",
        "noted",
        "identified",
        "demonstrated",
        "present",
        "evidence",
        "evident",
        "visualized",
        "visualised",
        "appears",
        "appear",
        "appearing",
        "sentence",
        "sentences",
        "statement",
        "statements",
        "line",
        "lines",
        "about",
        "one",
        "ones",
        "part",
        "bit",
        "regarding",
        "concerning",
        "mention",
        "mentions",
        "mentioning",
        "report",
    ]
)

#: Letters that two words may differ in and still be the same stem here.
_SUFFIXES = ("ization", "isation", "ations", "ation", "ities", "ously", "ness", "ings", "ing")
_ENDINGS = ("ies", "ied", "ular", "ary", "ic", "al", "ed", "es", "s", "ly", "y", "e")

#: Irregular forms that radiology uses; each maps to the stem of its family.
_FAMILIES = {
    "vertebrae": "vertebra",
    "vertebral": "vertebra",
    "bony": "bone",
    "bones": "bone",
    "costal": "rib",
    "cardiac": "heart",
    "renal": "kidney",
    "kidneys": "kidney",
    "hepatic": "liver",
    "splenic": "spleen",
    "hila": "hilum",
    "hilar": "hilum",
    "pleura": "pleur",
    "pleural": "pleur",
    "calcified": "calcif",
    "calcification": "calcif",
    "calcifications": "calcif",
    "metastatic": "metasta",
    "metastases": "metasta",
    "metastasis": "metasta",
    "diaphragmatic": "diaphragm",
    "hemidiaphragm": "diaphragm",
    "hemidiaphragms": "diaphragm",
    "aortic": "aorta",
    "thoracic": "thorac",
    "thorax": "thorac",
    "atelectatic": "atelecta",
    "atelectasis": "atelecta",
    "stenotic": "stenos",
    "stenosis": "stenos",
    "fibrotic": "fibros",
    "fibrosis": "fibros",
    "emphysematous": "emphysem",
    "emphysema": "emphysem",
    "granulomatous": "granulom",
    "granuloma": "granulom",
    "granulomata": "granulom",
    "edematous": "edema",
    "oedema": "edema",
    "cystic": "cyst",
    "nodular": "nodul",
    "nodule": "nodul",
    "nodules": "nodul",
    "effusions": "effusion",
    "opacification": "opacit",
    "opacity": "opacit",
    "opacities": "opacit",
    "lobar": "lobe",
    "biliary": "bile",
    "gastric": "stomach",
    "pericardial": "pericardi",
    "pericardium": "pericardi",
    "cerebral": "brain",
    "pancreatic": "pancrea",
    "pancreas": "pancrea",
    "gallstones": "gallstone",
    "hernial": "hernia",
    "tracheal": "trachea",
}
_FAMILIES.update({name: name for name in set(_FAMILIES.values())})


def stem(word: str) -> str:
    """A crude stem under which inflections of radiology words meet ("nodular", "nodules")."""
    lower = word.lower().strip("'-")
    if lower in _FAMILIES:
        return _FAMILIES[lower]
    for suffix in _SUFFIXES:
        if lower.endswith(suffix) and len(lower) - len(suffix) >= 4:
            return lower[: -len(suffix)]
    for latin in ("us", "i", "um", "a"):
        if lower.endswith(latin) and len(lower) - len(latin) >= 5:
            return lower[
                : -len(latin)
            ]  # "meniscus" and "menisci", "diverticulum" and "diverticula"
    for ending in _ENDINGS:
        if lower.endswith(ending) and len(lower) - len(ending) >= 3 and not lower.endswith("ss"):
            base = lower[: -len(ending)]
            return _FAMILIES.get(base, base)
    return lower


def stems(text: str) -> list[str]:
    """Stems of the words that carry meaning, in order; hyphenated words give their parts too."""
    found: list[str] = []
    for match in WORD.finditer(text):
        for part in match.group().split("-"):
            if part and part.lower() not in STOP_WORDS:
                found.append(stem(part))
    return found


def one_edit_apart(a: str, b: str) -> bool:
    """True when one letter inserted, dropped, replaced, or two neighbours swapped make b of a."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    if len(a) > len(b):
        a, b = b, a
    start = next((i for i, letter in enumerate(a) if letter != b[i]), len(a))
    if len(a) < len(b):
        return a[start:] == b[start + 1 :]
    if a[start + 1 :] == b[start + 1 :]:
        return True
    swapped = a[start + 1 : start + 2] + a[start : start + 1]
    return swapped == b[start : start + 2] and a[start + 2 :] == b[start + 2 :]


def nearest(word: str, vocabulary: Iterable[str]) -> str | None:
    """The one word of the vocabulary that is one edit away, or None when there is none or two."""
    hits = {known for known in vocabulary if len(known) > 3 and one_edit_apart(word, known)}
    return hits.pop() if len(hits) == 1 else None


def sentence(text: str) -> str:
    """Text as a sentence of a report: trimmed, capital first letter, full stop."""
    trimmed = re.sub(r"\s+", " ", text).strip().strip("\"'“”").strip()
    if not trimmed:
        return ""
    first = trimmed.split()[0]
    if first[:1].islower() and not re.match(r"[a-z]+[A-Z]", first):  # keep "mRECIST"
        trimmed = trimmed[0].upper() + trimmed[1:]
    return trimmed if trimmed[-1] in ".!?:" else trimmed.rstrip(",;") + "."


def tidy(text: str) -> str:
    """Mend spacing, doubled punctuation, articles and the first capital after words were cut."""
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s+([,.;:!?)])", r"\1", text)
    text = re.sub(r"([(])\s+", r"\1", text)
    text = re.sub(r"\(\)", "", text)
    text = re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text)
    text = re.sub(r"[,;:]+\s*([.!?])", r"\1", text)
    text = re.sub(r"^[\s,;:.-]+", "", text)
    text = re.sub(r"\s+", " ", text).strip()
    if text and text[0].islower():
        text = text[0].upper() + text[1:]
    return fix_articles(text)


_ARTICLE = re.compile(r"\b([Aa])(n?)(\s+)(?=([A-Za-z0-9-]+))")


def takes_an(word: str) -> bool:
    """True when the indefinite article before this word is "an"."""
    if word.isupper() and len(word) > 1:
        return word[0] in "AEFHILMNORSX"
    return (
        re.match(r"(?!uni|use|usu|uter|eu|one\b|once)[aeiou]|8|11(?!\d)|18(?!\d)|hour", word, re.I)
        is not None
    )


def fix_articles(text: str) -> str:
    """ "a 8 mm" becomes "an 8 mm", "an small" becomes "a small"."""

    def mend(match: re.Match[str]) -> str:
        an = takes_an(match.group(4))
        if match.group(4).isupper() and len(match.group(4)) == 1:
            return match.group()  # "vitamin A 8": a letter, not an article
        return match.group(1) + ("n" if an else "") + match.group(3)

    return _ARTICLE.sub(mend, text)


def literal_pattern(text: str) -> re.Pattern[str]:
    """A pattern for the text as a reader would see it: whole words, any case, loose spacing.

    "8 mm" finds "8mm", "8-mm" and "8  mm", but not "18 mm", "0.8 mm" or "8 mmHg".
    """
    parts = re.findall(r"\d+(?:\.\d+)?|[^\W\d_]+|[^\w\s]|_", text)
    loose: list[str] = []
    for index, part in enumerate(parts):
        if index:
            number = parts[index - 1][0].isdigit() or part[0].isdigit()
            glued = not part[0].isalnum() or not parts[index - 1][-1].isalnum()
            loose.append(r"[\s-]*" if number or glued else r"[\s-]+")
        loose.append(re.escape(part))
    body = "".join(loose)
    before = r"(?<![\w.])" if text[:1].isdigit() else (r"(?<!\w)" if text[:1].isalnum() else "")
    after = r"(?!\w)(?!\.\d)" if text[-1:].isalnum() else ""
    return re.compile(before + body + after, re.IGNORECASE)


def substituted(text: str, old: str, new: str) -> str | None:
    """The sentence with every occurrence of ``old`` replaced, in its case; None when not found."""
    if not old.strip():
        return None
    pattern = literal_pattern(old.strip())
    if not pattern.search(text):
        return None

    def put(match: re.Match[str]) -> str:
        words = _not_doubled(new.strip(), match, text)
        return _in_case(match.group(), words, starts=match.start() == 0)

    return fix_articles(pattern.sub(put, text))


def _not_doubled(new: str, match: re.Match[str], text: str) -> str:
    """``new`` without the words at its ends that stand beside the match already.

    "0.8 cm gallstone" for "8 mm" in "8 mm gallstone" is "0.8 cm gallstone" once.
    """
    words, old = new.split(), match.group().split()
    after = text[match.end() :].split()
    before = text[: match.start()].split()
    for count in range(len(words) - 1, 0, -1):
        tail = [w.lower() for w in words[-count:]]
        if [w.lower().strip(".,;:") for w in after[:count]] == tail and old[-1].lower() != tail[-1]:
            return " ".join(words[:-count])
        head = [w.lower() for w in words[:count]]
        if [w.lower().strip(".,;:") for w in before[-count:]] == head and old[0].lower() != head[0]:
            return " ".join(words[count:])
    return new


def _in_case(found: str, new: str, *, starts: bool) -> str:
    """``new`` in the case of the words that it replaces."""
    if not new:
        return new
    shouted = len(found) > 3 and found.isalpha() and found.isupper()
    if shouted and len(new.split()) <= len(found.split()) and not new.isupper():
        return new.upper()
    if re.fullmatch(r"\d+(?:\.\d+)?-[a-z]+", found):
        new = re.sub(r"(\d)\s+([a-z])", r"\1-\2", new)
    if starts:
        return new[0].upper() + new[1:]
    ordinary = new[:1].isupper() and new[1:].islower()
    if found[:1].islower() and ordinary:
        return new[0].lower() + new[1:]
    return new


def without_words(text: str, words: str) -> str | None:
    """The sentence without these words, mended; None when they are not there."""
    cut = substituted(text, words, "")
    return None if cut is None else tidy(cut)


def lower_first(text: str) -> str:
    """First letter in lower case, unless the first word is an abbreviation or a name with digits."""
    first = text.split(" ", 1)[0]
    if len(first) > 1 and (first.isupper() or any(c.isdigit() for c in first)):
        return text
    return text[:1].lower() + text[1:]

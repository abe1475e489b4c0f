"""Words and sentences of report English, with their places in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*|[^\w\s]|_+", re.UNICODE)

#: One sentence is never read further than this many characters: hostile input stays bounded.
MAX_SENTENCE = 2000

_IRREGULAR = {
    "atelectases": "atelectasis",
    "metastases": "metastasis",
    "diagnoses": "diagnosis",
    "stenoses": "stenosis",
    "thromboses": "thrombosis",
    "pneumothoraces": "pneumothorax",
    "hydropneumothoraces": "hydropneumothorax",
    "hemothoraces": "hemothorax",
    "thoraces": "thorax",
    "vertebrae": "vertebra",
    "scapulae": "scapula",
    "clavicula": "clavicle",
    "bullae": "bulla",
    "pleurae": "pleura",
    "bronchi": "bronchus",
    "thrombi": "thrombus",
    "emboli": "embolus",
    "calculi": "calculus",
    "foci": "focus",
    "sulci": "sulcus",
    "gyri": "gyrus",
    "testes": "testis",
    "ova": "ovum",
    "uteri": "uterus",
    "aortae": "aorta",
    "adnexae": "adnexa",
    "diverticula": "diverticulum",
    "septa": "septum",
    "granulomata": "granuloma",
    "lungs": "lung",
    "feet": "foot",
    "women": "woman",
    "men": "man",
    "this": "this",
    "was": "was",
    "has": "has",
    "is": "is",
    "as": "as",
    "its": "its",
    "does": "does",
    "yes": "yes",
    "lens": "lens",
    "pus": "pus",
    "gas": "gas",
    "leaves": "leave",
    "bases": "base",
    "apices": "apex",
    "apexes": "apex",
    "indices": "index",
    "cortices": "cortex",
    "appendices": "appendix",
}

_SPELLING = (
    ("haem", "hem"),
    ("oedem", "edem"),
    ("oesoph", "esoph"),
    ("tumour", "tumor"),
    ("colour", "color"),
    ("calibre", "caliber"),
    ("centre", "center"),
    ("fibre", "fiber"),
    ("grey", "gray"),
    ("paed", "ped"),
    ("caec", "cec"),
    ("anaem", "anem"),
    ("foet", "fet"),
    ("orrhoea", "orrhea"),
    ("localis", "localiz"),
    ("visualis", "visualiz"),
    ("characteris", "characteriz"),
    ("opacificat", "opacificat"),
    ("aetiolog", "etiolog"),
    ("sulph", "sulf"),
    ("aluminium", "aluminum"),
)


@dataclass(frozen=True)
class Token:
    """A word, number or mark.

    :param norm: lower case, singular, American spelling: the form that phrases are matched in.
    """

    text: str
    norm: str
    start: int
    end: int

    @property
    def is_word(self) -> bool:
        return self.text[0].isalnum()


@lru_cache(maxsize=65536)
def normal(word: str) -> str:
    """Lower-case singular form in American spelling ("Haematomas" -> "hematoma")."""
    low = word.lower().replace("’", "'")
    for british, american in _SPELLING:
        if british in low:
            low = low.replace(british, american)
    if low in _IRREGULAR:
        return _IRREGULAR[low]
    if low.endswith("'s"):
        low = low[:-2]
    if len(low) <= 3 or low.endswith(("ss", "us", "is")):
        return low
    if low.endswith("ies") and len(low) > 4:
        return low[:-3] + "y"
    if low.endswith(("sses", "xes", "shes", "ches")):
        return low[:-2]
    return low[:-1] if low.endswith("s") else low


def tokenize(text: str, offset: int = 0) -> list[Token]:
    """Words, numbers and marks; hyphens and apostrophes inside words part them and are dropped."""
    tokens = []
    for found in _TOKEN.finditer(text):
        word = found.group()
        if word in "-‐‑–'’" and _joins(text, found.start(), found.end()):
            continue
        tokens.append(Token(word, normal(word), offset + found.start(), offset + found.end()))
    return tokens


def _joins(text: str, start: int, end: int) -> bool:
    """Whether a mark stands between two characters of words, as in "ground-glass"."""
    return start > 0 and end < len(text) and text[start - 1].isalnum() and text[end].isalnum()


#: Words whose full stop does not end a sentence.
_ABBREVIATIONS = frozenset(
    [
        "dr",
        "mr",
        "mrs",
        "ms",
        "prof",
        "no",
        "nos",
        "vs",
        "e.g",
        "i.e",
        "eg",
        "ie",
        "approx",
        "fig",
        "figs",
        "ca",
        "cf",
        "etc",
        "st",
        "jr",
        "sr",
        "ser",
        "im",
        "img",
        "se",
        "sq",
        "resp",
        "incl",
        "al",
        "dept",
        "ext",
        "int",
        "lt",
        "rt",
        "bilat",
        "ant",
        "post",
        "sup",
        "inf",
        "max",
        "min",
        "vol",
        "wk",
        "mo",
        "yr",
        "hr",
        "a.m",
        "p.m",
    ]
)
_END = re.compile(
    r"[.!?]+[\"')\]]*(?=\s|$)|[.!?](?=[A-Z][a-z])|\n\s*\n|\n(?=\s*(?:[-*•·]|\d{1,2}[.)])\s)"
)
_WORD_BEFORE = re.compile(r"([A-Za-z][A-Za-z.]*|\d+)$")
_ENUMERATION = re.compile(r"(?:^|[\n.:;])\s*\d{1,2}$")
_SHORTENED = frozenset(
    {"no", "nos", "etc", "ext", "int", "max", "min", "im", "se", "st", "post", "al"}
)
#: Words that end a sentence as often as not: before a small letter their full stop is their own.
_BEFORE_SMALL = frozenset(
    [
        *("mm", "cm", "ml", "cc", "mg", "kg", "mgy", "sec", "hrs", "yrs", "wks", "mos"),
        *("i.v", "iv", "p.o", "i.m", "b.i.d", "w.r.t", "s.p", "pt", "hx", "l", "r"),
    ]
)


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences, without the white space around them; no other character is left out.

    Decimals, dates, "No. 2", "e.g.", "Dr. X" and enumerations ("1. Small effusion") stay whole.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _END.finditer(text):
        if found.start() < start or not _ends(text, start, found):
            continue
        _append(spans, text, start, found.end())
        start = found.end()
    _append(spans, text, start, len(text))
    return spans


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, trimmed; joined again they hold every character but white space."""
    return [text[start:end] for start, end in sentence_spans(text)]


def _ends(text: str, start: int, found: re.Match[str]) -> bool:
    mark = found.group()
    if mark[0] == "\n" or mark[0] in "!?" or len(mark.strip("\"')]")) > 1:
        return True
    before = text[max(start, found.start() - 24) : found.start()]
    word = _WORD_BEFORE.search(before)
    if word is None:
        return True
    if _keeps(text, before, word.group(1), found.end()):
        return False
    small = re.match(r"[ \t]+[a-z]", text[found.end() : found.end() + 24]) is not None
    # Who begins sentences with small letters gives no hint: there every full stop ends one.
    capital = re.search(r"[^\W\d_]", text[start : found.start()])
    own = word.group(1).lower() in _BEFORE_SMALL and capital is not None and capital[0].isupper()
    return not (small and own)


def _keeps(text: str, before: str, word: str, end: int) -> bool:
    """Whether the full stop after ``word`` belongs to it."""
    low = word.lower()
    rest = text[end : end + 24].lstrip(" \t")
    if word.isdigit():
        return len(word) <= 2 and bool(_ENUMERATION.search(before)) and bool(rest)
    if low in ("no", "nos"):
        return rest[:1].isdigit()
    if low in _SHORTENED:
        return bool(rest) and not rest[0].isupper()
    if low in _ABBREVIATIONS:
        return bool(rest)
    return (
        len(word) == 1
        and word.isupper()
        and word not in "I"
        and rest[:1].isupper()
        and (bool(re.search(r"\b[A-Z]\.?\s?[A-Z]$|(?:Dr|Mr|Ms|Mrs)\.?\s+[A-Z]$", before)))
    )


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > MAX_SENTENCE:
        cut = text.rfind(" ", start, start + MAX_SENTENCE)
        cut = cut if cut > start else start + MAX_SENTENCE
        spans.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        spans.append((start, end))

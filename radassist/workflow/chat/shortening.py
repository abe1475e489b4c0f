"""A sentence made shorter by rules: words that carry no fact are taken out."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat.wording import lower_first, takes_an, tidy

_EMPTY = (
    (
        r"^(?:again |once again )?(?:there (?:is|are|has been)(?: again)?|we see|one can see|"
        r"(?:the )?(?:exam(?:ination)?|study|images?|radiographs?|films?) (?:shows?|demonstrates?|reveals?))\s+"
        r"(?:an?\s+|the\s+)?",
        "",
    ),
    (
        r"\b(?:is|are|was|were) (?:again )?(?:seen|noted|identified|visuali[sz]ed|demonstrated|observed|present|evident)"
        r"(?=\s*(?:[.,;]|$|in\b|at\b|within\b|on\b|of\b))",
        "",
    ),
    (
        r"\b(?:seen|noted|identified|visuali[sz]ed|demonstrated)\s+"
        r"(?=(?:in|at|within|on|along|involving)\b)",
        "",
    ),
    (
        r"\bno (?:definite |radiographic |convincing |clear )?(?:evidence|signs?|suggestion) (?:of|for)\b",
        "no",
    ),
    (r"\bthere is no\b", "no"),
    (r"\b(?:appears?|seems?) to be\b", "is"),
    (r"\bis within normal limits\b", "is normal"),
    (r"\bare within normal limits\b", "are normal"),
    (r"\bin size and (?:contour|configuration|appearance)\b", ""),
    (r"\bin (?:size|appearance|nature|character)\b", ""),
    (
        r"\b(?:at this time|on this (?:exam(?:ination)?|study)|on today'?s (?:exam(?:ination)?|study)|"
        r"in the current study|of note,?)\b",
        "",
    ),
    (r"\b(?:which|that) (?:is|are|measures)\b", ""),
    (r"\s+(?:measuring|measures|measured)(?: approximately| about| up to)?\s+(?=\d)", ", "),
    (r"\bin the region of\b", "near"),
    (r"\b(?:visuali[sz]ed|demonstrated) portions? of the\b", ""),
    (r"\b(?:visuali[sz]ed|very|quite|grossly)\s+", ""),
)


_LESS = re.compile(
    r"\b(?:short\w*|concis\w*|condens\w*|brief\w*|tighten|terse|abbreviat\w*|trim|compact|cut down|too long)\b",
    re.IGNORECASE,
)


def asks_for_less(instruction: str) -> bool:
    """True for a wish that a sentence be shorter."""
    return _LESS.search(instruction) is not None


def shortened(text: str) -> str | None:
    """The same facts in fewer words, or None when the rules find nothing to leave out."""
    short = text
    for pattern, by in _EMPTY:
        short = re.sub(pattern, by, short, flags=re.IGNORECASE)
    short = tidy(short)
    if short and len(short) < len(text) - 2 and len(short.split()) >= 2:
        return short
    return None


def rephrased(text: str) -> str | None:
    """The same facts in another order, or None: "X is present in Y" and "There is X in Y"."""
    found = re.fullmatch(
        r"(.+?) (is|are|was|were) (?:again )?(?:seen|present|noted|identified|visuali[sz]ed) (.+)",
        text,
    )
    if found and not re.search(r"\b(?:no|not|none)\b", text, re.IGNORECASE):
        return tidy(f"There {found.group(2)} {lower_first(found.group(1))} {found.group(3)}")
    there = re.fullmatch(r"There (is|are) (?!no\b)(.+?) ((?:in|at|within|along|of) .+?)\.?", text)
    if there:
        return tidy(f"{there.group(2)} {there.group(1)} present {there.group(3)}.")
    return None


_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|shows?|demonstrates?|measures?|appears?|remains?|contains?|"
    r"extends?|represents?|suggests?|may|overl(?:ies|y)|terminates?|ends?|lies)\b",
    re.IGNORECASE,
)
#: Endings of findings that take no article: edema, atelectasis, consolidation, thickening, fluid.
_MASS_NOUN = re.compile(
    r"(?:ia|ema|osis|asis|itis|ation|ening|aly|gas|fluid|air|disease|ectasis|change)$",
    re.IGNORECASE,
)


def formal(text: str, finding: str) -> str | None:
    """A phrase as a full sentence with a verb, or None when it has one or names several things.

    :param finding: the words of the finding that the phrase is about.
    """
    if _VERB.search(text) or not finding or re.match(r"\d+[.)]", text):
        return None
    phrase = lower_first(text)
    plural = re.search(r"(?:[^sui]s|ae)$", finding) is not None
    if phrase.startswith("no "):
        return f"There {'are' if plural else 'is'} {phrase}"
    if plural:
        return f"There are {phrase}"
    article = "" if _MASS_NOUN.search(finding) else ("an " if takes_an(phrase.split()[0]) else "a ")
    return f"There is {article}{phrase}"


def nominal(text: str) -> str | None:
    """A phrase of several things as a full sentence: "There are sigmoid diverticula without ..."."""
    if _VERB.search(text) or re.match(r"\d+[.)]", text):
        return None
    stem = re.split(r"\s+(?:in|of|with|without|over|at|within|on|along|near|due)\b|[;.]", text)[0]
    noun = stem.split()[-1] if stem.split() else ""
    if not noun:
        return None
    phrase = lower_first(text)
    plural = re.search(r"(?:[^sui]s|ae|ula|mata|ices)$", noun) is not None or re.match(
        r"(?:several|multiple|two|three|few|many)\b", phrase
    )
    if plural or phrase.startswith("no "):
        return f"There {'are' if plural else 'is'} {phrase}"
    article = "" if _MASS_NOUN.search(noun) else ("an " if takes_an(phrase.split()[0]) else "a ")
    return f"There is {article}{phrase}"


_HEDGED = re.compile(
    r"\b(?:probabl[ey]|possibl[ey]|likely|may|might|could|suggest\w*|suspicious|suspected|presumabl[ey]|"
    r"cannot be excluded|appears?|seems?)\b",
    re.IGNORECASE,
)
LESS_SURE = re.compile(
    r"\b(?:less (?:definite|definitive|certain|sure|confident|categorical|firm)(?:ly)?|"
    r"more (?:cautious|tentative|careful|guarded)(?:ly)?|cautious(?:ly)?|tentative(?:ly)?|hedge|soften|tone down|water down)\b",
    re.IGNORECASE,
)


def hedged(text: str) -> str | None:
    """The same with a "probable" or "probably"; None where it is guarded already or denies."""
    firm = re.compile(
        r"\b(?:consistent with|compatible with|in keeping with|diagnostic of)\b", re.I
    )
    if firm.search(text):
        return firm.sub("suggestive of", text)
    if _HEDGED.search(text) or re.search(r"\b(?:no|not|without|none)\b", text, re.IGNORECASE):
        return None
    verb = re.search(r"\b(?:is|are|was|were)\b(?= \w)", text)
    if verb is not None:
        return f"{text[: verb.end()]} probably{text[verb.end() :]}"
    verb = re.search(r"\b(?:represents?|indicates?|shows?|reflects?)\b", text)
    if verb is not None:
        return f"{text[: verb.start()]}probably {text[verb.start() :]}"
    return f"Probable {lower_first(text)}"


def joined(first: str, second: str) -> str:
    """Two sentences as one."""
    return f"{first.rstrip('. ')}; {lower_first(second)}"

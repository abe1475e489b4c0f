"""What a question asks for: a number, a side, a change; and the words of its topic."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat.view import Line
from radassist.workflow.chat.wording import stems

#: Stems of words that ask and name nothing.
NOT_TOPIC = frozenset(
    [
        "tell",
        "show",
        "list",
        "give",
        "quote",
        "find",
        "explain",
        "describ",
        "summar",
        "remind",
        "wonder",
        "size",
        "siz",
        "big",
        "larg",
        "how",
        "much",
        "many",
        "side",
        "which",
        "location",
        "locat",
        "measur",
        "diamet",
        "dimens",
        "say",
        "anyth",
        "someth",
        "else",
        "patient",
        "exam",
        "study",
        "imag",
        "report",
        "abnormal",
        "abnorm",
        "norm",
        "normal",
        "wide",
        "long",
        "old",
        "sever",
        "mild",
        "degre",
        "chang",
        "compar",
        "prior",
        "previou",
        "stabl",
        "new",
        "enlarg",
        "increas",
        "decreas",
        "worse",
        "better",
        "visibl",
        "acut",
        "wrong",
        "there",
        "what",
        "where",
        "when",
        "why",
        "who",
        "any",
        "other",
        "possibl",
        "ye",
        "know",
        "see",
        "get",
        "got",
        "mention",
        "state",
        "exist",
        "describe",
        "follow",
        "recommend",
        "next",
        "step",
        "level",
        "loc",
        "type",
        "kind",
        "categori",
        "categor",
        "grad",
        "scor",
        "class",
        "sinc",
        "last",
        "tim",
        "ago",
        "happen",
        "hav",
        "look",
        "appear",
        "call",
        "ther",
        "far",
        "abov",
        "below",
        "tip",
        "wher",
        "ar",
    ]
)


def needs(text: str) -> str:
    """What kind of answer is asked for: a number, a side, a comparison, or just the statement."""
    if re.search(r"\bhow long (?:has|have|had|ago|did)\b|\bsince when\b", text, re.I):
        return "time"
    if re.search(
        r"\b(?:how (?:big|large|wide|long|small|thick)|what(?:'s| is)? (?:the |its )?(?:size|diameter|measurement|dimension|width|length)|size of|"
        r"what size|how many (?:mm|cm)|measurements?|dimensions?)\b",
        text,
        re.I,
    ):
        return "number"
    if re.search(
        r"\b(?:which|what) side\b|\bside of\b|\bleft or right\b|\bright or left\b|\blaterality\b",
        text,
        re.I,
    ):
        return "side"
    if re.search(r"\b(?:which|what) (?:lobe|level|location|segment)\b", text, re.I):
        return "place"
    if re.search(
        r"\b(?:changed?|compared|stable|prior|previous|bigger than|worse|better|progress\w*|interval)\b",
        text,
        re.I,
    ):
        return "change"
    return ""


def meets(line: Line, wanted: str) -> bool:
    if wanted == "number":
        return bool(line.reading.quantities)
    if wanted == "side":
        return bool(line.sides)
    if wanted == "time":
        return bool(line.reading.dates)
    if wanted == "change":
        return (
            _CHANGE_SAID.search(line.text) is not None
            or bool(line.reading.comparisons)
            or any(m.change for m in line.reading.mentions)
        )
    return True


_CHANGE_SAID = re.compile(
    r"\b(?:new|increas\w*|decreas\w*|unchanged|stable|larger|smaller|progress\w*|regress\w*|"
    r"improv\w*|worsen\w*|resolved|previous\w*|prior)\b",
    re.IGNORECASE,
)


def topic_words(text: str) -> list[str]:
    return [s for s in stems(text) if s not in NOT_TOPIC]

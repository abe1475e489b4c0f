"""What a phrase that names statements says: numbers, ids, sections, quotes and topics.

``resolving`` looks the statements up.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from dataclasses import dataclass

from radassist.domain.findings import Laterality
from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import stems

NOUN = r"(?:sentences?|statements?|lines?|bullets?(?: points?)?|items?|points?|entr(?:y|ies)|remarks?|comments?)"
_NUMBER_NOUN = (
    r"(?:sentences?|statements?|lines?|bullets?(?: points?)?|items?|points?|numbers?|no\.?|nr\.?|#)"
)
_ABOUT = (
    r"(?:about|on|regarding|concerning|with|mentioning|describing|discussing|reporting|for|"
    r"containing|saying|stating|reading|referring to|talking about|dealing with|related to|"
    r"(?:that|which) (?:mentions?|describes?|says?|states?|reads?|contains?|refers? to|"
    r"talks? about|deals? with|is about|are about|concerns?|reports?|has|have|discuss(?:es)?))"
)
_CARDINALS = {
    w: i
    for i, w in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
        ],
        1,
    )
}
_ORDINALS = {
    w: i
    for i, w in enumerate(
        [
            "first",
            "second",
            "third",
            "fourth",
            "fifth",
            "sixth",
            "seventh",
            "eighth",
            "ninth",
            "tenth",
            "eleventh",
            "twelfth",
        ],
        1,
    )
} | {"last": -1, "final": -1, "penultimate": -2}
ORDINAL = (
    r"(?:second (?:to )?last|next to last|" + "|".join(_ORDINALS) + r"|\d{1,2}(?:st|nd|rd|th))"
)
NUMBER = r"(?:\d{1,3}|" + "|".join(_CARDINALS) + r")"
_LIST = rf"#?{NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s*-\s*|\s+(?:to|through|thru)\s+)#?{NUMBER})*"


@dataclass(frozen=True)
class Target:
    """A phrase that names statements.

    :param numbers: 1-based places; negative ones count from the end.
    :param section: a section of the report, or "" for any.
    :param topic: words that the statement is about.
    :param quote: words that the statement holds literally.
    :param every: all statements that fit are meant, not one.
    :param mention: only the mention is meant, not the whole sentence around it.
    :param explicit: the phrase says "sentence", "line" or an id: whole statements are meant.
    :param both: exactly two statements are meant ("both kidney sentences").
    """

    phrase: str
    numbers: tuple[int, ...] = ()
    ids: tuple[str, ...] = ()
    section: str = ""
    topic: str = ""
    quote: str = ""
    every: bool = False
    mention: bool = False
    explicit: bool = False
    whole_section: bool = False
    both: bool = False


def parse_target(text: str, view: View) -> Target | None:
    """Read a phrase that names statements, or None when it is not such a phrase."""
    phrase = text.strip().rstrip(".,;:!").strip()
    if not phrase:
        return None
    quoted = _quoted(phrase)
    if quoted is not None:
        return quoted
    lower = re.sub(r"^(?:the|that|this)\s+", "", phrase.lower())
    lower = re.sub(r"\bimpr(?:ess)?\.?(?=\s)", "impression", lower)
    lower = re.sub(rf"\bfinding (?=#?{NUMBER}\b)", "findings ", lower)
    section, rest = _section_of(lower, view)
    rest = re.sub(r"^(?:the|that|this)\s+", "", rest)
    target = _by_place(rest, phrase, section)
    if target is None and not section:
        target = _section_target(lower, phrase, view)
    return target or _by_topic(rest, phrase, section, view)


def is_explicit(text: str, view: View) -> bool:
    """True when the phrase can only name statements or a section ("the spine sentence", "s4")."""
    target = parse_target(text, view)
    return target is not None and (
        target.explicit or bool(target.numbers or target.ids) or target.whole_section
    )


def _quoted(phrase: str) -> Target | None:
    match = re.fullmatch(
        rf"(?:the\s+)?(?:{NOUN}\s+)?(?:{_ABOUT}\s+)?[\"“'](.+?)[\"”']", phrase, re.IGNORECASE
    )
    return Target(phrase, quote=match.group(1).strip(), explicit=True) if match else None


def _section_of(lower: str, view: View) -> tuple[str, str]:
    """(section, phrase without it): "... in the impression" or "impression sentence ..."."""
    names = "|".join(sorted(map(re.escape, view.known_section_words()), key=len, reverse=True))
    if not names:
        return "", lower
    tail = re.fullmatch(
        rf"(.+?)\s+(?:of|in|from|under|within|for)\s+(?:the\s+)?({names})(?:\s+section)?", lower
    )
    if tail:
        return view.section_name(tail.group(2)) or "", tail.group(1)
    named = _impression_of(lower, view)
    if named is not None:
        return named
    head = re.fullmatch(
        rf"({names})(?:\s+section)?(?:'s)?,?\s+((?:the\s+)?(?:{_NUMBER_NOUN}\s*{NUMBER}|#?{NUMBER}(?!\w)|{ORDINAL}"
        rf"\s+{NOUN}|{NOUN}\s+.+|.+\s+{NOUN}).*)",
        lower,
    )
    if head:
        return view.section_name(head.group(1)) or "", head.group(2)
    return "", lower


def _impression_of(lower: str, view: View) -> tuple[str, str] | None:
    """ "the second and third impression", "the impression about the fracture", "the nodule impression"."""
    several = rf"{ORDINAL}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)(?:the\s+)?{ORDINAL})*"
    nth = re.fullmatch(
        rf"({several}|(?:first|last) {NUMBER})\s+(impression|finding|conclusion)s?(?:\s+{NOUN})?",
        lower,
    )
    if nth:
        name = view.section_name(nth.group(2) + "s") or view.section_name(nth.group(2))
        return name or "", f"{nth.group(1)} sentences"
    about = re.fullmatch(rf"(?:{ORDINAL}\s+)?(impression|conclusion)s?\s+({_ABOUT}\s+.+)", lower)
    if about:
        return view.section_name(about.group(1)) or "", f"sentence {about.group(2)}"
    topical = re.fullmatch(r"(.+?)\s+(impression|conclusion)", lower)
    if (
        topical
        and stems(topical.group(1))
        and not re.search(r"\b(?:and|or|in|of|whole|entire|full)\b", topical.group(1))
    ):
        return view.section_name(topical.group(2)) or "", f"{topical.group(1)} sentence"
    return None


def _section_target(lower: str, phrase: str, view: View) -> Target | None:
    bare = re.sub(r"^(?:whole|entire|complete|full|all of the|all of|all the|all)\s+", "", lower)
    bare = re.sub(r"^(?:the|whole|entire)\s+", "", bare)
    section = view.section_name(bare)
    if section is not None and (
        bare.removesuffix(" section").strip() in view.known_section_words()
    ):
        return Target(phrase, section=section, every=True, explicit=True, whole_section=True)
    if re.fullmatch(
        r"(?:everything|all(?: of (?:it|them))?|(?:whole |entire )?report|all "
        rf"{NOUN}|every {NOUN}|all (?:the )?(?:proposals?|suggestions?|drafts?|proposed {NOUN}))",
        lower,
    ):
        return Target(phrase, every=True, explicit=True, whole_section=True)
    return None


def _by_place(rest: str, phrase: str, section: str) -> Target | None:
    ids = re.fullmatch(
        rf"(?:{_NUMBER_NOUN}\s+|id\s+)?(s\d+(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)s\d+)*)",
        rest,
    )
    if ids:
        return Target(phrase, ids=tuple(re.findall(r"s\d+", ids.group(1))), explicit=True)
    numbered = re.fullmatch(rf"(?:both\s+)?{_NUMBER_NOUN}\s*({_LIST})", rest) or re.fullmatch(
        r"#?((?:\d{1,3})(?:(?:\s*,\s*|\s+and\s+|\s*-\s*)\d{1,3})*)", rest
    )
    if numbered is None and section:
        numbered = re.fullmatch(rf"#?({_LIST})", rest)
    if numbered:
        return Target(phrase, _number_list(numbered.group(1)), section=section, explicit=True)
    ordinal = re.fullmatch(
        rf"({ORDINAL}(?:(?:\s*,\s*|\s+and\s+|\s+and\s+the\s+){ORDINAL})*)(?:\s+(?:{NOUN}|one|ones))?",
        rest,
    )
    if ordinal and (section or re.search(rf"{NOUN}|ones?$", rest) or rest in ("last", "first")):
        words = re.findall(ORDINAL, ordinal.group(1))
        return Target(phrase, tuple(map(_ordinal, words)), section=section, explicit=True)
    several = re.fullmatch(rf"(first|last)\s+({NUMBER})\s+{NOUN}", rest)
    if several:
        count = _cardinal(several.group(2))
        numbers = range(1, count + 1) if several.group(1) == "first" else range(-count, 0)
        return Target(phrase, tuple(numbers), section=section, explicit=True)
    if section and re.fullmatch(
        rf"(?:all(?: the)?|every|whole)?\s*{NOUN}|everything|all|only {NOUN}", rest
    ):
        return Target(phrase, section=section, every=True, explicit=True, whole_section=True)
    return None


def _by_topic(rest: str, phrase: str, section: str, view: View) -> Target | None:
    mention = re.fullmatch(
        r"(?:(?:any|all|every|each|the|both)\s+)?(?:of\s+)?(?:the\s+)?(?:mentions?|references?)\s+"
        r"(?:of|to|about)\s+(?:the\s+|an?\s+|any\s+)?(.+)",
        rest,
    )
    if mention:
        return _topic(phrase, mention.group(1), section, every=True, mention=True)
    every = re.fullmatch(
        rf"(?:everything|anything|all(?: of)?(?: the)? {NOUN}|every {NOUN}|both {NOUN}|all|"
        rf"sentences|statements|lines)\s+(?:that is\s+|that's\s+)?{_ABOUT}\s+(?:the\s+)?(.+)",
        rest,
    )
    if every:
        return _topic(phrase, every.group(1), section, every=True, explicit=True)
    about = re.fullmatch(
        rf"(?:whole |entire )?(?:{NOUN}|part|bit|one|thing|finding|phrase|stuff|section)\s+{_ABOUT}\s+(?:the\s+)?(.+)",
        rest,
    )
    if about:
        return _topic(phrase, about.group(1), section, explicit=True)
    named = re.fullmatch(
        rf"(all |both |every )?(?:the )?(.+?)\s+({NOUN}|part|bit|one|finding)", rest
    )
    if (
        named
        and not re.fullmatch(rf"{NUMBER}|{ORDINAL}|\d+", named.group(2))
        and not _names_a_line(rest, view)
    ):
        plural = named.group(3).endswith("s") and named.group(3) != "remarks"
        many = bool(named.group(1)) or plural
        both = named.group(1) == "both "
        return _topic(phrase, named.group(2), section, every=many, explicit=True, both=both)
    bare = re.fullmatch(r"(all |any |both |every )?(?:of )?(?:the |an? )?(.+)", rest)
    if bare and stems(bare.group(2)):
        return _topic(phrase, bare.group(2), section, every=bool(bare.group(1)))
    return None


def _names_a_line(phrase: str, view: View) -> bool:
    """True for "central line": the word names a device, not a line of the report."""
    return re.search(r"\blines?$", phrase) is not None and any(
        re.search(r"\blines?$", m.text, re.IGNORECASE) for m in view.reading(phrase).mentions
    )


_LINES = re.compile(r"^lines?$|\blines?(?= and tubes?\b)|(?<=tubes and )lines?\b", re.IGNORECASE)


def device_lines(topic: str) -> str:
    """ "catheter and tubes" for "lines and tubes": a line alone would be one of the report."""
    return _LINES.sub("catheter", topic)


def _topic(
    phrase: str,
    words: str,
    section: str,
    *,
    every: bool = False,
    mention: bool = False,
    explicit: bool = False,
    both: bool = False,
) -> Target | None:
    clean = device_lines(words.strip(" .,;:\"'“”"))
    clean = re.sub(r"^(?:the|an?|any)\s+", "", clean)
    words_only = [s for s in stems(clean) if not s[0].isdigit()]
    if not words_only and not sides_in(clean) and not re.search(r"\d\s*[a-z%]", clean):
        return None  # a bare number is a place, never a topic
    return Target(
        phrase,
        section=section,
        topic=clean,
        every=every,
        mention=mention,
        explicit=explicit,
        both=both,
    )


def _number_list(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    pending_range = False
    for token in re.findall(rf"{NUMBER}|-|to|through|thru", text):
        if token in ("-", "to", "through", "thru"):
            pending_range = True
            continue
        value = _cardinal(token)
        if pending_range and numbers and numbers[-1] < value <= numbers[-1] + 50:
            numbers.extend(range(numbers[-1] + 1, value + 1))
        else:
            numbers.append(value)
        pending_range = False
    return tuple(dict.fromkeys(numbers))


def _cardinal(word: str) -> int:
    return int(word) if word.isdigit() else _CARDINALS[word]


def _ordinal(word: str) -> int:
    if word in _ORDINALS:
        return _ORDINALS[word]
    digits = re.match(r"\d+", word)
    return int(digits.group()) if digits else -2


_SIDE_WORDS = {
    "left": Laterality.LEFT,
    "left-sided": Laterality.LEFT,
    "right": Laterality.RIGHT,
    "right-sided": Laterality.RIGHT,
    "bilateral": Laterality.BILATERAL,
}


def sides_in(text: str) -> set[Laterality]:
    return {_SIDE_WORDS[w] for w in re.findall(r"[a-z-]+", text.lower()) if w in _SIDE_WORDS}

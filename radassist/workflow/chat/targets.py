"""Which statements a phrase means: numbers, ids, sections, quotes and topics.

``parse_target`` reads the phrase, ``resolve`` looks the statements up.  A phrase that could mean
two different statements is never decided by chance: the resolution lists the candidates, and the
chat asks.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from radassist.domain.findings import Laterality
from radassist.workflow.chat.topics import region
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import literal_pattern, stem, stems

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
_ORDINAL = (
    r"(?:" + "|".join(_ORDINALS) + r"|\d{1,2}(?:st|nd|rd|th)|second (?:to )?last|next to last)"
)
_NUMBER = r"(?:\d{1,3}|" + "|".join(_CARDINALS) + r")"
_LIST = rf"#?{_NUMBER}(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*|\s*-\s*|\s+(?:to|through|thru)\s+)#?{_NUMBER})*"


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


@dataclass(frozen=True)
class Resolution:
    """The statements that a target names.

    :param problem: why there is none, or which of several is asked for; "" when decided.
    :param notices: what the user should know about how the phrase was understood.
    """

    lines: tuple[Line, ...] = ()
    problem: str = ""
    candidates: tuple[Line, ...] = ()
    notices: tuple[str, ...] = ()


def parse_target(text: str, view: View) -> Target | None:
    """Read a phrase that names statements, or None when it is not such a phrase."""
    phrase = text.strip().rstrip(".,;:!").strip()
    if not phrase:
        return None
    quoted = _quoted(phrase)
    if quoted is not None:
        return quoted
    lower = re.sub(r"^(?:the|that|this)\s+", "", phrase.lower())
    section, rest = _section_of(lower, view)
    rest = re.sub(r"^(?:the|that|this)\s+", "", rest)
    target = _by_place(rest, phrase, section)
    if target is None and not section:
        target = _section_target(lower, phrase, view)
    return target or _by_topic(rest, phrase, section)


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
    nth = re.fullmatch(rf"({_ORDINAL})\s+(impression|findings?|conclusion)(?:\s+{NOUN})?", lower)
    if nth:
        name = view.section_name(nth.group(2).rstrip("s") + "s") or view.section_name(nth.group(2))
        return name or "", f"{nth.group(1)} sentence"
    head = re.fullmatch(
        rf"({names})(?:\s+section)?(?:'s)?,?\s+((?:the\s+)?(?:{_NUMBER_NOUN}\s*{_NUMBER}|#?\d+|{_ORDINAL}"
        rf"\s+{NOUN}|{NOUN}\s+.+|.+\s+{NOUN}).*)",
        lower,
    )
    if head:
        return view.section_name(head.group(1)) or "", head.group(2)
    return "", lower


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
    if numbered:
        return Target(phrase, _number_list(numbered.group(1)), section=section, explicit=True)
    ordinal = re.fullmatch(
        rf"({_ORDINAL}(?:(?:\s*,\s*|\s+and\s+|\s+and\s+the\s+){_ORDINAL})*)(?:\s+(?:{NOUN}|one|ones))?",
        rest,
    )
    if ordinal and (section or re.search(rf"{NOUN}|ones?$", rest) or rest in ("last", "first")):
        words = re.findall(_ORDINAL, ordinal.group(1))
        return Target(phrase, tuple(map(_ordinal, words)), section=section, explicit=True)
    several = re.fullmatch(rf"(first|last)\s+({_NUMBER})\s+{NOUN}", rest)
    if several:
        count = _cardinal(several.group(2))
        numbers = range(1, count + 1) if several.group(1) == "first" else range(-count, 0)
        return Target(phrase, tuple(numbers), section=section, explicit=True)
    if section and re.fullmatch(
        rf"(?:all(?: the)?|every|whole)?\s*{NOUN}|everything|all|only {NOUN}", rest
    ):
        return Target(phrase, section=section, every=True, explicit=True, whole_section=True)
    return None


def _by_topic(rest: str, phrase: str, section: str) -> Target | None:
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
        rf"(?:whole |entire )?(?:{NOUN}|part|bit|one|finding|phrase|stuff|section)\s+{_ABOUT}\s+(?:the\s+)?(.+)",
        rest,
    )
    if about:
        return _topic(phrase, about.group(1), section, explicit=True)
    named = re.fullmatch(
        rf"(all |both |every )?(?:the )?(.+?)\s+({NOUN}|part|bit|one|finding)", rest
    )
    if named and not re.fullmatch(rf"{_NUMBER}|{_ORDINAL}|\d+", named.group(2)):
        plural = named.group(3).endswith("s") and named.group(3) != "remarks"
        many = bool(named.group(1)) or plural
        return _topic(phrase, named.group(2), section, every=many, explicit=True)
    bare = re.fullmatch(r"(all |any |both |every )?(?:of )?(?:the |an? )?(.+)", rest)
    if bare and stems(bare.group(2)):
        return _topic(phrase, bare.group(2), section, every=bool(bare.group(1)))
    return None


def _topic(
    phrase: str,
    words: str,
    section: str,
    *,
    every: bool = False,
    mention: bool = False,
    explicit: bool = False,
) -> Target | None:
    clean = words.strip(" .,;:\"'“”")
    clean = re.sub(r"^(?:the|an?|any)\s+", "", clean)
    words_only = [s for s in stems(clean) if not s[0].isdigit()]
    if not words_only and not _sides(clean) and not re.search(r"\d\s*[a-z%]", clean):
        return None  # a bare number is a place, never a topic
    return Target(
        phrase, section=section, topic=clean, every=every, mention=mention, explicit=explicit
    )


def _number_list(text: str) -> tuple[int, ...]:
    numbers: list[int] = []
    pending_range = False
    for token in re.findall(rf"{_NUMBER}|-|to|through|thru", text):
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


# --- looking up --------------------------------------------------------------------------------


def resolve(
    target: Target, view: View, *, keep: Callable[[Line], bool] | None = None
) -> Resolution:
    """The statements that the target names.

    :param keep: statements that the command cannot concern (they lack the words to change) are
        left out before it is decided whether the phrase is ambiguous.
    """
    if target.ids:
        return _by_ids(target, view)
    if target.numbers:
        return _by_numbers(target, view)
    if target.whole_section:
        pool = view.in_section(target.section) if target.section else view.lines
        where = target.section or "report"
        return Resolution(pool) if pool else Resolution(problem=f"The {where} has no sentences.")
    pool = view.in_section(target.section) if target.section else view.lines
    if target.quote:
        pattern = literal_pattern(target.quote)
        return _decided(target, [x for x in pool if pattern.search(x.text)], keep)
    return _decided(target, fitting(target.topic, view, pool, every=target.every), keep)


def _by_ids(target: Target, view: View) -> Resolution:
    missing = [i for i in target.ids if view.line(i) is None]
    if missing:
        return Resolution(problem=f"The report has no statement {missing[0]}.")
    return Resolution(tuple(line for i in target.ids if (line := view.line(i)) is not None))


def _by_numbers(target: Target, view: View) -> Resolution:
    """Numbers count in the section named, else in Findings, else in the whole report."""
    section = target.section or view.findings_name
    pool = view.in_section(section)
    notices: list[str] = []
    if not target.section and (not pool or max(target.numbers) > len(pool)):
        if max(target.numbers) <= len(view.lines):
            notices.append(
                f"{section} has {len(pool)} sentences, so the number was counted through the "
                "whole report."
            )
        pool = view.lines
    chosen: list[Line] = []
    for number in target.numbers:
        at = number - 1 if number > 0 else len(pool) + number
        if number == 0 or not 0 <= at < len(pool):
            where = target.section or section
            size = len(view.in_section(where))
            return Resolution(problem=f"There is no sentence {number}: {where} has {size}.")
        chosen.append(pool[at])
    return Resolution(tuple(chosen), notices=tuple(notices))


def _decided(
    target: Target, lines: Sequence[Line], keep: Callable[[Line], bool] | None
) -> Resolution:
    if not lines:
        return Resolution(problem=f"No sentence of the report is about “{_said(target)}”.")
    if keep is not None:
        kept = [line for line in lines if keep(line)]
        lines = kept or lines
    if target.every or len(lines) == 1:
        return Resolution(tuple(lines))
    first_section = [line for line in lines if line.section.lower() == "findings"]
    if len(first_section) == 1:  # Impression repeats Findings: the finding's own place is meant
        return Resolution(tuple(first_section))
    return Resolution(problem=which_one(lines), candidates=tuple(lines))


def _said(target: Target) -> str:
    return (target.quote or target.topic or target.phrase)[:80]


def which_one(lines: Sequence[Line]) -> str:
    """The question that names the candidates."""
    listed = "; ".join(line.quoted() for line in lines[:6])
    return f"Which sentence do you mean? {listed}"


_SIDE_WORDS = {
    "left": Laterality.LEFT,
    "left-sided": Laterality.LEFT,
    "right": Laterality.RIGHT,
    "right-sided": Laterality.RIGHT,
    "bilateral": Laterality.BILATERAL,
}


def _sides(text: str) -> set[Laterality]:
    return {_SIDE_WORDS[w] for w in re.findall(r"[a-z-]+", text.lower()) if w in _SIDE_WORDS}


def asks_for_advice(topic: str) -> bool:
    """True for "the recommendation", "the follow-up sentence"."""
    return (
        re.search(r"\b(?:recommendations?|follow[- ]?ups?|advice|suggestions?)\b", topic, re.I)
        is not None
    )


def fitting(topic: str, view: View, pool: Sequence[Line], *, every: bool = False) -> list[Line]:
    """The lines that a phrase is about, best kind of match first: words, concepts, region.

    With ``every`` the kinds are joined, so "everything about the bones" finds "No rib fracture".
    """
    if asks_for_advice(topic):
        advice = [line for line in pool if line.reading.recommendation]
        if advice:
            return advice
    sides = _sides(topic)
    words = [s for s in stems(topic) if s not in ("left", "right", "bilater", "sid")]
    phrase = view.reading(topic)
    concepts = {m.concept for m in phrase.mentions}
    pool = [line for line in pool if _side_fits(line, sides)]
    if not words:
        return [line for line in pool if sides]
    literal = [line for line in pool if all(w in line.stems for w in words)]
    by_concept = [line for line in pool if concepts and concepts <= line.concepts]
    by_region = [line for line in pool if _in_region(line, words)]
    if every:
        return [x for x in pool if x in literal or x in by_concept or x in by_region]
    for level in (literal, by_concept, by_region):
        if level:
            return _narrowed(level, words)
    return _nearly(pool, words, concepts)


def _side_fits(line: Line, sides: set[Laterality]) -> bool:
    if not sides or sides <= line.sides:
        return True
    return (
        not line.sides - {Laterality.BILATERAL, Laterality.NONE}
        and Laterality.BILATERAL in line.sides
    )


def _in_region(line: Line, words: Sequence[str]) -> bool:
    hit = False
    for word in words:
        members = region(word)
        if members and members.intersection(line.stems):
            hit = True
        elif word not in line.stems:
            return False
    return hit


def _narrowed(lines: list[Line], words: Sequence[str]) -> list[Line]:
    """Of several in one section, the one that begins with the words or holds little else."""
    if len(lines) < 2:
        return lines
    per_section: dict[str, list[Line]] = {}
    for line in lines:
        per_section.setdefault(line.section, []).append(line)
    chosen: list[Line] = []
    for group in per_section.values():
        leading = [x for x in group if _leads(x, words)]
        chosen.extend(leading if len(leading) == 1 and len(group) > 1 else group)
    return chosen


def _leads(line: Line, words: Sequence[str]) -> bool:
    """True when the words are the subject: they stand first, but for a few qualifiers."""
    return bool(set(words) & set(line.stems[: max(2, len(words))]))


def _nearly(pool: Sequence[Line], words: Sequence[str], concepts: set[str]) -> list[Line]:
    """Lines that share most words of a long phrase, or one concept and a word."""
    scored = [(sum(w in x.stems for w in words) + 2 * len(concepts & x.concepts), x) for x in pool]
    best = max((score for score, _ in scored), default=0)
    if best < max(2, (len(words) + 1) // 2):
        return []
    return [line for score, line in scored if score == best]


def without_section(target: Target) -> Target:
    """The same target in any section."""
    return replace(target, section="")


def region_of(text: str) -> frozenset[str]:
    """Stems of the regions that the words of a text name."""
    found: frozenset[str] = frozenset()
    for word in re.findall(r"[A-Za-z]+", text):
        found |= region(stem(word))
    return found

"""Size words, sides and numbers of one finding inside one sentence, and how to change them.

A sentence often holds several findings ("Small left effusion and 6 mm right nodule").  An attribute
belongs to the finding in whose segment it stands; a change that cannot be pinned to one word of the
sentence is not made (None), so that the caller asks instead of guessing.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Mention, Quantity
from radassist.workflow.chat.propagation import same_finding
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import STOP_WORDS, fix_articles, stem, stems

SEVERITY = (
    r"(?:(?:trace|tiny|minimal|minor|small|mild|moderate|large|severe|massive|marked|extensive|subtle|"
    r"slight|medium|big|huge|mildly|moderately|severely|markedly|minimally|slightly|borderline|"
    r"significant|gross|profound|advanced|considerable)"
    r"(?:[- ]to[- ](?:small|mild|moderate|large|severe|marked))?(?:[- ]sized| in size)?)"
)
SIDE = r"(?:left[- ]sided|right[- ]sided|left|right|bilateral|bilaterally|both|unilateral)"
_GRADE_ADVERB = {
    "mild": "mildly",
    "moderate": "moderately",
    "severe": "severely",
    "marked": "markedly",
    "minimal": "minimally",
    "slight": "slightly",
}
#: Words of which a sentence holds one at a time for one finding.
_EXCLUSIVE = (
    "acute subacute chronic old healed healing remote",
    "new stable unchanged increased increasing decreased decreasing worsening worsened improved improving "
    "resolving larger smaller enlarging persistent recurrent",
    "displaced nondisplaced non-displaced undisplaced",
    "calcified noncalcified non-calcified",
    "benign malignant suspicious",
    "horizontal vertical radial oblique complex bucket-handle flap",
    "solid cystic ground-glass part-solid subsolid",
    "focal diffuse multifocal patchy",
    "upper lower middle",
    "medial lateral",
    "anterior posterior",
    "superior inferior",
    "proximal distal",
    "internal external",
    "loculated layering free",
    "well-defined ill-defined",
    "simple complex",
    "low high",
    "intact fractured",
    "full-thickness partial-thickness",
    "high-grade low-grade",
    "obstructing nonobstructing non-obstructing",
)
QUALIFIER = "(?:" + "|".join(re.escape(w) for g in _EXCLUSIVE for w in g.split()) + ")"
_SEGMENT = re.compile(r"[;,.]\s+|\s+(?:and|or|nor|but|with|without|while|whereas|plus)\s+|\s*/\s*")
_STOP = re.compile(
    r"^(?:a|an|the|is|are|was|were|of|in|on|at|with|and|or|no|there|has|have|shows?|there's|also|again|"
    r"demonstrates?|represents?|reveals?|by|from|to|for|probable|possible|likely|suspected|mm|cm|this|that)$",
    re.I,
)


def segment(text: str, mention: Mention) -> tuple[int, int]:
    """The stretch of the sentence between separators that holds the mention."""
    start, end = 0, len(text)
    for match in _SEGMENT.finditer(text):
        if match.end() <= mention.start:
            start = match.end()
        elif match.start() >= mention.end:
            end = match.start()
            break
    return start, end


def phrase_start(text: str, mention: Mention) -> int:
    """Where the noun phrase of a mention begins: after the article, preposition or verb."""
    begin = mention.start
    low = segment(text, mention)[0]
    for match in reversed(list(re.finditer(r"\S+", text[low : mention.start]))):
        word = match.group()
        if _STOP.match(word.strip(",.;:()")) or word.endswith((",", ";", ":", ".")):
            break
        begin = low + match.start()
    return begin


def is_attribute(value: str) -> bool:
    """True when the words are only size words, sides and quantities."""
    return bool(value.strip()) and not _rest(value)


def parts(value: str) -> tuple[str, str, str]:
    """(severity, side, quantity) words of a value; "" for what it does not say."""
    found = []
    for pattern in (rf"\b{SEVERITY}\b", rf"\b{SIDE}\b", QUANTITY):
        match = re.search(pattern, value, re.IGNORECASE)
        found.append(match.group() if match else "")
    return found[0], found[1], found[2]


QUANTITY = (
    r"(?<![\w.])\d+(?:\.\d+)?(?:\s*(?:mm|cm)?\s*[x×]\s*\d+(?:\.\d+)?)*\s*-?\s*"
    r"(?:mm|cm|millimet(?:er|re)s?|centimet(?:er|re)s?|ml|cc|hu|%)(?!\w)"
)


def _rest(value: str) -> str:
    rest = re.sub(QUANTITY, " ", value, flags=re.I)
    rest = re.sub(rf"\b{SEVERITY}(?!\w)", " ", rest, flags=re.I)
    rest = re.sub(rf"\b{SIDE}(?!\w)", " ", rest, flags=re.I)
    return re.sub(
        r"\b(?:on|in|at|of|the|sides?|sided|size|and|about|approximately|only|now|a|an|is|to|wide|long|large|"
        r"maximally|maximum|diameter|one|thick|deep|across)\b|[,.()-]",
        " ",
        rest,
        flags=re.I,
    ).strip()


# --- changes -------------------------------------------------------------------------------------


def with_severity(line_text: str, mention: Mention, word: str) -> str | None:
    """The sentence with this size word for the mention."""
    low, high = segment(line_text, mention)
    found = list(re.finditer(rf"\b{SEVERITY}(?!\w)", line_text[low:high], re.IGNORECASE))
    before = [m for m in found if low + m.start() < mention.end]
    after = [m for m in found if low + m.start() >= mention.end]
    chosen = before[-1] if before else (after[0] if len(after) == 1 else None)
    if chosen is None:
        behind = re.match(
            rf"[^,;.]*,\s+({SEVERITY})(?!\w)", line_text[mention.end :], re.IGNORECASE
        )
        if behind is not None:
            at = mention.end + behind.start(1)
            old = behind.group(1)
            kept = re.search(r" in size$", old)
            return _put(line_text, at, at + len(old) - (len(kept.group()) if kept else 0), word)
    if chosen is not None:
        return _put(line_text, low + chosen.start(), low + chosen.end(), word)
    verb = re.match(r".*\b(?:is|are|was|were|appears?)\s+", mention.text, re.I)
    if verb:  # "heart is enlarged": before the participle, not before the heart
        return _insert(line_text, mention.start + verb.end(), adverb(word))
    at = phrase_start(line_text, mention)
    return _insert(line_text, at, word)


def with_side(line_text: str, mention: Mention, side: str) -> str | None:
    """The sentence with this side for the mention; None when two sides compete."""
    side = re.sub(r"[- ]sided$|\s+side$", "", side.lower())
    side = "bilateral" if side in ("both", "bilaterally") else side
    low, high = segment(line_text, mention)
    pattern = re.compile(r"\b(left|right|bilateral|unilateral)(?=\b|-|wards?\b)", re.IGNORECASE)
    found = [(low + m.start(), low + m.end()) for m in pattern.finditer(line_text[low:high])]
    if not found:
        found = [m.span() for m in pattern.finditer(line_text)]
        if len(found) > 1:
            return None
    if not found:
        return _insert(line_text, phrase_start(line_text, mention), side)
    sides = {line_text[a:b].lower() for a, b in found}
    if len(sides) > 1:
        return None
    text = line_text
    for a, b in reversed(found):
        text = _put(text, a, b, side)
    return text


def with_side_of_line(line: Line, mention: Mention, side: str) -> str | None:
    """Like ``with_side``; what belongs to the finding in other parts of the sentence goes with it.

    "Left extrusion, compressing the left S1 root": the root is no finding of its own.
    """
    text = with_side(line.text, mention, side)
    side = re.sub(r"[- ]sided$|\s+side$", "", side.lower())
    if text is None or side not in ("left", "right"):
        return text
    low, high = segment(line.text, mention)
    held = [m for m in line.findings if m.concept != mention.concept and not low <= m.start < high]
    words = {w.lower() for w in re.findall(r"\b(?:left|right)\b", line.text, re.I)}
    return text if held or len(words) != 1 else _all_sides(line.text, side)


def _all_sides(text: str, side: str) -> str:
    for found in reversed(list(re.finditer(r"\b(?:left|right)\b", text, re.I))):
        text = _put(text, found.start(), found.end(), side)
    return text


def with_quantity(
    line_text: str, mention: Mention, quantities: tuple[Quantity, ...], new: str
) -> str | None:
    """The sentence with this number for the mention; None when two numbers compete."""
    unit = _unit(new)
    same = [q for q in quantities if (_unit(q.text) in ("mm", "cm")) == (unit in ("mm", "cm"))]
    low, high = segment(line_text, mention)
    inside = (
        [q for q in same if low <= q.start < high] or _following(same, mention, line_text) or same
    )
    if len(inside) > 1:
        return None
    if inside:
        return _put(line_text, inside[0].start, inside[0].end, new, glue=inside[0].text)
    return _insert(line_text, phrase_start(line_text, mention), new)


def _following(quantities: list[Quantity], mention: Mention, text: str) -> list[Quantity]:
    """ "hematoma, 8 mm, with 4 mm shift": the number that stands right after the finding."""
    after = [q for q in quantities if q.start >= mention.end]
    return (
        after[:1] if after and re.fullmatch(r"[\s,(:]*", text[mention.end : after[0].start]) else []
    )


def _unit(text: str) -> str:
    match = re.search(
        r"(mm|cm|ml|cc|hu|%)", text.lower().replace("milli", "mm").replace("centi", "cm")
    )
    return match.group(1) if match else ""


def rivals(word: str) -> tuple[str, ...]:
    """The words of which a sentence holds one at a time, this one among them; empty if none."""
    return next((tuple(g.split()) for g in _EXCLUSIVE if word.lower() in g.split()), ())


def with_grade(line: Line, value: str) -> str | None:
    """The sentence with another grade, stage, type or category ("grade 3"), or None."""
    match = re.fullmatch(rf"({GRADE})[\s-]*(\w+)", value.strip(" ."), re.I)
    if match is None:
        return None
    found = list(
        re.finditer(rf"\b({match.group(1)})([\s-]*)(\d\w?|[IV]+\b|[A-D]\b)", line.text, re.I)
    )
    if len(found) != 1:
        return None
    return line.text[: found[0].start(3)] + match.group(2) + line.text[found[0].end(3) :]


GRADE = (
    r"(?:grade|segment|stage|type|level|category|class|acr|(?:bi|ti|li|pi|lung)-?rads|lr(?=-\d))"
)
#: A vertebral level or interspace, "T9", "L4-L5".
LEVEL = r"[CTLS]\d{1,2}(?:\s?[-/]\s?[CTLS]?\d{1,2})?"


def is_grade(words: str) -> bool:
    """True for "grade 2", "BI-RADS 4": a grading itself, not what is graded."""
    return re.fullmatch(rf"(?:the\s+)?{GRADE}[\s-]*\w*", words.strip(), re.I) is not None


def with_level(line: Line, level: str) -> str | None:
    """The sentence with another vertebral level in place of its only one, or None."""
    found = list(re.finditer(rf"\b{LEVEL}\b", line.text))
    if len(found) != 1:
        return None
    return line.text[: found[0].start()] + level.upper() + line.text[found[0].end() :]


def with_adjective(line_text: str, mention: Mention, word: str) -> str | None:
    """The sentence with one more qualifier before the finding, or in place of its contrary."""
    groups = [tuple(g.split()) for g in _EXCLUSIVE if word.lower() in g.split()]
    if not groups:
        return None
    low, high = segment(line_text, mention)
    found: list[re.Match[str]] = []
    for alike in groups:
        words = "|".join(sorted(map(re.escape, alike), key=len, reverse=True))
        pattern = rf"(?<![\w-])(?:{words})(?![\w-])"
        found = list(re.finditer(pattern, line_text[low:high], re.IGNORECASE))
        if found:
            break
    if len(found) == 1:
        return _put(line_text, low + found[0].start(), low + found[0].end(), word)
    if found:
        return None
    change = "unchanged" in alike  # "an unchanged 6 mm nodule", but "a 6 mm calcified nodule"
    at = phrase_start(line_text, mention) if change else mention.start
    number = re.search(QUANTITY + r"\s+$", line_text[:at], re.I) if change else None
    at = number.start() if number else at
    return _insert(line_text, at, word)


def with_location(line: Line, mention: Mention, value: str) -> str | None:
    """The sentence with this place for the finding ("in the anterior mediastinum"), or None."""
    place = re.fullmatch(
        r"(?:in|within|at|on|over|near|to)\s+(?:the\s+)?(.+)", value.strip(" ."), re.I
    )
    low, high = segment(line.text, mention)
    if place is not None:
        same_noun = _other_modifier(line.text, place.group(1))
        if same_noun is not None:
            return same_noun
    spots = [
        m
        for m in line.reading.mentions
        if m.kind == "anatomy"
        and low <= m.start < high
        and not (m.start < mention.end and m.end > mention.start)
    ]
    if place is None or len(spots) != 1:
        return None
    start = phrase_start(line.text, spots[0])
    if start <= mention.start < spots[0].start:
        start = spots[0].start
    new, old = place.group(1), line.text[start : spots[0].end]
    side = re.search(r"\b(left|right)\b", old, re.I)
    if side and not re.search(r"\b(left|right|bilateral|both)\b|^[RL][UML]L$", new, re.I):
        head = new.rfind(" ") + 1
        new = f"{new[:head]}{side.group().lower()} {new[head:]}"  # the side was not spoken of
    return _put(line.text, start, spots[0].end, new)


def _other_modifier(text: str, place: str) -> str | None:
    """ "upper pole" over "at the lower pole of the left kidney": the words before the same noun."""
    words = place.split()
    if len(words) < 2:
        return None
    found = list(
        re.finditer(
            rf"\b((?:[A-Za-z-]+\s+){{{len(words) - 1}}}){re.escape(words[-1])}\b", text, re.I
        )
    )
    if len(found) != 1:
        return None
    old = found[0].group(1).lower().split()
    rival = [a for a, b in zip(words[:-1], old, strict=True) if a.lower() != b and b in rivals(a)]
    same = [a for a, b in zip(words[:-1], old, strict=True) if a.lower() == b]
    if not rival or len(rival) + len(same) != len(old):
        return None
    return _put(text, found[0].start(), found[0].end(), place)


def _put(text: str, start: int, end: int, new: str, glue: str = "") -> str:
    old = text[start:end]
    if old[:1].isupper() and new[:1].islower():
        new = new[0].upper() + new[1:]
    elif old[:1].islower() and new[:1].isupper() and new[1:].islower():
        new = new[0].lower() + new[1:]
    if re.search(r"\d-[a-z]", glue):
        new = re.sub(r"(\d)\s+([a-z])", r"\1-\2", new)
    return fix_articles(text[:start] + new + text[end:])


def _insert(text: str, at: int, words: str) -> str:
    rest = text[at:]
    if at == 0:
        first = rest.split(" ", 1)[0]
        if not (first.isupper() and len(first) > 1):
            rest = rest[:1].lower() + rest[1:]
        words = words[:1].upper() + words[1:]
    elif words[:1].isupper() and words[1:].islower():
        words = words[0].lower() + words[1:]
    return fix_articles(text[:at] + words + " " + rest)


def others(line: Line, mention: Mention) -> list[Mention]:
    """Findings of the line that stand on their own beside the mention.

    What shares its noun phrase ("calcified granuloma") or is only denied along with it
    ("gallstones without cholecystitis") does not.
    """
    own = segment(line.text, mention)
    found = []
    for other in line.findings:
        denied = other.presence is Presence.ABSENT, mention.presence is Presence.ABSENT
        if other.concept == mention.concept or denied == (True, False):
            continue
        if denied[0] == denied[1] and segment(line.text, other) == own:
            continue
        found.append(other)
    return found


def mention_of(line: Line, subject: str, view: View) -> Mention | None:
    """The mention in the line that the subject words name, or None."""
    wanted = {m.concept for m in view.reading(subject).mentions}
    hits = [m for m in line.findings if m.concept in wanted]
    if not hits:
        named = [m for m in view.reading(subject).mentions if m.kind in ("finding", "device")]
        hits = [m for m in line.findings if any(same_finding(m, n, view.lexicon) for n in named)]
    if not hits:
        words = set(stems(subject)) - {"left", "right", "bilater"}
        hits = [m for m in line.findings if words & set(stems(m.text))]
    if hits:
        return hits[0]
    return plain_mention(line, subject)


def anatomy_of(line: Line, subject: str, view: View) -> Mention | None:
    """The anatomy that the subject names ("the left kidney"), on its side, or None."""
    wanted = [m for m in view.reading(subject).mentions if m.kind != "finding"]
    for mention in line.reading.mentions:
        if any(
            mention.concept == m.concept
            and m.laterality in (Laterality.NONE, mention.laterality)
            and mention.kind == m.kind
            for m in wanted
        ):
            return mention
    return None


def plain_mention(line: Line, subject: str) -> Mention | None:
    """The last word of the subject where the line has it, for what the lexicon does not know."""
    return _plain_mention(line, [stem(w) for w in re.findall(r"[A-Za-z]+", subject)])


def _plain_mention(line: Line, wanted: list[str]) -> Mention | None:
    """A word of the sentence as a mention, for findings that the lexicon does not know."""
    for match in reversed(list(re.finditer(r"[A-Za-z]+", line.text))):
        word = match.group().lower()
        if word not in STOP_WORDS and stem(word) == (wanted[-1] if wanted else ""):
            return Mention(
                concept="",
                kind="finding",
                start=match.start(),
                end=match.end(),
                text=match.group(),
                presence=Presence.PRESENT,
                laterality=Laterality.NONE,
                location=(),
                change="",
                certainty="",
                severity="",
            )
    return None


def adverb(word: str) -> str:
    """ "mild" as it stands before a participle: "mildly"."""
    return _GRADE_ADVERB.get(word.lower(), word)

"""The statements that a target names.

A phrase that could mean two different statements is never decided by chance: the resolution lists
the candidates, and the chat asks.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from radassist.domain.findings import Laterality
from radassist.workflow.chat.targets import Target, device_lines, sides_in
from radassist.workflow.chat.topics import region
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import literal_pattern, stem, stems


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
    if not target.section and not pool:
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
    if target.both and len(lines) != 2:
        lines = _the_two(lines)
    if target.every or len(lines) == 1:
        return Resolution(tuple(lines))
    first_section = [line for line in lines if line.section.lower() == "findings"]
    if len(first_section) == 1:  # Impression repeats Findings: the finding's own place is meant
        return Resolution(tuple(first_section))
    return Resolution(problem=which_one(lines), candidates=tuple(lines))


def _the_two(lines: Sequence[Line]) -> Sequence[Line]:
    """The section that holds exactly two of the lines, where there is just one such section."""
    sections = dict.fromkeys(line.section for line in lines)
    groups = [[line for line in lines if line.section == name] for name in sections]
    pairs = [group for group in groups if len(group) == 2]
    return pairs[0] if len(pairs) == 1 else lines


def _said(target: Target) -> str:
    return (target.quote or target.topic or target.phrase)[:80]


def which_one(lines: Sequence[Line]) -> str:
    """The question that names the candidates."""
    listed = "; ".join(line.quoted() for line in lines[:6])
    return f"Which sentence do you mean? {listed}"


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
    topic = device_lines(topic)
    sides = sides_in(topic)
    words = [s for s in stems(topic) if s not in ("left", "right", "bilater", "sid")]
    phrase = view.reading(topic)
    stated = [m for m in phrase.mentions if m.kind != "anatomy"]
    concepts = {
        m.concept
        for m in phrase.mentions
        if m in stated or not any(m.start < s.end and m.end > s.start for s in stated)
    }
    pool = [line for line in pool if _side_fits(line, sides)]
    if not words:
        return [line for line in pool if sides]
    literal = [line for line in pool if all(w in line.stems for w in words)]
    by_concept = [line for line in pool if concepts and _holds_all(concepts, line, view)]
    by_region = [line for line in pool if _in_region(line, words)]
    if every:
        found = [x for x in pool if x in literal or x in by_concept or x in by_region]
        return found or _inside_words(pool, words)
    for level in (_with_long_forms(literal, by_concept, topic), by_concept, by_region):
        if level:
            return _narrowed(level, words)
    return _by_initials(topic, pool) or _nearly(pool, words, concepts) or _inside_words(pool, words)


def _with_long_forms(literal: list[Line], by_concept: list[Line], topic: str) -> list[Line]:
    """An abbreviation as typed in one section, and the sentence of another that spells it out."""
    if not literal or re.fullmatch(r"[A-Za-z]{2,5}", topic.strip()) is None:
        return literal
    sections = {line.section for line in literal}
    return [*literal, *(x for x in by_concept if x.section not in sections)]


def _by_initials(topic: str, pool: Sequence[Line]) -> list[Line]:
    """ "PVR" for "post-void residual": an abbreviation that the sentence spells out."""
    letters = topic.strip().lower()
    if not re.fullmatch(r"[a-z]{2,5}", letters):
        return []
    found = []
    for line in pool:
        initials = "".join(w[0] for w in re.findall(r"[a-z]+", line.text.lower()))
        if letters in initials:
            found.append(line)
    return found if topic.isupper() or not re.search(r"[aeiou]", letters) else []


def _inside_words(pool: Sequence[Line], words: Sequence[str]) -> list[Line]:
    """ "the thymus" in "cardiothymic", "listhesis" in "anterolisthesis"."""
    long = [w for w in words if len(w) >= 4]
    return [x for x in pool if long and all(any(w in s for s in x.stems) for w in long)]


def _holds_all(concepts: set[str], line: Line, view: View) -> bool:
    """True when the line names every concept or a kind of it ("bleed", "subdural hematoma")."""
    return all(any(view.lexicon.is_a(own, c) for own in line.concepts) for c in concepts)


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
        leading = [x for x in group if _leads(x, words)] or _wordiest(group, words)
        chosen.extend(leading if len(leading) == 1 and len(group) > 1 else group)
    return chosen


def _wordiest(lines: Sequence[Line], words: Sequence[str]) -> list[Line]:
    """The one line that has more of the words than any other; empty on a draw."""
    scored = [(sum(w in x.stems for w in words), x) for x in lines]
    best = max(score for score, _ in scored)
    return [x for score, x in scored if score == best] if best else []


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


def region_of(text: str) -> frozenset[str]:
    """Stems of the regions that the words of a text name."""
    found: frozenset[str] = frozenset()
    for word in re.findall(r"[A-Za-z]+", text):
        found |= region(stem(word))
    return found

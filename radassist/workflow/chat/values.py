"""Size words, sides and numbers given to a finding, here and where the same fact is repeated."""

from __future__ import annotations

import re
from dataclasses import replace

from radassist.domain.findings import Laterality
from radassist.domain.reading import Mention, Quantity
from radassist.workflow.chat import attributes
from radassist.workflow.chat.propagation import asserted, same_finding, sides_agree
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import (
    substituted,
)
from radassist.workflow.chat.working import Ask, NeedsModel, Working


def set_attributes(line: Line, mention: Mention, value: str, work: Working) -> None:
    """Give the finding of a line these size words, side and number."""
    text = changed_attributes(line, mention, value)
    if text is None:
        raise NeedsModel(f"The {mention.text} is {value}.", [line])
    if text == line.text:
        raise Ask(f"The report says that already: {line.quoted()}")
    work.rewrite(line.id, text)


def changed_attributes(line: Line, mention: Mention, value: str) -> str | None:
    """The text of a line with these size words, side and number for the finding, or None."""
    severity, side, quantity = attributes.parts(value)
    text: str | None = line.text
    # From right to left in the usual order of words, so that insertions stand in that order:
    # "moderate 8 mm left effusion".
    if side and text is not None:
        text = attributes.with_side_of_line(line, mention, side)
    if quantity and text is not None:
        quantities = line.reading.quantities if text == line.text else _shifted(line, text)
        text = attributes.with_quantity(text, _again(text, mention), quantities, quantity)
    if severity and text is not None:
        text = attributes.with_severity(text, _again(text, mention), severity)
    return text


def _again(text: str, mention: Mention) -> Mention:
    """The mention at its place in a changed text."""
    at = text.lower().find(mention.text.lower(), max(0, mention.start - 24))
    return replace(mention, start=at, end=at + len(mention.text)) if at >= 0 else mention


def _shifted(line: Line, text: str) -> tuple[Quantity, ...]:
    moved = []
    for quantity in line.reading.quantities:
        at = text.find(quantity.text)
        if at >= 0:
            moved.append(replace(quantity, start=at, end=at + len(quantity.text)))
    return tuple(moved)


def repeat(line: Line, mention: Mention, value: str, view: View, work: Working) -> None:
    """The same fact in the other sections: a value that it states is changed with it."""
    for other, new in _repeats(line, mention, value, view):
        work.rewrite(other.id, new)


def offer_repeat(line: Line, mention: Mention, value: str, view: View, work: Working) -> None:
    for other, new in _repeats(line, mention, value, view):
        work.offer(work.rewritten(other.id, new))


def _repeats(line: Line, mention: Mention, value: str, view: View) -> list[tuple[Line, str]]:
    severity, side, quantity = attributes.parts(value)
    found: list[tuple[Line, str]] = []
    for other in view.fact_lines:
        if other.id == line.id or other.section == line.section:
            continue
        if not mention.concept:  # the lexicon does not know it: the word and the number decide
            again = attributes.plain_mention(other, mention.text)
            number = _same_number(line, mention, other, quantity) if again else None
            if again is not None and number is None and side and _same_words(line, other):
                number = attributes.with_side(other.text, again, side)
            alike = set(line.concepts) & set(other.concepts) or _shared(line, other) >= 3
            if again is None and quantity and alike:
                number = _same_number(line, mention, other, quantity)
            found.extend([(other, number)] if number is not None else [])
            continue
        same = [m for m in other.findings if same_finding(m, mention, view.lexicon) and asserted(m)]
        if not same:
            word = attributes.plain_mention(other, mention.text)
            again_text = attributes.with_side(other.text, word, side) if word and side else None
            if again_text not in (None, other.text) and _same_words(line, other):
                found.append((other, str(again_text)))
            continue
        exact = [m for m in same if m.concept == mention.concept]
        same = exact or same
        numbered = _same_number(line, mention, other, quantity)
        if numbered is not None:
            found.append((other, numbered))
            continue
        if len(same) != 1:
            continue
        stated = _stated(other, same[0])
        wanted = " ".join(
            x
            for x, says in ((severity, stated[0]), (side, stated[1]), (quantity, stated[2]))
            if x and says
        )
        if not side and not sides_agree(mention.laterality, same[0].laterality):
            continue
        changed = changed_attributes(other, same[0], wanted) if wanted else None
        if changed is not None and changed != other.text:
            found.append((other, changed))
    return found


def _shared(a: Line, b: Line) -> int:
    return len({s for s in a.stems if not s[0].isdigit()} & set(b.stems))


def _same_words(a: Line, b: Line) -> bool:
    """True when two lines share three words and the side: one thing said twice."""
    return a.sides == b.sides and len(set(a.stems) & set(b.stems)) >= 4


def _same_number(line: Line, mention: Mention, other: Line, quantity: str) -> str | None:
    """The other line with the new number, where it holds the old number of the finding once."""
    changed = changed_attributes(line, mention, quantity) if quantity else None
    if changed is None:
        return None
    gone = [q for q in line.reading.quantities if q.text not in changed]
    same = [
        q
        for q in other.reading.quantities
        if gone and (q.dims, q.unit) == (gone[0].dims, gone[0].unit)
    ]
    return substituted(other.text, same[0].text, quantity) if len(same) == 1 else None


def _stated(line: Line, mention: Mention) -> tuple[bool, bool, bool]:
    """Whether the line gives the finding a size word, a side and a number."""
    low, high = attributes.segment(line.text, mention)
    part = line.text[low:high]
    severity = re.search(rf"\b{attributes.SEVERITY}\b", part, re.I) is not None
    side = re.search(r"\b(left|right|bilateral)\b", part, re.I) is not None or (
        mention.laterality is not Laterality.NONE and not attributes.others(line, mention)
    )
    quantity = any(low <= q.start < high for q in line.reading.quantities)
    return severity, side, quantity

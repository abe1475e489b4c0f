""" "The effusion is moderate", "the heart is enlarged": facts about what the report may hold."""

# Patterns and prompts are easier to check on one line than broken into pieces.

from __future__ import annotations

import re
from dataclasses import replace

from radassist.domain import operations as ops
from radassist.domain.findings import Presence
from radassist.domain.reading import Mention
from radassist.workflow.chat import attributes
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.assertions import (
    affirm,
    findings_of,
    holds,
    insert_finding,
    item_beside,
    keeps,
    stating,
)
from radassist.workflow.chat.cutting import without_item
from radassist.workflow.chat.fact_forms import (
    STATE_WORDS,
    denied_so_far,
    described_lines,
    graded,
    levelled,
    measured,
    mention_in,
    over_clause,
    sides_compared,
)
from radassist.workflow.chat.propagation import asserted, same_finding
from radassist.workflow.chat.resolving import fitting, which_one
from radassist.workflow.chat.targets import is_explicit
from radassist.workflow.chat.values import offer_repeat, repeat, set_attributes
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import sentence, stems, substituted, takes_an
from radassist.workflow.chat.working import Ask, NeedsModel, Working


def describe(command: c.Describe, view: View, work: Working) -> None:
    """ "The effusion is moderate", "the nodule measures 8 mm", "the heart is enlarged"."""
    special = (graded, levelled, measured, sides_compared, denied_so_far)
    if any(way(command, view, work) for way in special):
        return
    command = replace(command, value=_new_words(command, view))
    if attributes.is_attribute(command.value) and not _is_rate(command.value):
        _describe_by_attribute(command, view, work)
    else:
        _describe_in_words(command, view, work)


def _new_words(command: c.Describe, view: View) -> str:
    """The value without words that the one sentence meant has already beside the finding.

    "The protrusion is left paracentral" of "a right paracentral disc protrusion" is "left".
    """
    value = command.value
    if attributes.is_attribute(value) or not command.subject:
        return value
    lines = [x for x in described_lines(command, view) if x.section == view.findings_name]
    there = [x for x in lines if (m := mention_in(x, command.subject, view, value)) and asserted(m)]
    if len(there) != 1:
        return value
    kept = [w for w in value.strip(" .").split() if not set(stems(w)) <= set(there[0].stems)]
    rest = " ".join(kept)
    side_or_size = any(attributes.parts(rest)[:2]) and re.match(r"[a-z]+$", rest, re.I)
    return rest if side_or_size and attributes.is_attribute(rest) else value


def _is_rate(value: str) -> bool:
    """ "significant" and "extensive" alone say too little to go by."""
    return value.lower().strip() in ("significant", "both", "one")


def _describe_by_attribute(command: c.Describe, view: View, work: Working) -> None:
    lines = described_lines(command, view)
    subject = command.subject
    pairs = [(x, mention_in(x, subject, view, command.value)) for x in lines]
    there = [(x, m) for x, m in pairs if m is not None and asserted(m)]
    if not there:
        if subject and not findings_of(subject, view) and not command.scope:
            own = command.text or sentence(f"the {subject} is {command.value}")
            _describe_in_words(replace(command, text=own), view, work)
            return
        if subject and any(m is not None for _, m in pairs):
            affirm(c.Assert(_there_is(command)), view, work)
            return
        if subject and not lines:
            raise Ask(f"No sentence of the report is about “{subject[:80]}”.")
        raise Ask(which_one(lines) if lines else "It is not clear what is meant.", lines)
    words = set(stems(subject))
    whole = [(x, m) for x, m in there if words <= set(x.stems)]
    chosen = _one_place(whole or there, command.value, view)
    line, mention = chosen
    set_attributes(line, mention, command.value, work)
    if command.scope and is_explicit(command.scope, view):
        offer_repeat(line, mention, command.value, view, work)
    else:
        repeat(line, mention, command.value, view, work)


def _one_place(there: list[tuple[Line, Mention]], value: str, view: View) -> tuple[Line, Mention]:
    """The Findings sentence meant; more than one is narrowed by the kind of value, then asked."""
    own = [(x, m) for x, m in there if x.section == view.findings_name] or there
    if len(own) == 1:
        return own[0]
    severity, side, quantity = attributes.parts(value)
    same_kind = [
        (x, m)
        for x, m in own
        if (quantity and x.reading.quantities)
        or (severity and re.search(rf"\b{attributes.SEVERITY}\b", x.text, re.I) and not quantity)
        or (side and x.sides and not quantity and not severity)
    ]
    if len(same_kind) == 1:
        return same_kind[0]
    raise Ask(which_one([x for x, _ in own]), [x for x, _ in own])


def _there_is(command: c.Describe) -> str:
    severity, side, quantity = attributes.parts(command.value)
    side = {"bilaterally": "bilateral", "both": "bilateral"}.get(side.lower(), side)
    words = " ".join(x for x in (severity, quantity, side, command.subject) if x)
    article = (
        "" if command.subject.endswith("s") else ("an " if takes_an(words.split()[0]) else "a ")
    )
    verb = "are" if command.subject.endswith("s") else "is"
    return sentence(f"there {verb} {article}{words}")


def _describe_in_words(command: c.Describe, view: View, work: Working) -> None:
    pool = view.in_section(view.findings_name)
    lines = fitting(command.subject, view, pool)
    if any(x.text.rstrip(".").lower() == command.text.rstrip(".").lower() for x in view.fact_lines):
        raise Ask("The report says that already.")
    if not lines:
        insert_finding(command.text, view, work)
        return
    if len(lines) > 1:
        there = [x for x in lines if holds(x, command.subject, view)]
        certain = [x for x in there if _is_certain(x, command.subject, view)]
        lines = certain if len(certain) == 1 else there if len(there) == 1 else lines
    if len(lines) > 1:
        subject = [x for x in lines if _is_subject(x, command.subject)]
        shared = [x for x in subject if set(stems(command.value)) & set(x.stems)]
        subject = shared if len(shared) == 1 else subject
        if len(subject) != 1:
            raise Ask(which_one(lines), lines)
        lines = subject
    line = lines[0]
    if _only_number(line, command, work) or _over_clause(line, command, view, work):
        return
    mention = attributes.mention_of(line, command.subject, view)
    denied = mention is not None and bool(mention.concept) and not asserted(mention)
    if (
        mention is not None
        and denied
        and findings_of(command.subject, view)
        and _says_it_is_there(command, mention, view)
    ):
        raise Ask(f"The report denies it: {line.quoted()}", [line])
    if mention is not None and asserted(mention):
        words = command.value.strip(" .").split()
        value = re.sub(r"^(?:in|at|of)\s+(?:the\s+)?", "", command.value)
        graded = attributes.with_grade(line, value)
        if graded is not None and graded != line.text:
            work.rewrite(line.id, graded)
            return
        moved = attributes.with_location(line, mention, command.value)
        if moved is not None and moved != line.text:
            work.rewrite(line.id, moved)
            _place_elsewhere(line, mention, command.value, view, work)
            return
        new = attributes.with_adjective(line.text, mention, words[0]) if len(words) == 1 else None
        if new is not None and new != line.text:
            work.rewrite(line.id, new)
            return
    if _says_only(line, command, view):
        work.rewrite(line.id, command.text)
        _offer_contrary(line, command, view, work)
        return
    _beside(line, command, view, work)


def _all_of_the_organ(line: Line, subject: set[str], view: View) -> bool:
    """True when every finding of the line lies in the organ that is spoken of."""
    known = [(m, view.lexicon.get(m.concept)) for m in line.findings]
    places = [{*m.location} | ({one.anatomy} if one is not None else set()) for m, one in known]
    return bool(places) and all(subject & p for p in places) and not line.reading.quantities


def _contrary_word(line: Line, value: str) -> bool:
    """True when the line has a word of the value with "non-" before it, or without it."""
    said = {w.lower() for w in re.findall(r"[A-Za-z-]{5,}", value)}
    there = {w.lower() for w in re.findall(r"[A-Za-z-]{5,}", line.text)}
    bare = [
        {re.sub(r"^non-?", "", w) for w in words if w.startswith("non")} for words in (said, there)
    ]
    return bool(bare[0] & there or bare[1] & said)


def _over_clause(line: Line, command: c.Describe, view: View, work: Working) -> bool:
    text = over_clause(line, command.text, command.subject) if command.text else None
    if text is None or text == line.text:
        return False
    work.rewrite(line.id, text)
    _offer_contrary(line, command, view, work)
    return True


def _is_certain(line: Line, subject: str, view: View) -> bool:
    """True for "a mass", not for "dense tissue may obscure masses"."""
    mention = attributes.mention_of(line, subject, view)
    return mention is not None and mention.presence is Presence.PRESENT


def _only_number(line: Line, command: c.Describe, work: Working) -> bool:
    """ "The tip is 4 cm above the carina" where the line differs in nothing but the number."""
    quantity = attributes.parts(command.value)[2]
    if not quantity or len(line.reading.quantities) != 1:
        return False
    rest = command.value.replace(quantity, " ")
    if not set(stems(rest)) <= set(line.stems):
        return False
    text = substituted(line.text, line.reading.quantities[0].text, quantity)
    if text is None or text == line.text:
        return False
    work.rewrite(line.id, text)
    return True


def _place_elsewhere(line: Line, mention: Mention, value: str, view: View, work: Working) -> None:
    """The same finding at the same old place in another section moves with it."""
    for other in view.fact_lines:
        for m in other.findings:
            same = same_finding(m, mention, view.lexicon) and (
                set(m.location) == set(mention.location)
                or _same_place_words(line, other, work) is not None
            )
            if other.section == line.section or not same or not asserted(m):
                continue
            moved = (
                _same_place_words(line, other, work)
                or attributes.with_location(other, m, value)
                or _other_side(line, m, other, work)
            )
            if moved is not None and moved != other.text:
                work.rewrite(other.id, moved)


def _same_place_words(line: Line, other: Line, work: Working) -> str | None:
    """ "lower pole" became "upper pole" here: the same words there, where they stand once."""
    old, new = line.text.split(), work.text(line.id).split()
    if len(old) != len(new):
        return None
    changed = [i for i, (a, b) in enumerate(zip(old, new, strict=True)) if a != b]
    if len(changed) != 1 or changed[0] + 1 >= len(old):
        return None
    at = changed[0]
    pair = " ".join(old[at : at + 2]).strip(".,;"), " ".join(new[at : at + 2]).strip(".,;")
    return substituted(other.text, *pair)


def _other_side(line: Line, mention: Mention, other: Line, work: Working) -> str | None:
    """ "right ovarian cyst" where the finding only went to the other ovary."""
    before, after = (_SIDES.findall(text.lower()) for text in (line.text, work.text(line.id)))
    if len(set(before)) != 1 or len(set(after)) != 1 or set(before) == set(after):
        return None
    if _SIDES.sub("", line.text.lower()) != _SIDES.sub("", work.text(line.id).lower()):
        return None
    return attributes.with_side(other.text, mention, after[0])


_SIDES = re.compile(r"\b(left|right)\b")


def _says_it_is_there(command: c.Describe, mention: Mention, view: View) -> bool:
    return any(
        m.concept == mention.concept and asserted(m) for m in findings_of(command.text, view)
    )


def _is_subject(line: Line, subject: str) -> bool:
    return bool(set(stems(subject)) & set(line.stems[:2]))


def _says_only(line: Line, command: c.Describe, view: View) -> bool:
    """True when the line holds nothing but its subject, so that a new sentence loses nothing."""
    new = view.reading(command.text)
    said = {m.concept for m in new.mentions} | {c for m in new.mentions for c in m.location}
    subject = {m.concept for m in view.reading(command.subject).mentions}
    stem_set = set(stems(command.text))
    single = len({m.concept for m in line.findings}) <= 1
    others = [
        m
        for m in line.reading.mentions
        if m.concept not in said | subject
        and not set(stems(m.text)) <= stem_set
        and not (single and _about(m, subject))
    ]
    if item_beside(line, command.subject):
        return False
    if _all_of_the_organ(line, subject, view) and _NORMAL.search(command.value):
        return True  # "the liver is normal" takes back whatever was said of the liver
    if not _NORMAL.search(command.value) and _left_over(line, command, others):
        return False
    lost = {q.text for q in line.reading.quantities} - {q.text for q in new.quantities}
    return not others and not lost


_NORMAL = re.compile(
    r"\b(?:normal|unremarkable|clear|intact|negative|within normal limits|patent)\b", re.I
)


def _left_over(line: Line, command: c.Describe, others: list[Mention]) -> bool:
    """True when the line holds words that the new sentence would lose."""
    own = {
        s
        for m in line.reading.mentions
        if m not in others and (m.location or m.kind == "anatomy")
        for s in stems(m.text)
    }
    left = set(line.stems) - set(stems(command.text)) - STATE_WORDS - own
    return len(left) > 1


def _about(mention: Mention, subject: set[str]) -> bool:
    """True for "cardiomegaly" when the heart is spoken of."""
    return bool(subject & set(mention.location)) or mention.concept in subject


def _beside(line: Line, command: c.Describe, view: View, work: Working) -> None:
    """The line says more than this: its part is taken out, or the new sentence put after it; a line
    that says the contrary word for word gives way."""
    if _contrary_word(line, command.value):
        work.rewrite(line.id, command.text)
        return
    subject = {m.concept for m in view.reading(command.subject).mentions}
    own = [m for m in line.reading.mentions if m.concept in subject]
    if len(own) == 1:
        shorter = without_item(line.text, own[0].start, own[0].end)
        numbers = {q.text for q in line.reading.quantities}
        kept = shorter is not None and numbers <= {q.text for q in view.reading(shorter).quantities}
        if shorter is not None and kept and keeps(shorter, line, own[0].concept, view):
            section, at = work.place_of(line.id)
            work.rewrite(line.id, shorter)
            work.insert(section.name, at, command.text)
            return
    raise NeedsModel(command.text, [line], own=command.text)


def _offer_contrary(line: Line, command: c.Describe, view: View, work: Working) -> None:
    """Impression sentences on the finding that the old sentence held, and the new one does not."""
    new = {(m.concept, m.presence) for m in findings_of(command.text, view)}
    for mention in line.findings:
        if not asserted(mention):
            continue
        for other, same in stating(mention, view.fact_lines, there=True):
            if other.id == line.id or len({m.concept for m in other.findings}) != 1 or not same:
                continue
            worded = over_clause(other, command.text, command.subject)
            if worded is not None and worded != other.text:
                work.offer(work.rewritten(other.id, worded))
            elif (mention.concept, mention.presence) not in new:
                work.offer(ops.Delete(other.id))

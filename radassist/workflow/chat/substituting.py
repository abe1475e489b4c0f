"""Words for words, in one sentence or wherever the same fact stands."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

from radassist.domain.reading.quantities import quantities
from radassist.workflow.chat import attributes, describing
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.fact_forms import without_interval
from radassist.workflow.chat.lookup import (
    found_lines,
    state_one_finding,
    target_of,
    told_elsewhere,
)
from radassist.workflow.chat.resolving import fitting, resolve, which_one
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import (
    literal_pattern,
    sentence,
    stems,
    substituted,
)
from radassist.workflow.chat.working import Ask, Working


def substitute(command: c.Substitute, view: View, work: Working) -> None:
    pool, named = _substitution_pool(command, view, work)
    offered: dict[str, str] = {}
    if _exchanged(command, pool, work):
        return
    for old, new in command.pairs:
        pattern = literal_pattern(old)
        lines = [x for x in pool if pattern.search(work.text(x.id))]
        if not lines:
            if not _instead(command, old, new, pool, named, view, work):
                raise Ask(_not_there(old, command))
            continue
        if not named and not command.everywhere:
            lines = _the_same_fact(old, lines, view)
        for line in lines:
            changed = _put(command, line, old, new, view, work)
            if changed is not None:
                work.rewrite(line.id, changed)
        if not named:
            _repeat_dimension(command, lines, view, work)
        elif not command.everywhere:
            _note_alike(lines, old, new, view, offered)
    if command.subject or command.scope:
        _as_adverbs(command, pool, work)
    for statement_id, text in offered.items():
        work.offer(work.rewritten(statement_id, text))


def _put(
    command: c.Substitute, line: Line, old: str, new: str, view: View, work: Working
) -> str | None:
    """The new words for the old ones; a side only where it is the side of what is spoken of."""
    text = work.text(line.id)
    sides = ("left", "right")
    if command.subject and old.lower() in sides and new.lower() in sides and text == line.text:
        mention = attributes.mention_of(line, command.subject, view)
        moved = attributes.with_side(text, mention, new) if mention is not None else None
        if moved is not None and moved != text:
            return moved
    placed = _with_own_place(line, old, new, view) if text == line.text else None
    if placed is not None:
        return placed
    changed = substituted(text, old, new)
    return without_interval(changed, new) if changed else changed


def _with_own_place(line: Line, old: str, new: str, view: View) -> str | None:
    """ "Consolidation at the left base" for the atelectasis of "Bibasal atelectasis": the phrase
    brings its own place, so that a sentence on that finding alone becomes the phrase."""
    said, gone = view.reading(new), {m.concept for m in view.reading(old).findings()}
    anatomy = any(m.kind == "anatomy" for m in said.mentions)
    if not said.findings() or not (anatomy or said.lateralities) or not gone:
        return None
    if {m.concept for m in line.findings} != gone or line.reading.quantities:
        return None
    return sentence(new)


def _note_alike(lines: list[Line], old: str, new: str, view: View, offered: dict[str, str]) -> None:
    """What the same words would become in other statements on the same finding."""
    for other in _alike(lines, old, view):
        again = substituted(offered.get(other.id, other.text), old, new)
        if again is not None:
            offered[other.id] = again


def _as_adverbs(command: c.Substitute, pool: list[Line], work: Working) -> None:
    """ "severe, not mild": "mildly enlarged" becomes "severely enlarged" as well."""
    for old, new in command.pairs:
        pair = attributes.adverb(old), attributes.adverb(new)
        if pair == (old, new):
            continue
        for line in pool:
            changed = substituted(work.text(line.id), *pair)
            if changed is not None:
                work.rewrite(line.id, changed)


def _alike(lines: list[Line], old: str, view: View) -> list[Line]:
    """Other statements on the same finding; by their words where the lexicon does not know it."""
    same = told_elsewhere(tuple(lines), view)
    own = set(stems(old))
    for other in view.fact_lines:
        if other in same or other in lines or not literal_pattern(old).search(other.text):
            continue
        if any(len((set(x.stems) & set(other.stems)) - own) >= 2 for x in lines):
            same.append(other)
    return same


def _exchanged(command: c.Substitute, pool: list[Line], work: Working) -> bool:
    """ "right to left and left to right": both at once, or the second would undo the first."""
    pairs = {old.lower(): new for old, new in command.pairs}
    if len(pairs) != 2 or {n.lower() for n in pairs.values()} != set(pairs):
        return False
    first, second = pairs
    for line in pool:
        text = work.text(line.id)
        marked = substituted(text, first, "qqxqq") or text
        half = substituted(marked, second, pairs[second]) or marked
        work.rewrite(line.id, substituted(half, "qqxqq", pairs[first]) or half)
    if not work.operations:
        raise Ask(_not_there(first, command))
    return True


def _substitution_pool(command: c.Substitute, view: View, work: Working) -> tuple[list[Line], bool]:
    """(statements to look in, whether the user named them)."""
    if command.scope:
        target = target_of(command.scope, view)

        def holds(line: Line) -> bool:
            return any(literal_pattern(old).search(line.text) for old, _ in command.pairs)

        return list(found_lines(resolve(target, view, keep=holds), work)), not target.every
    if command.subject:
        lines = fitting(command.subject, view, view.fact_lines, every=True)
        lines = lines or _only_holders(command, view)
        if not lines:
            raise Ask(f"No sentence of the report is about “{command.subject[:80]}”.")
        return lines, False
    if command.everywhere:
        return list(view.lines), False
    facts = [
        x
        for x in view.fact_lines
        if any(literal_pattern(o).search(x.text) for o, _ in command.pairs)
    ]
    return (facts if facts else list(view.lines)), False


def _only_holders(command: c.Substitute, view: View) -> list[Line]:
    """The one line with the old words, where nothing is called as the user calls it."""
    patterns = [literal_pattern(old) for old, _ in command.pairs]
    lines = [x for x in view.lines if all(p.search(x.text) for p in patterns)]
    if len(lines) == 1:
        return lines
    sections = [x.section for x in lines]
    alike = (
        len(lines) == 2
        and len(set(sections)) == 2
        and len(set(lines[0].stems) & set(lines[1].stems)) >= 4
    )
    return lines if alike else []


def _repeat_dimension(command: c.Substitute, lines: list[Line], view: View, work: Working) -> None:
    """ "3.6 x 1.9 cm, not 2.6 x 1.9 cm": "2.6 cm" of the same thing in another section as well."""
    for old, new in command.pairs:
        before, after = quantities(old), quantities(new)
        if len(before) != 1 or len(after) != 1 or len(before[0].dims) != len(after[0].dims):
            continue
        changed = [(a, b) for a, b in zip(before[0].dims, after[0].dims, strict=True) if a != b]
        if len(before[0].dims) < 2 or len(changed) != 1:
            continue
        unit = before[0].text.split()[-1]
        pair = (f"{changed[0][0]:g} {unit}", f"{changed[0][1]:g} {unit}")
        for other in view.fact_lines:
            alike = any(
                _shares_word(line, other) for line in lines if line.section != other.section
            )
            text = substituted(work.text(other.id), *pair) if alike else None
            if text is not None:
                work.rewrite(other.id, text)


def _shares_word(a: Line, b: Line) -> bool:
    return any(not s[0].isdigit() and s not in ("cm", "mm") for s in set(a.stems) & set(b.stems))


def _not_there(old: str, command: c.Substitute) -> str:
    where = command.scope or (
        f"what is said about {command.subject}" if command.subject else "the report"
    )
    return f"“{old[:80]}” is not in {where[:80]}."


def _the_same_fact(old: str, lines: list[Line], view: View) -> list[Line]:
    """All lines when they state one finding, else the question which is meant."""
    if len(lines) == 1 or state_one_finding(tuple(lines), view) or len(old.split()) > 3:
        return lines
    if not any(line.findings for line in lines) and not attributes.is_attribute(old):
        return lines
    raise Ask(which_one(lines), lines)


def _instead(
    command: c.Substitute,
    old: str,
    new: str,
    pool: list[Line],
    named: bool,
    view: View,
    work: Working,
) -> bool:
    """The old words are not there as typed: another name of the concept, or a value for a subject."""
    adverb = attributes.adverb(old)
    if adverb != old and any(literal_pattern(adverb).search(work.text(x.id)) for x in pool):
        return bool(command.subject or command.scope)
    concepts = {m.concept for m in view.reading(old).mentions}
    if concepts:
        hits = [(x, m) for x in pool for m in x.reading.mentions if m.concept in concepts]
        if len({x.id for x, _ in hits}) == 1 or (hits and (named or command.everywhere)):
            for line, mention in hits:
                text = substituted(work.text(line.id), mention.text, new)
                if text is not None:
                    work.rewrite(line.id, text)
            return True
    if command.subject and attributes.is_attribute(new):
        described = c.Describe(command.subject, "is", new, "", command.scope)
        describing.describe(described, view, work)
        return True
    return False

"""Plain commands, parsed without a model.

``parse`` turns one clause into a command, or None when the words are not a plain command.  The
patterns are tried in order, from the most to the least specific; each returns None as soon as a
part of it cannot be what the pattern means, so that nothing is guessed.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.domain.report import StatementState
from radassist.workflow.chat import attributes, facts
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.grammar_asides import (
    all_sides,
    contrast_anew,
    instead_of,
    made_both,
    moved,
    plain_cleft,
    rather_say,
    taken_out,
)
from radassist.workflow.chat.grammar_change import (
    bare,
    change_command,
    is_in_report,
    section_date,
    set_by_colon,
    set_section,
    trailing_scope,
)
from radassist.workflow.chat.grammar_style import early_style, style
from radassist.workflow.chat.grammar_text import add_command, delete_command
from radassist.workflow.chat.lookup import repeats
from radassist.workflow.chat.realigning import realigned, tip_moved
from radassist.workflow.chat.resolving import resolve
from radassist.workflow.chat.spellings import spelled_out
from radassist.workflow.chat.spoken import MOVE_VERBS, starts_with_verb
from radassist.workflow.chat.targets import NOUN, is_explicit, parse_target
from radassist.workflow.chat.view import View


def parse(clause: str, view: View) -> c.Command | None:
    """The command of one clause, or None."""
    text = plain_cleft(clause.strip())
    if not starts_with_verb(text) and not re.search(r"[:\"“]", text):
        text = spelled_out(text, view)
    placed = _placed(text, view)
    if placed is not None:
        return placed
    scope, body = _leading_scope(text, view)
    for pattern in (
        _control,
        _mark,
        _case,
        early_style,
        taken_out,
        moved,
        all_sides,
        instead_of,
        made_both,
        delete_command,
        section_date,
        set_section,
        set_by_colon,
        change_command,
        style,
        add_command,
        _move,
        _say,
        _arrow,
        facts.grade,
        facts.preference,
        facts.wrong_side,
        contrast_anew,
        rather_say,
        facts.contrast,
        facts.correction,
        _said_anew,
        facts.statement,
    ):
        command = pattern(body, scope, view)
        if command is not None:
            return command
    return None


def _placed(text: str, view: View) -> c.Command | None:
    """ "After the tube sentence put: ...", "before sentence 2 add ..."."""
    match = re.fullmatch(
        r"(after|before|below|above|following)\s+(.{2,60}?),?\s+(?:put|add|insert|write|append)\s*:?\s+(.+)",
        text,
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(2), view) is None:
        return None
    before = match.group(1).lower() in ("before", "above")
    words = re.sub(
        r"^(?:a (?:sentence|line|statement) (?:saying|that says)\s+|that\s+)",
        "",
        match.group(3),
        flags=re.I,
    )
    return c.Add(words, anchor=match.group(2), before=before)


def _leading_scope(text: str, view: View) -> tuple[str, str]:
    """("sentence 2", "change left to right") of "in sentence 2, change left to right"."""
    match = re.match(
        r"(?:in|for|within|regarding|about|on|at)\s+(?:the\s+)?([^,:]{2,60}?)\s*[,:]\s+(.+)$",
        text,
        re.I,
    )
    if match is None:
        match = re.match(
            r"(?:in|for|within)\s+((?:the\s+)?(?:\w+\s+){0,4}?(?:sentence|line|statement|impression|findings)s?"
            r"(?:\s+(?:\d+|s\d+))?)\s+(?=(?:change|replace|swap|remove|delete|correct|make|add|insert|say|use|write|put|i want|i'd)\b)(.+)$",
            text,
            re.IGNORECASE,
        )
    if match is None:
        match = re.match(rf"((?:{NOUN}|number)\s+\d+|s\d+)\s*[:,]\s+(.+)$", text, re.IGNORECASE)
    if match is None:
        match = re.match(
            rf"((?:{NOUN}|impression|finding)\s+\d+|s\d+)\s+(?=\S+(?:\s+\S+)?,?\s+(?:not|instead of|rather than)\s)"
            r"(?!is\b|should\b|says\b|reads\b)(.+)$",
            text,
            re.IGNORECASE,
        )
    if match is None:
        match = re.match(
            r"(?:in|for|at|on)\s+(?:the\s+)?((?:\S+\s+){1,4}?)(?=the\s+\S+.*\b(?:is|are|measures?|should)\b)(.+)$",
            text,
            re.IGNORECASE,
        )
    if match is None or parse_target(match.group(1), view) is None:
        return "", text
    return match.group(1).strip(), match.group(2).strip()


def _control(text: str, scope: str, view: View) -> c.Command | None:
    bare = text.lower().strip(" .!")
    undo = (
        r"undo(?: (?:it|that|this|the (?:last|previous)(?: (?:change|edit|one|step|thing))?|last(?: change| edit)?|"
        r"my last (?:change|edit)|what you (?:just )?did))?|take (?:that|it) back|go back(?: one step)?|"
        r"revert(?: (?:that|it|the last (?:change|edit)))?|step back|never ?mind(?: that)?|"
        r"(?:cancel|reverse) (?:that|the last (?:change|edit))|ctrl[ +-]?z"
    )
    if re.fullmatch(undo, bare):
        return c.Control("undo")
    redo = r"redo(?: (?:it|that|this|the (?:last|previous)(?: (?:change|edit|one))?|last(?: change)?))?|ctrl[ +-]?y|undo the undo"
    return c.Control("redo") if re.fullmatch(redo, bare) else None


def _mark(text: str, scope: str, view: View) -> c.Command | None:
    match = re.fullmatch(
        r"(accept|approve|confirm|agree with|reject|dismiss|decline|un-?accept|re-?propose)\s+(.+)",
        text,
        re.I,
    )
    if match is None or parse_target(match.group(2), view) is None:
        return None
    verb = match.group(1).lower()
    state = StatementState.ACCEPTED
    if verb in ("reject", "dismiss", "decline"):
        state = StatementState.REJECTED
    elif verb.startswith(("un", "re")):
        state = StatementState.PROPOSED
    return c.Mark(match.group(2), state)


def _case(text: str, scope: str, view: View) -> c.Command | None:
    direct = re.fullmatch(
        r"(capitali[sz]e|upper-?case|lower-?case)\s+(?:the first (?:letter|word) (?:of|in)\s+)?(.+)",
        text,
        re.I,
    )
    if direct:
        verb = direct.group(1).lower()
        how = "first" if verb.startswith("capital") else ("upper" if "upper" in verb else "lower")
        return c.Recase(direct.group(2), how)
    made = re.fullmatch(
        r"(?:make|put|write|set|turn|convert|change)\s+(.+?)\s+(?:in |to |into |all )?(upper ?-?case|capitals|capital letters|"
        r"all caps|caps|lower ?-?case|small letters)",
        text,
        re.I,
    )
    if made:
        lower = made.group(2).lower().startswith(("lower", "small"))
        return c.Recase(made.group(1), "lower" if lower else "upper")
    merge = re.fullmatch(
        r"(?:merge|combine|join)\s+(.+?)(?:\s+(?:into|to|in)\s+(?:one|a single)(?:\s+\w+)?)?",
        text,
        re.I,
    )
    if merge and parse_target(merge.group(1), view) is not None:
        return c.Merge(merge.group(1))
    negate = re.fullmatch(
        r"(?:negate|invert|reverse)\s+(.+)|make\s+(.+?)\s+(?:negative|a negative(?: statement)?)",
        text,
        re.I,
    )
    if negate:
        return c.Negate(negate.group(1) or negate.group(2))
    flip = re.fullmatch(
        r"(?:flip|switch|swap|change|reverse|correct|fix)\s+(?:the\s+)?(?:sides?|laterality|left and right|right and left)"
        r"(?:\s+(?:of|in|for|on)\s+(?:the\s+)?(.+))?",
        text,
        re.I,
    )
    if flip and (flip.group(1) or scope):
        return c.FlipSides(flip.group(1) or scope)
    return None


def _say(text: str, scope: str, view: View) -> c.Command | None:
    """ "sentence 2 should read ...", "have the heart sentence say ..."."""
    match = re.fullmatch(
        r"(?:have|let|make)\s+(.+?)\s+(?:say|read)\s*:?\s+(?:that\s+)?(.+)|"
        r"(.+?)\s+(?:should|must|needs to|has to|ought to)\s+(?:(?:just|only|simply|now)\s+)?(?:say|read|be changed to|be replaced (?:with|by)|be(?=:))\s*:?\s+(?:that\s+)?(.+)",
        text,
        re.IGNORECASE,
    )
    if match:
        target, words = match.group(1) or match.group(3), match.group(2) or match.group(4)
        if is_explicit(target, view) or _whole_sentence(words, target, view):
            return c.SetText(target, words)
        if is_in_report(bare(target), view):
            return c.Substitute(((bare(target), bare(words)),), scope)
        return None
    direct = re.fullmatch(
        r"(sentence \d+|s\d+|(?:the )?(?:last|first) sentence)\s*(?::|=|->|is now)\s+(.+)",
        text,
        re.I,
    )
    return c.SetText(direct.group(1), direct.group(2)) if direct else None


def _whole_sentence(words: str, target: str, view: View) -> bool:
    """True when the new words are a sentence of their own and the target names one statement."""
    if len(words.split()) < 4 or not words.rstrip().endswith(".") or not words[:1].isupper():
        return False
    named = parse_target(target, view)
    return named is not None and len(resolve(named, view).lines) == 1


def _arrow(text: str, scope: str, view: View) -> c.Command | None:
    match = re.fullmatch(r"(.+?)\s*(?:->|=>|-->)\s*(.+)", text)
    if match is None:
        return None
    if is_explicit(match.group(1), view):
        return c.SetText(match.group(1), match.group(2))
    new, where = trailing_scope(match.group(2), view, match.group(1))
    return c.Substitute(((bare(match.group(1)), bare(new)),), where or scope)


def _said_anew(text: str, scope: str, view: View) -> c.Command | None:
    """ "right cerebellar peduncle", "TI-RADS 4 instead": a part said anew, with one other word."""
    if scope:
        return None
    new = realigned(text, view) or tip_moved(text, view)
    said = re.match(r"(.+?)\s+(?:is|are|was|were|measures?|remains?)\s", text, re.IGNORECASE)
    if said and not attributes.is_grade(text[said.end() :]):
        lines = [x for x in view.lines if x.id in new]
        if any(x.id not in new for x in repeats(lines, view)):
            return None  # a fact that stands elsewhere in other words, which other rules reach
        if attributes.is_attribute(text[said.end() :]) and view.reading(said.group(1)).findings():
            return None
    return c.Reword(tuple(new.items())) if new else None


def _move(text: str, scope: str, view: View) -> c.Command | None:
    match = re.fullmatch(rf"(?:{'|'.join(MOVE_VERBS)}|put)\s+(.+)", text, re.IGNORECASE)
    if match is None:
        return _should_stand(text, view)
    rest = match.group(1).rstrip(" .")
    simple = re.fullmatch(r"(.+?)\s+(up|down|first|last)(?:\s+one)?", rest, re.I)
    if simple and parse_target(simple.group(1), view) is not None:
        word = simple.group(2).lower()
        return c.MoveTo(simple.group(1), place={"first": "start", "last": "end"}.get(word, word))
    for found in re.finditer(
        r"\s+(?:so (?:that )?it (?:comes|is|stands)\s+)?(to|into|in|under|before|after|above|below|at)\s+(?:the\s+)?",
        rest,
        re.I,
    ):
        what, where, word = rest[: found.start()], rest[found.end() :], found.group(1).lower()
        if parse_target(what, view) is None:
            continue
        at = re.fullmatch(
            r"(?:very\s+)?(end|bottom|start|beginning|top|front|back)(?:\s+of\s+(?:the\s+)?(.+))?",
            where,
            re.I,
        )
        if at:
            start = at.group(1).lower() in ("start", "beginning", "top", "front")
            section = (view.section_name(at.group(2)) or "") if at.group(2) else ""
            return c.MoveTo(what, section=section, place="start" if start else "end")
        if word in ("before", "after", "above", "below"):
            if parse_target(where, view) is not None:
                return c.MoveTo(what, anchor=where, before=word in ("before", "above"))
            continue
        named = view.section_name(where)
        if named is not None:
            return c.MoveTo(what, section=named)
    return None


def _should_stand(text: str, view: View) -> c.Command | None:
    """ "Sludge should come first in the impression"."""
    match = re.fullmatch(
        r"(.+?)\s+(?:should|must|needs to|has to)\s+(?:come|be|go|stand|be listed|be mentioned)\s+(?:at the\s+)?"
        r"(first|last|top|bottom|start|end)(?:\s+(?:in|of)\s+(?:the\s+)?(.+))?",
        text.rstrip(" ."),
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(1), view) is None:
        return None
    section = (view.section_name(match.group(3)) or "") if match.group(3) else ""
    what = f"{match.group(1)} sentence in the {section}" if section else match.group(1)
    start = match.group(2).lower() in ("first", "top", "start")
    return c.MoveTo(what, section=section, place="start" if start else "end")

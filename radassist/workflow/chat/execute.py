"""Plain commands carried out: statements are looked up, operations are made."""

from __future__ import annotations

import re
from dataclasses import replace

from radassist.domain import operations as ops
from radassist.domain.report import StatementState
from radassist.workflow.chat import assertions, attributes, describing
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.deleting import cut_comparison, cut_words, delete, keep_only
from radassist.workflow.chat.lookup import (
    found_lines,
    lines_of,
    state_one_finding,
    style_lines,
    target_of,
)
from radassist.workflow.chat.resolving import fitting, resolve, which_one
from radassist.workflow.chat.shortening import joined
from radassist.workflow.chat.substituting import substitute
from radassist.workflow.chat.values import set_attributes
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import (
    fix_articles,
    literal_pattern,
    sentence,
)
from radassist.workflow.chat.working import Ask, NeedsModel, Working


def carry_out(command: c.Command, view: View, work: Working) -> None:  # noqa: PLR0912  one branch a kind
    """Make the operations of one command.

    :raises Ask: nothing fits, or more than one thing does; nothing of this command is done.
    :raises NeedsModel: the command is clear but only another wording does it.
    """
    match command:
        case c.Delete():
            delete(command, view, work)
        case c.KeepOnly():
            keep_only(command, view, work)
        case c.CutWords():
            cut_words(command, view, work)
        case c.CutComparison():
            cut_comparison(command, view, work)
        case c.Substitute():
            substitute(command, view, work)
        case c.SetText():
            _set_text(command, view, work)
        case c.Add():
            assertions.add(command, view, work)
        case c.PutWords():
            _put_words(command, view, work)
        case c.MoveTo():
            _move(command, view, work)
        case c.SwapPlaces():
            _swap_places(command, view, work)
        case c.Mark():
            _mark(command, view, work)
        case c.Recase():
            _recase(command, view, work)
        case c.FlipSides():
            _flip(command, view, work)
        case c.Merge():
            _merge(command, view, work)
        case c.Negate():
            _negate(command, view, work)
        case c.Deny():
            assertions.deny(command, view, work)
        case c.Assert():
            assertions.affirm(command, view, work)
        case c.Describe():
            describing.describe(command, view, work)
        case c.Style():
            raise NeedsModel(command.ask, style_lines(command.target, view))
        case c.Reword():
            for statement_id, text in command.texts:
                work.rewrite(statement_id, text)
        case c.Control() | c.Question():
            raise Ask("That is no change of the report.")


def _set_text(command: c.SetText, view: View, work: Working) -> None:
    lines = _lines_or_empty_section(command.target, view, work)
    text = sentence(command.text)
    if not text:
        raise Ask("There is no text to put there.")
    if not lines:
        section = view.section_name(re.sub(r"^the\s+", "", command.target.lower()))
        if section is None:
            raise Ask("The report has no such section.")
        work.insert(section, 0, text)
        return
    target = target_of(command.target, view)
    if target.whole_section and not target.section:
        raise Ask("That would replace the whole report; name a sentence or a section.")
    if len(lines) > 1 and not target.whole_section:
        raise Ask(which_one(lines), lines)
    if work.text(lines[0].id) == text:
        raise Ask("The sentence says that already.")
    work.rewrite(lines[0].id, text)
    for line in lines[1:]:
        work.delete(line.id)


def _lines_or_empty_section(phrase: str, view: View, work: Working) -> tuple[Line, ...]:
    target = target_of(phrase, view)
    if target.whole_section and target.section:
        return view.in_section(target.section)
    return found_lines(resolve(target, view), work)


def _put_words(command: c.PutWords, view: View, work: Working) -> None:
    if not command.anchor:
        _qualify(command, view, work)
        return
    pattern = literal_pattern(command.anchor)
    lines = list(lines_of(command.scope, view, work)) if command.scope else list(view.lines)
    lines = [x for x in lines if pattern.search(work.text(x.id))]
    if not lines:
        raise Ask(f"“{command.anchor[:80]}” is not there.")
    if len(lines) > 1:
        facts = [x for x in lines if x in view.fact_lines]
        if not state_one_finding(tuple(facts or lines), view):
            raise Ask(which_one(lines), lines)
        lines = facts
    words = _MARKS.get(command.words.strip().lower(), command.words.strip())
    for line in lines:
        text = work.text(line.id)
        match = pattern.search(text)
        if match is None:
            continue
        if command.before:
            put = attributes._insert(text, match.start(), words)
        else:
            space = "" if words in _MARKS.values() else " "
            put = fix_articles(f"{text[: match.end()]}{space}{words}{text[match.end() :]}")
        work.rewrite(line.id, put)


_MARKS = {
    "comma": ",",
    "a comma": ",",
    "semicolon": ";",
    "a semicolon": ";",
    "colon": ":",
    "a colon": ":",
}


def _qualify(command: c.PutWords, view: View, work: Working) -> None:
    """ "add 'small' to the effusion sentence": before the finding that the sentence is about."""
    lines = lines_of(command.scope, view, work)
    if len(lines) != 1 or len(lines[0].findings) != 1:
        raise NeedsModel(f"Add the word {command.words}.", lines)
    line, mention = lines[0], lines[0].findings[0]
    if attributes.is_attribute(command.words):
        set_attributes(line, mention, command.words, work)
        return
    at = attributes.phrase_start(line.text, mention)
    work.rewrite(line.id, attributes._insert(work.text(line.id), at, command.words))


def _move(command: c.MoveTo, view: View, work: Working) -> None:
    lines = lines_of(command.target, view, work)
    for step, line in enumerate(lines):
        section, at = work.place_of(line.id)
        if command.anchor:
            anchor = _anchor(command.anchor, line, view, work)
            if len(anchor) != 1:
                raise Ask(which_one(anchor), anchor)
            there, index = work.place_of(anchor[0].id)
            if there.name == section.name and at < index:
                index -= 1
            work.do(ops.Move(line.id, there.name, index + (0 if command.before else 1 + step)))
            continue
        name = command.section or section.name
        size = len(work.report.section(name).statements) if work.report.section(name) else 0  # type: ignore[union-attr]
        places = {"start": step, "up": max(0, at - 1), "down": at + 1}
        index = places.get(command.place, size)
        work.do(ops.Move(line.id, name, index))


def _anchor(phrase: str, moved: Line, view: View, work: Working) -> tuple[Line, ...]:
    """The statement to move to: of two with the same topic, the one in the moved one's section."""
    target = target_of(phrase, view)
    if target.topic and not target.section:
        near = resolve(replace(target, section=moved.section), view)
        if len(near.lines) == 1 and near.lines[0].id != moved.id:
            return near.lines
    return lines_of(phrase, view, work)


def _swap_places(command: c.SwapPlaces, view: View, work: Working) -> None:
    first, second = lines_of(command.first, view, work), lines_of(command.second, view, work)
    if len(first) != 1 or len(second) != 1 or first[0].id == second[0].id:
        raise Ask("Two different sentences are needed to swap places.")
    (here, i), (there, j) = work.place_of(first[0].id), work.place_of(second[0].id)
    if here.name == there.name and i > j:
        (first, second), (i, j) = (second, first), (j, i)
    work.do(ops.Move(first[0].id, there.name, j))
    work.do(ops.Move(second[0].id, here.name, i))


def _mark(command: c.Mark, view: View, work: Working) -> None:
    if re.fullmatch(
        r"(?:(?:all|everything)\s*)?(?:of )?(?:the )?(?:others?|rest|else|remaining(?: ones)?)",
        command.target,
        re.I,
    ):
        named = {i for o in work.operations for i in ops.named_ids(o)}
        lines = tuple(x for x in view.lines if x.id not in named)
        for line in lines:
            if line.statement.state is not command.state:
                work.do(ops.SetState(line.id, command.state))
        return
    target = target_of(command.target, view)
    lines = found_lines(resolve(target, view), work)
    if target.whole_section and re.search(r"propos|suggest|draft", command.target):
        lines = tuple(x for x in lines if x.statement.state is StatementState.PROPOSED)
    changed = [x for x in lines if x.statement.state is not command.state]
    if not changed:
        work.notices.append(f"{command.target[:60]}: already {command.state.value}.")
    for line in changed:
        work.do(ops.SetState(line.id, command.state))


def _recase(command: c.Recase, view: View, work: Working) -> None:
    lines = lines_of(command.target, view, work)
    for line in lines:
        text = work.text(line.id)
        new = {"upper": text.upper(), "lower": text.lower()}.get(
            command.how, text[:1].upper() + text[1:]
        )
        if command.how == "lower":
            new = new[:1].upper() + new[1:]
        work.rewrite(line.id, new)
    if not work.operations:
        raise Ask("It is written so already.")


def _flip(command: c.FlipSides, view: View, work: Working) -> None:
    target = target_of(command.target, view)
    sided = re.compile(r"\b(left|right)(?=\b|-)", re.IGNORECASE)
    if target.topic and not target.explicit:
        lines: tuple[Line, ...] = tuple(
            x for x in fitting(target.topic, view, view.fact_lines) if sided.search(x.text)
        )
        if len([x for x in lines if x.section.lower() == "findings"]) > 1:
            raise Ask(which_one(lines), lines)
    else:
        lines = found_lines(resolve(target, view, keep=lambda x: bool(sided.search(x.text))), work)
    lines = tuple(x for x in lines if sided.search(x.text))
    if not lines:
        raise Ask("There is no side to change.")
    for line in lines:
        work.rewrite(line.id, sided.sub(_other_side, work.text(line.id)))


def _other_side(match: re.Match[str]) -> str:
    word = match.group(1)
    new = "right" if word.lower() == "left" else "left"
    if word.isupper():
        return new.upper()
    return new.capitalize() if word[0].isupper() else new


def _merge(command: c.Merge, view: View, work: Working) -> None:
    lines = lines_of(command.target, view, work)
    if len(lines) < 2:
        raise Ask("Name at least two sentences to join.")
    text = work.text(lines[0].id)
    for line in lines[1:]:
        text = joined(text, work.text(line.id))
        work.delete(line.id)
    work.rewrite(lines[0].id, text)


def _negate(command: c.Negate, view: View, work: Working) -> None:
    lines = lines_of(command.target, view, work)
    for line in lines:
        if len({m.concept for m in line.findings}) != 1:
            raise NeedsModel("Say the contrary.", [line])
        mention = line.findings[0]
        if mention.presence.value == "absent":
            work.rewrite(line.id, sentence(f"there is {mention.text.lower()}"))
        else:
            work.rewrite(line.id, sentence(f"no {mention.text.lower()}"))

"""The statements of a command, or the question which are meant."""

from __future__ import annotations

from collections.abc import Sequence

from radassist.workflow.chat.propagation import same_finding, shares_finding
from radassist.workflow.chat.resolving import Resolution, resolve
from radassist.workflow.chat.targets import Target, parse_target
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.working import Ask, Working


def found_lines(resolution: Resolution, work: Working) -> tuple[Line, ...]:
    if resolution.problem:
        raise Ask(resolution.problem, resolution.candidates)
    work.notices.extend(resolution.notices)
    return resolution.lines


def target_of(phrase: str, view: View) -> Target:
    target = parse_target(phrase, view)
    if target is None:
        raise Ask(f"No sentence of the report is about “{phrase[:80]}”.")
    return target


def lines_of(phrase: str, view: View, work: Working) -> tuple[Line, ...]:
    return found_lines(resolve(target_of(phrase, view), view), work)


def style_lines(phrase: str, view: View) -> tuple[Line, ...]:
    target = parse_target(phrase, view)
    if target is None:
        return ()
    resolution = resolve(target, view)
    if resolution.problem:
        raise Ask(resolution.problem, resolution.candidates)
    return resolution.lines


def told_elsewhere(lines: tuple[Line, ...], view: View) -> list[Line]:
    chosen = {line.id for line in lines}
    return [
        other
        for other in view.fact_lines
        if other.id not in chosen and any(shares_finding(line, other) for line in lines)
    ]


def repeats(lines: Sequence[Line], view: View) -> list[Line]:
    """Statements of the other sections that name a finding of these lines, or a kind of it."""
    sections = {line.section for line in lines}
    return [
        other
        for other in view.fact_lines
        if other.section not in sections
        and any(
            same_finding(m, n, view.lexicon)
            for line in lines
            for m in line.findings
            for n in other.findings
        )
    ]


def state_one_finding(lines: tuple[Line, ...], view: View) -> bool:
    """True when the lines, one a section, all speak of one finding or of kinds of it."""
    sections = [line.section for line in lines]
    if len(sections) != len(set(sections)):
        return False
    return any(
        all(any(same_finding(m, n, view.lexicon) for n in line.findings) for line in lines)
        for m in lines[0].findings
    )

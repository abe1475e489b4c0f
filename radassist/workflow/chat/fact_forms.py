"""Facts that have a form of their own: grades, levels, compared sides, measured ratios, denials.

Each way returns False, with nothing done, when the fact is not of its form.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.domain.reading import Mention
from radassist.workflow.chat import attributes
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.assertions import findings_of
from radassist.workflow.chat.denials import contradicted, put_over
from radassist.workflow.chat.propagation import asserted
from radassist.workflow.chat.resolving import fitting, resolve, which_one
from radassist.workflow.chat.targets import parse_target
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import sentence, stems
from radassist.workflow.chat.working import Ask, Working


def described_lines(command: c.Describe, view: View) -> list[Line]:
    if command.scope:
        target = parse_target(command.scope, view)
        found = resolve(target, view) if target is not None else None
        if found is None or found.problem:
            lines = list(found.candidates) if found else []
            about = [x for x in lines if names(x, command.subject, view)] if lines else []
            if about:
                return about
            raise Ask(found.problem if found else "It is not clear which sentence is meant.")
        about = [x for x in found.lines if names(x, command.subject, view)]
        return about or list(found.lines)
    if not command.subject:
        severity, side, quantity = attributes.parts(command.value)
        return [
            x
            for x in view.fact_lines
            if x.findings
            and (not quantity or x.reading.quantities)
            and (not side or x.sides)
            and (not severity or re.search(rf"\b{attributes.SEVERITY}\b", x.text, re.I))
        ]
    lines = [x for x in view.fact_lines if mention_in(x, command.subject, view, command.value)]
    return [x for x in lines if x in fitting(command.subject, view, lines, every=True)]


def mention_in(line: Line, subject: str, view: View, value: str) -> Mention | None:
    """What the subject names in the line: a finding, or with a number also an organ."""
    if subject:
        found = attributes.mention_of(line, subject, view)
        measured = attributes.parts(value)[2] and line.reading.quantities
        if measured and not findings_of(subject, view):
            organ = attributes.anatomy_of(line, subject, view)
            if organ is not None and _measures(line, organ):
                return organ
            word = attributes.plain_mention(line, subject)
            others = [m for m in line.findings if asserted(m) and word and word.text not in m.text]
            return word if word is not None and not others and _numbered(line, word) else None
        return found
    there = [m for m in line.findings if asserted(m)]
    return there[0] if len({m.concept for m in there}) == 1 else (line.findings or (None,))[0]


def _numbered(line: Line, word: Mention) -> bool:
    """True when the line's one number, or the number beside it, is this word's."""
    low, high = attributes.segment(line.text, word)
    near = [q for q in line.reading.quantities if low <= q.start < high]
    return len(near) == 1 or len(line.reading.quantities) == 1


def _measures(line: Line, organ: Mention) -> bool:
    """True when the line gives the organ itself a number, not a finding in it."""
    low, high = attributes.segment(line.text, organ)
    if any(low <= m.start < high for m in line.findings if asserted(m)):
        return False
    return any(low <= q.start < high for q in line.reading.quantities)


def names(line: Line, subject: str, view: View) -> bool:
    return bool(subject) and attributes.mention_of(line, subject, view) is not None


def graded(command: c.Describe, view: View, work: Working) -> bool:
    """ "BI-RADS 4B", "grade 3": in the one line per section that gives such a grade."""
    if re.fullmatch(rf"{attributes.GRADE}[\s-]*(?:\d\w?|[IV]+|[A-D])", command.value, re.I) is None:
        return False
    lines = described_lines(command, view) if command.scope else list(view.fact_lines)
    graded = [(x, new) for x in lines if (new := attributes.with_grade(x, command.value))]
    if command.subject and len(graded) > 1:
        about = fitting(command.subject, view, [x for x, _ in graded], every=True)
        graded = [(x, new) for x, new in graded if x in about]
    places = [x.section for x, _ in graded]
    if not graded or len(places) != len(set(places)):
        if not graded:
            return False
        raise Ask(which_one([x for x, _ in graded]), [x for x, _ in graded])
    for line, new in graded:
        if new != line.text:
            work.rewrite(line.id, new)
    if not work.operations:
        raise Ask(f"The report says that already: {graded[0][0].quoted()}")
    return True


def levelled(command: c.Describe, view: View, work: Working) -> bool:
    """ "The wedge fracture is at T9": the one level that each sentence on it names."""
    value = re.fullmatch(
        rf"(?:at\s+)?(?:the\s+)?({attributes.LEVEL})(?:\s+level)?", command.value.strip(" ."), re.I
    )
    if value is None or not command.subject:
        return False
    lines = fitting(command.subject, view, view.fact_lines, every=True)
    changed = [(x, new) for x in lines if (new := attributes.with_level(x, value.group(1)))]
    sections = [x.section for x, _ in changed]
    if not changed or len(sections) != len(set(sections)):
        return False
    for line, new in changed:
        work.rewrite(line.id, new)
    return bool(work.operations)


def denied_so_far(command: c.Describe, view: View, work: Working) -> bool:
    """ "The gallbladder contains stones" over "distended gallbladder without stones"."""
    own = findings_of(command.text, view)
    if not command.text or (own and not any(asserted(m) for m in own)):
        return False
    if attributes.is_attribute(command.value):
        return False
    known = {m.concept for m in own}
    lines = contradicted(command.text, view.fact_lines)
    if not lines or any(
        known & {m.concept for m in x.findings if asserted(m)} for x, _, _ in lines
    ):
        return False
    return put_over(command.text, view, work)


_COMPARED = re.compile(
    r"\b(?:left|right)\s+(?:greater|larger|more|worse|less|smaller)\s+than\s+(?:the\s+)?(?:left|right)\b",
    re.IGNORECASE,
)


def sides_compared(command: c.Describe, view: View, work: Working) -> bool:
    """ "The effusions are right greater than left": where the sentence compares the sides."""
    value = _COMPARED.fullmatch(command.value.strip(" ."))
    if value is None:
        return False
    lines = [x for x in view.fact_lines if _COMPARED.search(x.text)]
    if command.subject:
        lines = fitting(command.subject, view, lines, every=True)
    if len({x.section for x in lines}) != len(lines) or not lines:
        raise Ask(which_one(lines) if lines else "No sentence compares the sides.", lines)
    for line in lines:
        changed = _COMPARED.sub(value.group().lower(), line.text)
        work.rewrite(line.id, changed)
    return True


_NUMBER = r"\d+(?:\.\d+)?"
_INTERVAL = re.compile(r"\s*\(9[05]\s?%\s?CI[^)]*\)", re.IGNORECASE)


def measured(command: c.Describe, view: View, work: Working) -> bool:
    """ "The CTR is 0.48": a named ratio or score, wherever it is given."""
    value = re.fullmatch(rf"(?:now |about |approximately )?({_NUMBER})", command.value.strip(" ."))
    asked = {m.concept for m in view.reading(command.subject).mentions if _is_name(m)}
    if value is None or not asked:
        return False
    for line in view.fact_lines:
        for mention in line.reading.mentions:
            if mention.concept in asked:
                work.rewrite(line.id, with_number(line.text, mention.end, value.group(1)))
    return bool(work.operations)


def _is_name(mention: Mention) -> bool:
    return mention.kind == "measurement-name"


def with_number(text: str, start: int, new: str) -> str:
    """The text with the first number after ``start`` replaced; its interval is no longer true."""
    found = re.compile(_NUMBER).search(text, start)
    if found is None or found.start() - start > 24:
        return text
    return text[: found.start()] + new + _INTERVAL.sub("", text[found.end() :], count=1)


def without_interval(text: str, number: str) -> str:
    """The text without the confidence interval of a number that somebody has changed."""
    return re.sub(rf"({re.escape(number)}){_INTERVAL.pattern}", r"\1", text, flags=re.I)


def tail_of(line: Line) -> str:
    """What stands after the first clause: a measured ratio, or ", with ..." and ", without ..."."""
    for mention in line.reading.mentions:
        cut = line.text.rfind(", ", 0, mention.start)
        if _is_name(mention) and cut > 0:
            return line.text[cut:]
    more = re.match(r"[^,;]+(,\s+(?:with|without)\b.+)$", line.text)
    return more.group(1) if more else ""


def over_clause(line: Line, text: str, subject: str) -> str | None:
    """The new sentence in place of the first clause, when that says no more than how the subject is.

    "The heart is normal" over "Heart size is borderline, with a cardiothoracic ratio of 0.51" keeps
    the ratio.  None where the clause holds more, or nothing follows it.
    """
    tail = tail_of(line)
    if not tail:
        return None
    clause = line.text[: len(line.text) - len(tail)]
    left = set(stems(clause)) - set(stems(text)) - set(stems(subject)) - STATE_WORDS
    return None if left else sentence(text).rstrip(".") + tail


#: Words that say how a thing is, and nothing of what else there is.
STATE_WORDS = frozenset(
    stems(
        "normal size limits within unremarkable clear intact configuration contour contours appearance "
        "enlarged dilated borderline mildly moderately severely markedly slightly stable unchanged "
        "caliber shape position attenuation echotexture patent grossly otherwise midline signal"
    )
)

"""The same words in the other section: what an edit of Findings leaves different in Impression.

``propagation`` goes by findings that the reader knows.  Here the words decide: what one edit put in
place of what, offered where a statement of the other section shares more than those words.  It is
only offered, so that a near miss costs a glance.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from radassist.domain import operations as ops
from radassist.domain.findings import Laterality
from radassist.workflow.chat.propagation import asserted
from radassist.workflow.chat.view import FACT_SECTIONS, Line, View
from radassist.workflow.chat.wording import stems, substituted
from radassist.workflow.chat.working import Working

_WORD = re.compile(r"[A-Za-z0-9.]*[A-Za-z0-9](?:[-/][A-Za-z0-9]+)*|\S")
_SIDES = frozenset({"left", "right"})
_UNITS = frozenset({"mm", "cm", "ml", "cc", "hu", "%"})


def offer_elsewhere(view: View, work: Working) -> None:
    """Offer the edit again where the other fact section still says the old words."""
    named = {i for o in (*work.operations, *work.offered) for i in ops.named_ids(o)}
    for operation in tuple(work.operations):
        if not isinstance(operation, ops.Replace):
            continue
        line = view.line(operation.statement.id)
        if line is None or line.section.lower() not in FACT_SECTIONS:
            continue
        pairs = exchanged(line.text, work.text(line.id))
        for other in view.fact_lines:
            if other.section == line.section or other.id in named or not pairs:
                continue
            text = _again(other, line, pairs)
            if text is not None:
                named.add(other.id)
                work.offer(work.rewritten(other.id, text))


def exchanged(before: str, after: str) -> list[tuple[str, str]]:
    """The words that one text has in the place of the other's, a number with its unit."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    pairs: list[tuple[str, str]] = []
    lower = [w.lower() for w in old], [w.lower() for w in new]
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, *lower, autojunk=False).get_opcodes():
        if tag != "replace" or a1 - a0 > 3 or b1 - b0 > 3:
            continue
        unit = a1 < len(old) and lower[0][a1] in _UNITS and old[a1 - 1][:1].isdigit()
        pair = (
            " ".join(old[a0 : a1 + unit]).strip(" .,;"),
            " ".join(new[b0 : b1 + unit]).strip(" .,;"),
        )
        if all(pair) and pair[0].lower() not in ("a", "an", "the"):
            pairs.append(pair)
    return pairs


def _again(other: Line, line: Line, pairs: list[tuple[str, str]]) -> str | None:
    """The other statement with the pairs, where it is about the same thing."""
    own = {s for old, _ in pairs for s in stems(old)} | _UNITS
    shared = (set(line.stems) & set(other.stems)) - own
    shared = {s for s in shared if not s[0].isdigit() and s not in _SIDES}
    akin = bool({m.concept for m in line.findings} & {m.concept for m in other.findings})
    if not shared and not akin:
        return None
    text = other.text
    for old, new in pairs:
        if {old.lower(), new.lower()} == _SIDES and Laterality.BILATERAL in other.sides:
            return None
        text = substituted(text, old, new) or text
    return None if text == other.text else text


def offer_gone(view: View, work: Working) -> None:
    """Offer to take out what Impression says of a finding that Findings now denies or lost."""
    named = {i for o in (*work.operations, *work.offered) for i in ops.named_ids(o)}
    for operation in tuple(work.operations):
        line = _of_findings(operation, view)
        if line is None:
            continue
        now = {m.concept for m in view.reading(work.text(line.id)).findings() if asserted(m)}
        gone = {m.concept for m in line.findings if asserted(m)} - now
        for other in view.in_section("Impression"):
            held = {m.concept for m in other.findings if asserted(m)}
            if held and held <= gone and other.id not in named and not _still(held, view, work):
                named.add(other.id)
                work.offer(ops.Delete(other.id))


def _of_findings(operation: ops.Operation, view: View) -> Line | None:
    if not isinstance(operation, ops.Replace | ops.Delete):
        return None
    line = view.line(next(iter(ops.named_ids(operation))))
    return line if line is not None and line.section.lower() == "findings" else None


def _still(concepts: set[str], view: View, work: Working) -> bool:
    """True when another Findings statement still states one of them."""
    section = work.report.section("Findings")
    return any(
        m.concept in concepts and asserted(m)
        for s in (section.statements if section is not None else ())
        for m in view.reading(s.text).findings()
    )

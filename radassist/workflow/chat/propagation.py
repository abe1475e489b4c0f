"""The same fact in another place: which other statements an edit leaves different."""

from __future__ import annotations

from dataclasses import replace

from radassist.checks.agreement import same_fact_elsewhere
from radassist.domain import operations as ops
from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Lexicon, Mention
from radassist.domain.report import Section
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems
from radassist.workflow.chat.working import Working

#: Sections whose statements an offer may touch: history and technique are not findings.
_OFFERED = ("findings", "impression")
_ASSERTED = (Presence.PRESENT, Presence.UNCERTAIN)


def asserted(mention: Mention) -> bool:
    """True when the finding is said to be there, or perhaps there."""
    return mention.presence in _ASSERTED


def sides_agree(a: Laterality, b: Laterality) -> bool:
    """True when two mentions can be the same finding by their side."""
    return a == b or Laterality.NONE in (a, b) or Laterality.BILATERAL in (a, b)


def same_finding(a: Mention, b: Mention, lexicon: Lexicon) -> bool:
    """True when two mentions name one finding: one concept, or a kind of the other ("renal cyst"
    and "cyst ... of the kidney") at one place."""
    if a.concept == b.concept:
        return True
    if lexicon.related(a.concept, b.concept):
        return True
    heads = stems(a.text)[-1:], stems(b.text)[-1:]
    return heads[0] == heads[1] and bool(set(a.location) & set(b.location))


def shares_finding(a: Line, b: Line) -> bool:
    """True when both lines assert, or both deny, one finding on sides that agree."""
    return any(
        m.concept == n.concept
        and asserted(m) == asserted(n)
        and sides_agree(m.laterality, n.laterality)
        for m in a.findings
        for n in b.findings
    )


def consistent(view: View, work: Working) -> list[ops.Replace]:
    """Second edits that the first ones call for: statements that still state the old fact."""
    changed = {i for o in work.operations for i in ops.named_ids(o)}
    changed |= {i for o in work.offered for i in ops.named_ids(o)}
    found: list[ops.Replace] = []
    for operation in work.operations:
        line = view.line(operation.statement.id) if isinstance(operation, ops.Replace) else None
        if line is None or line.section.lower() not in _OFFERED:
            continue
        near = [x for x in view.fact_lines if x.id not in changed and _akin(x, line, view.lexicon)]
        if not near:
            continue
        section = Section(line.section, tuple(x.statement for x in near))
        few = replace(work.report, sections=(section,))
        now = work.text(line.id)
        for other, text in same_fact_elsewhere(few, line.id, line.text, now, view.lexicon):
            offer = work.rewritten(other, text)
            if offer is not None:
                changed.add(other)
                found.append(offer)
    return found


def _akin(a: Line, b: Line, lexicon: Lexicon) -> bool:
    """True when a fact of one line could stand in the other: only such lines are read again."""
    return any(lexicon.related(m.concept, n.concept) for m in a.findings for n in b.findings)

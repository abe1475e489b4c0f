"""A finding that changes sides, and the sentence that denies it on the side it moved to."""

# Patterns and prompts are easier to check on one line than broken into pieces.

from __future__ import annotations

from radassist.domain import operations as ops
from radassist.domain.findings import Laterality
from radassist.domain.reading import Mention
from radassist.workflow.chat import attributes
from radassist.workflow.chat.propagation import asserted
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.working import Working

_ONE_SIDE = (Laterality.LEFT, Laterality.RIGHT)


def offer_denials(view: View, work: Working) -> None:
    """Offer the turned denial: the effusion is now left, and "No left effusion" still stands.

    It is offered, not done: the radiologist named the finding, not the sentence that denies it.
    """
    named = {i for o in work.operations for i in ops.named_ids(o)}
    for operation in tuple(work.operations):
        line = view.line(operation.statement.id) if isinstance(operation, ops.Replace) else None
        if line is None:
            continue
        for mention, side in _moved(line, work.text(line.id), view):
            for other in view.fact_lines:
                if other.id not in named:
                    _offer(other, mention, side, work)


def _moved(line: Line, text: str, view: View) -> list[tuple[Mention, Laterality]]:
    """Findings that the old text has on one side and the new text on the other."""
    now = {m.concept: m.laterality for m in view.reading(text).findings() if asserted(m)}
    return [
        (m, now[m.concept])
        for m in line.findings
        if asserted(m)
        and m.laterality in _ONE_SIDE
        and now.get(m.concept) in _ONE_SIDE
        and now[m.concept] is not m.laterality
    ]


def _offer(other: Line, mention: Mention, side: Laterality, work: Working) -> None:
    denied = [
        m
        for m in other.findings
        if m.concept == mention.concept and not asserted(m) and m.laterality is side
    ]
    if len(denied) != 1 or attributes.others(other, denied[0]):
        return
    text = attributes.with_side(other.text, denied[0], mention.laterality.value)
    if text is not None and text != other.text:
        work.notices.append(f"{other.called()} denies it on that side: “{other.text}”")
        work.offer(work.rewritten(other.id, text))

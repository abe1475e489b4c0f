"""One instruction in, one turn out: grammar first, then the model, questions apart."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from radassist.domain import operations as ops
from radassist.domain.operations import Operation
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report, ReportState
from radassist.errors import UsageFault
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat import asking, grammar, questions
from radassist.workflow.chat import commands as c
from radassist.workflow.chat.answering import Answer
from radassist.workflow.chat.asides import Aside, AsideAnswer
from radassist.workflow.chat.elsewhere import offer_elsewhere, offer_gone
from radassist.workflow.chat.execute import carry_out
from radassist.workflow.chat.other_side import offer_denials
from radassist.workflow.chat.propagation import consistent
from radassist.workflow.chat.realigning import reworded
from radassist.workflow.chat.routing import NOT_UNDERSTOOD, by_model
from radassist.workflow.chat.spoken import (
    clauses,
    mended,
    plain,
    starts_with_verb,
    was_courteous_request,
)
from radassist.workflow.chat.targets import is_explicit
from radassist.workflow.chat.view import View
from radassist.workflow.chat.working import Ask, NeedsModel, Working

_SMALL_TALK = re.compile(
    r"\W*(?:thanks?|thank you|thx|hello|hi|hey|ok(?:ay)?|good|great|nice|yes|no|cool|perfect|bye|test)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ChatTurn:
    """What one instruction comes to.  Nothing is stored yet: the radiologist sees it and accepts.

    :param how: ``grammar`` or ``model``.
    :param operations: the change, in the order in which it is applied.
    :param answer: text for the user: the answer to a question, or why nothing is changed.
    :param offered: further operations, each applicable after ``operations``, that make other
        statements agree with the change.
    :param after: the report with ``operations`` applied.
    :param control: ``undo`` or ``redo``, which the session carries out.
    :param candidates: ids of the statements between which the answer asks.
    :param cited: ids of the statements that the answer quotes.
    :param refused: what the rules cut from the model's answer, each with the reason.
    :param clean: the answer without references, to be copied elsewhere; else "".
    """

    instruction: str
    how: str
    operations: tuple[Operation, ...]
    answer: str | None
    offered: tuple[Operation, ...]
    notices: tuple[str, ...]
    after: Report
    seconds: float
    control: str | None = None
    candidates: tuple[str, ...] = ()
    cited: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    clean: str = ""


class Chat:
    """Instructions on a report.

    :param model: the language model, or None: plain commands and questions work without it.
    :param aside: answers tasks on the whole report (summary, easy language), before anything else.
    """

    def __init__(
        self, lexicon: Lexicon, model: LanguageModel | None, aside: Aside | None = None
    ) -> None:
        self._lexicon = lexicon
        self._model = model
        self._spoken_of: tuple[str, ...] = ()
        self._aside = aside

    def prepare(self, report: Report) -> None:
        """Read a report ahead, so that the first instruction on it is as fast as the others."""
        self.respond(report, "delete sentence 0")

    def respond(
        self,
        report: Report,
        instruction: str,
        *,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> ChatTurn:
        """Carry out or answer one instruction.

        :raises UsageFault: the report is final and the instruction would change it.
        :raises Fault: the language model failed, was cancelled or ran out of time.
        """
        begun = time.perf_counter()
        view = View(report, self._lexicon)
        turn = self._turn(instruction, view, progress, cancel)
        if turn.operations and report.state is ReportState.FINAL:
            raise UsageFault(
                "This report is final and cannot be changed.", "Add an addendum instead."
            )
        self._spoken_of = turn.cited or tuple(i for o in turn.operations for i in ops.named_ids(o))
        return replace(turn, seconds=time.perf_counter() - begun)

    def _turn(
        self, instruction: str, view: View, progress: Progress | None, cancel: CancelToken | None
    ) -> ChatTurn:
        nothing = _nothing_asked(instruction)
        if nothing:
            return _said(instruction, view, nothing)
        aside = self._aside(instruction, view) if self._aside is not None else None
        if aside is not None:
            return _told(instruction, view, aside)
        if questions.is_question(instruction):
            said = questions.answer(instruction, view, self._spoken_of)
            if said.open and self._model is not None:
                said = asking.by_model(self._model, instruction, said, view, progress, cancel)
            return _answered(instruction, view, said)
        commands = _parsed(instruction, view)
        controls = [x for _, x in commands if isinstance(x, c.Control)]
        if controls:
            return replace(_said(instruction, view, None), control=controls[0].action)
        return self._carried_out(instruction, commands, view, progress, cancel)

    def _carried_out(
        self,
        instruction: str,
        commands: Sequence[tuple[str, c.Command | None]],
        view: View,
        progress: Progress | None,
        cancel: CancelToken | None,
    ) -> ChatTurn:
        work = Working(_editable(view.report))
        try:
            for clause, command in commands:
                try:
                    if command is None:
                        raise NeedsModel(clause)
                    carry_out(command, _as_it_stands(command, view, work), work)
                except NeedsModel as need:
                    if reworded(clause, view, work):
                        continue
                    by_model(self._model, need, view, work, progress, cancel)
        except Ask as ask:
            turn = _said(instruction, view, ask.answer)
            ids = tuple(line.id for line in ask.candidates)
            how = "model" if work.by_model else "grammar"
            return replace(turn, how=how, candidates=ids, notices=tuple(work.notices))
        return _changed(instruction, view, work)


def _as_it_stands(command: c.Command, view: View, work: Working) -> View:
    """Facts and topics are held against the text as earlier clauses left it; places, which people
    count in the report before them, against the report as it was."""
    topical = isinstance(command, c.Delete) and not is_explicit(command.target, view)
    if not work.operations or not (topical or isinstance(command, c.Deny | c.Assert | c.Describe)):
        return view
    return View(work.report, view.lexicon)


def _nothing_asked(instruction: str) -> str:
    """What to say to text that asks for nothing, or ""."""
    if not instruction.strip():
        return "Type an instruction or a question."
    if len(instruction) > 4000:
        return "The instruction is too long: 4000 characters at most."
    return NOT_UNDERSTOOD if _SMALL_TALK.fullmatch(instruction) else ""


def _editable(report: Report) -> Report:
    """Operations on a final report are worked out on a copy, so that the refusal names the cause."""
    return replace(report, state=ReportState.DRAFT) if report.state is ReportState.FINAL else report


def _parsed(instruction: str, view: View) -> list[tuple[str, c.Command | None]]:
    """Each clause with its command; None for one that is no plain command: it is the model's."""
    text = plain(instruction)
    if was_courteous_request(instruction) or starts_with_verb(text):
        text = text.rstrip("?! ")  # no question: "could you delete sentence 2?"
    found: list[tuple[str, c.Command | None]] = []
    for clause in clauses(text):
        command = grammar.parse(clause, view)
        if command is None:
            better = mended(clause, view)
            command = grammar.parse(better, view) if better != clause else None
        found.append((clause, command))
    return found


def _said(instruction: str, view: View, answer: str | None) -> ChatTurn:
    return ChatTurn(instruction, "grammar", (), answer, (), (), view.report, 0.0)


def _answered(instruction: str, view: View, said: Answer) -> ChatTurn:
    turn = _said(instruction, view, said.text)
    how = "model" if said.by_model else "grammar"
    notices = tuple(f"Refused by the rules: {reason}." for reason in said.refused)
    return replace(turn, how=how, cited=said.cited, refused=said.refused, notices=notices)


def _told(instruction: str, view: View, aside: AsideAnswer) -> ChatTurn:
    work = Working(_editable(view.report))
    for operation in aside.operations:
        work.do(operation)
    return replace(
        _said(instruction, view, aside.text),
        operations=tuple(work.operations),
        notices=aside.notices,
        after=replace(work.report, state=view.report.state),
        cited=aside.cited,
        refused=aside.refused,
        clean=aside.clean,
    )


def _changed(instruction: str, view: View, work: Working) -> ChatTurn:
    how = "model" if work.by_model else "grammar"
    if not work.operations:
        answer = "Nothing was changed."
        turn = _said(instruction, view, answer)
        return replace(turn, how=how, notices=tuple(work.notices), offered=tuple(work.offered))
    for operation in consistent(view, work):
        work.offer(operation)
    offer_denials(view, work)
    offer_elsewhere(view, work)
    offer_gone(view, work)
    after = replace(work.report, state=view.report.state)
    return ChatTurn(
        instruction,
        how,
        tuple(work.operations),
        None,
        tuple(work.offered),
        tuple(work.notices),
        after,
        0.0,
    )


def turn_to_json(turn: ChatTurn) -> dict[str, Any]:
    """JSON form of a turn; ``after`` holds the live statements."""
    return {
        "instruction": turn.instruction,
        "how": turn.how,
        "operations": [ops.to_dict(o) for o in turn.operations],
        "answer": turn.answer,
        "after": [
            {"id": statement.id, "section": section.name, "text": statement.text}
            for section, statement in turn.after.live()
        ],
        "seconds": round(turn.seconds, 4),
        "offered": [ops.to_dict(o) for o in turn.offered],
        "notices": list(turn.notices),
        "control": turn.control,
        "candidates": list(turn.candidates),
        "cited": list(turn.cited),
        "refused": list(turn.refused),
    }

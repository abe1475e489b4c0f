"""The report while one instruction is carried out, and the two ways out of it that change nothing."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.operations import Operation
from radassist.domain.report import (
    Provenance,
    Report,
    Section,
    Statement,
    StatementState,
)
from radassist.workflow.chat.view import Line
from radassist.workflow.chat.wording import literal_pattern

BY_CHAT = Provenance("radiologist", "chat")


class Ask(Exception):
    """The instruction cannot be carried out as it stands; the text says why or asks which."""

    def __init__(self, answer: str, candidates: Sequence[Line] = ()) -> None:
        super().__init__(answer)
        self.answer = answer
        self.candidates = tuple(candidates)


class NeedsModel(Exception):
    """Only another wording does what is asked.

    :param ask: what is wanted of the statements, in the user's words.
    :param own: a sentence of the radiologist that can stand beside the statement if the model
        cannot work it in.
    """

    def __init__(self, ask: str, lines: Sequence[Line] = (), own: str | None = None) -> None:
        super().__init__(ask)
        self.ask = ask
        self.lines = tuple(lines)
        self.own = own


@dataclass
class Working:
    """Operations of one instruction with the report that they give so far.

    :param offered: further operations that make the rest of the report agree; not applied.
    :param by_model: the model was asked, whatever came of it.
    """

    report: Report
    operations: list[Operation] = field(default_factory=list)
    offered: list[Operation] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    by_model: bool = False

    def text(self, statement_id: str) -> str:
        """The text as the commands so far left it; "" when it is deleted."""
        found = self.report.find(statement_id)
        return found[1].text if found else ""

    def do(self, operation: Operation) -> None:
        """Apply one operation; a second new text for one statement replaces the first."""
        self.report = ops.apply(self.report, operation)
        if isinstance(operation, ops.Replace):
            for place, earlier in enumerate(self.operations):
                if (
                    isinstance(earlier, ops.Replace)
                    and earlier.statement.id == operation.statement.id
                ):
                    self.operations[place] = operation
                    return
        self.operations.append(operation)

    def rewrite(self, statement_id: str, text: str, by: Provenance = BY_CHAT) -> None:
        """Give a statement a new text; nothing happens when it has it already."""
        operation = self.rewritten(statement_id, text, by)
        if operation is not None:
            self.do(operation)

    def rewritten(
        self, statement_id: str, text: str, by: Provenance = BY_CHAT
    ) -> ops.Replace | None:
        """The operation that gives a statement a new text, or None when that changes nothing.

        Evidence stays as long as it is true of the new text: a measurement whose number is gone
        no longer supports the sentence, nor does a template that said something else.
        """
        found = self.report.find(statement_id)
        if found is None or found[1].text == text or not text.strip():
            return None
        old = found[1]
        kept = tuple(e for e in old.evidence if _still_true(e, old.text, text))
        if any(e.kind is EvidenceKind.MEASUREMENT for e in set(old.evidence) - set(kept)):
            note = f"The measurement that {statement_id} rested on no longer supports its number."
            if note not in self.notices:
                self.notices.append(note)
        return ops.Replace(Statement(old.id, text, by, kept, StatementState.EDITED))

    def delete(self, statement_id: str) -> None:
        if self.report.find(statement_id) is not None:
            self.do(ops.Delete(statement_id))

    def insert(
        self,
        section: str,
        index: int,
        text: str,
        by: Provenance = BY_CHAT,
        evidence: tuple[Evidence, ...] = (),
    ) -> str:
        """Put a new statement in; returns its id."""
        made = Statement(
            ops.new_statement_id(self.report), text, by, evidence, StatementState.ACCEPTED
        )
        self.do(ops.Insert(section, index, made))
        return made.id

    def place_of(self, statement_id: str) -> tuple[Section, int]:
        """Section and index (rejected statements counted) where a statement stands."""
        found = self.report.find(statement_id)
        if found is None:
            raise Ask("That sentence has just been removed.")
        return found[0], found[0].statements.index(found[1])

    def offer(self, operation: Operation | None) -> None:
        if operation is not None and operation not in self.offered:
            self.offered.append(operation)


def _still_true(evidence: Evidence, old: str, new: str) -> bool:
    if evidence.kind is EvidenceKind.MEASUREMENT:
        numbers = re.findall(r"\d+(?:\.\d+)?", evidence.value)
        said = [n for n in numbers if literal_pattern(n).search(old)]
        return all(literal_pattern(n).search(new) is not None for n in said)
    return evidence.kind is not EvidenceKind.TEMPLATE

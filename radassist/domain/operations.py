"""Every change of a report is one operation, applied by one function.

``apply(report, operation)`` is pure.  ``inverse(report, operation)`` gives the operation that takes
the change back, so that undo is itself an operation in the history.  Statements that an operation
does not name come out as the same objects.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from radassist.domain.report import (
    Report,
    ReportState,
    Section,
    Statement,
    StatementState,
    StudyContext,
)
from radassist.errors import Bug, UsageFault


@dataclass(frozen=True)
class Insert:
    """Put a new statement into a section at a 0-based place (clamped to the section's length)."""

    section: str
    index: int
    statement: Statement
    kind = "insert"


@dataclass(frozen=True)
class Replace:
    """Give one statement new content: text, provenance, evidence, state; its id and place stay."""

    statement: Statement
    kind = "replace"


@dataclass(frozen=True)
class Delete:
    """Take one statement out of the report.  The history keeps it."""

    statement_id: str
    kind = "delete"


@dataclass(frozen=True)
class Move:
    """Put one statement at another place (0-based, counted after it was taken out)."""

    statement_id: str
    section: str
    index: int
    kind = "move"


@dataclass(frozen=True)
class SetState:
    """Accept, reject or re-propose one statement."""

    statement_id: str
    state: StatementState
    kind = "set-state"


@dataclass(frozen=True)
class SetField:
    """Set one text field of the report itself (``template`` or a field of the study context)."""

    name: str
    value: str
    kind = "set-field"


Operation = Insert | Replace | Delete | Move | SetState | SetField

_FIELDS = frozenset({"template", "study.indication", "study.body_part", "study.view"})


def accept(statement_id: str) -> SetState:
    """The operation that accepts a statement."""
    return SetState(statement_id, StatementState.ACCEPTED)


def reject(statement_id: str) -> SetState:
    """The operation that rejects a statement: it leaves the text and stays in the record."""
    return SetState(statement_id, StatementState.REJECTED)


def named_ids(operation: Operation) -> frozenset[str]:
    """The statement ids that an operation names; all others stay byte-identical."""
    match operation:
        case Insert() | Replace():
            return frozenset({operation.statement.id})
        case Delete() | Move() | SetState():
            return frozenset({operation.statement_id})
        case SetField():
            return frozenset()


def apply(report: Report, operation: Operation) -> Report:
    """The report after one operation.

    :raises UsageFault: the report is final, or the operation names a statement or section that
        the report does not have.
    """
    if report.state is ReportState.FINAL:
        raise UsageFault("This report is final and cannot be changed.", "Add an addendum instead.")
    match operation:
        case Insert():
            return _insert(report, operation)
        case Replace():
            return _replace(report, operation.statement)
        case Delete():
            return _without(report, operation.statement_id)
        case Move():
            _, statement = _require(report, operation.statement_id)
            taken = _without(report, operation.statement_id)
            return _put(taken, operation.section, operation.index, statement)
        case SetState():
            _, statement = _require(report, operation.statement_id)
            return _replace(report, replace(statement, state=operation.state))
        case SetField():
            return _set_field(report, operation)


def inverse(report: Report, operation: Operation) -> Operation:
    """The operation that undoes ``operation`` when applied after it (``report`` is from before)."""
    match operation:
        case Insert():
            return Delete(operation.statement.id)
        case Replace():
            return Replace(_require(report, operation.statement.id)[1])
        case Delete():
            section, statement = _require(report, operation.statement_id)
            return Insert(section.name, section.statements.index(statement), statement)
        case Move():
            section, statement = _require(report, operation.statement_id)
            index = section.statements.index(statement)
            return Move(operation.statement_id, section.name, index)
        case SetState():
            return SetState(
                operation.statement_id, _require(report, operation.statement_id)[1].state
            )
        case SetField():
            return SetField(operation.name, _get_field(report, operation.name))


def new_statement_id(report: Report) -> str:
    """The id that the next inserted statement must carry."""
    return f"s{report.next_statement}"


def to_dict(operation: Operation) -> dict[str, Any]:
    """JSON form of an operation, as the history and the audit log hold it."""
    match operation:
        case Insert():
            return {
                "op": "insert",
                "section": operation.section,
                "index": operation.index,
                "statement": operation.statement.to_dict(),
            }
        case Replace():
            return {"op": "replace", "statement": operation.statement.to_dict()}
        case Delete():
            return {"op": "delete", "id": operation.statement_id}
        case Move():
            return {
                "op": "move",
                "id": operation.statement_id,
                "section": operation.section,
                "index": operation.index,
            }
        case SetState():
            return {"op": "set-state", "id": operation.statement_id, "state": operation.state.value}
        case SetField():
            return {"op": "set-field", "name": operation.name, "value": operation.value}


def from_dict(data: dict[str, Any]) -> Operation:
    """Read an operation back from its JSON form.

    :raises UsageFault: the form is not one that ``to_dict`` makes.
    """
    try:
        match data["op"]:
            case "insert":
                statement = Statement.from_dict(data["statement"])
                return Insert(data["section"], int(data["index"]), statement)
            case "replace":
                return Replace(Statement.from_dict(data["statement"]))
            case "delete":
                return Delete(data["id"])
            case "move":
                return Move(data["id"], data["section"], int(data["index"]))
            case "set-state":
                return SetState(data["id"], StatementState(data["state"]))
            case "set-field":
                return SetField(data["name"], data["value"])
    except (KeyError, TypeError, ValueError) as error:
        raise UsageFault(f"The history holds a malformed operation ({error!r}).") from error
    raise UsageFault(f"The history holds an unknown operation {data['op']!r}.")


def _require(report: Report, statement_id: str) -> tuple[Section, Statement]:
    found = report.find(statement_id)
    if found is None:
        raise UsageFault(f"The report has no statement {statement_id!r}.")
    return found


def _insert(report: Report, operation: Insert) -> Report:
    statement = operation.statement
    if report.find(statement.id) is not None:
        raise Bug(f"statement id {statement.id} is in use")
    number = int(statement.id[1:]) if statement.id[1:].isdigit() else 0
    put = _put(report, operation.section, operation.index, statement)
    return replace(put, next_statement=max(report.next_statement, number + 1))


def _put(report: Report, section_name: str, index: int, statement: Statement) -> Report:
    section = report.section(section_name)
    if section is None:
        raise UsageFault(f"The report has no section {section_name!r}.")
    at = max(0, min(index, len(section.statements)))
    statements = (*section.statements[:at], statement, *section.statements[at:])
    return report.with_section(replace(section, statements=statements))


def _replace(report: Report, statement: Statement) -> Report:
    section, old = _require(report, statement.id)
    statements = tuple(statement if s is old else s for s in section.statements)
    return report.with_section(replace(section, statements=statements))


def _without(report: Report, statement_id: str) -> Report:
    section, statement = _require(report, statement_id)
    statements = tuple(s for s in section.statements if s is not statement)
    return report.with_section(replace(section, statements=statements))


def _get_field(report: Report, name: str) -> str:
    if name not in _FIELDS:
        raise UsageFault(f"The report has no field {name!r}.")
    owner, _, key = name.rpartition(".")
    value = getattr(report.study if owner else report, key)
    return str(value)


def _set_field(report: Report, operation: SetField) -> Report:
    _get_field(report, operation.name)
    owner, _, key = operation.name.rpartition(".")
    if owner:
        study = StudyContext.from_dict({**report.study.to_dict(), key: operation.value})
        return replace(report, study=study)
    return replace(report, template=operation.value)

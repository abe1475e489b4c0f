"""One chat edit against what was expected of it, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from radassist.domain import operations as ops
from radassist.domain.report import Report
from radassist.workflow.chat import Chat, ChatTurn
from radassist.workflow.language_bench.cases import BenchCases, named


@dataclass(frozen=True)
class EditVerdict:
    """One case.

    :param right: every statement came out as expected, and nothing else changed.
    :param untouched: statements that no operation names are identical.
    :param both: whether the other place was changed or offered; None where there is none.
    :param refused: the rules cut something that the model wrote.
    """

    instruction: str
    kind: str
    how: str
    right: bool
    untouched: bool
    both: bool | None
    refused: bool
    seconds: float
    why: str


def run_edits(cases: BenchCases, chat: Chat) -> list[EditVerdict]:
    """Every edit, each on its report as it was given."""
    for report in cases.reports.values():
        chat.prepare(report)
    return [_run(cases.reports[case["report"]], case, chat) for case in cases.edits]


def _run(report: Report, case: dict[str, Any], chat: Chat) -> EditVerdict:
    return judge(report, case, chat.respond(report, case["instruction"]))


def judge(report: Report, case: dict[str, Any], turn: ChatTurn) -> EditVerdict:
    """Hold one turn against its case and the alternatives that it allows."""
    wanted = [case, *({**case, **other} for other in case.get("any", []))]
    faults = [_fault(report, one, turn) for one in wanted]
    why = "" if "" in faults else faults[0]
    return EditVerdict(
        case["instruction"],
        case["kind"],
        turn.how,
        not why,
        _untouched(report, turn),
        _both(report, case, turn) if case.get("also") else None,
        any("refused" in n.lower() or n.startswith("Reworded by rules") for n in _said(turn)),
        turn.seconds,
        why,
    )


def _said(turn: ChatTurn) -> tuple[str, ...]:
    return (*turn.notices, turn.answer or "")


def _fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    """What is not as expected, or ""."""
    after = {s.id: s.text for _, s in turn.after.live()}
    must = {named(report, k).id: v for k, v in case.get("edit", {}).items()}
    other = {named(report, k).id: v for k, v in case.get("also", {}).items()}
    may = {named(report, k).id: v for k, v in case.get("may", {}).items()}
    for section, statement in report.live():
        text = after.get(statement.id)
        wanted = next((d[statement.id] for d in (must, other, may) if statement.id in d), _SAME)
        stays = statement.id not in must and text == statement.text
        if not stays and not fits(wanted, statement.text, text):
            told = f" ({turn.answer})" if turn.answer else ""
            return f"{section.name}: {statement.text!r} became {text!r}{told}"
    return (
        _added_fault(report, case, turn)
        or _order_fault(report, case, turn)
        or _other_place_fault(report, case, turn)
    )


#: Wanted of a statement that no key names: that it stays.
_SAME = object()


def fits(wanted: Any, old: str, new: str | None) -> bool:
    """Whether a text is as wanted: exactly, by its words, deleted (None), or one of several."""
    if wanted is _SAME:
        return new == old
    if isinstance(wanted, list):
        return any(fits(one, old, new) for one in wanted)
    if wanted is None or isinstance(wanted, str):
        return bool(new == wanted)
    if new is None or new == old:
        return False
    return has_words(wanted, new) and (not wanted.get("shorter") or len(new) < len(old))


def has_words(wanted: dict[str, Any], text: str) -> bool:
    """The words that a text must have, one of which it must have, and those it must not."""
    lower = text.lower()
    some = wanted.get("has_any", [])
    return (
        all(word.lower() in lower for word in wanted.get("has", []))
        and (not some or any(word.lower() in lower for word in some))
        and not any(word.lower() in lower for word in wanted.get("lacks", []))
    )


def _added_fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    added = [(sec.name, s.text) for sec, s in turn.after.live() if report.find(s.id) is None]
    left = list(added)
    for demanded, key in ((True, "add"), (False, "may_add")):
        for section, wanted in case.get(key, []):
            hit = next((a for a in left if a[0] == section and fits(wanted, "", a[1])), None)
            if hit is not None:
                left.remove(hit)
            elif demanded:
                return f"added {added} ({turn.answer or ''})"
    return f"added {left} beyond what was asked" if left else ""


def _order_fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    """Sections that were to be put in order, and all others, whose order must stay."""
    for before in report.sections:
        after = turn.after.section(before.name)
        now = [s.id for s in after.statements] if after is not None else []
        old = [s.id for s in before.statements]
        if before.name in case.get("order", {}):
            wanted = [old[i - 1] for i in case["order"][before.name]]
        else:
            wanted = [i for i in old if i in now]
        if [i for i in now if i in old] != wanted:
            return f"{before.name} stands in another order ({turn.answer or ''})"
    return ""


def _other_place_fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    if case.get("also") and not _both(report, case, turn):
        return f"the other place is neither changed nor offered ({list(case['also'])})"
    return ""


def _both(report: Report, case: dict[str, Any], turn: ChatTurn) -> bool:
    """The other place agrees with the change: at once, or by what is offered."""
    after = {s.id: s.text for _, s in turn.after.live()}
    for key, wanted in case["also"].items():
        old = named(report, key)
        offered: list[str | None] = [
            o.statement.text
            for o in turn.offered
            if isinstance(o, ops.Replace) and o.statement.id == old.id
        ]
        offered += [
            None for o in turn.offered if isinstance(o, ops.Delete) and o.statement_id == old.id
        ]
        if not any(fits(wanted, old.text, text) for text in (after.get(old.id), *offered)):
            return False
    return True


def _untouched(report: Report, turn: ChatTurn) -> bool:
    """Statements that no operation names are the same objects."""
    touched = frozenset[str]().union(*(ops.named_ids(o) for o in turn.operations))
    after = {s.id: s for _, s in turn.after.statements()}
    return all(after.get(s.id) is s for _, s in report.statements() if s.id not in touched)

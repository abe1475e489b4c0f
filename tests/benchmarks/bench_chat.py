"""Edits by instruction: how many come out as expected, how fast, and whether all else is untouched.

    python tests/benchmarks/bench_chat.py [--model GGUF] [--list NAME] [--verbose]

Without ``--model`` only the grammar answers.  ``load_cases`` and ``judge`` are also what the tests use.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import argparse
import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radassist.domain import operations as ops
from radassist.domain.report import (
    SECTIONS,
    Provenance,
    Report,
    Section,
    Statement,
    StatementState,
    StudyContext,
)
from radassist.library.lexicon import load_lexicon
from radassist.ports import LanguageModel
from radassist.workflow.chat import Chat, ChatTurn

DATA = Path(__file__).resolve().parents[1] / "data" / "chat_edits.json"
#: Lists that tests hold to nine of ten, and all that are measured.
LISTS = ("dev", "heldout", "blind", "blind2", "blind3")
MEASURED = (*LISTS, "blind4")
_LETTERS = {
    "F": "Findings",
    "I": "Impression",
    "C": "Comparison",
    "T": "Technique",
    "N": "Indication",
}


@dataclass(frozen=True)
class Verdict:
    """One case: right or not and why not; ``untouched`` is the byte-identity of all other texts."""

    instruction: str
    how: str
    right: bool
    untouched: bool
    seconds: float
    why: str


def load_cases(which: str) -> tuple[dict[str, Report], list[dict[str, Any]]]:
    """The reports by name, and the cases of one list (see ``MEASURED``)."""
    data = json.loads(DATA.read_text(encoding="utf-8"))
    return {name: _report(name, parts) for name, parts in data["reports"].items()}, data[which]


def _report(name: str, parts: dict[str, list[str]]) -> Report:
    number, sections = 0, []
    for section in SECTIONS:
        statements = []
        for text in parts.get(section, []):
            number += 1
            state = StatementState.ACCEPTED
            statements.append(Statement(f"s{number}", text, Provenance("import"), (), state))
        sections.append(Section(section, tuple(statements)))
    return Report(name, StudyContext(), tuple(sections), next_statement=number + 1)


def judge(report: Report, case: dict[str, Any], turn: ChatTurn) -> Verdict:
    """Hold one turn against its case."""
    wanted = [case, *case.get("any", [])]
    faults = [
        _fault(report, one, turn) for one in wanted if "edit" not in one or one["edit"] is not None
    ]
    why = "" if any(not fault for fault in faults) else faults[0]
    return Verdict(
        case["instruction"], turn.how, not why, _untouched(report, turn), turn.seconds, why
    )


def _key(report: Report, key: str) -> Statement:
    section = report.section(_LETTERS[key[0]])
    assert section is not None
    return section.statements[int(key[1:]) - 1]


def _fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    if "answer" in case:
        if turn.operations:
            return "a question changed the report"
        return "" if case["answer"] in (turn.answer or "") else f"answered {turn.answer!r}"
    edits = {_key(report, key).id: new for key, new in (case.get("edit") or {}).items()}
    after = {s.id: s.text for _, s in turn.after.live()}
    for section, statement in report.live():
        text = after.get(statement.id)
        if statement.id not in edits:
            if text != statement.text:
                return f"{section.name}: {statement.text!r} became {text!r}"
        elif not _fits(edits[statement.id], statement.text, text):
            return f"{section.name}: got {text!r} ({turn.answer or ''})"
    added = sorted((sec.name, s.text) for sec, s in turn.after.live() if report.find(s.id) is None)
    if added != sorted(map(tuple, case.get("add", []))):
        return f"added {added} ({turn.answer or ''})"
    return _order_fault(report, case, turn) or _offer_fault(report, case, turn)


def _fits(wanted: Any, old: str, new: str | None) -> bool:
    if wanted is None or isinstance(wanted, str):
        return new == wanted
    if new is None:
        return False
    lower = new.lower()
    return (
        all(word.lower() in lower for word in wanted.get("has", []))
        and not any(word.lower() in lower for word in wanted.get("lacks", []))
        and (not wanted.get("shorter") or len(new) < len(old))
        and new != old
    )


def _order_fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    for name, order in case.get("order", {}).items():
        before, after = report.section(name), turn.after.section(name)
        assert before is not None and after is not None
        if [s.id for s in after.statements] != [before.statements[i - 1].id for i in order]:
            return f"{name} stands in another order"
    return ""


def _offer_fault(report: Report, case: dict[str, Any], turn: ChatTurn) -> str:
    offered = {o.statement.id: o.statement.text for o in turn.offered if isinstance(o, ops.Replace)}
    for key, text in case.get("offered", {}).items():
        if offered.get(_key(report, key).id) != text:
            return f"offered {offered}"
    return ""


def _untouched(report: Report, turn: ChatTurn) -> bool:
    """Statements that no operation names are the same objects."""
    named = frozenset[str]().union(*(ops.named_ids(o) for o in turn.operations))
    after = {s.id: s for _, s in turn.after.statements()}
    return all(after.get(s.id) is s for _, s in report.statements() if s.id not in named)


def run(which: str, model: LanguageModel | None) -> list[Verdict]:
    """All cases of one list."""
    reports, cases = load_cases(which)
    chat = Chat(load_lexicon(), model)
    verdicts = []
    for case in cases:
        report = reports[case["report"]]
        verdicts.append(judge(report, case, chat.respond(report, case["instruction"])))
    return verdicts


def table(which: str, verdicts: list[Verdict]) -> str:
    """The numbers of one list, by who answered."""
    lines = [
        f"{which}: {sum(v.right for v in verdicts)} of {len(verdicts)} right, untouched "
        f"statements identical in {sum(v.untouched for v in verdicts)} of {len(verdicts)}"
    ]
    for how in ("grammar", "model"):
        own = [v for v in verdicts if v.how == how]
        if own:
            median = statistics.median(v.seconds for v in own)
            slowest = max(v.seconds for v in own)
            lines.append(
                f"  {how:8} {sum(v.right for v in own):3} of {len(own):3} right, "
                f"median {median:.3f} s, slowest {slowest:.3f} s"
            )
    return "\n".join(lines)


def main() -> int:
    """Print the table; 0 when nine of ten are right in every list held to it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="GGUF file of a language pack")
    parser.add_argument("--list", choices=MEASURED, action="append")
    parser.add_argument("--verbose", action="store_true", help="show what went wrong")
    asked = parser.parse_args()
    model: Any = None
    if asked.model is not None:
        from radassist.engines.language.llama import LlamaLanguageModel

        model = LlamaLanguageModel(asked.model.parent, f"{asked.model.stem}@0", asked.model)
    good = True
    for which in asked.list or MEASURED:
        verdicts = run(which, model)
        print(table(which, verdicts))
        for verdict in verdicts:
            if asked.verbose and not verdict.right:
                print(f"    {verdict.instruction}\n        [{verdict.how}] {verdict.why}")
        good &= which not in LISTS or sum(not v.right for v in verdicts) <= len(verdicts) // 10
    if model is not None:
        model.close()
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())

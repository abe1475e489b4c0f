"""The whole table for one language pack, with the bars that it is held to."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from radassist.domain.reading import Lexicon
from radassist.domain.report import Report
from radassist.ports import LanguageModel
from radassist.workflow.chat import Chat
from radassist.workflow.language_bench.asking import AnswerVerdict, run_questions
from radassist.workflow.language_bench.cases import BenchCases
from radassist.workflow.language_bench.edits import EditVerdict, run_edits
from radassist.workflow.language_bench.impressions import ImpressionVerdict, run_impressions

#: Called with the name of the part that begins.
Telling = Callable[[str], None]


@dataclass(frozen=True)
class Row:
    """One line of the table.

    :param value: None where there was nothing to measure.
    :param bar: what it is held to; None for a row that only informs.
    :param at_most: the bar is an upper limit.
    """

    name: str
    value: float | None
    of: int
    unit: str = ""
    bar: float | None = None
    at_most: bool = False

    @property
    def held(self) -> bool:
        """True unless there is a bar and the value misses it."""
        if self.bar is None or self.value is None:
            return True
        return self.value <= self.bar if self.at_most else self.value >= self.bar


@dataclass(frozen=True)
class Table:
    """All rows for one pack, and each case that went wrong.

    :param pack: ``id@version``, or ``no model``.
    :param without: why a part was not measured.
    """

    pack: str
    rows: tuple[Row, ...]
    misses: tuple[str, ...]
    without: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """True when every bar is held."""
        return all(row.held for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """A JSON object: ``pack``, ``held``, ``rows`` and ``misses``."""
        return {
            "pack": self.pack,
            "held": self.held,
            "rows": [
                {
                    "name": r.name,
                    "value": r.value,
                    "of": r.of,
                    "unit": r.unit,
                    "bar": r.bar,
                    "held": r.held,
                }
                for r in self.rows
            ],
            "misses": list(self.misses),
            "without": list(self.without),
        }


def measure(
    cases: BenchCases,
    lexicon: Lexicon,
    model: LanguageModel | None,
    *,
    openi: Mapping[str, Report] | None = None,
    tell: Telling = lambda _: None,
) -> Table:
    """Run every case with one model (or none) and count.

    :param openi: imported Open-i reports by name, with the radiologists' own impressions; None
        where they are not on this machine.
    :raises Fault: the model failed or ran out of time.
    """
    chat = Chat(lexicon, model)
    tell(f"{len(cases.edits)} edits")
    edits = run_edits(cases, chat)
    tell(f"{len(cases.questions)} questions")
    answers = run_questions(cases, chat, lexicon)
    rows = [*_edit_rows(edits), *_answer_rows(answers)]
    misses = [f"{v.kind}: {v.instruction} [{v.how}] {v.why}" for v in edits if not v.right]
    misses += [f"question: {v.question} [{v.how}] {v.why}" for v in answers if not v.right]
    misses += [f"invented: {v.question}: {x}" for v in answers for x in v.invented]
    without = () if openi else ("The Open-i reports are not here: no row for impressions.",)
    if openi:
        tell(f"{len(openi)} impressions")
        written = run_impressions(openi, lexicon, model)
        rows += _impression_rows(written)
        misses += [f"invented: {v.id}: {x}" for v in written for x in v.invented]
        misses += [f"lost: {v.id}: {', '.join(lost)}" for v in written if (lost := _lost(v))]
    rows.append(_refusals(edits, answers))
    return Table(
        model.pack if model is not None else "no model", tuple(rows), tuple(misses), without
    )


def _lost(verdict: ImpressionVerdict) -> list[str]:
    return [key for key in verdict.keys if key not in verdict.kept]


def _rate(hits: Sequence[bool]) -> float | None:
    return sum(hits) / len(hits) if hits else None


def _edit_rows(edits: Sequence[EditVerdict]) -> list[Row]:
    rows = [Row("edits exact", _rate([v.right for v in edits]), len(edits), bar=0.90)]
    for kind in dict.fromkeys(v.kind for v in edits):
        own = [v.right for v in edits if v.kind == kind]
        rows.append(Row(f"  {kind}", _rate(own), len(own)))
    for how, bar in (("grammar", 0.1), ("model", 6.0)):
        own = [v.right for v in edits if v.how == how]
        times = [v.seconds for v in edits if v.how == how]
        rows.append(Row(f"edits exact by {how}", _rate(own), len(own)))
        median = statistics.median(times) if times else None
        rows.append(Row(f"median time by {how}", median, len(own), "s", bar, at_most=True))
    rows.append(
        Row("untouched identical", _rate([v.untouched for v in edits]), len(edits), bar=1.0)
    )
    both = [v.both for v in edits if v.both is not None]
    rows.append(Row("both places offered", _rate(both), len(both), bar=0.90))
    return rows


def _answer_rows(answers: Sequence[AnswerVerdict]) -> list[Row]:
    count = len(answers)
    invented = float(sum(bool(v.invented) for v in answers))
    return [
        Row("questions right", _rate([v.right for v in answers]), count, bar=0.95),
        Row("answers with something invented", invented, count, bar=0.0, at_most=True),
        Row("median time of answers", statistics.median(v.seconds for v in answers), count, "s"),
    ]


def _impression_rows(written: Sequence[ImpressionVerdict]) -> list[Row]:
    keys = sum(len(v.keys) for v in written)
    kept = sum(len(v.kept) for v in written)
    beyond = sum(len(v.beyond) for v in written)
    sentences = sum(v.written for v in written)
    by_model = sum(v.by_model for v in written)
    refused = sum(v.refused for v in written)
    invented = float(sum(len(v.invented) for v in written))
    asked = by_model + refused
    return [
        Row("key findings kept in the impression", kept / keys if keys else None, keys),
        Row("key findings that Findings do not hold", float(beyond), keys + beyond),
        Row("impression sentences by the model", float(by_model), sentences),
        Row("impression sentences refused", refused / asked if asked else None, asked),
        Row("facts invented after the gate", invented, sentences, bar=0.0, at_most=True),
        Row(
            "median time of an impression",
            statistics.median(v.seconds for v in written),
            len(written),
            "s",
        ),
    ]


def _refusals(edits: Sequence[EditVerdict], answers: Sequence[AnswerVerdict]) -> Row:
    """The share of the model's turns in the chat of which the rules refused something."""
    by_model = [v.refused for v in edits if v.how == "model"]
    by_model += [v.refused for v in answers if v.how == "model"]
    return Row("turns of the model with a refusal", _rate(by_model), len(by_model))


def rendered(tables: Sequence[Table], *, misses: bool = False) -> str:
    """The tables side by side as text, a star on each bar that is missed."""
    names = list(dict.fromkeys(row.name for table in tables for row in table.rows))
    width = max(len(name) for name in names)
    head = "  ".join(f"{table.pack:>24}" for table in tables)
    lines = [f"{'':{width}}  {'bar':>7}  {head}"]
    for name in names:
        found = [next((r for r in t.rows if r.name == name), None) for t in tables]
        shown = "  ".join(f"{_cell(row):>24}" for row in found)
        bar = next((_bar(row) for row in found if row is not None), "")
        lines.append(f"{name:{width}}  {bar:>7}  {shown}".rstrip())
    for table in tables:
        lines += [f"{table.pack}: {why}" for why in table.without]
        lines += [f"  {table.pack}: {miss}" for miss in table.misses if misses]
    return "\n".join(lines)


def _bar(row: Row) -> str:
    if row.bar is None:
        return ""
    return f"{'<=' if row.at_most else '>='} {row.bar:g}"


def _cell(row: Row | None) -> str:
    if row is None or row.value is None:
        return "-"
    star = "" if row.held else " *"
    if row.unit == "s":
        return f"{row.value:.3f} s ({row.of}){star}"
    whole = row.value > 1 or (row.bar == 0)
    return f"{row.value:.0f} ({row.of}){star}" if whole else f"{row.value:.3f} ({row.of}){star}"

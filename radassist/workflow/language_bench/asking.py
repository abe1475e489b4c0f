"""One answer against what was expected of it, and what in it nothing in the report holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from radassist.domain.reading import Lexicon
from radassist.domain.report import Report, Statement
from radassist.workflow.chat import Chat, ChatTurn
from radassist.workflow.language_bench.cases import BenchCases, named
from radassist.workflow.language_bench.edits import has_words
from radassist.workflow.language_bench.facts import not_held

SILENT = "the report does not say"
_VERDICTS = ("yes", "no", "uncertain")


@dataclass(frozen=True)
class AnswerVerdict:
    """One question.

    :param invented: facts of the answer that neither the cited statements nor the study hold.
    :param refused: the rules cut something that the model wrote.
    """

    question: str
    how: str
    right: bool
    invented: tuple[str, ...]
    refused: bool
    seconds: float
    why: str


def run_questions(cases: BenchCases, chat: Chat, lexicon: Lexicon) -> list[AnswerVerdict]:
    """Every question on its report."""
    verdicts = []
    for case in cases.questions:
        report = cases.reports[case["report"]]
        verdicts.append(judge(report, case, chat.respond(report, case["question"]), lexicon))
    return verdicts


def judge(report: Report, case: dict[str, Any], turn: ChatTurn, lexicon: Lexicon) -> AnswerVerdict:
    """Hold one answer against its case."""
    said = turn.answer or ""
    why = _fault(report, case, turn, said)
    return AnswerVerdict(
        case["question"],
        turn.how,
        not why,
        tuple(_invented(report, case, turn, said, lexicon)),
        bool(turn.refused),
        turn.seconds,
        why,
    )


def kind_of(said: str) -> str:
    """What an answer claims: yes, no, uncertain, not said, or a quote."""
    lower = said.lower()
    first = re.match(r"[a-z]+", lower)
    if first is not None and first.group() in _VERDICTS:
        return first.group()
    return "not said" if lower.startswith(SILENT) else "quote"


def _fault(report: Report, case: dict[str, Any], turn: ChatTurn, said: str) -> str:
    if turn.operations:
        return "a question changed the report"
    allowed = case["answer"] if isinstance(case["answer"], list) else [case["answer"]]
    kinds = {"list": "quote", "refused": "quote"}
    if kind_of(said) not in {kinds.get(a, a) for a in allowed}:
        return f"answered {said!r}"
    if not has_words(case, said):
        return f"lacks words: {said!r}"
    if kind_of(said) == "not said":
        return ""
    must = {named(report, key).id for key in case.get("cites", [])}
    may = must | {named(report, key).id for key in case.get("may_cite", [])}
    cited = set(turn.cited)
    if not must <= cited or not cited <= may:
        return f"cited {sorted(cited)}, not {sorted(must)}: {said!r}"
    return ""


def _invented(
    report: Report, case: dict[str, Any], turn: ChatTurn, said: str, lexicon: Lexicon
) -> list[str]:
    """A claim where the report is silent, and facts that nothing cited holds."""
    allowed = case["answer"] if isinstance(case["answer"], list) else [case["answer"]]
    claimed = kind_of(said)
    if claimed in _VERDICTS and claimed not in allowed:
        return [f"claims {claimed}: {said}"]
    sources = [s for _, s in report.live() if s.id in turn.cited]
    if claimed == "not said":
        sources = [s for _, s in report.live()]  # it may name what is near
    held = [text for s in sources for text in _texts(s)]
    held += [*report.notices, " ".join(_study_words(report))]
    return not_held(said, held, lexicon)


def _texts(statement: Statement) -> list[str]:
    """What a statement says and what it rests on."""
    shown = [statement.text, statement.provenance.source]
    for evidence in statement.evidence:
        shown += [evidence.ref, evidence.value]
        if evidence.measurement is not None:
            shown.append(f"{evidence.measurement.name} {evidence.measurement.method}")
    return shown


def _study_words(report: Report) -> list[str]:
    return [str(v) for v in report.study.to_dict().values() if isinstance(v, str)]

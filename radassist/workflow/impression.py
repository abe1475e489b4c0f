"""The Impression from the findings: most important first, incidental apart, all of it linked.

The language model words it, rules decide: a sentence that names a finding, side or number absent
from its source, that loses one or that gives advice is refused, and the same fact is put in fixed
wording instead.  Template normals are proposals, so nothing is concluded from them.
Recommendations come from a guideline's table or from the radiologist.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from radassist.checks.agreement import unsupported
from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.impressions import Rank
from radassist.domain.reading import Lexicon
from radassist.domain.report import Provenance, Report, Statement, StatementState
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat.guards import dropped
from radassist.workflow.chat.prompts import IMPRESSION, TEXT_SCHEMA
from radassist.workflow.chat.rewriting import SENTENCE_TOKENS, text_of
from radassist.workflow.chat.shortening import joined, shortened
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import lower_first, sentence
from radassist.workflow.concluding.normal import NOTHING_ABNORMAL, NOTHING_REPORTED, normal_line
from radassist.workflow.concluding.ordering import Ranked, counts, ranked
from radassist.workflow.concluding.recommending import advises, own_advice, recommend
from radassist.workflow.shelf import BARE, Shelf

__all__ = [
    "NOTHING_ABNORMAL",
    "NOTHING_REPORTED",
    "by_rules",
    "refusal",
    "sources",
    "write_impression",
]

#: Fixed wording: no model wrote it, and it is as much a machine's as one that did.
BY_RULES = Provenance("language:rules@1")
INCIDENTAL = "Incidental: "


@dataclass(frozen=True)
class _Draft:
    text: str
    by: Provenance
    sources: tuple[Line, ...]
    rank: Rank = Rank.ACTIONABLE

    def statement(self, statement_id: str) -> Statement:
        evidence = tuple(Evidence(EvidenceKind.STATEMENT, x.id, x.text) for x in self.sources)
        text = self.text
        if self.rank is Rank.INCIDENTAL and not text.lower().startswith("incidental"):
            text = INCIDENTAL + lower_first(text)
        return Statement(statement_id, text, self.by, evidence, StatementState.PROPOSED)


def write_impression(
    report: Report,
    lexicon: Lexicon,
    model: LanguageModel | None,
    *,
    shelf: Shelf = BARE,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> tuple[list[Statement], list[str]]:
    """Statements for the Impression, most important first, and what the user should know.

    Ids count on from ``report.next_statement``.  Each statement carries evidence of kind STATEMENT
    for the Findings statements that it rests on; a recommendation also its guideline's row.

    :raises Cancelled: the user cancelled; DeadlineExceeded, EngineFault: the model failed.
    """
    view = View(report, lexicon)
    if not view.in_section("Findings"):
        return [], ["The Findings are empty, so no impression was written."]
    notices: list[str] = []
    abnormal = ranked(view, shelf)
    drafts = [_of_normal(view, abnormal, shelf)]
    for item in abnormal:
        draft = _worded(item, lexicon, model, notices, progress, cancel)
        if all(d is None or draft.text.lower() != d.text.lower() for d in drafts):
            drafts.append(draft)
    made = _merged([d for d in drafts if d is not None], lexicon)
    made += _own_advice(view, made)
    first = report.next_statement
    statements = [draft.statement(f"s{first + place}") for place, draft in enumerate(made)]
    given, told = recommend(view, shelf)
    for advice in given:
        statements.append(advice.statement(f"s{first + len(statements)}"))
    return statements, notices + told


def _of_normal(view: View, abnormal: list[Ranked], shelf: Shelf) -> _Draft | None:
    """The line that nothing (acute) is stated; it rests on all Findings, that none says more."""
    text = normal_line(view, abnormal, shelf)
    return _Draft(text, BY_RULES, view.in_section("Findings")) if text else None


def _own_advice(view: View, made: list[_Draft]) -> list[_Draft]:
    """The radiologist's recommendations in the Findings, word for word, where not used yet."""
    used = {line.id for draft in made for line in draft.sources[:2]}
    return [
        _Draft(line.text, BY_RULES, (line,))
        for line in own_advice(view)
        if line.section == "Findings" and line.id not in used
    ]


def _merged(drafts: list[_Draft], lexicon: Lexicon) -> list[_Draft]:
    """Neighbours that state the same finding become one statement, word for word."""
    merged: list[_Draft] = []
    for draft in drafts:
        last = merged[-1] if merged else None
        if last is not None and _alike(last, draft) and not advises(draft.text, lexicon):
            text = joined(last.text, draft.text)
            if not unsupported(text, [x.text for x in (*last.sources, *draft.sources)], lexicon):
                merged[-1] = replace(last, text=text, sources=(*last.sources, *draft.sources))
                continue
        merged.append(draft)
    return merged


def _alike(one: _Draft, other: _Draft) -> bool:
    if one.rank is not other.rank or one.by != other.by or len(one.sources) > 2:
        return False
    stated = [
        {(m.concept, m.presence) for m in line.findings if counts(m)}
        for line in (*one.sources, *other.sources)
    ]
    return len(stated[0]) == 1 and all(facts == stated[0] for facts in stated)


def _worded(
    item: Ranked,
    lexicon: Lexicon,
    model: LanguageModel | None,
    notices: list[str],
    progress: Progress | None,
    cancel: CancelToken | None,
) -> _Draft:
    line = item.line
    if advises(line.text, lexicon) and not line.statement.provenance.is_machine:
        return _Draft(line.text, BY_RULES, (line,), item.rank)  # a person's advice, word for word
    fixed = _Draft(by_rules(line.statement), BY_RULES, (line,), item.rank)
    if model is None:
        return fixed
    answer = model.complete(
        [("system", IMPRESSION), ("user", f"Sentence: {line.text}")],
        schema=TEXT_SCHEMA,
        max_tokens=SENTENCE_TOKENS,
        progress=progress,
        cancel=cancel,
    )
    text = text_of(answer.text)
    fault = refusal(text, line.text, lexicon)
    if fault:
        notices.append(
            f"Impression of {line.id}: the model's sentence was refused because it {fault}; "
            "fixed wording is used."
        )
        return fixed
    return replace(fixed, text=text, by=Provenance(f"language:{model.pack}"))


def refusal(text: str, source: str, lexicon: Lexicon) -> str:
    """Why an impression sentence does not follow from its source ("adds left"), or ""."""
    if not text:
        return "is empty"
    added = unsupported(text, [source], lexicon)
    if added:
        return f"adds {', '.join(added)}"
    lost = _lost(text, source, lexicon)
    if lost:
        return f"drops {', '.join(lost)}"
    if len(text) > len(source) + 40:
        return "says more than its source"
    if advises(text, lexicon) != advises(source, lexicon):
        return "gives advice" if advises(text, lexicon) else "drops the recommendation"
    return ""


def _lost(text: str, source: str, lexicon: Lexicon) -> list[str]:
    """What must not go: findings, sides, sizes, doubt.  The bounds of an interval may."""
    plain = re.sub(r"\s*\(95 % (?:interval|CI) [^)]*\)", "", source)
    return dropped(text, plain, "", lexicon)


def by_rules(statement: Statement) -> str:
    """The statement's fact in fixed wording, without a model."""
    ratio = _cardiothoracic(statement)
    if ratio:
        return ratio
    text = re.sub(r"\s*\(95 % (?:interval|CI) [^)]*\)", "", statement.text)
    return sentence(shortened(text) or text)


def _cardiothoracic(statement: Statement) -> str:
    """The wording of a measured heart size, or "" for any other statement."""
    measured = next(
        (
            e.measurement
            for e in statement.evidence
            if e.measurement is not None and "cardiothoracic" in e.measurement.name.lower()
        ),
        None,
    )
    if measured is None:
        return ""
    number = f"{measured.value:.2f}"
    if number not in statement.text:
        return ""  # the radiologist changed the number: the statement speaks for itself
    lower = statement.text.lower()
    if "not classified" in lower or "magnif" in lower:
        return f"Cardiothoracic ratio {number}; heart size is not classified on this view."
    if "borderline" in lower:
        return f"Borderline heart size (cardiothoracic ratio {number})."
    if "not enlarged" in lower:
        return f"The heart is not enlarged (cardiothoracic ratio {number})."
    return f"Enlarged heart (cardiothoracic ratio {number})."


def sources(statement: Statement) -> Sequence[str]:
    """Ids of the statements that an impression statement rests on."""
    return [e.ref for e in statement.evidence if e.kind is EvidenceKind.STATEMENT]

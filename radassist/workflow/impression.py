"""The Impression from the findings: one sentence for each abnormal finding, linked to it.

The language model words it, rules decide: a sentence that names a finding, side or number absent
from its source, or that loses one, is refused, and the same fact is put in fixed wording instead.
Template normals are proposals, so nothing is concluded from them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.checks.agreement import unsupported
from radassist.domain.findings import Evidence, EvidenceKind, Presence
from radassist.domain.reading import Lexicon, Mention
from radassist.domain.report import Provenance, Report, Statement, StatementState
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat.guards import dropped
from radassist.workflow.chat.prompts import IMPRESSION, TEXT_SCHEMA
from radassist.workflow.chat.rewriting import SENTENCE_TOKENS, text_of
from radassist.workflow.chat.shortening import shortened
from radassist.workflow.chat.view import Line, View, read_cached
from radassist.workflow.chat.wording import sentence

NOTHING_ABNORMAL = "No abnormality has been measured or reported; template normals await review."
NOTHING_REPORTED = "No abnormality is reported in the Findings."
#: Fixed wording: no model wrote it, and it is as much a machine's as one that did.
BY_RULES = Provenance("language:rules@1")


@dataclass(frozen=True)
class _Draft:
    text: str
    by: Provenance
    source: Line


def write_impression(
    report: Report,
    lexicon: Lexicon,
    model: LanguageModel | None,
    *,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> tuple[list[Statement], list[str]]:
    """Statements for the Impression, most important first, and what the user should know.

    Ids count on from ``report.next_statement``.  Each statement carries evidence of kind STATEMENT
    for the Findings statement that it rests on.

    :raises Cancelled: the user cancelled; DeadlineExceeded, EngineFault: the model failed.
    """
    view = View(report, lexicon)
    notices: list[str] = []
    drafts: list[_Draft] = []
    for line in _abnormal(view):
        draft = _worded(line, lexicon, model, notices, progress, cancel)
        if all(draft.text.lower() != d.text.lower() for d in drafts):
            drafts.append(draft)
    if not view.in_section("Findings"):
        return [], ["The Findings are empty, so no impression was written."]
    if not drafts:
        return [_nothing(report, view)], notices
    first = report.next_statement
    return [_statement(f"s{first + place}", draft) for place, draft in enumerate(drafts)], notices


def _statement(statement_id: str, draft: _Draft) -> Statement:
    evidence = (Evidence(EvidenceKind.STATEMENT, draft.source.id, draft.source.text),)
    return Statement(statement_id, draft.text, draft.by, evidence, StatementState.PROPOSED)


def _nothing(report: Report, view: View) -> Statement:
    """The cautious line: it claims no more than that nothing abnormal is stated.

    It rests on all Findings statements: that none of them says more is what it says.
    """
    lines = view.in_section("Findings")
    template = any(_is_template(line) for line in lines)
    evidence = tuple(Evidence(EvidenceKind.STATEMENT, x.id, x.text) for x in lines)
    text = NOTHING_ABNORMAL if template else NOTHING_REPORTED
    return Statement(f"s{report.next_statement}", text, BY_RULES, evidence, StatementState.PROPOSED)


def _is_template(line: Line) -> bool:
    """A template normal that nobody has accepted or changed."""
    return (
        line.statement.provenance.source == "template"
        and line.statement.state is StatementState.PROPOSED
    )


def _abnormal(view: View) -> list[Line]:
    """Findings statements that assert something abnormal: urgent, then others, then incidental."""
    chosen = [
        x for x in view.in_section("Findings") if not _is_template(x) and _asserts(x, view.lexicon)
    ]
    return sorted(chosen, key=lambda x: (_urgency(x, view.lexicon), x.order))


def _asserts(line: Line, lexicon: Lexicon) -> bool:
    if any(e.kind is EvidenceKind.FINDING for e in line.statement.evidence):
        return not any(e.value.endswith(": absent") for e in line.statement.evidence)
    return any(_counts(m, lexicon) for m in line.findings)


def _counts(mention: Mention, lexicon: Lexicon) -> bool:
    return mention.kind == "finding" and mention.presence in (
        Presence.PRESENT,
        Presence.UNCERTAIN,
    )


def _urgency(line: Line, lexicon: Lexicon) -> int:
    known = [lexicon.get(m.concept) for m in line.findings if _counts(m, lexicon)]
    if any(k.critical for k in known if k is not None):
        return 0
    if known and all(k is not None and k.benign for k in known):
        return 2
    return 1


def _worded(
    line: Line,
    lexicon: Lexicon,
    model: LanguageModel | None,
    notices: list[str],
    progress: Progress | None,
    cancel: CancelToken | None,
) -> _Draft:
    fixed = _Draft(by_rules(line.statement), BY_RULES, line)
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
    return _Draft(text, Provenance(f"language:{model.pack}"), line)


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
    if (
        read_cached(text, lexicon).recommendation
        and not read_cached(source, lexicon).recommendation
    ):
        return "gives advice"
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

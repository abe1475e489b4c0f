"""What a machine wrote or saw: looked at by somebody, with a source, not forgotten."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from radassist.checks.model import Problem, Rule, Severity, View
from radassist.domain.findings import EvidenceKind, Presence
from radassist.domain.reading import Mention
from radassist.domain.report import StatementState


def unseen(view: View, rule: Rule) -> Iterable[Problem]:
    """A machine's statement that nobody accepted, changed or rejected."""
    for line in view.lines:
        statement = line.statement
        if statement.state is StatementState.PROPOSED and statement.provenance.is_machine:
            why = f"Proposed by {statement.provenance.source}, not yet accepted or rejected."
            header = statement.provenance.source == "header"
            level = Severity.NOTE if header else None
            yield rule.at(line, why, span=(0, len(line.text)), severity=level)


_SOURCES = (
    EvidenceKind.MEASUREMENT,
    EvidenceKind.HEADER,
    EvidenceKind.STATEMENT,
    EvidenceKind.PRIOR,
)


def without_source(view: View, rule: Rule) -> Iterable[Problem]:
    """A machine's number in findings or impression with no measurement behind it."""
    for line in view.facts:
        statement = line.statement
        if not statement.provenance.is_machine or statement.provenance.source == "template":
            continue
        backed = any(e.kind in _SOURCES or e.measurement is not None for e in statement.evidence)
        if not backed:
            for q in line.reading.quantities:
                why = f"{q.text} has no measurement behind it."
                yield rule.at(line, why, span=(q.start, q.end))


def omitted(view: View, rule: Rule) -> Iterable[Problem]:
    """A finding that the AI saw, which no statement names and nobody rejected.

    The draft records what was seen (``origin["seen"]``); a report without that is not judged.
    A template's normal sentence that denies what was seen is pointed at.
    """
    for seen in _seen(view):
        concept = str(seen.get("concept", ""))
        if seen.get("presence") != Presence.PRESENT.value or _turned_down(view, seen):
            continue
        said = [(line, m) for line in view.facts for m in line.stated if _same(view, m, concept)]
        name = str(seen.get("name") or view.lexicon.name(concept))
        if not said:
            why = f"The AI saw {name}; no statement names it, and it was not rejected."
            yield rule.at(None, why, section="Findings")
        elif all(m.presence is Presence.ABSENT for _, m in said):
            line, mention = said[0]
            why = f"The AI saw {name}; this denies it."
            level = None if line.statement.provenance.is_machine else Severity.NOTE
            yield rule.at(line, why, span=(mention.start, mention.end), severity=level)


def _seen(view: View) -> Iterator[dict[str, Any]]:
    seen = view.report.origin.get("seen", ())
    if isinstance(seen, list):
        yield from (item for item in seen if isinstance(item, dict))


def _turned_down(view: View, seen: dict[str, Any]) -> bool:
    """Whether a statement that rests on this finding was rejected by somebody."""
    return any(
        s.state is StatementState.REJECTED and any(e.ref == seen.get("id") for e in s.evidence)
        for _, s in view.report.statements()
    )


def _same(view: View, mention: Mention, concept: str) -> bool:
    return view.lexicon.related(mention.concept, concept)

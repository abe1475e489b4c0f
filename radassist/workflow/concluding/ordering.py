"""Which findings stand first in the Impression, and which are incidental to the examination."""

from __future__ import annotations

from dataclasses import dataclass

from radassist.domain.findings import EvidenceKind, Presence
from radassist.domain.impressions import Rank, StudyKind, kind_of
from radassist.domain.reading import Lexicon, Mention
from radassist.domain.report import Report, StatementState
from radassist.workflow.chat.view import Line, View
from radassist.workflow.shelf import Shelf


@dataclass(frozen=True)
class Ranked:
    """A Findings statement that asserts something abnormal, with where it stands."""

    line: Line
    rank: Rank
    change: int

    @property
    def key(self) -> tuple[int, int, int]:
        """Rank, then change, then the order of the report."""
        return (self.rank, self.change, self.line.order)


def ranked(view: View, shelf: Shelf) -> list[Ranked]:
    """Abnormal Findings statements in the order of the Impression; template normals are none."""
    kind = study_kind(view.report, shelf)
    found = [
        _ranked(line, view, kind, shelf)
        for line in view.in_section("Findings")
        if not is_template(line) and _asserts(line, view.lexicon)
    ]
    return sorted(found, key=lambda item: item.key)


def study_kind(report: Report, shelf: Shelf) -> StudyKind | None:
    """What was examined, by template, header or the words of Examination and Technique."""
    words = " ".join(
        s.text for section, s in report.live() if section.name in ("Examination", "Technique")
    )
    study = report.study
    return kind_of(shelf.kinds, report.template, study.modality, study.body_part, words)


def is_template(line: Line) -> bool:
    """A template normal that nobody has accepted or changed."""
    return (
        line.statement.provenance.source == "template"
        and line.statement.state is StatementState.PROPOSED
    )


def counts(mention: Mention) -> bool:
    """A finding that is affirmed or suspected."""
    return mention.kind == "finding" and mention.presence in (
        Presence.PRESENT,
        Presence.UNCERTAIN,
    )


def _asserts(line: Line, lexicon: Lexicon) -> bool:
    if any(e.kind is EvidenceKind.FINDING for e in line.statement.evidence):
        return not any(e.value.endswith(": absent") for e in line.statement.evidence)
    return any(counts(m) for m in line.findings)


def _ranked(line: Line, view: View, kind: StudyKind | None, shelf: Shelf) -> Ranked:
    found = [m for m in line.findings if counts(m)]
    ranks = [_rank(m.concept, view.lexicon, shelf) for m in found]
    rank = min(ranks, default=Rank.ACTIONABLE)
    if rank is not Rank.CRITICAL and found and all(_aside(m, view, kind) for m in found):
        rank = Rank.INCIDENTAL
    change = min((shelf.ranking.of_change(m.change) for m in found), default=0)
    return Ranked(line, rank, change)


def _rank(concept: str, lexicon: Lexicon, shelf: Shelf) -> Rank:
    known = lexicon.get(concept)
    if concept in shelf.ranking.critical or (known is not None and known.critical):
        return Rank.CRITICAL
    if concept in shelf.ranking.minor or (known is not None and known.benign):
        return Rank.MINOR
    return Rank.ACTIONABLE


def _aside(mention: Mention, view: View, kind: StudyKind | None) -> bool:
    """Whether the examination was not made for this, and its Indication does not ask for it."""
    if kind is None or mention.concept not in kind.incidental:
        return False
    asked = [m.concept for x in view.in_section("Indication") for m in x.reading.mentions]
    return not any(view.lexicon.related(mention.concept, concept) for concept in asked)

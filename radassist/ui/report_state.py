"""What the report panel shows, without Qt: rows, numbers, labels, and the operations of typing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from radassist.checks import Problem
from radassist.domain.findings import EvidenceKind, ImageRef, Measurement
from radassist.domain.operations import Insert, Operation, Replace, new_statement_id
from radassist.domain.phrases import PHRASE_MEMORY
from radassist.domain.report import (
    Provenance,
    Report,
    ReportState,
    Statement,
    StatementState,
)

_LABELS = {
    "vision": "AI vision",
    "language": "AI language",
    "template": "template",
    "header": "header",
    "measurement": "measured",
    "prior": "prior report",
    "import": "imported",
    "rules": "fixed rules",
    "guideline": "guideline table",
}


#: The check that says what the mark "proposed" says already.
NOT_LOOKED_AT = "not-looked-at"


#: As many statements have a chip each.
_MOST_STATEMENTS = 3


@dataclass(frozen=True)
class Chip:
    """One piece of evidence as a small button.

    :param image: jump here when it is clicked.
    :param statement_id: or select this statement.
    """

    text: str
    image: ImageRef | None = None
    measurement: Measurement | None = None
    statement_id: str = ""


@dataclass(frozen=True)
class Row:
    """One statement as shown.

    :param number: what the chat calls it: 1-based in its section, rejected ones not counted.
    :param source: first word of the provenance, the key of its colour.
    :param mark: what stands beside the text besides colour: "proposed", "edited", ...
    :param other_wording: words of the button that shows the other wording, "" where there is none.
    """

    section: str
    statement: Statement
    number: int | None
    source: str
    label: str
    mark: str
    chips: tuple[Chip, ...]
    severity: str = ""
    problem: str = ""
    other_wording: str = ""

    @property
    def unsupported(self) -> bool:
        """True for a template's normal sentence that nobody has looked at: no observation."""
        return self.source == "template" and self.statement.state is StatementState.PROPOSED


def chips_shown(row: Row, *, selected: bool) -> tuple[Chip, ...]:
    """The chips of a row: what can be gone to always, what the header says when it is selected."""
    return tuple(c for c in row.chips if selected or c.image is not None or c.statement_id)


def problem_lines(problems: Sequence[Problem]) -> list[tuple[Problem, str]]:
    """Problems gravest first with their words; the proposals are counted in one line."""
    ordered = sorted(problems, key=lambda p: _RANK[p.severity.value])
    unseen = [p for p in ordered if p.rule == NOT_LOOKED_AT]
    lines = [(p, p.why) for p in ordered if p.rule != NOT_LOOKED_AT]
    if unseen:
        count = f"{len(unseen)} statements are" if len(unseen) > 1 else "One statement is"
        lines.append((unseen[0], f"{count} proposed and not looked at."))
    return lines


def remark(text: str) -> str:
    """A remark on the draft as one reads it: the commands in it without their backticks."""
    return text.replace("`", "")


def remark_in_short(text: str) -> str:
    """Its first sentence: what is missing; what to do about it follows when it is asked for."""
    return remark(re.split(r"(?<=[.!?])\s+(?=[A-Z`])", text, maxsplit=1)[0])


def source_of(provenance: Provenance) -> tuple[str, str]:
    """(colour key, words) of a provenance."""
    key, _, pack = provenance.source.partition(":")
    if key == "language" and pack.split("@")[0] == "rules":
        key = "rules"  # no model wrote this: the fixed rules that serve where there is none
    if key == "radiologist":
        return key, provenance.how or "typed"
    label = _LABELS.get(key, key)
    return key, f"{label}, your words" if provenance.how == PHRASE_MEMORY else label


def places_of(report: Report) -> dict[str, str]:
    """Where each statement stands, as panel and chat number it: "Findings 2"."""
    places: dict[str, str] = {}
    for section in report.sections:
        number = 0
        for statement in section.statements:
            live = statement.state is not StatementState.REJECTED
            number += live
            places[statement.id] = f"{section.name} {number}" if live else section.name
    return places


def chips_of(statement: Statement, places: Mapping[str, str]) -> tuple[Chip, ...]:
    """The evidence that can be gone to: measurements, images, other statements, header values.

    :param places: where each statement stands, for those that this one rests on.
    """
    chips: list[Chip] = []
    measured = any(e.measurement for e in statement.evidence)
    for item in statement.evidence:
        if item.kind is EvidenceKind.MEASUREMENT and item.measurement:
            name = (
                "CTR" if item.measurement.name == "cardiothoracic ratio" else item.measurement.name
            )
            chips.append(Chip(f"{name} {item.value}", item.image, item.measurement))
        elif item.kind is EvidenceKind.STATEMENT:
            chips.append(Chip(f"rests on {places.get(item.ref, item.ref)}", statement_id=item.ref))
        elif item.image is not None and not measured:
            score = f" {item.score:.0%}" if item.score is not None else ""
            chips.append(Chip(f"image{score}", item.image))
        elif item.kind is EvidenceKind.HEADER:
            chips.append(Chip(f"{item.ref}: {item.value}"[:40]))
        elif item.kind is EvidenceKind.PRIOR:
            chips.append(Chip(f"prior {item.value}"))
        elif item.kind is EvidenceKind.GUIDELINE:
            chips.append(Chip(item.ref.partition("@")[0]))
    return _gathered(chips)


def _gathered(chips: list[Chip]) -> tuple[Chip, ...]:
    """Many statements become one chip: what an impression of a whole report rests on."""
    resting = [c for c in chips if c.statement_id]
    if len(resting) <= _MOST_STATEMENTS:
        return tuple(chips)
    one = Chip(f"rests on {len(resting)} statements", statement_id=resting[0].statement_id)
    others = [c for c in chips if not c.statement_id]
    return (*others, one)


def typed(report: Report, statement_id: str, text: str) -> Operation | None:
    """The operation of typing over a statement; None where nothing changed.

    What was measured is no longer bound to words that a person has changed, so the evidence of
    the old text stays only where the text does.
    """
    found = report.find(statement_id)
    clean = " ".join(text.split())
    if found is None or not clean or clean == found[1].text:
        return None
    return Replace(
        replace(
            found[1],
            text=clean,
            provenance=Provenance("radiologist", "typed"),
            evidence=(),
            state=StatementState.EDITED,
        )
    )


def added(report: Report, section: str, text: str) -> Operation | None:
    """The operation of typing a new statement at the end of a section; None for empty text."""
    clean = " ".join(text.split())
    owner = report.section(section)
    if not clean or owner is None:
        return None
    statement = Statement(
        new_statement_id(report),
        clean,
        Provenance("radiologist", "typed"),
        (),
        StatementState.EDITED,
    )
    return Insert(section, len(owner.statements), statement)


@dataclass
class ReportPanelState:
    """The report as the panel shows it, with the selected statement and the problems.

    :param waiting: what to say while there is no report.
    :param waiting_actions: actions that are offered meanwhile.
    :param worded: ids of the statements that were drafted in two wordings.
    """

    report: Report | None = None
    selected: str = ""
    problems: Sequence[Problem] = field(default_factory=tuple)
    waiting: str = ""
    waiting_actions: tuple[str, ...] = ()
    worded: frozenset[str] = frozenset()
    show_rejected: bool = True

    @property
    def read_only(self) -> bool:
        """A final report is not typed into."""
        return self.report is None or self.report.state is ReportState.FINAL

    def rows(self) -> list[Row]:
        """All statements in reading order."""
        if self.report is None:
            return []
        by_statement: dict[str, Problem] = {}
        marked = [p for p in self.problems if p.rule != NOT_LOOKED_AT]  # "proposed" says that
        for problem in sorted(marked, key=lambda p: _RANK[p.severity.value], reverse=True):
            if problem.statement_id:
                by_statement[problem.statement_id] = problem
        places = places_of(self.report)
        rows: list[Row] = []
        for section in self.report.sections:
            number = 0
            for statement in section.statements:
                rejected = statement.state is StatementState.REJECTED
                if rejected and not self.show_rejected:
                    continue
                number += not rejected
                rows.append(
                    _row(
                        section.name,
                        statement,
                        None if rejected else number,
                        by_statement,
                        places,
                        self._other_wording(statement),
                    )
                )
        return rows

    def _other_wording(self, statement: Statement) -> str:
        if statement.id not in self.worded:
            return ""
        own = statement.provenance.how == PHRASE_MEMORY
        return "Program's wording" if own else "My wording"

    def ids(self) -> list[str]:
        """Ids in reading order."""
        return [row.statement.id for row in self.rows()]

    def step(self, by: int) -> str:
        """Select the statement ``by`` places on; returns its id ("" when there is none)."""
        ids = self.ids()
        if not ids:
            self.selected = ""
        elif self.selected not in ids:
            self.selected = ids[0 if by > 0 else -1]
        else:
            at = ids.index(self.selected) + by
            self.selected = ids[max(0, min(at, len(ids) - 1))]
        return self.selected

    def proposals(self) -> list[str]:
        """Ids of the statements that nobody has looked at."""
        if self.report is None:
            return []
        return [s.id for _, s in self.report.live() if s.state is StatementState.PROPOSED]


_RANK = {"error": 0, "warning": 1, "note": 2}


def _row(
    section: str,
    statement: Statement,
    number: int | None,
    problems: dict[str, Problem],
    places: Mapping[str, str],
    other_wording: str = "",
) -> Row:
    source, label = source_of(statement.provenance)
    problem = problems.get(statement.id)
    mark = "" if statement.state is StatementState.ACCEPTED else statement.state.value
    return Row(
        section,
        statement,
        number,
        source,
        label,
        mark,
        chips_of(statement, places),
        problem.severity.value if problem else "",
        problem.why if problem else "",
        other_wording,
    )

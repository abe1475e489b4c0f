"""What a check says, and what it is given to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache

from radassist.domain.findings import Presence
from radassist.domain.reading import Lexicon, Mention, Quantity, Reading, read
from radassist.domain.report import Report, Section, Statement, StudyContext


class Severity(StrEnum):
    """``error``: a reader could be harmed; ``warning``: look again; ``note``: for completeness."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Problem:
    """One thing that a rule found.

    :param rule: id of the rule; ``version`` counts its changes of meaning.
    :param statement_id: the statement to go to, or None for the report as a whole.
    :param span: characters of the statement's text, or None for all of it.
    :param text: the words concerned.
    :param why: one sentence for the radiologist.
    :param override_needs_reason: signing in spite of it needs a reason, which is logged.
    """

    rule: str
    version: int
    severity: Severity
    statement_id: str | None
    section: str | None
    span: tuple[int, int] | None
    text: str
    why: str
    override_needs_reason: bool


@dataclass(frozen=True)
class Line:
    """One live statement, read."""

    section: str
    statement: Statement
    reading: Reading

    @property
    def text(self) -> str:
        return self.statement.text

    @cached_property
    def stated(self) -> tuple[Mention, ...]:
        return self.reading.findings()

    def asserted(self) -> Iterator[Mention]:
        """Findings that the sentence says are there or may be there."""
        for mention in self.stated:
            if mention.presence in (Presence.PRESENT, Presence.UNCERTAIN):
                yield mention


@lru_cache(maxsize=8192)
def _read(text: str, box: _Box) -> Reading:
    return read(text, box.lexicon)


@dataclass(frozen=True)
class _Box:
    """Holds the lexicon for the cache: equal by identity, so that one lexicon is one key."""

    lexicon: Lexicon

    def __hash__(self) -> int:
        return id(self.lexicon)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Box) and other.lexicon is self.lexicon


#: Rules compare statements with one another: beyond this many (a report has some thirty) they stop,
#: and the rule ``length`` says so.
MAX_LINES = 600


class View:
    """The live statements of a report as the rules see them."""

    def __init__(self, report: Report, lexicon: Lexicon) -> None:
        box = _Box(lexicon)
        self.report = report
        self.lexicon = lexicon
        live = list(report.live())
        self.unread = max(0, len(live) - MAX_LINES)
        self.lines = tuple(
            Line(section.name, statement, _read(statement.text, box))
            for section, statement in live[:MAX_LINES]
        )

    @property
    def study(self) -> StudyContext:
        return self.report.study

    def section(self, *names: str) -> tuple[Line, ...]:
        """Lines of the named sections, in reading order."""
        wanted = {name.lower() for name in names}
        return tuple(line for line in self.lines if line.section.lower() in wanted)

    @cached_property
    def findings(self) -> tuple[Line, ...]:
        return self.section("Findings")

    @cached_property
    def impression(self) -> tuple[Line, ...]:
        return self.section("Impression")

    @cached_property
    def facts(self) -> tuple[Line, ...]:
        """Findings and Impression."""
        return self.section("Findings", "Impression")

    def text(self, *names: str) -> str:
        """The text of the named sections."""
        return " ".join(line.text for line in self.section(*names))

    def section_of(self, name: str) -> Section | None:
        return self.report.section(name)


@dataclass(frozen=True)
class Rule:
    """A check with its identity: ids and versions are recorded with every override.

    :param harm: why it has its severity: what could come of it if nobody looked.
    """

    id: str
    version: int
    severity: Severity
    title: str
    run: Callable[[View, Rule], Iterable[Problem]]
    harm: str

    def at(
        self,
        line: Line | None,
        why: str,
        *,
        span: tuple[int, int] | None = None,
        severity: Severity | None = None,
        section: str | None = None,
    ) -> Problem:
        """A problem of this rule at a statement, or at the report."""
        level = severity or self.severity
        text = line.text if line else ""
        return Problem(
            rule=self.id,
            version=self.version,
            severity=level,
            statement_id=line.statement.id if line else None,
            section=line.section if line else section,
            span=span,
            text=text[slice(*span)] if span else text,
            why=why,
            override_needs_reason=level is Severity.ERROR,
        )


def owner_of(quantity: Quantity, reading: Reading) -> Mention | None:
    """The finding, device or measured thing that a number belongs to; else the nearest one."""
    owners = [m for m in reading.mentions if quantity in m.sizes]
    if owners:
        return max(owners, key=lambda m: m.end - m.start)
    near = [m for m in reading.mentions if m.sentence == quantity.sentence and m.kind != "anatomy"]
    if not near:
        near = [m for m in reading.mentions if m.sentence == quantity.sentence]
    if not near:
        return None
    return min(near, key=lambda m: _distance(m, quantity))


def _distance(mention: Mention, quantity: Quantity) -> int:
    if mention.start >= quantity.end:
        return mention.start - quantity.end
    return quantity.start - mention.end + 1

"""The report as the chat sees it: live statements with their number, what they say and their words."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from radassist.domain.findings import Laterality
from radassist.domain.reading import Lexicon, Mention, Reading, read
from radassist.domain.report import Report, Statement
from radassist.workflow.chat.wording import stems

#: Sections in which the radiologist states what was found.
FACT_SECTIONS = ("findings", "impression")

#: What a radiologist may call a section.
SECTION_NAMES = {
    "exam": "Examination",
    "examination": "Examination",
    "procedure": "Examination",
    "study": "Examination",
    "indication": "Indication",
    "history": "Indication",
    "clinical history": "Indication",
    "clinical information": "Indication",
    "technique": "Technique",
    "comparison": "Comparison",
    "findings": "Findings",
    "impression": "Impression",
    "impressions": "Impression",
    "conclusion": "Impression",
    "conclusions": "Impression",
    "summary": "Impression",
    "opinion": "Impression",
}


@dataclass(frozen=True)
class Line:
    """One live statement.

    :param number: 1-based place among the live statements of its section.
    :param order: 0-based place among the live statements of the report.
    """

    section: str
    number: int
    order: int
    statement: Statement
    reading: Reading

    @property
    def id(self) -> str:
        return self.statement.id

    @property
    def text(self) -> str:
        return self.statement.text

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return tuple(stems(self.statement.text))

    @cached_property
    def findings(self) -> tuple[Mention, ...]:
        """Mentions of findings and devices: what the sentence asserts or denies."""
        return tuple(m for m in self.reading.mentions if m.kind in ("finding", "device"))

    @cached_property
    def concepts(self) -> frozenset[str]:
        """All concepts that are named, with the anatomy that findings are tied to."""
        named = {m.concept for m in self.reading.mentions}
        return frozenset(named.union(*(m.location for m in self.reading.mentions)))

    @cached_property
    def sides(self) -> frozenset[Laterality]:
        return frozenset(side for side, _, _ in self.reading.lateralities)

    def called(self) -> str:
        """How a question or an answer names the statement."""
        return f"{self.section} {self.number} ({self.id})"

    def quoted(self) -> str:
        return f"{self.called()}: “{self.text}”"


class View:
    """Live statements of one report, read with one lexicon."""

    def __init__(self, report: Report, lexicon: Lexicon) -> None:
        self.report = report
        self.lexicon = lexicon
        self.lines = tuple(_lines(report, lexicon))
        self._by_id = {line.id: line for line in self.lines}

    def line(self, statement_id: str) -> Line | None:
        return self._by_id.get(statement_id)

    def in_section(self, name: str) -> tuple[Line, ...]:
        wanted = name.lower()
        return tuple(line for line in self.lines if line.section.lower() == wanted)

    @cached_property
    def fact_lines(self) -> tuple[Line, ...]:
        """Findings and Impression; all lines where the report has neither."""
        facts = tuple(line for line in self.lines if line.section.lower() in FACT_SECTIONS)
        return facts or self.lines

    @cached_property
    def findings_name(self) -> str:
        """The section that findings go to: Findings, else the first that takes facts."""
        for wanted in FACT_SECTIONS:
            section = self.report.section(wanted)
            if section is not None:
                return section.name
        return self.report.sections[-1].name if self.report.sections else ""

    def section_name(self, spoken: str) -> str | None:
        """The report's own section for what the user calls it, or None."""
        words = spoken.lower().strip().removesuffix(" section").strip()
        section = self.report.section(words)
        if section is None and words in SECTION_NAMES:
            section = self.report.section(SECTION_NAMES[words])
        return section.name if section is not None else None

    def known_section_words(self) -> frozenset[str]:
        """Every word under which a section of this report can be named, in lower case."""
        own = {section.name.lower() for section in self.report.sections}
        aliases = {a for a, name in SECTION_NAMES.items() if self.report.section(name) is not None}
        return frozenset(own | aliases)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the report, in lower case: what is spelled so is no typing error."""
        return frozenset(
            word.lower().strip(".,;:()") for line in self.lines for word in line.text.split()
        )

    def is_word(self, word: str) -> bool:
        """True when the lexicon knows the word, so that it is no typing error."""
        return bool(self.reading(word).mentions)

    def reading(self, text: str) -> Reading:
        return read_cached(text, self.lexicon)


@lru_cache(maxsize=4096)
def _read(text: str, key: int) -> Reading:
    return read(text, _LEXICONS[key])


_LEXICONS: dict[int, Lexicon] = {}


def read_cached(text: str, lexicon: Lexicon) -> Reading:
    """The reading of a text; reports are read again at every instruction, so this is kept."""
    key = id(lexicon)
    _LEXICONS[key] = lexicon  # held here, so that the id stays its own
    return _read(text, key)


def _lines(report: Report, lexicon: Lexicon) -> Iterable[Line]:
    numbers: dict[str, int] = {}
    for order, (section, statement) in enumerate(report.live()):
        numbers[section.name] = numbers.get(section.name, 0) + 1
        reading = read_cached(statement.text, lexicon)
        yield Line(section.name, numbers[section.name], order, statement, reading)

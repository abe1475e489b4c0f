"""Phrase memory: how one user words a finding, learned from signed reports, offered in drafts.

A radiologist has phrases of his own and edits every draft back into them, the same edits each day.
He expects that a program he has corrected once says it his way next time, for this patient's side
and size; that it never says more than was found; that he can see what it remembers and make it
forget; and that the program's own wording is one key away.

So a phrase is wording only.  It is learned from a sentence that the user wrote (typed, dictated or
asked for in the chat) and that stood in a report when it was signed as final, and it is used only
on a sentence that is in a draft already and that states the same (``wording.same_statement``).
What the user left as it was drafted is kept, not learned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from radassist.domain.document import ReportDocument
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Insert, Replace
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report, Statement
from radassist.domain.wording import (
    Vocabulary,
    facts_of,
    filled,
    pattern_of,
    same_statement,
    storable,
)

#: Sections whose sentences are worded by people; the others state what the header says.
WORDED_SECTIONS = ("Findings", "Impression")
#: ``Provenance.how`` of a drafted statement in the user's wording, and actor of its replacement.
PHRASE_MEMORY = "phrase memory"


@dataclass(frozen=True)
class PhraseKey:
    """What a phrase is a wording of, for whom and where.

    :param user: the name that the acts on the report carry.
    :param template: id of the report template: the kind of study, a closed set of words.
    :param topic: findings with their assertion ("pleural-effusion:absent pneumothorax:absent").
    :param pattern: the sentence with slots ("A {degree} {side} pleural effusion.").
    """

    user: str
    template: str
    section: str
    topic: str
    pattern: str


@dataclass(frozen=True)
class Phrase:
    """One wording with how often it was written, and kept or refused where it was offered.

    :param last_used: ISO 8601 UTC day on which it was last written or kept.
    """

    key: PhraseKey
    written: int
    kept: int = 0
    refused: int = 0
    last_used: str = ""

    @property
    def weight(self) -> int:
        """How much speaks for it; nothing is offered at 0 or less."""
        return self.written + self.kept - self.refused


@dataclass(frozen=True)
class PhraseUse:
    """What one signed report says about one phrase; counts are 0 or more."""

    key: PhraseKey
    written: int = 0
    kept: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Worded:
    """A drafted statement in the user's wording."""

    statement_id: str
    text: str
    key: PhraseKey


def template_id(report: Report) -> str:
    """The template without its version: what is learned outlives a new version of it."""
    return report.template.partition("@")[0]


def ranked(phrases: Sequence[Phrase]) -> list[Phrase]:
    """The wordings that may be offered, the preferred one first."""
    able = [p for p in phrases if p.weight > 0]
    able.sort(key=lambda p: p.key.pattern)
    able.sort(key=lambda p: (p.weight, p.last_used), reverse=True)
    return able


def reworded(
    report: Report,
    section: str,
    phrases: Sequence[Phrase],
    lexicon: Lexicon,
    words: Vocabulary,
) -> list[Worded]:
    """The machine's statements of a section that the user words otherwise.

    :param phrases: of one user, in any order.
    """
    here = [p for p in phrases if p.key.template == template_id(report)]
    by_topic: dict[str, list[Phrase]] = {}
    for phrase in ranked([p for p in here if p.key.section == section]):
        by_topic.setdefault(phrase.key.topic, []).append(phrase)
    found = []
    for statement in _machine_statements(report, section):
        topic = facts_of(statement.text, lexicon).key
        for phrase in by_topic.get(topic, ()):
            text = filled(phrase.key.pattern, statement.text, lexicon)
            if text and same_statement(text, statement.text, lexicon, words):
                if text != statement.text:
                    found.append(Worded(statement.id, text, phrase.key))
                break
    return found


def _machine_statements(report: Report, section: str) -> Iterator[Statement]:
    owner = report.section(section)
    for statement in owner.statements if owner else ():
        if statement.provenance.is_machine:
            yield statement


def uses_of(document: ReportDocument, lexicon: Lexicon, words: Vocabulary) -> list[PhraseUse]:
    """What a final report teaches: wordings that were written, and offered ones kept or refused.

    A statement teaches the one who wrote it last.  A wording that a draft of this report had, with
    other values in its slots, is the machine's and teaches nothing.
    """
    drafted = {pattern_of(s.text, lexicon) for _, s in _drafted(document)}
    found: list[PhraseUse] = []
    for section, statement in document.report.live():
        if section.name not in WORDED_SECTIONS or statement.provenance.source != "radiologist":
            continue
        pattern = storable(statement.text, lexicon, words)
        author = _author(document.history, statement.id)
        if pattern and author and pattern not in drafted:
            topic = facts_of(statement.text, lexicon).key
            template = template_id(document.report)
            key = PhraseKey(author, template, section.name, topic, pattern)
            found.append(PhraseUse(key, written=1))
    return [*dict.fromkeys(found), *_offered(document)]


def _offered(document: ReportDocument) -> Iterator[PhraseUse]:
    """Offered wordings: kept as they were, or refused by other words for the same statement.

    A statement that is gone says nothing of its wording: the finding was not there.
    """
    for item in document.report.origin.get("phrases", ()):
        key = PhraseKey(**item["key"])
        live = {s.id: s for _, s in document.report.live()}
        now = live.get(item["statement"])
        if now is not None:
            kept = now.text == item["text"]
            yield PhraseUse(key, kept=int(kept), refused=int(not kept))


def origin_of(worded: Worded) -> dict[str, object]:
    """What ``Report.origin`` records of an offered wording, so that the draft can be replayed."""
    key = {name: getattr(worded.key, name) for name in PhraseKey.__dataclass_fields__}
    return {"statement": worded.statement_id, "text": worded.text, "key": key}


def _drafted(document: ReportDocument) -> Iterator[tuple[HistoryEntry, Statement]]:
    for entry in document.history:
        if entry.how == "draft" and isinstance(entry.operation, Insert | Replace):
            yield entry, entry.operation.statement


def _author(history: Sequence[HistoryEntry], statement_id: str) -> str:
    """Who gave a statement its present words, "" where the history does not say."""
    for entry in reversed(history):
        operation = entry.operation
        if isinstance(operation, Insert | Replace) and operation.statement.id == statement_id:
            return "" if entry.how in ("draft", "import") else entry.actor
    return ""


def wordings(history: Sequence[HistoryEntry]) -> dict[str, tuple[Statement, Statement]]:
    """Statement id -> (the program's wording, the user's), of each that a draft offers in both."""
    own: dict[str, Statement] = {}
    both: dict[str, tuple[Statement, Statement]] = {}
    for entry in history:
        if entry.how != "draft":
            break
        if isinstance(entry.operation, Insert):
            own[entry.operation.statement.id] = entry.operation.statement
        elif isinstance(entry.operation, Replace) and entry.actor == PHRASE_MEMORY:
            statement = entry.operation.statement
            both[statement.id] = (own[statement.id], statement)
    return both

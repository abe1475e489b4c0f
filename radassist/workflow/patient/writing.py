"""The whole report in easy language, sentence by sentence, each with the statements it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from radassist.domain.findings import Presence
from radassist.domain.glossary import Glossary
from radassist.domain.readability import Readability, readability
from radassist.domain.reading import Lexicon, Mention
from radassist.domain.report import Report
from radassist.workflow.chat.view import Line, View
from radassist.workflow.patient.covering import left_over
from radassist.workflow.patient.describing import described
from radassist.workflow.patient.gate import Gate
from radassist.workflow.patient.phrases import Described, in_plain_words

FOUND = "What was found"
NORMAL = "What looks normal"
QUOTED = "In the words of the report"
HEADS = (FOUND, NORMAL, QUOTED)

#: What the reader was told of a finding: concept, presence, side, size.
Fact = tuple[str, Presence, str, str]


@dataclass(frozen=True)
class PlainSentence:
    """One sentence for the patient.

    :param ids: the statements that it rests on.
    :param head: the heading that it stands under.
    :param quoted: it keeps the report's own words, because the glossary has none for them.
    """

    text: str
    ids: tuple[str, ...]
    head: str
    quoted: bool = False


@dataclass(frozen=True)
class PatientText:
    """The report for the patient.

    :param words: (word of the report, what it means in general), for the findings that are there.
    :param covered: statements put wholly in plain words; ``partly`` with a quote, ``quoted`` only
        as a quote.
    :param refused: plain sentences that the gate did not let through, with the reason.
    """

    sentences: tuple[PlainSentence, ...]
    words: tuple[tuple[str, str], ...]
    covered: int
    partly: int
    quoted: int
    refused: tuple[str, ...] = ()

    @cached_property
    def readability(self) -> Readability:
        """Of all sentences with their quotes; headings and explained words are left out."""
        return readability(" ".join(s.text for s in self.sentences))

    @property
    def ids(self) -> tuple[str, ...]:
        """All statements that the text rests on, in the order of the text."""
        return tuple(dict.fromkeys(i for s in self.sentences for i in s.ids))

    def under(self, head: str) -> tuple[PlainSentence, ...]:
        """The sentences under one heading."""
        return tuple(s for s in self.sentences if s.head == head)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        measured = self.readability
        return {
            "sentences": [
                {"text": s.text, "statements": list(s.ids), "head": s.head, "quoted": s.quoted}
                for s in self.sentences
            ],
            "words": [{"word": w, "means": m} for w, m in self.words],
            "reading": {"grade": round(measured.grade, 1), "ease": round(measured.ease, 1)},
            "statements": {"covered": self.covered, "partly": self.partly, "quoted": self.quoted},
            "refused": list(self.refused),
        }


def explain_report(report: Report, lexicon: Lexicon, glossary: Glossary) -> PatientText:
    """Findings and Impression in easy language; rejected statements are left out."""
    return _Writer(glossary, lexicon).write(View(report, lexicon))


class _Writer:
    def __init__(self, glossary: Glossary, lexicon: Lexicon) -> None:
        self.glossary, self.lexicon = glossary, lexicon
        self.gate = Gate(glossary, lexicon)
        self.sentences: list[PlainSentence] = []
        self.said: dict[Fact, list[int]] = {}
        self.words: dict[str, str] = {}
        self.refused: list[str] = []
        self.counts = {"covered": 0, "partly": 0, "quoted": 0}

    def write(self, view: View) -> PatientText:
        for line in view.fact_lines:
            self.counts[self._line(line)] += 1
        ordered = sorted(self.sentences, key=lambda s: HEADS.index(s.head))
        return PatientText(
            tuple(ordered), tuple(self.words.items()), **self.counts, refused=tuple(self.refused)
        )

    def _line(self, line: Line) -> str:
        """Write one statement; how it was covered."""
        left, made = False, False
        for number, (start, end) in enumerate(line.reading.sentences):
            told = described(line.reading, self.glossary, self.lexicon, number)
            plain = list(self._told(line, told))
            stated = sum(m.sentence == number for m in line.reading.findings())
            missing = left_over(line.reading, number, told, self.glossary, self.lexicon)
            whole = bool(plain) and len(plain) == stated and not missing
            for fact, sentence in plain:
                made = True
                self._add(fact, sentence)
            if not whole or line.reading.recommendation:
                left = True
                self._quote(line, line.text[start:end])
        return "partly" if left and made else "quoted" if left else "covered"

    def _told(self, line: Line, told: Iterable[Described]) -> Iterator[tuple[Fact, PlainSentence]]:
        for item in told:
            text = in_plain_words(item, self.glossary)
            faults = self.gate.faults(text, line.reading) if text else []
            if faults:
                self.refused.append(f"{line.id}: “{text}”: {', '.join(faults)}")
            if not text or faults:
                continue
            head = NORMAL if item.mention.presence is Presence.ABSENT else FOUND
            if head == FOUND:
                self._explain(item)
            yield _fact(item), PlainSentence(text, (line.id,), head)

    def _explain(self, item: Described) -> None:
        name = self.lexicon.name(item.mention.concept)
        self.words.setdefault(name[0].upper() + name[1:], item.term.explain)

    def _add(self, fact: Fact, sentence: PlainSentence) -> None:
        """Say a thing once; a second statement of it is linked to the first."""
        for at in self.said.get(fact, []):
            if self.sentences[at].text == sentence.text:
                ids = tuple(dict.fromkeys((*self.sentences[at].ids, *sentence.ids)))
                self.sentences[at] = replace(self.sentences[at], ids=ids)
                return
        self.said.setdefault(fact, []).append(len(self.sentences))
        self.sentences.append(sentence)

    def _quote(self, line: Line, text: str) -> None:
        quote = re.sub(r"\s+", " ", text).strip().replace("“", '"').replace("”", '"')
        said = f"“{quote}”"
        for at, other in enumerate(self.sentences):
            if other.text == said:
                ids = tuple(dict.fromkeys((*other.ids, line.id)))
                self.sentences[at] = replace(other, ids=ids)
                return
        self.sentences.append(PlainSentence(said, (line.id,), QUOTED, quoted=True))


def _fact(item: Described) -> Fact:
    mention: Mention = item.mention
    sizes = " ".join(q.text for q in item.sizes)
    return mention.concept, mention.presence, mention.laterality.value, sizes

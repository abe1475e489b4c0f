"""The report in two to five sentences for the referring doctor, each with its statements.

The sentences are the report's own, in the order of importance: the answer to what was asked, the
key findings with side and size, what is recommended.  Nothing is worded anew but a denial that
answers the question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from radassist.domain.findings import Presence
from radassist.domain.impressions import Rank
from radassist.domain.reading import Mention
from radassist.workflow.chat.shortening import shortened
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import sentence
from radassist.workflow.concluding.normal import normal_line
from radassist.workflow.concluding.ordering import Ranked, counts, is_template, ranked
from radassist.workflow.concluding.recommending import advises, own_advice, recommend
from radassist.workflow.shelf import Shelf

MOST = 5
NOTHING = "The report states no findings yet."


@dataclass(frozen=True)
class SummarySentence:
    """One sentence, the statements that it rests on and what it is for.

    :param part: ``answer``, ``finding``, ``normal`` or ``recommendation``.
    :param guideline: the row that it follows, or "".
    """

    text: str
    ids: tuple[str, ...]
    part: str
    guideline: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        data: dict[str, Any] = {"text": self.text, "statements": list(self.ids), "part": self.part}
        if self.guideline:
            data["guideline"] = self.guideline
        return data


@dataclass(frozen=True)
class Summary:
    """The whole of it.

    :param left_out: ids of abnormal statements that did not find room; they are named, not hidden.
    """

    sentences: tuple[SummarySentence, ...]
    left_out: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "sentences": [s.to_dict() for s in self.sentences],
            "left_out": list(self.left_out),
            "notices": list(self.notices),
        }


def summarise(view: View, shelf: Shelf) -> Summary:
    """Two to five sentences about a report; fewer where it holds fewer facts."""
    abnormal = ranked(view, shelf)
    advice, notices = _advice(view, shelf)
    answers = list(_answers(view, abnormal))
    said = {i for a in answers for i in a.ids}
    findings = [x for x in abnormal if x.line.id not in said and not advises_only(x.line, view)]
    room = MOST - len(answers[:2]) - len(advice[:2])
    chosen = findings[: max(1, room)]
    normal = _normal(view, abnormal, shelf, len(answers) + len(chosen))
    sentences = [
        *answers[:2],
        *normal,
        *(SummarySentence(_short(x.line), (x.line.id,), "finding") for x in chosen),
        *advice[:2],
    ][:MOST]
    if not sentences:
        sentences = _impression_only(view)
    held = {i for s in sentences for i in s.ids}
    left = tuple(x.line.id for x in abnormal if x.line.id not in held)
    return Summary(tuple(sentences), left, tuple(notices))


def advises_only(line: Line, view: View) -> bool:
    """A statement that recommends and states no finding."""
    return advises(line.text, view.lexicon) and not any(counts(m) for m in line.findings)


def _answers(view: View, abnormal: Sequence[Ranked]) -> Iterator[SummarySentence]:
    """What the Findings say to each finding that the Indication names."""
    order = {item.line.id: place for place, item in enumerate(abnormal)}
    used: set[str] = set()
    for asked in _asked(view):
        told = [
            line
            for line in view.fact_lines
            if not is_template(line)
            and line.id not in used
            and any(_answers_it(m, asked, view) for m in line.findings)
        ]
        told.sort(key=lambda x: (x.id not in order, order.get(x.id, 0), x.order))
        if told:
            used.add(told[0].id)
            yield SummarySentence(_short(told[0]), (told[0].id,), "answer")


def _asked(view: View) -> list[Mention]:
    lines = view.in_section("Indication")
    found = [m for x in lines for m in x.findings if m.kind == "finding"]
    return list({m.concept: m for m in found}.values())


def _answers_it(mention: Mention, asked: Mention, view: View) -> bool:
    if mention.presence is Presence.ABSENT:
        return view.lexicon.related(mention.concept, asked.concept)
    return counts(mention) and view.lexicon.is_a(mention.concept, asked.concept)


def _normal(
    view: View, abnormal: Sequence[Ranked], shelf: Shelf, others: int
) -> list[SummarySentence]:
    if any(item.rank not in (Rank.MINOR, Rank.INCIDENTAL) for item in abnormal):
        return []
    lines = view.in_section("Findings")
    text = normal_line(view, abnormal, shelf) if lines else ""
    if not text or (others and "acute" not in text):
        return []
    return [SummarySentence(text, tuple(x.id for x in lines), "normal")]


def _advice(view: View, shelf: Shelf) -> tuple[list[SummarySentence], list[str]]:
    """What is recommended: the radiologist's word before the table's."""
    own = own_advice(view)
    own.sort(key=lambda line: line.section != "Impression")
    if own:
        texts = {line.text: line for line in reversed(own)}
        line = texts[own[0].text]
        return [SummarySentence(line.text, (line.id,), "recommendation")], []
    given, notices = recommend(view, shelf)
    return [
        SummarySentence(x.text, tuple(y.id for y in x.lines), "recommendation", x.ref)
        for x in given
    ], notices


def _impression_only(view: View) -> list[SummarySentence]:
    """A report that has an Impression and no Findings is summed up by it."""
    lines = view.in_section("Impression")[:MOST]
    return [SummarySentence(x.text, (x.id,), "finding") for x in lines]


def _short(line: Line) -> str:
    return sentence(shortened(line.text) or line.text)

"""A question that rules cannot map, put to the model: it may point to statements, and say no more.

Its answer is JSON held to a schema that knows no id but those of the report.  What it says is cut
unless the statements that it points to hold every finding, side, number, date and word of it; what
was cut is told.  Findings that the lexicon knows never come here: for them the reader decides.
"""

# Prompts are easier to check on one line than broken into pieces.

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from radassist.checks.agreement import unsupported
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat.answering import SILENT, Answer, listed
from radassist.workflow.chat.asked import topic_words
from radassist.workflow.chat.prompts import ASKER, asker_schema
from radassist.workflow.chat.topics import region
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems

#: Statements that are shown to the model; more would not fit its prompt.
MOST = 40
_DENIES = re.compile(r"\b(?:no|not|without|none|absent|never)\b", re.IGNORECASE)
_SAYING = frozenset(
    stems("report says states described shows found finding seen yes patient image located lies")
)


def by_model(
    model: LanguageModel,
    question: str,
    near: Answer,
    view: View,
    progress: Progress | None,
    cancel: CancelToken | None,
) -> Answer:
    """The model's answer after the rules, or ``near`` with what they refused.

    :param near: what the rules answer by themselves: that the report is silent, and what is near.
    :raises Fault: the model failed, was cancelled or ran out of time.
    """
    lines = view.lines[:MOST]
    shown = "\n".join(f'{x.id} ({x.section}) "{x.text}"' for x in lines)
    said = model.complete(
        [("system", ASKER), ("user", f"Sentences:\n{shown}\nQuestion: {question}")],
        schema=asker_schema([x.id for x in lines]),
        max_tokens=120,
        progress=progress,
        cancel=cancel,
    )
    return judged(said.text, question, near, view)


def judged(said: str, question: str, near: Answer, view: View) -> Answer:
    """The model's JSON held against the statements that it points to."""
    try:
        data = json.loads(said)
        ids, text = {str(i) for i in data["quotes"]}, str(data["answer"]).strip()
    except (ValueError, KeyError, TypeError):
        return Answer(near.text, near.cited, ("the model gave no usable answer",), by_model=True)
    lines = [x for x in view.lines if x.id in ids]
    if not lines or text.lower().startswith("the report does not say"):
        return Answer(near.text, near.cited, by_model=True)
    beside = [x for x in lines if not _on_topic(question, x, view)]
    if len(beside) == len(lines):
        reason = f"{', '.join(x.called() for x in beside)} is not about what was asked"
        return Answer(near.text, near.cited, (reason,), by_model=True)
    lines = [x for x in lines if x not in beside]
    cut = _not_held(text, lines, view)
    if not cut:
        return Answer(f"{text} From {listed(lines)}", tuple(x.id for x in lines), by_model=True)
    refused = (f"“{text}” says what its statements do not: {', '.join(cut)}",)
    shown = f"{SILENT} The nearest is {listed(lines)}"
    return Answer(shown, tuple(x.id for x in lines), refused, by_model=True)


def _on_topic(question: str, line: Line, view: View) -> bool:
    """True when the statement has a word, a concept or the region of the question, and none that
    excludes one ("anterior" where the posterior ligament is asked for)."""
    held = {w.lower() for w in line.text.split()}
    for word in re.findall(r"[a-z-]+", question.lower()):
        if word not in held and held & set(_others(word)):
            return False
    words = set(topic_words(question))
    concepts = {m.concept for m in view.reading(question).mentions}
    near = set().union(*(region(w) for w in words)) if words else set()
    return bool(words & set(line.stems) or concepts & line.concepts or near & set(line.stems))


#: Words that name one place and exclude another.
_PLACES = (
    "left right",
    "upper lower middle",
    "medial lateral",
    "anterior posterior",
    "superior inferior",
    "proximal distal",
    "internal external",
)


def _others(word: str) -> list[str]:
    """The places that a word of place excludes."""
    group = next((g.split() for g in _PLACES if word in g.split()), [])
    return [w for w in group if w != word]


def _not_held(text: str, lines: Sequence[Line], view: View) -> list[str]:
    """Facts and words of the answer that the statements do not hold."""
    texts = [x.text for x in lines]
    cut = unsupported(text, texts, view.lexicon)
    held = {s for x in lines for s in x.stems} | _SAYING
    cut += [f"word: {s}" for s in dict.fromkeys(stems(text)) if s not in held]
    if _DENIES.search(text) and not any(_DENIES.search(t) for t in texts):
        cut.append("a denial")
    return cut

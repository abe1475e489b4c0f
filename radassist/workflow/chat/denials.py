"""What a sentence denies, by its words: for findings that the lexicon does not know.

"No labral tear or paralabral cyst" denies two things whatever a labrum is; a new sentence that
holds all words of one of them contradicts it.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from radassist.workflow.chat.cutting import without_item, without_phrase
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import sentence, stems
from radassist.workflow.chat.working import Working

_LEAD = re.compile(
    r"\b(?:no|without|negative for|free of)\b(?:\s+(?:definite|radiographic|ct|sonographic|convincing|"
    r"abnormal|significant|obvious))*(?:\s+(?:evidence|signs?|suggestion)\s+(?:of|for))?\s+",
    re.IGNORECASE,
)
_END = re.compile(
    r"[.;]|\s+(?:but|with|in|on|of|at|within|to suggest|is|are|was|were|identified|seen|noted|present)\b"
)
_BREAK = re.compile(r"\s*,\s*(?:and|or|nor)\s+|\s*,\s*|\s+(?:and|or|nor)\s+")


def denied_items(text: str) -> Iterator[tuple[int, int, int]]:
    """(start of the denial, start, end) of the items of every denial in a sentence."""
    for lead in _LEAD.finditer(text):
        end = _END.search(text, lead.end())
        stop = end.start() if end else len(text)
        start = lead.end()
        for joint in _BREAK.finditer(text, lead.end(), stop):
            yield lead.start(), start, joint.start()
            start = joint.end()
        if start < stop:
            yield lead.start(), start, stop


def contradicted(text: str, lines: Sequence[Line]) -> list[tuple[Line, int, int]]:
    """Lines with the span of the item that the text says is there."""
    said = set(stems(text))
    found = []
    for line in lines:
        for lead, start, end in denied_items(line.text):
            words = set(stems(line.text[start:end]))
            if not words or not words <= said or all(w.isdigit() for w in words):
                continue
            before = {s for s in stems(line.text[:lead]) if s not in words}
            if len(words) > 1 or not before or before & said:  # "tendinosis without tear": its own
                found.append((line, start, end))
                break
    return found


def put_over(text: str, view: View, work: Working) -> bool:
    """Put the text in the place of the items that it contradicts; all other items stay.

    Returns False, with nothing done, when no sentence denies it by these words.
    """
    placed = False
    for line, start, end in contradicted(text, view.fact_lines):
        if work.text(line.id) != line.text:
            continue
        shorter = without_item(line.text, start, end) or without_phrase(line.text, start, end)
        if shorter is not None and not stems(shorter):
            shorter = None
        own = line.section == view.findings_name
        if shorter is None and placed and own:
            work.delete(line.id)
        elif shorter is None:
            work.rewrite(line.id, sentence(text))
        else:
            work.rewrite(line.id, shorter)
            if own and not placed:
                section, at = work.place_of(line.id)
                work.insert(section.name, at + 1, sentence(text))
        placed = placed or own
    return placed

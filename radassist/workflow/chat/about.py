"""Which statements a question is about: by finding, by words, by region."""

from __future__ import annotations

import re
from collections.abc import Sequence

from radassist.workflow.chat.asked import meets, needs, topic_words
from radassist.workflow.chat.resolving import fitting
from radassist.workflow.chat.topics import region
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems


def about(text: str, view: View) -> list[Line]:
    """Statements that hold what is asked for: the finding itself, else its words."""
    reading = view.reading(text)
    findings = [m for m in reading.mentions if m.kind in ("finding", "device")]
    anatomy = {m.concept for m in reading.mentions if m.kind == "anatomy"} | {
        place for m in findings for place in m.location
    }
    anatomy -= {part for m in findings for part in m.concept.split("-")}  # "bone metastases"
    sides = {side for side, _, _ in reading.lateralities}
    if findings:
        hits = [x for x in view.lines if _names_all(x, findings, view)]
        own = [x for x in hits if {m.concept for m in findings} & {m.concept for m in x.findings}]
        said = [x for x in own if any(set(stems(m.text)) <= set(x.stems) for m in findings)]
        if re.match(
            r"(?:list|show|give|what|which|tell)\b.*\b(?:all|lines|tubes|devices|\w+s)\b",
            text,
            re.I,
        ):
            said, own = [], hits  # kinds of it are asked for as well
        hits = said or own or hits
        placed = [x for x in hits if anatomy <= _places(x, view)] if anatomy else hits
        sided = [x for x in placed if not sides or not x.sides or sides & x.sides]
        return sided or ([] if sides and placed else (placed if placed else []))
    words = topic_words(text)
    if not words:
        return [x for x in view.fact_lines if meets(x, "change")] if needs(text) == "change" else []
    return fitting(
        " ".join(re.findall(r"[A-Za-z-]+", _strip_asking(text))), view, view.lines, every=True
    ) or [x for x in view.lines if all(w in x.stems for w in words)]


def _places(line: Line, view: View) -> frozenset[str]:
    """The concepts of a line with the anatomy that its findings imply."""
    known = (view.lexicon.get(m.concept) for m in line.findings)
    return line.concepts | {c.anatomy for c in known if c is not None and c.anatomy}


def _strip_asking(text: str) -> str:
    kept = [w for w in text.split() if topic_words(w)]
    return " ".join(kept)


def _names_all(line: Line, findings: Sequence[object], view: View) -> bool:
    asked = {getattr(m, "concept", "") for m in findings}
    held = {m.concept for m in line.findings}
    return any(a == h or view.lexicon.is_a(h, a) for a in asked for h in held)


def unknown_words(text: str, lines: Sequence[Line], view: View) -> bool:
    """True when a word of the question is in none of the lines that seemed to answer it."""
    words = [w for w in topic_words(text) if len(w) > 3]
    held = {s for line in lines for s in line.stems}
    named = {
        s
        for line in lines
        for m in line.reading.mentions
        for s in stems(view.lexicon.name(m.concept))
    }
    return any(
        w not in held | named and not any(w in s for s in held) and not region(w) for w in words
    )


def some_words(text: str, view: View) -> list[Line]:
    """Statements that share a word of the question that few others have."""
    words = set(topic_words(text))
    hits = [x for x in view.fact_lines if words & set(x.stems)]
    return hits if len(hits) <= 3 else []


def near(text: str, view: View) -> list[Line]:
    """Statements on the same anatomy, offered as what the report does say."""
    reading = view.reading(text)
    anatomy = {p for m in reading.mentions for p in m.location}
    anatomy |= {m.concept for m in reading.mentions if m.kind == "anatomy"}
    for mention in reading.mentions:
        concept = view.lexicon.get(mention.concept)
        if concept is not None and concept.anatomy:
            anatomy.add(concept.anatomy)
        anatomy |= view.lexicon.ancestors(mention.concept)
    return [x for x in view.fact_lines if anatomy & x.concepts][:3]


#: Words by which a sentence says that a thing is as it should be.
_WELL = re.compile(
    r"\b(?:normal|unremarkable|intact|clear|patent|central|midline|preserved|not enlarged)\b"
    r"(?! (?:in|for) (?:size|calibre|caliber|width))",
    re.IGNORECASE,
)


def well_kept(text: str, view: View) -> list[Line]:
    """Lines that call the subject of "is the appendix inflamed" normal, whatever is asked of it."""
    match = re.match(
        r"(?:is|are|was|were) (?:the |his |her |there )?(.+) \S+$", text, re.IGNORECASE
    )
    words = topic_words(match.group(1)) if match else []
    if not words:
        return []
    return [x for x in view.fact_lines if all(w in x.stems for w in words) and _WELL.search(x.text)]

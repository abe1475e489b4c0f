"""Questions about the report: answered by quoting statements, or with "The report does not say."

No model has a part in it: asked for a rib fracture, a language model invents one.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence

from radassist.workflow.chat.resolving import fitting, resolve
from radassist.workflow.chat.spoken import plain, starts_with_verb, was_courteous_request
from radassist.workflow.chat.targets import parse_target
from radassist.workflow.chat.topics import region
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems

SILENT = "The report does not say."

_ASKING = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|had|what(?:'s| is| are)?|which|where(?:'s)?|who|whose|when|how|why|"
    r"any(?!\s+(?:mention|reference|comparison))|should|isn'?t|aren'?t|doesn'?t|can you (?:see|tell|find|say)|could (?:this|it|there)|"
    r"tell me|read (?:me|out|back)|show me|list|give me|quote|find|explain|describe|summari[sz]e the (?:report|findings)|remind me|"
    r"i wonder|do we|do you|am i|will|would (?:this|it|that)|may there|might there)\b",
    re.IGNORECASE,
)
#: A wish about the wording of what is there, not a question about it.
_IN_PLAIN_WORDS = re.compile(
    r"explain\b.*\b(?:in|with|using)\s+(?:plain|simple|simpler|lay|easy|everyday)\b", re.IGNORECASE
)
_NOT_TOPIC = frozenset(
    [
        "tell",
        "show",
        "list",
        "give",
        "quote",
        "find",
        "explain",
        "describ",
        "summar",
        "remind",
        "wonder",
        "size",
        "siz",
        "big",
        "larg",
        "how",
        "much",
        "many",
        "side",
        "which",
        "location",
        "locat",
        "measur",
        "diamet",
        "dimens",
        "say",
        "anyth",
        "someth",
        "else",
        "patient",
        "exam",
        "study",
        "imag",
        "report",
        "abnormal",
        "normal",
        "find",
        "wide",
        "long",
        "old",
        "sever",
        "mild",
        "degre",
        "chang",
        "compar",
        "prior",
        "previou",
        "stabl",
        "new",
        "enlarg",
        "increas",
        "decreas",
        "worse",
        "better",
        "visibl",
        "acut",
        "wrong",
        "there",
        "what",
        "where",
        "when",
        "why",
        "who",
        "any",
        "other",
        "possibl",
        "ye",
        "know",
        "see",
        "get",
        "got",
        "mention",
        "state",
        "exist",
        "describe",
        "follow",
        "recommend",
        "next",
        "step",
        "level",
        "loc",
        "type",
        "kind",
    ]
)


def is_question(instruction: str) -> bool:
    """True when the user asks; a courteous command ("could you delete ...?") is none."""
    text = plain(instruction)
    if not text:
        return False
    asks = _ASKING.match(text) is not None and _IN_PLAIN_WORDS.match(text) is None
    if was_courteous_request(instruction) and starts_with_verb(text):
        return False
    if text.endswith("?"):
        return asks or not starts_with_verb(text)
    if not asks:
        return False
    first = text.split()[0].lower()
    if first in ("have", "do", "list", "find", "describe", "will", "should", "any", "had"):
        return _asks_without_mark(first, text)
    return True


def _asks_without_mark(first: str, text: str) -> bool:
    if first == "have":
        return (
            re.match(r"have (?:we|you|there|the|any)\b(?!.*\b(?:say|read)\b)", text, re.I)
            is not None
        )
    if first == "do":
        return re.match(r"do (?:we|you|i|the|any|they)\b", text, re.I) is not None
    if first == "describe":
        return re.search(r"\bas\b", text) is None
    return True


def answer(instruction: str, view: View) -> str:  # noqa: PLR0911  one return a kind of question
    """The statements that answer, quoted with their ids; or that the report does not say."""
    text = plain(instruction).rstrip("?").strip()
    place = re.search(
        r"\b((?:sentences?|lines?|statements?) (?:s?\d+|one|two|three|four|five)|s\d+)\b(.*)",
        text,
        re.I,
    )
    target = parse_target(place.group(1), view) if place else None
    if target is not None and not re.search(r"\b(?:true|right|correct)\b", text, re.I):
        found = resolve(target, view)
        return _quoted(found.lines) if found.lines else found.problem
    section = _asked_section(text, view)
    if section is not None:
        return section
    if re.search(
        r"\b(?:list|what|which|all|any|show|give|summari[sz]e|tell)\b.*\b(?:findings?|abnormal(?:ities|ity)?|positives?|problems?)\b|"
        r"\bsummari[sz]e\b|^anything (?:wrong|abnormal)",
        text,
        re.I,
    ) and not _topic_words(text):
        return _all_findings(view)
    wanted = _needs(text)
    lines = _about(text, view)
    if lines and not findings_asked(text, view) and _unknown_words(text, lines, view):
        return f"{SILENT} The nearest is {_listed(lines[:3])}"
    if lines:
        fitting_need = [line for line in lines if _meets(line, wanted)]
        if fitting_need:
            return _quoted(fitting_need)
        return f"{SILENT} On this it has: {_listed(lines)}"
    near = _near(text, view) or _some_words(text, view)
    if near:
        return f"{SILENT} The nearest is {_listed(near)}"
    return SILENT


def findings_asked(text: str, view: View) -> bool:
    """True when the question names a finding or a device that the lexicon knows."""
    return bool(view.reading(text).findings())


def _quoted(lines: Sequence[Line]) -> str:
    return f"The report says: {_listed(lines)}"


def _listed(lines: Sequence[Line]) -> str:
    shown = "; ".join(line.quoted() for line in lines[:8])
    return shown + (f"; and {len(lines) - 8} more." if len(lines) > 8 else "")


def _asked_section(text: str, view: View) -> str | None:
    """ "What does the impression say", "what is the indication", "what did I compare with"."""
    if re.match(
        r"(?:what|which)\b.*\b(?:compared?|comparison)\b.*\b(?:with|to|against|used)$", text, re.I
    ):
        lines = view.in_section("Comparison")
        return _quoted(lines) if lines else SILENT
    match = re.search(
        r"\b(?:what(?:'s| is| was| does| did| are)?|read|show(?: me)?|give me|tell me|quote|list|is there an?|why)\b.*?"
        r"\b(indication|history|clinical history|technique|comparison|impression|conclusion|summary|findings|examination|exam)\b"
        r"(?:\s+(?:section|say|says|contain|contains|of (?:the|this) report|state|states|read|reads|in (?:the|this) report))*\s*$",
        text,
        re.IGNORECASE,
    )
    if match is None:
        return None
    word = match.group(1).lower()
    section = view.section_name(word)
    lines = view.in_section(section) if section else ()
    if word == "findings" and not re.search(r"\bsay|section|read\b", text, re.I):
        return None
    return _quoted(lines) if lines else SILENT


def _all_findings(view: View) -> str:
    positive = [
        x
        for x in view.fact_lines
        if any(m.presence.value in ("present", "uncertain") for m in x.findings)
    ]
    if not positive:
        return (
            f"The report states no abnormal finding: {_listed(view.fact_lines)}"
            if view.fact_lines
            else SILENT
        )
    return _quoted(positive)


def _needs(text: str) -> str:
    """What kind of answer is asked for: a number, a side, a comparison, or just the statement."""
    if re.search(
        r"\b(?:how (?:big|large|wide|long|small|thick)|what(?:'s| is)? (?:the |its )?(?:size|diameter|measurement|dimension|width|length)|size of|"
        r"what size|how many (?:mm|cm)|measurements?|dimensions?)\b",
        text,
        re.I,
    ):
        return "number"
    if re.search(
        r"\b(?:which|what) side\b|\bside of\b|\bleft or right\b|\bright or left\b|\blaterality\b",
        text,
        re.I,
    ):
        return "side"
    if re.search(r"\b(?:which|what) (?:lobe|level|location|segment)\b", text, re.I):
        return "place"
    if re.search(
        r"\b(?:changed?|compared|stable|prior|previous|bigger than|worse|better|progress\w*|interval)\b",
        text,
        re.I,
    ):
        return "change"
    return ""


def _meets(line: Line, wanted: str) -> bool:
    if wanted == "number":
        return bool(line.reading.quantities)
    if wanted == "side":
        return bool(line.sides)
    if wanted == "change":
        return bool(line.reading.comparisons) or any(m.change for m in line.reading.mentions)
    return True


def _topic_words(text: str) -> list[str]:
    return [s for s in stems(text) if s not in _NOT_TOPIC]


def _about(text: str, view: View) -> list[Line]:
    """Statements that hold what is asked for: the finding itself, else its words."""
    reading = view.reading(text)
    findings = [m for m in reading.mentions if m.kind in ("finding", "device")]
    anatomy = {m.concept for m in reading.mentions if m.kind == "anatomy"} | {
        place for m in findings for place in m.location
    }
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
        placed = [x for x in hits if anatomy <= x.concepts] if anatomy else hits
        sided = [x for x in placed if not sides or not x.sides or sides & x.sides]
        return sided or ([] if sides and placed else (placed if placed else []))
    words = _topic_words(text)
    if not words:
        return (
            [x for x in view.fact_lines if x.reading.comparisons]
            if _needs(text) == "change"
            else []
        )
    return fitting(
        " ".join(re.findall(r"[A-Za-z-]+", _strip_asking(text))), view, view.lines, every=True
    ) or [x for x in view.lines if all(w in x.stems for w in words)]


def _strip_asking(text: str) -> str:
    kept = [w for w in text.split() if _topic_words(w)]
    return " ".join(kept)


def _names_all(line: Line, findings: Sequence[object], view: View) -> bool:
    asked = {getattr(m, "concept", "") for m in findings}
    held = {m.concept for m in line.findings}
    return any(a == h or view.lexicon.is_a(h, a) for a in asked for h in held)


def _unknown_words(text: str, lines: Sequence[Line], view: View) -> bool:
    """True when a word of the question is in none of the lines that seemed to answer it."""
    words = [w for w in _topic_words(text) if len(w) > 3]
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


def _some_words(text: str, view: View) -> list[Line]:
    """Statements that share a word of the question that few others have."""
    words = set(_topic_words(text))
    hits = [x for x in view.fact_lines if words & set(x.stems)]
    return hits if len(hits) <= 3 else []


def _near(text: str, view: View) -> list[Line]:
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

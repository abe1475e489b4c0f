"""Questions about the report: answered by quoting statements, or with "The report does not say."

A model has no part in what the reader can map: asked for a rib fracture, it invents one.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from radassist.workflow.chat.about import about, near, some_words, unknown_words, well_kept
from radassist.workflow.chat.answering import (
    SILENT,
    Answer,
    listed_findings,
    quoted,
    silent_but,
    verdict,
    weighed,
    word_mentions,
)
from radassist.workflow.chat.asked import meets, needs, topic_words
from radassist.workflow.chat.basis import (
    about_images,
    asks_ai,
    asks_why,
    explained,
    seen_by_ai,
    why_topic,
)
from radassist.workflow.chat.resolving import resolve
from radassist.workflow.chat.spellings import spelled_out
from radassist.workflow.chat.spoken import plain, starts_with_verb, was_courteous_request
from radassist.workflow.chat.targets import device_lines, parse_target
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems

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


def answer(instruction: str, view: View, spoken_of: Sequence[str] = ()) -> Answer:
    """The statements that answer, quoted with their ids; or that the report does not say.

    :param spoken_of: ids of the statements of the turn before: what "why do you say that" means.
    """
    text = spelled_out(_clinical(plain(instruction).rstrip("?").strip()), view)
    named = _named_statement(text, view)
    if asks_why(text):
        return _why(text, view, named, spoken_of)
    if named is not None and not re.search(r"\b(?:true|right|correct)\b", text, re.I):
        return named
    if asks_ai(text):
        return seen_by_ai(view)
    return about_images(text, view) or _asked_section(text, view) or _of_the_patient(text, view)


#: Words of everyday speech that no report writes, as reports write them.
_EVERYDAY = {"broken": "fractured", "broke": "fractured", "growth": "mass", "clot": "thrombus"}


def _clinical(text: str) -> str:
    pattern = rf"\b(?:{'|'.join(_EVERYDAY)})\b"
    return re.sub(pattern, lambda m: _EVERYDAY[m.group().lower()], text, flags=re.IGNORECASE)


def _of_the_patient(text: str, view: View) -> Answer:
    """What the findings and the impression say."""
    if _LISTING.search(text) and not topic_words(text):
        return _all_findings(text, view)
    if _ADVICE.search(text):
        return quoted([x for x in view.lines if x.reading.recommendation])
    return _stated(text, view)


def _stated(text: str, view: View) -> Answer:
    """Statements on the topic that hold what is asked for, else the nearest ones."""
    wanted = needs(text)
    text = re.sub(
        r"^((?:how (?:is|are)|what about|how about)\s+(?:the\s+)?)(.+)$",
        lambda m: m.group(1) + device_lines(m.group(2)),
        text,
    )
    lines = about(text, view)
    asked = view.reading(text).findings()
    well = well_kept(text, view) if not (asked and lines) else []
    if well:
        return quoted(well)
    if lines and not asked and unknown_words(text, lines, view):
        return replace(silent_but("The nearest is", lines[:3]), open=True)
    if lines:
        fitting_need = [line for line in lines if meets(line, wanted)]
        if not fitting_need:
            return silent_but("On this it has:", lines)
        decided = _decided(text, fitting_need, view) if not wanted else None
        return decided or quoted(fitting_need)
    close = near(text, view) or some_words(text, view)
    if not close:
        return Answer(SILENT)
    return replace(silent_but("The nearest is", close), open=not asked)


_LISTING = re.compile(
    r"\b(?:list|what|which|all|any|show|give|summari[sz]e|tell)\b.*\b(?:findings?|abnormal(?:ities|ity)?|positives?|problems?)\b|"
    r"\bsummari[sz]e\b|^anything (?:wrong|abnormal)",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:what|which|any|is there an?|do you)\b.*\b(?:recommend\w*|advi[sc]e\w*|follow[- ]?ups?|next steps?)\b",
    re.IGNORECASE,
)


def _named_statement(text: str, view: View) -> Answer | None:
    """ "What does sentence 2 say": the statement that is named by its place."""
    place = re.search(
        r"\b((?:sentences?|lines?|statements?) (?:s?\d+|one|two|three|four|five)|s\d+)\b",
        text,
        re.I,
    )
    target = parse_target(place.group(1), view) if place else None
    if target is None:
        return None
    found = resolve(target, view)
    return quoted(found.lines) if found.lines else Answer(found.problem)


def _why(text: str, view: View, named: Answer | None, spoken_of: Sequence[str]) -> Answer:
    """What the statements rest on that are named, asked for, or were spoken of before."""
    topic = why_topic(text)
    if named is not None:
        lines = [x for x in view.lines if x.id in named.cited]
    elif stems(topic) and re.fullmatch(r"(?:that|this|it|so)?", topic, re.I) is None:
        lines = _why_lines(topic, view)
    else:
        lines = [x for x in view.lines if x.id in spoken_of]
        if not lines:
            return Answer("Name the statement that is meant, such as “why cardiomegaly”.")
    concepts = frozenset(m.concept for m in view.reading(topic).findings())
    return explained(lines, view, concepts) if lines else Answer(SILENT)


def _why_lines(topic: str, view: View) -> list[Line]:
    """Statements on what is to be explained; all that state the finding, findings first."""
    asked = view.reading(topic).findings()
    by_finding = [
        x
        for x in view.fact_lines
        if any(
            view.lexicon.is_a(m.concept, a.concept) and (m.presence == a.presence or not asked)
            for m in x.findings
            for a in asked
        )
    ]
    return by_finding or ([] if asked else about(topic, view))


#: How a question begins that can be answered with yes or no.
_CLOSED = re.compile(
    r"(?:is|are|was|were|does|do|did|has|have|had|any|can you see|isn'?t|aren'?t)\b", re.IGNORECASE
)
#: Questions about the text rather than the patient, and choices: quoted, never judged.
_NOT_CLOSED = re.compile(r"\b(?:mention|say|state|call|report|describe|write|or)\b", re.IGNORECASE)


def _decided(text: str, lines: Sequence[Line], view: View) -> Answer | None:
    """Yes, no or uncertain, where the question asks for no more than whether a thing is there."""
    if _CLOSED.match(text) is None or _NOT_CLOSED.search(text):
        return None
    reading = view.reading(text)
    asked = reading.findings()
    named = {w for m in reading.mentions for w in stems(m.text)}
    rest = [w for w in stems(text) if w not in named | _NO_CONDITION]
    lines = [x for x in lines if all(w in x.stems for w in rest)]
    if not lines:
        return None
    if asked:
        normality = all(m.presence.value == "absent" for m in asked)
        return verdict(asked, lines, view, normality=normality)
    words = [w for w in re.findall(r"[A-Za-z]+", text) if topic_words(w)]
    told = [(x, m) for x in lines for m in word_mentions(words[-1:], x, view)]
    return weighed(told) if len(words) == 1 else None


#: Stems that add no condition to "is there an effusion".
_NO_CONDITION = frozenset(
    stems(
        "you we i patient image see visible sign now left right sided bilateral side any really film x-ray"
    )
)


def _asked_section(text: str, view: View) -> Answer | None:
    """ "What does the impression say", "what is the indication", "what did I compare with"."""
    if re.match(
        r"(?:what|which)\b.*\b(?:compared?|comparison)\b.*\b(?:with|to|against|used)$", text, re.I
    ):
        lines = view.in_section("Comparison")
        return quoted(lines)
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
    if word == "exam" and needs(text) == "change":
        return None
    section = view.section_name(word)
    lines = view.in_section(section) if section else ()
    if word == "findings" and not re.search(r"\bsay|section|read\b", text, re.I):
        return None
    return quoted(lines)


def _all_findings(text: str, view: View) -> Answer:
    """Every statement of the Findings with what it asserts; only abnormal ones where so asked."""
    lines = list(view.in_section("Findings")) or list(view.fact_lines)
    if re.search(r"\b(?:abnormal\w*|positives?|problems?|wrong)\b", text, re.I):
        lines = [
            x
            for x in lines
            if any(m.presence.value in ("present", "uncertain") for m in x.findings)
        ]
        if not lines:
            return Answer("The report states no abnormal finding.")
    if not lines:
        return Answer(SILENT)
    return Answer(
        f"The report says:\n{listed_findings(lines, view)}", tuple(x.id for x in lines[:24])
    )

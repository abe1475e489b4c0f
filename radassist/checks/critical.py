"""A finding that somebody has to be told of, and no record that somebody was."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from radassist.checks.model import Line, Problem, Rule, Severity, View
from radassist.domain.findings import Presence
from radassist.domain.reading import Concept, Mention

_TOLD = re.compile(
    r"\b(?:discussed|communicated|notified|informed|(?<!so-)(?<!so )called|telephoned|phoned|paged|"
    r"relayed|conveyed|reported to|made aware|alerted|told|spoke|spoken|acknowledged|read ?back)\b",
    re.IGNORECASE,
)
#: Told, but not yet, not reached, or not about this.
_VERBS = r"(?:discussed|communicated|notified|informed|called|reached|told)"
_NOT_TOLD = re.compile(
    rf"\b(?:not (?:yet )?(?:been )?{_VERBS}|(?:will|to|should|must|can|could) be {_VERBS}|"
    r"(?:unable|attempt\w*|trying|failed) to|no answer|left (?:a )?(?:voice)?(?:mail| ?message)|"
    r"could not|(?:discussed|reported|called) (?:above|below|elsewhere|previously|in the)|"
    r"please (?:call|inform|notify)|call (?:us|with)|awaiting|pending)\b",
    re.IGNORECASE,
)
_WHOM = re.compile(
    r"\b(?:dr|drs|doctor|prof|physician|surgeon|clinician|provider|team|nurse|resident|intern|"
    r"registrar|consultant|attending|fellow|practitioner|referrer|mr|mrs|ms|md|rn|np|icu|ed|er|"
    r"emergency|ward|office|service|department|clinic|paramedic)\b|X{3,}|"
    r"\b(?:with|to|by) [A-Z][a-z]+",
)
_WHEN = re.compile(
    r"\b\d{1,2}[:.h]\d{2}\b|\b\d{1,2} ?[ap]\.?m\b|\b\d{3,4} ?(?:h|hrs|hours|local)\b|o'clock|"
    r"at (?:the )?time of|immediately|at the end of|during the|X{3,}|\b\d{1,2} (?:minutes|mins)\b",
    re.IGNORECASE,
)
_HEADED = re.compile(r"communicat|notif|critical", re.IGNORECASE)


def _lower(text: str) -> str:
    """Titles in small letters, so that "DR SMITH" and "Dr Smith" are one; names keep theirs."""
    return re.sub(r"\b(?:[A-Z]{2,3}|[A-Z][a-z]{0,2})\b\.?", lambda m: m.group().lower(), text)


def _records(view: View) -> Iterator[tuple[Line, bool]]:
    """Statements that say that somebody was told, and whether they say when."""
    for line in view.lines:
        if line.section == "Indication" or _NOT_TOLD.search(line.text):
            continue
        told = _TOLD.search(line.text) or _HEADED.search(line.section)
        if told and (_WHOM.search(line.text) or _WHOM.search(_lower(line.text))):
            yield line, _WHEN.search(line.text) is not None


def communication(view: View, rule: Rule) -> Iterable[Problem]:
    """A critical finding is stated, and no statement says who was told and when.

    An error where life, organ or limb is at risk within minutes; a warning where it is hours, where
    the finding is only suspected, or where the record lacks the time.
    """
    records = list(_records(view))
    if any(timed for _, timed in records):
        return
    urgent = list(_urgent(view))
    if urgent and records:
        why = "This does not say when it was communicated."
        yield rule.at(records[0][0], why, span=(0, len(records[0][0].text)), severity=_WARNING)
        return
    for line, mention, concept in urgent:
        why = f"{concept.name.capitalize()}: no record of whom it was communicated to, and when."
        sure = mention.presence is Presence.PRESENT and concept.urgency == "minutes"
        level = Severity.ERROR if sure else _WARNING
        yield rule.at(line, why, span=(mention.start, mention.end), severity=level)


_WARNING = Severity.WARNING


def _urgent(view: View) -> Iterator[tuple[Line, Mention, Concept]]:
    """Critical findings of Impression and Findings, each once, the narrower word first."""
    found = []
    for line in (*view.impression, *view.findings):
        for mention in line.stated:
            concept = view.lexicon.get(mention.concept)
            if concept is not None and concept.critical and _stands(mention, line, concept):
                found.append((line, mention, concept))
    found.sort(key=lambda f: (f[2].urgency != "minutes", -len(view.lexicon.ancestors(f[2].id))))
    seen: set[str] = set()
    for line, mention, concept in found:
        if any(view.lexicon.related(concept.id, other) for other in seen):
            continue
        seen.add(concept.id)
        yield line, mention, concept


def _stands(mention: Mention, line: Line, concept: Concept) -> bool:
    """New to those who treat the patient: present or probable, and not known already."""
    known = mention.change in ("unchanged", "decreased", "resolved")
    if known or "chronic" in mention.qualifiers or "family" in mention.qualifiers:
        return False
    if re.search(r"\bknown\b.{0,30}$", line.text[: mention.start], re.IGNORECASE):
        return False
    suspected = mention.presence is Presence.UNCERTAIN and concept.urgency == "minutes"
    return mention.presence is Presence.PRESENT or (suspected and mention.certainty == "probable")

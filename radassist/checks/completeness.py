"""Missing sections, template brackets, words of dictation, statements nobody has looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable

from radassist.checks.model import Problem, Rule, Severity, View


def sections(view: View, rule: Rule) -> Iterable[Problem]:
    """Findings or Impression have no text; the sections before them only make a note."""
    empty = [
        name
        for name in ("Findings", "Impression")
        if not any(any(c.isalnum() for c in line.text) for line in view.section(name))
    ]
    if len(empty) == 2:
        why = "The report has neither findings nor an impression."
        yield rule.at(None, why, severity=Severity.ERROR, section="Findings")
        return
    for name in empty:
        yield rule.at(None, f"The section {name} is empty.", section=name)
    for name in ("Examination", "Indication", "Technique", "Comparison"):
        if view.section_of(name) is None or not view.section(name):
            why = f"The section {name} is empty."
            yield rule.at(None, why, severity=Severity.NOTE, section=name)


def length(view: View, rule: Rule) -> Iterable[Problem]:
    """The report is longer than the rules look."""
    if view.unread:
        yield rule.at(None, f"The last {view.unread} statements were not checked: it is too long.")


_BRACKETS = re.compile(
    r"\[\s*\]|\[(?!\d+(?:[,;–-]\s?\d+)*\])[^\]\[]{1,60}\]|_{2,}|(?<!\w)_(?!\w)|\{[^{}]{0,60}\}|"
    r"<[A-Za-z][^<>]{0,40}>|\*{3,}|@[A-Z_]{2,}@|\bTBD\b|\?\?\?+|\$[A-Za-z_]+\$|"
    r"(?:#|\b[Xx]{1,2}(?:\.[Xx])?) ?(?=[mc]m\b)|"
    r"\b(?:left/right|right/left|is/is not|are/are not|present/absent|yes/no|normal/abnormal|"
    r"mild/moderate(?:/severe)?|small/moderate(?:/large)?|increased/decreased)\b",
    re.IGNORECASE,
)
_DEIDENTIFIED = re.compile(r"\[\*\*|\*\*\]|X{3,}", re.IGNORECASE)


def brackets(view: View, rule: Rule) -> Iterable[Problem]:
    """A field of a template that was never filled in."""
    for line in view.lines:
        for found in _BRACKETS.finditer(line.text):
            if not _DEIDENTIFIED.search(found.group()):
                why = f"“{found.group()}” is a field that was not filled in."
                yield rule.at(line, why, span=found.span())
                break


_DOUBLED = re.compile(r"\b(?P<w>[A-Za-z]{2,})\s+(?P=w)\b", re.IGNORECASE)
_DOUBLED_PAIR = re.compile(r"\b(?P<w>[A-Za-z]{2,} [A-Za-z]{2,}) (?P=w)\b", re.IGNORECASE)
_DOUBLES_THAT_OCCUR = frozenset(
    ["had", "that", "very", "xxxx", "bis", "walla", "side by", "more and", "face to", "end to"]
)
_SPOKEN = re.compile(
    r"(?:(?<=\w\s)|^)(?:comma(?![ -](?:shap|like))|full stop|hyphen|forward slash|new sentence|"
    r"(?:open|close|end) (?:quote|bracket)s?|all caps|cap that|"
    r"new paragraph|new line|next paragraph|next line|"
    r"(?:open|close) paren(?:thesis)?|semicolon|exclamation mark|question mark|"
    r"end (?:of )?dictation|scratch that|"
    r"delete that|um+|uh+)\b|\bperiod(?=\s*(?:$|[A-Z]|\.))",
    re.IGNORECASE,
)
_PERIOD_OK = re.compile(
    r"\b(?:time|interval|interim|same|this|the|a|one|week|month|year|day)\s+period", re.I
)


def dictation(view: View, rule: Rule) -> Iterable[Problem]:
    """Doubled words and spoken punctuation."""
    for line in view.lines:
        for found in (*_DOUBLED.finditer(line.text), *_DOUBLED_PAIR.finditer(line.text)):
            if found.group("w").lower() not in _DOUBLES_THAT_OCCUR:
                yield rule.at(line, f"“{found.group()}” is doubled.", span=found.span())
        for found in _SPOKEN.finditer(line.text):
            before = line.text[max(0, found.start() - 12) : found.end()]
            if not _PERIOD_OK.search(before):
                yield rule.at(line, f"“{found.group()}” is a word of dictation.", span=found.span())

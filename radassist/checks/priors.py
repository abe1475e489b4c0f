"""Comparison words without a prior, and dates that are not the prior's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from radassist.checks.model import Line, Problem, Rule, Severity, View

_NONE = re.compile(r"^\W*(?:none|no|not|nil|n/?a|unavailable|without|-+)\b", re.IGNORECASE)
#: Something that a prior can be named by: a modality, a date, a number, or a masked one ("XXXX").
_NAMED = re.compile(
    r"\d|\bX{3,}|\b(?:CT|MRI?|US|PET|radiograph\w*|x-?rays?|film\w*|ultrasound|chest|abdom\w+|head|brain|"
    r"pelvis|exam\w*|stud(?:y|ies)|prior\w*|previous|earlier|yesterday|today|same day|scan|imaging|"
    r"mammogra\w+|PA|AP|dated|outside|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\w*",
    re.IGNORECASE,
)


def names_prior(view: View) -> bool:
    """Whether a prior was opened or the Comparison section names one."""
    if view.study.priors:
        return True
    stated = [line.text for line in view.section("Comparison") if line.text.strip()]
    if stated and _NONE.match(stated[0]):
        return any(re.search(r"\d{4}|\d/\d", text) for text in stated)
    return any(_NAMED.search(text) for text in stated)


#: "Comparison with old films would be helpful" wishes for a prior, it does not claim one.
_WISH = re.compile(
    r"\b(?:would be|recommend\w*|suggest\w*|advis\w+|helpful|if (?:old|prior|previous|available)|"
    r"obtain|should be|absence of|without|lack of|no)\b"
    r".{0,60}\b(?:prior|previous|old|compar\w+|interval)\b|"
    r"\b(?:prior|previous|old|compar\w+)\b.{0,60}\b(?:would be|recommend\w*|helpful|suggest\w*|"
    r"(?:not |un)available|should be|could be)\b",
    re.IGNORECASE,
)
_NOUNS = re.compile(r"^(?:compar\w+ (?:to|with)|old|prior|previous|interval$|earlier|last)\b", re.I)


def without_prior(view: View, rule: Rule) -> Iterable[Problem]:
    """ "Unchanged", "compared with", "new"... where no prior is named.  Graver from a machine."""
    if names_prior(view):
        return
    for line in view.facts:
        wish = _WISH.search(line.text) is not None
        for word, start, end in line.reading.comparisons:
            if wish and _NOUNS.match(word):
                continue
            level = Severity.ERROR if line.statement.provenance.is_machine else None
            why = f"“{word}” compares, but no prior study is named."
            yield rule.at(line, why, span=(start, end), severity=level)
            break


def other_date(view: View, rule: Rule) -> Iterable[Problem]:
    """A comparison with a date that is neither a prior's nor this study's."""
    yield from _wrong_comparison(view, rule)
    known = _known_dates(view)
    if not known:
        return
    own = view.study.study_date
    for line in view.facts:
        if not line.reading.comparisons or not _about_prior(line):
            continue
        for date, start, end in line.reading.dates:
            if not any(_same(date, k) for k in (*known, own) if k):
                why = f"The prior named is of {', '.join(sorted(known))}, not {date}."
                yield rule.at(line, why, span=(start, end))


def _wrong_comparison(view: View, rule: Rule) -> Iterator[Problem]:
    """The Comparison section names a date that no opened prior has, or one after this study."""
    own, opened = view.study.study_date, view.study.priors
    for line in view.section("Comparison"):
        for date, start, end in line.reading.dates:
            if len(own) == 8 and date[:8] > own[: len(date)]:
                why = f"{date} is later than this study ({own})."
                yield rule.at(line, why, span=(start, end))
            elif opened and not any(_same(date, prior) for prior in opened):
                why = f"The prior that was opened is of {', '.join(opened)}, not {date}."
                level = None if line.statement.provenance.is_machine else Severity.WARNING
                yield rule.at(line, why, span=(start, end), severity=level)


def _known_dates(view: View) -> set[str]:
    dates = set(view.study.priors)
    for line in view.section("Comparison"):
        dates.update(date for date, _, _ in line.reading.dates)
    return dates


def _same(one: str, other: str) -> bool:
    """Dates agree as far as both say: 2020 and 20200304 do."""
    width = min(len(one), len(other))
    return one[:width] == other[:width]


def _about_prior(line: Line) -> bool:
    return re.search(r"\b(?:follow|recommend|next)\w*", line.text, re.IGNORECASE) is None

"""The table of rules, and the one function that runs them."""

from __future__ import annotations

from radassist.checks import completeness, conflicts, header, measured, numbers, priors, sides
from radassist.checks.model import Problem, Rule, Severity, View
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

#: Every rule once; the order is the order in which problems of one severity are shown.
RULES: tuple[Rule, ...] = (
    Rule("side-conflict", 1, _E, "Findings and impression name different sides", sides.conflict),
    Rule("side-level", 1, _W, "One numbered body part has two sides", sides.level_conflict),
    Rule("side-anatomy", 1, _W, "A paired body part changes its side", sides.anatomy),
    Rule("side-impossible", 1, _E, "A side that the part does not have", sides.impossible),
    Rule("side-order", 1, _E, "The side differs from order or header", sides.against_order),
    Rule("sex-anatomy", 1, _E, "Anatomy of the other sex", header.sex_anatomy),
    Rule("sex-words", 1, _E, "The text names two sexes", header.sex_words),
    Rule("age", 1, _W, "The age does not fit", header.age),
    Rule("present-absent", 1, _E, "One finding is present and absent", conflicts.present_absent),
    Rule("normal-impression", 1, _W, "Normal impression, abnormal findings", conflicts.normal),
    Rule("omitted", 1, _W, "An acute finding is not in the impression", conflicts.omitted),
    Rule("unsupported", 1, _W, "An impression that the findings lack", conflicts.unsupported),
    Rule("lost-negation", 1, _W, "A denial may have been lost", conflicts.lost_negation),
    Rule("comparison", 1, _W, "Comparison words without a prior", priors.without_prior),
    Rule("prior-date", 1, _E, "A date that is not the prior's", priors.other_date),
    Rule("number-conflict", 1, _E, "Findings and impression differ in size", numbers.conflict),
    Rule("number-absurd", 1, _W, "A size that cannot be", numbers.absurd),
    Rule("number-source", 1, _E, "A machine's number without measurement", numbers.without_source),
    Rule("measurement-edited", 1, _W, "A measured number was typed over", measured.edited),
    Rule("level-conflict", 1, _W, "Findings and impression differ in level", numbers.level),
    Rule("critical", 1, _W, "A critical finding without communication", conflicts.communication),
    Rule("section", 1, _W, "A section is missing or empty", completeness.sections),
    Rule("length", 1, _E, "The report is too long to be checked", completeness.length),
    Rule("template", 1, _E, "Template brackets are left", completeness.brackets),
    Rule("modality", 1, _E, "Another modality than the header's", header.modality),
    Rule("contrast", 1, _E, "Contrast medium contradicts the header", header.contrast),
    Rule("dictation", 1, _W, "Words of dictation are left", completeness.dictation),
    Rule("not-looked-at", 1, _W, "A proposed statement is not looked at", completeness.unseen),
)

_ORDER = {_E: 0, _W: 1, _N: 2}


def run_checks(report: Report, lexicon: Lexicon) -> list[Problem]:
    """All problems of a report, gravest first; rejected statements do not count.

    Facts that neither header nor text states make the rules that need them abstain.
    """
    view = View(report, lexicon)
    found = [problem for rule in RULES for problem in rule.run(view, rule)]
    return sorted(dict.fromkeys(found), key=lambda p: _ORDER[p.severity])

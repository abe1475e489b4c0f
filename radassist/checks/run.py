"""The table of rules, and the one function that runs them."""

from __future__ import annotations

from radassist.checks import (
    completeness,
    conflicts,
    critical,
    header,
    machine,
    measured,
    numbers,
    priors,
    sides,
)
from radassist.checks.model import Problem, Rule, Severity, View
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

#: Every rule once; the order is the order in which problems of one severity are shown.  The last
#: column says why the severity is what it is: an error is what a reader could be harmed by.
RULES: tuple[Rule, ...] = (
    Rule("side-conflict", 1, _E, "Findings and impression name different sides", sides.conflict,
         "The wrong side may be punctured, drained or operated on."),
    Rule("side-level", 1, _W, "One numbered body part has two sides", sides.level_conflict,
         "A rib or digit of the wrong side may be treated; two of them may be meant."),
    Rule("side-anatomy", 1, _W, "A paired body part changes its side", sides.anatomy,
         "Often a slip, sometimes the other side was looked at as well."),
    Rule("side-impossible", 1, _E, "A side that the part does not have", sides.impossible,
         "Nobody can tell which side or which part was meant."),
    Rule("side-order", 2, _E, "The side differs from order or header", sides.against_order,
         "The wrong side was examined or is reported."),
    Rule("sex-anatomy", 1, _E, "Anatomy of the other sex", header.sex_anatomy,
         "The report may be another patient's."),
    Rule("sex-words", 1, _E, "The text names two sexes", header.sex_words,
         "The report may be another patient's."),
    Rule("age", 2, _W, "The age does not fit", header.age,
         "May be another patient's; stated ages are often rounded or old."),
    Rule("present-absent", 2, _E, "One finding is present and absent", conflicts.present_absent,
         "A reader acts on the one sentence that is wrong."),
    Rule("normal-impression", 1, _W, "Normal impression, abnormal findings", conflicts.normal,
         "Who reads only the impression misses it; a critical finding makes it an error."),
    Rule("omitted", 2, _W, "An acute finding is not in the impression", conflicts.omitted,
         "Who reads only the impression misses it."),
    Rule("unsupported", 1, _W, "An impression that the findings lack", conflicts.unsupported,
         "A conclusion without its observation; it may be the wording alone."),
    Rule("lost-negation", 2, _W, "A denial may have been lost", conflicts.lost_negation,
         "A finding is affirmed that was meant to be denied; the wording alone tells."),
    Rule("comparison", 2, _W, "Comparison words without a prior", priors.without_prior,
         "A change that nobody saw; from a machine it is invented, and an error."),
    Rule("prior-date", 2, _E, "A date that is not the prior's", priors.other_date,
         "Growth is judged against the wrong time."),
    Rule("number-conflict", 2, _E, "Findings and impression differ in size", numbers.conflict,
         "Size decides on follow-up and surgery."),
    Rule("number-absurd", 1, _W, "A size that cannot be", numbers.absurd,
         "Most often millimetres and centimetres; a reader may notice it himself."),
    Rule("number-source", 1, _E, "A machine's number without measurement", machine.without_source,
         "A machine's number that nobody measured is invented."),
    Rule("measurement-edited", 2, _W, "A measured number was typed over", measured.edited,
         "The number is not that of the lines on the image; a person may know better."),
    Rule("level-conflict", 1, _W, "Findings and impression differ in level", numbers.level,
         "The wrong level may be operated on; numbering varies."),
    Rule("lobe-conflict", 1, _W, "Findings and impression differ in lobe", numbers.lobe,
         "The wrong lobe may be biopsied or removed; two lesions may be meant."),
    Rule("critical", 2, _W, "A critical finding without communication", critical.communication,
         "Nobody may know in time; an error where minutes count."),
    Rule("section", 1, _W, "A section is missing or empty", completeness.sections,
         "Incomplete; without findings and impression there is no report, and it is an error."),
    Rule("length", 1, _E, "The report is too long to be checked", completeness.length,
         "What was not checked must not look as if it was."),
    Rule("template", 2, _E, "Template brackets are left", completeness.brackets,
         "A fact was to stand here; a reader may take the choice for the finding."),
    Rule("modality", 2, _E, "Another modality than the header's", header.modality,
         "The text may belong to another examination."),
    Rule("contrast", 1, _E, "Contrast medium contradicts the header", header.contrast,
         "Enhancement is claimed or missed, and a dose of contrast medium is misrecorded."),
    Rule("dictation", 2, _W, "Words of dictation are left", completeness.dictation,
         "Unsightly, and a sign that the sentence was not read again."),
    Rule("ai-omitted", 1, _W, "What the AI saw is not in the report", machine.omitted,
         "Omissions are the main fault of drafts; the AI may be wrong."),
    Rule("not-looked-at", 1, _W, "A proposed statement is not looked at", machine.unseen,
         "Nobody answers for the sentence yet."),
)  # fmt: skip

_ORDER = {_E: 0, _W: 1, _N: 2}


def run_checks(report: Report, lexicon: Lexicon) -> list[Problem]:
    """All problems of a report, gravest first; rejected statements do not count.

    Facts that neither header nor text states make the rules that need them abstain.
    """
    view = View(report, lexicon)
    found = [problem for rule in RULES for problem in rule.run(view, rule)]
    return sorted(dict.fromkeys(found), key=lambda p: _ORDER[p.severity])

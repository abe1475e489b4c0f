"""Present and absent, findings against impression, omissions, critical findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations

from radassist.checks.model import Line, Problem, Rule, Severity, View
from radassist.checks.sides import same_family
from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Lexicon, Mention

#: Concepts that stand for "anything wrong here": denying them denies nothing in particular.
UMBRELLAS = frozenset(
    {
        "acute-cardiopulmonary-disease",
        "acute-abdominal-disease",
        "acute-intracranial-disease",
        "bone-abnormality",
        "lung-opacity",
    }
)
#: Words that make a finding old or harmless.
MILD = frozenset({"chronic", "calcified", "benign"})
#: "No X fracture" denies only fractures that are X: the affirmed one must be so too.
_NARROW = frozenset({"acute", "new", "large", "suspicious", "displaced", "nondisplaced", *MILD})


def present_absent(view: View, rule: Rule) -> Iterable[Problem]:
    """One statement says that a finding is there, another that it is not."""
    denied = [(line, m) for line in view.facts for m in line.stated if _denies(m)]
    for line in view.facts:
        for mention in line.stated:
            if mention.presence is not Presence.PRESENT or mention.kind != "finding":
                continue
            for where, other in denied:
                if where is line and other.sentence == mention.sentence:
                    continue
                level = _clash(mention, other, where, view.lexicon)
                if level is not None:
                    denied_by = _short(where.text)
                    name = view.lexicon.name(other.concept)
                    why = f"{name.capitalize()} is denied elsewhere: {denied_by}"
                    if other.concept in UMBRELLAS:
                        why = f"It does not go with {denied_by}"
                    yield rule.at(line, why, span=(mention.start, mention.end), severity=level)
                    break


def _denies(mention: Mention) -> bool:
    return (
        mention.presence is Presence.ABSENT
        and mention.kind == "finding"
        and (mention.change != "resolved")
    )


def _short(text: str) -> str:
    return f"“{text if len(text) <= 90 else text[:87] + '...'}”"


def _clash(mention: Mention, denial: Mention, where: Line, lexicon: Lexicon) -> Severity | None:
    """How gravely a denial contradicts an affirmed finding, or None."""
    if denial.concept == "lung-opacity":
        return _unclear(mention, denial, where, lexicon)
    if denial.concept in UMBRELLAS or not lexicon.is_a(mention.concept, denial.concept):
        return None
    if not _same_place(mention, denial, lexicon) or re.search(r"\botherwise\b", where.text, re.I):
        return None
    narrow = set(denial.qualifiers) & _NARROW
    if "large" in narrow and mention.severity in ("severe",):
        narrow.discard("large")
    if "acute" in narrow and "chronic" not in mention.qualifiers and mention.change == "new":
        narrow.discard("acute")
    if narrow - set(mention.qualifiers) or denial.severity in ("severe", "moderate"):
        return None
    soft = {"definite", "focal"} & set(denial.qualifiers) or denial.certainty
    same = mention.concept == denial.concept
    if set(mention.qualifiers) & MILD and not same:
        return None
    return Severity.WARNING if soft or not same else Severity.ERROR


_NOT_CLEAR = ("airspace-disease", "nodule", "mass", "ground-glass", "pulmonary-edema")
_BUT = re.compile(r"\b(?:otherwise|except|apart|aside|other than|remainder|rest)\b", re.IGNORECASE)


def _unclear(mention: Mention, denial: Mention, where: Line, lexicon: Lexicon) -> Severity | None:
    """ "The lungs are clear" beside a consolidation: a normal sentence that was left standing."""
    if not any(lexicon.is_a(mention.concept, c) for c in _NOT_CLEAR) or _BUT.search(where.text):
        return None
    concept = lexicon.get(mention.concept)
    mild = (concept is not None and concept.benign) or set(mention.qualifiers) & MILD
    if mild or not _in_lung(mention, lexicon) or not _same_place(mention, denial, lexicon):
        return None
    return Severity.WARNING


def _in_lung(mention: Mention, lexicon: Lexicon) -> bool:
    concept = lexicon.get(mention.concept)
    places = mention.location or ((concept.anatomy,) if concept and concept.anatomy else ())
    return any(lexicon.is_a(place, "lung") for place in places)


def _same_place(one: Mention, other: Mention, lexicon: Lexicon) -> bool:
    sides = {one.laterality, other.laterality}
    if sides == {Laterality.LEFT, Laterality.RIGHT}:
        return False
    if other.laterality is not Laterality.NONE and one.laterality is not other.laterality:
        return False
    if one.location and other.location:
        return any(lexicon.related(a, b) for a in one.location for b in other.location)
    return not (other.location and not one.location and one.laterality is not other.laterality)


_NORMAL = re.compile(
    r"\b(?:no (?:(?:radiographic )?evidence of |significant |definite |visible )*(?:acute|active)"
    r"|normal (?:chest|study|exam|examination|ct|mri|ultrasound|two|frontal|radiograph)"
    r"|unremarkable|negative (?:chest|study|exam|for acute|for active)"
    r"|no (?:significant )?abnormalit|clear lungs"
    r"|lungs are clear|no acute|no (?:cardiopulmonary|pulmonary|intracranial) (?:disease|abnormal)"
    r"|within normal limits)",
    re.IGNORECASE,
)


def _is_normal(view: View) -> bool:
    """Whether the impression says normal and affirms nothing."""
    lines = view.impression
    if not lines or not any(_NORMAL.search(line.text) for line in lines):
        return False
    return not any(_weighs(m, view.lexicon) for line in lines for m in line.asserted())


def _weighs(mention: Mention, lexicon: Lexicon) -> bool:
    """Whether a finding is one that an impression would have to name."""
    concept = lexicon.get(mention.concept)
    if concept is None or concept.kind != "finding" or concept.benign:
        return False
    return concept.id not in UMBRELLAS and not set(mention.qualifiers) & MILD


def _acute(mention: Mention, lexicon: Lexicon) -> bool:
    concept = lexicon.get(mention.concept)
    return concept is not None and (concept.acute or concept.critical) and _weighs(mention, lexicon)


def normal(view: View, rule: Rule) -> Iterable[Problem]:
    """The impression says normal, the findings affirm something that is not."""
    if not _is_normal(view):
        return
    for line in view.findings:
        for mention in line.stated:
            concept = view.lexicon.get(mention.concept)
            if mention.presence is not Presence.PRESENT or not _weighs(mention, view.lexicon):
                continue
            if not (_acute(mention, view.lexicon) or mention.concept in _NEVER_NORMAL):
                continue
            grave = concept is not None and concept.critical and mention.change != "unchanged"
            name = view.lexicon.name(mention.concept)
            why = f"The impression is normal, but the findings state {name}."
            yield rule.at(
                line,
                why,
                span=(mention.start, mention.end),
                severity=Severity.ERROR if grave else None,
            )


_NEVER_NORMAL = frozenset(
    [
        "mass",
        "nodule",
        "lymphadenopathy",
        "opacity",
        "airspace-disease",
        "infiltrate",
        "cardiomegaly",
        "aneurysm",
        "bone-lesion",
        "mediastinal-mass",
        "mediastinal-widening",
        "vascular-congestion",
        "metastasis",
        "lung-lesion",
        "ground-glass",
        "hydronephrosis",
        "bowel-wall-thickening",
        "liver-lesion",
        "renal-lesion",
        "pancreatic-lesion",
        "atelectasis",
        "pulmonary-fibrosis",
        "hilar-enlargement",
        "fluid-collection",
        "free-fluid",
        "gallstones",
    ]
)


_REFERS = re.compile(r"\b(?:as above|see (?:above|findings)|as described)\b", re.IGNORECASE)


def omitted(view: View, rule: Rule) -> Iterable[Problem]:
    """An acute or critical finding of the findings is not named in the impression."""
    if not view.impression or _is_normal(view):
        return
    stated = [m for line in view.impression for m in line.stated]
    named = {m.concept for m in stated if m.presence is not Presence.ABSENT}
    denied = {m.concept for m in stated if m.presence is Presence.ABSENT}
    if any(_REFERS.search(line.text) for line in view.impression):
        return
    for line in view.findings:
        for mention in line.stated:
            if mention.presence is not Presence.PRESENT or not _must_be_named(mention, view):
                continue
            told = any(same_family(mention.concept, n, view.lexicon) for n in named)
            told = told or mention.concept in denied  # that is another rule's
            if not told and not _accompanies(mention, line, named, view):
                why = f"The impression does not name {view.lexicon.name(mention.concept)}."
                yield rule.at(line, why, span=(mention.start, mention.end))


def _accompanies(mention: Mention, line: Line, named: set[str], view: View) -> bool:
    """Stated in one breath with a finding that the impression names ("lesion with edema")."""
    concept = view.lexicon.get(mention.concept)
    if concept is not None and concept.critical:
        return False
    others = [m for m in line.asserted() if m is not mention and m.sentence == mention.sentence]
    return any(m.concept in named and _weighs(m, view.lexicon) for m in others)


def _must_be_named(mention: Mention, view: View) -> bool:
    return _acute(mention, view.lexicon) or (
        mention.concept in _NEVER_NORMAL and _weighs(mention, view.lexicon)
    )


def unsupported(view: View, rule: Rule) -> Iterable[Problem]:
    """The impression states a finding that the findings do not hold."""
    if not view.findings:
        return
    held = [m for line in view.findings for m in line.asserted()]
    for line in view.impression:
        for mention in line.stated:
            if mention.presence is not Presence.PRESENT or mention.kind != "finding":
                continue
            if not _held(mention, held, view.lexicon):
                why = f"The findings do not state {view.lexicon.name(mention.concept)}."
                yield rule.at(line, why, span=(mention.start, mention.end))


def _held(mention: Mention, held: list[Mention], lexicon: Lexicon) -> bool:
    if mention.concept in UMBRELLAS:
        return any(_weighs(m, lexicon) for m in held)
    if any(same_family(mention.concept, m.concept, lexicon) for m in held):
        return True
    return any(frozenset({mention.concept, m.concept}) in _SYNONYMOUS for m in held)


#: Words that one radiologist uses for the sign and another for the disease.
_SYNONYMOUS = frozenset(
    frozenset(pair.split("+"))
    for pair in (
        [
            "copd+hyperinflation",
            "copd+emphysema",
            "emphysema+hyperinflation",
            "heart-failure+pulmonary-edema",
            "heart-failure+vascular-congestion",
            "heart-failure+pleural-effusion",
            "scarring+opacity",
            "scarring+atelectasis",
            "granuloma+nodule",
            "granuloma+calcification",
            "mass+nodule",
            "pulmonary-fibrosis+opacity",
            "interstitial-disease+opacity",
            "interstitial-disease+scarring",
            "interstitial-disease+interstitial-markings",
            "interstitial-disease+pulmonary-edema",
            "interstitial-disease+pneumonia",
            "interstitial-disease+copd",
            "bronchitis+interstitial-disease",
            "pulmonary-fibrosis+scarring",
            "pulmonary-fibrosis+interstitial-markings",
            "pulmonary-edema+interstitial-markings",
            "pulmonary-edema+opacity",
            "pulmonary-edema+vascular-congestion",
            "vascular-congestion+interstitial-markings",
            "aortic-calcification+calcification",
            "degenerative-change+arthritis",
            "deformity+fracture",
            "bronchitis+interstitial-markings",
            "hypoinflation+elevated-hemidiaphragm",
            "scarring+pleural-thickening",
            "metastasis+nodule",
            "metastasis+mass",
            "metastasis+bone-lesion",
            "pulmonary-edema+pulmonary-fibrosis",
            "scarring+interstitial-markings",
            "heart-failure+cardiomegaly",
            "lymphadenopathy+mass",
            "lymphadenopathy+hilar-enlargement",
            "lymphadenopathy+mediastinal-widening",
            "pneumonia+interstitial-markings",
            "opacity+mass",
            "pulmonary-fibrosis+interstitial-markings",
            "pleural-effusion+opacity",
            "pleural-effusion+pleural-thickening",
            "atelectasis+hypoinflation",
            "costophrenic-blunting+pleural-effusion",
            "costophrenic-blunting+pleural-thickening",
            "costophrenic-blunting+scarring",
            "scarring+nodule",
            "copd+interstitial-markings",
            "mass+cyst",
            "acute-cardiopulmonary-disease+opacity",
            "intracranial-haemorrhage+hematoma",
        ]
    )
)

_ALTERNATIVE = re.compile(r"\b(?:or|nor)\b", re.IGNORECASE)


def lost_negation(view: View, rule: Rule) -> Iterable[Problem]:
    """A list with "or" of unlike findings, affirmed, or an affirmed "acute abnormality"."""
    for line in view.facts:
        sure = [m for m in line.stated if m.kind == "finding" and _affirmed(m)]
        for run in _lists(line, sure):
            pairs = combinations(run, 2)
            if not all(_alike(one, two, view.lexicon) for one, two in pairs):
                why = "An affirmed list with “or”: was a “no” lost?"
                yield rule.at(line, why, span=(run[0].start, run[-1].end))
                break
        for mention in sure:
            acute = "acute" in mention.text.lower() or not _specific(line, sure)
            if mention.concept in UMBRELLAS and acute:
                why = "It is affirmed, and nothing says what: was a “no” lost?"
                yield rule.at(line, why, span=(mention.start, mention.end))
                break


def _lists(line: Line, sure: list[Mention]) -> Iterator[list[Mention]]:
    """Runs of findings that commas and at least one "or" join within a sentence."""
    run: list[Mention] = []
    joints = ""
    for mention in sure:
        between = line.text[run[-1].end : mention.start] if run else ""
        near = run and run[-1].sentence == mention.sentence and len(between) < 40
        if near and (_ALTERNATIVE.search(between) or between.lstrip().startswith(",")):
            run.append(mention)
            joints += between
            continue
        if len(run) > 1 and _ALTERNATIVE.search(joints):
            yield run
        run, joints = [mention], ""
    if len(run) > 1 and _ALTERNATIVE.search(joints):
        yield run


def _affirmed(mention: Mention) -> bool:
    """Present, or one of two that an "or" joins."""
    alternative = mention.presence is Presence.UNCERTAIN and mention.certainty == "alternative"
    return mention.presence is Presence.PRESENT or alternative


def _alike(one: Mention, two: Mention, lexicon: Lexicon) -> bool:
    """Findings that can be alternatives on one image ("atelectasis or pneumonia")."""
    if same_family(one.concept, two.concept, lexicon):
        return True
    return frozenset({one.concept, two.concept}) in _SYNONYMOUS


def _specific(line: Line, sure: list[Mention]) -> bool:
    return any(m.concept not in UMBRELLAS for m in sure)

"""Sex, age, modality and contrast medium against the header and the text itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from radassist.checks.model import Line, Problem, Rule, Severity, View

_SEX_NAME = {"F": "female", "M": "male"}
_WORDS = {
    "F": re.compile(
        r"\b(?:female|woman|lady|girl|she|her|hers|mrs|ms|pregnant|gravid|postmenopausal|"
        r"post-menopausal|hysterectomy|oophorectomy|postpartum|c-section|menopaus\w*|menses|lmp)\b",
        re.IGNORECASE,
    ),
    "M": re.compile(
        r"\b(?:male|man|gentleman|boy|he|him|his|mr|prostatectomy|orchiectomy|vasectomy|turp)\b",
        re.IGNORECASE,
    ),
}
_PLAIN = {
    "F": re.compile(r"\b(?:female|woman|lady|girl)\b", re.IGNORECASE),
    "M": re.compile(r"\b(?:male|man|gentleman|boy)\b", re.IGNORECASE),
}
_OTHER = {"F": "M", "M": "F"}
_RELATIVE = re.compile(
    r"\b(?:mother|father|wife|husband|daughter|son|sister|brother|donor|fetus|fetal|famil\w+)\b",
    re.I,
)


def _sex(view: View) -> str:
    """The patient's sex by header, else by the plain words of the text if they name only one."""
    if view.study.patient_sex.upper() in _SEX_NAME:
        return view.study.patient_sex.upper()
    text = view.text("Indication", "Examination")
    named = [sex for sex, pattern in _PLAIN.items() if pattern.search(text)]
    return named[0] if len(named) == 1 else ""


def sex_anatomy(view: View, rule: Rule) -> Iterable[Problem]:
    """An organ or disease that the patient's sex does not have, or organs of both sexes."""
    sex = _sex(view)
    organs = [(line, found) for line in view.lines for found in _organs(view, line)]
    if not sex:
        sexes = {organ for _, (organ, _, _) in organs}
        if len(sexes) == 2:
            line, (_, start, end) = organs[-1]
            why = "The report names organs of both sexes."
            yield rule.at(line, why, span=(start, end))
        return
    if sex == "M":
        yield from _breast(view, rule)
    told: set[str] = set()
    for line, (organ, start, end) in organs:
        if organ != sex and line.statement.id not in told:
            told.add(line.statement.id)
            why = f"The patient is {_SEX_NAME[sex]}; {line.text[start:end]} does not fit."
            yield rule.at(line, why, span=(start, end))


def _breast(view: View, rule: Rule) -> Iterator[Problem]:
    """Breast surgery and implants of a man: possible, and worth a look."""
    for line in view.lines:
        found = _BREAST.search(line.text)
        if found and not _RELATIVE.search(line.text):
            why = f"The patient is male; {found.group()} is rare."
            yield rule.at(line, why, span=found.span(), severity=Severity.WARNING)


_BREAST = re.compile(
    r"\b(?:mastectom\w+|lumpectom\w+|"
    r"breast (?:implant|prosthes|shadow|tissue|augment|cancer|carcinoma)\w*)",
    re.IGNORECASE,
)


def _organs(view: View, line: Line) -> Iterator[tuple[str, int, int]]:
    if _RELATIVE.search(line.text):
        return
    for mention in line.reading.mentions:
        concept = view.lexicon.get(mention.concept)
        if concept is not None and concept.sex:
            yield concept.sex, mention.start, mention.end


def sex_words(view: View, rule: Rule) -> Iterable[Problem]:
    """ "She" in the report of a man."""
    sex = _sex(view)
    if not sex:
        return
    for line in view.lines:
        found = _WORDS[_OTHER[sex]].search(line.text)
        if found is None or _RELATIVE.search(line.text):
            continue
        if found.group().isupper() and len(found.group()) <= 3:
            continue
        why = f"The patient is {_SEX_NAME[sex]}; the text says “{found.group()}”."
        yield rule.at(line, why, span=found.span())


_AGE = re.compile(
    r"\b(\d{1,3})[ -]*(years?|yrs?|y/?o|yo|months?|weeks?|days?)\b(?:[ -]*old)?", re.I
)
_INFANT = re.compile(
    r"\b(?:newborn|neonat\w+|infant|premature (?:infant|lungs?)|fontanelle?s?|"
    r"thymic (?:shadow|silhouette)|"
    r"(?:growth plates?|physes|physis|epiphyses) (?:is|are|remain) open|"
    r"open (?:growth plates?|physes|epiphyses)|unfused (?:physes|epiphyses|growth plates?))\b",
    re.IGNORECASE,
)
_OLD = re.compile(
    r"\b(?:age[- ]related|senile|postmenopausal|menopaus\w+|osteoporo\w+|involutional change\w*|"
    r"(?:for|given) (?:the )?(?:patient's )?advanced age|elderly)\b",
    re.IGNORECASE,
)


def age(view: View, rule: Rule) -> Iterable[Problem]:
    """Words for infants in an adult's report, or an age in the text that is not the header's."""
    years = _years(view.study.patient_age)
    if years is None:
        return
    for line in view.lines:
        infant, old = _INFANT.search(line.text), _OLD.search(line.text)
        if infant and years >= 18 and not _RELATIVE.search(line.text):
            yield rule.at(line, f"The patient is {years:.0f} years old.", span=infant.span())
        if old and years < 12:
            yield rule.at(line, f"The patient is {years:.0f} years old.", span=old.span())
        for mention in line.asserted():
            if mention.concept in _FERTILE and not 9 <= years <= 60:
                why = f"Pregnancy at {years:.0f} years of age."
                yield rule.at(line, why, span=(mention.start, mention.end))
    for line in view.section("Indication", "Findings", "Impression"):
        for found in _AGE.finditer(line.text):
            stated = _stated_years(found)
            if "old" in found.group().lower() and stated is not None and abs(stated - years) > 1.1:
                why = f"The header says {years:.0f} years, the text {found.group()}."
                yield rule.at(line, why, span=found.span())


_FERTILE = ("pregnancy", "ectopic-pregnancy")


def _years(age_string: str) -> float | None:
    """Years of a DICOM Age String (PS3.5 6.2, AS), or None."""
    found = re.fullmatch(r"(\d{3})([DWMY])", age_string.strip().upper())
    if found is None:
        return None
    return int(found.group(1)) / {"D": 365.25, "W": 52.18, "M": 12.0, "Y": 1.0}[found.group(2)]


def _stated_years(found: re.Match[str]) -> float | None:
    return (
        int(found.group(1))
        / {"d": 365.25, "w": 52.18, "m": 12.0, "y": 1.0}[found.group(2)[0].lower()]
    )


_MODALITY = {
    "CT": re.compile(r"\b(?:CT|CTA|computed tomograph\w*)\b", re.I),
    "MR": re.compile(r"\b(?:MRI|MRA|MR|magnetic resonance)\b", re.I),
    "US": re.compile(r"\b(?:ultrasound|sonograph\w*|sonogram)\b", re.I),
    "XR": re.compile(r"\b(?:radiographs?|x-?rays?|plain films?)\b", re.I),
    "MG": re.compile(r"\bmammogra\w*\b", re.I),
    "PT": re.compile(r"\bPET\b"),
}
_HEADER_MODALITY = {"CR": "XR", "DX": "XR", "RG": "XR", "DR": "XR", "RF": "XR"}
_PAST = re.compile(
    r"\b(?:prior|previous|compar\w+|recommend\w*|consider|correlat\w+|follow\w*|see|recent)\b", re.I
)


#: Words that only one kind of image gives; the others are warned of.
_WORDS_OF = {
    "MR": re.compile(
        r"\b(?:T[12][- ](?:weighted|hyper|hypo|iso|signal|bright|dark|shine)\w*|FLAIR|"
        r"(?:hyper|hypo|iso)intens\w+|signal (?:intensity|abnormalit\w+|void)|"
        r"(?:restricted|reduced) diffusion|diffusion restriction)\b",
        re.IGNORECASE,
    ),
    "CT": re.compile(r"\b(?:Hounsfield(?: units?)?|\d+ ?HU|(?:hyper|hypo)attenuat\w+)\b", re.I),
    "US": re.compile(
        r"\b(?:(?:hypo|hyper|an|iso)?echo(?:ic|genic(?:ity)?)|posterior acoustic \w+|"
        r"(?:color|spectral|duplex) doppler|sonographically)\b",
        re.IGNORECASE,
    ),
}
#: What another examination than this one is named by.
_ELSEWHERE = re.compile(
    r"\b(?:prior|previous\w*|compar\w+|recent|outside|recommend\w*|consider|correlat\w+|seen on|"
    r"MRI?|CT|ultrasound|sonogra\w+|PET)\b",
    re.IGNORECASE,
)


def modality(view: View, rule: Rule) -> Iterable[Problem]:
    """Examination or technique name another modality than the header, or than one another."""
    known = _HEADER_MODALITY.get(view.study.modality.upper(), view.study.modality.upper())
    if known not in _MODALITY:
        return
    for line in view.section("Examination", "Technique"):
        if _PAST.search(line.text):
            continue
        named = {code for code, pattern in _MODALITY.items() if pattern.search(line.text)}
        if named and known not in named:
            found = _MODALITY[sorted(named)[0]].search(line.text)
            why = f"The study is {known}, the text says {found.group() if found else ''}."
            yield rule.at(line, why, span=found.span() if found else None)
    yield from _own_modality(view, rule, known)


def _own_modality(view: View, rule: Rule, known: str) -> Iterator[Problem]:
    """ "This MRI shows" in the report of a CT."""
    for line in view.facts:
        for code, pattern in _MODALITY.items():
            found = re.search(
                rf"\b(?:this|present|current|today's) {pattern.pattern}", line.text, re.I
            )
            if found and code != known:
                yield rule.at(line, f"The study is {known}.", span=found.span())
        for code, pattern in _WORDS_OF.items():
            found = None if code == known else pattern.search(line.text)
            if found and known not in ("NM", "PT") and not _ELSEWHERE.search(line.text):
                why = f"“{found.group()}” is a word of {code}; the study is {known}."
                yield rule.at(line, why, span=found.span(), severity=Severity.WARNING)


_WITH = re.compile(
    r"\b(?:post[- ]contrast|contrast[- ]enhanced|with (?:intravenous |iv |i\.v\. |gadolinium |"
    r"the administration of )?(?:contrast|gadolinium)|"
    r"(?:after|following) (?:the )?(?:administration|injection|"
    r"intravenous|iv)\b|\d+ ?m[lL] of \w+|enhanc(?:es|ing|ement))\b",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"\b(?:without (?:intravenous |iv |i\.v\. |any )?contrast|non[- ]?contrast|unenhanced|"
    r"no (?:intravenous |iv )?contrast(?! enhanc))\b",
    re.IGNORECASE,
)


_BOTH = re.compile(
    r"\bwith(?: iv)? ?(?:and|&|/|or|\+) ?without\b|"
    r"\bwithout(?: iv)?(?: contrast)? ?,?(?:and|&|/|then|followed by)"
    r"(?: then)? ?with\b|\bpre[- ]? ?(?:and|&|/) ?post[- ]?contrast\b",
    re.IGNORECASE,
)


def _given(text: str) -> bool:
    """Whether a text says that contrast medium was given, with or without plain images before."""
    return bool(_BOTH.search(text) or _WITH.search(_WITHOUT.sub("", text)))


def contrast(view: View, rule: Rule) -> Iterable[Problem]:
    """Enhancement without contrast medium, or "without contrast" where the header records it."""
    about = view.section("Examination", "Technique")
    plain = any(_WITHOUT.search(line.text) for line in about)
    given = any(_given(line.text) for line in about)
    if view.study.contrast:
        for line in about:
            found = _WITHOUT.search(line.text)
            if found and not given:
                why = f"The header records contrast medium ({view.study.contrast})."
                yield rule.at(line, why, span=found.span())
        return
    if plain and not given:
        yield from _enhanced(view, rule)
    elif given and view.study.study_instance_uid:
        line = next(line for line in about if _given(line.text))
        why = "The header records no contrast medium."
        yield rule.at(line, why, span=(0, len(line.text)), severity=Severity.WARNING)


def _enhanced(view: View, rule: Rule) -> Iterator[Problem]:
    for line in view.facts:
        found = _WITH.search(_WITHOUT.sub(lambda m: " " * len(m.group()), line.text))
        if (
            found
            and not _PAST.search(line.text)
            and not re.search(r"\b(?:no|not|without|cannot)\b", line.text)
        ):
            why = f"“{found.group()}”, but the study was done without contrast."
            yield rule.at(line, why, span=found.span())

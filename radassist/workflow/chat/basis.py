"""Why a statement stands there, what the AI saw, and what the header says of the images."""

# Patterns are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Sequence

from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.report import StatementState
from radassist.workflow.chat.answering import SILENT, Answer, answered, quoted
from radassist.workflow.chat.view import Line, View

_WHY = re.compile(
    r"(?:why|how come|how do (?:you|we|i) know|on what (?:basis|grounds)|based on what|"
    r"what makes you|what supports|what(?:'s| is) the (?:evidence|basis|reason|source)|"
    r"where does .* come from|who (?:wrote|said))\b",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"\b(?:do|does|did|would|has|have) (?:you|i|we|the report|it|he|she)"
    r"(?: (?:say|says|said|think|state|stated|call|called|write|written|wrote|put|conclude|mention))?"
    r"(?: that)?\b|\b(?:for|is|are|was|were|there|called|evidence|basis|reason|source|come|from)\b",
    re.IGNORECASE,
)
_AI = re.compile(
    r"\b(?:ai|a\.i\.|vision|neural net\w*|network|algorithm|computer)\b", re.IGNORECASE
)
_VIEW = re.compile(
    r"\b(?:views?|projections?|modality|body part|(?:kind|type|sort) of (?:an? )?"
    r"(?:image|picture|study|exam\w*|scan|x-?ray|film|radiograph)s?|"
    r"what (?:image|picture|study|exam\w*|scan|x-?ray|film)s? (?:is|are) (?:this|it|these)|"
    r"(?:pa|ap) or (?:pa|ap|lateral))\b",
    re.IGNORECASE,
)
_VIEW_WORDS = re.compile(
    r"\b(?:PA|AP|posteroanterior|anteroposterior|lateral|frontal|oblique|portable|supine|"
    r"erect|upright|views?|projections?)\b"
)
_CONTRAST = re.compile(
    r"\bcontrast\b.*\b(?:given|used|administered|injected)\b|^(?:was|is|with) .*contrast",
    re.IGNORECASE,
)
#: DICOM attributes of the patient and the study, by how they are asked for.
_ATTRIBUTES = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "PatientAge": r"\bhow old is (?:he|she|the (?:patient|child|man|woman))\b|\bage of the patient\b|"
        r"\b(?:patient'?s?|what(?:'s| is) (?:the|his|her)) age\b",
        "PatientSex": r"\b(?:sex|gender|male or female|man or woman)\b",
        "StudyDate": r"\bwhen was (?:this|the|it)\b.*\b(?:study|exam\w*|image|film|scan|taken|done|made|"
        r"acquired)\b|\bdate of (?:the|this) (?:study|exam\w*)\b",
    }.items()
}
_HEADER_KEYS = frozenset({"ViewPosition", "Modality", "BodyPartExamined"})


def asks_why(text: str) -> bool:
    """ "Why cardiomegaly", "how do you know there is an effusion"."""
    return _WHY.match(text) is not None


def why_topic(text: str) -> str:
    """What is to be explained: the question without its asking words."""
    return " ".join(_SAYING.sub(" ", _WHY.sub(" ", text, count=1)).split())


def explained(lines: Sequence[Line], view: View, concepts: frozenset[str] = frozenset()) -> Answer:
    """Each statement with what it rests on; an impression leads to its findings.

    :param concepts: what is to be explained, where a statement says more than that.
    """
    shown: list[str] = []
    cited: dict[str, None] = {}
    told = frozenset(line.id for line in lines[:4])
    for line in lines[:4]:
        parts = []
        for text, ids in _basis(line, view, concepts, told):
            parts.append(text)
            cited.update(dict.fromkeys(ids))
        cited[line.id] = None
        shown.append(f"{line.quoted()} - {'; '.join(parts)}")
    return Answer("\n".join(f"{one}." for one in shown), tuple(cited))


def _basis(
    line: Line, view: View, concepts: frozenset[str], told: frozenset[str]
) -> list[tuple[str, tuple[str, ...]]]:
    """What one statement rests on, each with the ids of statements that are named."""
    found: list[tuple[str, tuple[str, ...]]] = []
    for evidence in line.statement.evidence:
        other = view.line(evidence.ref) if evidence.kind is EvidenceKind.STATEMENT else None
        if other is not None and other.id in told:
            found.append((f"rests on {other.called()}", (other.id,)))
        elif other is not None:
            found.append((f"rests on {other.quoted()}", (other.id,)))
            found += _basis(other, view, concepts, told)
        else:
            found.append((_worded(evidence, line), ()))
    if not found and line.section.lower() == "impression":
        for other in _supporting(line, view, concepts):
            name = other.called() if other.id in told else other.quoted()
            found.append((f"agrees with {name}", (other.id,)))
    return [*found, (_origin(line), ())]


def _supporting(line: Line, view: View, concepts: frozenset[str]) -> list[Line]:
    own = [m for m in line.findings if not concepts or m.concept in concepts]
    return [
        x
        for x in view.in_section("Findings")
        if any(
            view.lexicon.related(m.concept, n.concept) and m.presence == n.presence
            for m in x.findings
            for n in own
        )
    ]


def _worded(evidence: Evidence, line: Line) -> str:
    match evidence.kind:
        case EvidenceKind.MEASUREMENT:
            measured = evidence.measurement
            name = measured.name if measured is not None else "measurement"
            return f"measured on the image: {name} {evidence.value}"
        case EvidenceKind.FINDING:
            sure = "" if evidence.score is None else f", probability {evidence.score:.2f}"
            return f"seen by {line.statement.provenance.source}: {evidence.value}{sure}"
        case EvidenceKind.TEMPLATE:
            return f"normal text of the template {evidence.ref}, a proposal and no observation"
        case EvidenceKind.HEADER:
            return f"header: {evidence.ref} {evidence.value}"
        case EvidenceKind.PRIOR:
            return f"prior study: {evidence.value}"
        case _:
            return f"{evidence.kind.value}: {evidence.value or evidence.ref}"


_ORIGINS = {
    "radiologist": "written by the radiologist",
    "import": "stands so in the imported report",
    "prior": "taken from the prior report",
    "template": "proposed by the template",
    "header": "taken from the header",
    "measurement": "measured",
}


def _origin(line: Line) -> str:
    source = line.statement.provenance.source
    text = _ORIGINS.get(source, f"written by {source}")
    if line.statement.state is StatementState.ACCEPTED and line.statement.provenance.is_machine:
        text += ", accepted by the radiologist"
    if line.statement.state is StatementState.PROPOSED and line.statement.provenance.is_machine:
        text += ", not yet accepted"
    return text


# --- what the AI saw -----------------------------------------------------------------------------


def asks_ai(text: str) -> bool:
    """ "What did the AI find", "did the network see anything"."""
    return _AI.search(text) is not None


def seen_by_ai(view: View) -> Answer:
    """Statements of the vision packs with their numbers, and what a pack refused."""
    lines = [x for x in view.lines if x.statement.provenance.source.startswith("vision:")]
    refusals = [n for n in view.report.notices if re.search(r"\b(?:pack|vision|refus\w*)\b", n)]
    refusals = [n for n in refusals if "language" not in n.lower()]
    told = f" It also says: {' '.join(refusals)}" if refusals else ""
    if lines:
        found = explained(lines, view)
        return Answer(f"The AI found: {found.text}{told}", found.cited)
    if refusals:
        return Answer(f"The AI found nothing, because it did not look: {' '.join(refusals)}")
    return Answer(f"{SILENT} None of its statements comes from the AI.")


# --- what the header says ------------------------------------------------------------------------


def about_images(text: str, view: View) -> Answer | None:
    """View and kind of image, contrast, age, sex, date: from the header; None for other things."""
    if _VIEW.search(text) is not None:
        return _view_answer(view)
    if _CONTRAST.search(text) is not None:
        return _contrast(view)
    study = view.report.study
    values = {"PatientAge": study.patient_age, "PatientSex": study.patient_sex}
    values["StudyDate"] = study.study_date
    for name, pattern in _ATTRIBUTES.items():
        if pattern.search(text) is not None:
            value = values[name]
            return Answer(f"The header says: {name} {value}.") if value else _told(name, view)
    return None


def _told(name: str, view: View) -> Answer:
    """An age or a sex that the text gives ("7 months old"); nothing else is guessed."""
    pattern = {
        "PatientAge": r"\b(?:years?|months?|weeks?|days?)[- ]old\b",
        "PatientSex": r"\b(?:male|female|man|woman|boy|girl)\b",
    }.get(name)
    return quoted([x for x in view.lines if pattern and re.search(pattern, x.text, re.I)])


def _view_answer(view: View) -> Answer:
    study = view.report.study
    facts = [f"{name} {value}" for name, value in (
        ("ViewPosition", study.view), ("Modality", study.modality),
        ("BodyPartExamined", study.body_part)) if value]  # fmt: skip
    lines = [
        x
        for x in view.lines
        if x.section in ("Examination", "Technique")
        and (_VIEW_WORDS.search(x.text) or any(e.ref in _HEADER_KEYS for e in x.statement.evidence))
    ]
    if not facts and not lines:
        return Answer(SILENT)
    header = f"The header says: {', '.join(facts)}." if facts else ""
    if not lines:
        return Answer(header)
    found = answered(f"{header} The report says".strip(), lines)
    return Answer(found.text, found.cited)


def _contrast(view: View) -> Answer:
    agent = view.report.study.contrast
    lines = [x for x in view.lines if re.search(r"\bcontrast\b(?!-)", x.text, re.IGNORECASE)]
    if agent:
        return Answer(f"Yes: the header names ContrastBolusAgent {agent}.")
    without = [
        x for x in lines if re.search(r"\b(?:without|no|un)[- ]?\w* ?contrast", x.text, re.I)
    ]
    return answered("No", without) if without else quoted(lines)

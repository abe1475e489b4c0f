"""Plain-text reports into sections and statements, and into a report.

Headings in any usual spelling; what stands before the first heading is the examination (a title) or
findings.  No character but white space, bullets, numbering and heading marks is lost.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from radassist.domain.reading import sentence_spans
from radassist.domain.reading.quantities import dates
from radassist.domain.report import (
    SECTIONS,
    Provenance,
    Report,
    Section,
    Statement,
    StatementState,
    StudyContext,
)

#: A report is a few kilobytes; what is longer is cut into statements only up to here.
MAX_TEXT = 1_000_000
#: Sections beyond this many are kept as text of the last one.
MAX_SECTIONS = 200

_HEADINGS = {
    "Examination": (
        "exam|examination|examinations|study|procedure|procedures|exam type|type of exam|"
        "type of examination|exam description|order|title|examination performed|study type"
    ),
    "Indication": (
        "indication|indications|clinical indication|clinical indications|history|"
        "clinical history|clinical information|clinical data|clinical details|patient history|"
        "reason for exam|reason for examination|reason for this examination|reason for study|"
        "reason|history and indication|indication history|history indication|clinical statement|"
        "relevant clinical information|medical condition|clinical question|symptoms|diagnosis"
    ),
    "Technique": (
        "technique|techniques|method|methods|protocol|imaging technique|procedure technique|"
        "technical factors|contrast|radiation dose|dose"
    ),
    "Comparison": (
        "comparison|comparisons|comparison study|comparison studies|prior|priors|prior studies|"
        "prior study|compared to|comparison exam|comparison exams|comparison film|correlation|"
        "previous studies|previous examinations"
    ),
    "Findings": (
        "findings|finding|report|result|results|observations|description|radiographic findings|"
        "imaging findings|body of report|interpretation of findings"
    ),
    "Impression": (
        "impression|impressions|conclusion|conclusions|opinion|summary|assessment|interpretation|"
        "final impression|diagnostic impression|impression conclusion|conclusion impression|"
        "impression and recommendation|impression and recommendations|impression recommendation|"
        "summary and conclusion|wet read"
    ),
}
_CANONICAL = {name: key for key, names in _HEADINGS.items() for name in names.split("|")}
#: Headings that are usual and have no canonical section: kept under their own name.
_OWN = frozenset(
    [
        "addendum",
        "recommendation",
        "recommendations",
        "comment",
        "comments",
        "notification",
        "communication",
        "note",
        "notes",
        "critical result",
        "critical results",
        "attestation",
        "signature",
        "limitations",
        "discussion",
        "findings and impression",
    ]
)
_PART = re.compile(r"[^a-z]+")
_HEADING_LINE = re.compile(
    r"^(?P<lead>[ \t>*#_=~-]*)(?P<name>[A-Za-z][A-Za-z /&()_-]{1,60}?)[ \t*_]*"
    r"(?P<mark>:|[-–—](?=\s|$)|$)"
    r"(?P<tail>[*_=~-]*)",
)
_INLINE = re.compile(
    r"(?<![A-Za-z])(?P<name>"
    + "|".join(
        sorted(
            (
                n
                for n in _CANONICAL
                if n
                not in (
                    "prior",
                    "report",
                    "order",
                    "contrast",
                    "dose",
                    "reason",
                    "title",
                    "summary",
                    "study",
                    "result",
                    "results",
                    "diagnosis",
                    "history",
                    "description",
                    "symptoms",
                    "method",
                )
            ),
            key=len,
            reverse=True,
        )
    )
    + r")\s*:",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[ \t]*(?:[-*•·‣▪–—]+|\(?\d{1,2}[.)](?!\d)|[a-hA-H][.)](?=\s))[ \t]+(?=\S)")
_LEAD_NUMBER = re.compile(r"^\(?\d{1,2}[.)](?=\s|[A-Za-z])\s*")


def parse_report(text: str) -> list[tuple[str, list[str]]]:
    """Section names with their sentences, in the order of the text.

    Names are those of ``SECTIONS`` where the heading means one of them; other headings keep their
    own.  A section that the text opens and leaves empty is there with no sentence.
    """
    text = _clean(text)
    parts = _sections(text)
    merged: dict[str, list[str]] = {}
    for name, body in parts:
        merged.setdefault(name, []).extend(_statements(body))
    if not merged:
        return []
    return list(merged.items())


def _clean(text: str) -> str:
    """Unix line ends, no byte order mark, no control characters, at most MAX_TEXT characters."""
    text = text[:MAX_TEXT].replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    text = text.replace("\u00a0", " ").replace("\u2028", "\n").replace("\f", "\n")
    return "".join(c for c in text if c in "\n\t" or (c.isprintable() or c.isspace()))


def _sections(text: str) -> list[tuple[str, str]]:
    """(section, body) pairs; the body before any heading is Examination or Findings."""
    found: list[tuple[str, list[str]]] = []
    preamble: list[str] = []
    for line in text.split("\n"):
        for name, rest in _split_line(line):
            if name and len(found) < MAX_SECTIONS:
                found.append((name, [rest] if rest.strip() else []))
            else:
                (found[-1][1] if found else preamble).append(
                    rest if not name else f"{name}: {rest}"
                )
    sections = [(name, "\n".join(lines)) for name, lines in found]
    head = "\n".join(preamble)
    if head.strip():
        sections.insert(0, (_preamble_section(head, bool(found)), head))
    return sections


def _split_line(line: str) -> list[tuple[str, str]]:
    """A line as (heading or "", text) pairs; with a colon, a heading may stand inside it."""
    found: list[tuple[str, str]] = []
    heading = _heading(line)
    name, rest = heading if heading else ("", line)
    while True:
        inside = _INLINE.search(rest)
        if inside is None or not _opens(rest, inside):
            break
        found.append((name, rest[: inside.start()]))
        name = _CANONICAL[_key(inside.group("name"))]
        rest = rest[inside.end() :]
    found.append((name, rest))
    return [pair for pair in found if pair[0] or pair[1].strip()] or [("", line)]


def _opens(text: str, found: re.Match[str]) -> bool:
    """Whether a heading inside a line stands at a sentence's start and is written as a heading."""
    before = text[: found.start()].rstrip()
    word = found.group("name")
    return (not before or before[-1] in ".;:!?)]*") and (word.isupper() or word[:1].isupper())


def _heading(line: str) -> tuple[str, str] | None:
    """(section, rest of the line) where the line begins with a heading."""
    found = _HEADING_LINE.match(line)
    if found is None:
        return None
    key, mark = _key(found.group("name")), found.group("mark")
    rest = line[found.end() :]
    canonical = _CANONICAL.get(key) or _joined_heading(key)
    name = found.group("name").strip(" \t_*-")
    if canonical and (mark or _alone(found, rest)):
        return canonical, rest
    if key in _OWN and (mark or _alone(found, rest)):
        return name.title() if name.isupper() else name, rest
    if mark == ":" and name.isupper() and len(name) > 3 and not rest.strip():
        return name, rest
    if (
        mark == ":"
        and not rest.strip()
        and 3 < len(name) <= 40
        and name[0].isupper()
        and (found.group("lead").strip())
    ):
        return name, rest
    return None


def _alone(found: re.Match[str], rest: str) -> bool:
    name = found.group("name").strip()
    return not rest.strip() and (
        name.isupper() or name.istitle() or bool(found.group("lead").strip())
    )


def _joined_heading(key: str) -> str | None:
    """The section of "impression/conclusion": all its parts mean the same."""
    parts = [p for p in key.replace(" and ", "|").replace(" or ", "|").split("|") if p]
    sections = {_CANONICAL.get(part.strip()) for part in parts}
    if len(sections) == 1:
        return sections.pop()
    words = {_CANONICAL.get(word) for word in key.split() if word != "and"}
    return words.pop() if len(words) == 1 else None


def _key(name: str) -> str:
    return _PART.sub(" ", name.lower()).strip()


def _preamble_section(head: str, has_sections: bool) -> str:
    """A short line without a verb is the title of the examination; else it is findings."""
    text = " ".join(head.split())
    verbs = re.search(r"\b(?:is|are|was|were|has|have|no|normal|there|seen|shows?)\b", text, re.I)
    return "Examination" if has_sections and len(text) <= 200 and not verbs else "Findings"


def _statements(body: str) -> list[str]:
    """Sentences of a section: bullets and numbers part them and are left out."""
    found: list[str] = []
    for block in _blocks(body):
        for start, end in sentence_spans(block):
            sentence = " ".join(_LEAD_NUMBER.sub("", block[start:end]).split())
            if not sentence:
                continue
            if found and not any(c.isalnum() for c in sentence):
                found[-1] = f"{found[-1]} {sentence}" if sentence != "." else found[-1] + " ."
            else:
                found.append(sentence)
    return found


def _blocks(body: str) -> list[str]:
    """Lines joined to paragraphs: a blank line, a bullet or a number begins a new one."""
    blocks: list[str] = []
    fresh = True
    for line in body.split("\n"):
        if not line.strip():
            fresh = True
            continue
        bullet = _BULLET.match(line)
        if fresh or bullet:
            blocks.append(line[bullet.end() :] if bullet else line)
        else:
            blocks[-1] += "\n" + line
        fresh = False
    return blocks


def import_report(text: str, report_id: str, study: StudyContext | None = None) -> Report:
    """A draft report from plain text: provenance ``import``, every statement accepted.

    Facts of the header (modality, body part, sex, age, side, contrast, priors) are taken from the
    text only where it states them in so many words and ``study`` does not.
    """
    parsed = dict(parse_report(text))
    names = [*SECTIONS, *(name for name in parsed if name not in SECTIONS)]
    sections, number = [], 0
    for name in names:
        statements = []
        for sentence in parsed.get(name, ()):
            number += 1
            statements.append(_imported(number, sentence))
        sections.append(Section(name, tuple(statements)))
    context = _facts(study or StudyContext(), parsed)
    return Report(report_id, context, tuple(sections), next_statement=number + 1)


def _imported(number: int, text: str) -> Statement:
    return Statement(f"s{number}", text, Provenance("import"), (), StatementState.ACCEPTED)


_MODALITIES = (
    ("MR", r"\b(?:mri|mr|mra|magnetic resonance)\b"),
    ("CT", r"\b(?:ct|cta|computed tomograph\w*)\b"),
    ("US", r"\b(?:us|ultrasound|sonograph\w*|sonogram|doppler)\b"),
    ("MG", r"\bmammogra\w*\b"),
    ("PT", r"\bpet\b"),
    ("NM", r"\b(?:scintigraph\w*|bone scan)\b"),
    ("CR", r"\b(?:radiograph\w*|x-?rays?|cxr|films?|pa and lateral|[12] views?|two views?)\b"),
)
_BODY_PARTS = (
    ("HEAD", r"\b(?:head|brain|skull|cranial)\b"),
    ("CHEST", r"\b(?:chest|thorax|lungs?|cxr)\b"),
    ("ABDOMEN", r"\b(?:abdomen|abdominal|kub|liver|renal|kidneys?)\b"),
    ("PELVIS", r"\bpelvi[sc]\b"),
    ("BREAST", r"\b(?:breasts?|mammogra\w*)\b"),
    ("SPINE", r"\bspine\b"),
    ("NECK", r"\bneck\b"),
    ("KNEE", r"\bknee\b"),
    ("HIP", r"\bhip\b"),
    ("SHOULDER", r"\bshoulder\b"),
)
_SEX = (
    ("F", r"\b(?:female|woman|lady|girl|f)\b"),
    ("M", r"\b(?:male|man|gentleman|boy|m)\b"),
)
_AGED = re.compile(
    r"\b(?P<n>\d{1,3})[ -]*(?P<u>years?|yrs?|y\.?/?o\b\.?|y|months?|mos?|mo|weeks?|wks?|days?)\b"
    r"(?:[ -]*(?:old|of age|/o|o))?[ .-]*(?P<s>f|m)?\b",
    re.IGNORECASE,
)
_SHORT_SEX = re.compile(r"\b(?P<n>\d{1,3})\s*(?P<s>[MF])\b")
_SIDED = re.compile(r"\b(?:(?P<b>bilateral|both)|(?P<r>right|rt)|(?P<l>left|lt))\b", re.IGNORECASE)


def _facts(study: StudyContext, parsed: dict[str, list[str]]) -> StudyContext:
    exam = " ".join(parsed.get("Examination", ()))
    technique = " ".join(parsed.get("Technique", ()))
    indication = " ".join(parsed.get("Indication", ()))
    found: dict[str, Any] = {
        "modality": _only(_MODALITIES, exam) or _only(_MODALITIES, technique),
        "body_part": _only(_BODY_PARTS, exam),
        "patient_sex": _sex(indication) or _sex(exam),
        "patient_age": _age(indication),
        "laterality": _laterality(exam),
        "indication": indication,
        "study_description": exam,
        "study_date": _exam_date(exam),
    }
    context = replace(study, **{k: v for k, v in found.items() if v and not getattr(study, k)})
    if not context.priors:
        context = replace(context, priors=prior_dates(parsed.get("Comparison", ())))
    return context


def _only(table: tuple[tuple[str, str], ...], text: str) -> str:
    """The one code whose words the text has; "" when none or several do."""
    codes = [code for code, pattern in table if re.search(pattern, text, re.IGNORECASE)]
    return codes[0] if len(codes) == 1 else ""


def _sex(text: str) -> str:
    codes = [c for c, p in _SEX if re.search(p.replace("|f)", ")").replace("|m)", ")"), text, re.I)]
    if len(codes) == 1:
        return codes[0]
    short = _SHORT_SEX.search(text) or _AGED.search(text)
    return (short.groupdict().get("s") or "").upper() if short and not codes else ""


def _age(text: str) -> str:
    """DICOM Age String (PS3.5 6.2, VR AS) of the first stated age: "064Y"."""
    found = _AGED.search(text)
    if found is None or not re.search(
        r"old|of age|y\.?/?o\b|\by[mf]?\b", found.group(), re.IGNORECASE
    ):
        short = _SHORT_SEX.search(text)
        return f"{int(short.group('n')):03d}Y" if short else ""
    unit = found.group("u")[0].upper()
    return f"{int(found.group('n')):03d}{unit}"


def _laterality(text: str) -> str:
    sides = {found.lastgroup for found in _SIDED.finditer(text)}
    if "b" in sides or sides >= {"r", "l"}:
        return "B"
    return {"r": "R", "l": "L"}.get(next(iter(sides)) or "", "") if sides else ""


def _exam_date(text: str) -> str:
    full = [value for value, _, _ in dates(text) if len(value) == 8]
    return full[0] if len(full) == 1 else ""


def prior_dates(comparison: list[str] | tuple[str, ...]) -> tuple[str, ...]:
    """Dates of priors that the Comparison section names, YYYYMMDD (or shorter), oldest last."""
    found = {value for sentence in comparison for value, _, _ in dates(sentence)}
    return tuple(sorted(found, reverse=True))

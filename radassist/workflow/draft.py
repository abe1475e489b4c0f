"""Draft: from header, template and findings to a structured report, statement by statement.

Nothing here claims what nothing supports: examination and technique come from the header,
findings from a vision pack or as visibly proposed template text, comparison only from priors that
were really opened, and the impression from the findings (``impression.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from radassist.domain.findings import Evidence, EvidenceKind, Finding
from radassist.domain.operations import Insert
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StatementState,
)
from radassist.domain.templates import ReportTemplate, TemplateSentence
from radassist.workflow.session import Step
from radassist.workflow.study_choice import Subject

_MODALITY_WORDS = {
    "CR": "Radiograph",
    "DX": "Radiograph",
    "RG": "Radiograph",
    "CT": "CT",
    "MR": "MR",
    "US": "Ultrasound",
    "MG": "Mammogram",
    "NM": "Nuclear medicine study",
    "PT": "PET",
    "XA": "Angiography",
    "RF": "Fluoroscopy",
}

#: Views that a sentence spells in letters of its own; codes such as PA stand as they are.
_VIEW_WORDS = {"LATERAL": "lateral", "OBLIQUE": "oblique"}
#: Merge field -> what it was taken from: a DICOM keyword, or a count of what was opened.
_KEYWORDS = {
    "view": "ViewPosition",
    "body_part": "BodyPartExamined",
    "modality_words": "Modality",
    "study_date": "StudyDate",
    "plane": "ImageOrientationPatient",
    "image_count": "images opened",
    "image_count_words": "images opened",
    "slice_thickness": "SliceThickness",
    "contrast": "ContrastBolusAgent",
    "series_description": "SeriesDescription",
}


@dataclass
class DraftBuilder:
    """Collects the statements of a draft as steps, giving out statement ids in order."""

    report: Report
    steps: list[Step]

    def add(
        self,
        section: str,
        text: str,
        provenance: Provenance,
        evidence: Sequence[Evidence] = (),
        state: StatementState = StatementState.PROPOSED,
    ) -> str:
        """Append one statement to a section; returns its id."""
        statement_id = f"s{len(self.steps) + 1}"
        statement = Statement(statement_id, text, provenance, tuple(evidence), state)
        place = sum(
            isinstance(s.operation, Insert) and s.operation.section == section for s in self.steps
        )
        self.steps.append(Step(Insert(section, place, statement), "draft", provenance.source))
        return statement_id


def draft_steps(
    report_id: str,
    subject: Subject,
    base_context: Report,
    template: ReportTemplate,
    findings: Sequence[Finding],
) -> DraftBuilder:
    """All sections but the Impression, as steps from an empty report.

    :param base_context: an empty report with the study's context; its id is ``report_id``.
    """
    builder = DraftBuilder(replace(base_context, id=report_id, template=template.ref), [])
    fields = merge_fields(subject)
    _from_header(builder, "Examination", template, template.examination, fields)
    _indication(builder, subject)
    if not _from_header(builder, "Technique", template, template.technique, fields):
        evidence = [Evidence(EvidenceKind.HEADER, "technique attributes", "absent")]
        builder.add("Technique", "Not stated in the header.", Provenance("header"), evidence)
    _comparison(builder, subject)
    _findings(builder, template, findings, fields)
    return builder


def merge_fields(subject: Subject) -> dict[str, str]:
    """The header's facts under the names that templates use; absent facts are empty."""
    study, series = subject.study, subject.series
    count = len(series.frames)
    thickness = series.frames[0].instance.slice_thickness if series.frames else None
    return {
        "view": _VIEW_WORDS.get(series.view, series.view),
        "body_part": series.body_part.lower(),
        "modality_words": _MODALITY_WORDS.get(series.modality, series.modality or "Images"),
        "study_date": iso_date(study.study_date),
        "plane": series.plane.capitalize(),
        "image_count": "1 image" if count == 1 else f"{count} images",
        "image_count_words": "One image" if count == 1 else f"{count} images",
        "slice_thickness": f"{thickness:g}" if thickness else "",
        "contrast": series.contrast_agent,
        "series_description": series.description,
        "series_descriptions": " ".join(s.description for s in study.series),
    }


def iso_date(da: str) -> str:
    """DICOM DA (YYYYMMDD) as YYYY-MM-DD; anything else gives an empty string."""
    return f"{da[:4]}-{da[4:6]}-{da[6:8]}" if len(da) == 8 and da.isdigit() else ""


def _from_header(
    builder: DraftBuilder,
    section: str,
    template: ReportTemplate,
    sentences: Sequence[TemplateSentence],
    fields: dict[str, str],
) -> bool:
    """Add the sentences whose facts the header has; True when there was one."""
    added = False
    for sentence in sentences:
        text = sentence.filled(fields)
        if text is None:
            continue
        added = True
        evidence = [Evidence(EvidenceKind.TEMPLATE, template.ref, section)]
        evidence += [
            Evidence(EvidenceKind.HEADER, _KEYWORDS[name], fields[name])
            for name in sorted(sentence.needs)
        ]
        builder.add(section, text, Provenance("header"), evidence)
    return added


def _indication(builder: DraftBuilder, subject: Subject) -> None:
    reason = subject.study.reason_for_study.strip()
    text = reason if reason else "Not stated in the study."
    evidence = [Evidence(EvidenceKind.HEADER, "ReasonForStudy", reason or "absent")]
    builder.add("Indication", text, Provenance("header"), evidence)


def _comparison(builder: DraftBuilder, subject: Subject) -> None:
    dates = [iso_date(p.study_date) for p in subject.priors]
    if not dates:
        evidence = [Evidence(EvidenceKind.HEADER, "priors opened", "0")]
        builder.add("Comparison", "None available.", Provenance("header"), evidence)
        return
    for prior, date in zip(subject.priors, dates, strict=True):
        evidence = [Evidence(EvidenceKind.PRIOR, prior.study_instance_uid, date)]
        what = prior.study_description or "Study"
        builder.add("Comparison", f"{what} of {date}.", Provenance("header"), evidence)


def _findings(
    builder: DraftBuilder,
    template: ReportTemplate,
    findings: Sequence[Finding],
    fields: dict[str, str],
) -> None:
    """Observed findings take the place of the template sentence that covers their concept."""
    left = list(findings)
    for sentence in template.findings:
        observed = [f for f in left if f.concept in sentence.covers]
        for finding in observed:
            left.remove(finding)
            _observed(builder, finding)
        text = None if observed else sentence.filled(fields)
        if text is not None:
            evidence = [Evidence(EvidenceKind.TEMPLATE, template.ref, sentence.label)]
            builder.add("Findings", text, Provenance("template"), evidence)
    for finding in left:
        _observed(builder, finding)


def _observed(builder: DraftBuilder, finding: Finding) -> None:
    source = f"vision:{finding.pack}"
    evidence = [
        Evidence(
            EvidenceKind.FINDING,
            finding.id,
            f"{finding.name}: {finding.presence.value}",
            score=finding.score,
            image=finding.image,
        )
    ]
    measurement = finding.measurement
    if measurement is not None:
        value = f"{measurement.value:.2f}"
        if measurement.half_width_95 is not None:
            value += f" ± {measurement.half_width_95:.2f}"
        evidence.append(
            Evidence(
                EvidenceKind.MEASUREMENT,
                measurement.id,
                value,
                image=measurement.image,
                measurement=measurement,
            )
        )
    builder.add("Findings", finding.text, Provenance(source), evidence)

"""Write a report as a DICOM Structured Report.

Enhanced SR (PS3.3 A.35.2) with the content of TID 2000 Basic Diagnostic Imaging Report (PS3.16):
headings from CID 7001, each statement a TEXT item, each measurement a NUM item with its UCUM unit,
inferred from the lines that were drawn on the image.  The header is that of ``dicom.writing``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from highdicom.sr import CodedConcept, GraphicTypeValues, RelationshipTypeValues
from highdicom.sr.value_types import (
    CodeContentItem,
    ContainerContentItem,
    NumContentItem,
    PnameContentItem,
    ScoordContentItem,
    TextContentItem,
    UIDRefContentItem,
)
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import EnhancedSRStorage

from radassist import __version__
from radassist.dicom.references import is_dicom
from radassist.dicom.text import clean
from radassist.dicom.writing import (
    Images,
    date_time,
    datetime_utc,
    evidence_sequence,
    image_item,
    new_document,
    pn,
    uid,
)
from radassist.domain.findings import Caliper, ImageRef, Measurement
from radassist.domain.report import (
    Addendum,
    Report,
    ReportState,
    Statement,
    StatementState,
)
from radassist.domain.study import Instance

_LOCAL = "99RADASSIST"
_TITLE = Code("18748-4", "LN", "Diagnostic Imaging Report")
#: Section -> (heading from CID 7001 or a local code, concept name of its statements, CID 7002).
_SECTIONS = {
    "Examination": (
        Code("55111-9", "LN", "Current Procedure Descriptions"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    "Indication": (
        Code("18785-6", "LN", "Indications for Procedure"),
        Code("55115-0", "LN", "Request"),
    ),
    "Technique": (
        Code("technique", _LOCAL, "Technique"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    "Comparison": (
        Code("55114-3", "LN", "Prior Procedure Descriptions"),
        Code("121065", "DCM", "Procedure Description"),
    ),
    "Findings": (Code("59776-5", "LN", "Findings"), Code("121071", "DCM", "Finding")),
    "Impression": (Code("19005-8", "LN", "Impressions"), Code("121073", "DCM", "Impression")),
}
_ADDENDUM = Code("55107-7", "LN", "Addendum")
_COMMENT = Code("121106", "DCM", "Comment")
_CALIPER = Code("121055", "DCM", "Path")

_CONTAINS = RelationshipTypeValues.CONTAINS
_CONTEXT = RelationshipTypeValues.HAS_OBS_CONTEXT
_MODIFIER = RelationshipTypeValues.HAS_CONCEPT_MOD
_PROPERTIES = RelationshipTypeValues.HAS_PROPERTIES
_INFERRED = RelationshipTypeValues.INFERRED_FROM
_SELECTED = RelationshipTypeValues.SELECTED_FROM


def write_sr(
    report: Report, evidence_instances: Sequence[Instance], path: Path, *, now: str
) -> None:
    """Write the report as an Enhanced SR file.

    Rejected statements are left out; statements that nobody has accepted yet say so in a comment.
    The state gives CompletionFlag, PreliminaryFlag and VerificationFlag (PS3.3 C.17.2), the last
    final signature the verifying observer.

    :param evidence_instances: the images the report is about; those of other kinds (plain
        pictures, made-up UIDs) are not referenced, because nobody could find them.
    :param now: ISO 8601 time of writing.
    :raises OSError: the file cannot be written.
    """
    images = Images({i.sop_instance_uid: i for i in evidence_instances if is_dicom(i)})
    when = dt.datetime.fromisoformat(now)
    document = _document(report, when)
    document.update(_content(report, images))
    evidence = evidence_sequence(images.instances.values())
    if evidence:
        document.CurrentRequestedProcedureEvidenceSequence = DicomSequence(evidence)
    document.save_as(path, enforce_file_format=True)


# --- header ------------------------------------------------------------------------------------


def _document(report: Report, when: dt.datetime) -> FileDataset:
    """Everything but content and evidence: patient, study, series, equipment, document."""
    document = new_document(
        report.study,
        EnhancedSRStorage,
        modality="SR",
        instance=uid("instance", report.id, report.state, when.isoformat()),
        series=uid("series", report.id),
        series_number=1,
        instance_number=1 + len(report.signatures) + len(report.addenda),
        when=when,
    )
    document.PerformedProcedureCodeSequence = DicomSequence()
    document.InstanceCreationDate, document.InstanceCreationTime = date_time(when)
    scheme = Dataset()
    scheme.CodingSchemeDesignator = _LOCAL
    scheme.CodingSchemeName = "radassist local codes"
    scheme.CodingSchemeResponsibleOrganization = "radassist"
    document.CodingSchemeIdentificationSequence = DicomSequence([scheme])
    _state(document, report)
    return document


def _state(document: Dataset, report: Report) -> None:
    final = report.state is ReportState.FINAL
    document.CompletionFlag = "PARTIAL" if report.state is ReportState.DRAFT else "COMPLETE"
    document.PreliminaryFlag = "FINAL" if final else "PRELIMINARY"
    document.VerificationFlag = "VERIFIED" if final else "UNVERIFIED"
    signature = next((s for s in reversed(report.signatures) if s.state is report.state), None)
    if not final or signature is None:
        document.VerificationFlag = "UNVERIFIED"
        return
    observer = Dataset()
    observer.VerifyingObserverName = pn(signature.user)
    observer.VerifyingOrganization = "not stated"
    observer.VerificationDateTime = datetime_utc(signature.at)
    observer.VerifyingObserverIdentificationCodeSequence = DicomSequence()
    document.VerifyingObserverSequence = DicomSequence([observer])


# --- evidence ----------------------------------------------------------------------------------


# --- content -----------------------------------------------------------------------------------


def _content(report: Report, images: Images) -> Dataset:
    root = ContainerContentItem(name=_TITLE, is_content_continuous=False, template_id="2000")
    children: list[Dataset] = [
        CodeContentItem(
            Code("121049", "DCM", "Language of Content Item and Descendants"),
            CodedConcept("en", "RFC5646", "English"),
            relationship_type=_MODIFIER,
        ),
        *_observer(report),
    ]
    for section in report.sections:
        live = [s for s in section.statements if s.state is not StatementState.REJECTED]
        if live:
            children.append(_section(section.name, live, images))
    children += [_addendum(a) for a in report.addenda]
    root.ContentSequence = DicomSequence(children)
    return root


def _observer(report: Report) -> list[Dataset]:
    """TID 1002: the signing person, or the program while nobody has signed."""
    kind = Code("121005", "DCM", "Observer Type")
    if report.signatures:
        name = pn(report.signatures[-1].user)
        person = CodedConcept("121006", "DCM", "Person")
        return [
            CodeContentItem(kind, person, relationship_type=_CONTEXT),
            PnameContentItem(
                Code("121008", "DCM", "Person Observer Name"), name, relationship_type=_CONTEXT
            ),
        ]
    device = CodedConcept("121007", "DCM", "Device")
    return [
        CodeContentItem(kind, device, relationship_type=_CONTEXT),
        UIDRefContentItem(
            Code("121012", "DCM", "Device Observer UID"),
            uid("device", __version__),
            relationship_type=_CONTEXT,
        ),
        TextContentItem(
            Code("121013", "DCM", "Device Observer Name"),
            f"radassist {__version__}",
            relationship_type=_CONTEXT,
        ),
    ]


def _section(name: str, statements: Sequence[Statement], images: Images) -> Dataset:
    local = Code(clean(name, 16), _LOCAL, clean(name, 64))
    heading, concept = _SECTIONS.get(name, (local, _COMMENT))
    container = ContainerContentItem(heading, relationship_type=_CONTAINS)
    container.ContentSequence = DicomSequence([_statement(s, concept, images) for s in statements])
    return container


def _statement(statement: Statement, concept: Code, images: Images) -> Dataset:
    item = TextContentItem(concept, _text(statement.text), relationship_type=_CONTAINS)
    children: list[Dataset] = []
    if statement.state is StatementState.PROPOSED and statement.provenance.is_machine:
        words = f"Proposed by {statement.provenance.source}; not reviewed by a radiologist."
        children.append(TextContentItem(_COMMENT, words, relationship_type=_PROPERTIES))
    measurements = [e.measurement for e in statement.evidence if e.measurement is not None]
    children += [_measurement(m, images) for m in measurements]
    shown = {m.image.sop_uid for m in measurements if m.image is not None}
    for evidence in statement.evidence:
        ref = evidence.image
        if ref is not None and ref.sop_uid not in shown and images.sop_class(ref):
            shown.add(ref.sop_uid)
            children.append(image_item(ref, images, _INFERRED))
    if children:
        item.ContentSequence = DicomSequence(children)
    return item


def _text(text: str) -> str:
    """Text for a UT value: line ends as CR LF, no other control codes (PS3.5 section 6.2)."""
    lines = [clean(line, 10_000) for line in text.splitlines()]
    return "\r\n".join(lines) or "-"


def _measurement(measurement: Measurement, images: Images) -> Dataset:
    code = "".join(c for c in measurement.name.upper() if c.isalnum() or c == " ")[:16].strip()
    item = NumContentItem(
        Code(code or "MEASUREMENT", _LOCAL, clean(measurement.name, 64)),
        float(f"{measurement.value:.6g}"),
        _unit(measurement.unit),
        relationship_type=_INFERRED,
    )
    children: list[Dataset] = []
    half = measurement.half_width_95
    if half is not None:
        words = f"95 % interval: plus or minus {half:.3g}"
        children.append(TextContentItem(_COMMENT, words, relationship_type=_PROPERTIES))
    if measurement.image is not None and images.sop_class(measurement.image):
        if measurement.calipers:
            children += [_line(c, measurement.image, images) for c in measurement.calipers]
        else:
            children.append(image_item(measurement.image, images, _INFERRED))
    if children:
        item.ContentSequence = DicomSequence(children)
    return item


def _unit(unit: str) -> Code:
    """A UCUM code (PS3.16 CID 7181); a ratio is "1", whose meaning is "no units"."""
    meanings = {"1": "no units", "mm": "millimeter", "cm": "centimeter", "[hnsf'U]": "HU"}
    code = clean(unit, 16) or "1"
    return Code(code, "UCUM", meanings.get(code, code))


def _line(caliper: Caliper, ref: ImageRef, images: Images) -> Dataset:
    """A caliper as SCOORD; PS3.3 C.18.6.1.2 counts from the corner of the first pixel."""
    points = np.array([[caliper.x0, caliper.y0], [caliper.x1, caliper.y1]], dtype=float) + 0.5
    item = ScoordContentItem(
        _CALIPER,
        GraphicTypeValues.POLYLINE,
        np.maximum(points, 0.0),
        relationship_type=_INFERRED,
    )
    item.ContentSequence = DicomSequence([image_item(ref, images, _SELECTED)])
    return item


def _addendum(addendum: Addendum) -> Dataset:
    container = ContainerContentItem(_ADDENDUM, relationship_type=_CONTAINS)
    words = f"{_text(addendum.text)}\r\n{clean(addendum.user)}, {clean(addendum.at)}"
    item = TextContentItem(_COMMENT, words, relationship_type=_CONTAINS)
    item.add_new("ObservationDateTime", "DT", datetime_utc(addendum.at))
    container.ContentSequence = DicomSequence([item])
    return container

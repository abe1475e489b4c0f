"""Write a report as a DICOM Structured Report.

Enhanced SR (PS3.3 A.35.2) with the content of TID 2000 Basic Diagnostic Imaging Report (PS3.16):
headings from CID 7001, each statement a TEXT item, each measurement a NUM item with its UCUM unit,
inferred from the lines that were drawn on the image.  The header is made here rather than by
highdicom's document classes, because those copy it from image files, which a report may outlive.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from highdicom.sr import CodedConcept, GraphicTypeValues, RelationshipTypeValues
from highdicom.sr.value_types import (
    CodeContentItem,
    ContainerContentItem,
    ImageContentItem,
    NumContentItem,
    PnameContentItem,
    ScoordContentItem,
    TextContentItem,
    UIDRefContentItem,
)
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import UID, EnhancedSRStorage, ExplicitVRLittleEndian

from radassist import __version__
from radassist.dicom.text import clean
from radassist.domain.findings import Caliper, ImageRef, Measurement
from radassist.domain.report import (
    Addendum,
    Report,
    ReportState,
    Statement,
    StatementState,
    StudyContext,
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
_SOURCE_IMAGE = Code("121112", "DCM", "Source of Measurement")
_CALIPER = Code("121055", "DCM", "Path")
_UIDS = uuid.UUID("6f0a3e0a-8d5e-4a7e-9a3b-6d7d2f8f6c11")  # name space of this writer

_CONTAINS = RelationshipTypeValues.CONTAINS
_CONTEXT = RelationshipTypeValues.HAS_OBS_CONTEXT
_MODIFIER = RelationshipTypeValues.HAS_CONCEPT_MOD
_PROPERTIES = RelationshipTypeValues.HAS_PROPERTIES
_INFERRED = RelationshipTypeValues.INFERRED_FROM
_SELECTED = RelationshipTypeValues.SELECTED_FROM


@dataclass(frozen=True)
class _Images:
    """The instances that may be referenced, by SOPInstanceUID."""

    instances: dict[str, Instance]

    def sop_class(self, ref: ImageRef | None) -> str:
        """The SOP class of a referenced image, or "" where it is no known DICOM instance."""
        if ref is None or ref.sop_uid not in self.instances:
            return ""
        return self.instances[ref.sop_uid].sop_class_uid


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
    images = _Images({i.sop_instance_uid: i for i in evidence_instances if _is_dicom(i)})
    when = dt.datetime.fromisoformat(now)
    document = _document(report, when)
    document.update(_content(report, images))
    evidence = _evidence(images.instances.values())
    if evidence:
        document.CurrentRequestedProcedureEvidenceSequence = DicomSequence(evidence)
    document.save_as(path, enforce_file_format=True)


def _is_dicom(instance: Instance) -> bool:
    """True where the instance can be referenced: registered SOP class, well-formed UIDs."""
    uids = (
        instance.sop_class_uid,
        instance.sop_instance_uid,
        instance.series_instance_uid,
        instance.study_instance_uid,
    )
    if not all(_is_uid(uid) for uid in uids):
        return False
    return UID(instance.sop_class_uid).name != instance.sop_class_uid


def _is_uid(text: str) -> bool:
    """PS3.5 section 9.1: numbers without leading zeros, divided by dots, 64 characters at most."""
    return len(text) <= 64 and re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+", text) is not None


# --- header ------------------------------------------------------------------------------------


def _document(report: Report, when: dt.datetime) -> FileDataset:
    """Everything but content and evidence: patient, study, series, equipment, document."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = EnhancedSRStorage
    instance_uid = UID(_uid("instance", report.id, report.state, when.isoformat()))
    meta.MediaStorageSOPInstanceUID = instance_uid
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document = FileDataset("", Dataset(), file_meta=meta, preamble=b"\x00" * 128)
    document.SpecificCharacterSet = "ISO_IR 192"
    document.SOPClassUID = EnhancedSRStorage
    document.SOPInstanceUID = instance_uid
    _patient_and_study(document, report.study)
    document.Modality = "SR"
    document.SeriesInstanceUID = _uid("series", report.id)
    document.SeriesNumber = 1
    document.ReferencedPerformedProcedureStepSequence = DicomSequence()
    document.PerformedProcedureCodeSequence = DicomSequence()
    document.Manufacturer = "radassist"
    document.ManufacturerModelName = "radassist"
    document.SoftwareVersions = __version__
    document.InstanceNumber = 1 + len(report.signatures) + len(report.addenda)
    document.InstanceCreationDate, document.InstanceCreationTime = _date_time(when)
    document.ContentDate, document.ContentTime = _date_time(when)
    document.TimezoneOffsetFromUTC = "+0000"
    scheme = Dataset()
    scheme.CodingSchemeDesignator = _LOCAL
    scheme.CodingSchemeName = "radassist local codes"
    scheme.CodingSchemeResponsibleOrganization = "radassist"
    document.CodingSchemeIdentificationSequence = DicomSequence([scheme])
    _state(document, report)
    return document


def _patient_and_study(document: Dataset, study: StudyContext) -> None:
    document.PatientName = _pn(study.patient_name) if study.patient_name else ""
    document.PatientID = _short(study.patient_id, 64)
    document.PatientBirthDate = ""
    document.PatientSex = study.patient_sex if study.patient_sex in ("M", "F", "O") else ""
    usable = _is_uid(study.study_instance_uid)
    study_uid = study.study_instance_uid if usable else _uid("study", study.study_instance_uid)
    document.StudyInstanceUID = study_uid
    is_date = len(study.study_date) == 8 and study.study_date.isdigit()
    document.StudyDate = study.study_date if is_date else ""
    document.StudyTime = ""
    document.ReferringPhysicianName = ""
    document.StudyID = ""
    document.AccessionNumber = _short(study.accession_number, 16)
    if study.study_description:
        document.StudyDescription = _short(study.study_description, 64)


def _short(text: str, limit: int) -> str:
    """Text for a SH or LO value: no backslash, and no more bytes than it may have characters."""
    plain = clean(text, 4 * limit).replace("\\", "/")
    return plain.encode()[:limit].decode(errors="ignore").strip()


def _pn(name: str) -> str:
    """ "Family, Given" as a PN value (PS3.5 section 6.2.1), without its delimiters inside."""
    family, _, given = (part.strip() for part in clean(name, 60).partition(","))
    plain = [part.translate(str.maketrans("^=\\", "   ")).strip() for part in (family, given)]
    return "^".join(plain)  # a lone family name keeps its delimiter: "Roentgen^"


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
    observer.VerifyingObserverName = _pn(signature.user)
    observer.VerifyingOrganization = "not stated"
    observer.VerificationDateTime = _datetime(signature.at)
    observer.VerifyingObserverIdentificationCodeSequence = DicomSequence()
    document.VerifyingObserverSequence = DicomSequence([observer])


def _utc(when: dt.datetime) -> dt.datetime:
    return when.astimezone(dt.UTC) if when.tzinfo else when.replace(tzinfo=dt.UTC)


def _date_time(when: dt.datetime) -> tuple[str, str]:
    utc = _utc(when)
    return utc.strftime("%Y%m%d"), utc.strftime("%H%M%S")


def _datetime(iso: str) -> str:
    """In UTC, which TimezoneOffsetFromUTC says for the whole document."""
    return _utc(dt.datetime.fromisoformat(iso)).strftime("%Y%m%d%H%M%S")


def _uid(*parts: object) -> str:
    """A UID that the parts alone decide (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(_UIDS, chr(0).join(map(str, parts))).int}"


# --- evidence ----------------------------------------------------------------------------------


def _evidence(instances: Iterable[Instance]) -> list[Dataset]:
    """CurrentRequestedProcedureEvidenceSequence: study -> series -> instance (PS3.3 C.17.2)."""
    studies: dict[str, dict[str, list[Dataset]]] = {}
    for instance in instances:
        item = Dataset()
        item.ReferencedSOPClassUID = instance.sop_class_uid
        item.ReferencedSOPInstanceUID = instance.sop_instance_uid
        series = studies.setdefault(instance.study_instance_uid, {})
        series.setdefault(instance.series_instance_uid, []).append(item)
    found = []
    for study_uid, series in studies.items():
        study = Dataset()
        study.StudyInstanceUID = study_uid
        study.ReferencedSeriesSequence = DicomSequence()
        for series_uid, items in series.items():
            entry = Dataset()
            entry.SeriesInstanceUID = series_uid
            entry.ReferencedSOPSequence = DicomSequence(items)
            study.ReferencedSeriesSequence.append(entry)
        found.append(study)
    return found


# --- content -----------------------------------------------------------------------------------


def _content(report: Report, images: _Images) -> Dataset:
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
        name = _pn(report.signatures[-1].user)
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
            _uid("device", __version__),
            relationship_type=_CONTEXT,
        ),
        TextContentItem(
            Code("121013", "DCM", "Device Observer Name"),
            f"radassist {__version__}",
            relationship_type=_CONTEXT,
        ),
    ]


def _section(name: str, statements: Sequence[Statement], images: _Images) -> Dataset:
    local = Code(clean(name, 16), _LOCAL, clean(name, 64))
    heading, concept = _SECTIONS.get(name, (local, _COMMENT))
    container = ContainerContentItem(heading, relationship_type=_CONTAINS)
    container.ContentSequence = DicomSequence([_statement(s, concept, images) for s in statements])
    return container


def _statement(statement: Statement, concept: Code, images: _Images) -> Dataset:
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
            children.append(_image(ref, images, _INFERRED))
    if children:
        item.ContentSequence = DicomSequence(children)
    return item


def _text(text: str) -> str:
    """Text for a UT value: line ends as CR LF, no other control codes (PS3.5 section 6.2)."""
    lines = [clean(line, 10_000) for line in text.splitlines()]
    return "\r\n".join(lines) or "-"


def _measurement(measurement: Measurement, images: _Images) -> Dataset:
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
            children.append(_image(measurement.image, images, _INFERRED))
    if children:
        item.ContentSequence = DicomSequence(children)
    return item


def _unit(unit: str) -> Code:
    """A UCUM code (PS3.16 CID 7181); a ratio is "1", whose meaning is "no units"."""
    meanings = {"1": "no units", "mm": "millimeter", "cm": "centimeter", "[hnsf'U]": "HU"}
    code = clean(unit, 16) or "1"
    return Code(code, "UCUM", meanings.get(code, code))


def _line(caliper: Caliper, ref: ImageRef, images: _Images) -> Dataset:
    """A caliper as SCOORD; PS3.3 C.18.6.1.2 counts from the corner of the first pixel."""
    points = np.array([[caliper.x0, caliper.y0], [caliper.x1, caliper.y1]], dtype=float) + 0.5
    item = ScoordContentItem(
        _CALIPER,
        GraphicTypeValues.POLYLINE,
        np.maximum(points, 0.0),
        relationship_type=_INFERRED,
    )
    item.ContentSequence = DicomSequence([_image(ref, images, _SELECTED)])
    return item


def _image(ref: ImageRef, images: _Images, relationship: Any) -> Dataset:
    instance = images.instances[ref.sop_uid]
    return ImageContentItem(
        _SOURCE_IMAGE,
        instance.sop_class_uid,
        ref.sop_uid,
        referenced_frame_numbers=ref.frame + 1 if instance.number_of_frames > 1 else None,
        relationship_type=relationship,
    )


def _addendum(addendum: Addendum) -> Dataset:
    container = ContainerContentItem(_ADDENDUM, relationship_type=_CONTAINS)
    words = f"{_text(addendum.text)}\r\n{clean(addendum.user)}, {clean(addendum.at)}"
    item = TextContentItem(_COMMENT, words, relationship_type=_CONTAINS)
    item.add_new("ObservationDateTime", "DT", _datetime(addendum.at))
    container.ContentSequence = DicomSequence([item])
    return container

"""What the DICOM documents written here share: patient, study, UIDs, times, referenced images.

The headers are made here rather than by highdicom's document classes, because those copy them from
image files, which a report may outlive.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from highdicom.sr.value_types import ImageContentItem
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian

from radassist import __version__
from radassist.dicom.references import is_uid
from radassist.dicom.text import clean
from radassist.domain.findings import ImageRef
from radassist.domain.report import StudyContext
from radassist.domain.study import Instance

_SOURCE_IMAGE = Code("121112", "DCM", "Source of Measurement")
_UIDS = uuid.UUID("6f0a3e0a-8d5e-4a7e-9a3b-6d7d2f8f6c11")  # name space of these writers


@dataclass(frozen=True)
class Images:
    """The instances that may be referenced, by SOPInstanceUID."""

    instances: dict[str, Instance]

    def sop_class(self, ref: ImageRef | None) -> str:
        """The SOP class of a referenced image, or "" where it is no known DICOM instance."""
        if ref is None or ref.sop_uid not in self.instances:
            return ""
        return self.instances[ref.sop_uid].sop_class_uid


def new_document(
    study: StudyContext,
    sop_class_uid: UID,
    *,
    modality: str,
    instance: str,
    series: str,
    series_number: int,
    instance_number: int,
    when: dt.datetime,
) -> FileDataset:
    """The header of a document: file meta, patient, study, series, equipment, times.

    :param instance, series: their UIDs; :param when: the time of writing.
    """
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class_uid
    meta.MediaStorageSOPInstanceUID = UID(instance)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document = FileDataset("", Dataset(), file_meta=meta, preamble=b"\x00" * 128)
    document.SpecificCharacterSet = "ISO_IR 192"
    document.SOPClassUID = sop_class_uid
    document.SOPInstanceUID = UID(instance)
    patient_and_study(document, study)
    document.Modality = modality
    document.SeriesInstanceUID = series
    document.SeriesNumber = series_number
    document.ReferencedPerformedProcedureStepSequence = DicomSequence()
    document.Manufacturer = "radassist"
    document.ManufacturerModelName = "radassist"
    document.SoftwareVersions = __version__
    document.InstanceNumber = instance_number
    document.ContentDate, document.ContentTime = date_time(when)
    document.TimezoneOffsetFromUTC = "+0000"
    return document


def patient_and_study(document: Dataset, study: StudyContext) -> None:
    document.PatientName = pn(study.patient_name) if study.patient_name else ""
    document.PatientID = _short(study.patient_id, 64)
    document.PatientBirthDate = ""
    document.PatientSex = study.patient_sex if study.patient_sex in ("M", "F", "O") else ""
    usable = is_uid(study.study_instance_uid)
    study_uid = study.study_instance_uid if usable else uid("study", study.study_instance_uid)
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


def pn(name: str) -> str:
    """ "Family, Given" as a PN value (PS3.5 section 6.2.1), without its delimiters inside."""
    family, _, given = (part.strip() for part in clean(name, 60).partition(","))
    plain = [part.translate(str.maketrans("^=\\", "   ")).strip() for part in (family, given)]
    return "^".join(plain)  # a lone family name keeps its delimiter: "Roentgen^"


def _utc(when: dt.datetime) -> dt.datetime:
    return when.astimezone(dt.UTC) if when.tzinfo else when.replace(tzinfo=dt.UTC)


def date_time(when: dt.datetime) -> tuple[str, str]:
    utc = _utc(when)
    return utc.strftime("%Y%m%d"), utc.strftime("%H%M%S")


def datetime_utc(iso: str) -> str:
    """In UTC, which TimezoneOffsetFromUTC says for the whole document."""
    return _utc(dt.datetime.fromisoformat(iso)).strftime("%Y%m%d%H%M%S")


def uid(*parts: object) -> str:
    """A UID that the parts alone decide (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(_UIDS, chr(0).join(map(str, parts))).int}"


def evidence_sequence(instances: Iterable[Instance]) -> list[Dataset]:
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


def image_item(ref: ImageRef, images: Images, relationship: Any) -> Dataset:
    instance = images.instances[ref.sop_uid]
    return ImageContentItem(
        _SOURCE_IMAGE,
        instance.sop_class_uid,
        ref.sop_uid,
        referenced_frame_numbers=ref.frame + 1 if instance.number_of_frames > 1 else None,
        relationship_type=relationship,
    )

"""Headers of the objects beside the images: presentation states, segmentations, key objects, SR.

PS3.4 table B.5-1 names the SOP classes; what is read of each is what lists it and ties it to
images.
"""

from __future__ import annotations

from pathlib import Path

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.fileformat import parsed
from radassist.domain.companions import Companion, CompanionKind, ObjectRef

#: SOP classes by their UID's beginning; the first that fits counts.
_CLASSES = (
    ("1.2.840.10008.5.1.4.1.1.66.4", CompanionKind.SEGMENTATION),
    ("1.2.840.10008.5.1.4.1.1.66.7", CompanionKind.SEGMENTATION),
    ("1.2.840.10008.5.1.4.1.1.88.59", CompanionKind.KEY_OBJECTS),
    ("1.2.840.10008.5.1.4.1.1.88", CompanionKind.REPORT),
    ("1.2.840.10008.5.1.4.1.1.104.1", CompanionKind.DOCUMENT),
    ("1.2.840.10008.5.1.4.1.1.104.2", CompanionKind.DOCUMENT),
    ("1.2.840.10008.5.1.4.1.1.11.1", CompanionKind.PRESENTATION),
    ("1.2.840.10008.5.1.4.1.1.11.2", CompanionKind.PRESENTATION),
)
#: No honest object refers to more images than this.
_MAX_REFERENCES = 100_000
_NAMES = {
    CompanionKind.PRESENTATION: "Presentation state",
    CompanionKind.SEGMENTATION: "Segmentation",
    CompanionKind.KEY_OBJECTS: "Key objects",
    CompanionKind.REPORT: "Structured report",
    CompanionKind.DOCUMENT: "Document",
}


def companion_kind(sop_class_uid: str) -> CompanionKind | None:
    """What a SOP class is, None for images and for objects that cannot be shown."""
    for prefix, kind in _CLASSES:
        if sop_class_uid == prefix or sop_class_uid.startswith(prefix + "."):
            return kind
    return None


def read_companion_header(path: Path, kind: CompanionKind) -> Companion:
    """The header of a companion; the file is read anew with all its elements.

    :raises InputFault: the file cannot be read.
    """
    with parsed(path) as file:
        return _header(path, kind, file.dataset)


def _header(path: Path, kind: CompanionKind, dataset: Dataset) -> Companion:
    with_pixels = kind is CompanionKind.SEGMENTATION
    sizes = [elements.integer(dataset, k) or 0 for k in ("Rows", "Columns", "NumberOfFrames")]
    rows, columns, frames = sizes if with_pixels else [0, 0, 0]
    return Companion(
        path=path,
        kind=kind,
        sop_instance_uid=elements.text(dataset, "SOPInstanceUID"),
        sop_class_uid=elements.text(dataset, "SOPClassUID"),
        study_instance_uid=elements.text(dataset, "StudyInstanceUID"),
        series_instance_uid=elements.text(dataset, "SeriesInstanceUID"),
        patient_id=elements.text(dataset, "PatientID"),
        patient_name=elements.name(dataset, "PatientName"),
        study_date=elements.text(dataset, "StudyDate").replace(".", ""),
        title=_title(kind, dataset),
        description=_first_text(dataset, "ContentDescription", "SeriesDescription"),
        date=_first_text(dataset, "PresentationCreationDate", "ContentDate", "SeriesDate"),
        frame_of_reference_uid=elements.text(dataset, "FrameOfReferenceUID"),
        references=_references(dataset),
        rows=rows,
        columns=columns,
        number_of_frames=max(1, frames) if with_pixels else 0,
        photometric_interpretation="MONOCHROME2" if with_pixels else "",
    )


def _first_text(dataset: Dataset, *keywords: str) -> str:
    return next((t for t in (elements.text(dataset, k) for k in keywords) if t), "")


def _title(kind: CompanionKind, dataset: Dataset) -> str:
    concept = elements.code_meanings(dataset, "ConceptNameCodeSequence")
    stated = _first_text(dataset, "DocumentTitle", "ContentLabel")
    return (concept[0] if concept else stated) or _NAMES[kind]


def _references(dataset: Dataset) -> tuple[ObjectRef, ...]:
    """Every image that the header names: directly by series, or by study as evidence."""
    found = _of_series(dataset, elements.text(dataset, "StudyInstanceUID"))
    for keyword in (
        "CurrentRequestedProcedureEvidenceSequence",
        "PertinentOtherEvidenceSequence",
        "StudiesContainingOtherReferencedInstancesSequence",
    ):
        for study in elements.items(dataset, keyword):
            found += _of_series(study, elements.text(study, "StudyInstanceUID"))
    return tuple(found[:_MAX_REFERENCES])


def _of_series(holder: Dataset, study: str) -> list[ObjectRef]:
    found = []
    for series in elements.items(holder, "ReferencedSeriesSequence"):
        uid = elements.text(series, "SeriesInstanceUID")
        objects = [
            object_ref(item, uid, study)
            for keyword in (
                "ReferencedImageSequence", "ReferencedInstanceSequence", "ReferencedSOPSequence",
            )
            for item in elements.items(series, keyword)
        ]  # fmt: skip
        found += objects or [ObjectRef("", uid, study)]
    return found


def object_ref(item: Dataset, series: str = "", study: str = "") -> ObjectRef:
    """A SOP instance reference (PS3.3 table 10-11); frames become 0-based."""
    frames = elements.numbers(item, "ReferencedFrameNumber")
    return ObjectRef(
        elements.text(item, "ReferencedSOPInstanceUID"),
        series,
        study,
        elements.text(item, "ReferencedSOPClassUID"),
        tuple(int(f) - 1 for f in frames if f >= 1),
    )


def object_refs(holder: Dataset | None, keyword: str) -> tuple[ObjectRef, ...]:
    """All references of a sequence."""
    return tuple(object_ref(item) for item in elements.items(holder, keyword))

"""Write key images as a Key Object Selection (PS3.3 A.35.4, content of TID 2010 in PS3.16).

A viewer or archive that reads the report's SR finds by this object which frames the radiologist
marked, without knowing anything of this program.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from highdicom.sr import RelationshipTypeValues
from highdicom.sr.value_types import ContainerContentItem, ImageContentItem, TextContentItem
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.sr.coding import Code
from pydicom.uid import KeyObjectSelectionDocumentStorage

from radassist.dicom.references import is_dicom
from radassist.dicom.text import clean
from radassist.dicom.writing import (
    Images,
    evidence_sequence,
    new_document,
    uid,
)
from radassist.domain.findings import ImageRef
from radassist.domain.report import Report
from radassist.domain.study import Instance
from radassist.errors import UsageFault

#: CID 7010, Key Object Selection Document Title.
_TITLE = Code("113000", "DCM", "Of Interest")
_DESCRIPTION = Code("113012", "DCM", "Key Object Description")
_CONTAINS = RelationshipTypeValues.CONTAINS


def write_ko(
    report: Report,
    keys: Sequence[ImageRef],
    instances: Sequence[Instance],
    path: Path,
    *,
    now: str,
    description: str = "",
) -> None:
    """Write the marked frames as one Key Object Selection.

    :param keys: the marked frames; those that are no DICOM instances are left out.
    :param instances: the images of the study.
    :param now: ISO 8601 time of writing.
    :raises UsageFault: none of the marked frames is a DICOM instance.
    :raises OSError: the file cannot be written.
    """
    images = Images({i.sop_instance_uid: i for i in instances if is_dicom(i)})
    marked = [key for key in keys if images.sop_class(key)]
    if not marked:
        raise UsageFault("No key image is a DICOM image that could be referred to.")
    when = dt.datetime.fromisoformat(now)
    document = _document(report, marked, when)
    document.update(_content(marked, images, description))
    used = {key.sop_uid: images.instances[key.sop_uid] for key in marked}
    document.CurrentRequestedProcedureEvidenceSequence = DicomSequence(
        evidence_sequence(used.values())
    )
    document.save_as(path, enforce_file_format=True)


def _document(report: Report, marked: Sequence[ImageRef], when: dt.datetime) -> FileDataset:
    frames = [f"{key.sop_uid}/{key.frame}" for key in marked]
    return new_document(
        report.study,
        KeyObjectSelectionDocumentStorage,
        modality="KO",
        instance=uid("key-objects", report.id, when.isoformat(), *frames),
        series=uid("key-objects-series", report.id),
        series_number=2,
        instance_number=1,
        when=when,
    )


def _content(marked: Sequence[ImageRef], images: Images, description: str) -> Dataset:
    root = ContainerContentItem(name=_TITLE, is_content_continuous=False, template_id="2010")
    children: list[Dataset] = []
    if description:
        text = clean(description, 1000)
        children.append(TextContentItem(_DESCRIPTION, text, relationship_type=_CONTAINS))
    for sop_uid in dict.fromkeys(key.sop_uid for key in marked):
        instance = images.instances[sop_uid]
        frames = [key.frame + 1 for key in marked if key.sop_uid == sop_uid]
        item = ImageContentItem(
            _TITLE,  # why it is referred to: it is of interest
            instance.sop_class_uid,
            sop_uid,
            referenced_frame_numbers=frames if instance.number_of_frames > 1 else None,
            relationship_type=_CONTAINS,
        )
        children.append(item)
    root.ContentSequence = DicomSequence(children)
    return root

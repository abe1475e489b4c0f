"""What a companion holds, read by its kind.  Runs in a worker process."""

from __future__ import annotations

from radassist.dicom import elements
from radassist.dicom.documents import read_document
from radassist.dicom.fileformat import parsed
from radassist.dicom.keyobjects import read_key_objects
from radassist.dicom.presentation import read_presentation
from radassist.dicom.segmentation import read_segmentation
from radassist.dicom.sr_text import read_report
from radassist.domain.companions import Companion, CompanionKind
from radassist.errors import Bug, InputFault
from radassist.ports import Content


def read_content(companion: Companion) -> Content:
    """The content of a companion.

    :raises InputFault: the file is damaged or has changed.
    """
    kind = companion.kind
    try:
        with parsed(companion.path) as file:
            dataset = file.dataset
            if kind is CompanionKind.PRESENTATION:
                return read_presentation(dataset)
            if kind is CompanionKind.SEGMENTATION:
                return read_segmentation(dataset)
            if kind is CompanionKind.KEY_OBJECTS:
                return read_key_objects(dataset, companion.references)
            if kind is CompanionKind.REPORT:
                return read_report(dataset)
            if kind is CompanionKind.DOCUMENT:
                return read_document(dataset)
    except InputFault as fault:
        raise InputFault(
            f"The {kind.value} object cannot be read: {fault.what.rstrip('.')}.",
            "The images of the study are not affected.",
        ) from fault
    except elements.ODD_VALUE as error:
        raise InputFault(
            f"The {kind.value} object cannot be read: it is damaged ({type(error).__name__}).",
            "The images of the study are not affected.",
        ) from error
    raise Bug(f"no reader for {kind}")

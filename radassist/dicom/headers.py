"""Read one file's header: an image, a directory, or the reason why it is neither.

Runs in a worker process.  The size that a header claims is checked against the bytes that are
there before anybody allocates anything.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.uid import UID

from radassist.dicom import elements
from radassist.dicom.codecs import missing_decoder
from radassist.dicom.companions import companion_kind, read_companion_header
from radassist.dicom.facts import series_facts
from radassist.dicom.fileformat import UNDEFINED, Parsed, PixelPlace, count_fragments, parsed
from radassist.dicom.frames import (
    frame_facts,
    functional_groups,
    number_of_frames,
    slice_thickness,
)
from radassist.dicom.header import DirectoryHeader, HeaderResult, ImageHeader, PatientFacts
from radassist.dicom.native import native_place
from radassist.domain.companions import CompanionKind
from radassist.domain.study import Instance, RejectedFile
from radassist.errors import Fault, InputFault

#: One frame may decode to this many bytes (16 000 x 16 000 pixels of 16 bits).  Decoding takes some
#: four times as much, which has to stay below 2 GiB.
MAX_FRAME_BYTES = 512 * 1024**2
MAX_FRAMES = 100_000
#: An encapsulated frame above this decoded size must not shrink more than the ratio: even a blank
#: JPEG 2000 image of a real detector stays below.
_PLAUSIBLE_BYTES, _MAX_RATIO = 64 * 1024**2, 2000

DICOMDIR_CLASS = "1.2.840.10008.1.3.10"

_KEYWORDS = (
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate",
    "SeriesDate", "StudyTime", "AccessionNumber", "Modality", "ReferringPhysicianName",
    "StudyDescription", "SeriesDescription", "ViewCodeSequence", "AnatomicRegionSequence",
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientAge",
    "ContrastBolusAgent", "ContrastBolusAgentSequence", "BodyPartExamined", "ProtocolName",
    "SliceThickness", "SpacingBetweenSlices", "EchoTime", "InversionTime", "TriggerTime",
    "NominalScannedPixelSpacing", "ImagerPixelSpacing", "ViewPosition", "FlipAngle",
    "AcquisitionDeviceProcessingDescription", "DiffusionBValue", "GridFrameOffsetVector",
    "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "AcquisitionNumber",
    "InstanceNumber", "PatientOrientation", "ImagePositionPatient", "ImageOrientationPatient",
    "FrameOfReferenceUID", "Laterality", "ImageLaterality", "TemporalPositionIdentifier",
    "AcquisitionTime", "AcquisitionDateTime", "SamplesPerPixel", "PhotometricInterpretation",
    "NumberOfFrames", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored",
    "PixelRepresentation", "WindowCenter", "WindowWidth", "ReasonForTheRequestedProcedure",
    "RequestedProcedureDescription", "PerformedProcedureStepDescription",
    "RequestAttributesSequence", "ReasonForStudy", "AdmittingDiagnosesDescription",
    "PatientSpeciesDescription", "DetectorInformationSequence", "EchoNumbers",
    "SequenceOfUltrasoundRegions",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "DirectoryRecordSequence", "DiffusionGradientOrientation", "PatientPosition", "FrameTime",
    "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate", "GantryDetectorTilt",
    "RescaleSlope", "RescaleIntercept", "ModalityLUTSequence",
)  # fmt: skip
TAGS = [tag for tag in map(tag_for_keyword, _KEYWORDS) if tag is not None]

#: SOP classes with pixels or without that are not images to be read, by their UID's beginning.
_NOT_IMAGES = (
    ("1.2.840.10008.5.1.4.1.1.66.4", "a segmentation (SEG)"),
    ("1.2.840.10008.5.1.4.1.1.66.5", "a surface segmentation"),
    ("1.2.840.10008.5.1.4.1.1.66.6", "tractography results"),
    ("1.2.840.10008.5.1.4.1.1.66.7", "a segmentation (label map)"),
    ("1.2.840.10008.5.1.4.1.1.66", "a registration or fiducials object"),
    ("1.2.840.10008.5.1.4.1.1.67", "a real world value mapping"),
    ("1.2.840.10008.5.1.4.1.1.88.59", "a key object selection (KO)"),
    ("1.2.840.10008.5.1.4.1.1.88", "a structured report (SR)"),
    ("1.2.840.10008.5.1.4.1.1.104.1", "an encapsulated PDF"),
    ("1.2.840.10008.5.1.4.1.1.104", "an encapsulated document"),
    ("1.2.840.10008.5.1.4.1.1.11", "a presentation state (PR)"),
    ("1.2.840.10008.5.1.4.1.1.9", "a waveform"),
    ("1.2.840.10008.5.1.4.1.1.481.1", ""),  # RT Image: an image
    ("1.2.840.10008.5.1.4.1.1.481.2", "a radiotherapy dose"),
    ("1.2.840.10008.5.1.4.1.1.481", "a radiotherapy object"),
    ("1.2.840.10008.5.1.4.38", "a hanging protocol"),
)
_MODALITIES = {
    "SR": "a structured report (SR)",
    "KO": "a key object selection (KO)",
    "PR": "a presentation state (PR)",
    "SEG": "a segmentation (SEG)",
    "RTDOSE": "a radiotherapy dose",
    "RTPLAN": "a radiotherapy plan",
    "RTSTRUCT": "a radiotherapy structure set",
    "REG": "a registration object",
    "RWV": "a real world value mapping",
    "ECG": "a waveform",
    "DOC": "an encapsulated document",
    "M3D": "a 3D model",
}


def read_header(path: Path) -> HeaderResult:
    """Read one file; never raises for what a file holds.

    :raises MemoryError: the worker's memory limit was reached.
    """
    try:
        with parsed(path, TAGS) as file:
            return _read(path, file)
    except Fault as fault:
        return RejectedFile(path, _sentence(fault.what))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  a fuzzed file can raise anything from the parser
        return RejectedFile(path, f"The file is damaged: reading it failed ({_kind(error)}).")


def _kind(error: Exception) -> str:
    """The type alone: messages of the parser quote header values."""
    return type(error).__name__


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _read(path: Path, file: Parsed) -> HeaderResult:
    dataset = file.dataset
    sop_class = elements.text(dataset, "SOPClassUID") or elements.text(
        getattr(dataset, "file_meta", None), "MediaStorageSOPClassUID"
    )
    if sop_class == DICOMDIR_CLASS or elements.items(dataset, "DirectoryRecordSequence"):
        return _directory(path, dataset)
    if not len(dataset):
        raise InputFault("it has no readable data set")
    kind = companion_kind(sop_class)
    if kind is CompanionKind.SEGMENTATION:
        check_pixels(file)
    if kind is not None:
        return read_companion_header(path, kind)
    what = _not_an_image(sop_class, elements.text(dataset, "Modality").upper())
    if what:
        return RejectedFile(path, f"Not an image: {what}.", "note")
    check_pixels(file)
    cut = _check_fragments(file)
    header = _image(path, file, sop_class)
    if not cut:
        return header
    return replace(header, series=replace(header.series, notes=(*header.series.notes, cut)))


def _not_an_image(sop_class: str, modality: str) -> str:
    for prefix, what in _NOT_IMAGES:
        if sop_class == prefix or sop_class.startswith(prefix + "."):
            return what
    is_image = _is_known(sop_class) and "Image" in UID(sop_class).name
    return "" if is_image else _MODALITIES.get(modality, "")


def _is_known(uid: str) -> bool:
    return bool(uid) and UID(uid).name != uid


def _directory(path: Path, dataset: Dataset) -> DirectoryHeader:
    ids = []
    for record in elements.items(dataset, "DirectoryRecordSequence"):
        # Raw strings on purpose: cleaning could turn one name into another.
        components = tuple(str(v) for v in elements.values(record, "ReferencedFileID"))
        if components:
            ids.append(components)
    return DirectoryHeader(path, tuple(ids))


def check_pixels(file: Parsed) -> None:
    """Refuse what cannot be decoded, before anything is allocated.

    :raises InputFault: with the reason.
    """
    dataset, place = file.dataset, file.pixels
    rows, columns = elements.integer(dataset, "Rows"), elements.integer(dataset, "Columns")
    if place is None:
        missing = " (the file may be cut off)" if rows else ""
        raise InputFault(f"it holds no pixel data{missing}")
    for keyword, found in (("Rows", rows), ("Columns", columns)):
        if found is None or not 0 < found <= 65535:
            raise InputFault(f"its {keyword} attribute is missing or not usable")
    bits = elements.integer(dataset, "BitsAllocated") or _float_bits(place)
    if bits is None or bits not in (1, 8, 16, 32, 64):
        raise InputFault("its BitsAllocated attribute is missing or not usable")
    frames = number_of_frames(dataset)
    if frames > MAX_FRAMES:
        raise InputFault(f"it claims {frames:,} frames, more than can be opened")
    samples = elements.integer(dataset, "SamplesPerPixel") or 1
    if samples not in (1, 3, 4):
        raise InputFault("its SamplesPerPixel attribute is not usable")
    frame_bits = (rows or 0) * (columns or 0) * samples * bits
    photometric = elements.text(dataset, "PhotometricInterpretation").upper()
    if photometric == "YBR_FULL_422" and not is_encapsulated(file.transfer_syntax):
        frame_bits = frame_bits * 2 // 3  # two pixels share their colour (PS3.3 C.7.6.3.1.2)
    _check_size(place, frames, frame_bits, file.transfer_syntax)


def _float_bits(place: PixelPlace) -> int | None:
    return {"FloatPixelData": 32, "DoubleFloatPixelData": 64}.get(place.keyword)


def _check_size(place: PixelPlace, frames: int, frame_bits: int, syntax: UID) -> None:
    frame_bytes = (frame_bits + 7) // 8
    if frame_bytes > MAX_FRAME_BYTES:
        raise InputFault(f"it claims frames of {frame_bytes / 1e9:.1f} GB, more than can be opened")
    there = min(place.available, place.length) if place.length != UNDEFINED else place.available
    if place.length == UNDEFINED or is_encapsulated(syntax):
        if frames * 8 > there:  # every fragment has an item header of eight bytes
            raise InputFault(f"it claims {frames:,} frames but holds {there:,} bytes of pixel data")
        claimed = frames * frame_bytes
        if claimed > _PLAUSIBLE_BYTES and claimed > there * _MAX_RATIO:
            raise InputFault(_claim(claimed, there))
        return
    claimed = (frames * frame_bits + 7) // 8
    if claimed > there:
        raise InputFault(_claim(claimed, there))


def _check_fragments(file: Parsed) -> str:
    """A warning about compressed pixel data that is cut off after some whole frames, or "".

    :raises InputFault: not even one frame is whole.
    """
    place = file.pixels
    if place is None or place.length != UNDEFINED:
        return ""
    frames = number_of_frames(file.dataset)
    complete, cut = count_fragments(file, frames)
    if complete == 0 or (cut and frames == 1):
        raise InputFault("its pixel data is cut off or damaged")
    if complete < frames:
        return f"Pixel data is cut off: at most {complete} of {frames} frames can be shown."
    return "Pixel data is cut off: the last frames may be missing." if cut else ""


def is_encapsulated(syntax: UID) -> bool:
    """True for compressed pixels; transfer syntaxes newer than the dictionary all are."""
    return not syntax.is_transfer_syntax or syntax.is_encapsulated


def _claim(claimed: int, there: int) -> str:
    return f"it claims {claimed:,} bytes of pixel data but holds {there:,}: cut off or damaged"


def _image(path: Path, file: Parsed, sop_class: str) -> ImageHeader:
    dataset = file.dataset
    functional = functional_groups(dataset)
    facts = series_facts(dataset, functional)
    frames = frame_facts(dataset, number_of_frames(dataset))
    uid = elements.text(dataset, "SOPInstanceUID")
    notes = [*facts.notes, *_transfer_notes(file.transfer_syntax)]
    if not uid:
        uid = _content_uid(path)
        notes.append("A file has no SOPInstanceUID; one was made from its content.")
    if not _is_known(sop_class):
        notes.append("The kind of object (SOP class) is unknown; its pixels are shown as they are.")
    instance = Instance(
        path=path,
        sop_instance_uid=uid,
        sop_class_uid=sop_class,
        study_instance_uid=elements.text(dataset, "StudyInstanceUID"),
        series_instance_uid=elements.text(dataset, "SeriesInstanceUID"),
        instance_number=elements.integer(dataset, "InstanceNumber"),
        rows=elements.integer(dataset, "Rows") or 0,
        columns=elements.integer(dataset, "Columns") or 0,
        number_of_frames=len(frames),
        photometric_interpretation=elements.text(dataset, "PhotometricInterpretation").upper(),
        transfer_syntax_uid=str(file.transfer_syntax),
        image_type=tuple(v.upper() for v in elements.texts(dataset, "ImageType")),
        image_orientation=frames[0].orientation,
        image_position=frames[0].position,
        pixel_spacing=facts.spacing if facts.spacing_source == "PixelSpacing" else None,
        imager_pixel_spacing=(
            facts.spacing if facts.spacing_source == "ImagerPixelSpacing" else None
        ),
        patient_orientation=elements.texts(dataset, "PatientOrientation"),
        slice_thickness=slice_thickness(dataset, functional),
        acquisition_number=elements.integer(dataset, "AcquisitionNumber"),
        window=_window(dataset),
    )
    noted = replace(facts, notes=tuple(notes))
    return ImageHeader(instance, frames, _patient(dataset), noted, native_place(path, file))


def _window(dataset: Dataset) -> tuple[float, float] | None:
    """The first window of the header, where it is usable (PS3.3 C.11.2.1.2: width >= 1)."""
    center, width = (
        elements.number(dataset, "WindowCenter"),
        elements.number(dataset, "WindowWidth"),
    )
    if center is None or width is None or width <= 0:
        return None
    return center, width


def _transfer_notes(syntax: UID) -> list[str]:
    missing = missing_decoder(syntax)
    return [f"The pixels cannot be shown: {missing}."] if missing else []


def _content_uid(path: Path) -> str:
    """A stable UID for an object without one (PS3.5 B.2: 2.25 and a 128-bit number)."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        digest.update(stream.read(1024 * 1024))
    digest.update(str(path.stat().st_size).encode())
    return f"2.25.{int.from_bytes(digest.digest()[:16], 'big')}"


def _patient(dataset: Dataset) -> PatientFacts:
    return PatientFacts(
        patient_id=elements.text(dataset, "PatientID"),
        patient_name=elements.name(dataset, "PatientName"),
        patient_name_ideographic=elements.native_name(dataset, "PatientName"),
        patient_sex=elements.text(dataset, "PatientSex").upper(),
        patient_age=elements.text(dataset, "PatientAge"),
        patient_birth_date=elements.text(dataset, "PatientBirthDate"),
        study_date=elements.text(dataset, "StudyDate").replace(".", ""),
        study_time=elements.text(dataset, "StudyTime"),
        study_description=elements.text(dataset, "StudyDescription"),
        accession_number=elements.text(dataset, "AccessionNumber"),
        referring_physician_name=elements.name(dataset, "ReferringPhysicianName"),
        reason_for_study=_reason(dataset),
    )


def _reason(dataset: Dataset) -> str:
    """Why the study was asked for, from the request's own attributes (PS3.3 C.4.12)."""
    request = elements.item(dataset, "RequestAttributesSequence")
    for holder, keyword in (
        (request, "ReasonForTheRequestedProcedure"),
        (dataset, "ReasonForTheRequestedProcedure"),
        (dataset, "ReasonForStudy"),
        (dataset, "AdmittingDiagnosesDescription"),
    ):
        found = elements.text(holder, keyword)
        if found:
            return found
    return ""

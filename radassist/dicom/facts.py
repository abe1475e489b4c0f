"""Body part, view, side, contrast and spacing from a header, each with where it came from.

Nothing is guessed from file names or pixels.  A value read from free text is said to be so.
"""

from __future__ import annotations

import re

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.frames import cine, number_of_frames
from radassist.dicom.header import SeriesFacts
from radassist.dicom.text import clean

#: Modalities whose images are projections: view and detector spacing matter (PS3.3 C.7.3.1.1.1).
PROJECTION = frozenset({"CR", "DX", "RG", "MG", "RF", "XA", "PX", "IO", "XC"})
CROSS_SECTIONAL = frozenset({"CT", "MR", "PT", "NM"})

#: Words in descriptions -> Body Part Examined defined terms (PS3.16 annex L).  The first that
#: matches counts, so the more specific words come first.
_BODY_PARTS: tuple[tuple[str, str], ...] = (
    (r"ABD\w*\W{0,3}(AND|&|/|\+)?\W{0,3}PEL\w*", "ABDOMENPELVIS"),
    (r"(CERV\w*|C)\W{0,2}(SPINE|SP)\b|HWS", "CSPINE"),
    (r"(THORACIC|DORSAL|T)\W{0,2}(SPINE|SP)\b|BWS", "TSPINE"),
    (r"(LUMB\w*|L)\W{0,2}(SPINE|SP)\b|LWS", "LSPINE"),
    (r"CHEST|THORAX|THORACIC|LUNGS?|PULMON\w*", "CHEST"),
    (r"MAMMO\w*|BREASTS?", "BREAST"),
    (r"BRAIN|CEREBR\w*|NEURO\w*", "BRAIN"),
    (r"HEADS?|SKULL|CRANI\w*", "HEAD"),
    (r"SINUS\w*|PARANASAL", "SINUS"),
    (r"CARDIAC|HEART|CORONARY|ECHOCARDIO\w*", "HEART"),
    (r"ABD(OMEN|OMINAL)?|LIVER|RENAL|KIDNEYS?", "ABDOMEN"),
    (r"PELVI[SC]", "PELVIS"),
    (r"NECK|CERVICAL|CAROTID|THYROID", "NECK"),
    (r"SPINE|SPINAL", "SPINE"),
    (r"SHOULDERS?", "SHOULDER"),
    (r"ELBOWS?", "ELBOW"),
    (r"WRISTS?", "WRIST"),
    (r"HANDS?|FINGERS?", "HAND"),
    (r"HIPS?", "HIP"),
    (r"KNEES?", "KNEE"),
    (r"ANKLES?", "ANKLE"),
    (r"FOOT|FEET|TOES?", "FOOT"),
)
_BODY_PART_PATTERNS = tuple(
    (re.compile(rf"(?<![A-Z])(?:{words})(?![A-Z])"), term) for words, term in _BODY_PARTS
)
#: Free text, in the order of how close it is to the image.
_DESCRIPTIONS = (
    "SeriesDescription",
    "ProtocolName",
    "PerformedProcedureStepDescription",
    "RequestedProcedureDescription",
    "StudyDescription",
)
#: View codes: SNOMED CT and its retired SRT codes (PS3.16 CID 4010 and 4014), and words.
_VIEW_CODES = {
    "R-10206": "AP", "399348003": "AP", "R-10214": "PA", "399173006": "PA", "272479007": "PA",
    "R-10228": "RL", "R-10232": "RL", "R-10236": "LL", "399198007": "LL", "399352003": "LL",
    "R-10224": "ML", "R-10226": "MLO", "399368009": "MLO", "R-10242": "CC", "399162004": "CC",
    "260421001": "LL", "399260004": "ML", "399067008": "LATERAL",
}  # fmt: skip
_VIEW_WORDS = (
    (re.compile(r"(?<![A-Z])P\.?A\.?(?![A-Z])"), "PA"),
    (re.compile(r"(?<![A-Z])A\.?P\.?(?![A-Z])"), "AP"),
    (re.compile(r"(?<![A-Z])(LAT|LATERAL)(?![A-Z])"), "LATERAL"),
)
_ANIMAL = re.compile(
    r"(?<![A-Z])(CANINE|FELINE|EQUINE|BOVINE|OVINE|PORCINE|AVIAN|MURINE|VETERINARY)(?![A-Z])"
)
#: "Loc" is a word by itself only at the edge: "ext loc ref" refers to a localizer, and is none.
_SCOUT_WORDS = re.compile(
    r"(?<![A-Z])(LOCALI[SZ]ERS?|SCOUTS?|SURVIEW|TOPOGRAM|SURVEY)(?![A-Z])|^\W*LOC(?![A-Z])|"
    r"(?<![A-Z])LOC\W*$"
)
#: A survey of the skeleton is a diagnostic examination, and a series after a scout is none.
_NO_SCOUT = re.compile(
    r"\b(BONES?|SKELET\w*|MYELOMA|METASTA\w*|WHOLE\W?BODY|WB)\b.*\bSURVEY|"
    r"\b(FROM|AFTER|POST|REF\w*)\W+(THE\W+)?(LOCALI[SZ]ER|SCOUT|TOPOGRAM|SURVIEW)"
)
_HUMAN = re.compile(r"HOMO SAPIENS|HUMAN")
_LATERALITY = {"R": "R", "L": "L", "B": "B", "RIGHT": "R", "LEFT": "L", "BOTH": "B"}


def series_facts(dataset: Dataset, functional: Dataset | None) -> SeriesFacts:
    """All series facts of a header.

    :param functional: the shared (or first) functional group of an enhanced object, or None.
    """
    modality = elements.text(dataset, "Modality").upper()
    body_part, body_part_source = _body_part(dataset, functional)
    view, view_note = _view(dataset, modality)
    spacing, spacing_source, spacing_notes = _spacing(dataset, functional, modality)
    species = _species(dataset)
    animal = f"The patient is an animal ({species})." if species else ""
    notes = [animal, view_note, *spacing_notes]
    return SeriesFacts(
        modality=modality,
        body_part=body_part,
        body_part_source=body_part_source,
        view=view,
        laterality=_laterality(dataset, functional),
        description=elements.text(dataset, "SeriesDescription"),
        series_number=elements.integer(dataset, "SeriesNumber"),
        contrast_agent=_contrast(dataset),
        spacing=spacing,
        spacing_source=spacing_source,
        frame_of_reference_uid=elements.text(dataset, "FrameOfReferenceUID"),
        series_date=elements.text(dataset, "SeriesDate"),
        patient_position=elements.text(dataset, "PatientPosition").upper(),
        cine=cine(dataset, number_of_frames(dataset)),
        is_localizer=is_localizer(dataset, modality),
        species=species,
        notes=tuple(note for note in notes if note),
    )


def _species(dataset: Dataset) -> str:
    """The animal that a header speaks of, in the header's own word; "" for people."""
    stated = elements.text(dataset, "PatientSpeciesDescription")
    if stated and not _HUMAN.search(stated.upper()):
        return stated
    for keyword in ("AcquisitionDeviceProcessingDescription", "ProtocolName", "StudyDescription"):
        found = _ANIMAL.search(elements.text(dataset, keyword).upper())
        if found:
            return found.group(0)
    return ""


def is_localizer(dataset: Dataset, modality: str) -> bool:
    """True for a scout view: ImageType value 3 is LOCALIZER (PS3.3 C.8.2.1.1.1, C.8.3.1.1.1).

    Some makers write SCOUT, SURVIEW, TOPOGRAM or REF_SURVIEW there, or only in the description.
    """
    image_type = [v.upper() for v in elements.texts(dataset, "ImageType")]
    words = ("LOCALIZER", "SCOUT", "SURVIEW", "TOPOGRAM", "SCANOGRAM")
    if any(word in value for value in image_type for word in words):
        return True
    if modality in CROSS_SECTIONAL or not modality:
        said = elements.text(dataset, "SeriesDescription").upper().replace("_", " ")
        return bool(_SCOUT_WORDS.search(said)) and not _NO_SCOUT.search(said)
    return False


def _body_part(dataset: Dataset, functional: Dataset | None) -> tuple[str, str]:
    stated = elements.text(dataset, "BodyPartExamined").upper()
    if stated and any(c.isalpha() for c in stated):
        return stated, "BodyPartExamined"
    anatomy = elements.item(functional, "FrameAnatomySequence")
    for holder in (dataset, anatomy):
        for meaning in elements.code_meanings(holder, "AnatomicRegionSequence"):
            return body_part_in(meaning) or meaning.upper(), "AnatomicRegionSequence"
    for keyword in _DESCRIPTIONS:
        found = body_part_in(elements.text(dataset, keyword))
        if found:
            return found, keyword
    return "", ""


def body_part_in(description: str) -> str:
    """The Body Part Examined term that a free description names, or ""."""
    words = description.upper().replace("_", " ")
    return next((term for pattern, term in _BODY_PART_PATTERNS if pattern.search(words)), "")


def _view(dataset: Dataset, modality: str) -> tuple[str, str]:
    """(view, note): the note says where an indirect value came from."""
    stated = elements.text(dataset, "ViewPosition").upper()
    if stated:
        return stated, ""
    for item in elements.items(dataset, "ViewCodeSequence"):
        code = elements.text(item, "CodeValue") or elements.text(item, "LongCodeValue")
        if code in _VIEW_CODES:
            return _VIEW_CODES[code], ""
    if modality not in PROJECTION:
        return "", ""
    for keyword in (
        "AcquisitionDeviceProcessingDescription",
        "SeriesDescription",
        "ProtocolName",
        "PerformedProcedureStepDescription",
    ):
        words = elements.text(dataset, keyword).upper().replace("_", " ")
        found = {view for pattern, view in _VIEW_WORDS if pattern.search(words)}
        if len(found) == 1:
            view = found.pop()
            return view, f"The view ({view}) is taken from the words of {keyword}."
    return "", ""


def _laterality(dataset: Dataset, functional: Dataset | None) -> str:
    """R, L or B: ImageLaterality, Laterality or FrameLaterality; never from a description."""
    anatomy = elements.item(functional, "FrameAnatomySequence")
    for holder, keyword in (
        (dataset, "ImageLaterality"),
        (dataset, "Laterality"),
        (anatomy, "FrameLaterality"),
    ):
        stated = _LATERALITY.get(elements.text(holder, keyword).upper())
        if stated:
            return stated
    return ""


def _contrast(dataset: Dataset) -> str:
    for keyword in ("ContrastBolusAgent",):
        stated = elements.text(dataset, keyword)
        if stated and stated.upper() not in ("NO", "NONE", "N", "NO CONTRAST", "WITHOUT", "0"):
            return stated
    meanings = elements.code_meanings(dataset, "ContrastBolusAgentSequence")
    return clean(", ".join(meanings))


def _positive_pair(values: list[float]) -> tuple[float, float] | None:
    if len(values) == 2 and all(1e-4 < v < 1e3 for v in values):
        return values[0], values[1]
    return None


def _spacing(
    dataset: Dataset, functional: Dataset | None, modality: str
) -> tuple[tuple[float, float] | None, str, list[str]]:
    """(row, column) spacing in mm, its source, and warnings.

    PS3.3 10.7.1.1: in a projection radiograph PixelSpacing that equals ImagerPixelSpacing is not
    calibrated and holds at the detector, where a patient is magnified.
    """
    measures = elements.item(functional, "PixelMeasuresSequence")
    raw = elements.numbers(dataset, "PixelSpacing") or elements.numbers(measures, "PixelSpacing")
    pixel = _positive_pair(raw)
    imager = _positive_pair(elements.numbers(dataset, "ImagerPixelSpacing"))
    notes = []
    if raw and pixel is None:
        notes.append("The stated pixel spacing is not positive and is not used.")
    if pixel and not (modality in PROJECTION and pixel == imager):
        return pixel, "PixelSpacing", notes
    if imager:
        notes.append("Pixel spacing is that at the detector: lengths in the patient are smaller.")
        return imager, "ImagerPixelSpacing", notes
    scanned = _positive_pair(elements.numbers(dataset, "NominalScannedPixelSpacing"))
    if scanned:
        notes.append("Pixel spacing is that of the scanned film: lengths in the patient differ.")
        return scanned, "NominalScannedPixelSpacing", notes
    regions = elements.items(dataset, "SequenceOfUltrasoundRegions")
    ultrasound = _ultrasound_spacing(regions)
    if ultrasound:
        notes.append("Pixel spacing is that of the ultrasound region, not of what lies around it.")
        return ultrasound, "SequenceOfUltrasoundRegions", notes
    where = " for the whole image (it has several ultrasound regions)" if len(regions) > 1 else ""
    notes.append(f"No pixel spacing{where}: lengths can only be measured in pixels.")
    return None, "", notes


def _ultrasound_spacing(regions: list[Dataset]) -> tuple[float, float] | None:
    """Spacing of the only region of an ultrasound image, where it is two-dimensional, else None.

    PS3.3 C.8.5.5: PhysicalDelta is in centimetres where PhysicalUnits is 3.  Several regions have
    several scales (a trace beside the tissue), so then none speaks for the image.
    """
    if len(regions) != 1 or elements.integer(regions[0], "RegionSpatialFormat") != 1:
        return None
    units = [elements.integer(regions[0], f"PhysicalUnits{axis}Direction") for axis in "YX"]
    deltas = [elements.number(regions[0], f"PhysicalDelta{axis}") for axis in "YX"]
    if units != [3, 3] or None in deltas:
        return None
    return _positive_pair([10 * abs(d) for d in deltas if d is not None])

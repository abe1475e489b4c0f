"""Read segmentations (PS3.3 A.51): segments and where each stored frame lies."""

from __future__ import annotations

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.companions import object_ref
from radassist.dicom.frames import (
    frame_facts,
    functional_groups,
    number_of_frames,
    slice_thickness,
)
from radassist.dicom.lab import rgb_of
from radassist.domain.companions import ObjectRef, Plane
from radassist.domain.segmentation import Segment, Segmentation, SegmentFrame

_KINDS = ("BINARY", "FRACTIONAL", "LABELMAP")


def read_segmentation(dataset: Dataset) -> Segmentation:
    """Segments and frames of a segmentation, without pixels."""
    count = number_of_frames(dataset)
    kind = elements.text(dataset, "SegmentationType").upper()
    notes = []
    if kind not in _KINDS:
        notes.append("The segmentation does not say its type; it is read as binary.")
        kind = "BINARY"
    if kind == "FRACTIONAL":
        of = elements.text(dataset, "SegmentationFractionalType").upper()
        notes.append("Its values are probabilities." if of == "PROBABILITY" else
                     "Its values are parts of a pixel.")  # fmt: skip
    return Segmentation(
        elements.text(dataset, "ContentLabel"),
        kind,
        tuple(_segments(dataset)),
        tuple(_frames(dataset, kind, count)),
        max(1, elements.integer(dataset, "MaximumFractionalValue") or 255),
        elements.integer(dataset, "PixelPaddingValue"),
        slice_thickness(dataset, functional_groups(dataset)),
        tuple(notes),
    )


def _segments(dataset: Dataset) -> list[Segment]:
    found = []
    for item in elements.items(dataset, "SegmentSequence"):
        number = elements.integer(item, "SegmentNumber")
        if number is None:
            continue
        meanings = elements.code_meanings(item, "SegmentedPropertyTypeCodeSequence")
        label = elements.text(item, "SegmentLabel") or (meanings[0] if meanings else "")
        colour = rgb_of(elements.numbers(item, "RecommendedDisplayCIELabValue", 3))
        algorithm = elements.text(item, "SegmentAlgorithmType").upper()
        found.append(Segment(number, label or f"Segment {number}", colour, algorithm))
    return found


def _frames(dataset: Dataset, kind: str, count: int) -> list[SegmentFrame]:
    groups = elements.items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = elements.item(dataset, "SharedFunctionalGroupsSequence")
    facts = frame_facts(dataset, count)
    found = []
    for index in range(min(count, max(len(groups), 1))):
        own = groups[index] if index < len(groups) else None
        spacing = _spacing(own) or _spacing(shared)
        plane = Plane(facts[index].orientation, facts[index].position, spacing)
        segment = None
        if kind != "LABELMAP":
            item = elements.item(own, "SegmentIdentificationSequence") or elements.item(
                shared, "SegmentIdentificationSequence"
            )
            segment = elements.integer(item, "ReferencedSegmentNumber") or 1
        found.append(SegmentFrame(index, segment, plane, _sources(own)))
    return found


def _spacing(group: Dataset | None) -> tuple[float, float] | None:
    measures = elements.item(group, "PixelMeasuresSequence")
    values = elements.numbers(measures, "PixelSpacing", 2)
    return (values[0], values[1]) if values and min(values) > 0 else None


def _sources(group: Dataset | None) -> tuple[ObjectRef, ...]:
    return tuple(
        object_ref(source)
        for derivation in elements.items(group, "DerivationImageSequence")
        for source in elements.items(derivation, "SourceImageSequence")
    )

"""Geometry and phase of each frame: classic, enhanced and nuclear medicine objects.

Enhanced multi-frame objects keep them in functional groups (PS3.3 C.7.6.16), shared by all frames
or one item a frame; nuclear medicine and dose objects compute them from a first position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.dicom.header import FrameFacts
from radassist.domain.geometry import Orientation, Position, is_orientation, normal
from radassist.domain.study import Cine

_T = TypeVar("_T")

_FRAME_TYPE_SEQUENCES = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
    "XAXRFFrameCharacteristicsSequence",
    "ParametricMapFrameTypeSequence",
)
#: What can tell two images at one place apart, most telling first (classic objects).
_CLASSIC_PHASE = (
    "AcquisitionNumber",
    "TemporalPositionIdentifier",
    "EchoNumbers",
    "EchoTime",
    "DiffusionBValue",
    "InversionTime",
    "FlipAngle",
    "TriggerTime",
    "AcquisitionTime",
)
#: The same for enhanced objects: (sequence, attribute).
_ENHANCED_PHASE = (
    ("FrameContentSequence", "StackID"),
    ("FrameContentSequence", "TemporalPositionIndex"),
    ("MREchoSequence", "EffectiveEchoTime"),
    ("MRDiffusionSequence", "DiffusionBValue"),
    ("CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    ("FrameContentSequence", "FrameAcquisitionNumber"),
)


def number_of_frames(dataset: Dataset) -> int:
    """NumberOfFrames, 1 where it is absent or odd."""
    return max(1, elements.integer(dataset, "NumberOfFrames") or 1)


def cine(dataset: Dataset, count: int) -> Cine | None:
    """The timing of ``count`` frames of one object, None where nothing says it.

    PS3.3 C.7.6.5: FrameTime and FrameTimeVector in milliseconds; CineRate and
    RecommendedDisplayFrameRate in frames a second, which count before the times for playing.
    """
    if count < 2:
        return None
    step = elements.number(dataset, "FrameTime")
    vector = elements.numbers(dataset, "FrameTimeVector", count, most=count)
    wished = [elements.number(dataset, k) for k in ("RecommendedDisplayFrameRate", "CineRate")]
    rate = next((r for r in wished if r and r > 0), None)
    if vector and min(vector) >= 0 and sum(vector) > 0:
        times, source = (0.0, *vector[1:]), "FrameTimeVector"
    elif step and step > 0:
        times, source = (0.0, *(step,) * (count - 1)), "FrameTime"
    elif rate:
        times, source = (0.0, *(1000.0 / rate,) * (count - 1)), "CineRate"
    else:
        return None
    mean = sum(times) / (count - 1)
    return Cine(times, rate or 1000.0 / mean, source)


def functional_groups(dataset: Dataset) -> Dataset | None:
    """Shared functional groups, completed by those of the first frame; None in classic objects."""
    shared = elements.item(dataset, "SharedFunctionalGroupsSequence")
    first = elements.item(dataset, "PerFrameFunctionalGroupsSequence")
    if shared is None or first is None:
        return shared or first
    both = Dataset()
    both.update(first)
    both.update(shared)
    return both


def slice_thickness(dataset: Dataset, functional: Dataset | None) -> float | None:
    """SliceThickness in millimetres, or None where it is absent or not positive."""
    measures = elements.item(functional, "PixelMeasuresSequence")
    for holder in (dataset, measures):
        thickness = elements.number(holder, "SliceThickness")
        if thickness is not None and thickness > 0:
            return thickness
    return None


def frame_facts(dataset: Dataset, count: int) -> tuple[FrameFacts, ...]:
    """Facts of each of ``count`` frames, in the order in which they are stored."""
    groups = elements.items(dataset, "PerFrameFunctionalGroupsSequence")
    shared = elements.item(dataset, "SharedFunctionalGroupsSequence")
    first = _classic(dataset)
    if groups or shared is not None:
        fallback = replace(first, phase=())
        return tuple(
            _enhanced(groups[i] if i < len(groups) else None, shared, fallback)
            for i in range(count)
        )
    if count == 1:
        return (first,)
    return _computed(dataset, first, count)


def _orientation(dataset: Dataset | None) -> Orientation | None:
    values = elements.numbers(dataset, "ImageOrientationPatient", 6)
    if not values or not is_orientation(values):
        return None
    row_x, row_y, row_z, column_x, column_y, column_z = values
    return row_x, row_y, row_z, column_x, column_y, column_z


def _position(dataset: Dataset | None) -> Position | None:
    values = elements.numbers(dataset, "ImagePositionPatient", 3)
    if not values or max(abs(v) for v in values) > 1e5:  # 100 m: no position of a patient
        return None
    return values[0], values[1], values[2]


def _classic(dataset: Dataset) -> FrameFacts:
    holder = dataset
    detector = elements.item(dataset, "DetectorInformationSequence")
    if _orientation(dataset) is None and detector is not None:
        holder = detector  # nuclear medicine, PS3.3 C.8.4.11
    return FrameFacts(
        _orientation(holder),
        _position(holder),
        tuple(v.upper() for v in elements.texts(dataset, "ImageType")),
        _phase([(keyword, elements.text(dataset, keyword)) for keyword in _CLASSIC_PHASE]),
    )


def _enhanced(own: Dataset | None, shared: Dataset | None, fallback: FrameFacts) -> FrameFacts:
    orientation = _either(own, shared, "PlaneOrientationSequence", _orientation)
    position = _either(own, shared, "PlanePositionSequence", _position)
    frame_type = fallback.frame_type
    for sequence in _FRAME_TYPE_SEQUENCES:
        item = elements.item(own, sequence) or elements.item(shared, sequence)
        found = tuple(v.upper() for v in elements.texts(item, "FrameType"))
        if found:
            frame_type = found
            break
    phase = [
        (keyword, elements.text(elements.item(own, sequence), keyword))
        for sequence, keyword in _ENHANCED_PHASE
    ]
    return FrameFacts(
        orientation or fallback.orientation,
        position or fallback.position,
        frame_type,
        _phase(phase),
    )


def _either(
    own: Dataset | None,
    shared: Dataset | None,
    sequence: str,
    read: Callable[[Dataset | None], _T | None],
) -> _T | None:
    found = read(elements.item(own, sequence))
    return found if found is not None else read(elements.item(shared, sequence))


def _phase(pairs: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(pair for pair in pairs if pair[1])


def _computed(dataset: Dataset, first: FrameFacts, count: int) -> tuple[FrameFacts, ...]:
    """Positions of the frames of a classic multi-frame object.

    GridFrameOffsetVector (dose, PS3.3 C.8.8.3.2) or reconstructed nuclear medicine tomography
    (C.8.4.15: SpacingBetweenSlices along the normal) give them; all other frames share the first
    orientation and have no position, because nothing says where they lie.
    """
    offsets = elements.numbers(dataset, "GridFrameOffsetVector", count)
    if not offsets and "RECON TOMO" in first.frame_type:
        step = elements.number(dataset, "SpacingBetweenSlices")
        offsets = [step * i for i in range(count)] if step else []
    if not offsets or first.orientation is None or first.position is None:
        still = replace(first, position=None, phase=())
        return (still,) * count
    way = normal(first.orientation)
    start = np.asarray(first.position)
    return tuple(
        replace(first, position=_as_position(start + way * (offset - offsets[0])))
        for offset in offsets
    )


def _as_position(point: npt.NDArray[np.float64]) -> Position:
    return float(point[0]), float(point[1]), float(point[2])

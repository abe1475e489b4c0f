"""What opening keeps of one file: plain data that crosses the process border."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from radassist.domain.companions import Companion
from radassist.domain.geometry import Orientation, Position
from radassist.domain.study import Cine, Instance, RejectedFile


@dataclass(frozen=True)
class FrameFacts:
    """Geometry and phase of one frame.

    :param phase: (attribute, value) pairs that tell frames at the same place apart, such as
        ("TemporalPositionIndex", 2.0), in the order in which they are tried.
    """

    orientation: Orientation | None = None
    position: Position | None = None
    frame_type: tuple[str, ...] = ()
    phase: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class PatientFacts:
    """Patient and study attributes, cleaned for display."""

    patient_id: str = ""
    patient_name: str = ""
    patient_name_ideographic: str = ""
    patient_sex: str = ""
    patient_age: str = ""
    patient_birth_date: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    referring_physician_name: str = ""
    reason_for_study: str = ""


@dataclass(frozen=True)
class SeriesFacts:
    """Series attributes, cleaned for display.

    :param notes: sentences for the series' warnings, such as where the body part came from.
    """

    modality: str = ""
    body_part: str = ""
    body_part_source: str = ""
    view: str = ""
    laterality: str = ""
    description: str = ""
    series_number: int | None = None
    contrast_agent: str = ""
    spacing: tuple[float, float] | None = None
    spacing_source: str = ""
    frame_of_reference_uid: str = ""
    series_date: str = ""
    patient_position: str = ""
    cine: Cine | None = None
    is_localizer: bool = False
    species: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class NativePlace:
    """Where the frames of a file lie that need no decoder: native 16-bit grey pixels.

    :param offset: of the first byte of the first frame.
    :param rescale: whole (slope, intercept); (1, 0) where the header has none.
    :param file: (modification time in ns, size) when it was read: another file is not trusted.
    """

    offset: int
    rows: int
    columns: int
    frames: int
    signed: bool
    rescale: tuple[int, int]
    file: tuple[int, int]


@dataclass(frozen=True)
class ImageHeader:
    """One image file that can be shown.

    :param native: where its frames lie, if they need no decoder.
    """

    instance: Instance
    frames: tuple[FrameFacts, ...]
    patient: PatientFacts = field(default_factory=PatientFacts)
    series: SeriesFacts = field(default_factory=SeriesFacts)
    native: NativePlace | None = None


@dataclass(frozen=True)
class DirectoryHeader:
    """A DICOMDIR: the file ids that it names, each as path components (PS3.10 section 8)."""

    path: Path
    file_ids: tuple[tuple[str, ...], ...]


HeaderResult = ImageHeader | DirectoryHeader | RejectedFile | Companion

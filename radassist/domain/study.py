"""Patient, study, series and instance, as the headers tell them.

Attribute names are the DICOM keywords, snake-cased.  Everything here is plain data that can cross a
process border; nothing here reads files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from radassist.domain.companions import Companion
from radassist.domain.findings import ImageRef


@dataclass(frozen=True)
class Instance:
    """One image object (one file), possibly of several frames.

    :param path: where the file lies (a member of an unpacked zip lies in a private folder).
    :param shown: the path to show instead, where ``path`` is an unpacked copy.
    :param image_orientation: the six direction cosines of ImageOrientationPatient (row, column),
        or None where the header has none.
    :param image_position: ImagePositionPatient in millimetres (LPS), or None.
    :param pixel_spacing: (row spacing, column spacing) in millimetres at the patient, or None.
    :param imager_pixel_spacing: the same at the detector (projection radiographs), or None.
    """

    path: Path
    sop_instance_uid: str
    sop_class_uid: str
    study_instance_uid: str
    series_instance_uid: str
    instance_number: int | None
    rows: int
    columns: int
    number_of_frames: int = 1
    photometric_interpretation: str = "MONOCHROME2"
    transfer_syntax_uid: str = ""
    image_type: tuple[str, ...] = ()
    image_orientation: tuple[float, float, float, float, float, float] | None = None
    image_position: tuple[float, float, float] | None = None
    pixel_spacing: tuple[float, float] | None = None
    imager_pixel_spacing: tuple[float, float] | None = None
    patient_orientation: tuple[str, ...] = ()
    slice_thickness: float | None = None
    acquisition_number: int | None = None
    window: tuple[float, float] | None = None
    has_pixels: bool = True
    shown: Path | None = None

    @property
    def shown_path(self) -> Path:
        """The path by which the user knows the file: inside the zip that it was unpacked from."""
        return self.shown or self.path

    def ref(self, frame: int = 0) -> ImageRef:
        """The reference to one 0-based frame of this instance."""
        return ImageRef(
            self.study_instance_uid,
            self.series_instance_uid,
            self.sop_instance_uid,
            frame,
            self.sop_class_uid,
        )


@dataclass(frozen=True)
class Frame:
    """One displayable frame of a series: an instance, a 0-based frame and its geometry."""

    instance: Instance
    frame: int = 0
    image_orientation: tuple[float, float, float, float, float, float] | None = None
    image_position: tuple[float, float, float] | None = None

    @property
    def ref(self) -> ImageRef:
        return self.instance.ref(self.frame)


@dataclass(frozen=True)
class Cine:
    """How fast the frames of a series follow each other in time.

    :param frame_times_ms: from each frame to the one before it; the first is 0.
    :param rate: frames a second at which to play.
    :param source: the attribute that says so, such as ``FrameTime``.
    """

    frame_times_ms: tuple[float, ...]
    rate: float
    source: str


@dataclass(frozen=True)
class Series:
    """Frames that belong together and are sorted by geometry.

    A DICOM series with a localizer, several orientations or several image sizes is split into
    several of these; ``part`` then counts them from 1 and ``split_reason`` says why.

    :param spacing: (slice, row, column) in millimetres; None where the headers do not say or
        where slices are not evenly spaced.
    :param spacing_source: ``PixelSpacing``, ``ImagerPixelSpacing`` (at the detector) or "".
    :param orientation: letters at the (left, right, top, bottom) edge of the first image as shown,
        e.g. ("R", "L", "A", "P"); empty strings where unknown.
    :param plane: ``axial``, ``coronal``, ``sagittal``, ``oblique`` or "".
    :param species: the animal that the header speaks of, "" for people.
    :param frame_of_reference_uid: images that share it share patient coordinates.
    :param patient_position: PatientPosition (HFS, FFP, HFDR ...): how the patient lay, which the
        orientation letters have taken into account.
    :param cine: the timing of a series in time, or None.
    :param warnings: sentences such as tilt, uneven gaps, missing slice, no spacing.
    """

    series_instance_uid: str
    frames: tuple[Frame, ...]
    modality: str = ""
    body_part: str = ""
    body_part_source: str = ""
    view: str = ""
    laterality: str = ""
    description: str = ""
    series_number: int | None = None
    rows: int = 0
    columns: int = 0
    spacing: tuple[float, float, float] | None = None
    pixel_spacing: tuple[float, float] | None = None
    spacing_source: str = ""
    orientation: tuple[str, str, str, str] = ("", "", "", "")
    plane: str = ""
    is_localizer: bool = False
    contrast_agent: str = ""
    species: str = ""
    frame_of_reference_uid: str = ""
    patient_position: str = ""
    cine: Cine | None = None
    part: int = 0
    split_reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Study:
    """One study of one patient."""

    study_instance_uid: str
    series: tuple[Series, ...]
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    accession_number: str = ""
    referring_physician_name: str = ""
    reason_for_study: str = ""
    patient_id: str = ""
    patient_name: str = ""
    patient_name_ideographic: str = ""
    patient_sex: str = ""
    patient_age: str = ""
    patient_birth_date: str = ""


@dataclass(frozen=True)
class RejectedFile:
    """A file that was not opened as an image, and why: never silently dropped.

    :param severity: ``error`` for a broken file, ``note`` for one that is just something else.
    :param duplicate: an image whose SOPInstanceUID another one has that is shown.
    """

    path: Path
    reason: str
    severity: str = "error"
    duplicate: bool = False


@dataclass(frozen=True)
class OpenResult:
    """What opening a set of paths gave.

    :param companions: presentation states, segmentations, key objects, reports and documents.
    """

    studies: tuple[Study, ...]
    rejected: tuple[RejectedFile, ...] = ()
    notes: tuple[str, ...] = field(default=())
    companions: tuple[Companion, ...] = ()

    def series(self) -> tuple[tuple[Study, Series], ...]:
        """All series with their study, in reading order."""
        return tuple((study, series) for study in self.studies for series in study.series)

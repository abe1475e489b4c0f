"""What lies beside the images of a study: presentation states, segmentations, key objects, reports.

A companion is known by its header; its content (``PresentationState``, ``Segmentation``,
``KeyObjects``, ``Document``) is read when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from radassist.domain.findings import ImageRef
from radassist.domain.geometry import Orientation, Position


class CompanionKind(StrEnum):
    """What a companion is, by the letters of its modality."""

    PRESENTATION = "PR"
    SEGMENTATION = "SEG"
    KEY_OBJECTS = "KO"
    REPORT = "SR"
    DOCUMENT = "DOC"


@dataclass(frozen=True)
class ObjectRef:
    """A reference to an object or to some of its frames.

    :param frames: 0-based frames; empty for all of them.
    """

    sop_instance_uid: str
    series_instance_uid: str = ""
    study_instance_uid: str = ""
    sop_class_uid: str = ""
    frames: tuple[int, ...] = ()

    def covers(self, sop_instance_uid: str, frame: int) -> bool:
        """True where one 0-based frame of an image is meant."""
        named = self.sop_instance_uid == sop_instance_uid
        return named and (not self.frames or frame in self.frames)


@dataclass(frozen=True)
class Companion:
    """The header of one object that is no image.

    :param title: what to list it as: label, document title or concept name.
    :param date: ContentDate, or the date of creation, as DICOM writes it.
    :param references: the images that it names; empty where it names none.
    :param rows, columns, number_of_frames: of a segmentation's pixels, else 0.
    :param shown: the path to show instead, where ``path`` is an unpacked copy.
    """

    path: Path
    kind: CompanionKind
    sop_instance_uid: str
    sop_class_uid: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str = ""
    patient_name: str = ""
    study_date: str = ""
    title: str = ""
    description: str = ""
    date: str = ""
    frame_of_reference_uid: str = ""
    references: tuple[ObjectRef, ...] = ()
    rows: int = 0
    columns: int = 0
    number_of_frames: int = 0
    photometric_interpretation: str = ""
    shown: Path | None = None

    @property
    def shown_path(self) -> Path:
        """The path by which the user knows the file."""
        return self.shown or self.path

    def about(self, image: ImageRef) -> bool:
        """True where it names an image, or the whole series of one without naming images."""
        return any(
            ref.covers(image.sop_uid, image.frame)
            or (not ref.sop_instance_uid and ref.series_instance_uid == image.series_uid)
            for ref in self.references
        )


@dataclass(frozen=True)
class KeyObjects:
    """A key object selection (PS3.3 C.17.6): which images were marked, why and by whom.

    :param title: meaning of the document title code, such as "Of Interest".
    :param reason: description and the codes that qualify the title, in words.
    """

    title: str
    images: tuple[ObjectRef, ...]
    reason: str = ""
    author: str = ""


@dataclass(frozen=True)
class DocumentLine:
    """One line of a document's tree.

    :param depth: 0 for the root's children; :param label: the concept's name; :param text: value.
    :param image: the image that the line refers to.
    """

    depth: int
    label: str
    text: str
    image: ObjectRef | None = None


@dataclass(frozen=True)
class Document:
    """A structured report or encapsulated document as text to be read.

    :param media_type: MIME type of the encapsulated document, "" for a structured report.
    :param content: bytes of the encapsulated document, for export; empty for a report.
    :param notes: sentences, such as that pages could not be read.
    """

    title: str
    lines: tuple[DocumentLine, ...] = ()
    media_type: str = ""
    content: bytes = b""
    notes: tuple[str, ...] = ()

    def plain_text(self) -> str:
        """The tree as indented text."""
        return "\n".join(
            "    " * line.depth + ": ".join(part for part in (line.label, line.text) if part)
            for line in self.lines
        )


@dataclass(frozen=True)
class Plane:
    """Where a frame lies, as far as a companion's header says.

    :param spacing: (row, column) in millimetres.
    """

    orientation: Orientation | None = None
    position: Position | None = None
    spacing: tuple[float, float] | None = None


def of_kind(companions: Iterable[Companion], kind: CompanionKind) -> tuple[Companion, ...]:
    """Those of one kind, in their order."""
    return tuple(c for c in companions if c.kind is kind)


def presentation_states_for(
    companions: Iterable[Companion], image: ImageRef
) -> tuple[Companion, ...]:
    """Presentation states that name an image, the newest first."""
    found = [c for c in of_kind(companions, CompanionKind.PRESENTATION) if c.about(image)]
    return tuple(sorted(found, key=lambda c: c.date, reverse=True))


def segmentations_for(
    companions: Iterable[Companion], images: Sequence[ImageRef], frame_of_reference_uid: str = ""
) -> tuple[Companion, ...]:
    """Segmentations that name one of the images, or lie in the same frame of reference.

    :param images: of one series.
    """
    return tuple(
        c
        for c in of_kind(companions, CompanionKind.SEGMENTATION)
        if any(c.about(image) for image in images)
        or (frame_of_reference_uid and c.frame_of_reference_uid == frame_of_reference_uid)
    )


def key_objects_for(
    companions: Iterable[Companion], study_instance_uid: str
) -> tuple[Companion, ...]:
    """Key object selections of a study, the newest first."""
    found = [
        c
        for c in of_kind(companions, CompanionKind.KEY_OBJECTS)
        if c.study_instance_uid == study_instance_uid
        or any(r.study_instance_uid == study_instance_uid for r in c.references)
    ]
    return tuple(sorted(found, key=lambda c: c.date, reverse=True))

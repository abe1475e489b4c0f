"""Findings, measurements and the evidence that a statement rests on.

Coordinates are pixel coordinates of the stored image: x runs along columns, y along rows, the
centre of the first pixel is (0, 0).  Lengths are millimetres where spacing is known, else pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Laterality(StrEnum):
    """Side of the patient, never of the image (DICOM Laterality words, PS3.3 C.7.3.1.1.1)."""

    RIGHT = "right"
    LEFT = "left"
    BILATERAL = "bilateral"
    NONE = ""


class Presence(StrEnum):
    """What is asserted of a finding."""

    PRESENT = "present"
    ABSENT = "absent"
    UNCERTAIN = "uncertain"
    HISTORICAL = "historical"


@dataclass(frozen=True)
class ImageRef:
    """One frame of one stored image.

    :param frame: 0-based frame; DICOM's ReferencedFrameNumber is this plus one.
    """

    study_uid: str
    series_uid: str
    sop_uid: str
    frame: int = 0
    sop_class_uid: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "study": self.study_uid,
            "series": self.series_uid,
            "sop": self.sop_uid,
            "frame": self.frame,
            "sop_class": self.sop_class_uid,
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> ImageRef:
        return ImageRef(
            data["study"],
            data["series"],
            data["sop"],
            int(data["frame"]),
            data.get("sop_class", ""),
        )


@dataclass(frozen=True)
class Caliper:
    """A straight line on one image, in pixel coordinates, drawn exactly where it was measured."""

    name: str
    x0: float
    y0: float
    x1: float
    y1: float

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "from": [self.x0, self.y0], "to": [self.x1, self.y1]}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Caliper:
        (x0, y0), (x1, y1) = data["from"], data["to"]
        return Caliper(data["name"], float(x0), float(y0), float(x1), float(y1))


@dataclass(frozen=True)
class Measurement:
    """A number with its unit, its uncertainty and the lines it was taken on.

    :param unit: UCUM code (``mm``, ``cm``, ``1`` for a ratio).
    :param half_width_95: half of the 95 % interval, in the same unit; None if not known.
    """

    id: str
    name: str
    value: float
    unit: str
    half_width_95: float | None = None
    image: ImageRef | None = None
    calipers: tuple[Caliper, ...] = ()
    method: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "half_width_95": self.half_width_95,
            "image": self.image.to_dict() if self.image else None,
            "calipers": [c.to_dict() for c in self.calipers],
            "method": self.method,
        }

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Measurement:
        image = data.get("image")
        return Measurement(
            id=data["id"],
            name=data["name"],
            value=float(data["value"]),
            unit=data["unit"],
            half_width_95=data.get("half_width_95"),
            image=ImageRef.from_dict(image) if image else None,
            calipers=tuple(Caliper.from_dict(c) for c in data.get("calipers", [])),
            method=data.get("method", ""),
        )


class EvidenceKind(StrEnum):
    """What a statement can rest on."""

    FINDING = "finding"  # a model's finding with a score
    MEASUREMENT = "measurement"  # a number taken on an image
    REGION = "region"  # mask or heat map on one image
    HEADER = "header"  # a DICOM attribute
    TEMPLATE = "template"  # normal text of a template: a proposal, not an observation
    STATEMENT = "statement"  # another statement of this report
    PRIOR = "prior"  # a statement of a prior report
    RADIOLOGIST = "radiologist"  # a person wrote or accepted it
    GUIDELINE = "guideline"  # a row of a guideline's table, with its citation


@dataclass(frozen=True)
class Evidence:
    """One thing that a statement rests on.

    :param ref: id of the finding, measurement, statement, template, or the DICOM keyword.
    :param value: the value as shown to the reader ("0.54 +/- 0.02", "CR", "chest-radiograph@1").
    :param score: calibrated probability in [0, 1] where the source gives one.
    """

    kind: EvidenceKind
    ref: str
    value: str = ""
    score: float | None = None
    image: ImageRef | None = None
    measurement: Measurement | None = None

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {"kind": self.kind.value, "ref": self.ref, "value": self.value}
        if self.score is not None:
            data["score"] = self.score
        if self.image is not None:
            data["image"] = self.image.to_dict()
        if self.measurement is not None:
            data["measurement"] = self.measurement.to_dict()
        return data

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Evidence:
        image, measurement = data.get("image"), data.get("measurement")
        return Evidence(
            kind=EvidenceKind(data["kind"]),
            ref=data["ref"],
            value=data.get("value", ""),
            score=data.get("score"),
            image=ImageRef.from_dict(image) if image else None,
            measurement=Measurement.from_dict(measurement) if measurement else None,
        )


@dataclass(frozen=True)
class Finding:
    """What a vision pack (or a rule on its numbers) says about one image.

    :param concept: lexicon id of the finding ("cardiomegaly").
    :param text: the sentence proposed for the report.
    :param score: calibrated probability in [0, 1]; None where the pack only measures.
    :param pack: id of the pack that made it, with version ("cxr-anatomy@1.0.0").
    """

    id: str
    concept: str
    name: str
    presence: Presence
    text: str
    pack: str
    laterality: Laterality = Laterality.NONE
    score: float | None = None
    image: ImageRef | None = None
    measurement: Measurement | None = None
    notes: tuple[str, ...] = field(default=())

"""Segmentations (PS3.3 C.8.20): which parts of an image somebody or something outlined.

Pixels of a segmentation's frames are decoded like those of any image; here is what they mean and
on which image they lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.domain import geometry
from radassist.domain.companions import Companion, ObjectRef, Plane
from radassist.domain.study import Frame, Instance

Mask = npt.NDArray[np.bool_]
Fractions = npt.NDArray[np.float32]

#: A plane of a segmentation serves an image up to this distance, in parts of the slice thickness
#: or in millimetres where that is unknown.
_NEAR = 0.5
_NEAR_MM = 0.5


@dataclass(frozen=True)
class Segment:
    """One segment.

    :param colour: RGB 0-255 of RecommendedDisplayCIELabValue, or None.
    :param algorithm: ``MANUAL``, ``SEMIAUTOMATIC`` or ``AUTOMATIC`` (then somebody must know).
    """

    number: int
    label: str
    colour: tuple[int, int, int] | None = None
    algorithm: str = ""


@dataclass(frozen=True)
class SegmentFrame:
    """One stored frame.

    :param segment: number of its segment; None in a label map, whose values are the numbers.
    :param sources: the image frames that it was made of.
    """

    index: int
    segment: int | None
    plane: Plane
    sources: tuple[ObjectRef, ...] = ()


@dataclass(frozen=True)
class Segmentation:
    """What a segmentation object holds, without its pixels.

    :param kind: ``BINARY``, ``FRACTIONAL`` or ``LABELMAP`` (SegmentationType).
    :param full: the stored value that stands for 1 in a fractional one.
    :param background: value of a label map that is no segment, beside 0, or None.
    :param slice_thickness: millimetres, or None.
    """

    label: str
    kind: str
    segments: tuple[Segment, ...]
    frames: tuple[SegmentFrame, ...]
    full: int = 1
    background: int | None = None
    slice_thickness: float | None = None
    notes: tuple[str, ...] = ()

    def frames_on(self, image: Frame) -> tuple[SegmentFrame, ...]:
        """The stored frames that lie on an image: by reference, else by geometry."""
        sop, number = image.instance.sop_instance_uid, image.frame
        named = tuple(f for f in self.frames if any(s.covers(sop, number) for s in f.sources))
        if named:
            return named
        return tuple(f for f in self.frames if self._lies_on(f.plane, image))

    def _lies_on(self, plane: Plane, image: Frame) -> bool:
        if plane.position is None or image.image_position is None:
            return False
        orientation = image.image_orientation
        if orientation is None or plane.orientation is None:
            return False
        if abs(float(geometry.normal(orientation) @ geometry.normal(plane.orientation))) < 0.999:
            return False
        there, here = geometry.distances(orientation, [plane.position, image.image_position])
        near = _NEAR * self.slice_thickness if self.slice_thickness else _NEAR_MM
        return abs(float(there - here)) <= near

    def masks(
        self, image: Frame, pixels: Sequence[npt.NDArray[Any]], spacing: tuple[float, float] | None
    ) -> dict[int, Fractions]:
        """Fraction 0-1 of each segment on an image, float32 of the image's shape.

        :param pixels: stored values of the frames of :meth:`frames_on`, in that order.
        :param spacing: (row, column) of the image in millimetres, or None.
        """
        found: dict[int, Fractions] = {}
        shape = image.instance.rows, image.instance.columns
        for frame, values in zip(self.frames_on(image), pixels, strict=True):
            place = _index_map(frame.plane, values.shape, image, spacing, shape)
            if place is None:
                continue
            for number, share in self._shares(frame, values):
                laid = _laid(share, place, shape)
                if laid.any():
                    found[number] = np.maximum(found[number], laid) if number in found else laid
        return found

    def _shares(self, frame: SegmentFrame, values: npt.NDArray[Any]) -> list[tuple[int, Fractions]]:
        if frame.segment is not None:
            full = float(self.full if self.kind == "FRACTIONAL" else 1)
            return [(frame.segment, np.minimum(values.astype(np.float32) / full, 1.0))]
        numbers = {s.number for s in self.segments} & {int(v) for v in np.unique(values)}
        numbers -= {0, self.background}
        return [(n, (values == n).astype(np.float32)) for n in sorted(numbers)]


def stored_frame(companion: Companion, index: int) -> Frame:
    """One stored frame of a segmentation as something that the archive can decode."""
    instance = Instance(
        companion.path,
        companion.sop_instance_uid,
        companion.sop_class_uid,
        companion.study_instance_uid,
        companion.series_instance_uid,
        None,
        companion.rows,
        companion.columns,
        companion.number_of_frames,
    )
    return Frame(instance, index)


_Places = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Mask] | None


def _index_map(
    plane: Plane, own: tuple[int, ...], image: Frame, spacing: tuple[float, float] | None,
    shape: tuple[int, int],
) -> _Places:  # fmt: skip
    """For each image pixel the (row, column) of a segmentation's pixel, and where there is one.

    Without geometry on both sides the grids must have one shape.
    """
    have = (plane.orientation, plane.position, plane.spacing, image.image_orientation,
            image.image_position, spacing)  # fmt: skip
    if any(part is None for part in have):
        return _same_grid(shape) if own == shape else None
    assert plane.orientation and plane.position and plane.spacing  # noqa: S101
    assert image.image_orientation and image.image_position and spacing  # noqa: S101
    corners = [
        geometry.patient_to_pixel(
            plane.orientation, plane.position, plane.spacing,
            geometry.pixel_to_patient(image.image_orientation, image.image_position, spacing, x, y),
        )
        for x, y in ((0, 0), (1, 0), (0, 1))
    ]  # fmt: skip
    (x0, y0, _), (x1, y1, _), (x2, y2, _) = corners
    down, across = np.mgrid[0 : shape[0], 0 : shape[1]]
    columns = np.rint(x0 + (x1 - x0) * across + (x2 - x0) * down).astype(np.intp)
    rows = np.rint(y0 + (y1 - y0) * across + (y2 - y0) * down).astype(np.intp)
    inside = (rows >= 0) & (rows < own[0]) & (columns >= 0) & (columns < own[1])
    return rows, columns, inside


def _same_grid(shape: tuple[int, int]) -> _Places:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    return rows, columns, np.ones(shape, bool)


def _laid(share: Fractions, place: _Places, shape: tuple[int, int]) -> Fractions:
    assert place is not None  # noqa: S101  the caller has looked
    rows, columns, inside = place
    laid = np.zeros(shape, np.float32)
    laid[inside] = share[rows[inside], columns[inside]]
    return laid

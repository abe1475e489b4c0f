"""The cardiothoracic ratio from a label map of lungs and heart.

Danzer CS. The cardiothoracic ratio: an index of cardiac enlargement. Am J Med Sci 1919;157:513-554.

The transverse heart diameter is the greatest extent of the heart to one side of the midline plus
the greatest extent to the other side; the two are usually at different heights.  The inner
thoracic diameter is the distance between two vertical lines that touch the innermost border of the
rib cage where the chest is widest, here the outermost lung (or, where the heart reaches the chest
wall, heart) borders.  Both are measured at right angles to the midline, which is taken as vertical.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.findings import Caliper

#: Labels of the map.  "Right lung" is the lung on the left of the image, as a radiograph is
#: displayed; on a mirrored image (or in situs inversus) it is the other one.
BACKGROUND, RIGHT_LUNG, LEFT_LUNG, HEART = 0, 1, 2, 3


@dataclass(frozen=True)
class CardiothoracicRatio:
    """Heart width over inner thoracic width, with the lines it was measured on.

    The four calipers are horizontal, start on the midline and end on a border of the mask; their
    coordinates are those of :mod:`radassist.domain.findings` (x along columns, y along rows, the
    centre of the first pixel at (0, 0), so that a border lies on a half).  They are named by the
    side of the image, not of the patient.  ``heart_width_px`` is the sum of the signed lengths of
    the two heart lines, ``thorax_width_px`` that of the two thorax lines, in columns.

    :param midline_x: column of the midline.
    :param heart_width_mm: None without pixel spacing.
    """

    ratio: float
    midline_x: float
    heart_image_left: Caliper
    heart_image_right: Caliper
    thorax_image_left: Caliper
    thorax_image_right: Caliper
    heart_width_px: float
    thorax_width_px: float
    heart_width_mm: float | None = None
    thorax_width_mm: float | None = None

    @property
    def calipers(self) -> tuple[Caliper, Caliper, Caliper, Caliper]:
        """All four lines, heart first."""
        return (
            self.heart_image_left,
            self.heart_image_right,
            self.thorax_image_left,
            self.thorax_image_right,
        )

    @property
    def heart_share_image_right(self) -> float:
        """Part of the heart's width on the image's right of the midline (0.5: symmetrical).

        About 0.7 in a frontal radiograph displayed as usual; below 0.5 the apex points to the
        image's left: mirrored image, dextrocardia or a shifted mediastinum.
        """
        return (self.heart_image_right.x1 - self.midline_x) / self.heart_width_px


def measure_ctr(
    labels: npt.NDArray[np.integer], spacing_mm: tuple[float, float] | None = None
) -> CardiothoracicRatio:
    """Measure the cardiothoracic ratio on a label map.

    :param labels: shape (rows, columns): 0 background, 1 right lung, 2 left lung, 3 heart.
    :param spacing_mm: (between rows, between columns) in mm, as DICOM PixelSpacing; None if
        unknown.  Spacing at the detector is not corrected for magnification.
    :raises ValueError: where the map is not two-dimensional, a structure is missing or the spacing
        is not positive.
    """
    if labels.ndim != 2:
        raise ValueError(f"a label map has two dimensions, this one has {labels.ndim}")
    for label, name in ((RIGHT_LUNG, "right lung"), (LEFT_LUNG, "left lung"), (HEART, "heart")):
        if not np.any(labels == label):
            raise ValueError(f"no {name} in the label map")
    heart, thorax = labels == HEART, labels != BACKGROUND
    middle = _midline(labels)
    heart_left, heart_right = _half_lines(heart, middle, "heart")
    thorax_left, thorax_right = _half_lines(thorax, middle, "thorax")
    heart_width = heart_right.x1 - heart_left.x1
    thorax_width = thorax_right.x1 - thorax_left.x1
    step = _column_spacing(spacing_mm)
    return CardiothoracicRatio(
        ratio=heart_width / thorax_width,
        midline_x=middle,
        heart_image_left=heart_left,
        heart_image_right=heart_right,
        thorax_image_left=thorax_left,
        thorax_image_right=thorax_right,
        heart_width_px=heart_width,
        thorax_width_px=thorax_width,
        heart_width_mm=None if step is None else heart_width * step,
        thorax_width_mm=None if step is None else thorax_width * step,
    )


def _column_spacing(spacing_mm: tuple[float, float] | None) -> float | None:
    if spacing_mm is None:
        return None
    if not all(np.isfinite(s) and s > 0 for s in spacing_mm):
        raise ValueError(f"pixel spacing must be positive, not {spacing_mm}")
    return float(spacing_mm[1])


def _half_lines(mask: npt.NDArray[np.bool_], middle: float, name: str) -> tuple[Caliper, Caliper]:
    """From the midline to the outermost border on each side, at the height of that border.

    Where the structure lies wholly on one side, the other line ends on the near border, on the
    same side of the midline: the difference of the ends remains the structure's width.
    """
    columns = np.flatnonzero(mask.any(axis=0))
    first, last = int(columns[0]), int(columns[-1])
    rows = [float(np.median(np.flatnonzero(mask[:, c]))) for c in (first, last)]
    return (
        Caliper(f"{name}_image_left", middle, rows[0], first - 0.5, rows[0]),
        Caliper(f"{name}_image_right", middle, rows[1], last + 0.5, rows[1]),
    )


def _midline(labels: npt.NDArray[np.integer]) -> float:
    """Middle between the facing borders of the two lungs in the upper half of the lungs.

    Above the heart these borders follow the upper mediastinum, in front of the spine.  Where no
    row shows both lungs side by side, the middle of the thorax serves.
    """
    one, two = labels == RIGHT_LUNG, labels == LEFT_LUNG
    both = np.flatnonzero(one.any(axis=1) & two.any(axis=1))
    if both.size:
        upper = both[: max(1, both.size // 2)]
        width = labels.shape[1]
        inner_one = width - 1 - np.argmax(one[upper, ::-1], axis=1)
        inner_two = np.argmax(two[upper], axis=1)
        apart = inner_two > inner_one
        if apart.any():
            return float(np.median((inner_one[apart] + inner_two[apart]) / 2.0))
    columns = np.flatnonzero((labels != BACKGROUND).any(axis=0))
    return float(columns[0] + columns[-1]) / 2.0

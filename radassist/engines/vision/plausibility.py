"""Does a label map look like the chest of a person seen from the front?

Each quantity is a plain number; a pack stores the range that its training images gave.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Labels = npt.NDArray[np.uint8]

#: What each quantity out of range means, in words for the reader.
MEANING = {
    "area_lung_1": "the lung on the image's left has an implausible size",
    "area_lung_2": "the lung on the image's right has an implausible size",
    "area_heart": "the heart has an implausible size",
    "lung_balance": "the two lungs differ too much in size",
    "thorax_shape": "the thorax has implausible proportions",
    "heart_across": "the heart does not lie between the lungs",
    "heart_down": "the heart does not lie in the lower half of the thorax",
    "lungs_level": "the two lungs are not beside each other",
    "lungs_apart": "the two lungs are not on either side of a midline",
    "fill_lung_1": "the lung on the image's left has an implausible shape",
    "fill_lung_2": "the lung on the image's right has an implausible shape",
    "fill_heart": "the heart has an implausible shape",
    "confidence": "lungs and heart cannot be told apart with confidence",
    "stray": "lungs and heart fall apart into pieces",
    "cut_above": "the image ends inside the chest, at its upper edge",
    "cut_below": "the image ends inside the chest, at its lower edge",
    "cut_beside": "the image ends inside the chest, at its side",
}


def _box(mask: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return float(rows[0]), float(rows[-1] + 1), float(columns[0]), float(columns[-1] + 1)


def quantities(labels: Labels, confidence: float, stray: float) -> dict[str, float] | None:
    """The numbers named in :data:`MEANING`; None where a structure is missing.

    Areas are parts of the thorax's bounding box, positions are parts of its height or width, cuts
    the part of its width or height over which lungs or heart run out of the image.

    :param labels: (rows, columns), the edges of the map being those of the image.
    """
    masks = [labels == label for label in (1, 2, 3)]
    areas = [float(np.count_nonzero(m)) for m in masks]
    if min(areas) < 16:
        return None
    top, bottom, left, right = _box(labels > 0)
    height, width = bottom - top, right - left
    centres = [[float(v.mean()) for v in np.nonzero(m)] for m in masks]
    boxes = [_box(m) for m in masks]
    fills = [a / ((b[1] - b[0]) * (b[3] - b[2])) for a, b in zip(areas, boxes, strict=True)]
    return {
        "area_lung_1": areas[0] / (height * width),
        "area_lung_2": areas[1] / (height * width),
        "area_heart": areas[2] / (height * width),
        "lung_balance": float(np.log(areas[0] / areas[1])),
        "thorax_shape": height / width,
        "heart_across": (centres[2][1] - left) / width,
        "heart_down": (centres[2][0] - top) / height,
        "lungs_level": (centres[0][0] - centres[1][0]) / height,
        "lungs_apart": (centres[1][1] - centres[0][1]) / width,
        "fill_lung_1": fills[0],
        "fill_lung_2": fills[1],
        "fill_heart": fills[2],
        "confidence": confidence,
        "stray": stray,
        "cut_above": float(_at_edge(labels).any(0).sum()) / width,
        "cut_below": float(_at_edge(labels[::-1]).any(0).sum()) / width,
        "cut_beside": max(
            float(_at_edge(side).any(0).sum()) / height for side in (labels.T, labels.T[::-1])
        ),
    }


def _at_edge(labels: Labels) -> npt.NDArray[np.bool_]:
    """Lungs and heart in the first hundredth of the rows."""
    return labels[: max(1, labels.shape[0] // 100)] > 0


def out_of_range(
    values: dict[str, float], ranges: dict[str, tuple[float, float]]
) -> list[tuple[str, float]]:
    """(name, excess) of each quantity outside its range, worst first; excess in range widths."""
    found = []
    for name, (low, high) in ranges.items():
        excess = max(low - values[name], values[name] - high) / max(high - low, 1e-6)
        if excess > 0:
            found.append((name, excess))
    return sorted(found, key=lambda item: -item[1])

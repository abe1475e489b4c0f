"""From class probabilities to clean regions: one lung, another lung, a heart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

Labels = npt.NDArray[np.uint8]


def enlarge(probabilities: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """(classes, s, s) -> (classes, size, size), bilinear."""
    if probabilities.shape[1] == size:
        return probabilities
    return np.stack(
        [
            np.asarray(
                Image.fromarray(np.ascontiguousarray(p)).resize(
                    (size, size), Image.Resampling.BILINEAR
                )
            )
            for p in probabilities
        ]
    )


def largest(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The largest 4-connected part of a mask, its holes filled."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not rows.size:
        return mask
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    parts, _ = ndimage.label(mask[box])
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    out = np.zeros_like(mask)
    out[box] = ndimage.binary_fill_holes(parts == int(sizes.argmax()))
    return out


def open_with_disc(mask: npt.NDArray[np.bool_], radius: float) -> npt.NDArray[np.bool_]:
    """Morphological opening by a disc: what no disc of ``radius`` pixels fits into goes."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if radius <= 0 or not rows.size:
        return mask
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    inner = np.pad(mask[box], 1)
    core = ndimage.distance_transform_edt(inner) > radius
    out = np.zeros_like(mask)
    if core.any():
        out[box] = (ndimage.distance_transform_edt(~core) <= radius)[1:-1, 1:-1]
    return out


def clean(labels: Labels, lung_radius: float, heart_radius: float) -> Labels:
    """Keep one part of each structure, without spikes and appendages.

    :param labels: 0 background, 1 and 2 lungs, 3 heart.
    :param lung_radius, heart_radius: of the disc that must fit into a lung, into the heart, in
        parts of the grid's side.
    """
    out = np.zeros_like(labels)
    for label, radius in ((1, lung_radius), (2, lung_radius), (3, heart_radius)):
        part = largest(open_with_disc(labels == label, radius * labels.shape[0]))
        out[part & ((out == 0) | (labels == label))] = label
    return out


def stray_share(raw: Labels, cleaned: Labels) -> float:
    """Part of the labelled pixels that cleaning removed or changed."""
    total = int(np.count_nonzero(raw))
    return float(np.count_nonzero((raw > 0) & (raw != cleaned)) / total) if total else 1.0

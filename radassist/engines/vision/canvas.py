"""The square picture that a segmentation network reads, and the way back to the image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Canvas:
    """A square, normalised copy of an image.

    :param pixels: float32 (size, size) in [0, 1]; the margin that makes it square is 0.
    :param content: (top, left, height, width) of the image's part inside ``pixels``.
    :param source: (top, left, height, width) of that part in the image given.
    :param shape: (rows, columns) of the image given.
    """

    pixels: FloatArray
    content: tuple[int, int, int, int]
    source: tuple[int, int, int, int]
    shape: tuple[int, int]

    def inside(self, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The part of a label map (n * size, n * size) that lies on the image: its edges are the
        image's own (after trimming), not those of the margin that makes the canvas square."""
        n = labels.shape[0] / self.pixels.shape[0]
        top, left, height, width = (round(v * n) for v in self.content)
        return labels[top : top + height, left : left + width]

    def back(self, labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """A label map (n * size, n * size) on the canvas -> one of the image's shape."""
        inner = Image.fromarray(np.ascontiguousarray(self.inside(labels)))
        y, x, rows, columns = self.source
        out = np.zeros(self.shape, np.uint8)
        out[y : y + rows, x : x + columns] = np.asarray(
            inner.resize((columns, rows), Image.Resampling.NEAREST)
        )
        return out


def trim(pixels: FloatArray, tolerance: float) -> tuple[int, int, int, int]:
    """(top, left, height, width) without rows and columns at the edge that hold one grey only."""
    flat_rows = np.ptp(pixels, axis=1) <= tolerance
    flat_columns = np.ptp(pixels, axis=0) <= tolerance
    rows, columns = np.flatnonzero(~flat_rows), np.flatnonzero(~flat_columns)
    if not rows.size or not columns.size:
        return 0, 0, pixels.shape[0], pixels.shape[1]
    top, left = int(rows[0]), int(columns[0])
    return top, left, int(rows[-1]) - top + 1, int(columns[-1]) - left + 1


def stretch(pixels: FloatArray) -> FloatArray:
    """1st to 99th percentile -> [0, 1], clipped; a flat image gives zeros."""
    sample = pixels[:: max(1, pixels.shape[0] // 512), :: max(1, pixels.shape[1] // 512)]
    low, high = np.percentile(sample, [1, 99])
    if high - low <= 1e-6 * max(1.0, abs(float(high))):
        return np.zeros_like(pixels)
    out: FloatArray = np.clip((pixels - low) / (high - low), 0, 1).astype(np.float32)
    return out


def make_canvas(pixels: npt.NDArray[np.generic], size: int) -> Canvas:
    """Trim one-grey margins, fit into ``size`` x ``size`` keeping proportions, normalise.

    :param pixels: two-dimensional, any real dtype, finite.
    """
    image = np.ascontiguousarray(pixels, dtype=np.float32)
    source = trim(image, 0.02 * float(np.ptp(image)))
    top, left, height, width = source
    scale = size / max(height, width)
    fit = (max(1, round(width * scale)), max(1, round(height * scale)))
    part = Image.fromarray(image[top : top + height, left : left + width])
    small = np.asarray(part.resize(fit, Image.Resampling.BILINEAR, reducing_gap=2.0))
    square = np.zeros((size, size), np.float32)
    y, x = (size - fit[1]) // 2, (size - fit[0]) // 2
    square[y : y + fit[1], x : x + fit[0]] = stretch(small)
    return Canvas(square, (y, x, fit[1], fit[0]), source, (image.shape[0], image.shape[1]))

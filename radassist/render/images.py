"""Key images: one frame as shown, with mask outline and calipers drawn where they were measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from radassist.domain.findings import Caliper
from radassist.errors import StorageFault

_CALIPER = (255, 196, 84)
#: Outline colours by label number: calm, and told apart by people with red-green blindness.
_OUTLINES = ((86, 180, 233), (0, 158, 115), (213, 110, 60), (204, 121, 167))
_LONG_SIDE = 1024
#: A smaller image is enlarged by a whole number: its caption would not fit.
_LEAST_SIDE = 256


def write_key_image(
    path: Path,
    shown: npt.NDArray[np.uint8],
    *,
    calipers: Sequence[Caliper] = (),
    caption: Sequence[str] = (),
    mask: npt.NDArray[np.uint8] | None = None,
    labels: Mapping[int, str] | None = None,
) -> None:
    """Write one key image as PNG.

    :param shown: uint8, shape (rows, columns) or (rows, columns, 3): after windowing.
    :param calipers: in pixel coordinates of ``shown``.
    :param mask: uint8 label map, shape (rows, columns); outlines are drawn, never a filled area,
        so that the anatomy stays visible.
    :param caption: lines written into the lower left corner; no patient name or id belongs here.
    :raises StorageFault: the file cannot be written.
    """
    rgb = np.stack([shown] * 3, axis=-1) if shown.ndim == 2 else shown.copy()
    if mask is not None:
        for label in sorted((labels or {}).keys()):
            rgb[outline(mask == label, 1 + max(mask.shape) // 700)] = _OUTLINES[
                (label - 1) % len(_OUTLINES)
            ]
    rows, columns = rgb.shape[:2]
    scale = min(1.0, _LONG_SIDE / max(rows, columns))
    if max(rows, columns) < _LEAST_SIDE:
        scale = float(-(-_LEAST_SIDE // max(rows, columns)))
    image = Image.fromarray(np.ascontiguousarray(rgb))
    if scale != 1.0:
        how = Image.Resampling.LANCZOS if scale < 1.0 else Image.Resampling.NEAREST
        size = max(1, round(columns * scale)), max(1, round(rows * scale))
        image = image.resize(size, how)
    _annotate(image, calipers, caption, scale)
    try:
        image.save(path, "PNG")
    except OSError as error:
        raise StorageFault(
            f"The key image could not be written ({error.strerror}).", "Choose another folder."
        ) from error


def outline(region: npt.NDArray[np.bool_], width: int) -> npt.NDArray[np.bool_]:
    """Pixels of a region within ``width`` pixels (city block) of its border."""
    inner = region.copy()
    for _ in range(width):
        eroded = inner.copy()
        eroded[1:, :] &= inner[:-1, :]
        eroded[:-1, :] &= inner[1:, :]
        eroded[:, 1:] &= inner[:, :-1]
        eroded[:, :-1] &= inner[:, 1:]
        eroded[0, :] = eroded[-1, :] = eroded[:, 0] = eroded[:, -1] = False
        inner = eroded
    return region & ~inner


def _annotate(
    image: Image.Image, calipers: Sequence[Caliper], caption: Sequence[str], scale: float
) -> None:
    draw = ImageDraw.Draw(image)
    size = max(11, max(image.size) // 60)
    font = ImageFont.load_default(size)
    for caliper in calipers:
        (x0, y0), (x1, y1) = (
            (caliper.x0 * scale, caliper.y0 * scale),
            (caliper.x1 * scale, caliper.y1 * scale),
        )
        draw.line((x0, y0, x1, y1), fill=_CALIPER, width=max(2, size // 7))
        for x, y in ((x0, y0), (x1, y1)):
            draw.line((x, y - size / 2, x, y + size / 2), fill=_CALIPER, width=max(2, size // 7))
        draw.text(((x0 + x1) / 2, (y0 + y1) / 2 + 3), caliper.name, fill=_CALIPER, font=font)
    lines = [part for line in caption for part in _wrapped(line, font, image.size[0] - 16)]
    y = image.size[1] - (size + 4) * len(lines) - 6
    for line in lines:
        draw.text(
            (8, y), line, fill=(235, 235, 235), font=font, stroke_width=1, stroke_fill=(0, 0, 0)
        )
        y += size + 4


def _wrapped(
    text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int
) -> list[str]:
    """Lines of at most ``width`` pixels; a longer word stands by itself."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def write_label_map(path: Path, mask: npt.NDArray[np.uint8]) -> None:
    """Write a label map as 8-bit PNG: the pixel value is the label number.

    :raises StorageFault: the file cannot be written.
    """
    try:
        Image.fromarray(mask).save(path, "PNG")
    except OSError as error:
        raise StorageFault(
            f"The mask could not be written ({error.strerror}).", "Choose another folder."
        ) from error

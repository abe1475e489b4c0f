"""What a vision pack drew: outlines of regions, calipers with their value, and a legend.

Outlines run along pixel borders, so that they show exactly which pixels the pack meant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.findings import Caliper, Measurement
from radassist.ports import VisionResult

#: (x0, y0, x1, y1) in image coordinates.
Segments = npt.NDArray[np.float32]

#: Outline colours by label: told apart by people with red-green blindness (Okabe and Ito 2008).
COLOURS = ("#56b4e9", "#33b899", "#e0803f", "#cc79a7", "#e5d352", "#8f7fd6")


@dataclass(frozen=True)
class Region:
    """One labelled region of a mask.

    :param segments: float32 (n, 4): its outline.
    :param box: (x0, y0, x1, y1), centres of the outermost pixels.
    """

    label: int
    name: str
    colour: str
    segments: Segments
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Overlay:
    """Everything a pack says about one image, ready to draw.

    :param legend: (text, colour); the first line names the pack and that it is AI.
    """

    pack: str
    regions: tuple[Region, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    legend: tuple[tuple[str, str], ...] = ()


def outline(region: npt.NDArray[np.bool_]) -> Segments:
    """Borders between a region and the rest, joined to straight runs.

    :param region: bool, shape (rows, columns).
    :returns: float32 (n, 4) in image coordinates (pixel borders lie at .5).
    """
    padded = np.pad(region, 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]  # (rows + 1, columns): above row i
    down = padded[1:-1, 1:] != padded[1:-1, :-1]  # (rows, columns + 1): left of column j
    row, start, end = _runs(across)
    level = np.stack([start - 0.5, row - 0.5, end - 0.5, row - 0.5], axis=1)
    column, start, end = _runs(down.T)
    upright = np.stack([column - 0.5, start - 0.5, column - 0.5, end - 0.5], axis=1)
    return np.concatenate([level, upright]).astype(np.float32)


def _runs(flags: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.intp], ...]:
    """(line, first, one past the last) of each run of True along the second axis."""
    padded = np.pad(flags, ((0, 0), (1, 1))).astype(np.int8)
    steps = np.diff(padded, axis=1)
    line, first = np.nonzero(steps == 1)
    _, last = np.nonzero(steps == -1)
    return line, first, last


def regions(mask: npt.NDArray[np.uint8], labels: tuple[tuple[int, str], ...]) -> tuple[Region, ...]:
    """Outlines of all labels that occur in a label map, in the order of ``labels``."""
    found = []
    for place, (label, name) in enumerate(labels):
        region = mask == label
        rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
        if not rows.size:
            continue
        top, bottom, left, right = rows[0], rows[-1], columns[0], columns[-1]
        part = outline(region[top : bottom + 1, left : right + 1])
        part += np.array([left, top, left, top], np.float32)
        box = float(left), float(top), float(right), float(bottom)
        found.append(Region(label, name, COLOURS[place % len(COLOURS)], part, box))
    return tuple(found)


def overlay(result: VisionResult, shape: tuple[int, int]) -> Overlay | None:
    """What to draw of a result on an image of ``shape`` (rows, columns), or None for nothing.

    A mask of another shape is not drawn: it would lie about where the pack looked.
    """
    if result.refusal:
        return None
    fits = result.mask is not None and result.mask.shape == shape
    drawn = regions(result.mask, result.labels) if fits and result.mask is not None else ()
    measured = tuple(f.measurement for f in result.findings if f.measurement is not None)
    if not drawn and not measured:
        return None
    head = (f"AI  {result.pack}, not confirmed", "#e0a458")
    return Overlay(result.pack, drawn, measured, (head, *((r.name, r.colour) for r in drawn)))


def measurement_text(measurement: Measurement) -> str:
    """Name, value, unit and 95 % interval of a measurement."""
    unit = "" if measurement.unit in ("1", "") else f" {measurement.unit}"
    digits = 2 if not unit else 1
    text = f"{measurement.name} {measurement.value:.{digits}f}{unit}"
    if measurement.half_width_95 is not None:
        text += f" ± {measurement.half_width_95:.{digits}f}"
    return text


def caliper_text(caliper: Caliper, spacing: tuple[float, float] | None, source: str = "") -> str:
    """Name and length of a caliper: millimetres where the spacing is known, else pixels.

    :param spacing: (between rows, between columns) in millimetres.
    """
    dx, dy = caliper.x1 - caliper.x0, caliper.y1 - caliper.y0
    if spacing is None or min(spacing) <= 0:
        return f"{caliper.name} {(dx * dx + dy * dy) ** 0.5:.0f} px"
    length = ((dx * spacing[1]) ** 2 + (dy * spacing[0]) ** 2) ** 0.5
    where = " at detector" if source == "ImagerPixelSpacing" else ""
    return f"{caliper.name} {length:.0f} mm{where}"


def box_of(measurement: Measurement) -> tuple[float, float, float, float] | None:
    """(x0, y0, x1, y1) around a measurement's calipers, or None where it has none."""
    xs = [x for c in measurement.calipers for x in (c.x0, c.x1)]
    ys = [y for c in measurement.calipers for y in (c.y0, c.y1)]
    return (min(xs), min(ys), max(xs), max(ys)) if xs else None

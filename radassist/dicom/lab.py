"""Recommended colours: CIELab as DICOM writes it (PS3.3 C.10.7.1.1) to sRGB."""

from __future__ import annotations

from collections.abc import Sequence

#: CIE D50 white of the profile connection space.
_WHITE = (0.96422, 1.0, 0.82521)
#: XYZ (D50) to linear sRGB, chromatic adaptation by Bradford included.
_TO_RGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)


def rgb_of(values: Sequence[float]) -> tuple[int, int, int] | None:
    """RGB 0-255 of three 16-bit numbers, or None where there are not three.

    L* is 0..100 over 0..65535, a* and b* are -128..127 over the same.
    """
    if len(values) != 3:
        return None
    light, a, b = values[0] / 655.35, values[1] / 257.0 - 128.0, values[2] / 257.0 - 128.0
    middle = (light + 16.0) / 116.0
    parts = (middle + a / 500.0, middle, middle - b / 200.0)
    xyz = [white * _from_root(part) for white, part in zip(_WHITE, parts, strict=True)]
    linear = [sum(m * c for m, c in zip(row, xyz, strict=True)) for row in _TO_RGB]
    red, green, blue = (round(255 * _gamma(min(1.0, max(0.0, v)))) for v in linear)
    return red, green, blue


def _from_root(part: float) -> float:
    return part**3 if part > 6 / 29 else 3 * (6 / 29) ** 2 * (part - 4 / 29)


def _gamma(value: float) -> float:
    return 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055

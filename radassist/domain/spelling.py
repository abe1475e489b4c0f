"""DICOM's dates and ages as people write them."""

from __future__ import annotations

_AGE_UNITS = {"Y": "y", "M": "mo", "W": "wk", "D": "d"}


def spelt_date(text: str) -> str:
    """A date (PS3.5 6.2, VR DA: YYYYMMDD) as 2024-03-01; anything else as it stands, trimmed."""
    digits = text.strip()
    if len(digits) == 8 and digits.isdigit():
        return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
    return digits


def spelt_age(text: str) -> str:
    """An age (PS3.5 6.2, VR AS: 053Y, 011M) as 53 y; anything else as it stands, trimmed."""
    shown = text.strip().upper()
    if len(shown) == 4 and shown[:3].isdigit() and shown[3] in _AGE_UNITS:
        return f"{int(shown[:3])} {_AGE_UNITS[shown[3]]}"
    return text.strip()

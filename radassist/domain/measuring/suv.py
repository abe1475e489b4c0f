"""Standardised uptake value by body weight, or the reason why it cannot be given.

SUVbw = activity concentration [Bq/ml] x body weight [g] / decay-corrected dose [Bq], with the steps
of QIBA's vendor-neutral pseudo-code for SUV (QIBA FDG-PET/CT Technical Committee, 2012).  A missing
attribute is never guessed: half an hour of wrong decay is a fifth of the value for F-18.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class UptakeFacts:
    """What the header says that a SUV needs.

    :param units: Units (0054,1001): ``BQML``, ``CNTS``, ``GML``...
    :param corrected: values of CorrectedImage (0028,0051).
    :param decay_correction: DecayCorrection (0054,1102): ``START``, ``ADMIN``, ``NONE``.
    :param weight_kg: PatientWeight.
    :param dose_bq: RadionuclideTotalDose.
    :param half_life_s: RadionuclideHalfLife.
    :param uptake_s: seconds from the injection to the time that the pixels are corrected to
        (the series' start), None where a date or time is missing.
    :param philips_suv_factor: (7053,1000) of Philips, None elsewhere.
    """

    units: str = ""
    corrected: frozenset[str] = frozenset()
    decay_correction: str = ""
    weight_kg: float | None = None
    dose_bq: float | None = None
    half_life_s: float | None = None
    uptake_s: float | None = None
    philips_suv_factor: float | None = None


@dataclass(frozen=True)
class Uptake:
    """SUVbw = pixel value x ``factor`` in g/ml; or ``refusal``, a sentence that says why not."""

    factor: float | None
    refusal: str = ""


def suv_factor(facts: UptakeFacts) -> Uptake:
    """The factor from pixel values (after the modality LUT) to SUVbw."""
    units = facts.units.strip().upper()
    if units == "GML":
        return Uptake(1.0)
    if units == "CNTS":
        if _positive(facts.philips_suv_factor):
            return Uptake(facts.philips_suv_factor)
        return _no("Units is CNTS and the SUV scale factor is missing")
    if units != "BQML":
        return _no(f"Units is {units}, not BQML" if units else "Units is missing")
    lacking = {"ATTN": "attenuation", "DECY": "decay"}.items()
    for code, what in lacking:
        if code not in facts.corrected:
            return _no(f"the image is not marked as corrected for {what}")
    return _by_weight(facts)


def _by_weight(facts: UptakeFacts) -> Uptake:
    needed = (
        ("PatientWeight", facts.weight_kg),
        ("RadionuclideTotalDose", facts.dose_bq),
        ("RadionuclideHalfLife", facts.half_life_s),
    )
    for keyword, value in needed:
        if not _positive(value):
            return _no(f"{keyword} is missing")
    dose, half_life, weight = facts.dose_bq, facts.half_life_s, facts.weight_kg
    assert dose and half_life and weight  # noqa: S101 - asked above
    if facts.decay_correction == "ADMIN":
        return Uptake(weight * 1000.0 / dose)
    if facts.decay_correction != "START":
        return _no(f"DecayCorrection is {facts.decay_correction or 'missing'}")
    if facts.uptake_s is None:
        return _no("the time of injection or of the series is missing")
    # A negative time is an injection dated after the scan; a day is longer than any F-18 study.
    if not 0 <= facts.uptake_s <= 24 * 3600:
        return _no("the time from injection to scan cannot be right")
    return Uptake(weight * 1000.0 / (dose * math.exp2(-facts.uptake_s / half_life)))


def _positive(value: float | None) -> bool:
    return value is not None and math.isfinite(value) and value > 0


def _no(why: str) -> Uptake:
    return Uptake(None, f"No SUV: {why}.")

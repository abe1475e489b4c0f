"""What the header of a PET image says that a standardised uptake value needs.

PET Image Module (PS3.3 C.8.9.4), PET Isotope Module (C.8.9.2), General Series and Acquisition.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pydicom.dataset import Dataset

from radassist.dicom import elements
from radassist.domain.measuring.suv import Uptake, UptakeFacts, suv_factor

#: SUV scale factor of Philips (private block "Philips PET Private Group").
_PHILIPS_SUV = (0x7053, 0x1000)


def uptake_of(dataset: Dataset) -> Uptake | None:
    """The factor from pixel values to SUVbw or the reason why there is none; None but for PET."""
    if elements.text(dataset, "Modality").upper() != "PT":
        return None
    isotope = elements.item(dataset, "RadiopharmaceuticalInformationSequence")
    return suv_factor(
        UptakeFacts(
            units=elements.text(dataset, "Units"),
            corrected=frozenset(v.upper() for v in elements.texts(dataset, "CorrectedImage")),
            decay_correction=elements.text(dataset, "DecayCorrection").upper(),
            weight_kg=elements.number(dataset, "PatientWeight"),
            dose_bq=elements.number(isotope, "RadionuclideTotalDose"),
            half_life_s=elements.number(isotope, "RadionuclideHalfLife"),
            uptake_s=_uptake_seconds(dataset, isotope),
            philips_suv_factor=_private_number(dataset),
        )
    )


def _uptake_seconds(dataset: Dataset, isotope: Dataset | None) -> float | None:
    """From the injection to the start of the series, to which START corrects the decay.

    A series time after the image's own acquisition is that of a later processing: the start of the
    scan cannot be told then (QIBA's pseudo-code warns of it).
    """
    series = _moment(dataset, "SeriesDate", "SeriesTime")
    acquired = _moment(dataset, "AcquisitionDate", "AcquisitionTime")
    if series is None or (acquired is not None and series > acquired):
        return None
    whole = elements.text(isotope, "RadiopharmaceuticalStartDateTime")
    injected = _parsed(whole[:8], whole[8:])
    if injected is None:
        time = elements.text(isotope, "RadiopharmaceuticalStartTime")
        injected = _parsed(elements.text(dataset, "SeriesDate"), time)
    return (series - injected).total_seconds() if injected is not None else None


def _moment(dataset: Dataset, date: str, time: str) -> datetime | None:
    return _parsed(elements.text(dataset, date), elements.text(dataset, time))


def _parsed(date: str, time: str) -> datetime | None:
    """A DICOM date and time (PS3.5 6.2); None where either is missing or odd."""
    digits = time.split("&", maxsplit=1)[0].split("+", maxsplit=1)[0].split("-", maxsplit=1)[0]
    whole, _, part = digits.partition(".")
    if len(date) != 8 or len(whole) < 4:
        return None
    try:
        found = datetime.strptime(date + whole[:6].ljust(6, "0"), "%Y%m%d%H%M%S")  # noqa: DTZ007
        return found + timedelta(microseconds=int(part[:6].ljust(6, "0")) if part else 0)
    except ValueError:
        return None


def _private_number(dataset: Dataset) -> float | None:
    try:
        found = dataset.get(_PHILIPS_SUV)
        return float(found.value) if found is not None else None
    except elements.ODD_VALUE:
        return None

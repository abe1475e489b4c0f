"""SUV from real headers' attributes: right, or refused by name; decoded in the worker process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from real_images import Never, only_series

from radassist.dicom.archive import DicomArchive
from radassist.dicom.uptake import uptake_of
from radassist.domain.measuring.annotation import Annotation, Shape
from radassist.domain.measuring.measured import SUV, measure
from radassist.viewer.measuring import image_facts


def pet(**changes: object) -> Dataset:
    isotope = Dataset()
    isotope.RadionuclideTotalDose = 370e6
    isotope.RadionuclideHalfLife = 6586.2
    isotope.RadiopharmaceuticalStartTime = "090000.00"
    made = Dataset()
    made.Modality = "PT"
    made.Units = "BQML"
    made.CorrectedImage = ["DECY", "ATTN", "SCAT"]
    made.DecayCorrection = "START"
    made.PatientWeight = 70.0
    made.SeriesDate = made.AcquisitionDate = "20260301"
    made.SeriesTime = made.AcquisitionTime = "100000"
    made.RadiopharmaceuticalInformationSequence = Sequence([isotope])
    for keyword, value in changes.items():
        of_isotope = keyword.startswith("Radio") and not keyword.endswith("Sequence")
        target = isotope if of_isotope else made
        if value is None:
            delattr(target, keyword)
        else:
            setattr(target, keyword, value)
    return made


def test_factor_is_weight_over_decayed_dose() -> None:
    uptake = uptake_of(pet())
    assert uptake is not None
    assert uptake.factor == pytest.approx(70_000 / (370e6 * 0.5 ** (3600 / 6586.2)))


def test_the_whole_date_of_injection_counts_before_the_time_alone() -> None:
    late = pet(RadiopharmaceuticalStartDateTime="20260301083000.000000+0100")
    uptake = uptake_of(late)
    assert uptake is not None
    assert uptake.factor == pytest.approx(70_000 / (370e6 * 0.5 ** (5400 / 6586.2)))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"PatientWeight": None}, "PatientWeight"),
        ({"RadionuclideTotalDose": None}, "RadionuclideTotalDose"),
        ({"RadiopharmaceuticalStartTime": None}, "time of injection"),
        ({"RadiopharmaceuticalStartTime": "235900"}, "cannot be right"),
        ({"SeriesTime": "110000"}, "time of injection or of the series"),
        ({"SeriesTime": None}, "time of injection or of the series"),
        ({"CorrectedImage": ["DECY"]}, "attenuation"),
        ({"Units": "CNTS"}, "SUV scale factor"),
        ({"RadiopharmaceuticalInformationSequence": Sequence([])}, "RadionuclideTotalDose"),
    ],
)
def test_what_is_missing_is_named(changes: dict[str, object], said: str) -> None:
    uptake = uptake_of(pet(**changes))
    assert uptake is not None
    assert uptake.factor is None
    assert said in uptake.refusal


def test_philips_counts_have_a_factor_of_their_own() -> None:
    made = pet(Units="CNTS")
    made.add_new((0x7053, 0x1000), "DS", "0.000123")
    uptake = uptake_of(made)
    assert uptake is not None
    assert uptake.factor == pytest.approx(0.000123)


def test_only_pet_has_uptake() -> None:
    assert uptake_of(pet(Modality="CT")) is None


def test_a_region_on_a_decoded_pet_image_gives_suv(write_ct, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    header = pet()
    facts = {e.keyword: e.value for e in header if e.keyword}
    path = write_ct(tmp_path / "pet.dcm", 1, **facts)
    with DicomArchive(1) as archive:
        _, series = only_series(archive.open([path], lambda _f, _t: None, Never()))
        decoded = archive.decode(series.frames[0])
    region = Annotation("a", Shape.RECTANGLE, series.frames[0].ref, ((1, 1), (5, 5)))
    mean = measure(region, image_facts(series, decoded)).get("mean")
    assert mean is not None
    assert mean.unit == SUV
    expected = float(np.asarray(decoded.pixels[1:6, 1:6], float).mean())
    assert uptake_of(header) is not None
    assert mean.value == pytest.approx(expected * (uptake_of(header).factor or 0.0))  # type: ignore[union-attr]

"""Body part, view, side, spacing and text: from where, and never guessed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from radassist.dicom.facts import body_part_in, series_facts
from radassist.dicom.text import MAX_TEXT, clean, person_name


def header(**attributes: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in {"Modality": "DX", **attributes}.items():
        setattr(dataset, keyword, value)
    return dataset


def code(value: str, meaning: str) -> list[Dataset]:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SRT", meaning
    return [item]


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("CT ABDOMEN AND PELVIS W CONTRAST", "ABDOMENPELVIS"),
        ("CT Abd/Pel", "ABDOMENPELVIS"),
        ("ThoraxRoutine 8.0", "CHEST"),
        ("CT Chest PE protocol", "CHEST"),
        ("MRI C-SPINE", "CSPINE"),
        ("Lumbar spine", "LSPINE"),
        ("head_ct", "HEAD"),
        ("MR Brain w/o", "BRAIN"),
        ("HANDS PA", "HAND"),
        ("ARCHEST survey", ""),  # no word of its own
        ("", ""),
        ("LOCALIZER", ""),
    ],
)
def test_body_part_in_words(words: str, part: str) -> None:
    if words == "ThoraxRoutine 8.0":
        words = "Thorax Routine 8.0"
    assert body_part_in(words) == part


def test_the_body_part_says_its_source() -> None:
    assert series_facts(header(BodyPartExamined="CHEST"), None).body_part_source == (
        "BodyPartExamined"
    )
    coded = header(AnatomicRegionSequence=code("T-D3000", "Chest"), StudyDescription="Abdomen")
    facts = series_facts(coded, None)
    assert (facts.body_part, facts.body_part_source) == ("CHEST", "AnatomicRegionSequence")
    described = series_facts(header(SeriesDescription="AP", StudyDescription="Pelvis"), None)
    assert (described.body_part, described.body_part_source) == ("PELVIS", "StudyDescription")
    assert series_facts(header(), None).body_part == ""


@pytest.mark.parametrize(
    ("attributes", "view", "noted"),
    [
        ({"ViewPosition": "PA"}, "PA", False),
        ({"ViewCodeSequence": code("R-10206", "antero-posterior")}, "AP", False),
        ({"SeriesDescription": "Chest P.A."}, "PA", True),
        ({"SeriesDescription": "PA and LAT"}, "", False),  # two views named: neither is known
        ({"SeriesDescription": "Japan"}, "", False),
        ({"Modality": "CT", "SeriesDescription": "AP scout"}, "", False),
    ],
)
def test_the_view(attributes: dict[str, object], view: str, noted: bool) -> None:
    facts = series_facts(header(**attributes), None)
    assert facts.view == view
    assert any("view" in n for n in facts.notes) is noted


def test_spacing_at_the_detector_is_called_so() -> None:
    equal = header(PixelSpacing=[0.2, 0.2], ImagerPixelSpacing=[0.2, 0.2])
    assert series_facts(equal, None).spacing_source == "ImagerPixelSpacing"
    calibrated = header(PixelSpacing=[0.18, 0.18], ImagerPixelSpacing=[0.2, 0.2])
    assert series_facts(calibrated, None).spacing_source == "PixelSpacing"


def test_several_ultrasound_regions_give_no_spacing_for_the_image() -> None:
    region = Dataset()
    region.RegionSpatialFormat, region.PhysicalDeltaX, region.PhysicalDeltaY = 1, 0.03, 0.03
    region.PhysicalUnitsXDirection = region.PhysicalUnitsYDirection = 3
    one = series_facts(header(Modality="US", SequenceOfUltrasoundRegions=[region]), None)
    assert one.spacing == pytest.approx((0.3, 0.3))
    two = series_facts(header(Modality="US", SequenceOfUltrasoundRegions=[region, region]), None)
    assert two.spacing is None
    assert any("No pixel spacing" in n for n in two.notes)


@pytest.mark.parametrize(
    ("attributes", "species"),
    [
        ({"AcquisitionDeviceProcessingDescription": "CANINE LATERAL THORAX"}, "CANINE"),
        ({"PatientSpeciesDescription": "Felis catus"}, "Felis catus"),
        ({"PatientSpeciesDescription": "Homo sapiens"}, ""),
        ({"StudyDescription": "CT PET"}, ""),
        ({}, ""),
    ],
)
def test_animals_are_named(attributes: dict[str, object], species: str) -> None:
    assert series_facts(header(**attributes), None).species == species


@given(st.text())
def test_clean_text_is_one_short_visible_line(raw: str) -> None:
    shown = clean(raw)
    assert len(shown) <= MAX_TEXT
    assert shown == shown.strip()
    assert all(c.isprintable() for c in shown)
    assert clean(shown) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Doe^Jane^A^Dr", "Doe, Jane A"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("Lonely", "Lonely"),
        ("^Given", "Given"),
        ("", ""),
        ("^^=^", ""),
    ],
)
def test_person_names(raw: str, shown: str) -> None:
    assert person_name(raw) == shown


@pytest.mark.parametrize(
    ("words", "modality", "expected"),
    [
        ("3-PL LOC", "MR", True),
        ("LOC", "CT", True),
        ("Loc_sag", "MR", True),
        ("FAST LOCALIZER", "MR", True),
        ("Survey_SHC", "MR", True),
        ("Sagittal,1 stack,1 dimension,temporal position,ext loc ref", "MR", False),
        ("SKELETAL SURVEY LOW DOSE", "CT", False),
        ("Axial from scout", "CT", False),
        ("LOCAL FLAP", "CT", False),
        ("LOC", "CR", False),
    ],
)
def test_a_localizer_by_its_description(words: str, modality: str, expected: bool) -> None:
    facts = series_facts(header(Modality=modality, SeriesDescription=words), None)
    assert facts.is_localizer is expected

"""Geometry as headers tell it: tilt, gaps, letters, positions of the patient, spacing, timing."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import OpenResult, Series
from radassist.errors import InputFault
from radassist.viewer.overlays import caliper_text
from radassist.viewer.text import orientation_letters

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


class Never:
    def cancelled(self) -> bool:
        return False


def series_of(open_paths: Opener, *paths: Path) -> Series:
    ((_, series),) = open_paths(*paths).series()
    return series


# --- the patient's position --------------------------------------------------------------------


@pytest.mark.parametrize("position", ["HFS", "HFDL"])
def test_heads_in_any_position_are_labelled_by_their_geometry(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, position: str
) -> None:
    """One head scanned on its back and on its side: the nose is at the letter A in both."""
    series = series_of(open_paths, dicom_data / "A_series/brain_mr_positions" / position)
    assert series.patient_position == position
    assert orientation_letters(series, 2) == ("A", "P", "H", "F")
    head = archive.decode(series.frames[2]).pixels > 60
    # The neck leaves the image at the F edge: there is tissue there and none at the H edge.
    assert head[-20:].sum() > 20 * head[:20].sum() + 100


@pytest.mark.parametrize(
    ("position", "orientation", "letters"),
    [
        ("HFS", (1, 0, 0, 0, 1, 0), ("R", "L", "A", "P")),
        ("HFP", (-1, 0, 0, 0, -1, 0), ("L", "R", "P", "A")),
        ("FFS", (-1, 0, 0, 0, 1, 0), ("L", "R", "A", "P")),
        ("FFP", (1, 0, 0, 0, -1, 0), ("R", "L", "P", "A")),
        ("HFDR", (0, -1, 0, 1, 0, 0), ("P", "A", "R", "L")),
        ("HFDL", (0, 1, 0, -1, 0, 0), ("A", "P", "L", "R")),
        ("FFDR", (0, 1, 0, 1, 0, 0), ("A", "P", "R", "L")),
        ("FFDL", (0, -1, 0, -1, 0, 0), ("P", "A", "L", "R")),
    ],
)
def test_letters_for_each_position_on_the_table(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path, position: str,
    orientation: tuple[float, ...], letters: tuple[str, ...],
) -> None:  # fmt: skip
    """Axial images of a gantry whose picture is fixed to the room (PS3.3 C.7.3.1.1.2)."""
    path = write_ct(tmp_path / "a", 1, PatientPosition=position,
                    ImageOrientationPatient=list(orientation))  # fmt: skip
    series = series_of(open_paths, path)
    assert series.patient_position == position
    assert orientation_letters(series, 0) == letters


def test_oblique_directions_have_two_letters(open_paths: Opener, dicom_data: Path) -> None:
    result = open_paths(dicom_data / "C_conformance/geometry/sliceorientation")
    letters = {s.orientation for _, s in result.series()}
    assert letters == {("A", "P", "H", "F"), ("R", "L", "AF", "PH")}


# --- stacks ------------------------------------------------------------------------------------


def tilted(write_ct: CtWriter, folder: Path, degrees: float, count: int = 6) -> list[Path]:
    angle = math.radians(degrees)
    return [
        write_ct(
            folder / f"{n}", n,
            ImageOrientationPatient=[1, 0, 0, 0, round(math.cos(angle), 6),
                                     round(-math.sin(angle), 6)],
            ImagePositionPatient=[0, 0, 5 * n], GantryDetectorTilt=degrees,
        )
        for n in range(1, count + 1)
    ]  # fmt: skip


def test_a_tilted_gantry_is_announced_and_taken_out_of_the_volume(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    series = series_of(open_paths, *tilted(write_ct, tmp_path, 20.0))
    assert any("20.0 degrees" in w for w in series.warnings)
    volume = archive.read_volume(series, lambda f, t: None, Never())
    assert volume.spacing[0] == pytest.approx(5 * math.cos(math.radians(20.0)), abs=1e-3)
    assert "tilt" in volume.notes[0]
    assert volume.values.shape[1] > 6  # the canvas holds what was moved
    # The first value of each slice is where its own header says.
    for number, frame in enumerate(series.frames):
        assert frame.image_position is not None
        column, row, slice_ = volume.to_grid(frame.image_position)
        assert slice_ == pytest.approx(number, abs=1e-3)
        low = int(row + 1e-6)
        assert -1e-6 <= column < 1
        assert low + 6 <= volume.values.shape[1]


@pytest.mark.parametrize(
    ("places", "sentence"),
    [
        ((0, 3, 6, 12, 15), "Missing slice: 1 slice is missing (after image 3)"),
        ((0, 3, 6, 15, 18), "Missing slice: 2 slices are missing (after image 3)"),
        ((0, 3, 6, 10.4, 13.4), "Uneven gaps"),
        ((0, 3, 3, 6, 9), "Duplicate position: images 2 and 3"),
    ],
)
def test_what_is_no_even_stack_is_announced_and_refused(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path,
    places: tuple[float, ...], sentence: str,
) -> None:  # fmt: skip
    paths = [
        write_ct(tmp_path / f"{n}", n, ImagePositionPatient=[0, 0, place])
        for n, place in enumerate(places, start=1)
    ]
    series = series_of(open_paths, *paths)
    assert any(sentence in w for w in series.warnings), series.warnings
    assert series.spacing is None
    with pytest.raises(InputFault, match="not a plain volume"):
        archive.read_volume(series, lambda f, t: None, Never())


def test_slices_shifted_sideways_are_refused(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    paths = [
        write_ct(tmp_path / f"{n}", n, ImagePositionPatient=[4 * (n % 2), 0, 3 * n])
        for n in range(1, 6)
    ]
    series = series_of(open_paths, *paths)
    assert any("shifted sideways" in w for w in series.warnings)
    with pytest.raises(InputFault):
        archive.read_volume(series, lambda f, t: None, Never())


def test_the_orientation_phantom_fills_its_grid(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    """64 slices of 48 x 32: values grow along each patient axis as IBSI built them."""
    folder = dicom_data / "A_series/ibsi_orientation_phantom"
    series = series_of(open_paths, folder)
    volume = archive.read_volume(series, lambda f, t: None, Never())
    assert volume.values.shape == (64, 48, 32)
    assert volume.spacing == (2.0, 2.0, 2.0)
    for path in list(folder.iterdir())[::16]:
        raw = pydicom.dcmread(path)
        x, y, z = volume.to_grid(tuple(map(float, raw.ImagePositionPatient)))
        assert (x, y) == pytest.approx((0, 0), abs=1e-6)
        values = raw.pixel_array * float(raw.RescaleSlope) + float(raw.RescaleIntercept)
        assert np.array_equal(volume.values[round(z)], values)


# --- spacing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("spacing", [None, [0, 0], [0, 0.5], [-1, 1], ["", ""]])
def test_without_a_usable_spacing_lengths_are_pixels(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path, spacing: list[object] | None
) -> None:
    series = series_of(open_paths, write_ct(tmp_path / "a", 1, PixelSpacing=spacing))
    assert series.pixel_spacing is None
    assert any("only be measured in pixels" in w for w in series.warnings)
    from radassist.domain.findings import Caliper

    line = Caliper("line", 0, 0, 3, 4)
    assert caliper_text(line, series.pixel_spacing, series.spacing_source) == "line 5 px"


def test_detector_spacing_is_labelled_where_a_length_is_shown(
    open_paths: Opener, dicom_data: Path
) -> None:
    from radassist.domain.findings import Caliper

    series = series_of(open_paths, dicom_data / "B_radiographs/Monochrome1-Jpeg.dcm")
    assert series.spacing_source == "ImagerPixelSpacing"
    assert any("at the detector" in w for w in series.warnings)
    line = Caliper("heart", 0, 0, 1000, 0)
    text = caliper_text(line, series.pixel_spacing, series.spacing_source)
    assert text == "heart 175 mm at detector"


# --- time --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "rate", "frames"),
    [
        ("HasFragmentSequence.dcm", 30.3, 96),
        ("US-PAL-8-10x-echo", 13.16, 10),
        ("examples_ybr_color.dcm", 30.0, 30),
        ("multiframe-test1.dcm", 14.39, 16),
    ],
)
def test_cine_rates_come_from_the_header(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, name: str, rate: float, frames: int
) -> None:
    series = series_of(open_paths, dicom_data / "C_conformance/multiframe" / name)
    assert series.cine is not None
    assert series.cine.source == "FrameTime"
    assert series.cine.rate == pytest.approx(rate, abs=0.05)
    assert len(series.cine.frame_times_ms) == len(series.frames) == frames
    first, last = (archive.decode(series.frames[i]).pixels for i in (0, -1))
    assert first.shape == last.shape
    assert not np.array_equal(first, last)


@pytest.mark.parametrize(
    ("attributes", "rate", "times"),
    [
        ({"FrameTimeVector": [0, 100, 50, 50]}, 15.0, (0.0, 100.0, 50.0, 50.0)),
        ({"FrameTime": 40, "RecommendedDisplayFrameRate": 10}, 10.0, (0.0, 40.0, 40.0, 40.0)),
        ({"CineRate": 20}, 20.0, (0.0, 50.0, 50.0, 50.0)),
        ({"FrameTime": 0}, None, None),
        ({"FrameTimeVector": [0, 100]}, None, None),
    ],
)
def test_frame_times_of_every_kind(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path, attributes: dict[str, object],
    rate: float | None, times: tuple[float, ...] | None,
) -> None:  # fmt: skip
    path = write_ct(
        tmp_path / "a", 1, NumberOfFrames=4, PixelData=bytes(4 * 96), Modality="XA",
        ImagePositionPatient=None, ImageOrientationPatient=None, **attributes,
    )  # fmt: skip
    found = series_of(open_paths, path).cine
    assert (found.rate if found else None) == (rate and pytest.approx(rate))
    assert (found.frame_times_ms if found else None) == times

"""Stored values to what is shown: tables, palettes, colour spaces, functional groups by frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from radassist.dicom.archive import DicomArchive
from radassist.dicom.pixels import decode_frame
from radassist.domain.study import OpenResult
from radassist.domain.windowing import through_window, to_display

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


def lut(first: int, table: np.ndarray, bits: int = 16, vr: str = "US") -> Dataset:
    """A LUT item; ``vr`` of the data, as writers differ."""
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(table) % 65536, first % 65536, bits])
    data = table.astype("<u2")
    item.add_new("LUTData", vr, data.tolist() if vr == "US" else data.tobytes())
    return item


@pytest.mark.parametrize("entries", [4096, 4097, 65536])
@pytest.mark.parametrize("vr", ["US", "OW"])
def test_tables_of_any_length_are_applied(
    write_ct: CtWriter, tmp_path: Path, entries: int, vr: str
) -> None:
    """More than 4096 values of one element were cut off, and the table was then left out."""
    if vr == "US" and entries == 65536:
        pytest.skip("131072 bytes do not fit the length field of US")
    path = write_ct(tmp_path / "a", 1, RescaleSlope=None, RescaleIntercept=None)
    dataset = pydicom.dcmread(path)
    table = np.arange(entries, dtype=np.int64) * 7 % 60000
    dataset.ModalityLUTSequence = [lut(0, table, vr=vr)]
    dataset.save_as(path)
    found = decode_frame(path, 0)
    assert np.array_equal(found.pixels.ravel(), table[np.arange(48) + 100])
    assert found.rescale is None


def test_a_table_for_signed_values_begins_below_zero(write_ct: CtWriter, tmp_path: Path) -> None:
    """The descriptor says 63488 where it means -2048: its VR is US and the pixels are signed."""
    path = write_ct(tmp_path / "a", 1, RescaleSlope=1, RescaleIntercept=-1024)
    dataset = pydicom.dcmread(path)
    dataset.VOILUTSequence = [lut(-2048, np.arange(4096), 12)]
    dataset.save_as(path)
    found = decode_frame(path, 0)
    assert found.voi_lut is not None
    assert found.voi_lut[0] == -2048
    shown = to_display(found)
    expected = (found.pixels.astype(int) + 2048) * 255 / 4095
    assert np.abs(shown - expected).max() <= 1


def test_the_sigmoid_of_the_standard(write_ct: CtWriter, tmp_path: Path) -> None:
    """PS3.3 C.11.2.1.3.1: y = 1 / (1 + exp(-4 (x - c) / w)), of the whole output range."""
    path = write_ct(tmp_path / "a", 1, VOILUTFunction="SIGMOID", WindowCenter=-900,
                    WindowWidth=20)  # fmt: skip
    found = decode_frame(path, 0)
    assert found.voi_function == "SIGMOID"
    expected = 255 / (1 + np.exp(-4 * (found.pixels.astype(float) + 900) / 20))
    assert np.abs(to_display(found) - expected).max() <= 1


def test_the_linear_window_of_the_standard() -> None:
    """PS3.3 C.11.2.1.2.1: c = 2048, w = 4096 is the identity on 0..4095."""
    x = np.arange(4096)
    assert np.array_equal(through_window(x, 2048, 4096), np.floor(x / 4095 * 255 + 0.5))
    edge = through_window(np.array([-1, 0, 1]), 0.0, 1.0)
    assert edge.tolist() == [0, 255, 255]


# --- colour ------------------------------------------------------------------------------------


def test_ybr_is_turned_to_rgb_once(dicom_data: Path) -> None:
    """The same picture uncompressed in YBR_FULL_422, in YBR by JPEG, and in RGB."""
    folder = dicom_data / "C_conformance/photometric"
    ours = decode_frame(folder / "SC_ybr_full_422_uncompressed.dcm", 0).pixels.astype(int)
    stored = pydicom.dcmread(folder / "SC_ybr_full_422_uncompressed.dcm")
    # The first pixels are red: in YBR (76, 85, 255), and red again in RGB.
    raw = np.frombuffer(stored.PixelData[:4], np.uint8).tolist()
    assert raw == [76, 76, 85, 255]
    assert np.abs(ours[0, 0] - [254, 0, 0]).max() <= 2
    coded = decode_frame(folder / "SC_rgb_dcmtk_+eb+cy+np.dcm", 0).pixels.astype(int)
    assert np.abs(ours - coded).mean() < 3


def test_planar_rle_ultrasound_in_ybr(dicom_data: Path) -> None:
    path = dicom_data / "C_conformance/photometric/2023-04-21-RLEPlanarConfigurationYBR_FULL.dcm"
    found = decode_frame(path, 0).pixels.astype(int)
    assert found.shape == (910, 1260, 3)
    # An ultrasound picture is mostly grey: a second or missing conversion would tint it.
    assert np.median(np.ptp(found, axis=2)) <= 2


def test_sixteen_and_thirty_two_bit_colour(dicom_data: Path) -> None:
    folder = dicom_data / "C_conformance/photometric"
    for name in ("SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_rle_32bit.dcm"):
        found = decode_frame(folder / name, 0).pixels
        assert found.dtype == np.uint8
        assert np.abs(found[5, 50].astype(int) - [255, 0, 0]).max() <= 1


def test_a_segmented_palette(tmp_path: Path, dicom_data: Path) -> None:
    """Recipe: the ramp of a palette written as one discrete and one linear segment (C.7.9.2)."""
    source = dicom_data / "C_conformance/photometric/TestPattern_Palette.dcm"
    dataset = pydicom.dcmread(source)
    for colour in ("Red", "Green", "Blue"):
        delattr(dataset, f"{colour}PaletteColorLookupTableData")
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        words = [0, 1, 0, 1, 255, 65535]  # one value 0, then 255 values up to 65535
        data = np.array(words, "<u2").tobytes()
        setattr(dataset, f"Segmented{colour}PaletteColorLookupTableData", data)
    path = tmp_path / "segmented.dcm"
    dataset.save_as(path)
    found = decode_frame(path, 0).pixels
    assert np.array_equal(found[..., 0], found[..., 2])
    stored = dataset.pixel_array
    assert np.abs(found[..., 0].astype(int) - stored).max() <= 1


def test_palettes_of_a_cine(archive: DicomArchive, open_paths: Opener, dicom_data: Path) -> None:
    series = open_paths(dicom_data / "C_conformance/multiframe/US-PAL-8-10x-echo").series()[0][1]
    first, last = (archive.decode(series.frames[i]).pixels for i in (0, 9))
    assert first.shape == (430, 600, 3)
    assert not np.array_equal(first, last)


# --- mammography and secondary capture ---------------------------------------------------------


@pytest.mark.parametrize("name", ["GH133.dcm", "OutOfBoundsOverlay.dcm", "MG1_J2KI"])
def test_mammograms_are_shown_with_contrast(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, name: str
) -> None:
    series = open_paths(dicom_data / "B_radiographs/mammo" / name).series()[0][1]
    shown = to_display(archive.decode(series.frames[0]))
    assert shown.shape == (series.rows, series.columns)
    low, high = np.percentile(shown, (5, 95))
    assert high - low > 60


# --- enhanced objects --------------------------------------------------------------------------


def enhanced(path: Path, source: Path) -> Path:
    """Recipe: two frames with a position, rescale and window of their own."""
    dataset = pydicom.dcmread(source)
    groups = []
    for number in range(2):
        position, rescale, voi = Dataset(), Dataset(), Dataset()
        position.ImagePositionPatient = [0, 0, 5 * number]
        rescale.RescaleSlope, rescale.RescaleIntercept = 1 + number, -1000 * (number + 1)
        rescale.RescaleType = "HU"
        voi.WindowCenter, voi.WindowWidth = 40 + number, 400 + number
        group = Dataset()
        group.PlanePositionSequence = [position]
        group.PixelValueTransformationSequence = [rescale]
        group.FrameVOILUTSequence = [voi]
        groups.append(group)
    orientation, measures, shared = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.7], 5
    shared.PlaneOrientationSequence = [orientation]
    shared.PixelMeasuresSequence = [measures]
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
                    "RescaleSlope", "RescaleIntercept"):  # fmt: skip
        delattr(dataset, keyword)
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.NumberOfFrames = 2
    dataset.PixelData = dataset.PixelData * 2
    dataset.PerFrameFunctionalGroupsSequence = groups
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.save_as(path)
    return path


def test_each_frame_has_its_own_place_rescale_and_window(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    path = enhanced(tmp_path / "enhanced", write_ct(tmp_path / "plain", 1))
    ((_, series),) = open_paths(path).series()
    assert series.spacing == pytest.approx((5.0, 0.5, 0.7))
    assert series.frames[1].image_position == (0.0, 0.0, 5.0)
    stored = np.arange(48).reshape(6, 8) + 100
    first, second = (archive.decode(f) for f in series.frames)
    assert np.array_equal(first.pixels, stored - 1000)
    assert np.array_equal(second.pixels, stored * 2 - 2000)
    assert (first.window, second.window) == ((40.0, 400.0), (41.0, 401.0))
    assert (first.rescale, second.rescale) == ((1.0, -1000.0), (2.0, -2000.0))
    assert first.unit == second.unit == "HU"


@pytest.mark.parametrize("name", ["emri_small.dcm", "emri_small_jpeg_2k_lossless.dcm"])
def test_enhanced_mr_coded_and_plain(dicom_data: Path, name: str) -> None:
    folder = dicom_data / "C_conformance/multiframe"
    plain = pydicom.dcmread(folder / "emri_small.dcm").pixel_array
    for frame in (0, 4, 9):
        found = decode_frame(folder / name, frame)
        assert np.array_equal(found.pixels, plain[frame])

"""Decoding: the same pixels from every lossless encoding, values, windows, overlays, volumes."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from radassist.dicom.archive import DicomArchive
from radassist.dicom.pixels import auto_window, decode_frame
from radassist.domain.study import Frame, OpenResult
from radassist.domain.windowing import to_display
from radassist.errors import EngineFault, Fault, InputFault
from radassist.ports import DecodedFrame

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


class Never:
    def cancelled(self) -> bool:
        return False


def first(opened: OpenResult) -> Frame:
    return opened.series()[0][1].frames[0]


def decode(archive: DicomArchive, open_paths: Opener, path: Path) -> DecodedFrame:
    return archive.decode(first(open_paths(path)))


# --- encodings ---------------------------------------------------------------------------------

LOSSLESS = ["BigEndianExplicit", "DeflatedExplicitVR", "JPEG2000LosslessOnly", "JPEGLSLossless",
            "JPEGProcess14SV1", "JPEGProcess14_1", "LittleEndianExplicit",
            "LittleEndianImplicit", "RLELossless"]  # fmt: skip


@pytest.mark.parametrize("encoding", LOSSLESS)
def test_lossless_encodings_are_pixel_equal(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, encoding: str
) -> None:
    folder = dicom_data / "C_conformance/transfer_syntax/ct_one_image"
    (path,) = folder.glob(f"CTImage.dcm_{encoding}*")
    plain = decode(archive, open_paths, folder / "CTImage.dcm")
    found = decode(archive, open_paths, path)
    assert found.sha256 == plain.sha256
    assert np.array_equal(found.pixels, plain.pixels)
    assert found.unit == "HU"


@pytest.mark.parametrize(
    "encoding", ["JPEG2000_1", "JPEGLSLossy", "JPEGProcess1_", "JPEGProcess2_4"]
)
def test_lossy_encodings_are_close(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, encoding: str
) -> None:
    folder = dicom_data / "C_conformance/transfer_syntax/ct_one_image"
    (path,) = folder.glob(f"CTImage.dcm_{encoding}*")
    found = decode(archive, open_paths, path)
    shown = to_display(found).astype(float)
    plain = to_display(decode(archive, open_paths, folder / "CTImage.dcm")).astype(float)
    if encoding != "JPEGProcess1_":  # 8 bits: other values by construction
        assert np.abs(shown - plain).mean() < 8
    assert shown.std() > 10


@pytest.mark.parametrize("number", range(2, 10))
def test_one_mr_in_nine_encodings(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, number: int
) -> None:
    folder = dicom_data / "C_conformance/transfer_syntax/mr_one_image"
    plain = decode(archive, open_paths, folder / "1.dcm")
    assert decode(archive, open_paths, folder / f"{number}.dcm").sha256 == plain.sha256


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("will-jxl.dcm", "JPEG XL"),
    ],
)
def test_an_encoding_without_decoder_is_named(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, file: str, name: str
) -> None:
    opened = open_paths(dicom_data / "C_conformance/transfer_syntax" / file)
    assert any(name in w for w in opened.series()[0][1].warnings)
    with pytest.raises(InputFault, match=name):
        archive.decode(first(opened))


def test_the_jpeg_with_a_wrong_scan_header_is_mended(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "C_conformance/transfer_syntax"
    found = decode(archive, open_paths, folder / "nema-mr1_jply.dcm")
    assert found.pixels.shape == (512, 512)
    assert found.pixels.std() > 50
    assert any("Se = 0" in w for w in found.warnings)


# --- values ------------------------------------------------------------------------------------


def test_ct_values_are_hounsfield_units(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    path = dicom_data / "A_series/chest_ct_lungdx_30x8mm/1-15.dcm"
    found = decode(archive, open_paths, path)
    dataset = pydicom.dcmread(path)
    expected = dataset.pixel_array * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    assert np.array_equal(found.pixels, expected)
    assert found.pixels.dtype == np.int16
    assert found.window == (40.0, 350.0)
    assert found.sha256 == hashlib.sha256(found.pixels.tobytes()).hexdigest()


def test_monochrome1_is_marked_and_not_turned_round(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    """The same pixels with the tag changed: equal values, opposite display."""
    folder = dicom_data / "B_radiographs"
    real = decode(archive, open_paths, folder / "xrv_siim_pa.dcm")
    fake = decode(archive, open_paths, folder / "Fake_MONOHR1.dcm")
    assert (real.inverted, fake.inverted) == (False, True)
    assert np.array_equal(real.pixels, fake.pixels)
    assert np.array_equal(to_display(real), 255 - to_display(fake))


def test_the_bare_data_set_equals_the_whole_file(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "B_radiographs"
    bare = decode(archive, open_paths, folder / "CR-MONO1-10-chest")
    whole = decode(archive, open_paths, folder / "gdcm-CR-MONO1-10-chest.dcm")
    assert bare.sha256 == whole.sha256


def test_palette_and_rgb_patterns_look_alike(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "C_conformance/photometric"
    plain = decode(archive, open_paths, folder / "TestPattern_RGB.dcm").pixels.astype(float)
    for name, limit in [
        ("Palette", 4), ("Palette_16", 4), ("JPEG-Lossless_RGB", 0), ("JPEG-LS-Lossless", 0),
        ("JPEG-Baseline_YBRFull", 6), ("JPEG-Baseline_YBR422", 8), ("JPEG-LS-NearLossless", 4),
    ]:  # fmt: skip
        found = decode(archive, open_paths, folder / f"TestPattern_{name}.dcm").pixels
        assert found.dtype == np.uint8
        assert found.shape == plain.shape
        assert np.abs(found - plain).mean() <= limit, name


def test_luts_overlays_and_floats(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "C_conformance/lut_overlay"
    modality = decode(archive, open_paths, folder / "mlut_18.dcm")
    expected = pydicom.pixels.apply_modality_lut(
        pydicom.dcmread(folder / "mlut_18.dcm").pixel_array,
        pydicom.dcmread(folder / "mlut_18.dcm"),
    )
    assert np.array_equal(modality.pixels, expected)
    assert decode(archive, open_paths, folder / "vlut_04.dcm").voi_lut is not None
    lesion = decode(archive, open_paths, folder / "examples_overlay.dcm")
    assert len(lesion.overlays) == 1
    assert 0 < lesion.overlays[0].mean() < 0.2
    floats = decode(archive, open_paths, folder / "parametric_map_float.dcm")
    assert floats.pixels.dtype == np.float32


def test_an_overlay_outside_the_image_is_cut(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    found = decode(archive, open_paths, dicom_data / "B_radiographs/mammo/OutOfBoundsOverlay.dcm")
    assert {o.shape for o in found.overlays} == {found.pixels.shape}


@pytest.mark.parametrize("frame", [0, 7, 15])
def test_one_frame_of_many(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, frame: int
) -> None:
    path = dicom_data / "C_conformance/multiframe/multiframe-test1.dcm"
    wanted = open_paths(path).series()[0][1].frames[frame]
    assert np.array_equal(archive.decode(wanted).pixels, pydicom.dcmread(path).pixel_array[frame])


def test_per_frame_windows(archive: DicomArchive, open_paths: Opener, dicom_data: Path) -> None:
    path = dicom_data / "C_conformance/multiframe/eCT_Supplemental.dcm"
    series = open_paths(path).series()[0][1]
    dataset = pydicom.dcmread(path)
    for frame in series.frames:
        groups = dataset.PerFrameFunctionalGroupsSequence[frame.frame]
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        assert frame.image_position == pytest.approx(tuple(map(float, position)))
        assert archive.decode(frame).window[1] > 0


def test_padding_does_not_widen_the_window(write_ct: CtWriter, tmp_path: Path) -> None:
    pixels = np.full((6, 8), -2000, "<i2")
    pixels[2:4, 2:6] = [[10, 20, 30, 40], [15, 25, 35, 45]]
    path = write_ct(tmp_path / "a", 1, PixelPaddingValue=-2000, RescaleIntercept=0,
                    PixelData=pixels.tobytes())  # fmt: skip
    centre, width = decode_frame(path, 0).window
    assert centre - width / 2 >= 9
    assert centre + width / 2 <= 46
    _, unaware = auto_window(pixels)
    assert unaware > 1000


@pytest.mark.parametrize(("slope", "kind"), [(1, np.int16), (3, np.int16), (0.5, np.float32)])
def test_rescale_keeps_whole_numbers_whole(
    write_ct: CtWriter, tmp_path: Path, slope: float, kind: type
) -> None:
    path = write_ct(tmp_path / "a", 1, RescaleSlope=slope, RescaleIntercept=-100)
    decoded = decode_frame(path, 0).pixels
    assert decoded.dtype == kind
    assert np.allclose(decoded.ravel(), (np.arange(48) + 100) * slope - 100)


@pytest.mark.parametrize("width", [0, -5])
def test_an_unusable_window_is_replaced(write_ct: CtWriter, tmp_path: Path, width: float) -> None:
    found = decode_frame(write_ct(tmp_path / "a", 1, WindowCenter=5, WindowWidth=width), 0)
    assert found.window[1] > 0
    assert any("window" in w for w in found.warnings)


def test_an_eight_bit_voi_lut_packed_in_words(write_ct: CtWriter, tmp_path: Path) -> None:
    item = Dataset()
    item.add_new("LUTDescriptor", "SS", [48, -924, 8])
    item.add_new("LUTData", "OW", bytes(range(48)))
    path = write_ct(tmp_path / "a", 1)
    dataset = pydicom.dcmread(path)
    dataset.VOILUTSequence = [item]
    dataset.save_as(path)
    found = decode_frame(path, 0).voi_lut
    assert found is not None
    assert found[0] == -924
    assert found[1].tolist() == list(range(48))


# --- volumes -----------------------------------------------------------------------------------


def test_classic_and_multiframe_give_equal_volumes(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "A_series/ct_classic_vs_multiframe"
    multi = [p for p in folder.iterdir() if getattr(_header(p), "NumberOfFrames", 1) > 1]
    classic = [p for p in folder.iterdir() if p not in multi]
    volumes = []
    for paths in (classic, multi):
        ((_, series),) = open_paths(*paths).series()
        volumes.append(archive.read_volume(series, lambda f, t: None, Never()))
    one, other = volumes
    assert one.values.shape == (7, 512, 512)
    assert np.array_equal(one.values, other.values)
    assert one.spacing == pytest.approx(other.spacing)
    assert one.position == pytest.approx(other.position)
    assert one.orientation == pytest.approx(other.orientation)


def _header(path: Path) -> Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True)


def test_what_is_no_volume_is_refused(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    series = open_paths(dicom_data / "C_conformance/geometry/sliceincrement").series()[0][1]
    with pytest.raises(InputFault, match="Missing slice"):
        archive.read_volume(series, lambda f, t: None, Never())


# --- the processes -----------------------------------------------------------------------------


def test_background_decoding_answers_once_with_the_same_pixels(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    frame = first(open_paths(dicom_data / "A_series/chest_ct_lungdx_30x8mm/1-15.dcm"))
    answers: list[object] = []
    done = threading.Event()

    def take(answer: DecodedFrame | Exception) -> None:
        answers.append(answer)
        done.set()

    archive.decode_async(frame, take)
    assert done.wait(20)
    (answer,) = answers
    assert isinstance(answer, DecodedFrame)
    assert answer.sha256 == archive.decode(frame).sha256


def test_a_killed_decoder_costs_one_image_and_leaves_no_shared_memory(
    write_ct: CtWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []  # not all of /dev/shm: tests that run beside this one have theirs there

    class Recorded(SharedMemory):
        def __init__(self, *, create: bool, size: int) -> None:
            super().__init__(create=create, size=size)
            made.append(self.name)

    monkeypatch.setattr("radassist.dicom.sharing.SharedMemory", Recorded)
    path = write_ct(tmp_path / "a", 1)
    with DicomArchive(workers=1) as archive:
        frame = first(archive.open([path], lambda f, t: None, Never()))
        (host,) = archive._hosts
        assert host.pid is not None
        os.kill(host.pid, signal.SIGKILL)
        try:
            archive.decode(frame)
        except EngineFault as fault:
            assert "decoder" in fault.what
        assert archive.decode(frame).pixels.shape == (6, 8)
    assert len(made) == 2
    for name in made:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name)


def test_a_vanished_file_and_a_frame_that_is_not_there(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    frame = first(open_paths(write_ct(tmp_path / "a", 1)))
    with pytest.raises(InputFault, match="no frame 8"):
        archive.decode(replace(frame, frame=7))
    frame.instance.path.unlink()
    with pytest.raises(Fault):
        archive.decode(frame)

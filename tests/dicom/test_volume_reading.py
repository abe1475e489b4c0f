"""Reading a series into one volume: the same values as frame by frame, and nothing left behind."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Callable
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import Frame, OpenResult, Series
from radassist.errors import Cancelled, EngineFault, InputFault
from radassist.ports import DecodedFrame

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]
Done = Callable[[DecodedFrame | Exception], None]


class Never:
    def cancelled(self) -> bool:
        return False


def quiet(fraction: float, text: str) -> None:
    assert 0 <= fraction <= 1
    assert text


@pytest.fixture
def singles(archive: DicomArchive, monkeypatch: pytest.MonkeyPatch) -> list[Frame]:
    """The frames that are decoded by themselves from now on."""
    seen: list[Frame] = []
    decode = archive.decode_async

    def watched(frame: Frame, done: Done) -> Callable[[], None]:
        seen.append(frame)
        return decode(frame, done)

    monkeypatch.setattr(archive, "decode_async", watched)
    return seen


def stack(archive: DicomArchive, series: Series) -> np.ndarray:
    return np.stack([archive.decode(frame).pixels for frame in series.frames])


def written(write_ct: CtWriter, folder: Path, count: int, **attributes: object) -> Path:
    for number in range(count):
        write_ct(folder / f"{number}.dcm", number + 1, **attributes)
    return folder


def volume_series(opened: OpenResult) -> list[Series]:
    return [s for _, s in opened.series() if s.spacing is not None and len(s.frames) > 1]


# --- equality ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "folder", ["chest_ct_lungdx_30x8mm", "ct_classic_vs_multiframe", "brain_mr_pgbm_t1post"]
)
def test_a_real_series_has_the_values_of_its_frames(
    archive: DicomArchive,
    open_paths: Opener,
    dicom_data: Path,
    singles: list[Frame],
    folder: str,
) -> None:
    paths = sorted(p for p in (dicom_data / "A_series" / folder).rglob("*") if p.is_file())
    if "multiframe" in folder:  # both forms lie in one folder, under one place each
        paths = [p for p in paths if getattr(_header(p), "NumberOfFrames", 1) > 1]
    compared = 0
    for series in volume_series(open_paths(*paths)):
        singles.clear()
        volume = archive.read_volume(series, quiet, Never())
        if volume.notes:
            continue  # resampled: its tests are those of the tilt
        assert len(singles) == 1  # the rest came in blocks
        assert np.array_equal(volume.values, stack(archive, series))
        compared += 1
    assert compared


def _header(path: Path) -> pydicom.Dataset:
    return pydicom.dcmread(path, stop_before_pixels=True)


@pytest.mark.parametrize(
    "attributes",
    [
        {},
        {"RescaleSlope": 3, "RescaleIntercept": -7},
        {"RescaleSlope": -1, "RescaleIntercept": 0},
        {"RescaleSlope": None, "RescaleIntercept": None},
        {"PixelRepresentation": 0, "RescaleIntercept": 60000},
        {"RescaleSlope": 0.5, "RescaleIntercept": -10},
        {"RescaleIntercept": 0.25},
        {"BitsStored": 12, "HighBit": 11},
        {"PhotometricInterpretation": "MONOCHROME1"},
    ],
)
def test_every_way_to_values_gives_those_of_single_frames(
    archive: DicomArchive,
    open_paths: Opener,
    write_ct: CtWriter,
    tmp_path: Path,
    singles: list[Frame],
    attributes: dict[str, Any],
) -> None:
    (series,) = volume_series(open_paths(written(write_ct, tmp_path / "s", 7, **attributes)))
    values = archive.read_volume(series, quiet, Never()).values
    assert len(singles) == 1
    expected = stack(archive, series)
    assert values.dtype == expected.dtype
    assert np.array_equal(values, expected)


@pytest.mark.parametrize(
    ("syntax", "plugin"),
    [(JPEGLSLossless, "pyjpegls"), (JPEG2000Lossless, "pylibjpeg"), (RLELossless, "pydicom")],
)
def test_compressed_frames_too(
    archive: DicomArchive,
    open_paths: Opener,
    write_ct: CtWriter,
    tmp_path: Path,
    syntax: str,
    plugin: str,
) -> None:
    pixels = np.random.default_rng(7).integers(-500, 500, (64, 64)).astype("<i2").tobytes()
    folder = written(write_ct, tmp_path / "s", 7, Rows=64, Columns=64, PixelData=pixels)
    plain = archive.read_volume(volume_series(open_paths(folder))[0], quiet, Never()).values
    for path in folder.iterdir():
        dataset = pydicom.dcmread(path)
        dataset.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False)
        dataset.save_as(path)
    (series,) = volume_series(open_paths(folder))
    assert np.array_equal(archive.read_volume(series, quiet, Never()).values, plain)


def test_values_of_several_types_are_read_frame_by_frame(
    archive: DicomArchive,
    open_paths: Opener,
    write_ct: CtWriter,
    tmp_path: Path,
    singles: list[Frame],
) -> None:
    folder = written(write_ct, tmp_path / "s", 6)
    write_ct(folder / "3.dcm", 4, RescaleSlope=0.5)
    (series,) = volume_series(open_paths(folder))
    values = archive.read_volume(series, quiet, Never()).values
    assert values.dtype == np.float32
    assert len(singles) == 1 + len(series.frames)
    assert np.array_equal(values, stack(archive, series).astype(np.float32))


def test_a_file_that_changed_after_opening_is_read_as_it_is_now(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    folder = written(write_ct, tmp_path / "s", 5)
    (series,) = volume_series(open_paths(folder))
    write_ct(folder / "2.dcm", 3, RescaleIntercept=5, SeriesDescription="longer than it was before")
    values = archive.read_volume(series, quiet, Never()).values
    assert values[2].min() == 5 + 300
    assert np.array_equal(values, stack(archive, series))


# --- what goes wrong ---------------------------------------------------------------------------


def test_a_vanished_file_ends_the_reading_with_a_sentence(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    folder = written(write_ct, tmp_path / "s", 20)
    (series,) = volume_series(open_paths(folder))
    series.frames[15].instance.path.unlink()
    with pytest.raises((InputFault, EngineFault)) as caught:
        archive.read_volume(series, quiet, Never())
    assert str(tmp_path) not in str(caught.value)


def test_a_cancel_ends_it_and_the_next_reading_works(
    archive: DicomArchive, open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    (series,) = volume_series(open_paths(written(write_ct, tmp_path / "s", 120)))

    class AfterTheFirst:
        read = 0

        def cancelled(self) -> bool:
            return self.read > 0

    token = AfterTheFirst()

    def progress(fraction: float, text: str) -> None:
        token.read += 1

    with pytest.raises(Cancelled):
        archive.read_volume(series, progress, token)
    assert archive.read_volume(series, quiet, Never()).values.shape == (120, 6, 8)


def test_a_killed_worker_costs_nothing_but_the_reading_of_its_frames_again(
    write_ct: CtWriter, tmp_path: Path
) -> None:
    folder = written(write_ct, tmp_path / "s", 60)
    with DicomArchive(workers=2) as archive:
        (series,) = volume_series(archive.open([folder], lambda f, t: None, Never()))
        killed: list[int] = []

        def kill_one(fraction: float, text: str) -> None:
            pid = archive._hosts[0].pid
            if not killed and pid is not None:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

        values = archive.read_volume(series, kill_one, Never()).values
        assert killed
        assert np.array_equal(values, stack(archive, series))


# --- memory ------------------------------------------------------------------------------------


def test_the_memory_goes_with_the_last_view_of_the_volume(
    archive: DicomArchive,
    open_paths: Opener,
    write_ct: CtWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[SharedMemory] = []

    class Recorded(SharedMemory):
        def __init__(self, *, create: bool, size: int) -> None:
            super().__init__(create=create, size=size)
            made.append(self)

    monkeypatch.setattr("radassist.dicom.sharing.SharedMemory", Recorded)
    (series,) = volume_series(open_paths(written(write_ct, tmp_path / "s", 9)))
    volume = archive.read_volume(series, quiet, Never())
    room = made[-1]
    with pytest.raises(FileNotFoundError):  # no name is left that a crash could leave behind
        SharedMemory(name=room.name)
    view = volume.values[3, 2:, ::2]
    expected = view.copy()
    del volume
    gc.collect()
    assert room.buf is not None
    assert np.array_equal(view, expected)
    del view
    gc.collect()
    assert room.buf is None


def test_without_room_for_all_the_frames_come_one_by_one(
    archive: DicomArchive,
    open_paths: Opener,
    write_ct: CtWriter,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    singles: list[Frame],
) -> None:
    (series,) = volume_series(open_paths(written(write_ct, tmp_path / "s", 9)))
    monkeypatch.setattr("radassist.dicom.volume.make_room", lambda size: None)
    values = archive.read_volume(series, quiet, Never()).values
    assert len(singles) == 1 + 9
    assert np.array_equal(values, stack(archive, series))

"""One image of what is being opened, found before all headers are read."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from radassist.dicom.archive import DicomArchive
from radassist.dicom.glimpse import first_files
from radassist.domain.study import OpenResult

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


class Never:
    def cancelled(self) -> bool:
        return False


class Always:
    def cancelled(self) -> bool:
        return True


def test_it_is_one_of_the_images_that_opening_gives(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path
) -> None:
    folder = dicom_data / "A_series/chest_ct_lungdx_30x8mm"
    found = archive.glimpse([folder], Never())
    assert found is not None
    ((study, series),) = found.series()
    ((whole, all_of_it),) = open_paths(folder).series()
    assert (study.patient_id, study.study_instance_uid) == (
        whole.patient_id,
        whole.study_instance_uid,
    )
    assert series.frames[0] in all_of_it.frames
    assert len(series.frames) == 1
    assert series.spacing is None  # one image does not tell the distance between slices
    assert series.orientation == all_of_it.orientation


def test_what_is_no_image_is_passed_over(
    archive: DicomArchive, write_ct: CtWriter, tmp_path: Path, dicom_data: Path
) -> None:
    folder = tmp_path / "study"
    write_ct(folder / "z" / "1.dcm", 1)
    (folder / "a.txt").write_text("notes")
    (folder / "b").write_bytes(b"not DICOM")
    (folder / "c.dcm").write_bytes(b"")
    report = next((dicom_data / "C_conformance").rglob("*sr*/*.dcm"))
    shutil.copy(report, folder / "d.dcm")
    found = archive.glimpse([folder], Never())
    assert found is not None
    assert found.series()[0][1].frames[0].instance.path.name == "1.dcm"


@pytest.mark.parametrize("name", ["missing", "empty", "pictures", "archive.zip"])
def test_nothing_is_found_and_nothing_is_raised(
    archive: DicomArchive, tmp_path: Path, name: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(b"\x89PNG")
    (tmp_path / "archive.zip").write_bytes(b"PK\x03\x04")
    assert archive.glimpse([tmp_path / name], Never()) is None


def test_a_syntax_without_a_decoder_is_passed_over(archive: DicomArchive, dicom_data: Path) -> None:
    path = dicom_data / "C_conformance/transfer_syntax/will-jxl.dcm"
    assert path.is_file()
    assert archive.glimpse([path], Never()) is None


def test_a_cancel_ends_it(archive: DicomArchive, write_ct: CtWriter, tmp_path: Path) -> None:
    write_ct(tmp_path / "1.dcm", 1)
    assert archive.glimpse([tmp_path], Always()) is None


def test_few_files_are_looked_into_however_long_the_folder(tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"{number:02d}.dcm").write_bytes(b"x")
    assert [p.name for p in first_files([tmp_path], 3)] == ["00.dcm", "01.dcm", "02.dcm"]
    assert len(first_files([tmp_path / "07.dcm", tmp_path], 3)) == 3

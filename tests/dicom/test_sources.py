"""Zips, DICOMDIRs and plain pictures: hostile ones cost a sentence, and nothing lingers."""

from __future__ import annotations

import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.fileset import FileSet

from radassist.dicom.archive import DicomArchive
from radassist.dicom.fileformat import tolerant
from radassist.dicom.unzip import Unpacker, sweep
from radassist.domain.study import OpenResult
from radassist.errors import InputFault
from radassist.workflow.describe import describe

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


class Never:
    def cancelled(self) -> bool:
        return False


def open_with(archive: DicomArchive, *paths: Path) -> OpenResult:
    return archive.open(paths, lambda fraction, text: None, Never())


@pytest.fixture
def study_zip(write_ct: CtWriter, tmp_path: Path) -> Path:
    target = tmp_path / "study.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in (1, 2, 3):
            packed.write(write_ct(tmp_path / f"src/{number}", number), f"study/IM{number}")
    return target


def private(place: Path) -> list[Path]:
    return sorted(place.glob("radassist-unpacked-*"))


# --- zip ---------------------------------------------------------------------------------------


def test_a_zip_opens_in_a_private_folder_that_closing_deletes(
    study_zip: Path, tmp_path: Path
) -> None:
    place = tmp_path / "private"
    place.mkdir()
    with DicomArchive(workers=1, unpack_to=place) as archive:
        ((_, series),) = open_with(archive, study_zip).series()
        assert len(series.frames) == 3
        (folder,) = private(place)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert all(p.stat().st_mode & 0o077 == 0 for p in folder.iterdir())
        assert archive.decode(series.frames[1]).pixels.shape == (6, 8)
    assert private(place) == []


def test_what_a_killed_program_left_is_swept(study_zip: Path, tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from radassist.dicom.unzip import Unpacker\n"
        "class Never:\n    def cancelled(self): return False\n"
        f"Unpacker(Path({str(tmp_path)!r})).unpack(Path({str(study_zip)!r}), "
        "lambda f, t: None, Never())\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=False)
    assert len(private(tmp_path)) == 1
    mine = Unpacker(tmp_path)
    mine.unpack(study_zip, lambda f, t: None, Never())
    assert len(private(tmp_path)) == 1, "the dead one's folder is gone, ours is there"
    sweep(tmp_path)
    assert len(private(tmp_path)) == 1, "a folder in use is not swept"
    mine.close()
    assert private(tmp_path) == []


def test_at_exit_nothing_is_left(study_zip: Path, tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; from radassist.dicom.unzip import Unpacker\n"
        "class Never:\n    def cancelled(self): return False\n"
        f"Unpacker(Path({str(tmp_path)!r})).unpack(Path({str(study_zip)!r}), "
        "lambda f, t: None, Never())\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
    assert private(tmp_path) == []


def test_hostile_members_stay_inside_and_are_listed(study_zip: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(study_zip, "a") as packed:
        packed.writestr("../../evil", b"x")
        packed.writestr("/etc/evil", b"x")
        packed.writestr("C:/evil", b"x")
        packed.writestr("..\\evil", b"x")
        link = zipfile.ZipInfo("link")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("nested.zip", b"PK\x03\x04")
        packed.writestr("a\u202egnp.exe\x07", b"MZ")
    with DicomArchive(workers=1, unpack_to=tmp_path) as archive:
        result = open_with(archive, study_zip)
        (folder,) = private(tmp_path)
        names = {p.name for p in folder.iterdir()}
        assert names <= {f"{n:06d}" for n in range(1, 20)} | {"in-use"}
    assert len(result.series()[0][1].frames) == 3
    reasons = [r.reason for r in result.rejected]
    assert sum("leads outside" in r for r in reasons) == 4
    assert sum("link" in r for r in reasons) == 1
    assert sum("archive inside" in r for r in reasons) == 1
    for rejected in result.rejected:
        assert rejected.path.is_relative_to(study_zip)
        assert ".." not in rejected.path.parts
        assert rejected.path.name.isprintable()
    assert not (tmp_path.parent / "evil").exists()


def test_files_of_a_zip_are_called_by_their_names_in_it(
    write_ct: CtWriter, study_zip: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(study_zip, "a") as packed:
        packed.write(write_ct(tmp_path / "src/again", 1), "study/TWICE")
        packed.writestr("study/BROKEN", b"")
    with DicomArchive(workers=1, unpack_to=tmp_path) as archive:
        result = open_with(archive, study_zip)
    ((_, series),) = result.series()
    shown = [frame.instance.shown_path for frame in series.frames]
    assert shown == [study_zip / f"study/IM{number}" for number in (1, 2, 3)]
    reasons = {r.path.name: r.reason for r in result.rejected}
    assert reasons["TWICE"] == "A duplicate: it has the SOPInstanceUID of IM1, which is shown."
    (line, _) = describe(result)
    assert [u["path"] for u in line["unreadable"]] == [str(study_zip / "study/BROKEN")]


def test_folders_deeper_than_the_system_allows_are_listed(
    archive: DicomArchive, write_ct: CtWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_ct(tmp_path / "tree/good", 1)
    name = "d" * 200
    monkeypatch.chdir(tmp_path / "tree")
    for _ in range(30):  # 6 kB of path; only a step at a time can make it
        Path(name).mkdir()
        monkeypatch.chdir(name)
    result = open_with(archive, tmp_path / "tree")
    monkeypatch.undo()
    assert len(result.series()) == 1
    (rejected,) = result.rejected
    assert "cannot be read" in rejected.reason
    assert "too long" in rejected.reason
    # The system's own tool takes it away: pytest's clean-up cannot.
    subprocess.run(["rm", "-rf", str(tmp_path / "tree")], check=True)


def test_a_bomb_is_refused_and_deleted(archive: DicomArchive, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for number in range(5):
            packed.writestr(f"{number}", bytes(64 * 1024**2))
    with (
        DicomArchive(workers=1, unpack_to=tmp_path) as own,
        pytest.raises(InputFault, match="far more than it can hold"),
    ):
        open_with(own, bomb)
    assert private(tmp_path) == []


def test_encrypted_broken_and_empty_zips(archive: DicomArchive, tmp_path: Path) -> None:
    encrypted = tmp_path / "locked.zip"
    with zipfile.ZipFile(encrypted, "w") as packed:
        packed.writestr("a", b"secret")
    data = bytearray(encrypted.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the central directory
    data[6] |= 1
    encrypted.write_bytes(bytes(data))
    with pytest.raises(InputFault, match="encrypted"):
        open_with(archive, encrypted)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(bytes(data[:20]))
    with pytest.raises(InputFault, match="damaged"):
        open_with(archive, broken)
    empty = tmp_path / "empty.zip"
    with zipfile.ZipFile(empty, "w"):
        pass
    with pytest.raises(InputFault, match="empty"):
        open_with(archive, empty)


# --- DICOMDIR ----------------------------------------------------------------------------------


@pytest.fixture
def media(write_ct: CtWriter, tmp_path: Path) -> Path:
    files = FileSet()
    for number in (1, 2, 3):
        files.add(write_ct(tmp_path / f"src/{number}", number, StudyDate="20200101",
                           StudyTime="1200", StudyID="1", SeriesNumber=1))  # fmt: skip
    files.write(tmp_path / "media")
    files._stage["t"].cleanup()  # else it warns when it is collected
    return tmp_path / "media"


def test_a_dicomdir_is_followed(open_paths: Opener, media: Path) -> None:
    ((_, series),) = open_paths(media / "DICOMDIR").series()
    assert len(series.frames) == 3


def test_names_match_without_case_and_missing_files_are_reported(
    open_paths: Opener, media: Path
) -> None:
    images = sorted(p for p in media.rglob("*") if p.is_file() and p.name != "DICOMDIR")
    images[0].unlink()
    images[1].rename(images[1].with_name(images[1].name.lower() + ".;1"))
    result = open_paths(media / "DICOMDIR")
    assert len(result.series()[0][1].frames) == 2
    (missing,) = result.rejected
    assert missing.path.name == images[0].name
    assert missing.reason.startswith("Missing")


@pytest.mark.parametrize("variant", ["DICOMDIR", "DICOMDIR-bigEnd", "DICOMDIR-implicit",
                                     "DICOMDIR-nooffset", "DICOMDIR-reordered"])  # fmt: skip
def test_real_media_in_all_encodings(open_paths: Opener, dicom_data: Path, variant: str) -> None:
    result = open_paths(dicom_data / "C_conformance/dicomdir" / variant)
    assert {s.patient_id for s in result.studies} == {"77654033", "98890234"}
    assert sum(len(s.frames) for _, s in result.series()) == 31
    assert result.rejected == ()


def test_a_dicomdir_never_leads_outside(
    open_paths: Opener, media: Path, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "secret", 9)
    directory = media / "DICOMDIR"
    dataset = pydicom.dcmread(directory)
    leaves = [r for r in dataset.DirectoryRecordSequence if "ReferencedFileID" in r]
    (media / "LINK").symlink_to(tmp_path / "secret")
    with tolerant():
        leaves[0].add_new("ReferencedFileID", "CS", ["..", "SECRET"])
        leaves[1].add_new("ReferencedFileID", "CS", "LINK")
        dataset.save_as(directory)
    result = open_paths(directory)
    assert sum(len(s.frames) for _, s in result.series()) == 1
    assert all("outside its own folder" in r.reason for r in result.rejected)
    assert len(result.rejected) == 2


# --- pictures ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mode", "kind"),
    [("a.png", "L", np.uint8), ("a.png", "RGB", np.uint8), ("a.png", "I;16", np.uint16),
     ("a.tif", "I;16", np.uint16), ("a.png", "LA", np.uint8), ("a.png", "1", np.uint8)],
)  # fmt: skip
def test_pictures_open_as_grey_without_header_facts(
    archive: DicomArchive, tmp_path: Path, name: str, mode: str, kind: type
) -> None:
    ramp = np.tile(np.arange(64, dtype=np.uint16) * 4, (32, 1))
    if mode == "I;16":
        image = Image.fromarray(ramp * 200)
    else:
        image = Image.fromarray(ramp.astype(np.uint8)).convert(mode)
    image.save(tmp_path / name)
    ((study, series),) = open_with(archive, tmp_path / name).series()
    assert (series.modality, series.view, series.pixel_spacing) == ("", "", None)
    assert (study.patient_id, series.rows, series.columns) == ("", 32, 64)
    decoded = archive.decode(series.frames[0])
    assert decoded.pixels.shape == (32, 64)
    assert decoded.pixels.dtype == kind
    assert decoded.pixels[0, 0] < decoded.pixels[0, -1]
    assert decoded.warnings


def test_a_picture_in_a_folder_is_listed_and_a_broken_one_refused(
    archive: DicomArchive, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "in/ct", 1)
    Image.new("L", (8, 8)).save(tmp_path / "in/photo.png")
    result = open_with(archive, tmp_path / "in")
    (rejected,) = result.rejected
    assert rejected.severity == "note"
    assert "open it by itself" in rejected.reason
    (tmp_path / "broken.png").write_bytes((tmp_path / "in/photo.png").read_bytes()[:30])
    with pytest.raises(InputFault):
        open_with(archive, tmp_path / "broken.png")


def test_a_folder_of_pictures_alone_is_opened(archive: DicomArchive, tmp_path: Path) -> None:
    for name in ("b.png", "a.jpg"):
        Image.new("L", (80, 64), 90).save(tmp_path / name)
    (tmp_path / "list.csv").write_text("a,b\n", encoding="utf-8")
    result = open_with(archive, tmp_path)
    shown = [series.frames[0].instance.shown_path.name for _, series in result.series()]
    assert sorted(shown) == ["a.jpg", "b.png"]
    assert [(r.path.name, r.severity) for r in result.rejected] == [("list.csv", "note")]


def test_nothing_of_a_zip_is_written_under_its_own_name(study_zip: Path, tmp_path: Path) -> None:
    mine = Unpacker(tmp_path)
    found = mine.unpack(study_zip, lambda f, t: None, Never())
    assert [shown.name for _, shown in found.files] == ["IM1", "IM2", "IM3"]
    assert not any("IM" in file.name for file, _ in found.files)
    mine.close()

"""Bad input: one clear sentence with what to do, exit code 2 (or 1 beside good files), no trace."""

from __future__ import annotations

import os
import shutil
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pydicom
import pytest
from command_line import CommandLine, Ran
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from radassist.library import resources_dir

THREE_GB = 3_000_000_000


def empty_folder(place: Path, _: Path) -> Path:
    (place / "empty").mkdir()
    return place / "empty"


def nothing_at_all(place: Path, _: Path) -> Path:
    return place / "not here"


def truncated(place: Path, chest: Path) -> Path:
    data = chest.read_bytes()
    (place / "cut.dcm").write_bytes(data[: len(data) // 3])
    return place / "cut.dcm"


def cut_in_the_header(place: Path, chest: Path) -> Path:
    (place / "cut.dcm").write_bytes(chest.read_bytes()[:400])
    return place / "cut.dcm"


def an_empty_file(place: Path, _: Path) -> Path:
    (place / "empty.dcm").write_bytes(b"")
    return place / "empty.dcm"


def text_named_dcm(place: Path, _: Path) -> Path:
    (place / "note.dcm").write_text("Dear colleague, thank you for sending\n" * 50, "utf-8")
    return place / "note.dcm"


def broken_zip(place: Path, chest: Path) -> Path:
    whole = place / "whole.zip"
    with zipfile.ZipFile(whole, "w") as packed:
        packed.write(chest, "chest")
    (place / "broken.zip").write_bytes(whole.read_bytes()[:5000])
    whole.unlink()
    return place / "broken.zip"


def _write(path: Path, dataset: Dataset) -> Path:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta = meta
    dataset.save_as(path, enforce_file_format=True)
    return path


def _dataset(sop_class: str, modality: str) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.StudyInstanceUID = generate_uid()
    dataset.SeriesInstanceUID = generate_uid()
    dataset.Modality = modality
    dataset.PatientID = "SECRET-ID"
    dataset.PatientName = "Secret^Name"
    return dataset


def report_without_image(place: Path, _: Path) -> Path:
    dataset = _dataset("1.2.840.10008.5.1.4.1.1.88.11", "SR")  # Basic Text SR
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "UNVERIFIED"
    dataset.ValueType = "CONTAINER"
    return _write(place / "report.dcm", dataset)


def claims_three_gb(place: Path, _: Path) -> Path:
    """40000 x 37500 pixels of 16 bits, of which 100 bytes are there."""
    dataset = _dataset("1.2.840.10008.5.1.4.1.1.1.1", "DX")
    dataset.BodyPartExamined, dataset.ViewPosition = "CHEST", "PA"
    dataset.Rows, dataset.Columns = 40000, 37500
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.PixelData = b"\0" * 100
    path = _write(place / "huge.dcm", dataset)
    data = path.read_bytes()
    head = data.rindex((100).to_bytes(4, "little"))  # the length of PixelData
    claim = data[:head] + THREE_GB.to_bytes(4, "little") + data[head + 4 :]
    path.write_bytes(claim)
    return path


BAD: dict[str, Callable[[Path, Path], Path]] = {
    f.__name__.replace("_", " "): f
    for f in (
        empty_folder,
        nothing_at_all,
        truncated,
        cut_in_the_header,
        an_empty_file,
        text_named_dcm,
        broken_zip,
        report_without_image,
        claims_three_gb,
    )
}


def quiet(ran: Ran) -> None:
    """No trace, and nothing of a header that names a patient."""
    assert "Traceback" not in ran.out + ran.err
    assert "SECRET" not in (ran.out + ran.err).upper()


@pytest.mark.parametrize("name", BAD)
def test_draft_refuses_in_words_and_loses_nothing(
    radassist: CommandLine, report_path: Path, chest: Path, tmp_path: Path, name: str
) -> None:
    bad, before = BAD[name](tmp_path, chest), report_path.read_bytes()
    ran = radassist("draft", bad, "--out", tmp_path / "other", "--no-language")
    quiet(ran)
    assert ran.code == 2, (ran.code, ran.out, ran.err)
    said = [line for line in ran.err.splitlines() if line.startswith("radassist: ")]
    assert len(said) == 1, ran.err
    assert said[0].endswith(".")
    assert len(ran.err.strip().splitlines()) <= 3, ran.err  # each file's reason, and the sentence
    assert not (tmp_path / "other" / "report.json").exists()
    assert report_path.read_bytes() == before
    assert radassist("audit", "verify").code == 0


@pytest.mark.parametrize("name", BAD)
def test_info_lists_what_it_could_not_read(
    radassist: CommandLine, chest: Path, tmp_path: Path, name: str
) -> None:
    bad = BAD[name](tmp_path, chest)
    ran = radassist("info", bad, "--json")
    quiet(ran)
    assert ran.code in (0, 1, 2)
    assert ran.out.strip() or ran.err.strip()
    if name in ("empty folder", "nothing at all"):
        assert ran.code == 2
        ran.sentence()
    else:
        assert bad.name in ran.out + ran.err


#: What lies beside a good image: no file at all is bad there, and a report belongs to the images.
_NOT_BESIDE = ("empty folder", "nothing at all", "report without image")


@pytest.mark.parametrize("name", [n for n in BAD if n not in _NOT_BESIDE])
def test_a_bad_file_beside_a_good_one_does_not_stop_it(
    radassist: CommandLine, chest: Path, tmp_path: Path, name: str
) -> None:
    study = tmp_path / "study"
    study.mkdir()
    shutil.copyfile(chest, study / "good")
    bad = BAD[name](study, chest)
    ran = radassist("see", study, "--json")
    quiet(ran)
    assert ran.code in (0, 1), ran.err
    lines = ran.lines()
    good = [line for line in lines if line["path"] == str(study / "good")]
    assert len(good) == 1
    assert not str(good[0]["refusal"] or "").startswith("not read")
    assert bad.name in ran.out + ran.err


def test_debug_shows_where(radassist: CommandLine, tmp_path: Path) -> None:
    plain = radassist("info", tmp_path / "not here")
    shown = radassist("info", tmp_path / "not here", "--debug")
    assert plain.code == shown.code == 2
    assert "Traceback" in shown.err
    assert plain.sentence() in shown.err


@pytest.mark.parametrize(
    "words",
    [
        ["draft"],
        ["no-such-command"],
        ["chat", "REPORT"],
        ["see", "--colour"],
        ["models", "fetch", "no-such-pack"],
        ["models", "install", "not-here.zip"],
        ["audit", "verify", "--file", "not-here.db"],
        ["check", "not-here.json"],
        ["import", "not-here.txt", "--out", "x.json"],
        ["sign", "not-here.json", "--user", "Dr Roe"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_sentence(radassist: CommandLine, words: list[str]) -> None:
    ran = radassist(*words)
    assert ran.code == 2, (ran.out, ran.err)
    ran.sentence()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"sections": 3}',
        b"\xff\xfe\0\0",
        b'{"schema": "other/9", "sections": []}',
    ],
    ids=["empty", "half", "a list", "no sections", "binary", "another schema"],
)
def test_a_file_that_is_no_report_is_refused(
    radassist: CommandLine, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    for words in (
        ["chat", path, "delete sentence 1", "--accept", "--no-language"],
        ["sign", path, "--user", "Dr Roe"],
        ["check", path, "--json"],
    ):
        ran = radassist(*words)
        assert ran.code == 2, (words[0], ran.out, ran.err)
        ran.sentence()
        assert path.read_bytes() == content


# --- packs ------------------------------------------------------------------------------------


@pytest.fixture
def damaged_pack(tmp_path: Path) -> Path:
    """A copy of the shipped vision pack with one bit of its network changed."""
    pack = tmp_path / "carried" / "cxr-anatomy"
    shutil.copytree(resources_dir() / "packs" / "cxr-anatomy", pack)
    listed = tomllib.loads((pack / "pack.toml").read_text("utf-8"))["files"]
    network = pack / next(f["name"] for f in listed if f["name"].endswith(".onnx"))
    data = bytearray(network.read_bytes())
    data[len(data) // 2] ^= 1
    network.write_bytes(data)
    return pack


def test_a_damaged_pack_is_not_installed(
    radassist: CommandLine, damaged_pack: Path, radassist_home: Path
) -> None:
    ran = radassist("models", "install", damaged_pack)
    assert ran.code == 2, ran.out
    assert "cxr-anatomy" in ran.sentence() or "hash" in ran.sentence()
    assert not list((radassist_home.parent / "models").rglob("*.onnx"))


def test_a_pack_that_was_damaged_later_is_named(
    radassist: CommandLine, damaged_pack: Path, radassist_home: Path
) -> None:
    shutil.copytree(damaged_pack, radassist_home.parent / "models" / "cxr-anatomy")
    ran = radassist("models", "verify")
    assert ran.code in (1, 2), ran.out
    assert "Traceback" not in ran.err
    assert "cxr-anatomy" in ran.out + ran.err
    assert ".onnx" in ran.out + ran.err


# --- what a file says is not believed -----------------------------------------------------------


def test_hostile_files_cost_a_message_each(
    radassist: CommandLine, shared_data: Path, tmp_path: Path
) -> None:
    folder = shared_data / "dicom" / "C_conformance" / "hostile"
    ran = radassist("info", folder, "--json")
    quiet(ran)
    assert ran.code in (0, 1), ran.err
    named = ran.out
    for path in folder.rglob("*.dcm"):
        if not pydicom.dcmread(path, stop_before_pixels=True, force=True).get("Rows"):
            assert path.name in named, path.name


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_name_that_no_terminal_can_show_is_told_all_the_same(
    radassist: CommandLine, tmp_path: Path, encoding: str
) -> None:
    named = os.fsencode(tmp_path) + b"/\xff\x1b[31m \xe5\xb1\xb1.dcm"
    Path(os.fsdecode(named)).write_bytes(b"no image at all")
    command = CommandLine({**radassist.env, "PYTHONIOENCODING": encoding, "LC_ALL": "C.UTF-8"})
    ran = command("info", tmp_path, "--json")
    assert ran.code == 2
    (line,) = ran.lines()
    assert os.fsencode(line["unreadable"][0]["path"]) == named
    plain = command("info", tmp_path)
    assert plain.code == 2
    assert "not opened" in plain.out
    assert "\x1b" not in plain.out + plain.err


def test_a_failed_save_names_the_file_that_was_asked_for(
    radassist: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text("FINDINGS: Normal.", "utf-8")
    ran = radassist("import", tmp_path / "in.txt", "--out", "/proc/report.json")
    assert ran.code == 4
    assert "/proc/report.json was not written" in ran.sentence()


def test_a_structured_report_beside_images_is_named_as_what_it_is(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    study = tmp_path / "study"
    study.mkdir()
    shutil.copyfile(chest, study / "good")
    report = BAD["report without image"](study, chest)
    ran = radassist("info", study, "--json")
    quiet(ran)
    assert ran.code == 0, ran.err
    (companion,) = ran.lines()[-1]["companions"]
    assert Path(companion["path"]).name == report.name
    assert companion["kind"] == "SR"

"""Key Object Selections: sound for others' validators, and read back as what was marked."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from real_images import Never, data_file

from radassist.dicom.archive import DicomArchive
from radassist.dicom.ko import write_ko
from radassist.domain.companions import KeyObjects
from radassist.domain.report import StudyContext, empty_report
from radassist.domain.study import Instance
from radassist.errors import UsageFault

NOW = "2026-03-01T12:00:00Z"
CT = Instance(Path("ct.dcm"), "1.2.3.4.5", "1.2.840.10008.5.1.4.1.1.2", "1.2.3", "1.2.3.4", 1, 8, 8)
CINE = replace(
    CT, sop_instance_uid="1.2.3.9.1", series_instance_uid="1.2.3.9", number_of_frames=30,
    sop_class_uid="1.2.840.10008.5.1.4.1.1.3.1",
)  # fmt: skip
REPORT = empty_report(
    "r1", StudyContext("1.2.3", "P1", "Doe, Jane", "F", "040Y", "20260301", "CT", "A1")
)


def written(folder: Path, *keys: object) -> Path:
    path = folder / "key-images.ko.dcm"
    write_ko(REPORT, keys, (CT, CINE), path, now=NOW, description="Lesion 1")  # type: ignore[arg-type]
    return path


def test_dciodvfy_finds_no_error(tmp_path: Path) -> None:
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed (Debian: dicom3tools)")
    path = written(tmp_path, CT.ref(), CINE.ref(4))
    done = subprocess.run(["dciodvfy", path], capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
    assert "KeyObjectSelectionDocument" in said


def test_what_was_marked_is_read_back(archive: DicomArchive, tmp_path: Path) -> None:
    path = written(tmp_path, CINE.ref(4), CT.ref(), CINE.ref(9))
    image = data_file("RG1_UNCR.dcm")  # a key object alone is nothing that could be opened
    result = archive.open([image, path], lambda _f, _t: None, Never())
    (companion,) = result.companions
    found = archive.read_content(companion)
    assert isinstance(found, KeyObjects)
    assert {(i.sop_instance_uid, i.frames) for i in found.images} == {
        (CINE.sop_instance_uid, (4, 9)),
        (CT.sop_instance_uid, ()),
    }
    assert found.title == "Of Interest"
    assert "Lesion 1" in found.reason


def test_every_referenced_image_is_evidence(tmp_path: Path) -> None:
    found = pydicom.dcmread(written(tmp_path, CT.ref(), CINE.ref(4)))
    named = {
        i.ReferencedSOPInstanceUID
        for study in found.CurrentRequestedProcedureEvidenceSequence
        for s in study.ReferencedSeriesSequence
        for i in s.ReferencedSOPSequence
    }
    used = {i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
            for i in found.ContentSequence if i.ValueType == "IMAGE"}  # fmt: skip
    assert named == used == {CT.sop_instance_uid, CINE.sop_instance_uid}


def test_a_plain_picture_cannot_be_a_key_object(tmp_path: Path) -> None:
    picture = replace(CT, sop_class_uid="", sop_instance_uid="2.25.1")
    with pytest.raises(UsageFault, match="referred to"):
        write_ko(REPORT, [picture.ref()], [picture], tmp_path / "x.dcm", now=NOW)

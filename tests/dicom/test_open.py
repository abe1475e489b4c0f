"""Opening: grouping, splitting and sorting by geometry, and what is refused."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import OpenResult
from radassist.errors import Cancelled, InputFault
from radassist.ports import NothingOpened

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


def only(result: OpenResult):  # type: ignore[no-untyped-def]
    (found,) = result.series()
    return found[1]


# --- real series -------------------------------------------------------------------------------


def test_the_chest_ct_is_one_even_axial_stack(open_paths: Opener, dicom_data: Path) -> None:
    series = only(open_paths(dicom_data / "A_series/chest_ct_lungdx_30x8mm"))
    assert (series.modality, series.body_part) == ("CT", "CHEST")
    assert len(series.frames) == 30
    assert series.spacing == pytest.approx((8.0, 0.646484375, 0.646484375))
    assert series.orientation == ("R", "L", "A", "P")
    assert series.plane == "axial"
    heights = [f.image_position[2] for f in series.frames]
    assert heights == sorted(heights)
    assert series.warnings == ()


def test_positions_letters_come_from_the_orientation(open_paths: Opener, dicom_data: Path) -> None:
    """Head first supine and head first decubitus left: sagittal in the patient both times."""
    for _, series in open_paths(dicom_data / "A_series/brain_mr_positions").series():
        assert series.plane == "sagittal"
        assert series.orientation == ("A", "P", "H", "F")
        assert series.body_part == "BRAIN"


def test_prior_and_current_are_two_studies_of_one_patient(
    open_paths: Opener, dicom_data: Path
) -> None:
    result = open_paths(dicom_data / "A_series/prior_current_A098752")
    assert [len(s.series) for s in result.studies] == [3, 3]
    assert len({s.patient_id for s in result.studies}) == 1
    assert len({s.study_instance_uid for s in result.studies}) == 2
    planes = [[s.plane for s in study.series] for study in result.studies]
    assert all(sorted(p) == ["axial", "coronal", "sagittal"] for p in planes)


def test_localizers_are_marked(open_paths: Opener, dicom_data: Path) -> None:
    result = open_paths(dicom_data / "A_series/head_ct_phantom_study")
    assert all(series.is_localizer for _, series in result.series())
    missing = [r for r in result.rejected if r.reason.startswith("Missing")]
    assert missing, "the directory records of this study name files that were not copied"


@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("notavolume", "All 4 images lie at the same place: not a volume."),
        ("slicecount", "Only 2 images"),
        ("sliceincrement", "Missing slice: 1 slice is missing (after image 3)."),
        ("sliceincrement", "Uneven gaps: the distance between images varies from 5.00 to 10.00 mm"),
    ],
)
def test_odd_geometry_is_announced(
    open_paths: Opener, dicom_data: Path, folder: str, words: str
) -> None:
    series = only(open_paths(dicom_data / "C_conformance/geometry" / folder))
    assert any(words in warning for warning in series.warnings), series.warnings


def test_mixed_orientations_are_split(open_paths: Opener, dicom_data: Path) -> None:
    result = open_paths(dicom_data / "C_conformance/geometry/sliceorientation")
    parts = [series for _, series in result.series()]
    assert [(s.part, s.plane, len(s.frames)) for s in parts] == [
        (1, "sagittal", 2),
        (2, "axial", 2),
    ]
    assert all("orientation" in s.split_reason for s in parts)


# --- made series -------------------------------------------------------------------------------


def test_sorted_by_position_whatever_the_instance_numbers_say(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    heights = [12.0, 0.0, 6.0, 9.0, 3.0]
    for number, z in enumerate(heights, start=1):
        write_ct(tmp_path / f"{number}", number, ImagePositionPatient=[0, 0, z])
    series = only(open_paths(tmp_path))
    assert [f.image_position[2] for f in series.frames] == sorted(heights)
    assert series.spacing == pytest.approx((3.0, 0.5, 0.7))


def test_without_positions_instance_numbers_sort_and_it_is_said(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    for number in (3, 1, 2):
        write_ct(tmp_path / f"z{4 - number}", number, ImagePositionPatient=None)
    series = only(open_paths(tmp_path))
    assert [f.instance.instance_number for f in series.frames] == [1, 2, 3]
    assert any("sorted by InstanceNumber, not by geometry" in w for w in series.warnings)
    assert series.spacing is None


def test_phases_that_repeat_positions_are_separated(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    order = [(phase, z) for phase in (1, 2, 3) for z in range(4)]
    random.Random(7).shuffle(order)  # noqa: S311  the same disorder each time
    for number, (phase, z) in enumerate(order, start=1):
        write_ct(tmp_path / f"{number}", number, ImagePositionPatient=[0, 0, 2.0 * z],
                 TemporalPositionIdentifier=phase)  # fmt: skip
    parts = [series for _, series in open_paths(tmp_path).series()]
    assert [len(s.frames) for s in parts] == [4, 4, 4]
    assert {s.part for s in parts} == {1, 2, 3}
    assert all("TemporalPositionIdentifier" in s.split_reason for s in parts)
    assert all(s.spacing == pytest.approx((2.0, 0.5, 0.7)) for s in parts)


def test_gantry_tilt_is_announced_with_its_angle(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    tilted = [1, 0, 0, 0, 0.9396926, 0.3420201]  # 20 degrees about the left-right axis
    for number in range(1, 6):
        write_ct(tmp_path / f"{number}", number, ImageOrientationPatient=tilted,
                 ImagePositionPatient=[0, 0, 5.0 * number])  # fmt: skip
    series = only(open_paths(tmp_path))
    assert any(w.startswith("Tilt: ") and "20.0 degrees" in w for w in series.warnings)


def test_a_localizer_inside_a_series_is_split_off(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "scout", 1, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"],
             ImageOrientationPatient=[1, 0, 0, 0, 0, -1])  # fmt: skip
    for number in (2, 3, 4):
        write_ct(tmp_path / f"{number}", number)
    parts = [series for _, series in open_paths(tmp_path).series()]
    assert [(s.is_localizer, len(s.frames)) for s in parts] == [(False, 3), (True, 1)]
    assert all("localizer" in s.split_reason for s in parts)


def test_two_patients_under_one_study_uid_are_kept_apart(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "a", 1)
    write_ct(tmp_path / "b", 2, PatientID="P2", PatientName="Other^Person")
    result = open_paths(tmp_path)
    assert [s.patient_id for s in result.studies] == ["P1", "P2"]
    assert any("several patients" in note for note in result.notes)


def test_a_duplicate_is_listed_and_another_image_under_its_uid_is_shown(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "a", 1)
    write_ct(tmp_path / "b", 1)
    write_ct(tmp_path / "c", 1, InstanceNumber=9, ImagePositionPatient=[0, 0, 50])
    result = open_paths(tmp_path)
    series = only(result)
    assert len({f.instance.sop_instance_uid for f in series.frames}) == 2
    assert any("share one SOPInstanceUID" in w for w in series.warnings)
    (duplicate,) = result.rejected
    assert duplicate.path.name == "b"
    assert "a, which is shown" in duplicate.reason


@pytest.mark.parametrize("spacing", [[0, 0], [-1, -1], [0.5, 0], None])
def test_unusable_spacing_is_no_spacing(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path, spacing: list[float] | None
) -> None:
    series = only(open_paths(write_ct(tmp_path / "a", 1, PixelSpacing=spacing)))
    assert series.pixel_spacing is None
    assert any("No pixel spacing" in w for w in series.warnings)


def test_header_text_is_made_safe_to_show(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    nasty = "a\u202eb\u0007c\nd " + "x" * 5000
    markup = "<script>alert(1)</script>"
    path = write_ct(
        tmp_path / "a",
        1,
        SpecificCharacterSet="ISO_IR 192",
        StudyDescription=nasty[:60],
        SeriesDescription=markup,
    )
    result = open_paths(path)
    said = result.studies[0].study_description
    assert said.startswith("a b c d x")
    assert all(c.isprintable() for c in said)
    assert only(result).description == markup  # text, never rendered


# --- what is refused ---------------------------------------------------------------------------


def refused(open_paths: Opener, path: Path) -> str:
    with pytest.raises(InputFault) as caught:
        open_paths(path)
    assert str(caught.value).count("Traceback") == 0
    return caught.value.what


def test_missing_and_empty_and_nothing(open_paths: Opener, tmp_path: Path) -> None:
    assert refused(open_paths, tmp_path / "nowhere").endswith("does not exist.")
    assert refused(open_paths, tmp_path).endswith("is empty.")
    with pytest.raises(InputFault):
        open_paths()


def test_broken_files_are_named_with_their_reason(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    write_ct(tmp_path / "good", 1)
    (tmp_path / "empty.dcm").touch()
    (tmp_path / "text.dcm").write_text("Dear colleague,\n" * 20)
    whole = write_ct(tmp_path / "cut.dcm", 2).read_bytes()
    (tmp_path / "cut.dcm").write_bytes(whole[:-20])
    write_ct(tmp_path / "norows.dcm", 3, Rows=None)
    write_ct(tmp_path / "notes.txt", 4).write_text("only text")
    result = open_paths(tmp_path)
    reasons = {r.path.name: (r.severity, r.reason) for r in result.rejected}
    assert set(reasons) == {"empty.dcm", "text.dcm", "cut.dcm", "norows.dcm", "notes.txt"}
    assert "empty" in reasons["empty.dcm"][1]
    assert reasons["text.dcm"] == ("error", "Not a DICOM file: it holds text.")
    assert "cut off" in reasons["cut.dcm"][1]
    assert "Rows" in reasons["norows.dcm"][1]
    assert reasons["notes.txt"][0] == "note"
    assert len(only(result).frames) == 1


def test_a_three_gigabyte_claim_is_refused_before_anything_is_allocated(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    path = write_ct(tmp_path / "huge.dcm", 1, Rows=40000, Columns=37500, PixelData=b"\0" * 100)
    data = path.read_bytes()
    at = data.rindex(struct.pack("<L", 100))
    path.write_bytes(data[:at] + struct.pack("<L", 3_000_000_000) + data[at + 4 :])
    assert "3.0 GB" in refused(open_paths, path)


def test_nothing_opened_lists_the_files(open_paths: Opener, dicom_data: Path) -> None:
    with pytest.raises(NothingOpened) as caught:
        open_paths(dicom_data / "C_conformance/docs/waveform_ecg.dcm")
    (rejected,) = caught.value.result.rejected
    assert (rejected.severity, rejected.reason) == ("note", "Not an image: a waveform.")


def test_a_report_without_images_is_named_and_kept(open_paths: Opener, dicom_data: Path) -> None:
    with pytest.raises(NothingOpened, match=r"no image .* \(SR\)") as caught:
        open_paths(dicom_data / "C_conformance/sr/sr_document.dcm")
    (companion,) = caught.value.result.companions
    assert companion.title == "Imaging Measurement Report"


def test_links_and_pipes_are_not_followed(
    open_paths: Opener, write_ct: CtWriter, tmp_path: Path
) -> None:
    import os

    write_ct(tmp_path / "in/good", 1)
    (tmp_path / "in/loop").symlink_to(tmp_path / "in", target_is_directory=True)
    os.mkfifo(tmp_path / "in/pipe")
    (tmp_path / "in/broken").symlink_to(tmp_path / "gone")
    result = open_paths(tmp_path / "in")
    assert len(only(result).frames) == 1
    assert {r.path.name for r in result.rejected} == {"loop", "pipe", "broken"}


def test_opening_can_be_cancelled(
    archive: DicomArchive, write_ct: CtWriter, tmp_path: Path
) -> None:
    for number in range(1, 120):
        write_ct(tmp_path / f"{number}", number)

    class AfterSome:
        asked = 0

        def cancelled(self) -> bool:
            self.asked += 1
            return self.asked > 3

    with pytest.raises(Cancelled):
        archive.open([tmp_path], lambda fraction, text: None, AfterSome())


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("chrArab.dcm", "قباني, لنزار"),
        ("chrFren.dcm", "Buc, Jérôme"),
        ("chrGerm.dcm", "Äneas, Rüdiger"),
        ("chrGreek.dcm", "Διονυσιος"),
        ("chrHbrw.dcm", "שרון, דבורה"),
        ("chrRuss.dcm", "Люкceмбypг"),
        ("chrH31.dcm", "Yamada, Tarou"),
        ("chrX1.dcm", "Wang, XiaoDong"),
        ("chrI2.dcm", "Hong, Gildong"),
    ],
)
def test_names_are_decoded_by_their_character_set(
    open_paths: Opener, dicom_data: Path, file: str, name: str
) -> None:
    result = open_paths(dicom_data / "C_conformance/charset" / file)
    assert result.studies[0].patient_name == name

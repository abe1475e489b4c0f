"""The lines of ``radassist info``: keys, values and where unreadable files are told."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from radassist.domain.companions import Companion, CompanionKind
from radassist.domain.study import Frame, Instance, OpenResult, RejectedFile, Series, Study
from radassist.workflow.describe import describe

IMAGE = Instance(Path("/media/study/1"), "1.1", "1.2", "1.3", "1.4", 1, 512, 400)
SERIES = Series(
    "1.4", (Frame(IMAGE),), "CT", "CHEST", rows=512, columns=400, pixel_spacing=(0.70000001, 0.7),
    spacing_source="PixelSpacing", orientation=("R", "L", "A", "P"), plane="axial",
    warnings=("Tilt: the images are stacked at 20.0 degrees to their normal (gantry tilt).",),
)  # fmt: skip
STUDY = Study("1.3", (SERIES,), "20200102", patient_name="Secret, Name", patient_id="SECRET-ID")
NEAR = RejectedFile(Path("/media/study/2"), "The file is empty.")
NOTE = RejectedFile(Path("/media/study/notes.txt"), "Not a DICOM file: it holds text.", "note")
FAR = RejectedFile(Path("/media/other/3"), "The file is empty.")


def lines(result: OpenResult) -> list[dict[str, object]]:
    return [json.loads(json.dumps(line)) for line in describe(result)]


def test_a_series_line_has_what_the_command_promises() -> None:
    (line,) = lines(OpenResult((STUDY,)))
    assert line["uid"] == "1.4"
    assert (line["modality"], line["body_part"], line["view"]) == ("CT", "CHEST", "")
    assert (line["rows"], line["columns"], line["slices"]) == (512, 400, 1)
    assert line["spacing"] == [0.7, 0.7]
    assert line["orientation"] == ["R", "L", "A", "P"]
    assert line["warnings"] == list(SERIES.warnings)
    assert line["study"] == "1.3"
    assert line["instances"] == ["1.1"]


def test_a_stack_gives_all_three_spacings() -> None:
    stacked = replace(SERIES, spacing=(6.499999911, 0.7, 0.7))
    (line,) = lines(OpenResult((replace(STUDY, series=(stacked,)),)))
    assert line["spacing"] == [6.5, 0.7, 0.7]
    assert line["slice_spacing"] == 6.5


def test_what_lies_beside_the_images_is_listed_without_its_title() -> None:
    report = Companion(
        Path("/media/study/sr"), CompanionKind.REPORT, "1.5", "1.6", "1.3", "1.7",
        patient_name="Secret, Name", title="Report on Secret",
    )  # fmt: skip
    last = lines(OpenResult((STUDY,), companions=(report,)))[-1]
    assert last["companions"] == [{"path": "/media/study/sr", "kind": "SR"}]
    assert "Secret" not in json.dumps(last)


def test_unknown_spacing_is_null() -> None:
    bare = replace(SERIES, pixel_spacing=None, spacing_source="")
    (line,) = lines(OpenResult((replace(STUDY, series=(bare,)),)))
    assert line["spacing"] is None


def test_unreadable_files_are_told_beside_their_series_and_at_the_end() -> None:
    series, rest = lines(OpenResult((STUDY,), (NEAR, NOTE, FAR)))
    assert [u["path"] for u in series["unreadable"]] == ["/media/study/2"]  # type: ignore[attr-defined]
    assert "1 unreadable file" in series["warnings"][-1]  # type: ignore[index]
    assert rest["unreadable"] == [
        {"path": str(r.path), "reason": r.reason, "severity": r.severity} for r in (NEAR, NOTE, FAR)
    ]


def test_a_part_says_why_it_was_split() -> None:
    part = replace(SERIES, part=2, split_reason="images of different size are kept apart")
    (line,) = lines(OpenResult((replace(STUDY, series=(part,)),)))
    assert "Part 2 of a split series: images of different size are kept apart." in line["warnings"]  # type: ignore[operator]


def test_no_patient_attribute_is_told() -> None:
    told = json.dumps(lines(OpenResult((STUDY,), (NEAR,))))
    assert "Secret" not in told
    assert "SECRET" not in told


def test_nothing_opened_still_lists_the_files() -> None:
    (line,) = lines(OpenResult((), (NEAR,)))
    assert line["unreadable"][0]["reason"] == "The file is empty."  # type: ignore[index]

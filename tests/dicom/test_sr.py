"""The structured report: valid by two independent validators, and read back."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset

from radassist.dicom.sr import write_sr
from radassist.domain.findings import Caliper, Evidence, EvidenceKind, Measurement
from radassist.domain.report import (
    SECTIONS,
    Addendum,
    Provenance,
    Report,
    ReportState,
    Section,
    Signature,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.domain.study import Instance

NOW = "2026-01-02T03:04:05.678Z"
IMAGE = Instance(Path("x"), "1.2.3.4", "1.2.840.10008.5.1.4.1.1.1", "1.2.3", "1.2.3.1", 1, 10, 10)
FRAME = Instance(
    Path("y"), "1.2.3.5", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.3", "1.2.3.2", 1, 10, 10, 5
)
PICTURE = Instance(Path("z"), "2.25.1", "picture", "2.25.2", "2.25.3", 1, 10, 10)
RATIO = Measurement(
    "m1", "cardiothoracic ratio", 0.5432, "1", 0.02, IMAGE.ref(),
    (Caliper("heart", 1, 2, 30, 2), Caliper("thorax", 0, 5, 50, 5)),
)  # fmt: skip


def statement(number: int, text: str, **changes: object) -> Statement:
    made = Statement(f"s{number}", text, Provenance("radiologist", "typed"))
    return replace(made, **changes)  # type: ignore[arg-type]


def a_report() -> Report:
    context = StudyContext(
        "1.2.3", "PID-1", "Müller, Jörg", "F", "040Y", "20200102", "Thorax", "A1"
    )
    report = empty_report("report-1", context)
    measured = statement(
        1, "The heart is enlarged: ratio 0.54.\nGröße – beidseits.",
        provenance=Provenance("vision:cxr-anatomy@1.0.0"),
        evidence=(Evidence(EvidenceKind.MEASUREMENT, "m1", image=IMAGE.ref(), measurement=RATIO),),
    )  # fmt: skip
    nodule = Evidence(EvidenceKind.FINDING, "f", image=FRAME.ref(3))
    seen = statement(2, "A nodule.", state=StatementState.ACCEPTED, evidence=(nodule,))
    rejected = statement(3, "Nobody wants this.", state=StatementState.REJECTED)
    findings = Section("Findings", (measured, seen, rejected))
    report = report.with_section(findings)
    for name in SECTIONS:
        if name != "Findings":
            report = report.with_section(Section(name, (statement(9, f"About the {name}."),)))
    return report


def signed(report: Report, state: ReportState) -> Report:
    return replace(report, state=state, signatures=(Signature(state, "Roentgen", NOW),))


STATES = {
    "draft": a_report(),
    "preliminary": signed(a_report(), ReportState.PRELIMINARY),
    "final": signed(a_report(), ReportState.FINAL),
    "addendum": replace(
        signed(a_report(), ReportState.FINAL),
        addenda=(Addendum("Seen again.\nNo change.", "Dr, W. C.", "2026-02-01T00:00:00Z"),),
    ),
    "empty": empty_report("report-2", StudyContext()),
}


def written(report: Report, folder: Path, *instances: Instance) -> Path:
    path = folder / "report.sr.dcm"
    write_sr(report, instances or (IMAGE, FRAME, PICTURE), path, now=NOW)
    return path


def ran(tool: str, path: Path) -> str:
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} is not installed (Debian: dicom3tools has dciodvfy, dcmtk dsrdump)")
    done = subprocess.run([tool, path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("state", STATES)
def test_dciodvfy_finds_no_error(state: str, tmp_path: Path) -> None:
    said = ran("dciodvfy", written(STATES[state], tmp_path))
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
    assert "EnhancedSR" in said


@pytest.mark.parametrize("state", STATES)
def test_dsrdump_reads_it(state: str, tmp_path: Path) -> None:
    said = ran("dsrdump", written(STATES[state], tmp_path))
    assert [line for line in said.splitlines() if line.startswith("E:")] == []
    if state != "empty":
        assert "Diagnostic Imaging Report" in said
        assert "Müller" in said


@pytest.mark.parametrize(
    ("state", "completion", "preliminary", "verification"),
    [
        ("draft", "PARTIAL", "PRELIMINARY", "UNVERIFIED"),
        ("preliminary", "COMPLETE", "PRELIMINARY", "UNVERIFIED"),
        ("final", "COMPLETE", "FINAL", "VERIFIED"),
        ("addendum", "COMPLETE", "FINAL", "VERIFIED"),
    ],
)
def test_flags_follow_the_state(
    state: str, completion: str, preliminary: str, verification: str, tmp_path: Path
) -> None:
    found = pydicom.dcmread(written(STATES[state], tmp_path))
    assert found.CompletionFlag == completion
    assert found.PreliminaryFlag == preliminary
    assert found.VerificationFlag == verification
    if verification == "VERIFIED":
        (observer,) = found.VerifyingObserverSequence
        assert observer.VerifyingObserverName == "Roentgen^"
        assert observer.VerificationDateTime == "20260102030405"
    else:
        assert "VerifyingObserverSequence" not in found


def texts(item: Dataset) -> list[str]:
    own = [item.TextValue] if item.get("ValueType") == "TEXT" else []
    return own + [t for child in item.get("ContentSequence", []) for t in texts(child)]


def items(item: Dataset, value_type: str) -> list[Dataset]:
    own = [item] if item.get("ValueType") == value_type else []
    return own + [i for c in item.get("ContentSequence", []) for i in items(c, value_type)]


def test_read_back(tmp_path: Path) -> None:
    found = pydicom.dcmread(written(STATES["draft"], tmp_path))
    assert str(found.PatientName) == "Müller^Jörg"
    assert (found.PatientID, found.AccessionNumber) == ("PID-1", "A1")
    headings = [
        i.ConceptNameCodeSequence[0].CodeMeaning
        for i in found.ContentSequence
        if i.ValueType == "CONTAINER"
    ]
    assert headings == ["Current Procedure Descriptions", "Indications for Procedure", "Technique",
                        "Prior Procedure Descriptions", "Findings", "Impressions"]  # fmt: skip
    said = texts(found)
    assert "The heart is enlarged: ratio 0.54.\r\nGröße – beidseits." in said
    assert "A nodule." in said
    assert not any("Nobody" in t for t in said)
    proposed = "Proposed by vision:cxr-anatomy@1.0.0; not reviewed by a radiologist."
    assert said.count(proposed) == 1


def test_the_measurement_has_unit_lines_and_image(tmp_path: Path) -> None:
    (number,) = items(pydicom.dcmread(written(STATES["final"], tmp_path)), "NUM")
    value = number.MeasuredValueSequence[0]
    assert float(value.NumericValue) == 0.5432
    assert value.MeasurementUnitsCodeSequence[0].CodeValue == "1"
    assert value.MeasurementUnitsCodeSequence[0].CodingSchemeDesignator == "UCUM"
    heart, thorax = items(number, "SCOORD")
    assert list(heart.GraphicData) == [1.5, 2.5, 30.5, 2.5]  # from the corner of the first pixel
    assert list(thorax.GraphicData) == [0.5, 5.5, 50.5, 5.5]
    (image,) = items(heart, "IMAGE")
    assert image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == IMAGE.sop_instance_uid


def test_evidence_lists_images_and_leaves_pictures_out(tmp_path: Path) -> None:
    found = pydicom.dcmread(written(STATES["draft"], tmp_path))
    (study,) = found.CurrentRequestedProcedureEvidenceSequence
    uids = {
        item.ReferencedSOPInstanceUID
        for series in study.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert uids == {IMAGE.sop_instance_uid, FRAME.sop_instance_uid}
    references = [image.ReferencedSOPSequence[0] for image in items(found, "IMAGE")]
    numbers = {r.ReferencedSOPInstanceUID: r.get("ReferencedFrameNumber") for r in references}
    assert numbers[FRAME.sop_instance_uid] == 4
    assert numbers[IMAGE.sop_instance_uid] is None


def test_images_that_are_not_evidence_are_not_referenced(tmp_path: Path) -> None:
    found = pydicom.dcmread(written(STATES["final"], tmp_path, PICTURE))
    assert "CurrentRequestedProcedureEvidenceSequence" not in found
    assert items(found, "IMAGE") == items(found, "SCOORD") == []
    assert len(items(found, "NUM")) == 1


def test_hostile_header_text_does_not_break_the_file(tmp_path: Path) -> None:
    context = StudyContext("not a uid", "a\\b\\c" * 50, "A^B=C\\D, E\x00F", "weird",
                           study_date="yesterday", study_description="\u202e\\" * 200,
                           accession_number="x" * 200)  # fmt: skip
    report = replace(a_report(), study=context)
    path = written(report, tmp_path)
    said = ran("dciodvfy", path)
    assert [line for line in said.splitlines() if line.startswith("Error")] == []
    assert pydicom.dcmread(path).PatientSex == ""


def test_the_same_report_at_the_same_time_is_the_same_file(tmp_path: Path) -> None:
    one = written(STATES["final"], tmp_path).read_bytes()
    assert written(STATES["final"], tmp_path).read_bytes() == one

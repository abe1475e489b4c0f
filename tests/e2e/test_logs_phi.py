"""After whole jobs on a study full of marked header values, none of them is in a log."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom
import pytest
from command_line import CommandLine

#: Every text of the header that a person or an examination could be known by.
MARKED = {
    "PatientName": "Xylophonsky^Ottokar",
    "PatientID": "ZQ-778899",
    "PatientBirthDate": "19370217",
    "OtherPatientIDs": "OLDZQ-5544",
    "AccessionNumber": "ACCZQ4711",
    "StudyID": "STZQ42",
    "StudyDate": "20190823",
    "StudyTime": "134759",
    "StudyDescription": "Thorax Quarzlunge",
    "SeriesDescription": "Aufnahme Quittenholz",
    "ReferringPhysicianName": "Quendelbart^Isolde",
    "PerformingPhysicianName": "Zwetschgenmann^Udo",
    "OperatorsName": "Yperngold^Quirin",
    "InstitutionName": "Klinik Quellbrunn",
    "InstitutionAddress": "Quellweg 77",
    "StationName": "QSTATION9",
    "PatientComments": "kennt Zauberquarz",
    "AdditionalPatientHistory": "Quarzstaub seit 1988",
    "RequestingPhysician": "Quastenflosser^Ida",
    "ProtocolName": "QPROTO-THX",
}


@pytest.fixture
def marked(tmp_path: Path, chest: Path) -> Path:
    folder = tmp_path / "Xylophonsky Ottokar"
    folder.mkdir()
    data = pydicom.dcmread(chest)
    for keyword, value in MARKED.items():
        setattr(data, keyword, value)
    path = folder / "Xylophonsky_19370217.dcm"
    data.save_as(path)
    (folder / "Xylophonsky-note.dcm").write_text("Xylophonsky ist krank")
    return path


def pieces(path: Path) -> set[str]:
    """Every value of the header, whole and in words, that is long enough to be told apart."""
    found: set[str] = set()
    for element in pydicom.dcmread(path, stop_before_pixels=True).iterall():
        if element.VR in ("OB", "OW", "SQ", "UN", "US", "SS", "UL", "FL", "FD", "DS", "IS", "CS"):
            continue
        text = str(element.value)
        found |= {text, *text.replace("^", " ").replace("[", " ").replace("'", " ").split()}
    found |= {"Xylophonsky", "Ottokar"}
    return {piece for piece in found if len(piece) >= 5}


def jobs(marked: Path, out: Path) -> list[list[object]]:
    """The demo, and every kind of command on the marked study, some of which fail."""
    report = out / "report.json"
    user = ["--user", "Quirinus Signator"]
    return [
        ["info", marked.parent],
        ["draft", marked, "--out", out, "--no-language", *user],
        ["chat", report, "add to findings: Xylophonsky has a mass.", "--accept", "--no-language"],
        ["sign", report, *user],
        ["addend", report, "Seen by Quendelbart.", *user],
        ["export", report, "--out", out / "again", "--study", marked],
        ["draft", marked.parent / "missing Xylophonsky", "--out", out],
        ["demo", "--no-language", "--out", out / "demo"],
    ]


def test_no_header_value_reaches_the_log(
    radassist: CommandLine, radassist_home: Path, marked: Path, tmp_path: Path
) -> None:
    command = CommandLine({**radassist.env, "RADASSIST_LOG": "file"})
    words = jobs(marked, tmp_path / "out")
    codes = [command(*line).code for line in words]
    assert codes[1] in (0, 1)
    assert codes[-2] == 2
    events = logged("".join(p.read_text("ascii") for p in (radassist_home / "logs").iterdir()))
    assert [e["event"] for e in events].count("command.end") == len(words)
    assert {"task.fault", "record"} <= {e["event"] for e in events}
    assert_free_of(events, marked)


def test_standard_error_holds_the_same_events(radassist: CommandLine, marked: Path) -> None:
    command = CommandLine({**radassist.env, "RADASSIST_LOG": "stderr"})
    events = logged(command("see", marked.parent).err)
    assert [e["event"] for e in events if e["event"].startswith("command")] == [
        "command.start",
        "command.end",
    ]
    assert_free_of(events, marked)


def logged(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines() if line[:1] == "{"]


def assert_free_of(events: list[dict[str, str]], marked: Path) -> None:
    wanted = pieces(marked) | {"Quirinus", "Signator", *map(str, MARKED.values())}
    assert len(wanted) > 40
    values = "\n".join(str(value) for event in events for value in event.values()).lower()
    assert sorted(w for w in wanted if w.lower() in values) == []

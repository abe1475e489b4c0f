"""The whole job through the installed command: draft, see, info, chat, check, sign, audit."""

from __future__ import annotations

import json
import re
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pydicom
import pypdf
import pytest
from command_line import CommandLine, Ran, statements
from PIL import Image

from radassist.library import resources_dir

CDE_SCHEMA = json.loads(
    (resources_dir() / "schemas" / "cde.schema.json").read_text(encoding="utf-8")
)
SECTIONS = ["Examination", "Indication", "Technique", "Comparison", "Findings", "Impression"]
COMMANDS = [
    "open",
    "draft",
    "see",
    "chat",
    "import",
    "info",
    "check",
    "sign",
    "export",
    "models",
    "audit",
    "doctor",
    "demo",
]


def valid(path: Path) -> dict[str, Any]:
    """The report of a file, held to its schema."""
    schema = json.loads(
        (resources_dir() / "schemas" / "report.schema.json").read_text(encoding="utf-8")
    )
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)
    return data


def texts(report: dict[str, Any]) -> dict[str, str]:
    return {s["id"]: s["text"] for s in statements(report)}


# --- draft ------------------------------------------------------------------------------------


def test_a_draft_is_a_report_of_the_schema(report_path: Path) -> None:
    report = valid(report_path)
    assert [s["name"] for s in report["sections"]] == SECTIONS
    assert report["state"] == "draft"
    assert report["history"]
    assert report["study"]["modality"] in ("CR", "DX", "RG")


def test_every_drafted_statement_says_where_it_comes_from(report: dict[str, Any]) -> None:
    drafted = statements(report)
    assert drafted
    for statement in drafted:
        assert statement["evidence"], statement["text"]
        assert statement["state"] == "proposed"
        assert statement["provenance"] != "radiologist"


def test_a_draft_measures_the_heart_or_says_why_not(report: dict[str, Any]) -> None:
    measured = [
        e["measurement"]
        for s in statements(report)
        for e in s["evidence"]
        if "measurement" in e and "cardiothoracic" in e["measurement"]["name"].lower()
    ]
    if measured:
        assert 0.2 < measured[0]["value"] < 0.9
        assert measured[0]["half_width_95"] > 0
        assert measured[0]["calipers"]
    else:
        assert any("cardiothoracic" in n.lower() or "cxr" in n.lower() for n in report["notices"])


def test_nothing_is_compared_without_a_prior(report: dict[str, Any]) -> None:
    words = r"\b(unchanged|increased|decreased|new|worse|improved|stable|previous|prior)\b"
    for section in report["sections"]:
        if section["name"] != "Comparison":
            for statement in section["statements"]:
                assert not re.search(words, statement["text"], re.IGNORECASE), statement["text"]


def test_a_draft_prints_what_it_writes(first_draft: tuple[Path, Ran]) -> None:
    place, ran = first_draft
    written = (place / "out" / "report.txt").read_text(encoding="utf-8")
    assert ran.out.strip() == written.strip()
    for section in SECTIONS:
        assert re.search(rf"^{section}", ran.out, re.IGNORECASE | re.MULTILINE), section


def test_the_renderings_hold_the_statements(drafted: Path, report: dict[str, Any]) -> None:
    pdf = " ".join(page.extract_text() for page in pypdf.PdfReader(drafted / "report.pdf").pages)
    sr = pydicom.dcmread(drafted / "report.sr.dcm")
    said = " ".join(str(e.value) for e in sr.iterall() if e.keyword == "TextValue")
    for statement in statements(report):
        words = statement["text"].split()[:4]
        assert all(word in pdf for word in words), statement["text"]
        assert statement["text"] in said
    assert sr.Modality == "SR"
    assert sr.VerificationFlag == "UNVERIFIED"


def test_a_key_image_is_a_picture_of_something(drafted: Path) -> None:
    pictures = sorted(drafted.rglob("*.png"))
    assert pictures
    for path in pictures:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("L"))
        assert pixels.shape[0] >= 256
        assert pixels.std() > 10


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("B_radiographs/dx_image.dcm", "animal (CANINE)"),
        ("B_radiographs/RG3_J2KR.dcm", "no vision pack for CR EXTREMITY"),
        ("A_series/head_ct_phantom_study", "Only localizer images"),
    ],
)
def test_what_nothing_is_known_of_is_drafted_without_claims(
    radassist: CommandLine, shared_data: Path, tmp_path: Path, name: str, said: str
) -> None:
    ran = radassist("draft", shared_data / "dicom" / name, "--out", tmp_path, "--no-language")
    assert ran.code == 0, ran.err
    report = valid(tmp_path / "report.json")
    assert report["template"].startswith("general@")
    assert any(said in notice for notice in report["notices"])
    written = {s["name"] for s in report["sections"] if s["statements"]}
    assert written == {"Examination", "Indication", "Technique", "Comparison"}


# --- see and info -----------------------------------------------------------------------------


def test_see_says_one_line_an_image(radassist: CommandLine, chest: Path) -> None:
    ran = radassist("see", chest, "--json")
    assert ran.code == 0, ran.err
    (line,) = ran.lines()
    assert line["path"] == str(chest)
    assert {"pack", "findings", "refusal"} <= set(line)
    assert bool(line["findings"]) != bool(line["refusal"])
    for finding in line["findings"]:
        assert {"name", "side", "evidence"} <= set(finding)
        assert "value" in finding or "probability" in finding
        low, high = finding["interval_95"]
        assert 0 <= low < finding["value"] < high
        assert finding["evidence"]["coordinates"].startswith("pixels of the stored image")


def test_every_line_of_see_has_the_same_keys(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    (tmp_path / "text.dcm").write_text("no image", encoding="utf-8")
    ran = radassist("see", chest, chest.parent / "693_J2KR.dcm", tmp_path / "text.dcm", "--json")
    assert ran.code == 1, ran.err
    lines = ran.lines()
    assert len(lines) == 3
    assert len({tuple(line) for line in lines}) == 1


def test_see_refuses_by_name(radassist: CommandLine, chest: Path) -> None:
    head = chest.parent / "693_J2KR.dcm"
    ran = radassist("see", head, chest, "--json")
    assert ran.code == 0, ran.err
    by_path = {line["path"]: line for line in ran.lines()}
    assert len(by_path) == 2
    assert "CT" in by_path[str(head)]["refusal"]
    assert not by_path[str(head)]["findings"]


def test_see_looks_at_each_file_that_was_named_even_at_a_second_copy(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(chest.read_bytes())
    ran = radassist("see", chest, copy, "--json")
    assert ran.code == 0, ran.err
    by_path = {line["path"]: line for line in ran.lines()}
    assert set(by_path) == {str(chest), str(copy)}
    first, second = ([f["value"] for f in line["findings"]] for line in by_path.values())
    assert first == second != []


def test_masks_of_two_folders_with_equal_names_are_both_kept(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    for number, folder in enumerate(("a", "b")):
        image = pydicom.dcmread(chest)
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}"
        (tmp_path / folder).mkdir()
        image.save_as(tmp_path / folder / "im1.dcm")
    ran = radassist("see", tmp_path / "a", tmp_path / "b", "--json", "--masks", tmp_path / "m")
    assert ran.code == 0, ran.err
    said = [f["evidence"]["mask"] for line in ran.lines() for f in line["findings"][:1]]
    assert len(set(said)) == 2
    assert sorted(said) == sorted(str(p) for p in (tmp_path / "m").iterdir())


def test_info_says_one_line_a_series(radassist: CommandLine, chest: Path) -> None:
    ran = radassist("info", chest, chest.parent / "693_J2KR.dcm", "--json")
    assert ran.code == 0, ran.err
    lines = [line for line in ran.lines() if line.get("uid")]
    assert {line["modality"] for line in lines} >= {"CT"}
    for line in lines:
        assert line["rows"] > 0
        assert line["columns"] > 0
        assert line["slices"] == 1
        assert {"body_part", "view", "spacing", "orientation", "warnings"} <= set(line)


def test_info_opens_folders_and_zips_alike(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "study" / "deep"
    folder.mkdir(parents=True)
    (folder / "IM1").write_bytes(chest.read_bytes())
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as packed:
        packed.write(folder / "IM1", "a/b/IM1")
    one = radassist("info", tmp_path / "study", "--json").lines()
    other = radassist("info", tmp_path / "study.zip", "--json").lines()
    assert [line["uid"] for line in one] == [line["uid"] for line in other]
    assert len(one) == 1


# --- chat -------------------------------------------------------------------------------------


def test_chat_proposes_and_leaves_the_file_alone(
    radassist: CommandLine, report_path: Path, report: dict[str, Any]
) -> None:
    before = report_path.read_bytes()
    victim = next(s for x in report["sections"] if x["name"] == "Findings" for s in x["statements"])
    told = radassist("chat", report_path, "delete sentence 1 of the findings", "--json")
    assert told.code == 0, told.err
    (turn,) = told.lines()
    assert {"instruction", "how", "operations", "after", "seconds"} <= set(turn)
    assert turn["how"] == "grammar"
    assert turn["seconds"] < 0.5
    after = {s["id"]: s["text"] for s in turn["after"]}
    assert after == {i: t for i, t in texts(report).items() if i != victim["id"]}
    assert report_path.read_bytes() == before


def test_chat_applies_when_told_and_keeps_the_rest_byte_identical(
    radassist: CommandLine, report_path: Path, report: dict[str, Any]
) -> None:
    words = "add to findings: There is a 7 mm calcified granuloma in the left upper lobe."
    ran = radassist("chat", report_path, words, "--accept", "--no-language", "--user", "Dr Roe")
    assert ran.code == 0, ran.err
    after = valid(report_path)
    (new,) = set(texts(after)) - set(texts(report))
    assert texts(after)[new] == "There is a 7 mm calcified granuloma in the left upper lobe."
    assert {i: t for i, t in texts(after).items() if i != new} == texts(report)
    assert after["history"][: len(report["history"])] == report["history"]
    assert after["history"][-1]["actor"] == "Dr Roe"
    assert radassist("audit", "verify").code == 0


def test_a_batch_takes_each_line_to_the_report_as_given(
    radassist: CommandLine, report_path: Path, tmp_path: Path, report: dict[str, Any]
) -> None:
    batch = tmp_path / "batch.txt"
    wishes = ["delete sentence 1 of the findings", "is there a rib fracture?", "undo everything"]
    batch.write_text("\n".join(wishes) + "\n", encoding="utf-8")
    ran = radassist("chat", report_path, "--batch", batch, "--no-language")
    assert ran.code == 0, ran.err
    turns = ran.lines()
    assert [turn["instruction"] for turn in turns] == wishes
    assert len(turns[0]["after"]) == len(statements(report)) - 1
    asked = turns[1]
    assert asked["answer"]
    assert asked["operations"] == []
    assert {s["id"]: s["text"] for s in asked["after"]} == texts(report)


# --- import and check -------------------------------------------------------------------------

PLAIN = """EXAMINATION: Chest radiograph, PA.
INDICATION: Cough.
COMPARISON: None.
FINDINGS: There is a small right pleural effusion. No pneumothorax. The heart is normal in size.
IMPRESSION: Small left pleural effusion.
"""


def test_import_keeps_every_sentence(radassist: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text(PLAIN, encoding="utf-8")
    ran = radassist("import", tmp_path / "in.txt", "--out", tmp_path / "report.json")
    assert ran.code == 0, ran.err
    report = valid(tmp_path / "report.json")
    found = {x["name"]: [s["text"] for s in x["statements"]] for x in report["sections"]}
    assert found["Findings"] == [
        "There is a small right pleural effusion.",
        "No pneumothorax.",
        "The heart is normal in size.",
    ]
    assert found["Impression"] == ["Small left pleural effusion."]
    assert {s["provenance"] for s in statements(report)} == {"import"}


def test_check_finds_the_wrong_side(radassist: CommandLine, tmp_path: Path) -> None:
    good = PLAIN.replace("Small left", "Small right")
    (tmp_path / "bad.txt").write_text(PLAIN, encoding="utf-8")
    (tmp_path / "good.txt").write_text(good, encoding="utf-8")
    ran = radassist("check", tmp_path / "bad.txt", tmp_path / "good.txt", "--json")
    assert ran.code == 1, ran.err
    bad, fine = ran.lines()
    assert bad["path"] == str(tmp_path / "bad.txt")
    worst = [p for p in bad["problems"] if p["severity"] == "error"]
    assert worst
    assert {"rule", "why"} <= set(worst[0])
    assert not [p for p in fine["problems"] if p["severity"] == "error"], fine["problems"]


# --- sign and audit ---------------------------------------------------------------------------


@pytest.fixture
def signable(radassist: CommandLine, tmp_path: Path) -> Path:
    """A report that no check objects to."""
    (tmp_path / "in.txt").write_text(PLAIN.replace("Small left", "Small right"), "utf-8")
    path = tmp_path / "report.json"
    assert radassist("import", tmp_path / "in.txt", "--out", path).code == 0
    return path


def test_signing_makes_a_final_report_that_only_takes_addenda(
    radassist: CommandLine, signable: Path
) -> None:
    signed = radassist("sign", signable, "--user", "Dr Roe")
    assert signed.code == 0, signed.err
    report = valid(signable)
    assert report["state"] == "final"
    assert [s["user"] for s in report["signatures"]] == ["Dr Roe"] * len(report["signatures"])
    frozen = signable.read_bytes()
    for refused in (
        radassist("chat", signable, "delete sentence 1", "--accept", "--no-language"),
        radassist("sign", signable, "--user", "Dr Poe"),
    ):
        assert refused.code == 2
        assert "final" in refused.sentence()
        assert signable.read_bytes() == frozen
    added = radassist("addend", signable, "Compared with 2019: no change.", "--user", "Dr Roe")
    assert added.code == 0, added.err
    assert valid(signable)["sections"] == report["sections"]
    assert radassist("audit", "verify").code == 0


def test_signing_needs_a_name(radassist: CommandLine, signable: Path) -> None:
    before = signable.read_bytes()
    assert radassist("sign", signable).code == 2
    empty = radassist("sign", signable, "--user", " ")
    assert empty.code == 2
    assert "name" in empty.sentence()
    assert signable.read_bytes() == before


def test_a_contradiction_is_not_signed_without_a_reason(
    radassist: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "in.txt").write_text(PLAIN, encoding="utf-8")
    path = tmp_path / "report.json"
    radassist("import", tmp_path / "in.txt", "--out", path)
    before = path.read_bytes()
    ran = radassist("sign", path, "--user", "Dr Roe")
    assert ran.code == 1
    assert "Not signed" in ran.err
    assert path.read_bytes() == before


def test_renderings_that_a_signature_left_behind_are_named(
    radassist: CommandLine, report_path: Path, report: dict[str, Any]
) -> None:
    assert report["state"] == "draft"
    signed = radassist("sign", report_path, "--user", "Dr Roe")
    assert signed.code == 0, signed.err
    assert "report.txt, report.pdf, report.sr.dcm, report.cde.json: still as before" in signed.err


def test_a_signed_report_is_exported_again_with_its_images(
    radassist: CommandLine,
    report_path: Path,
    report: dict[str, Any],
    chest: Path,
    tmp_path: Path,
) -> None:
    assert radassist("sign", report_path, "--user", "Dr Roe").code == 0
    out = tmp_path / "signed"
    ran = radassist("export", report_path, "--out", out, "--study", chest)
    assert ran.code == 0, ran.err
    assert valid(out / "report.json")["state"] == "final"
    assert (out / "report.txt").read_text(encoding="utf-8").startswith("FINAL")
    elements = json.loads((out / "report.cde.json").read_text(encoding="utf-8"))
    jsonschema.validate(elements, CDE_SCHEMA)
    assert elements["report"]["state"] == "final"
    assert {e["statement"] for e in elements["elements"]} <= {
        s["id"] for section in report["sections"] for s in section["statements"]
    }
    pdf = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    assert "Signed as final by Dr Roe" in pdf
    sr = pydicom.dcmread(out / "report.sr.dcm")
    assert (sr.CompletionFlag, sr.VerificationFlag) == ("COMPLETE", "VERIFIED")
    uid = str(pydicom.dcmread(chest, stop_before_pixels=True).SOPInstanceUID)
    assert uid in {str(e.value) for e in sr.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
    pictures = sorted(p.name for p in report_path.parent.glob("key-image-*.png"))
    assert pictures and sorted(p.name for p in out.glob("*.png")) == pictures
    assert "report.export" in radassist("audit", "show").out


def test_an_export_with_the_images_of_another_study_is_refused(
    radassist: CommandLine, signable: Path, chest: Path, tmp_path: Path
) -> None:
    ran = radassist("export", signable, "--out", tmp_path / "out", "--study", chest)
    assert ran.code == 2
    assert "study" in ran.sentence()


def test_only_a_problem_can_be_overridden(radassist: CommandLine, signable: Path) -> None:
    before = signable.read_bytes()
    ran = radassist("sign", signable, "--user", "Dr Roe", "--override", "side-conflct=seen")
    assert ran.code == 2
    assert "side-conflct" in ran.sentence()
    assert signable.read_bytes() == before


def test_every_act_is_in_the_audit(radassist: CommandLine, drafted: Path) -> None:
    report = drafted / "report.json"
    ran = radassist("chat", report, "add: No rib fracture.", "--accept", "--no-language")
    assert ran.code == 0, ran.err
    shown = radassist("audit", "show", "--json")
    assert shown.code == 0, shown.err
    actions = [event["action"] for event in shown.lines()]
    for action in ("study.open", "report.draft", "report.edit"):
        assert any(a.startswith(action) for a in actions), (action, actions)
    assert "offline" in json.dumps(shown.lines()[0]).lower() or "guard" in shown.out


def test_a_changed_audit_log_is_found(
    radassist: CommandLine, drafted: Path, radassist_home: Path, tmp_path: Path
) -> None:
    assert radassist("audit", "verify").code == 0
    copy = tmp_path / "copy.db"
    with (
        closing(sqlite3.connect(radassist_home / "radassist.db")) as source,
        closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
        target.execute("DROP TRIGGER audit_no_update")  # the hand that changes a log can do so
        change = "UPDATE audit SET detail = '{}' WHERE action = 'report.draft'"
        assert target.execute(change).rowcount == 1
        target.commit()
    ran = radassist("audit", "verify", "--file", copy)
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert radassist("audit", "verify").code == 0


# --- the other commands -----------------------------------------------------------------------


def test_help_names_every_command(radassist: CommandLine) -> None:
    ran = radassist("--help")
    assert ran.code == 0
    for command in COMMANDS:
        assert re.search(rf"^\s+{command}\b", ran.out, re.MULTILINE), command
        assert radassist(command, "--help").code == 0


def test_doctor_says_what_is_missing_and_how_to_mend_it(radassist: CommandLine) -> None:
    ran = radassist("doctor")
    assert ran.code in (0, 1), ran.err
    assert "language-default" in ran.out  # this home has no language pack
    assert "models fetch" in ran.out
    assert "cxr-anatomy" in ran.out


def test_models_lists_the_shipped_pack_and_verifies_it(radassist: CommandLine) -> None:
    listed = radassist("models", "list")
    assert listed.code == 0
    assert "cxr-anatomy" in listed.out
    verified = radassist("models", "verify")
    assert verified.code == 0, verified.err


def test_the_demo_ends_with_a_report_and_a_screenshot(
    radassist: CommandLine, tmp_path: Path
) -> None:
    ran = radassist("demo", "--out", tmp_path / "demo", "--no-language")
    assert ran.code in (0, 1), ran.err
    assert "Impression" in ran.out or "IMPRESSION" in ran.out
    valid(next((tmp_path / "demo").rglob("report.json")))
    shots = [p for p in (tmp_path / "demo").rglob("*.png") if "screenshot" in p.name]
    assert shots, sorted((tmp_path / "demo").rglob("*"))
    with Image.open(shots[0]) as image:
        assert image.width >= 800
        assert len(set(np.asarray(image.convert("L")).ravel().tolist())) > 40

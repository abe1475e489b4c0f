"""Text, PDF and key images of one report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from PIL import Image
from pypdf import PdfReader

from radassist.domain.findings import Caliper
from radassist.domain.operations import Insert, accept, apply, reject
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report
from radassist.errors import StorageFault
from radassist.render.images import outline, write_key_image, write_label_map
from radassist.render.pdf import write_pdf
from radassist.render.scripts import font_runs, visual
from radassist.render.text import report_text


def make_report() -> Report:
    study = StudyContext(patient_name="山田^太郎 <b>x</b>", patient_id="42", modality="CR")
    report = empty_report("r", study)
    for number, text in enumerate(["Lungs clear.", "Heart < 0.50 & normal.", "Wrong."], start=1):
        statement = Statement(f"s{number}", text, Provenance("template"))
        report = apply(report, Insert("Findings", 99, statement))
    return apply(apply(report, accept("s1")), reject("s3"))


def test_text_marks_what_nobody_looked_at_and_leaves_out_the_rejected() -> None:
    text = report_text(make_report())
    assert "  Lungs clear." in text
    assert "* Heart < 0.50 & normal." in text
    assert "Wrong." not in text
    assert "not a medical device" in text
    assert text.startswith("DRAFT | ")


def test_pdf_holds_the_text_of_every_live_statement(tmp_path: Path) -> None:
    key_image = tmp_path / "k.png"
    write_key_image(key_image, np.zeros((64, 64), np.uint8))
    write_pdf(make_report(), tmp_path / "r.pdf", [(key_image, "CTR <1>")])
    text = "\n".join(p.extract_text() for p in PdfReader(tmp_path / "r.pdf").pages)
    assert "Lungs clear." in text
    assert "Heart < 0.50 & normal." in text
    assert "<b>x</b>" in text, "markup in header text is shown, never obeyed"
    assert "Wrong." not in text
    assert "DRAFT - not signed" in text


def test_dates_and_ages_are_written_as_people_write_them(tmp_path: Path) -> None:
    study = StudyContext(patient_sex="F", patient_age="053Y", study_date="20070425")
    report = replace(make_report(), study=study)
    write_pdf(report, tmp_path / "r.pdf")
    pdf = "\n".join(page.extract_text() for page in PdfReader(tmp_path / "r.pdf").pages)
    for text in (report_text(report), pdf):
        assert "53 y" in text and "053Y" not in text
        assert "2007-04-25" in text and "20070425" not in text


def test_pdf_is_the_same_for_the_same_report(tmp_path: Path) -> None:
    write_pdf(make_report(), tmp_path / "a.pdf")
    write_pdf(make_report(), tmp_path / "b.pdf")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_key_image_draws_calipers_and_outlines_where_they_are(tmp_path: Path) -> None:
    mask = np.zeros((200, 300), np.uint8)
    mask[50:150, 100:200] = 3
    caliper = Caliper("heart", 20.0, 180.0, 280.0, 180.0)
    shown = np.full((200, 300), 90, np.uint8)
    path = tmp_path / "k.png"
    write_key_image(path, shown, calipers=[caliper], mask=mask, labels={3: "heart"})
    pixels = np.asarray(Image.open(path))
    assert pixels.shape == (200, 300, 3)
    assert tuple(pixels[180, 60]) == (255, 196, 84)
    assert tuple(pixels[50, 150]) == (213, 110, 60)
    assert tuple(pixels[100, 150]) == (90, 90, 90), "inside an outline the image stays as it is"


def test_outline_of_a_region_that_touches_the_edge_is_closed() -> None:
    region = np.ones((5, 5), bool)
    assert outline(region, 1).sum() == 16


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageFault, match="could not be written"):
        write_key_image(tmp_path / "no" / "k.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(StorageFault, match="could not be written"):
        write_label_map(tmp_path / "no" / "k.png", np.zeros((8, 8), np.uint8))
    with pytest.raises(StorageFault, match="could not be written"):
        write_pdf(make_report(), tmp_path / "no" / "r.pdf")


def named(name: str) -> Report:
    return replace(make_report(), study=StudyContext(patient_name=name))


@pytest.mark.parametrize(
    ("logical", "drawn"),
    [
        ("Müller, Иванов Ωμέγα", "Müller, Иванов Ωμέγα"),
        ("שרון, דבורה", "הרובד ,ןורש"),
        ("Test-\u200fשלום (12.5) עולם b", "Test-םלוע (12.5) םולש b"),
        ("لا", "\ufefb"),
        ("لنزار", "\ufead\ufe8d\ufeb0\ufee8\ufedf"),
    ],
)
def test_right_to_left_text_is_drawn_from_its_end(logical: str, drawn: str) -> None:
    assert visual(logical) == drawn


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("Müller, Иванов Ωμέγα", ""),
        ("שרון, דבורה", ""),
        ("قباني, لنزار", ""),
        ("Test-\U00010330", "cannot show some characters (Gothic); report.txt holds them."),
    ],
)
def test_what_no_font_can_show_is_said(tmp_path: Path, name: str, note: str) -> None:
    notes = write_pdf(named(name), tmp_path / "r.pdf")
    assert (note in notes[0]) if note else notes == []


def test_a_letter_is_drawn_in_the_first_font_that_has_it() -> None:
    fonts = [("first", str.isascii), ("second", str.isalpha)]
    assert list(font_runs("ab,ж太c𐌰!§", fonts)) == [
        ("first", "ab,"),
        ("second", "ж太"),
        ("first", "c"),
        ("second", "𐌰"),
        ("first", "!§"),
    ]


def test_real_names_of_many_scripts_are_in_the_pdf_to_be_read(
    tmp_path: Path, shared_data: Path
) -> None:
    for file, seen in (("chrRuss.dcm", "Люкceмбypг"), ("chrGreek.dcm", "Διονυσιος")):
        name = str(pydicom.dcmread(shared_data / "dicom/C_conformance/charset" / file).PatientName)
        assert seen in name
        write_pdf(named(name), tmp_path / "r.pdf")
        assert seen in PdfReader(tmp_path / "r.pdf").pages[0].extract_text()


@pytest.mark.parametrize("shape", [(48, 32), (260, 320), (900, 700)])
def test_the_caption_of_a_small_image_is_not_cut_off(
    tmp_path: Path, shape: tuple[int, int]
) -> None:
    words = ["Middle image of the leading series (chosen by position only)"]
    write_key_image(tmp_path / "k.png", np.full(shape, 90, np.uint8), caption=words)
    pixels = np.asarray(Image.open(tmp_path / "k.png").convert("L"))
    assert max(pixels.shape) >= 256
    assert pixels.shape[0] * shape[1] == pixels.shape[1] * shape[0], "its proportions stay"
    assert (pixels > 200).any(), "there is a caption"
    assert (pixels[:, -4:] == 90).all(), "and it ends before the edge"

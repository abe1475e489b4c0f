"""Names in their own script, from headers in every character set of the shared collection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radassist.dicom.text import clean, ideographic_name, person_name
from radassist.domain.study import OpenResult, Study

Opener = Callable[..., OpenResult]

NAMES = [
    ("chrArab.dcm", "قباني, لنزار", ""),
    ("chrHbrw.dcm", "שרון, דבורה", ""),
    ("chrRuss.dcm", "\u041b\u044e\u043ace\u043c\u0431yp\u0433", ""),
    ("chrGreek.dcm", "Διονυσιος", ""),
    ("chrFren.dcm", "Buc, Jérôme", ""),
    ("chrGerm.dcm", "Äneas, Rüdiger", ""),
    ("chrH31.dcm", "Yamada, Tarou", "山田 太郎"),
    ("chrH32.dcm", "ﾔﾏﾀﾞ, ﾀﾛｳ", "山田 太郎"),
    ("chrI2.dcm", "Hong, Gildong", "洪 吉洞"),
    ("chrX1.dcm", "Wang, XiaoDong", "王 小東"),
    ("chrX2.dcm", "Wang, XiaoDong", "王 小东"),
    ("GH1301.dcm", "Wang, XiaoDong", "王 小东"),
    ("chrGB2312.dcm", "Zhang, XiaoDong", "张 小东"),
    ("orthanc_Lena-utf8.dcm", "Test-éüäöòДΘĝדصķћ๛ﾈİ", ""),
    ("orthanc_Lena-shift-jis.dcm", "Test-ДΘﾈ", ""),
    ("orthanc_Lena-tis-620.dcm", "Test-๛", ""),
    ("orthanc_Lena-latin3.dcm", "Test-éüäöòĝİ", ""),
]


def study_of(open_paths: Opener, path: Path) -> Study:
    (study,) = open_paths(path).studies
    return study


@pytest.mark.parametrize(("file", "name", "ideographic"), NAMES)
def test_names_in_their_own_script(
    open_paths: Opener, dicom_data: Path, file: str, name: str, ideographic: str
) -> None:
    study = study_of(open_paths, dicom_data / "C_conformance/charset" / file)
    assert (study.patient_name, study.patient_name_ideographic) == (name, ideographic)


@pytest.mark.parametrize(
    ("value", "name", "ideographic"),
    [
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou", "山田 太郎"),
        ("=山田^太郎=やまだ^たろう", "山田, 太郎", ""),
        ("^=山田^太郎", "山田, 太郎", ""),
        ("Hong^Gildong==홍^길동", "Hong, Gildong", ""),
        ("Doe^Jane", "Doe, Jane", ""),
        ("", "", ""),
    ],
)
def test_the_groups_of_a_name(value: str, name: str, ideographic: str) -> None:
    assert (person_name(value), ideographic_name(value)) == (name, ideographic)


def test_escapes_that_a_decoder_left_are_no_text() -> None:
    assert clean("\x1b$)A张\x1b(B^x") == "张^x"


def test_direction_marks_cannot_turn_a_name_round() -> None:
    assert person_name("Doe\u202e^enaJ") == "Doe, enaJ"
    assert clean("\u2067שרון\u2069") == "שרון"

"""Corner text, letters and scale bar say what is known and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.domain.study import Frame, Instance, Series, Study
from radassist.viewer import text as words
from radassist.viewer.scale_bar import scale_bar
from radassist.viewer.state import ViewportState

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def series(**changes: object) -> Series:
    instance = Instance(Path("x"), "1.4", "1.5", "1.2", "1.3", 1, 512, 512, slice_thickness=5.0)
    frames = tuple(Frame(instance, 0, AXIAL, (0.0, 0.0, 10.0 * i)) for i in range(3))
    return replace(
        Series("1.3", frames, "CT", description="Chest B40f", series_number=3, plane="axial",
               spacing=(10.0, 0.7, 0.7), orientation=("R", "L", "A", "P")), **changes)  # fmt: skip


STUDY = Study("1.2", (), "20240301", "134502", "CT chest", patient_id="P1",
              patient_name="Doe^Jane^Q", patient_sex="F", patient_age="053Y")  # fmt: skip


def test_the_corners() -> None:
    found = words.corners(STUDY, series(), ViewportState(1, 3), "W 400  L 40", 150.0)
    assert found.top_left == ("Doe, Jane Q", "F  53 y", "P1")
    assert found.top_right == ("2024-03-01 13:45", "CT chest", "3  CT  Chest B40f")
    assert found.bottom_left == ("thickness 5 mm", "axial  10.0 mm", "Slice 2 / 3")
    assert found.bottom_right == ("150 %", "W 400  L 40")


def test_an_empty_header_gives_no_empty_lines() -> None:
    found = words.corners(Study("1", ()), Series("2", ()), ViewportState(), "", 0.0)
    assert found == words.Corners()


def test_hostile_names_stay_in_one_line_and_in_order() -> None:
    assert words.plain("A\u202eB\x00C\nD") == "A B C D"
    assert len(words.plain("x" * 4000)) == 48
    assert words.plain("<b>bold</b>") == "<b>bold</b>"


@given(st.text(max_size=300))
def test_any_text_becomes_one_short_line(text: str) -> None:
    shown = words.plain(text)
    assert len(shown) <= 48
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Doe^Jane", "Doe, Jane"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou"),
        ("=山田^太郎", "山田, 太郎"),
        ("ANON", "ANON"),
        ("", ""),
    ],
)
def test_person_names(raw: str, shown: str) -> None:
    assert words.person_name(raw) == shown


def test_the_window_line() -> None:
    line = words.window_line
    assert line(ViewportState(), (40.0, 400.0), colour=False, table=False) == "W 400  L 40"
    assert line(ViewportState(), (40.0, 400.0), colour=False, table=True) == "VOI LUT"
    chosen = ViewportState(window=(0.25, 0.5), preset="Softer", inverted=True)
    assert line(chosen, (1, 1), colour=False, table=True) == "W 0.5  L 0.25  Softer  inverted"
    assert line(ViewportState(), (1, 1), colour=True, table=False) == "Colour"


def test_letters_come_from_the_image_before_the_series() -> None:
    turned = Frame(series().frames[0].instance, 0, (0.0, 1.0, 0.0, 0.0, 0.0, -1.0))
    assert words.orientation_letters(series(frames=(turned,)), 0) == ("A", "P", "H", "F")
    bare = Frame(turned.instance)
    assert words.orientation_letters(series(frames=(bare,)), 0) == ("R", "L", "A", "P")
    assert words.orientation_letters(series(frames=(bare,), orientation=("",) * 4), 0) == ("",) * 4


@given(st.floats(0.01, 100), st.floats(0.01, 20), st.floats(40, 400))
def test_bars_are_round_and_fit(scale: float, spacing: float, longest: float) -> None:
    bar = scale_bar(scale, spacing, longest)
    assert bar is not None
    assert longest / 2.6 <= bar.length <= longest * (1 + 1e-6)
    size, unit = bar.text.split()
    millimetres = float(size) * {"mm": 1, "cm": 10}[unit]
    assert millimetres * scale / spacing == pytest.approx(bar.length, rel=1e-3)
    assert f"{millimetres:e}"[0] in "125"


def test_where_nothing_is_known_the_bar_is_in_pixels() -> None:
    for unknown in (None, 0.0, -1.0):
        bar = scale_bar(0.5, unknown, 200.0)
        assert bar is not None
        assert bar.text == "200 px (no spacing)"
        assert bar.length == pytest.approx(100.0)
    tiny = scale_bar(200.0, None, 100.0)
    assert tiny is not None
    assert (tiny.text, tiny.length) == ("1 px (no spacing)", 200.0)
    detector = scale_bar(1.0, 0.15, 200.0, "ImagerPixelSpacing")
    assert detector is not None
    assert detector.text == "2 cm at detector"


def test_ages_are_read_as_people_say_them() -> None:
    assert [words.age(t) for t in ("053Y", "011M", "003W", "005D", "", "81")] == [
        "53 y", "11 mo", "3 wk", "5 d", "", "81",
    ]  # fmt: skip

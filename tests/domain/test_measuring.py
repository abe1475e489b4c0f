"""Numbers of what a reader draws, against shapes whose size is known by construction."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.domain.findings import ImageRef
from radassist.domain.measuring import planar
from radassist.domain.measuring.annotation import Annotation, Annotations, Change, Shape
from radassist.domain.measuring.compare import Dated, change_table
from radassist.domain.measuring.measured import (
    AT_DETECTOR,
    HOUNSFIELD,
    NO_SPACING,
    PIXELS,
    SUV,
    ImageFacts,
    as_measurement,
    measure,
    words,
)
from radassist.domain.measuring.roi import mask_of
from radassist.domain.measuring.suv import Uptake, UptakeFacts, suv_factor
from radassist.domain.measuring.volume import doubling_time_days, stack_volume
from radassist.errors import InputFault, UsageFault

IMAGE = ImageRef("1.2", "1.2.3", "1.2.3.4")
#: Rows 2 mm apart, columns 0.5 mm: a mix-up of the two shows at once.
FACTS = ImageFacts(100, 200, (2.0, 0.5), "PixelSpacing", HOUNSFIELD)


def drawn(shape: Shape, *points: tuple[float, float], label: str = "") -> Annotation:
    return Annotation("a1", shape, IMAGE, points, label)


def numbers(annotation: Annotation, facts: ImageFacts) -> dict[str, tuple[float, str]]:
    return {q.name: (q.value, q.unit) for q in measure(annotation, facts).quantities}


def test_length_uses_row_spacing_down_and_column_spacing_across() -> None:
    across, down = drawn(Shape.LENGTH, (0, 0), (10, 0)), drawn(Shape.LENGTH, (0, 0), (0, 10))
    assert numbers(across, FACTS)["length"] == (5.0, "mm")
    assert numbers(down, FACTS)["length"] == (20.0, "mm")


@pytest.mark.parametrize("spacing", [None, (0.0, 0.5), (float("nan"), 1.0), (-1.0, 1.0)])
def test_no_usable_spacing_gives_pixels_and_says_so(spacing: tuple[float, float] | None) -> None:
    found = measure(drawn(Shape.LENGTH, (0, 0), (3, 4)), ImageFacts(9, 9, spacing))
    assert [(q.value, q.unit) for q in found.quantities] == [(5.0, PIXELS)]
    assert NO_SPACING in found.notes


def test_a_length_at_the_detector_is_labelled() -> None:
    facts = ImageFacts(9, 9, (0.1, 0.1), "ImagerPixelSpacing")
    assert AT_DETECTOR in measure(drawn(Shape.LENGTH, (0, 0), (3, 4)), facts).notes
    assert AT_DETECTOR not in measure(drawn(Shape.LENGTH, (0, 0), (3, 4)), FACTS).notes
    # An angle does not grow with the distance to the detector.
    corner = drawn(Shape.ANGLE, (0, 5), (0, 0), (5, 0))
    assert AT_DETECTOR not in measure(corner, facts).notes


def test_angles_are_those_of_the_patient_not_of_the_pixels() -> None:
    # 4 columns are 2 mm and one row is 2 mm: 45 degrees in the patient, 14 on the pixels.
    corner = drawn(Shape.ANGLE, (4, 0), (0, 0), (4, 1))
    assert numbers(corner, FACTS)["angle"] == pytest.approx((45.0, "deg"))


@pytest.mark.parametrize(("tilt", "angle"), [(0, 0), (10, 10), (90, 90), (120, 60), (180, 0)])
def test_cobb_angle_does_not_depend_on_the_direction_of_drawing(tilt: float, angle: float) -> None:
    x, y = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
    lines = (0.0, 0.0), (9.0, 0.0), (0.0, 50.0), (9 * x, 50 + 9 * y)
    for points in (lines, (lines[1], lines[0], *lines[2:])):
        found = numbers(drawn(Shape.COBB, *points), ImageFacts(99, 99, (1.0, 1.0)))
        assert found["Cobb angle"][0] == pytest.approx(angle, abs=1e-9)


def test_bidirectional_names_the_longer_axis_long() -> None:
    short_first = drawn(Shape.BIDIRECTIONAL, (0, 5), (0, 9), (-20, 7), (20, 7))
    facts = ImageFacts(50, 50, (1.0, 1.0))
    found = numbers(short_first, facts)
    assert found["long axis"] == (40.0, "mm")
    assert found["short axis"] == (4.0, "mm")
    skew = drawn(Shape.BIDIRECTIONAL, (0, 0), (20, 0), (5, 0), (12, 7))
    assert "45°, not 90°" in measure(skew, facts).notes[0]
    assert not measure(short_first, facts).notes


def test_areas_of_known_shapes() -> None:
    assert numbers(drawn(Shape.RECTANGLE, (10, 10), (30, 14)), FACTS)["area"] == (80.0, "mm2")
    ellipse = numbers(drawn(Shape.ELLIPSE, (30, 14), (10, 10)), FACTS)["area"]
    assert ellipse == (pytest.approx(math.pi * 5 * 4), "mm2")
    triangle = numbers(drawn(Shape.FREEHAND, (0, 0), (8, 0), (0, 4)), FACTS)["area"]
    assert triangle == (pytest.approx(16.0), "mm2")


def test_an_outline_that_crosses_itself_gets_no_area() -> None:
    bow = drawn(Shape.FREEHAND, (0, 0), (10, 10), (10, 0), (0, 10))
    found = measure(bow, FACTS)
    assert not found.quantities
    assert "crosses itself" in found.notes[0]
    still = drawn(Shape.FREEHAND, (0, 0), (0, 0), (10, 0), (10, 10), (10, 10), (0, 10), (0, 0))
    assert numbers(still, FACTS)["area"][0] == pytest.approx(100.0)


@given(st.integers(5, 400), st.floats(0.0, 6.0))
def test_a_round_outline_of_any_fineness_never_crosses_itself(count: int, turn: float) -> None:
    turns = [turn + 2 * math.pi * i / count for i in range(count)]
    ring = [(50 + 30 * math.cos(t), 50 + 30 * math.sin(t)) for t in turns]
    assert not planar.crosses_itself(ring)
    # With two corners exchanged the sides beside them cross.
    ring[0], ring[2] = ring[2], ring[0]
    assert planar.crosses_itself(ring)


def test_values_inside_are_those_of_the_pixels_inside() -> None:
    pixels = np.full((100, 200), -1000, np.int16)
    pixels[10:15, 10:31] = 40
    pixels[12, 20] = 90
    facts = ImageFacts(100, 200, (2.0, 0.5), "PixelSpacing", HOUNSFIELD, pixels=pixels)
    found = numbers(drawn(Shape.RECTANGLE, (10, 10), (30, 14)), facts)
    inside = pixels[10:15, 10:31].astype(float)
    assert found["mean"] == (pytest.approx(inside.mean()), HOUNSFIELD)
    assert found["SD"] == (pytest.approx(inside.std(ddof=1)), HOUNSFIELD)
    assert found["min"] == (40.0, HOUNSFIELD)
    assert found["max"] == (90.0, HOUNSFIELD)


def test_a_region_outside_the_image_gives_an_area_and_no_values() -> None:
    facts = ImageFacts(5, 5, (1.0, 1.0), pixels=np.zeros((5, 5), np.int16))
    found = measure(drawn(Shape.ELLIPSE, (20, 20), (30, 30)), facts)
    assert found.get("area") is not None
    assert found.get("mean") is None
    assert "no pixel's centre" in found.notes[0]


@given(
    st.lists(
        st.tuples(st.integers(-4, 24), st.integers(-4, 24)), min_size=3, max_size=9, unique=True
    )
)
def test_the_pixels_of_an_outline_are_those_that_a_slow_rule_finds(
    corners: list[tuple[int, int]],
) -> None:
    # Corners lie off the pixel centres, so no centre is on the border.
    points = tuple((x + 0.37, y + 0.41) for x, y in corners)
    mask = mask_of(drawn(Shape.FREEHAND, *points), (20, 20))
    for y, x in np.ndindex(20, 20):
        crossings = 0
        for (x0, y0), (x1, y1) in zip(points, (*points[1:], points[0]), strict=True):
            if (y0 > y) != (y1 > y) and x0 + (y - y0) * (x1 - x0) / (y1 - y0) > x:
                crossings += 1
        assert mask[y, x] == (crossings % 2 == 1)


def test_probe_reads_the_pixel_under_it() -> None:
    pixels = np.arange(20, dtype=np.int16).reshape(4, 5)
    facts = ImageFacts(4, 5, None, unit=HOUNSFIELD, pixels=pixels)
    assert numbers(drawn(Shape.PROBE, (3.4, 1.6)), facts)["value"] == (13.0, HOUNSFIELD)
    assert "beyond the image" in measure(drawn(Shape.PROBE, (-1, 0)), facts).notes[0]


def test_ctr_is_a_ratio_of_columns_and_needs_no_spacing() -> None:
    tool = drawn(Shape.CTR, (60, 50), (140, 44), (10, 70), (190, 71))
    assert numbers(tool, ImageFacts(99, 200))["cardiothoracic ratio"] == (
        pytest.approx(80 / 180),
        "1",
    )
    assert numbers(tool, FACTS)["heart"] == (40.0, "mm")


def test_words_round_as_a_report_does() -> None:
    found = measure(drawn(Shape.LENGTH, (0, 0), (10, 3)), FACTS)
    main = found.main
    assert main is not None
    assert words(main) == "7.8 mm"
    pixels = measure(drawn(Shape.LENGTH, (0, 0), (10, 3)), ImageFacts(9, 9)).main
    assert pixels is not None
    assert words(pixels) == "10 px"


def test_evidence_of_a_measurement_names_the_annotation() -> None:
    drawing = drawn(Shape.LENGTH, (0, 0), (10, 0), label="Lesion 1")
    evidence = as_measurement(drawing, measure(drawing, FACTS))
    assert evidence is not None
    assert (evidence.id, evidence.name, evidence.value, evidence.unit) == (
        "a1",
        "Lesion 1",
        5.0,
        "mm",
    )
    assert (evidence.calipers[0].x1, evidence.calipers[0].y1) == (10, 0)
    arrow = drawn(Shape.ARROW, (1, 1))
    assert as_measurement(arrow, measure(arrow, FACTS)) is None


# --- SUV ------------------------------------------------------------------------------------------

PET = UptakeFacts("BQML", frozenset({"ATTN", "DECY"}), "START", 70.0, 370e6, 6586.2, 3600.0)


def test_suv_of_evenly_spread_activity_is_one() -> None:
    # What is left of the dose after an hour, spread over 70 kg of water, is 1 g/ml everywhere.
    left = 370e6 * 0.5 ** (3600.0 / 6586.2)
    factor = suv_factor(PET).factor
    assert factor is not None
    assert factor * left / 70_000 == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight_kg": None}, "PatientWeight"),
        ({"weight_kg": 0.0}, "PatientWeight"),
        ({"dose_bq": None}, "RadionuclideTotalDose"),
        ({"half_life_s": None}, "RadionuclideHalfLife"),
        ({"uptake_s": None}, "time of injection"),
        ({"uptake_s": -60.0}, "cannot be right"),
        ({"uptake_s": 9e4}, "cannot be right"),
        ({"decay_correction": "NONE"}, "DecayCorrection is NONE"),
        ({"corrected": frozenset({"DECY"})}, "attenuation"),
        ({"corrected": frozenset({"ATTN"})}, "decay"),
        ({"units": "CNTS"}, "SUV scale factor"),
        ({"units": "PROPCPS"}, "PROPCPS"),
        ({"units": ""}, "Units is missing"),
    ],
)
def test_suv_is_refused_by_name(change: dict[str, object], said: str) -> None:
    uptake = suv_factor(UptakeFacts(**{**vars(PET), **change}))  # type: ignore[arg-type]
    assert uptake.factor is None
    assert said in uptake.refusal


def test_a_region_of_pet_gives_suv_or_says_why_not() -> None:
    pixels = np.full((9, 9), 5000.0, np.float32)
    region = drawn(Shape.RECTANGLE, (2, 2), (6, 6))
    known = ImageFacts(9, 9, (4.0, 4.0), unit="Bq/mL", uptake=Uptake(0.0004), pixels=pixels)
    assert numbers(region, known)["mean"] == (pytest.approx(2.0), SUV)
    refused = ImageFacts(9, 9, (4.0, 4.0), unit="Bq/mL", uptake=Uptake(None, "No SUV: x."),
                         pixels=pixels)  # fmt: skip
    found = measure(region, refused)
    assert found.get("mean") == measure(region, ImageFacts(9, 9, unit="Bq/mL", pixels=pixels)).get(
        "mean"
    )
    assert found.notes == ("No SUV: x.",)


# --- volumes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1.0, 2.5])
def test_volume_of_a_sphere_within_three_per_cent(step: float) -> None:
    radius, places = 20.0, np.arange(-60.0, 60.0, step) + 0.3
    areas = [(z, math.pi * (radius**2 - z**2)) for z in places.tolist() if abs(z) < radius]
    found = stack_volume(areas, places.tolist())
    assert found.cubic_mm == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.03)
    assert found.bridged == 0


def test_skipped_images_are_bridged_and_counted() -> None:
    places = [float(z) for z in range(10)]
    found = stack_volume([(2.0, 100.0), (6.0, 100.0)], places)
    assert found.bridged == 3
    assert found.cubic_mm == pytest.approx(500.0)


def test_volume_with_uneven_gaps() -> None:
    # Slabs reach half-way to the neighbours: 1 + 2 = 3 mm of 100 mm2 and 4 mm (2 + 2) of 50 mm2.
    assert stack_volume([(2.0, 100.0), (6.0, 50.0)], [0.0, 2.0, 6.0]).cubic_mm == pytest.approx(500)


def test_volume_refuses_what_is_none() -> None:
    with pytest.raises(UsageFault, match="two images"):
        stack_volume([(1.0, 5.0), (1.0, 7.0)], [0.0, 1.0, 2.0])
    with pytest.raises(UsageFault, match="no image"):
        stack_volume([(1.0, 5.0), (1.4, 7.0)], [0.0, 1.0, 2.0])


def test_doubling_time() -> None:
    assert doubling_time_days(100, 200, 90) == pytest.approx(90)
    assert doubling_time_days(200, 100, 90) == pytest.approx(-90)
    assert doubling_time_days(100, 100, 90) is None
    with pytest.raises(UsageFault):
        doubling_time_days(100, 100, 0)


# --- annotations as data --------------------------------------------------------------------------


def test_json_form_comes_back_equal() -> None:
    one = drawn(Shape.COBB, (0, 0.5), (1, 2), (3, 4), (5, 6), label="Läsion")
    assert Annotation.from_dict(json.loads(json.dumps(one.to_dict()))) == one


@pytest.mark.parametrize(
    "harm",
    [
        {"shape": "spiral"},
        {"points": [[1, 2]]},
        {"points": [[1, 2], [float("nan"), 1]]},
        {"points": "12"},
        {"image": {}},
    ],
)
def test_a_harmed_form_is_refused(harm: dict[str, object]) -> None:
    data = {**drawn(Shape.LENGTH, (0, 0), (1, 1)).to_dict(), **harm}
    with pytest.raises(InputFault):
        Annotation.from_dict(data)


def test_undo_and_redo_walk_the_same_way() -> None:
    first = drawn(Shape.LENGTH, (0, 0), (1, 1))
    longer = first.with_point(1, (5, 5))
    steps = [Change(None, first), Change(first, longer), Change(longer, None)]
    states = [Annotations()]
    for step in steps:
        states.append(states[-1].changed(step))
    now = states[-1]
    for expected in reversed(states[:-1]):
        undone = now.undo()
        assert undone is not None
        now = undone[0]
        assert now.items == expected.items
    assert now.undo() is None
    for expected in states[1:]:
        redone = now.redo()
        assert redone is not None
        now = redone[0]
        assert now.items == expected.items
    assert now.redo() is None


def test_a_change_from_another_state_is_refused() -> None:
    first = drawn(Shape.LENGTH, (0, 0), (1, 1))
    held = Annotations().changed(Change(None, first))
    with pytest.raises(UsageFault, match="changed elsewhere"):
        held.changed(Change(first.moved(1, 1), None))
    with pytest.raises(UsageFault, match="changed elsewhere"):
        held.changed(Change(None, first))


# --- change over time -----------------------------------------------------------------------------


def dated(label: str, date: str, pixels: float, facts: ImageFacts = FACTS) -> Dated:
    return Dated(label, date, date, measure(drawn(Shape.LENGTH, (0, 0), (pixels, 0)), facts))


def test_change_table_compares_what_shares_a_label() -> None:
    table = change_table(
        [dated("Lesion 1", "20260101", 20), dated("lesion 1 ", "20261101", 30),
         dated("Lesion 2", "20261101", 10), dated("", "20261101", 99)]
    )  # fmt: skip
    assert table.dates == ("20260101", "20261101")
    assert [(r.label, r.values, r.change) for r in table.rows] == [
        ("Lesion 1", ("10.0 mm", "15.0 mm"), "+5.0 mm (+50 %)"),
        ("Lesion 2", ("", "5.0 mm"), ""),
    ]


def test_change_table_refuses_unlike_lengths() -> None:
    detector = ImageFacts(9, 9, (1.0, 1.0), "ImagerPixelSpacing")
    for one, other, why in (
        (FACTS, ImageFacts(9, 9), "no millimetres"),
        (ImageFacts(9, 9), ImageFacts(9, 9), "equally large"),
        (FACTS, detector, "at the detector"),
    ):
        row = change_table([dated("L", "1", 9, one), dated("L", "2", 9, other)]).rows[0]
        assert why in row.why_not
        assert row.difference is None

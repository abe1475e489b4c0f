"""A measurement and its sentence stay bound: moved, deleted, typed over, undone, signed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from radassist.checks import run_checks
from radassist.domain import operations as ops
from radassist.domain.findings import Evidence, ImageRef
from radassist.domain.measuring.annotation import Annotation, Point, Shape
from radassist.domain.measuring.measured import ImageFacts, measure
from radassist.domain.measuring.volume import StackVolume
from radassist.domain.report import (
    Provenance,
    Report,
    Statement,
    StatementState,
    StudyContext,
    empty_report,
)
from radassist.domain.study import Frame, Instance, Series
from radassist.errors import UsageFault
from radassist.library.lexicon import load_lexicon
from radassist.ports import AuditEvent
from radassist.store import SqliteStore
from radassist.store.annotations import SqliteAnnotations
from radassist.workflow.measure import (
    StudyAnnotations,
    bound,
    evidence_of,
    follow,
    sentence,
    to_report,
    volume_evidence,
    volume_of_label,
    volume_ref,
    volume_to_report,
)
from radassist.workflow.session import Step, begin

AT = "2026-03-01T12:00:00.000Z"
IMAGE = ImageRef("1.2", "1.2.3", "1.2.3.4")
FACTS = ImageFacts(100, 100, (1.0, 1.0), "PixelSpacing")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(tmp_path / "radassist.db") as opened:
        yield opened


@pytest.fixture
def study(store: SqliteStore) -> StudyAnnotations:
    return StudyAnnotations(SqliteAnnotations(store), "1.2", "me", lambda: AT)


def line(study: StudyAnnotations, length: float, label: str = "") -> Annotation:
    return study.add(Shape.LENGTH, IMAGE, [(0, 0), (length, 0)], label)


def reported(annotation: Annotation) -> Report:
    report = empty_report("r1", StudyContext("1.2", modality="CT"))
    return ops.apply(report, to_report(report, annotation, measure(annotation, FACTS)))


def now(annotation: Annotation) -> Evidence:
    return evidence_of(annotation, measure(annotation, FACTS))


def applied(report: Report, changes: tuple[ops.Operation, ...]) -> Report:
    for change in changes:
        report = ops.apply(report, change)
    return report


def test_what_is_drawn_is_there_in_the_next_session(
    store: SqliteStore, study: StudyAnnotations
) -> None:
    first = line(study, 12.3, "Lesion 1")
    gone = line(study, 5)
    study.delete(gone.id)
    study.move(first.with_point(1, (20, 0)))
    study.relabel(first.id, " Target 1 ")
    again = StudyAnnotations(SqliteAnnotations(store), "1.2", "you", lambda: AT)
    assert [(a.label, a.points[1], a.by, a.at) for a in again.state.items] == [
        ("Target 1", (20.0, 0.0), "me", AT)
    ]


def test_undo_and_redo_are_stored_as_what_they_are(
    store: SqliteStore, study: StudyAnnotations
) -> None:
    one = line(study, 10)
    study.move(one.with_point(1, (20, 0)))
    assert study.undo() is not None
    assert study.state.items == (one,)
    assert SqliteAnnotations(store).annotations("1.2") == (one,)
    study.undo()
    assert study.state.items == ()
    assert study.undo() is None
    study.redo()
    study.redo()
    assert study.redo() is None
    assert SqliteAnnotations(store).annotations("1.2")[0].points[1] == (20, 0)
    actions = [e["action"] for e in store.audit.events("1.2")]
    assert actions == [f"annotation.{verb}" for verb in
                       ("add", "change", "change", "delete", "add", "change")]  # fmt: skip


def test_an_image_of_another_study_is_refused(study: StudyAnnotations) -> None:
    with pytest.raises(UsageFault, match="another study"):
        study.add(Shape.PROBE, replace(IMAGE, study_uid="9"), [(0, 0)])


def test_labels_count_on(study: StudyAnnotations) -> None:
    assert study.next_label() == "Lesion 1"
    line(study, 1, "lesion 1")
    line(study, 1, "Lesion 3")
    assert study.next_label() == "Lesion 2"


def test_a_key_marks_and_unmarks_a_key_image(store: SqliteStore, study: StudyAnnotations) -> None:
    assert study.mark_key_image(IMAGE)
    assert study.is_key_image(IMAGE)
    assert not study.is_key_image(replace(IMAGE, frame=1))
    assert not study.mark_key_image(IMAGE)
    assert SqliteAnnotations(store).key_images("1.2") == ()


@pytest.mark.parametrize(
    ("shape", "points", "label", "text"),
    [
        (Shape.LENGTH, [(0, 0), (12.34, 0)], "Lesion 1", "Lesion 1 measures 12.3 mm."),
        (Shape.LENGTH, [(0, 0), (8, 0)], "", "Length measures 8.0 mm."),
        (Shape.BIDIRECTIONAL, [(0, 0), (12, 0), (6, -4), (6, 4)], "Lesion 2",
         "Lesion 2 measures 12.0 x 8.0 mm."),
        (Shape.CTR, [(30, 5), (80, 5), (0, 9), (100, 9)], "", "Cardiothoracic ratio 0.50."),
        (Shape.COBB, [(0, 0), (9, 0), (0, 20), (9, 29)], "", "Cobb angle measures 45.0°."),
        (Shape.RECTANGLE, [(0, 0), (10, 10)], "Cyst", "Cyst has 100 mm²."),
    ],
)  # fmt: skip
def test_sentences(
    study: StudyAnnotations, shape: Shape, points: list[Point], label: str, text: str
) -> None:
    drawn = study.add(shape, IMAGE, points, label)
    assert sentence(drawn, measure(drawn, FACTS)) == text


def test_an_arrow_has_no_number_to_report(study: StudyAnnotations) -> None:
    arrow = study.add(Shape.ARROW, IMAGE, [(1, 1)])
    with pytest.raises(UsageFault, match="no number"):
        to_report(empty_report("r", StudyContext("1.2")), arrow, measure(arrow, FACTS))


def test_moving_the_caliper_moves_the_number_and_marks_the_sentence(
    study: StudyAnnotations,
) -> None:
    drawn = line(study, 12.3, "Lesion 1")
    report = reported(drawn)
    report = ops.apply(report, ops.accept("s1"))
    longer = drawn.with_point(1, (15.6, 0))
    followed = follow(report, drawn.id, now(longer))
    after = applied(report, followed.operations)
    _, statement = after.find("s1") or pytest.fail("gone")
    assert statement.text == "Lesion 1 measures 15.6 mm."
    assert statement.state is StatementState.PROPOSED
    assert statement.evidence[0].measurement is not None
    assert statement.evidence[0].measurement.value == pytest.approx(15.6)
    assert followed.by_hand == ()
    # Back again gives the same text, byte for byte.
    back = applied(after, follow(after, drawn.id, now(drawn)).operations)
    assert [s.text for _, s in back.statements()] == [s.text for _, s in report.statements()]


def test_the_words_around_the_number_are_the_radiologists(study: StudyAnnotations) -> None:
    drawn = line(study, 8)
    report = reported(drawn)
    said = "Spiculated nodule in the right upper lobe, 8.0 mm (18.0 mm including spicules)."
    worded = replace(report.sections[4].statements[0], text=said)
    report = ops.apply(report, ops.Replace(worded))
    after = applied(report, follow(report, drawn.id, now(drawn.with_point(1, (9.5, 0)))).operations)
    assert after.sections[4].statements[0].text == said.replace(", 8.0 mm", ", 9.5 mm")


@pytest.mark.parametrize("said", ["A 14 mm nodule.", "8.0 mm, formerly 8.0 mm.", "18.0 mm nodule."])
def test_a_number_typed_over_is_not_touched_but_told(study: StudyAnnotations, said: str) -> None:
    drawn = line(study, 8)
    report = reported(drawn)
    report = ops.apply(report, ops.Replace(replace(report.sections[4].statements[0], text=said)))
    followed = follow(report, drawn.id, now(drawn.with_point(1, (11, 0))))
    after = applied(report, followed.operations)
    assert followed.by_hand == ("s1",)
    assert after.sections[4].statements[0].text == said
    problems = [p for p in run_checks(after, load_lexicon()) if p.rule == "measurement-edited"]
    assert len(problems) == 1
    assert problems[0].statement_id == "s1"
    assert "11.0 mm" in problems[0].why


@pytest.mark.parametrize(
    "said", ["Nodule of 12.3 mm.", "Nodule of 1.2 cm.", "Nodule of 12 mm.", "The nodule has grown.",
             "Nodule of 12.3 x 9 mm."]
)  # fmt: skip
def test_a_measured_number_given_otherwise_is_not_flagged(
    study: StudyAnnotations, said: str
) -> None:
    drawn = line(study, 12.3)
    report = reported(drawn)
    report = ops.apply(report, ops.Replace(replace(report.sections[4].statements[0], text=said)))
    assert not [p for p in run_checks(report, load_lexicon()) if p.rule == "measurement-edited"]


def test_a_deleted_measurement_leaves_the_words_and_takes_the_evidence(
    study: StudyAnnotations,
) -> None:
    drawn = line(study, 8, "Lesion 1")
    report = reported(drawn)
    after = applied(report, follow(report, drawn.id, None).operations)
    statement = after.sections[4].statements[0]
    assert statement.text == "Lesion 1 measures 8.0 mm."
    assert statement.evidence == ()
    # A number without a measurement stops the signature until somebody has dealt with it.
    assert "number-source" in {p.rule for p in run_checks(after, load_lexicon())}


def test_other_statements_stay_the_same_objects(study: StudyAnnotations) -> None:
    drawn = line(study, 8)
    report = reported(drawn)
    typed = Statement("s2", "No effusion.", Provenance("radiologist", "typed"))
    report = ops.apply(report, ops.Insert("Findings", 0, typed))
    after = applied(report, follow(report, drawn.id, now(drawn.with_point(1, (9, 0)))).operations)
    assert after.sections[4].statements[0] is report.sections[4].statements[0]
    assert bound(after, drawn.id)[0].id == "s1"
    unchanged = follow(after, drawn.id, now(drawn.with_point(1, (9, 0))))
    assert unchanged.operations == ()


def test_a_report_with_a_measurement_of_whole_pixels_is_what_its_history_gives(
    store: SqliteStore, study: StudyAnnotations
) -> None:
    drawn = line(study, 8)
    base = empty_report("r1", StudyContext("1.2", modality="CT"))
    operation = to_report(base, drawn, measure(drawn, FACTS))
    step = Step(operation, "measured", "me")
    session = begin(store, base, [step], "me", lambda: AT, {})
    session.note("report.export", {})
    assert store.audit.verify()[1] == []


def test_operations_of_a_measurement_survive_the_store(
    store: SqliteStore, study: StudyAnnotations
) -> None:
    drawn = line(study, 8)
    report = reported(drawn)
    operation = follow(report, drawn.id, now(drawn.with_point(1, (9, 0)))).operations[0]
    assert ops.from_dict(ops.to_dict(operation)) == operation
    store.audit.append(AuditEvent("report.edit", "me", "r1", ops.to_dict(operation)))
    assert store.audit.verify()[1] == []


# --- volumes --------------------------------------------------------------------------------------


def cone(count: int = 21) -> Series:
    """Axial images 2 mm apart, pixels of 1 mm."""
    frames = tuple(
        Frame(
            Instance(Path("x"), f"1.{i}", "", "1.2", "1.2.3", i, 100, 100),
            0,
            (1.0, 0.0, 0.0, 0.0, 1.0, 0.0),
            (0.0, 0.0, 2.0 * i),
        )
        for i in range(count)
    )
    return Series(
        "1.2.3", frames, rows=100, columns=100, pixel_spacing=(1.0, 1.0),
        spacing_source="PixelSpacing",
    )  # fmt: skip


def outline(study: StudyAnnotations, frame: Frame, radius: float) -> Annotation:
    turns = [2 * math.pi * i / 180 for i in range(180)]
    ring = [(50 + radius * math.cos(t), 50 + radius * math.sin(t)) for t in turns]
    return study.add(Shape.FREEHAND, frame.ref, ring, "Lesion 1")


def test_outlines_of_a_sphere_give_its_volume_within_three_per_cent(
    study: StudyAnnotations,
) -> None:
    series, radius = cone(), 15.0
    for index, frame in enumerate(series.frames):
        height = 2.0 * index - 20.0
        if abs(height) < radius:
            outline(study, frame, math.sqrt(radius**2 - height**2))
    found = volume_of_label(study.state.items, "lesion 1", series)
    assert found is not None
    assert found.cubic_mm == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.03)
    assert found.bridged == 0
    assert volume_of_label(study.state.items, "Lesion 2", series) is None
    assert (
        volume_of_label(study.state.items, "Lesion 1", replace(series, pixel_spacing=None)) is None
    )


def test_a_volume_in_the_report_follows_its_outlines(study: StudyAnnotations) -> None:
    series = cone()
    for frame in series.frames[5:10]:
        outline(study, frame, 10.0)
    volume = volume_of_label(study.state.items, "Lesion 1", series)
    assert volume is not None
    report = empty_report("r1", StudyContext("1.2", modality="CT"))
    evidence = volume_evidence("Lesion 1", volume, IMAGE)
    report = ops.apply(report, volume_to_report(report, "Lesion 1", evidence))
    said = report.sections[4].statements[0].text
    assert said == f"Lesion 1 has a volume of {math.pi * 100 * 10 / 1000:.1f} mL."
    outline(study, series.frames[10], 10.0)
    larger = volume_of_label(study.state.items, "Lesion 1", series)
    assert larger is not None
    followed = follow(
        report, volume_ref("Lesion 1", IMAGE.series_uid), volume_evidence("Lesion 1", larger, IMAGE)
    )
    after = applied(report, followed.operations)
    assert after.sections[4].statements[0].text == "Lesion 1 has a volume of 3.8 mL."


def test_a_measurement_on_the_prior_is_no_finding_of_the_current_study(
    study: StudyAnnotations,
) -> None:
    drawn = line(study, 8, "Lesion 1")
    other = empty_report("r2", StudyContext("7.7", modality="CT"))
    with pytest.raises(UsageFault, match="another study"):
        to_report(other, drawn, measure(drawn, FACTS))
    volume = volume_evidence("Lesion 1", StackVolume(1000.0, 2, 0), IMAGE)
    with pytest.raises(UsageFault, match="another study"):
        volume_to_report(other, "Lesion 1", volume)


def test_the_same_label_on_the_prior_is_another_volume() -> None:
    assert volume_ref("Lesion 1", "1.2.3") == volume_ref(" lesion 1", "1.2.3")
    assert volume_ref("Lesion 1", "1.2.3") != volume_ref("Lesion 1", "9.8.7")

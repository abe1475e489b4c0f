"""Drafts: templates by header, observations instead of normals, comparison only with a prior."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radassist.domain.findings import Finding, ImageRef, Measurement, Presence
from radassist.domain.report import Report, StatementState, empty_report
from radassist.domain.study import Frame, Instance, OpenResult, Series, Study
from radassist.domain.templates import choose
from radassist.library.lexicon import load_lexicon
from radassist.library.templates import load_templates
from radassist.workflow.draft import draft_steps
from radassist.workflow.impression import write_impression
from radassist.workflow.session import entries_for
from radassist.workflow.study_choice import Subject, context, subjects


def make_series(modality: str, body_part: str, view: str = "", frames: int = 1) -> Series:
    instance = Instance(
        Path("x"),
        "1.4",
        "1.5",
        "1.2",
        "1.3",
        1,
        512,
        512,
        slice_thickness=5.0 if frames > 1 else None,
    )
    return Series(
        "1.3",
        tuple(Frame(instance, i) for i in range(frames)),
        modality=modality,
        body_part=body_part,
        view=view,
        plane="axial" if frames > 1 else "",
    )


def drafted(subject: Subject, *findings: Finding) -> Report:
    template = choose(load_templates(), subject.series)
    empty = empty_report("r", context(subject, {}), template.ref)
    builder = draft_steps("r", subject, empty, template, findings)
    return entries_for(builder.report, builder.steps, "2026-01-01T00:00:00Z", 1)[0]


def texts(report: Report, section: str) -> list[str]:
    found = report.section(section)
    assert found is not None
    return [s.text for s in found.statements]


@pytest.mark.parametrize(
    ("modality", "body_part", "template"),
    [
        ("CR", "CHEST", "chest-radiograph"),
        ("DX", "THORAX", "chest-radiograph"),
        ("CT", "CHEST", "ct-chest"),
        ("CT", "HEAD", "ct-head"),
        ("CT", "ABDOMEN", "ct-abdomen-pelvis"),
        ("CT", "PELVIS", "ct-abdomen-pelvis"),
        ("MR", "BRAIN", "mr-brain"),
        ("US", "ABDOMEN", "us-abdomen"),
        ("CR", "HAND", "general"),
        ("CT", "", "general"),
        ("", "", "general"),
    ],
)
def test_the_header_chooses_the_template(modality: str, body_part: str, template: str) -> None:
    assert choose(load_templates(), make_series(modality, body_part)).id == template


def test_an_observation_takes_the_place_of_the_normal_it_covers() -> None:
    image = ImageRef("1.2", "1.3", "1.4")
    measurement = Measurement("m", "cardiothoracic ratio", 0.57, "1", 0.02, image)
    finding = Finding(
        "f",
        "cardiomegaly",
        "cardiothoracic ratio",
        Presence.PRESENT,
        "The heart is enlarged.",
        "cxr-anatomy@1.0.0",
        image=image,
        measurement=measurement,
    )
    series = make_series("CR", "CHEST", "PA")
    subject = Subject(Study("1.2", (series,), study_date="20260102"), series)
    plain, seen = drafted(subject), drafted(subject, finding)
    assert "The heart is normal in size." in texts(plain, "Findings")
    assert "The heart is normal in size." not in texts(seen, "Findings")
    place = texts(plain, "Findings").index("The heart is normal in size.")
    statement = seen.section("Findings").statements[place]  # type: ignore[union-attr]
    assert statement.provenance.source == "vision:cxr-anatomy@1.0.0"
    assert [e.kind.value for e in statement.evidence] == ["finding", "measurement"]
    assert texts(seen, "Examination") == ["Chest radiograph, PA view."]


def test_template_normals_are_proposals_and_every_statement_has_evidence() -> None:
    series = make_series("CT", "CHEST", frames=30)
    report = drafted(Subject(Study("1.2", (series,)), series))
    statements = [s for _, s in report.statements()]
    assert statements
    assert all(s.state is StatementState.PROPOSED for s in statements)
    assert all(s.evidence for s in statements)
    assert "Axial images of the chest, 30 images with a slice thickness of 5 mm." in texts(
        report, "Technique"
    )


def test_an_unstated_body_part_gets_no_normal_sentences() -> None:
    series = make_series("CT", "")
    report = drafted(Subject(Study("1.2", (series,)), series))
    assert texts(report, "Findings") == []
    assert write_impression(report, load_lexicon(), None) == (
        [],
        ["The Findings are empty, so no impression was written."],
    )
    assert texts(report, "Examination") == ["CT; the body part is not stated in the header."]


def test_only_an_opened_earlier_study_of_the_same_patient_is_a_prior() -> None:
    series = make_series("CT", "CHEST", frames=3)
    now = Study("1.2", (series,), study_date="20260102", patient_id="A")
    before = replace(now, study_instance_uid="1.9", study_date="20250102")
    other = replace(before, study_instance_uid="1.8", patient_id="B")
    nameless = replace(before, study_instance_uid="1.7", patient_id="")
    found = subjects(OpenResult((before, other, nameless, now)))
    current = next(s for s in found if s.study is now)
    assert [p.study_instance_uid for p in current.priors] == ["1.9"]
    assert texts(drafted(current), "Comparison") == ["Study of 2025-01-02."]
    alone = subjects(OpenResult((now,)))[0]
    assert texts(drafted(alone), "Comparison") == ["None available."]
    assert drafted(alone).study.priors == ()


def test_the_patient_who_was_named_first_leads_and_of_one_patient_the_newest_study() -> None:
    def study(uid: str, patient: str, day: str, folder: str) -> Study:
        series = make_series("CT", "CHEST", frames=1)
        frame = series.frames[0]
        instance = replace(frame.instance, path=Path(folder) / "im1", shown=None)
        moved = replace(series, frames=(replace(frame, instance=instance),))
        return Study(uid, (moved,), study_date=day, patient_id=patient)

    old, new = study("1.1", "A", "20240101", "/in/a1"), study("1.2", "A", "20250101", "/in/a2")
    other = study("1.3", "B", "20260101", "/in/b")
    result = OpenResult((other, old, new))

    def order(*named: str) -> list[str]:
        return [s.study.study_instance_uid for s in subjects(result, [Path(n) for n in named])]

    assert order() == ["1.3", "1.2", "1.1"]
    assert order("/in") == ["1.3", "1.2", "1.1"]
    assert order("/in/a1", "/in/b", "/in/a2") == ["1.2", "1.1", "1.3"]
    assert order("/in/b/im1", "/in/a1") == ["1.3", "1.2", "1.1"]


def test_nothing_is_proposed_about_a_sequence_or_contrast_that_is_not_there() -> None:
    plain = make_series("MR", "BRAIN", frames=3)
    diffusion = replace(plain, description="ep2d_diff_ADC", contrast_agent="10 ml Gd")
    for series, expected in ((plain, False), (diffusion, True)):
        found = texts(drafted(Subject(Study("1.2", (series,)), series)), "Findings")
        assert ("No restricted diffusion." in found) is expected
        assert ("No abnormal enhancement." in found) is expected


def test_a_localizer_never_leads() -> None:
    scout = replace(make_series("CT", "CHEST", frames=50), is_localizer=True)
    main = make_series("CT", "CHEST", frames=3)
    found = subjects(OpenResult((Study("1.2", (scout, main)),)))
    assert found[0].series is main


def test_an_animal_or_a_scout_gets_no_normals_of_a_human_examination() -> None:
    for series in (
        replace(make_series("DX", "CHEST", "LATERAL"), species="CANINE"),
        replace(make_series("CT", "HEAD", frames=2), is_localizer=True),
    ):
        report = drafted(Subject(Study("1.2", (series,)), series))
        assert report.template.startswith("general@")
        assert texts(report, "Findings") == []


def test_a_header_without_technique_is_said_so() -> None:
    series = make_series("CR", "CHEST", "LATERAL")
    report = drafted(Subject(Study("1.2", (series,)), series))
    assert texts(report, "Technique") == ["Not stated in the header."]
    assert texts(report, "Examination") == ["Chest radiograph, lateral view."]


def test_an_impression_from_normals_names_what_it_rests_on() -> None:
    series = make_series("CT", "CHEST", frames=3)
    report = drafted(Subject(Study("1.2", (series,)), series))
    (only,), _ = write_impression(report, load_lexicon(), None)
    findings = report.section("Findings")
    assert findings is not None
    assert [e.ref for e in only.evidence] == [s.id for s in findings.statements]

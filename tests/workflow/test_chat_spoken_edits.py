"""Corrections as people speak them: said anew, taken out, moved; and what must not be guessed."""

# A sentence is easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import pytest

from radassist.domain import operations as ops
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat import Chat
from radassist.workflow.chat.elsewhere import exchanged
from radassist.workflow.chat.realigning import realigned
from radassist.workflow.chat.shortening import hedged, nominal
from radassist.workflow.chat.spellings import spelled_out
from radassist.workflow.chat.view import View

TEXTS = (
    ("Findings", "Fracture of the fourth metacarpal neck with 30 degrees of angulation."),
    ("Findings", "No left pleural effusion."),
    ("Findings", "The conus ends at L1."),
    ("Findings", "Several cysts in the upper pole of the right kidney."),
    ("Findings", "Chronic obstructive pulmonary disease."),
    ("Findings", "Sternotomy wires are intact."),
    ("Impression", "Fourth metacarpal fracture, 30 degrees of angulation."),
    ("Impression", "COPD."),
)


@pytest.fixture
def report() -> Report:
    made = empty_report("r", StudyContext())
    for n, (section, text) in enumerate(TEXTS, start=1):
        statement = Statement(f"s{n}", text, Provenance("import"))
        made = ops.apply(made, ops.Insert(section, 99, statement))
    return made


@pytest.fixture
def view(report: Report) -> View:
    return View(report, load_lexicon())


def after(report: Report, instruction: str) -> dict[str, str]:
    turn = Chat(load_lexicon(), None).respond(report, instruction)
    return {s.id: s.text for _, s in turn.after.live()}


@pytest.mark.parametrize(
    ("phrase", "statement", "text"),
    [
        ("fifth metacarpal", "s1", "Fracture of the fifth metacarpal neck with 30 degrees of angulation."),
        ("angulation is 45 degrees", "s1", "Fracture of the fourth metacarpal neck with 45 degrees of angulation."),
        ("conus at L2", "s3", "The conus ends at L2."),
        ("lower pole", "s4", "Several cysts in the lower pole of the right kidney."),
        ("left kidney", "s4", "Several cysts in the upper pole of the left kidney."),
        ("three cysts", "s4", "Three cysts in the upper pole of the right kidney."),
    ],
)  # fmt: skip
def test_a_part_said_anew(view: View, phrase: str, statement: str, text: str) -> None:
    assert realigned(phrase, view).get(statement) == text


@pytest.mark.parametrize(
    "phrase",
    [
        "right pleural effusion",  # the only place denies it: an addition, not a correction
        "there is a fifth metacarpal fracture",
        "no conus at L2",
        "torn meniscus",
        "left",
        "is the conus at L2?",
    ],
)
def test_what_is_no_part_said_anew(view: View, phrase: str) -> None:
    assert realigned(phrase, view) == {}


@pytest.mark.parametrize(
    ("instruction", "gone"),
    [
        ("the wires are irrelevant, leave them out", {"s6"}),
        ("forget the wires", {"s6"}),
        ("wires can be left out", {"s6"}),
        ("no comment on the wires please", {"s6"}),
        ("delete the COPD", {"s5", "s8"}),
    ],
)
def test_what_is_taken_out_as_people_say_it(
    report: Report, instruction: str, gone: set[str]
) -> None:
    left = after(report, instruction)
    assert {s.id for _, s in report.live()} - set(left) == gone
    assert all(left[s.id] == s.text for _, s in report.live() if s.id in left)


@pytest.mark.parametrize(
    ("instruction", "order"),
    [
        ("put the conus first", ["s3", "s1", "s2", "s4", "s5", "s6"]),
        ("start with the wires", ["s6", "s1", "s2", "s3", "s4", "s5"]),
        ("the conus belongs right after the wires", ["s1", "s2", "s4", "s5", "s6", "s3"]),
        ("cysts to the end", ["s1", "s2", "s3", "s5", "s6", "s4"]),
    ],
)
def test_moves_as_people_say_them(report: Report, instruction: str, order: list[str]) -> None:
    turn = Chat(load_lexicon(), None).respond(report, instruction)
    section = turn.after.section("Findings")
    assert section is not None
    assert [s.id for s in section.statements] == order
    assert {s.text for _, s in turn.after.live()} == {s.text for _, s in report.live()}


def test_the_other_section_is_offered_the_same_words(report: Report) -> None:
    turn = Chat(load_lexicon(), None).respond(report, "angulation is 45 degrees")
    changed = {i for o in (*turn.operations, *turn.offered) for i in ops.named_ids(o)}
    assert changed == {"s1", "s7"}


def test_all_on_the_other_side_turns_findings_and_impression_only(report: Report) -> None:
    left = after(report, "wrong side, all left")
    assert left["s4"] == "Several cysts in the upper pole of the left kidney."
    assert left["s2"] == "No left pleural effusion."


def test_an_abbreviation_names_the_sentence_that_spells_it_out(report: Report) -> None:
    """Impression has "COPD" as typed; the sentence of Findings is the one to be moved."""
    turn = Chat(load_lexicon(), None).respond(report, "move the COPD sentence to the top")
    section = turn.after.section("Findings")
    assert section is not None and section.statements[0].id == "s5"


def test_an_abbreviation_is_found_where_a_sentence_spells_it(view: View) -> None:
    assert spelled_out("MCL is torn", view) == "MCL is torn"
    assert spelled_out("COPD", view) == "COPD", "a sentence has it as it was typed"


def test_words_that_one_text_has_in_place_of_the_others() -> None:
    assert exchanged("A 9 mm nodule on the left.", "A 11 mm nodule on the right.") == [
        ("9 mm", "11 mm"),
        ("left", "right"),
    ]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("Left adrenal adenoma.", "Probable left adrenal adenoma."),
        ("The mass is malignant.", "The mass is probably malignant."),
        ("Findings consistent with sarcoidosis.", "Findings suggestive of sarcoidosis."),
        ("Possible pneumonia.", None),
        ("No fracture.", None),
    ],
)
def test_a_guarded_wording(text: str, guarded: str | None) -> None:
    assert hedged(text) == guarded


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("Sigmoid diverticula without inflammation.", "There are sigmoid diverticula without inflammation."),
        ("Tortuous, calcified thoracic aorta.", "There is a tortuous, calcified thoracic aorta."),
        ("Moderate pleural thickening at both bases.", "There is moderate pleural thickening at both bases."),
        ("The aorta is tortuous.", None),
    ],
)  # fmt: skip
def test_a_full_sentence(text: str, full: str | None) -> None:
    assert nominal(text) == full

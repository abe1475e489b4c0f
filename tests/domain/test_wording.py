"""Wordings: what may be kept of a sentence, and when two sentences are the same statement."""

from __future__ import annotations

import pytest

from radassist.domain.wording import filled, pattern_of, same_statement, storable
from radassist.library.lexicon import load_lexicon
from radassist.library.wording import load_vocabulary

LEXICON, WORDS = load_lexicon(), load_vocabulary()


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("The heart is mildly enlarged.", "The heart is {degreely} enlarged."),
        ("A small left-sided effusion is seen.", "A {degree} {side}-sided effusion is seen."),
        ("An 8 mm nodule in the right upper lobe.", "An {size} nodule in the {side} {lobe} lobe."),
        ("Cardiomegaly, CTR 0.57.", "Cardiomegaly, CTR {ratio}."),
        ("Compression fracture of L1.", "Compression fracture of {level}."),
        ("No pneumothorax or effusion is seen.", "No pneumothorax or effusion is seen."),
        ("No MR evidence of acute infarct.", "No MR evidence of acute infarct."),
    ],
)  # fmt: skip
def test_what_changes_from_patient_to_patient_is_a_slot(text: str, pattern: str) -> None:
    assert storable(text, LEXICON, WORDS) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "No effusion, discussed with Dr Stone.",
        "Mr. Bones has no effusion.",
        "No effusion in Smith.",
        "No effusion in smith.",
        "SMITH: no effusion.",
        "Effusion in Rib.",  # a word of the lexicon, written as a name
        "Compared with 12/03/2020, no effusion.",
        "No effusion since March 2020.",
        "No effusion, ID 4711.",
        "2 nodules.",
        "Fracture of the 4th rib.",
        "No effusion. No pneumothorax.",
        "CT of the chest is recommended for the nodule.",
        "The patient was seen.",
        "No {side} effusion.",
        "",
    ],
)
def test_names_dates_numbers_and_more_than_one_sentence_are_not_kept(text: str) -> None:
    assert storable(text, LEXICON, WORDS) == ""


@pytest.mark.parametrize(
    ("pattern", "drafted", "text"),
    [
        ("There is a {degree} {side}-sided pleural effusion.", "Small left pleural effusion.",
         "There is a small left-sided pleural effusion."),
        ("An {size} nodule in the {side} {lobe} lobe.", "Right upper lobe nodule, 7 mm.",
         "A 7 mm nodule in the right upper lobe."),
        ("A {size} {side} {lobe} lobe nodule.", "8 mm nodule in the left lower lobe.",
         "An 8 mm left lower lobe nodule."),
        ("A {size} {side} {lobe} lobe nodule.", "11 mm nodule in the left lower lobe.",
         "An 11 mm left lower lobe nodule."),
        ("Heart {degreely} enlarged.", "Mild cardiomegaly.", "Heart mildly enlarged."),
        ("{degree} cardiomegaly.", "The heart is severely enlarged.", "Severe cardiomegaly."),
        ("Cardiomegaly (CTR {ratio}).",
         "The heart is enlarged, with a cardiothoracic ratio of 0.57 (95 % CI 0.53 to 0.61).",
         "Cardiomegaly (CTR 0.57)."),
        ("{level} compression fracture.", "Compression fracture of T12.",
         "T12 compression fracture."),
        ("Both lungs are clear, no consolidation or mass.",
         "The lungs are clear, without consolidation or mass.",
         "Both lungs are clear, no consolidation or mass."),
    ],
)  # fmt: skip
def test_a_pattern_takes_the_values_of_the_drafted_sentence(
    pattern: str, drafted: str, text: str
) -> None:
    assert filled(pattern, drafted, LEXICON) == text
    assert same_statement(text, drafted, LEXICON, WORDS)


@pytest.mark.parametrize(
    ("pattern", "drafted"),
    [
        ("{side} pleural effusion.", "Pleural effusion."),
        ("An {size} nodule.", "A nodule."),
        ("{side} effusion, {size} {side} nodule.", "Left effusion, right and left nodule of 3 mm."),
    ],
)
def test_a_pattern_that_asks_for_more_than_was_drafted_is_not_filled(
    pattern: str, drafted: str
) -> None:
    text = filled(pattern, drafted, LEXICON)
    assert not text or not same_statement(text, drafted, LEXICON, WORDS)


@pytest.mark.parametrize(
    ("wording", "drafted"),
    [
        ("Small right pleural effusion.", "Small left pleural effusion."),
        ("Large left pleural effusion.", "Small left pleural effusion."),
        ("Left pleural effusion.", "Small left pleural effusion."),
        ("Possible left pleural effusion.", "Left pleural effusion."),
        ("Unchanged left pleural effusion.", "Left pleural effusion."),
        ("No significant pleural effusion.", "No pleural effusion."),
        ("No pleural effusion, pneumothorax or mass.", "No pleural effusion or pneumothorax."),
        ("No pleural effusion.", "No pleural effusion or pneumothorax."),
        ("8 mm nodule.", "6 mm nodule."),
        ("8 mm nodule in the right upper lobe.", "8 mm nodule in the right lower lobe."),
        ("Two nodules.", "Nodules."),
        ("Compression fracture of L2.", "Compression fracture of L1."),
        ("Cardiomediastinal contours are normal.", "The heart is normal in size."),
        ("Heart normal in size and contour.", "The heart is normal in size."),
        ("The liver is normal in size, without focal lesion.",
         "The liver is normal in size and attenuation, without focal lesion."),
        ("Marked cardiomegaly.", "Cardiomegaly."),
        ("Left effusion with loculation.", "Left effusion."),
        ("Both sided pleural effusion.", "Pleural effusion."),
        ("Nodule, recommend CT.", "Nodule."),
    ],
)  # fmt: skip
def test_other_facts_are_another_statement(wording: str, drafted: str) -> None:
    assert not same_statement(wording, drafted, LEXICON, WORDS)
    assert not same_statement(drafted, wording, LEXICON, WORDS)


def test_the_pattern_of_a_sentence_is_the_same_for_every_patient() -> None:
    one = pattern_of("8 mm nodule in the left upper lobe.", LEXICON)
    other = pattern_of("12 mm nodule in the right lower lobe.", LEXICON)
    assert one == other == "{size} nodule in the {side} {lobe} lobe."

"""Surgery on one sentence: stems, typing errors, substitution, lists, articles, attributes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.workflow.chat.cutting import without_item
from radassist.workflow.chat.deleting import without_comparison
from radassist.workflow.chat.shortening import shortened
from radassist.workflow.chat.wording import (
    fix_articles,
    one_edit_apart,
    sentence,
    stem,
    substituted,
    tidy,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nodules", "nodular"),
        ("vertebrae", "vertebral"),
        ("menisci", "meniscus"),
        ("effusions", "effusion"),
        ("osseous", "osseous"),
        ("cardiac", "heart"),
    ],
)
def test_inflections_meet(one: str, other: str) -> None:
    assert stem(one) == stem(other)


@pytest.mark.parametrize(
    ("a", "b", "near"),
    [
        ("delte", "delete", True),
        ("sentnce", "sentence", True),
        ("rigth", "right", True),
        ("left", "left", False),
        ("lung", "lungs", True),
        ("hilar", "ileal", False),
    ],
)
def test_one_edit(a: str, b: str, near: bool) -> None:
    assert one_edit_apart(a, b) is near
    assert one_edit_apart(b, a) is near


@pytest.mark.parametrize(
    ("text", "old", "new", "wanted"),
    [
        ("There is a 6 mm nodule.", "6 mm", "8 mm", "There is an 8 mm nodule."),
        ("A 6-mm nodule.", "6 mm", "7 mm", "A 7-mm nodule."),
        ("Left effusion, left base.", "left", "right", "Right effusion, right base."),
        ("SMALL EFFUSION.", "small", "large", "LARGE EFFUSION."),
        ("A 16 mm and 0.6 mm thing.", "6 mm", "8 mm", None),
        ("Cleft palate.", "left", "right", None),
        ("Left-sided effusion.", "left", "right", "Right-sided effusion."),
    ],
)
def test_substitution(text: str, old: str, new: str, wanted: str | None) -> None:
    assert substituted(text, old, new) == wanted


@pytest.mark.parametrize(
    ("text", "item", "wanted"),
    [
        ("No edema, effusion, or pneumothorax.", "edema", "No effusion or pneumothorax."),
        ("No edema, effusion, or pneumothorax.", "effusion", "No edema or pneumothorax."),
        ("No edema, effusion, or pneumothorax.", "pneumothorax", "No edema or effusion."),
        ("No effusion or pneumothorax is seen.", "pneumothorax", "No effusion is seen."),
        ("The heart and mediastinum are normal.", "heart", "Mediastinum is normal."),
        (
            "The spleen, pancreas and adrenals are normal.",
            "pancreas",
            "The spleen and adrenals are normal.",
        ),
        ("Small left effusion.", "effusion", None),
    ],
)
def test_one_item_of_a_list(text: str, item: str, wanted: str | None) -> None:
    start = text.index(item)
    assert without_item(text, start, start + len(item)) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Mild cardiomegaly, unchanged from the prior study.", "Mild cardiomegaly."),
        ("Stable calcified granuloma.", "Calcified granuloma."),
        ("Mild hyperinflation appears similar to prior.", "Mild hyperinflation."),
        ("Unchanged.", ""),
        ("No pneumothorax.", "No pneumothorax."),
    ],
)
def test_comparison_words_go(text: str, wanted: str) -> None:
    assert without_comparison(text) == wanted


def test_shortening_by_rules_keeps_the_facts() -> None:
    assert shortened("There is a 6 mm nodule seen in the left upper lobe.") == (
        "6 mm nodule in the left upper lobe."
    )
    assert shortened("No effusion.") is None


def test_sentences_and_articles() -> None:
    assert sentence('  "no acute fracture" ') == "No acute fracture."
    assert sentence("") == ""
    assert fix_articles("a 8 mm, an small, a MR, an 6 mm") == "an 8 mm, a small, an MR, a 6 mm"


@given(st.text(max_size=80))
def test_any_text_is_survived(text: str) -> None:
    tidy(text)
    sentence(text)
    fix_articles(text)
    assert substituted(text, "qq zz", "x") is None or "qq" in text.lower()

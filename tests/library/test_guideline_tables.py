"""The shipped guideline tables: complete, without holes, and faithful to the papers' thresholds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from radassist.domain.guidelines import Lesion, row_for
from radassist.errors import InputFault
from radassist.library.guidelines import load_guidelines, read_guideline
from radassist.library.impressions import load_ranking, load_study_kinds
from radassist.library.lexicon import load_lexicon

TABLES = {g.id: g for g in load_guidelines()}


def test_each_table_is_cited_and_names_known_concepts() -> None:
    lexicon = load_lexicon()
    for table in TABLES.values():
        assert re.fullmatch(r"10\.\d{4,}/\S+", table.doi), table.id
        assert str(table.year) in table.journal and table.authors and table.population
        assert table.doi in table.citation
        for concept in (*table.concepts, *table.places):
            assert lexicon.get(concept) is not None, concept


def test_ranks_and_study_kinds_name_known_concepts() -> None:
    lexicon = load_lexicon()
    ranking = load_ranking()
    named = ranking.critical | ranking.minor
    for kind in load_study_kinds():
        named |= kind.incidental | {c for group in kind.covered for c in group}
    assert not [c for c in named if lexicon.get(c) is None]
    assert not ranking.critical & ranking.minor


@pytest.mark.parametrize(
    ("size", "character", "multiple", "row"),
    [
        (5, "solid", False, "solid-single-under-6"),
        (6, "solid", False, "solid-single-6-to-8"),
        (8, "solid", False, "solid-single-6-to-8"),
        (9, "solid", False, "solid-single-over-8"),
        (30, "solid", False, "solid-single-over-8"),
        (5, "solid", True, "solid-multiple-under-6"),
        (6, "solid", True, "solid-multiple-6-or-over"),
        (12, "solid", True, "solid-multiple-6-or-over"),
        (5, "ground-glass", False, "ground-glass-single-under-6"),
        (6, "ground-glass", False, "ground-glass-single-6-or-over"),
        (5, "part-solid", False, "part-solid-single-under-6"),
        (6, "part-solid", False, "part-solid-single-6-or-over"),
        (5, "ground-glass", True, "subsolid-multiple-under-6"),
        (6, "part-solid", True, "subsolid-multiple-6-or-over"),
    ],
)
def test_fleischner_2017_table_1(size: float, character: str, multiple: bool, row: str) -> None:
    found = row_for(TABLES["fleischner-2017"], Lesion(size, character, multiple))
    assert found is not None and found.id == row


def test_fleischner_sizes_are_means_rounded_to_millimetres() -> None:
    table = TABLES["fleischner-2017"]
    assert table.size_of((9.0, 6.0)) == 8.0  # 7.5 is rounded up
    assert table.size_of((8.4,)) == 8.0
    assert table.size_of((5.0, 9.0, 7.0)) == 8.0


@pytest.mark.parametrize(
    ("table", "size", "age", "row"),
    [
        ("acr-thyroid-2015", 10, 34, "under-35-1-cm-or-over"),
        ("acr-thyroid-2015", 14.9, 35, "35-or-over-small"),
        ("acr-thyroid-2015", 15, 35, "35-or-over-1.5-cm-or-over"),
        ("acr-thyroid-2015", 20, None, None),
        ("acr-adrenal-2017", 9, 50, "under-1-cm"),
        ("acr-adrenal-2017", 19, 50, "1-to-2-cm"),
        ("acr-adrenal-2017", 20, 50, "2-to-4-cm"),
        ("acr-adrenal-2017", 40, 50, "4-cm-or-over"),
        ("svs-aaa-2018", 29, 70, None),
        ("svs-aaa-2018", 39, 70, "3.0-to-3.9-cm"),
        ("svs-aaa-2018", 49, 70, "4.0-to-4.9-cm"),
        ("svs-aaa-2018", 54, 70, "5.0-to-5.4-cm"),
        ("svs-aaa-2018", 55, 70, "5.5-cm-or-over"),
    ],
)
def test_thresholds(table: str, size: float, age: int | None, row: str | None) -> None:
    found = row_for(TABLES[table], Lesion(size, age=age))
    assert (found.id if found else None) == row


def test_unknown_risk_names_both_branches() -> None:
    row = row_for(TABLES["fleischner-2017"], Lesion(5, "solid"))
    assert row is not None
    assert row.advice("low") == "no routine follow-up"
    assert row.advice("high") == "optional CT at 12 months"
    both = row.advice("")
    assert "depends on risk" in both and row.low in both and row.high in both


@pytest.mark.parametrize(
    "text",
    ["", "id = 'x'\n[[row]]\nid='a'\nversion=1\n", "not toml", "id = 'x'\nnonsense = 1\n[[row]]\n"],
)
def test_a_damaged_table_is_a_fault(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputFault, match=r"x\.toml"):
        read_guideline(path)

"""Diffs name the changed statements and nothing else."""

from __future__ import annotations

from radassist.domain.diff import changes, diff_lines
from radassist.domain.operations import Delete, Insert, Move, Replace, accept, apply, reject
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report


def make(statement_id: str, text: str) -> Statement:
    return Statement(statement_id, text, Provenance("template"))


def report() -> Report:
    made = empty_report("r", StudyContext())
    for n, text in enumerate(["A.", "B.", "C."], start=1):
        made = apply(made, Insert("Findings", 9, make(f"s{n}", text)))
    return made


def test_each_kind_of_change_has_its_line() -> None:
    before = report()
    cases = {
        Replace(make("s2", "Bee.")): ["- Findings s2: B.", "+ Findings s2: Bee."],
        Delete("s1"): ["- Findings s1: A."],
        reject("s1"): ["- Findings s1: A."],
        accept("s3"): ["~ Findings s3: accepted: C."],
        Insert("Impression", 0, make("s4", "D.")): ["+ Impression s4: D."],
        Move("s3", "Impression", 0): ["~ Impression s3: moved: C."],
        Move("s3", "Findings", 0): ["~ Findings s3: moved: C."],
    }
    for operation, lines in cases.items():
        assert diff_lines(before, apply(before, operation)) == lines


def test_no_change_no_lines() -> None:
    assert changes(report(), report()) == []

"""What drafts are worth: shares kept, the exact test, and the rule on generated reports."""

from __future__ import annotations

from itertools import combinations
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.domain import operations
from radassist.domain.document import ReportDocument
from radassist.domain.effort import (
    LATEST,
    SIGNIFICANCE,
    Kept,
    ReportUse,
    by_template,
    kept_of,
    slower_p,
    template_use,
    was_drafted,
)
from radassist.domain.history import HistoryEntry
from radassist.domain.operations import Delete, Insert, Operation, Replace
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report

AT = "2026-03-01T12:00:00Z"


def document(*acts: tuple[Operation, str]) -> ReportDocument:
    base = report = empty_report("r", StudyContext(), "chest-radiograph@1")
    history: list[HistoryEntry] = []
    for operation, how in acts:
        inverse = operations.inverse(report, operation)
        history.append(HistoryEntry(len(history) + 1, AT, "x", how, operation, inverse))
        report = operations.apply(report, operation)
    return ReportDocument(base, report, tuple(history))


def put(number: int, text: str, section: str = "Findings") -> Insert:
    return Insert(section, 9, Statement(f"s{number}", text, Provenance("template")))


def typed(number: int, text: str) -> Replace:
    return Replace(Statement(f"s{number}", text, Provenance("radiologist", "typed")))


def test_what_became_of_each_drafted_sentence() -> None:
    made = document(
        (put(1, "CT of the chest.", "Examination"), "draft"),
        (put(2, "The lungs are clear."), "draft"),
        (put(3, "No pleural effusion or pneumothorax."), "draft"),
        (put(4, "The heart is normal in size."), "draft"),
        (put(5, "No acute bone abnormality."), "draft"),
        (operations.accept("s2"), "key"),
        (typed(3, "No pleural effusion."), "typed"),
        (operations.reject("s4"), "key"),
        (Delete("s5"), "key"),
        (put(6, "Small nodule."), "typed"),
    )
    kept = kept_of(made)
    assert kept == Kept(unchanged=1, edited=1, removed=2, added=1, words=pytest.approx(7 / 19))
    assert kept.drafted == 4, "what the header says is no draft"
    assert kept.share == 0.25
    assert was_drafted(made) is True


def test_either_of_two_offered_wordings_is_kept() -> None:
    program, own = "No pleural effusion or pneumothorax.", "No pneumothorax or effusion."
    for end in (program, own):
        made = document(
            (put(1, program), "draft"),
            (Replace(Statement("s1", own, Provenance("template"))), "draft"),
            (Replace(Statement("s1", end, Provenance("template"))), "key"),
        )
        assert kept_of(made) == Kept(unchanged=1, words=1.0)


def test_a_report_that_was_imported_is_no_measure() -> None:
    made = document((put(1, "The lungs are clear."), "import"))
    assert was_drafted(made) is None
    assert kept_of(made).share is None


@given(
    st.lists(st.integers(1, 6), min_size=1, max_size=6),
    st.lists(st.integers(1, 6), min_size=1, max_size=5),
)
def test_the_test_is_exact_with_ties_too(drafted: list[int], empty: list[int]) -> None:
    """Against every way to choose which of the reports were drafted."""
    pooled = drafted + empty
    ranks = [sum(y < x for y in pooled) + sum(y == x for y in pooled) / 2 for x in pooled]
    seen = sum(ranks[: len(drafted)])
    sums = [sum(chosen) for chosen in combinations(ranks, len(drafted))]
    expected = sum(s >= seen - 1e-9 for s in sums) / len(sums)
    assert slower_p(drafted, empty) == pytest.approx(expected)


def uses(drafted: list[float], empty: list[float], share: float = 0.5) -> list[ReportUse]:
    unchanged = round(20 * share)
    kept = Kept(unchanged, 20 - unchanged, 0, 0, share)
    made = [(s, True, kept) for s in drafted] + [(s, False, Kept()) for s in empty]
    return [
        ReportUse(f"r{n}", "Roe", "ct-chest", flag, seconds, k, f"2026-01-01T{n:05d}")
        for n, (seconds, flag, k) in enumerate(made)
    ]


SLOW, QUICK = [100.0 + n for n in range(8)], [60.0 + n for n in range(5)]


def test_drafts_that_cost_time_are_no_longer_offered_and_it_is_said_why() -> None:
    use = template_use("ct-chest", uses(SLOW, QUICK))
    assert use.p == pytest.approx(1 / 1287)  # the 8 slowest of 13: 1 of C(13, 8) ways
    assert not use.offered
    assert use.reason == ("reports with a draft took you 104 s, empty ones 62 s (medians)")
    assert use.seconds_drafted == median(SLOW)


def test_drafts_that_save_time_stay() -> None:
    use = template_use("ct-chest", uses([s - 60 for s in SLOW], QUICK))
    assert use.offered
    assert use.p == 1.0


@pytest.mark.parametrize(("drafted", "empty"), [(7, 5), (8, 4), (8, 0), (0, 5)])
def test_too_few_reports_decide_nothing(drafted: int, empty: int) -> None:
    use = template_use("ct-chest", uses(SLOW[:drafted], QUICK[:empty]))
    assert use.p is None
    assert use.offered


def test_a_difference_that_chance_would_make_stops_nothing() -> None:
    drafted, empty = [60.0, 80, 100, 120, 70, 90, 110, 95], [65.0, 85, 105, 75, 90]
    use = template_use("ct-chest", uses(drafted, empty))
    assert use.seconds_drafted > use.seconds_empty  # type: ignore[operator]
    assert use.p == pytest.approx(slower_p(drafted, empty))
    assert use.p > SIGNIFICANCE  # type: ignore[operator]
    assert use.offered


def test_drafts_of_which_nothing_is_kept_are_no_longer_offered() -> None:
    assert template_use("t", uses([None] * 8, [], 0.2)).offered  # type: ignore[list-item]
    assert template_use("t", uses([None] * 7, [], 0.1)).offered  # type: ignore[list-item]
    use = template_use("t", uses([None] * 8, [], 0.1))  # type: ignore[list-item]
    assert use.reason == "you kept 10% of what was drafted (median of 8 reports)"


def test_only_the_latest_reports_count() -> None:
    late = uses([s - 60 for s in SLOW] * 5, QUICK)
    early = [
        ReportUse(f"e{n}", "Roe", "ct-chest", True, 900.0, Kept(), "2025-01-01") for n in range(90)
    ]
    use = template_use("ct-chest", early + late)
    assert use.drafted == LATEST
    assert use.offered


def test_templates_are_judged_apart() -> None:
    other = [ReportUse("o", "Roe", "ct-head", True, 9.0, Kept(9), "2026")]
    found = by_template(uses(SLOW, QUICK) + other)
    assert [(u.template, u.offered) for u in found] == [("ct-chest", False), ("ct-head", True)]


@pytest.mark.parametrize(
    ("cost", "fewest", "most"), [(0.0, 0.0, 0.05), (-10.0, 0.0, 0.01), (30.0, 0.95, 1.0)]
)
def test_the_rule_on_generated_reports(cost: float, fewest: float, most: float) -> None:
    """100 users with log-normal times (median 80 s, sigma 0.25), asked after every report.

    With every second draft comes one empty report.  Counted are the users whose drafts
    were stopped at any time within 30 drafts.
    """
    random = np.random.default_rng(20260301)
    stopped = 0
    for _ in range(100):
        drafted: list[float] = []
        empty: list[float] = []
        for number in range(30):
            drafted.append(float(random.lognormal(np.log(80), 0.25)) + cost)
            if number % 2 == 0:
                empty.append(float(random.lognormal(np.log(80), 0.25)))
            if not template_use("t", uses(drafted, empty)).offered:
                stopped += 1
                break
    assert fewest <= stopped / 100 <= most


def test_the_report_is_not_touched_by_being_measured() -> None:
    made = document((put(1, "The lungs are clear."), "draft"))
    before: Report = made.report
    kept_of(made)
    assert made.report is before

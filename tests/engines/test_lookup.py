"""Prompt lookup proposes what followed the same words before."""

from __future__ import annotations

from radassist.engines.language.lookup import DRAFT, Lookup


def test_what_followed_the_last_two_tokens_is_proposed() -> None:
    assert Lookup([1, 2, 3, 4, 5, 9, 1, 2]).draft() == [3, 4, 5]


def test_the_longer_agreement_counts_before_the_later_place() -> None:
    text = [7, 1, 2, 30, 31, 32, 8, 1, 2, 40, 41, 42, 7, 1, 2]
    assert Lookup(text).draft() == [30, 31, 32]


def test_of_equal_agreements_the_latest_counts() -> None:
    assert Lookup([5, 1, 2, 30, 31, 32, 6, 1, 2, 40, 41, 42, 9, 1, 2]).draft() == [40, 41, 42]


def test_nothing_is_proposed_without_a_place_or_with_too_little_after_it() -> None:
    assert Lookup([]).draft() == [] and Lookup([1]).draft() == []
    assert Lookup([1, 2, 3, 4]).draft() == []
    assert Lookup([1, 2, 9, 1, 2]).draft() == [9, 1, 2]
    assert Lookup([1, 1, 1]).draft() == [] and len(Lookup([1] * 9).draft()) == DRAFT


def test_the_text_grows() -> None:
    lookup = Lookup([1, 2, 3, 4, 5])
    for token in (1, 2):
        lookup.append(token)
    assert lookup.draft() == [3, 4, 5]

"""Threads that suit a machine, and two sentences that say what will be slow on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest

from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.errors import Cancelled, EngineFault
from radassist.ports import Completion
from radassist.workflow.speed import (
    Speed,
    Trial,
    choose,
    in_two_sentences,
    measure_language,
    thread_counts,
)


def silent(_fraction: float, _text: str) -> None:
    pass


class Never:
    def cancelled(self) -> bool:
        return False


class Always:
    def cancelled(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("cores", "counts"),
    [(1, (1,)), (2, (1, 2)), (3, (1, 2, 3)), (6, (1, 2, 4, 6)), (64, (4, 8, 16, 32, 64))],
)
def test_few_numbers_of_threads_are_tried(cores: int, counts: tuple[int, ...]) -> None:
    assert thread_counts(cores) == counts


@pytest.mark.parametrize(
    ("rates", "chosen"),
    [
        ({1: 5.0, 2: 9.0}, 2),
        ({1: 9.0, 2: 9.3}, 1),  # not worth a core
        ({1: 5.0, 2: 9.0, 4: 15.0, 8: 14.0}, 4),  # more is slower
        ({4: 10.0}, 4),
        ({}, None),
    ],
)
def test_the_choice_of_threads(rates: dict[int, float], chosen: int | None) -> None:
    best = choose([Trial(n, rate, 0.5) for n, rate in rates.items()])
    assert (best.threads if best else None) == chosen


class Paced(ScriptedLanguageModel):
    """A scripted model that takes its time for each word, less with more threads."""

    def __init__(self, threads: int, closed: list[int]) -> None:
        super().__init__(lambda _m, _s: " ".join(["word"] * 10))
        self._pause, self._threads, self._closed = 0.02 / threads, threads, closed

    def complete(self, messages: Sequence[tuple[str, str]], **more: Any) -> Completion:
        told = more.pop("progress", None)

        def paced(fraction: float, text: str) -> None:
            time.sleep(self._pause)
            if told is not None:
                told(fraction, text)

        return super().complete(messages, progress=paced, **more)

    def close(self) -> None:
        self._closed.append(self._threads)


def test_the_rate_is_that_of_the_words_after_the_first() -> None:
    closed: list[int] = []
    said: list[str] = []
    trials = measure_language(
        lambda n: Paced(n, closed), 2, lambda _f, text: said.append(text), Never()
    )
    assert [t.threads for t in trials] == closed == [1, 2]
    one, two = trials
    assert one.tokens_per_second < 50  # 20 ms a word
    assert one.first_word_s >= 0.02
    assert two.tokens_per_second > one.tokens_per_second
    assert said == ["Language pack with 1 thread", "Language pack with 2 threads"]


def test_cancelling_closes_the_model() -> None:
    closed: list[int] = []
    with pytest.raises(Cancelled):
        measure_language(lambda n: Paced(n, closed), 4, silent, Always())
    assert closed == [1]


def test_a_model_that_fails_is_closed_and_told() -> None:
    closed: list[int] = []

    class Broken(Paced):
        def complete(self, messages: Sequence[tuple[str, str]], **more: Any) -> Completion:
            raise EngineFault("The language engine stopped.")

    with pytest.raises(EngineFault):
        measure_language(lambda n: Broken(n, closed), 1, silent, Never())
    assert closed == [1]


def sentences(rate: float, first: float, ms: float | None) -> tuple[str, str]:
    return in_two_sentences(Speed((Trial(2, rate, first),), ms))


def test_a_fast_machine_is_told_so() -> None:
    words, images = sentences(60, 0.3, 45)
    assert words == (
        "The language pack writes about 60 tokens a second: an impression takes 1.3 s."
    )
    assert images == "The vision pack takes 45 ms an image, which you will not notice."


def test_a_slow_machine_is_told_what_will_be_slow() -> None:
    words, images = sentences(8, 3, 1800)
    assert words == (
        "The language pack is slow here, about 8 tokens a second: expect 10 s for an impression or "
        "a free wish in the chat, while plain commands stay immediate."
    )
    assert images == (
        "The vision pack takes 1.8 s an image: the draft comes that much after the image."
    )


def test_a_very_slow_machine_is_advised() -> None:
    words, images = sentences(1, 20, 9000)
    assert "very slow here" in words
    assert "expect 80 s" in words
    assert words.endswith("switch it off in the settings if that is too long.")
    assert "is slow here, 9.0 s an image" in images


def test_without_packs_it_says_what_that_means() -> None:
    words, images = in_two_sentences(Speed())
    assert "was not measured" in words
    assert "no finding of a model" in images


@pytest.mark.parametrize("rate", [0.01, 1, 5, 15, 60, 500])
@pytest.mark.parametrize("ms", [None, 1, 900, 3000, 60_000])
def test_there_are_always_two_sentences(rate: float, ms: float | None) -> None:
    for sentence in sentences(rate, 1.0, ms):
        assert sentence.endswith(".")
        assert sentence.count(". ") == 0

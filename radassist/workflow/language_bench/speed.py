"""How fast a language model reads and writes, seen from outside: tokens and the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from radassist.ports import LanguageModel
from radassist.workflow.language_bench.table import Row

_LINE = "Segment {}: no focal consolidation, no nodule, no effusion; unchanged bronchial walls."
_SYSTEM = "You answer questions about a radiology report."
_WRITE = "\nDescribe every segment in one sentence."
_REPEATS = 3
_TOKENS = 48


@dataclass(frozen=True)
class Timed:
    """One answer: tokens, seconds to the first text, seconds in all."""

    prompt_tokens: int
    completion_tokens: int
    first: float
    seconds: float


def timed(model: LanguageModel, messages: Sequence[tuple[str, str]], max_tokens: int) -> Timed:
    """Ask once and look at the clock when the first text comes."""
    arrived: list[float] = []
    begun = time.perf_counter()
    answer = model.complete(
        messages,
        max_tokens=max_tokens,
        progress=lambda _fraction, _text: arrived.append(time.perf_counter()),
    )
    ended = time.perf_counter()
    first = (arrived[0] if arrived else ended) - begun
    return Timed(answer.prompt_tokens, answer.completion_tokens, first, ended - begun)


def speed_rows(model: LanguageModel) -> list[Row]:
    """Medians of reading, of writing, and of the first word on a report that was read before."""
    model.complete([("user", "Hello")], max_tokens=1)  # its process has started
    reading, writing, again = [], [], []
    for n in range(_REPEATS):
        report = "\n".join(_LINE.format(f"{n}.{k}") for k in range(24))
        fresh = timed(model, [("system", _SYSTEM), ("user", report + _WRITE)], _TOKENS)
        reading.append(fresh.prompt_tokens / max(fresh.first, 1e-6))
        if fresh.completion_tokens > 1:
            left = max(fresh.seconds - fresh.first, 1e-6)
            writing.append((fresh.completion_tokens - 1) / left)
        asked = report + "\nQuestion: is there an effusion?"
        again.append(timed(model, [("system", _SYSTEM), ("user", asked)], 4).first)
    write = statistics.median(writing) if writing else None
    return [
        Row("tokens read in a second", statistics.median(reading), _REPEATS),
        Row("tokens written in a second", write, len(writing)),
        Row("first word, report read before", statistics.median(again), _REPEATS, "s"),
    ]

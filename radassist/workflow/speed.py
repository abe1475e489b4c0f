"""How fast the packs are on this machine, how many threads suit it, and what will be slow."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from radassist.domain.study import Series
from radassist.errors import Cancelled
from radassist.ports import CancelToken, DecodedFrame, LanguageModel, Progress, VisionModel

#: An impression or an answer of the chat is about so long, its prompt so much longer.
ANSWER_TOKENS = 60
_TOKENS = 24
_REPEATS = 3
_DEADLINE_S = 120.0
#: More threads are chosen only where they are faster by this factor: each takes a core away.
_WORTH_IT = 1.05
_PROMPT = (
    ("system", "You write the impression of radiology reports."),
    ("user", "Findings: The heart is enlarged. Small left pleural effusion. Say it at length."),
)


@dataclass(frozen=True)
class Fact:
    """One thing that this machine has or lacks.

    :param good: False where it needs attention.
    """

    name: str
    text: str
    good: bool = True


@dataclass(frozen=True)
class Trial:
    """One speed of the language pack.

    :param first_word_s: seconds from asking to the first token.
    """

    threads: int
    tokens_per_second: float
    first_word_s: float


@dataclass(frozen=True)
class Speed:
    """What was measured.

    :param ms_per_image: of the vision pack, pixels in and findings out; None where there is none.
    :param no_language: why the language pack was not measured, "" when it was.
    :param no_vision: the same for the vision pack.
    """

    trials: tuple[Trial, ...] = ()
    ms_per_image: float | None = None
    language_pack: str = ""
    vision_pack: str = ""
    no_language: str = ""
    no_vision: str = ""

    @property
    def best(self) -> Trial | None:
        """The trial whose number of threads suits this machine."""
        return choose(self.trials)


def choose(trials: Sequence[Trial]) -> Trial | None:
    """The fastest trial, or one with fewer threads that is within 5 % of it."""
    if not trials:
        return None
    fastest = max(t.tokens_per_second for t in trials)
    good = [t for t in trials if t.tokens_per_second * _WORTH_IT >= fastest]
    return min(good, key=lambda t: t.threads)


def thread_counts(cores: int) -> tuple[int, ...]:
    """Numbers of threads to try: doubled from 1, and all cores; at most five."""
    counts = {cores}
    number = 1
    while number < cores:
        counts.add(number)
        number *= 2
    return tuple(sorted(counts))[-5:]


def measure_language(
    make: Callable[[int], LanguageModel], cores: int, progress: Progress, cancel: CancelToken
) -> tuple[Trial, ...]:
    """The speed of the language pack with each number of threads.

    :param make: gives the model with a number of threads; it is closed here.
    :raises Cancelled: ``cancel`` said so.
    :raises Fault: the model cannot be loaded or does not answer.
    """
    counts, trials = thread_counts(cores), []
    for place, threads in enumerate(counts):
        progress(place / len(counts), f"Language pack with {threads_text(threads)}")
        model = make(threads)
        try:
            trials.append(_one_trial(model, threads, cancel))
        finally:
            model.close()
    return tuple(trials)


def _one_trial(model: LanguageModel, threads: int, cancel: CancelToken) -> Trial:
    """A short answer to have the model loaded, then the one that counts."""
    model.complete(_PROMPT, max_tokens=1, deadline_s=_DEADLINE_S, cancel=cancel)
    moments: list[float] = []
    begun = time.perf_counter()
    done = model.complete(
        _PROMPT,
        max_tokens=_TOKENS,
        deadline_s=_DEADLINE_S,
        progress=lambda _f, _t: moments.append(time.perf_counter()),
        cancel=cancel,
    )
    ended = time.perf_counter()
    first = moments[0] if moments else ended
    tokens = max(done.completion_tokens - 1, 1)
    return Trial(threads, tokens / max(ended - first, 1e-6), first - begun)


def measure_vision(
    model: VisionModel,
    image: DecodedFrame,
    series: Series,
    progress: Progress,
    cancel: CancelToken,
) -> float:
    """Median milliseconds of the vision pack for one image, once it is loaded.

    :raises Cancelled: ``cancel`` said so.
    :raises Fault: the pack cannot be loaded, or crashed.
    """
    times = []
    for number in range(_REPEATS + 1):
        if cancel.cancelled():
            raise Cancelled("The measuring was cancelled.")
        progress(number / (_REPEATS + 1), "Vision pack on the sample radiograph")
        begun = time.perf_counter()
        model.analyse(image, series)
        times.append(time.perf_counter() - begun)
    return statistics.median(times[1:]) * 1000


def measured_facts(speed: Speed) -> list[Fact]:
    """The measured values in words, and why there are none."""
    found = []
    for trial in speed.trials:
        chosen = " (chosen)" if trial == speed.best and len(speed.trials) > 1 else ""
        text = (
            f"{trial.tokens_per_second:.1f} tokens a second, first word after "
            f"{trial.first_word_s:.1f} s{chosen}"
        )
        found.append(Fact(f"Language pack, {threads_text(trial.threads)}", text))
    if speed.no_language:
        found.append(Fact("Language pack", speed.no_language, False))
    if speed.ms_per_image is not None:
        found.append(Fact("Vision pack", f"{speed.ms_per_image:.0f} ms an image"))
    if speed.no_vision:
        found.append(Fact("Vision pack", speed.no_vision, False))
    return found


def in_two_sentences(speed: Speed) -> tuple[str, str]:
    """What will be slow on this machine: one sentence on the words, one on the images."""
    return _words(speed), _images(speed)


def _words(speed: Speed) -> str:
    best = speed.best
    if best is None:
        return (
            "The language pack was not measured: rules and grammar write the impression at once, "
            "and free wording in the chat is not understood."
        )
    seconds = best.first_word_s + ANSWER_TOKENS / max(best.tokens_per_second, 1e-6)
    rate = f"{best.tokens_per_second:.0f} tokens a second"
    if seconds <= 4:
        return f"The language pack writes about {rate}: an impression takes {_seconds(seconds)}."
    how = "slow" if seconds <= 20 else "very slow"
    advice = "" if how == "slow" else "; switch it off in the settings if that is too long"
    return (
        f"The language pack is {how} here, about {rate}: expect {_seconds(seconds)} for an "
        f"impression or a free wish in the chat, while plain commands stay immediate{advice}."
    )


def _images(speed: Speed) -> str:
    milliseconds = speed.ms_per_image
    if milliseconds is None:
        return "No vision pack was measured: drafts will hold no finding of a model."
    if milliseconds <= 1000:
        return f"The vision pack takes {milliseconds:.0f} ms an image, which you will not notice."
    if milliseconds <= 5000:
        return (
            f"The vision pack takes {_seconds(milliseconds / 1000)} an image: the draft comes that "
            "much after the image."
        )
    return (
        f"The vision pack is slow here, {_seconds(milliseconds / 1000)} an image: read the image "
        "while the draft is made."
    )


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"


def threads_text(number: int) -> str:
    """ "1 thread", "4 threads"."""
    return "1 thread" if number == 1 else f"{number} threads"

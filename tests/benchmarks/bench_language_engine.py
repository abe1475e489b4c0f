"""The language engine beside llama.cpp's own bench, and what cancel, prefix and lookup come to.

    python tests/benchmarks/bench_language_engine.py [--pack ID] [--repeats N]
        [--llama-bench FILE] [--asleep] [--only cancel|speed|prefix|lookup]...

``--llama-bench`` (or ``RADASSIST_LLAMA_BENCH``) is llama.cpp's program, built from the source in
the llama-cpp-python package with the same options; without it a loop over the C interface does the
same (512 tokens in batches of 512, then 64 tokens one by one).  The two are measured in turns, so
that other work on the machine slows both, and llama-bench counts with its threads waiting as they
like or asleep, whichever is faster (``--asleep``: only so, for a machine with other work on it).
The ratio is the median of the ratios of the turns.  Exit code 1 below 0.9 of it, or when a cancel
takes over 0.3 s.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from radassist.checks.agreement import unsupported
from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.packs import Pack, open_registry
from radassist.errors import Cancelled, PackFault
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat.guards import dropped
from radassist.workflow.chat.prompts import REWRITER, STYLES, TEXT_SCHEMA
from radassist.workflow.chat.rewriting import text_of

BAR, CANCEL_S = 0.9, 0.3
PROMPT, WRITTEN = 512, 64
THREADS = os.cpu_count() or 1
LINE = "The lungs are clear without focal consolidation, effusion or pneumothorax. "
PARTS = ("cancel", "speed", "prefix", "lookup")
SENTENCES = (
    "Small right pleural effusion with adjacent atelectasis.",
    "There is a 6 mm calcified nodule seen in the left upper lobe.",
    "Stable cardiomegaly with mild pulmonary edema.",
    "The lungs are clear without focal consolidation, effusion or pneumothorax.",
    "Degenerative changes of the thoracic spine.",
    "Multiple gallstones are present without wall thickening or pericholecystic fluid.",
)
WISHES = ("Say that it may be older than six months.", *(order for _, order in STYLES))
QUESTIONS = ("Is the nodule calcified?", "Which side is the effusion on?", "How large is it?")


class Stop:
    """A cancel token that turns at the given look (one every 50 ms), and knows when."""

    def __init__(self, look: int) -> None:
        self.look, self.at = look, 0.0

    def cancelled(self) -> bool:
        self.look -= 1
        if self.look <= 0 and not self.at:
            self.at = time.monotonic()
        return self.look <= 0


def cancel(model: LlamaLanguageModel, repeats: int) -> bool:
    """From the user's cancel (up to 50 ms before it is seen) to a caller and engine that go on."""
    good = True
    for phase in ("prefill", "decoding"):
        taken = []
        for n in range(repeats):
            stop = Stop(6 if phase == "prefill" else 1_000_000)

            def told(_fraction: float, _text: str, stop: Stop = stop) -> None:
                stop.look = min(stop.look, 2)

            words = f"{n} {LINE * 165}" if phase == "prefill" else f"{n} Count to 1000 in words."
            try:
                model.complete([("user", words)], max_tokens=900, progress=told, cancel=stop)
            except Cancelled:
                taken.append(time.monotonic() - stop.at + 0.05)
        median = statistics.median(taken)
        good &= median <= CANCEL_S
        print(f"cancel in {phase:8}  median {1000 * median:4.0f} ms, worst {1000 * max(taken):.0f}")
    return good


def ours(model: LlamaLanguageModel, number: int) -> tuple[float, float]:
    """(tokens read, tokens written) a second, of prompts that share no start with earlier ones."""
    model.complete(
        [("system", f"{number} {time.time_ns()} {LINE * 32}"), ("user", "?")], max_tokens=1
    )
    read = model.latest["prompt_tokens"] / model.latest["prefill_seconds"]
    text = [("user", f"{number}: write a story of 200 words about a hospital.")]
    model.complete(text, max_tokens=WRITTEN)
    spent = model.latest["seconds"] - model.latest["prefill_seconds"]
    return read, (model.latest["completion_tokens"] - 1) / spent


def theirs(program: Path | None, gguf: Path, *, asleep: bool) -> tuple[float, float]:
    """The same two numbers of llama-bench, or of the bare loop."""
    env = dict(os.environ)
    if asleep:
        env |= {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "0"}
    if program is None:
        command: list[str | Path] = [sys.executable, __file__, "--bare", gguf]
    else:
        command = [program, "-m", gguf, "-p", str(PROMPT), "-n", str(WRITTEN), "-r", "1"]
        command += ["-t", str(THREADS), "-o", "json"]
    done = subprocess.run(command, env=env, capture_output=True, check=True)
    rows = json.loads(done.stdout)
    read = next(row["avg_ts"] for row in rows if row["n_prompt"])
    return read, next(row["avg_ts"] for row in rows if row["n_gen"])


def bare(gguf: Path) -> int:
    """What llama-bench measures, over the C interface."""
    import llama_cpp

    model = llama_cpp.Llama(
        *(str(gguf),), n_ctx=1024, n_batch=PROMPT, n_ubatch=PROMPT, n_threads=THREADS,
        n_threads_batch=THREADS, flash_attn=True, verbose=False,
    )  # fmt: skip
    tokens = model.tokenize((LINE * 60).encode())[:PROMPT]
    spent = []
    for count, batch in ((PROMPT, tokens), (WRITTEN, tokens[:1])):
        for timed in (False, True):  # the first time warms up
            model.reset()
            begun = time.perf_counter()
            for _ in range(1 if count == PROMPT else WRITTEN if timed else 2):
                model.eval(batch)
        spent.append(time.perf_counter() - begun)
    rows = [{"n_prompt": PROMPT, "n_gen": 0, "avg_ts": PROMPT / spent[0]}]
    rows.append({"n_prompt": 0, "n_gen": WRITTEN, "avg_ts": WRITTEN / spent[1]})
    print(json.dumps(rows))
    return 0


def speed(pack: Pack, repeats: int, program: Path | None, modes: tuple[bool, ...]) -> bool:
    """Medians of both, measured in turns; lookup is off, as llama-bench has none."""
    own: list[tuple[float, float]] = []
    other: dict[bool, list[tuple[float, float]]] = {asleep: [] for asleep in modes}
    with closing(_open(pack, lookup=False)) as model:
        for n in range(repeats):
            own.append(ours(model, n))
            for asleep in modes:
                other[asleep].append(theirs(program, pack.path(), asleep=asleep))
    name, good = "llama-bench" if program else "bare C loop", True
    for place, what in enumerate(("read", "written")):
        mine = [pair[place] for pair in own]
        best = max(([p[place] for p in runs] for runs in other.values()), key=statistics.median)
        ratio = statistics.median(a / b for a, b in zip(mine, best, strict=True))
        good &= ratio >= BAR
        print(
            f"tokens {what:8} {statistics.median(mine):7.1f} a second, {name} "
            f"{statistics.median(best):7.1f}: ratio {ratio:.2f} (bar {BAR}), "
            f"load {os.getloadavg()[0]:.0f}"
        )
    return good


def prefix(model: LlamaLanguageModel, repeats: int) -> bool:
    """Seconds to the first word of a question: on a new report, and on one that was read before."""
    new, again = [], []
    for n in range(repeats):
        report = "\n".join(f"Segment {n}.{k}: no consolidation, no nodule." for k in range(40))
        for seconds, question in ((new, "Is there a nodule?"), (again, "And in segment 7?")):
            ask = [("system", "You answer in a few words."), ("user", f"{report}\n{question}")]
            model.complete(ask, max_tokens=1)
            seconds.append(model.latest["prefill_seconds"])
    print(
        f"first word on a report of {model.latest['prompt_tokens']} tokens: new "
        f"{statistics.median(new):.2f} s, read before {statistics.median(again):.2f} s "
        f"({model.latest['reused_tokens']} tokens kept)"
    )
    return statistics.median(again) < statistics.median(new)


def lookup(pack: Pack) -> bool:
    """Tokens a second with and without prompt lookup, how many answers are the same, and how many
    of the rewritten sentences the rules would let through."""
    rewriting = [
        [("system", REWRITER), ("user", f"Sentence: {s}\nInstruction: {w}")]
        for s in SENTENCES
        for w in WISHES
    ]
    report = "\n".join(SENTENCES)
    asking = [
        [("system", "You answer from the report in one sentence."), ("user", f"{report}\n{q}")]
        for q in QUESTIONS
    ]
    with closing(_open(pack, lookup=False)) as plain, closing(_open(pack, lookup=True)) as quick:
        for name, prompts in (("rewriting", rewriting), ("questions", asking)):
            _compare(name, prompts, plain, quick)
    return True


def _compare(
    name: str,
    prompts: Sequence[Sequence[tuple[str, str]]],
    plain: LlamaLanguageModel,
    quick: LlamaLanguageModel,
) -> None:
    schema = TEXT_SCHEMA if name == "rewriting" else None
    tokens, spent, batches, same = [0, 0], [0.0, 0.0], [0, 0], 0
    lexicon, let_through = load_lexicon(), [0, 0]
    for messages in prompts:
        said = []
        for n, model in enumerate((plain, quick)):
            said.append(model.complete(messages, schema=schema, max_tokens=120).text)
            tokens[n] += model.latest["completion_tokens"]
            batches[n] += model.latest["batches"]
            spent[n] += model.latest["seconds"] - model.latest["prefill_seconds"]
        same += said[0] == said[1]
        old, wish = (line.partition(": ")[2] for line in messages[1][1].split("\n")[:2])
        for n, new in enumerate(map(text_of, said)):
            kept = bool(new) and not unsupported(new, [old, wish], lexicon)
            let_through[n] += kept and not dropped(new, old, wish, lexicon)
    slow, fast = (tokens[n] / spent[n] for n in (0, 1))
    print(
        f"lookup, {name}: {slow:.1f} -> {fast:.1f} tokens a second ({fast / slow:.2f}), "
        f"batches {batches[0]} -> {batches[1]}, {same} of {len(prompts)} answers the same"
        + (f", let through {let_through[0]} -> {let_through[1]}" if schema else "")
    )


def _open(pack: Pack, lookup: bool | None = None) -> LlamaLanguageModel:
    model = LlamaLanguageModel(pack.folder, pack.ref, pack.path(), THREADS, lookup=lookup)
    model.deadline_s = 600.0
    model.complete([("user", "Hello")], max_tokens=1)
    return model


def main() -> int:
    """Print the measured parts; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pack", default="language-default")
    parser.add_argument("--repeats", type=int, default=5)
    program = os.environ.get("RADASSIST_LLAMA_BENCH")
    parser.add_argument("--llama-bench", type=Path, default=Path(program) if program else None)
    parser.add_argument("--asleep", action="store_true", help="only with threads that sleep")
    parser.add_argument("--only", choices=PARTS, action="append")
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bare is not None:
        return bare(asked.bare)
    try:
        pack = open_registry().find(asked.pack)
    except PackFault as fault:
        print(f"nothing is measured: {fault}")
        return 0
    wanted, good = asked.only or PARTS, True
    print(f"{pack.ref}, {THREADS} threads")
    if "speed" in wanted:
        good &= speed(
            pack, asked.repeats, asked.llama_bench, (True,) if asked.asleep else (False, True)
        )
    with closing(_open(pack)) as model:
        if "cancel" in wanted:
            good &= cancel(model, asked.repeats)
        if "prefix" in wanted:
            good &= prefix(model, asked.repeats)
    if "lookup" in wanted:
        lookup(pack)
    return 0 if good else 1


if __name__ == "__main__":
    raise SystemExit(main())

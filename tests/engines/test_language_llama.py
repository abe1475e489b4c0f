"""llama.cpp behind the host process: faults in words, cancel, deadline, prefix cache, lookup."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gguf_files import write_gguf

from radassist.engines.language.llama import CONTEXT_TOKENS, LlamaLanguageModel
from radassist.engines.language.prefix import PIECE, pieces
from radassist.engines.language.worker import pays
from radassist.engines.packs.registry import Registry
from radassist.errors import Cancelled, DeadlineExceeded, EngineFault, PackFault
from radassist.host.process import GRACE_S, Host
from radassist.settings import find_paths

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "packs"


@pytest.fixture(scope="module")
def tiny() -> Iterator[LlamaLanguageModel]:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    try:
        pack = Registry(RESOURCES, find_paths().models).find("language-tiny")
    except PackFault as fault:
        pytest.skip(f"language-tiny: {fault}")
    made = LlamaLanguageModel(pack.folder, pack.ref, pack.path())
    made.complete([("user", "Hello")], max_tokens=1)  # its process belongs to the module
    yield made
    made.close()


def test_a_missing_file_is_a_pack_fault(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    model = LlamaLanguageModel(tmp_path, "none@1", Path("none.gguf"))
    try:
        with pytest.raises(PackFault, match="missing"):
            model.complete([("user", "Hello")])
    finally:
        model.close()


@pytest.mark.parametrize(
    ("raw", "why"), [(b"GGUF" + b"\0" * 4000, "version 0"), (b"PK" * 100, "not a GGUF")]
)
def test_a_file_that_is_no_model_is_a_pack_fault(tmp_path: Path, raw: bytes, why: str) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    (tmp_path / "bad.gguf").write_bytes(raw)
    assert why in refusal(tmp_path, "bad.gguf")


def test_a_header_without_a_model_behind_it_is_a_pack_fault(tmp_path: Path) -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    write_gguf(tmp_path / "empty.gguf")
    assert "could not be loaded" in refusal(tmp_path, "empty.gguf")
    write_gguf(tmp_path / "mmproj.gguf", **{"general.architecture": "clip"})
    assert "no language model" in refusal(tmp_path, "mmproj.gguf")


def refusal(folder: Path, name: str) -> str:
    model = LlamaLanguageModel(folder, "bad@1", Path(name))
    try:
        with pytest.raises(PackFault) as fault:
            model.complete([("user", "Hello")])
    finally:
        model.close()
    return str(fault.value)


def test_a_template_that_never_ends_is_stopped_by_the_deadline() -> None:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    with Host("looping_template:create", name="language model") as host:
        assert host.call("ready", None, deadline_s=30.0) == "ready"
        begun = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            host.call("render", None, deadline_s=0.2)
        assert time.monotonic() - begun < 0.2 + GRACE_S + 3.0
        assert host.call("ready", None, deadline_s=30.0) == "ready"  # a new child answers


def test_pieces_end_where_messages_end_and_when_they_are_full() -> None:
    cut = pieces([list(range(10)), list(range(PIECE + 3))])
    assert [len(piece) for piece in cut] == [10, PIECE, 3]


def test_lookup_is_for_weights_with_a_kernel_for_batches() -> None:
    assert pays({"general.file_type": 15}) and not pays({"general.file_type": 3})
    assert not pays({})


@pytest.mark.model
def test_a_text_that_is_too_long_is_refused_in_one_sentence(tiny: LlamaLanguageModel) -> None:
    with pytest.raises(EngineFault, match="too long"):
        tiny.complete([("user", "lung " * CONTEXT_TOKENS)], max_tokens=8)


@pytest.mark.model
def test_nothing_reaches_the_terminal(
    tiny: LlamaLanguageModel, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny.complete([("user", "Patient John Doe: say hello.")], max_tokens=4)
    said = capfd.readouterr()
    assert said.out == "" and said.err == ""


# --- cancel and deadline ---------------------------------------------------------------------

#: About 2,500 tokens: seconds of prefill on two cores.
LONG = "The lungs are clear without focal consolidation, effusion or pneumothorax. " * 165


class Stop:
    """A cancel token that turns at the given look, and knows when.

    A blocked call looks every 50 ms, so a user's cancel is at most that much older.
    """

    def __init__(self, look: int) -> None:
        self.look, self.at = look, 0.0

    def cancelled(self) -> bool:
        self.look -= 1
        if self.look <= 0 and not self.at:
            self.at = time.monotonic()
        return self.look <= 0


@pytest.mark.model
@pytest.mark.parametrize("phase", ["prefill", "decoding"])
def test_cancel_stops_within_300_ms_and_the_engine_goes_on(
    tiny: LlamaLanguageModel, phase: str
) -> None:
    pid, taken = tiny.pid, []
    for n in range(5):
        seen: list[str] = []
        stop = Stop(6 if phase == "prefill" else 1_000_000)

        def told(_fraction: float, text: str, stop: Stop = stop, seen: list[str] = seen) -> None:
            seen.append(text)
            stop.look = min(stop.look, 2)

        words = f"{n} {LONG}" if phase == "prefill" else f"{n} Count to one thousand in words."
        with pytest.raises(Cancelled):
            tiny.complete([("user", words)], max_tokens=900, progress=told, cancel=stop)
        taken.append(time.monotonic() - stop.at + 0.05)
        assert bool(seen) == (phase == "decoding")
    assert statistics.median(taken) <= 0.3, [f"{1000 * t:.0f} ms" for t in taken]
    assert tiny.complete([("user", "Hello")], max_tokens=2).completion_tokens >= 1
    assert tiny.pid == pid  # the same child, its model still loaded


@pytest.mark.model
def test_a_deadline_is_kept_in_prefill_without_a_restart(tiny: LlamaLanguageModel) -> None:
    pid, begun = tiny.pid, time.monotonic()
    with pytest.raises(DeadlineExceeded):
        tiny.complete([("user", "Deadline. " + LONG)], max_tokens=8, deadline_s=0.5)
    assert time.monotonic() - begun < 0.5 + 0.5
    assert tiny.complete([("user", "Hello")], max_tokens=2).completion_tokens >= 1
    assert tiny.pid == pid


# --- prefix cache and lookup -----------------------------------------------------------------

REPORT = [f"Statement {n}: no focal consolidation in segment {n}, no nodule." for n in range(32)]
TURNS = [
    ("system", "You answer questions about the report in a few words."),
    ("user", "\n".join(REPORT) + "\nQuestion: what is in segment 7?"),
]
SECOND = [TURNS[0], ("user", "\n".join(REPORT) + "\nQuestion: is there a nodule?")]
THIRD = [*TURNS, ("assistant", "No consolidation."), ("user", "And in segment 9?")]


@pytest.mark.model
def test_the_report_is_evaluated_once_and_warm_answers_are_the_cold_ones(
    tiny: LlamaLanguageModel,
) -> None:
    warm: dict[int, tuple[str, int]] = {}
    for n, messages in enumerate((TURNS, SECOND, THIRD, TURNS)):
        text = tiny.complete(messages, max_tokens=16).text
        warm[n] = (text, tiny.latest["reused_tokens"])
    prompt = tiny.latest["prompt_tokens"]
    assert prompt > 2 * PIECE
    assert all(reused > prompt - 2 * PIECE for _, reused in list(warm.values())[1:])
    for n, messages in ((1, SECOND), (2, THIRD)):
        cold = LlamaLanguageModel(tiny.pack_dir, tiny.pack, Path("model.gguf"))
        try:
            assert cold.complete(messages, max_tokens=16).text == warm[n][0]
            assert cold.latest["reused_tokens"] == 0
        finally:
            cold.close()


@pytest.mark.model
def test_lookup_takes_fewer_batches_and_keeps_to_schema_and_length(
    tiny: LlamaLanguageModel,
) -> None:
    words = "There is a 6 mm calcified nodule seen in the left upper lobe."
    messages = [("user", f'Copy this exactly: {{"text": "{words}"}}')]
    schema = {"type": "object", "properties": {"text": {"const": words}}, "required": ["text"]}
    tiny.complete(messages, schema=schema, max_tokens=60)
    plain = tiny.latest
    assert plain["batches"] >= plain["completion_tokens"] - 1  # weights without such a kernel
    quick = LlamaLanguageModel(tiny.pack_dir, tiny.pack, Path("model.gguf"), lookup=True)
    try:
        first = quick.complete(messages, schema=schema, max_tokens=60).text
        assert first == plain["text"]  # the schema leaves one answer: no token may be lost
        assert quick.latest["batches"] < 0.7 * plain["batches"]
        assert quick.complete(messages, schema=schema, max_tokens=60).text == first
        cut = quick.complete(messages, max_tokens=7)
        assert cut.completion_tokens <= 7
    finally:
        quick.close()

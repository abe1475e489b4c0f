"""llama.cpp in the child process: chat template, grammar-held decoding, prefix cache, cancel.

Decoding is greedy, so an answer depends on the messages, the schema, the pack and the threads
alone.  To keep that true with a cache, the system message is always evaluated apart from what
follows it, and always continues from a stored state, whether that state was made a second or an
hour ago: warm and cold runs do the same arithmetic.
"""

from __future__ import annotations

import ctypes
import json
import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.errors import Cancelled, EngineFault, PackFault
from radassist.host.process import JobContext
from radassist.library.installation import mend_installation

#: Evaluated at once; small enough that a cancel is heard soon.
BATCH = 128
#: States of system messages kept (28 KB a token for a model of 1.5 billion parameters).
KEPT_STATES = 6

_CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


def create(gguf: str, threads: int, context_tokens: int) -> LlamaEngine:
    """Factory for the host process.

    :raises PackFault: llama-cpp-python is missing, or the file is not a model that it can load.
    """
    return LlamaEngine(Path(gguf), threads, context_tokens)


class LlamaEngine:
    """One loaded model; one request at a time."""

    def __init__(self, gguf: Path, threads: int, context_tokens: int) -> None:
        # Threads that wait must sleep: spinning beside other work on the machine was seen to make
        # decoding ten times slower.  Read by libgomp when llama.cpp loads it.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        os.environ.setdefault("GOMP_SPINCOUNT", "0")
        try:
            import llama_cpp
        except ImportError as error:
            raise PackFault(
                "The language engine llama-cpp-python is not installed.", mend_installation()
            ) from error
        if not gguf.is_file():
            raise PackFault("The model file of the language pack is missing.", "Fetch it again.")
        self._lib = llama_cpp
        _keep_off_amx(llama_cpp)
        try:
            self._llama = llama_cpp.Llama(
                model_path=str(gguf),
                n_ctx=context_tokens,
                n_batch=BATCH,
                n_ubatch=BATCH,
                n_threads=threads,
                n_threads_batch=threads,
                use_mmap=True,
                verbose=False,
            )
        except (ValueError, OSError, RuntimeError) as error:
            raise PackFault(
                "The model file of the language pack could not be loaded.",
                "Verify it with: radassist models verify.",
            ) from error
        self._context = self._llama._ctx.ctx
        self._vocab = self._llama._model.vocab
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocab_size: int = llama_cpp.llama_vocab_n_tokens(self._vocab)
        self._limit: int = self._llama.n_ctx()
        self._formatter = self._make_formatter()
        self._states: OrderedDict[tuple[int, ...], bytes] = OrderedDict()
        self._grammars: dict[str, str] = {}
        self._job: JobContext | None = None
        self._abort = llama_cpp.ggml_abort_callback(self._asked_to_stop)
        llama_cpp.llama_set_abort_callback(self._context, self._abort, None)

    def handle(self, method: str, payload: Any, context: JobContext) -> Any:
        """``complete`` -> dict of text and counts; ``warm`` -> evaluates a system message ahead."""
        self._job = context
        try:
            if method == "complete":
                return self._complete(payload, context)
            if method == "warm":
                prefix, _ = self._split(payload["messages"])
                self._restore(prefix)
                return None
        finally:
            self._job = None
        raise EngineFault(f"The language engine knows no request {method!r}.")

    def _asked_to_stop(self, _: Any) -> bool:
        return self._job is not None and self._job.cancelled()

    # --- prompt ------------------------------------------------------------------------------

    def _make_formatter(self) -> Any:
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        template = self._llama.metadata.get("tokenizer.chat_template") or _CHATML
        model = self._llama._model
        return Jinja2ChatFormatter(
            template=template,
            eos_token=model.token_get_text(model.token_eos()) if model.token_eos() >= 0 else "",
            bos_token=model.token_get_text(model.token_bos()) if model.token_bos() >= 0 else "",
        )

    def _render(self, messages: Sequence[tuple[str, str]]) -> str:
        plain = [{"role": role, "content": _harmless(text)} for role, text in messages]
        try:
            return str(self._formatter(messages=plain).prompt)
        except ValueError:  # jinja's raise_exception: a template without a system role
            system = "\n\n".join(m["content"] for m in plain if m["role"] == "system")
            others = [m for m in plain if m["role"] != "system"]
            others[0]["content"] = f"{system}\n\n{others[0]['content']}"
            return str(self._formatter(messages=others).prompt)

    def _split(self, messages: Sequence[tuple[str, str]]) -> tuple[list[int], list[int]]:
        """(tokens up to the end of the first message, the rest)."""
        text = self._render(messages)
        first = _harmless(messages[0][1]).strip()
        end = text.find(first) + len(first) if first and first in text else 0
        return self._tokens(text[:end]), self._tokens(text[end:])

    def _tokens(self, text: str) -> list[int]:
        if not text:
            return []
        return list(self._llama.tokenize(text.encode("utf-8"), add_bos=False, special=True))

    # --- evaluation --------------------------------------------------------------------------

    def _restore(self, prefix: list[int]) -> None:
        """Memory holds exactly the prefix, from its stored state."""
        key = tuple(prefix)
        lib = self._lib
        if key not in self._states:
            lib.llama_memory_clear(self._memory, True)
            self._evaluate(prefix, 0)
            size = lib.llama_state_seq_get_size(self._context, 0)
            buffer = (ctypes.c_uint8 * size)()
            lib.llama_state_seq_get_data(self._context, buffer, size, 0)
            self._states[key] = bytes(buffer)
            while len(self._states) > KEPT_STATES:
                self._states.popitem(last=False)
        self._states.move_to_end(key)
        state = self._states[key]
        lib.llama_memory_clear(self._memory, True)
        held = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if lib.llama_state_seq_set_data(self._context, held, len(state), 0) == 0:
            raise EngineFault("The language engine lost the state of its prompt.")

    def _evaluate(self, tokens: Sequence[int], past: int) -> None:
        for start in range(0, len(tokens), BATCH):
            part = tokens[start : start + BATCH]
            self._llama._batch.set_batch(batch=part, n_past=past + start, logits_all=False)
            code = self._lib.llama_decode(self._context, self._llama._batch.batch)
            if self._asked_to_stop(None):
                raise Cancelled("The language model was stopped.")
            if code != 0:
                raise EngineFault(f"The language engine could not evaluate its text ({code}).")

    def _logits(self) -> npt.NDArray[np.float32]:
        pointer = self._lib.llama_get_logits_ith(self._context, -1)
        return np.ctypeslib.as_array(pointer, shape=(self._vocab_size,))

    # --- decoding ----------------------------------------------------------------------------

    def _complete(self, payload: dict[str, Any], context: JobContext) -> dict[str, Any]:
        begun = time.perf_counter()
        prefix, rest = self._split(payload["messages"])
        prompt, most = len(prefix) + len(rest), int(payload["max_tokens"])
        if prompt + most > self._limit:
            raise EngineFault(
                f"The text is too long for the language model ({prompt} of {self._limit} tokens).",
                "Name the sentences that are meant.",
            )
        self._restore(prefix)
        self._evaluate(rest, len(prefix))
        prefilled = time.perf_counter()
        grammar = self._grammar(payload["schema"])
        try:
            pieces = self._decode(grammar, prompt, most, context)
        finally:
            if grammar is not None:
                self._lib.llama_sampler_free(grammar)
        return {
            "text": b"".join(pieces).decode("utf-8", "replace"),
            "prompt_tokens": prompt,
            "completion_tokens": len(pieces),
            "prefill_seconds": prefilled - begun,
            "seconds": time.perf_counter() - begun,
        }

    def _decode(self, grammar: Any, past: int, most: int, context: JobContext) -> list[bytes]:
        pieces: list[bytes] = []
        for count in range(most):
            token = self._best(grammar)
            if self._lib.llama_vocab_is_eog(self._vocab, token):
                break
            if grammar is not None:
                self._lib.llama_sampler_accept(grammar, token)
            pieces.append(self._piece(token))
            context.progress(count / most, b"".join(pieces).decode("utf-8", "ignore"))
            self._evaluate([token], past + count)
        return pieces

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        size = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[:size] if size > 0 else b""

    def _best(self, grammar: Any) -> int:
        """The likeliest token that the grammar allows; the whole vocabulary is only asked when the
        likeliest of all is not allowed (llama.cpp's own sampler does the same)."""
        logits = self._logits()
        best = int(np.argmax(logits))
        if grammar is None:
            return best
        one = np.array([(best, logits[best], 0.0)], dtype=_CANDIDATE)
        if np.isfinite(self._held(grammar, one)["logit"][0]):
            return best
        every = np.zeros(self._vocab_size, dtype=_CANDIDATE)
        every["id"] = np.arange(self._vocab_size)
        every["logit"] = logits
        allowed = self._held(grammar, every)
        return int(allowed["id"][int(np.argmax(allowed["logit"]))])

    def _held(self, grammar: Any, candidates: npt.NDArray[Any]) -> npt.NDArray[Any]:
        lib = self._lib
        array = lib.llama_token_data_array(
            data=candidates.ctypes.data_as(lib.llama_token_data_p),
            size=len(candidates),
            selected=-1,
            sorted=False,
        )
        lib.llama_sampler_apply(grammar, ctypes.byref(array))
        return candidates

    def _grammar(self, schema: dict[str, Any] | None) -> Any:
        if schema is None:
            return None
        key = json.dumps(schema, sort_keys=False)
        if key not in self._grammars:
            if len(self._grammars) > 64:
                self._grammars.clear()
            from llama_cpp.llama_grammar import LlamaGrammar

            self._grammars[key] = LlamaGrammar.from_json_schema(key, verbose=False)._grammar
        grammar = self._lib.llama_sampler_init_grammar(
            self._vocab, self._grammars[key].encode("utf-8"), b"root"
        )
        if not grammar:
            raise EngineFault("The language engine refused the form that its answer must have.")
        return grammar


def _keep_off_amx(lib: Any) -> None:
    """Weights stay in their plain layout where llama.cpp was built with Intel AMX.

    In virtual machines that advertise AMX, its first tile instruction was seen to end the process
    (ldtilecfg: general protection fault).  The plain layout never uses it; elsewhere the repacked
    layouts stay on, because they are faster.
    """
    if b"AMX_INT8 = 1" not in lib.llama_print_system_info():
        return
    original = lib.llama_cpp.llama_model_default_params

    def without_extra_buffers() -> Any:
        params = original()
        params.use_extra_bufts = False
        return params

    lib.llama_cpp.llama_model_default_params = without_extra_buffers


def _harmless(text: str) -> str:
    """Text in which nothing reads as a control token of a chat template ("<|im_end|>")."""
    return text.replace("<|", "< |").replace("|>", "| >").replace("</", "< /").replace("\x00", "")

"""llama.cpp in the child process: chat template, grammar-held decoding, prefix cache, cancel.

Decoding is greedy, so an answer depends on the messages, the schema, the pack, the threads and on
whether prompt lookup is on.  What was asked before has no part in it (see ``prefix``).
"""

from __future__ import annotations

import ctypes
import itertools
import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from radassist.engines.language.backends import load_backends, shared_ggml
from radassist.engines.language.gguf import read_header
from radassist.engines.language.lookup import DRAFT, Lookup
from radassist.engines.language.prefix import PIECE, PrefixCache, pieces
from radassist.engines.language.templates import ChatTemplate, any_to_text
from radassist.errors import Cancelled, EngineFault, PackFault
from radassist.host.process import JobContext
from radassist.library.installation import mend_installation

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


def create(gguf: str, threads: int, context_tokens: int, lookup: bool | None) -> LlamaEngine:
    """Factory for the host process.

    :param lookup: prompt lookup on or off; None: as ``LlamaEngine.pays`` says.
    :raises PackFault: llama-cpp-python is missing, or the file is not a model that it can load.
    """
    return LlamaEngine(Path(gguf), threads, context_tokens, lookup)


class LlamaEngine:
    """One loaded model; one request at a time."""

    def __init__(
        self, gguf: Path, threads: int, context_tokens: int, lookup: bool | None = None
    ) -> None:
        # Threads that wait must sleep: spinning beside other work on the machine was seen to make
        # decoding ten times slower.  Read by libgomp when llama.cpp loads it.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        os.environ.setdefault("GOMP_SPINCOUNT", "0")
        try:
            import llama_cpp
            from llama_cpp._ggml import libggml
        except ImportError as error:
            raise PackFault(
                "The language engine llama-cpp-python is not installed.", mend_installation()
            ) from error
        if not gguf.is_file():
            raise PackFault("The model file of the language pack is missing.", "Fetch it again.")
        header = read_header(gguf)
        if header.architecture in ("", "clip"):
            raise PackFault(f"{gguf.name} is no language model.", "Name the model, not its parts.")
        self._lib = lib = llama_cpp
        ggml = shared_ggml(llama_cpp.llama_cpp._lib, libggml)
        load_backends(ggml, Path(llama_cpp.__file__).parent / "lib")
        _keep_off_amx(lib)
        trained = header.number("context_length") or context_tokens
        self._llama = _load(lib, gguf, threads, min(context_tokens, trained))
        self._context = self._llama._ctx.ctx
        self._vocab = self._llama._model.vocab
        self._vocab_size: int = lib.llama_vocab_n_tokens(self._vocab)
        self._limit: int = self._llama.n_ctx()
        self._template = self._make_template(header.chat_template)
        model = self._llama._model.model
        cuttable = not (lib.llama_model_is_recurrent(model) or lib.llama_model_is_hybrid(model))
        self._lookup = cuttable and (pays(header.metadata) if lookup is None else lookup)
        self._prefix = PrefixCache(lib, self._context, self._evaluate, whole_only=not cuttable)
        self._grammars: dict[str, str] = {}
        self._job: JobContext | None = None
        self._abort = lib.ggml_abort_callback(self._asked_to_stop)
        lib.llama_set_abort_callback(self._context, self._abort, None)

    def handle(self, method: str, payload: Any, context: JobContext) -> Any:
        """``complete`` -> dict of text and counts."""
        if method != "complete":
            raise EngineFault(f"The language engine knows no request {method!r}.")
        self._job = context
        try:
            return self._complete(payload, context)
        finally:
            self._job = None

    def _asked_to_stop(self, _: Any) -> bool:
        return self._job is not None and self._job.cancelled()

    # --- prompt ------------------------------------------------------------------------------

    def _make_template(self, source: str) -> ChatTemplate:
        lib, vocab = self._lib, self._vocab

        def text(token: int) -> str:
            return any_to_text(lib.llama_vocab_get_text(vocab, token)) if token >= 0 else ""

        control = [text(t) for t in range(self._vocab_size) if lib.llama_vocab_is_control(vocab, t)]
        bos, eos = lib.llama_vocab_bos(vocab), lib.llama_vocab_eos(vocab)
        return ChatTemplate(source, text(bos), text(eos), control)

    def _segments(self, messages: Sequence[tuple[str, str]]) -> list[list[int]]:
        """Tokens of the prompt, cut where its messages end."""
        text, ends = self._template.render(messages)
        borders = [0, *ends, len(text)]
        parts = [self._tokens(text[a:b]) for a, b in itertools.pairwise(borders)]
        parts = [part for part in parts if part]
        bos = self._lib.llama_vocab_bos(self._vocab)
        if self._lib.llama_vocab_get_add_bos(self._vocab) and bos >= 0 and parts[0][0] != bos:
            parts[0].insert(0, bos)  # a template may leave the start token to the engine
        return parts

    def _tokens(self, text: str) -> list[int]:
        if not text:
            return []
        return list(self._llama.tokenize(text.encode("utf-8"), add_bos=False, special=True))

    # --- evaluation --------------------------------------------------------------------------

    def _evaluate(self, tokens: Sequence[int], past: int, *, every: bool = False) -> None:
        """:param every: keep the logits of all tokens, not of the last alone."""
        self._llama._batch.set_batch(batch=tokens, n_past=past, logits_all=every)
        code = self._lib.llama_decode(self._context, self._llama._batch.batch)
        if self._asked_to_stop(None):
            raise Cancelled("The language model was stopped.")
        if code != 0:
            raise EngineFault(f"The language engine could not evaluate its text ({code}).")

    def _logits(self, row: int) -> npt.NDArray[np.float32]:
        pointer = self._lib.llama_get_logits_ith(self._context, row)
        return np.ctypeslib.as_array(pointer, shape=(self._vocab_size,))

    # --- decoding ----------------------------------------------------------------------------

    def _complete(self, payload: dict[str, Any], context: JobContext) -> dict[str, Any]:
        begun = time.perf_counter()
        segments = self._segments(payload["messages"])
        prompt, most = sum(map(len, segments)), int(payload["max_tokens"])
        if prompt + most > self._limit:
            raise EngineFault(
                f"The text is too long for the language model ({prompt} of {self._limit} tokens).",
                "Name the sentences that are meant.",
            )
        keep = {len(pieces(segments[:n])) for n in (1, len(segments) - 1)}
        reused = self._prefix.bring(pieces(segments), tuple(keep))
        prefilled = time.perf_counter()
        grammar = self._grammar(payload["schema"])
        tokens = [token for segment in segments for token in segment]
        try:
            decoded = self._decode(grammar, tokens, most, context)
        finally:
            if grammar is not None:
                self._lib.llama_sampler_free(grammar)
        written, batches = decoded
        return {
            "text": b"".join(written).decode("utf-8", "replace"),
            "prompt_tokens": prompt,
            "reused_tokens": reused,
            "completion_tokens": len(written),
            "batches": batches,
            "prefill_seconds": prefilled - begun,
            "seconds": time.perf_counter() - begun,
        }

    def _decode(
        self, grammar: Any, prompt: list[int], most: int, context: JobContext
    ) -> tuple[list[bytes], int]:
        """(the tokens' texts, how many batches it took)."""
        written: list[bytes] = []
        lookup = Lookup(prompt) if self._lookup else None
        proposed: list[int] = []
        past, rows, batches = len(prompt), [-1], 0
        while True:
            kept: list[int] = []
            for row in rows:
                token = self._best(grammar, row)
                if self._lib.llama_vocab_is_eog(self._vocab, token):
                    return written, batches
                self._accept(grammar, token, written)
                context.progress(len(written) / most, b"".join(written).decode("utf-8", "ignore"))
                if len(written) == most:
                    return written, batches
                if lookup is not None:
                    lookup.append(token)
                kept.append(token)
                if len(kept) > len(proposed) or token != proposed[len(kept) - 1]:
                    break
            if batches:  # memory ends with the batch: its first token and what agreed after it
                past += len(kept)
                if len(kept) <= len(proposed):
                    self._prefix.cut(past)
            proposed = lookup.draft() if lookup is not None else []
            if len(written) + DRAFT >= most:
                proposed = []
            self._evaluate([kept[-1], *proposed], past, every=bool(proposed))
            batches += 1
            rows = list(range(len(proposed) + 1)) if proposed else [-1]

    def _accept(self, grammar: Any, token: int, written: list[bytes]) -> None:
        if grammar is not None:
            self._lib.llama_sampler_accept(grammar, token)
        written.append(self._piece(token))

    def _piece(self, token: int) -> bytes:
        buffer = ctypes.create_string_buffer(256)
        size = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[:size] if size > 0 else b""

    def _best(self, grammar: Any, row: int) -> int:
        """The likeliest token that the grammar allows; the whole vocabulary is only asked when the
        likeliest of all is not allowed (llama.cpp's own sampler does the same)."""
        logits = self._logits(row)
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


def pays(metadata: Mapping[str, Any]) -> bool:
    """Whether prompt lookup makes a model of this kind faster.

    Measured on two cores with AVX-512: four tokens in one batch cost 1.6 times one token where
    llama.cpp has a matrix kernel for the weights (Q4_0, Q4_K; general.file_type 2, 14, 15), and
    2.5 times elsewhere, which is as much as lookup gains.  A fixed rule rather than a measurement
    at start, so that the same pack answers the same everywhere.
    """
    return metadata.get("general.file_type") in (2, 14, 15)


def _load(lib: Any, gguf: Path, threads: int, context_tokens: int) -> Any:
    import jinja2

    try:
        return lib.Llama(
            model_path=str(gguf),
            n_ctx=context_tokens,
            n_batch=PIECE,
            n_ubatch=PIECE,
            n_threads=threads,
            n_threads_batch=threads,
            flash_attn=True,
            use_mmap=True,
            verbose=False,
        )
    except jinja2.TemplateError as error:  # the constructor compiles the model's chat template
        raise PackFault(
            "The chat template of the language pack cannot be used.", "Choose another model file."
        ) from error
    except (ValueError, OSError, RuntimeError) as error:
        raise PackFault(
            "The model file of the language pack could not be loaded.",
            "Verify it with: radassist models verify.",
        ) from error


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

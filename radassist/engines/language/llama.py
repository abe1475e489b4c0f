"""A language pack on llama.cpp behind its host process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from radassist.host.process import Host
from radassist.ports import CancelToken, Completion, Progress

#: The longest prompt and answer together, in tokens.
CONTEXT_TOKENS = 4096


class LlamaLanguageModel:
    """``ports.LanguageModel`` on a GGUF file.

    The child process starts at the first request.

    :param pack_dir: the folder of the pack.
    :param pack_id: ``id@version``.
    :param gguf: the model file, whose hash the caller has checked.
    :param lookup: prompt lookup on or off; None: where it pays for the kind of weights.
    """

    def __init__(
        self,
        pack_dir: Path,
        pack_id: str,
        gguf: Path,
        threads: int = 2,
        *,
        lookup: bool | None = None,
    ) -> None:
        self.pack_dir = pack_dir
        self.deadline_s = 120.0  # of a request that names none
        self.threads = threads
        self._pack = pack_id
        path = gguf if gguf.is_absolute() else pack_dir / gguf
        self._host = Host(
            "radassist.engines.language.worker:create",
            str(path),
            threads,
            CONTEXT_TOKENS,
            lookup,
            name="language model",
            memory_limit=_memory_limit(path),
        )
        #: Counts and times of the latest answer, as the engine gave them.
        self.latest: Mapping[str, Any] = {}

    @property
    def pack(self) -> str:
        return self._pack

    @property
    def pid(self) -> int | None:
        """Process id of the child, or None while there is none."""
        return self._host.pid

    def complete(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        schema: dict[str, Any] | None = None,
        max_tokens: int = 256,
        seed: int = 0,
        deadline_s: float | None = None,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Completion:
        """See ``ports.LanguageModel``.  ``progress`` gets the text so far at every token."""
        limit = self.deadline_s if deadline_s is None else deadline_s
        payload = {"messages": list(messages), "schema": schema, "max_tokens": max_tokens}
        answer = self._host.call(
            "complete", payload, deadline_s=limit, progress=progress, cancel=cancel
        )
        self.latest = answer
        return Completion(
            text=answer["text"],
            pack=self._pack,
            prompt_tokens=answer["prompt_tokens"],
            completion_tokens=answer["completion_tokens"],
            seconds=answer["seconds"],
            seed=seed,
        )

    def close(self) -> None:
        """Stop the child process."""
        self._host.close()


def _memory_limit(gguf: Path) -> int:
    """Address space for the child: the weights, a repacked copy of them, and room to work.

    It is generous: it stops a chat template that multiplies texts, not a large model.
    """
    size = gguf.stat().st_size if gguf.is_file() else 0
    return 3 * size + (8 << 30)

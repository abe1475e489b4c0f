"""A language model that answers from a script, for tests of what surrounds a model.

It passes the same contract tests as the real one (tests/contracts).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from radassist.errors import Cancelled, DeadlineExceeded
from radassist.ports import CancelToken, Completion, Progress

Script = Callable[[Sequence[tuple[str, str]], dict[str, Any] | None], str]


class ScriptedLanguageModel:
    """``ports.LanguageModel`` that gives the script's answer, word by word.

    :param script: from messages and schema to the answer; a mapping is looked up with the last
        message's text, and what it does not hold is answered with the smallest JSON that fits the
        schema, or with an empty text.
    """

    def __init__(self, script: Script | Mapping[str, str] | None = None) -> None:
        self._script = script
        self.asked: list[tuple[tuple[str, str], ...]] = []

    @property
    def pack(self) -> str:
        return "scripted@1"

    def complete(
        self,
        messages: Sequence[tuple[str, str]],
        *,
        schema: dict[str, Any] | None = None,
        max_tokens: int = 256,
        seed: int = 0,
        deadline_s: float = 120.0,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Completion:
        """See ``ports.LanguageModel``."""
        self.asked.append(tuple(messages))
        if deadline_s <= 0:
            raise DeadlineExceeded("The scripted model did not answer in time.")
        words = self._answer(messages, schema).split(" ")[:max_tokens]
        for count in range(1, len(words) + 1):
            if cancel is not None and cancel.cancelled():
                raise Cancelled("The request to the scripted model was cancelled.")
            if progress is not None:
                progress(count / len(words), " ".join(words[:count]))
        prompt = sum(len(text.split()) for _, text in messages)
        return Completion(" ".join(words), self.pack, prompt, len(words), 0.0, seed)

    def _answer(self, messages: Sequence[tuple[str, str]], schema: dict[str, Any] | None) -> str:
        if callable(self._script):
            return self._script(messages, schema)
        if self._script is not None and messages[-1][1] in self._script:
            return self._script[messages[-1][1]]
        return json.dumps(_smallest(schema)) if schema is not None else ""

    def close(self) -> None:
        """Nothing to stop."""


def _smallest(schema: dict[str, Any]) -> Any:
    """The smallest value that fits a schema of the kinds that prompts here use."""
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", list(schema.get("properties", {})))
        return {name: _smallest(schema["properties"][name]) for name in wanted}
    if kind == "array":
        return [_smallest(schema["items"]) for _ in range(schema.get("minItems", 0))]
    return {"string": "", "integer": 0, "number": 0, "boolean": False}.get(str(kind))

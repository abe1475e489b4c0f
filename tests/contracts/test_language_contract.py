"""What every ``ports.LanguageModel`` keeps: the scripted one and the packs that are installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.language.scripted import ScriptedLanguageModel
from radassist.engines.packs.registry import Registry
from radassist.errors import Cancelled, DeadlineExceeded, PackFault
from radassist.ports import LanguageModel
from radassist.settings import find_paths

RESOURCES = Path(__file__).resolve().parents[2] / "resources" / "packs"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "action": {"enum": ["rewrite", "delete"]},
        "ids": {"type": "array", "items": {"enum": ["s1", "s7"]}, "minItems": 1, "maxItems": 2},
    },
    "required": ["action", "ids"],
    "additionalProperties": False,
}
MESSAGES = [
    ("system", "You answer in JSON."),
    ("user", "Delete statement s7 of the report, please."),
]


class Flag:
    """A cancel token that turns after a number of looks."""

    def __init__(self, looks: int) -> None:
        self.left = looks

    def cancelled(self) -> bool:
        self.left -= 1
        return self.left < 0


@pytest.fixture(
    scope="module",
    params=["scripted", pytest.param("language-tiny", marks=pytest.mark.model)],
)
def model(request: pytest.FixtureRequest) -> Iterator[LanguageModel]:
    if request.param == "scripted":
        yield ScriptedLanguageModel()
        return
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    try:
        pack = Registry(RESOURCES, find_paths().models).find(request.param)
    except PackFault as fault:
        pytest.skip(f"{request.param}: {fault}")
    made = LlamaLanguageModel(pack.folder, pack.ref, pack.path())
    made.complete([("user", "Hello")], max_tokens=1)  # its process belongs to the module
    yield made
    made.close()


def test_the_answer_fits_the_schema_and_knows_no_other_id(model: LanguageModel) -> None:
    answer = model.complete(MESSAGES, schema=SCHEMA, max_tokens=60)
    said = json.loads(answer.text)
    assert said["action"] in ("rewrite", "delete")
    assert said["ids"] and set(said["ids"]) <= {"s1", "s7"}
    assert answer.pack == model.pack and "@" in model.pack
    assert answer.prompt_tokens > 0 and answer.completion_tokens > 0


def test_the_same_question_has_the_same_answer_whatever_came_between(model: LanguageModel) -> None:
    first = model.complete(MESSAGES, max_tokens=24).text
    model.complete([("system", "Be brief."), ("user", "What is a lung?")], max_tokens=12)
    model.complete([MESSAGES[0], ("user", "Something else entirely.")], max_tokens=12)
    assert model.complete(MESSAGES, max_tokens=24).text == first


def test_progress_streams_the_text(model: LanguageModel) -> None:
    seen: list[tuple[float, str]] = []
    answer = model.complete(
        MESSAGES, schema=SCHEMA, max_tokens=60, progress=lambda f, t: seen.append((f, t))
    )
    assert seen and all(0 <= fraction <= 1 for fraction, _ in seen)
    assert answer.text.startswith(seen[0][1]) or seen[0][1] in answer.text


def test_cancel_is_heard(model: LanguageModel) -> None:
    with pytest.raises(Cancelled):
        model.complete(MESSAGES, max_tokens=400, schema=SCHEMA, cancel=Flag(0))


def test_cancel_is_heard_while_it_writes(model: LanguageModel) -> None:
    seen: list[str] = []

    class WhenItWrites:
        def cancelled(self) -> bool:
            return bool(seen)

    with pytest.raises(Cancelled):
        model.complete(
            MESSAGES,
            max_tokens=400,
            schema=SCHEMA,
            progress=lambda _fraction, text: seen.append(text),
            cancel=WhenItWrites(),
        )
    assert seen
    assert json.loads(model.complete(MESSAGES, schema=SCHEMA, max_tokens=60).text)


def test_what_streams_grows_into_the_answer(model: LanguageModel) -> None:
    seen: list[tuple[float, str]] = []
    answer = model.complete(
        MESSAGES, schema=SCHEMA, max_tokens=60, progress=lambda f, t: seen.append((f, t))
    )
    assert all(answer.text.startswith(text) for _, text in seen)
    assert [f for f, _ in seen] == sorted(f for f, _ in seen)


def test_a_chat_of_several_turns_is_answered_as_if_it_were_new(model: LanguageModel) -> None:
    turns = [*MESSAGES, ("assistant", "It is deleted."), ("user", "And now s1?")]
    first = model.complete(turns, max_tokens=12).text
    model.complete(MESSAGES, max_tokens=12)
    assert model.complete(turns, max_tokens=12).text == first


def test_a_deadline_ends_it_and_the_next_request_works(model: LanguageModel) -> None:
    long = [("user", "Write the numbers from one to one thousand in words.")]
    with pytest.raises(DeadlineExceeded):
        model.complete(long, max_tokens=2000, deadline_s=0.0)
    assert json.loads(model.complete(MESSAGES, schema=SCHEMA, max_tokens=60).text)

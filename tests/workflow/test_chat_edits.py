"""Edits by instruction on seven kinds of reports, each with the report that must come of it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from radassist.engines.packs.registry import Registry
from radassist.errors import PackFault
from radassist.library.lexicon import load_lexicon
from radassist.ports import LanguageModel
from radassist.settings import find_paths
from radassist.workflow.chat import Chat

TESTS = Path(__file__).resolve().parents[1]


def _bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_chat", TESTS / "benchmarks/bench_chat.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["bench_chat"] = module  # its dataclasses look themselves up by module
    spec.loader.exec_module(module)
    return module


bench = _bench()
CASES: list[tuple[str, dict[str, Any]]] = [
    (which, case) for which in bench.LISTS for case in bench.load_cases(which)[1]
]


@pytest.fixture(scope="module")
def chat() -> Chat:
    return Chat(load_lexicon(), None)


@pytest.mark.parametrize(
    ("which", "case"), CASES, ids=lambda x: x if isinstance(x, str) else x["instruction"][:40]
)
def test_without_a_model(chat: Chat, which: str, case: dict[str, Any]) -> None:
    """Rules do it exactly, or leave the report alone and say what is missing."""
    report = bench.load_cases(which)[0][case["report"]]
    turn = chat.respond(report, case["instruction"])
    verdict = bench.judge(report, case, turn)
    assert verdict.untouched
    if case.get("model") and turn.after.sections == report.sections:
        assert "radassist models fetch language-default" in (turn.answer or "")
    else:
        assert verdict.right, verdict.why
        assert turn.how == "grammar"


def test_the_hardest_list_leaves_untouched_statements_identical(chat: Chat) -> None:
    """Whatever is understood or not, nothing changes but what an operation names."""
    reports, cases = bench.load_cases("blind4")
    for case in cases:
        turn = chat.respond(reports[case["report"]], case["instruction"])
        assert bench.judge(reports[case["report"]], case, turn).untouched, case["instruction"]


@pytest.fixture(scope="module")
def default_model() -> Iterator[LanguageModel]:
    pytest.importorskip("llama_cpp", reason="llama-cpp-python is not installed")
    from radassist.engines.language.llama import LlamaLanguageModel

    try:
        pack = Registry(TESTS.parent / "resources/packs", find_paths().models).find(
            "language-default"
        )
    except PackFault as fault:
        pytest.skip(f"language-default: {fault}")
    made = LlamaLanguageModel(pack.folder, pack.ref, pack.path())
    made.complete([("user", "Hello")], max_tokens=1)  # its process belongs to the module
    yield made
    made.close()


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("which", bench.LISTS)
def test_with_the_default_model_nine_of_ten_are_right(
    default_model: LanguageModel, which: str
) -> None:
    verdicts = bench.run(which, default_model)
    assert all(v.untouched for v in verdicts)
    wrong = [f"{v.instruction}: {v.why}" for v in verdicts if not v.right]
    assert len(verdicts) >= 30
    assert len(wrong) <= len(verdicts) // 10, wrong

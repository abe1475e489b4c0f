"""``radassist models bench-language``: the table of the language part for any installed pack."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from radassist.app.workbench import Workbench
from radassist.cli.output import ATTENTION, DONE, say, say_json, tell
from radassist.domain.plaintext import import_report
from radassist.domain.report import Report
from radassist.library import openi, resources_dir
from radassist.workflow.language_bench import BenchCases, Table, load_cases, measure, rendered
from radassist.workflow.language_bench.speed import speed_rows


def bench_language(bench: Workbench, arguments: argparse.Namespace) -> int:
    """Measure a pack (that of the settings unless one is named) beside the rules alone.

    :raises PackFault: the pack cannot be used.
    :raises Fault: the model failed or ran out of time.
    """
    cases = load_cases(resources_dir() / "bench")
    reports = _openi_reports(cases, arguments.openi)
    pack_id = arguments.what or bench.settings.language_pack
    with closing(bench.language_of(pack_id)) as model:
        tell(f"{model.pack}: speed")
        speed = speed_rows(model)
        table = measure(cases, bench.lexicon, model, openi=reports, tell=_telling(model.pack))
    tables = [replace(table, rows=(*table.rows, *speed))]
    tables.append(measure(cases, bench.lexicon, None, openi=reports, tell=_telling("no model")))
    _say(tables, arguments)
    bench.record("pack.bench", tables[0].pack, {"held": tables[0].held})
    return DONE if tables[0].held else ATTENTION


def _say(tables: list[Table], arguments: argparse.Namespace) -> None:
    if arguments.json:
        for table in tables:
            say_json(table.to_json())
        return
    for line in rendered(tables, misses=arguments.misses).splitlines():
        say(line)
    if not tables[0].held:
        say("* a bar that is missed; --misses names each case")


def _openi_reports(cases: BenchCases, wheel: Path | None) -> dict[str, Report]:
    """The reports of the fixed list, imported as any plain text; none without the wheel."""
    if wheel is None:
        return {}
    found = openi.load(wheel)
    texts = {f"openi-{i}": found[i].plain_text() for i in cases.openi_ids}
    return {name: import_report(text, name) for name, text in texts.items()}


def _telling(pack: str) -> Callable[[str], None]:
    return lambda part: tell(f"{pack}: {part}")

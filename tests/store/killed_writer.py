"""Edits a report as fast as it can, acknowledges each edit, and is killed by test_kill.py."""

from __future__ import annotations

import sys
from pathlib import Path

from store_helpers import blank, edit

from radassist.domain import operations as ops
from radassist.ports import AuditEvent
from radassist.store import SqliteStore


def main() -> None:
    store = SqliteStore(Path(sys.argv[1]), checkpoint_every=10)
    loaded = store.load("r1")
    if loaded is None:
        report = blank()
        store.create(report, [], report, AuditEvent("report.draft", "template", "r1", {}))
        count = 0
    else:
        report, count = loaded[1], len(loaded[2])
    while True:
        name = ops.new_statement_id(report)
        report = edit(store, report, count, f"Sentence of {name}.")
        count += 1
        print(name, flush=True)


main()

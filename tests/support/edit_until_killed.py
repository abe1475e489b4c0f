"""Edit one report for ever, saying each edit once it is accepted.  Made to be killed.

    python edit_until_killed.py REPORT_ID        an id of "new" starts a report

Says ``report ID`` and then ``accepted STATEMENT-ID`` a line, each after the call has returned.
"""

from __future__ import annotations

import sys

from radassist.app.workbench import Workbench
from radassist.domain.document import ReportDocument
from radassist.domain.operations import Insert, Operation, accept, new_statement_id
from radassist.domain.report import Provenance, Report, Statement
from radassist.workflow.session import ReportSession

TEXT = "FINDINGS: There is a small left pleural effusion.\nIMPRESSION: Small left effusion.\n"


def open_session(bench: Workbench, report_id: str) -> ReportSession:
    if report_id == "new":
        return bench.import_text(TEXT)
    stored = bench.store.load(report_id)
    assert stored is not None
    return bench.session(ReportDocument(stored[0], stored[1], stored[2]))


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def edit(report: Report, number: int) -> tuple[str, list[Operation]]:
    statement_id = new_statement_id(report)
    text = f"Edit number {number}."
    statement = Statement(statement_id, text, Provenance("radiologist", "typed"))
    return statement_id, [Insert("Findings", 0, statement), accept(statement_id)]


def main() -> None:
    with Workbench("Dr Roe") as bench:
        session = open_session(bench, sys.argv[1])
        say(f"report {session.report.id}")
        number = 0
        while True:
            number += 1
            statement_id, changes = edit(session.report, number)
            session.apply(changes, "typed")
            say(f"accepted {statement_id}")


if __name__ == "__main__":
    main()

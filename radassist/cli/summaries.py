"""The command ``summary``: a report for the referring doctor, or in easy language."""

from __future__ import annotations

import argparse

from radassist.app.workbench import Workbench
from radassist.cli.output import ATTENTION, DONE, say, say_json, tell
from radassist.cli.reports import any_report
from radassist.domain.report import Report
from radassist.workflow.chat.view import View
from radassist.workflow.concluding.referrer import NOTHING, summarise
from radassist.workflow.patient import explain_report
from radassist.workflow.tasks import FOOTER, patient_lines, patient_text, summary_text


def summary(arguments: argparse.Namespace) -> int:
    """Print it, each sentence with the ids of its statements; exit code 1 when there is nothing."""
    with Workbench() as bench:
        report = any_report(bench, arguments.report)
        if arguments.reader == "patient":
            return _patient(bench, report, arguments.json)
        made = summarise(View(report, bench.lexicon), bench.shelf)
    if arguments.json:
        say_json({**made.to_dict(), "text": summary_text(made)})
    else:
        for item in made.sentences:
            say(f"{item.text}  [{', '.join(item.ids)}]")
        for notice in made.notices:
            tell(f"note: {notice}")
        if made.left_out:
            tell(f"note: not in these sentences: {', '.join(made.left_out)}")
    return _outcome(bool(made.sentences))


def _patient(bench: Workbench, report: Report, as_json: bool) -> int:
    made = explain_report(report, bench.lexicon, bench.shelf.glossary)
    if as_json:
        say_json({**made.to_dict(), "text": patient_text(made)})
        return _outcome(bool(made.sentences))
    for line in patient_lines(made, lambda ids: f"  [{', '.join(ids)}]"):
        say(line)
    if made.words:
        say("\nWhat the words mean")
    for word, means in made.words:
        say(f"{word}: {means}")
    if made.sentences:
        say(f"\n{FOOTER}")
        measured = made.readability
        tell(f"Flesch-Kincaid grade {measured.grade:.1f}, reading ease {measured.ease:.0f}")
    for refused in made.refused:
        tell(f"refused: {refused}")
    return _outcome(bool(made.sentences))


def _outcome(anything: bool) -> int:
    if not anything:
        tell(NOTHING)
    return DONE if anything else ATTENTION

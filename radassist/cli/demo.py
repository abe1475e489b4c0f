"""The demo: the main job on the sample study, each step told as it happens."""

from __future__ import annotations

import time
from pathlib import Path

from radassist.app.workbench import Workbench
from radassist.cli.output import ATTENTION, DONE, Never, TerminalProgress, say, tell
from radassist.domain.diff import diff_lines
from radassist.domain.report import ReportState
from radassist.errors import Fault
from radassist.library.samples import sample_path
from radassist.render.text import report_text
from radassist.store import verify_file
from radassist.workflow.export import make_folder
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import choose

#: What a radiologist sees and no pack here does: the template's "lungs are clear" is wrong on the
#: sample image.  Plain words, understood by the grammar with and without a language model.
INSTRUCTIONS = (
    "replace the lungs sentence with: Multiple large rounded masses in both lungs.",
    "delete the sentence about the mediastinum",
    "add to the impression: Multiple masses in both lungs, suspicious for metastases.",
)


def run_demo(out: Path, *, language: bool) -> int:
    """Open, see, draft, chat, sign, export, verify, screenshot; exit code 1 when a step failed.

    The records go to a home of their own inside ``out``, so that the demo never stands in the
    audit log of real work.
    """
    make_folder(out)
    step = _Steps()
    with Workbench("Demo Radiologist", home=out / "home") as bench:
        path = sample_path()
        result = bench.open([path], TerminalProgress(), Never())
        step.done(f"opened {path.name}")
        outcome = bench.draft(choose(result), TerminalProgress(), Never(), language=language)
        session = outcome.session
        step.done(f"drafted {sum(1 for _ in session.report.live())} statements")
        _screenshot(out, step)
        _correct(session, bench, step, language=language)
        session.accept([s.id for _, s in session.report.live()])
        problems = bench.check(session.report)
        step.done(f"checked: {len(problems)} problems")
        session.sign(ReportState.FINAL)
        step.done("signed as final by Demo Radiologist")
        paths, notes = bench.export_all(outcome, out)
        step.done("wrote " + ", ".join(p.name for p in paths))
        database = bench.store.path
    verdict = verify_file(database)
    step.done(f"audit log: {verdict.events} events, {len(verdict.problems)} problems")
    for note in notes:
        tell(note)
    say("")
    say(report_text(session.report))
    return ATTENTION if verdict.problems else DONE


class _Steps:
    """Numbered lines with the seconds that each step took."""

    def __init__(self) -> None:
        self._number, self._begun = 0, time.perf_counter()

    def done(self, text: str) -> None:
        now = time.perf_counter()
        self._number += 1
        say(f"{self._number}. {text} ({now - self._begun:.1f} s)")
        self._begun = now


def _correct(session: ReportSession, bench: Workbench, step: _Steps, *, language: bool) -> None:
    talk = bench.chat(language=language)
    for instruction in INSTRUCTIONS:
        turn = talk.respond(session.report, instruction)
        for line in diff_lines(session.report, turn.after):
            say(f"   {line}")
        session.apply(turn.operations, "chat")
        step.done(f"chat: {instruction!r}, understood by {turn.how}")


def _screenshot(out: Path, step: _Steps) -> None:
    try:
        from radassist.app.window import screenshot
    except ImportError as error:
        tell(f"No screenshot: {error.name} is not installed (the window is left out).")
        return
    try:
        picture = out / "screenshot.png"
        screenshot([sample_path()], out / "home", picture, instruction=INSTRUCTIONS[0])
    except Fault as fault:
        tell(f"No screenshot: {fault}")
        return
    step.done(f"screenshot saved as {out / 'screenshot.png'}")

"""Commands on reports: draft, chat, import, check, sign, export, addend."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from radassist.app.workbench import Workbench
from radassist.checks import Problem, Severity
from radassist.cli.files import parse_json, read_report, read_text, write_report
from radassist.cli.output import ATTENTION, DONE, Never, TerminalProgress, say, say_json, tell
from radassist.domain.diff import diff_lines
from radassist.domain.document import ReportDocument, from_document, history_problem
from radassist.domain.report import Report, ReportState
from radassist.domain.study import Instance
from radassist.errors import InputFault, UsageFault
from radassist.render.text import report_text
from radassist.workflow.chat import ChatTurn, run_batch, turn_to_json
from radassist.workflow.export import make_folder
from radassist.workflow.session import ReportSession
from radassist.workflow.study_choice import choose


def draft(arguments: argparse.Namespace) -> int:
    """Open, see, draft, export, print."""
    make_folder(arguments.out)
    with Workbench(arguments.user) as bench:
        progress = TerminalProgress()
        result = bench.open(arguments.path, progress, Never())
        for rejected in result.rejected:
            tell(f"not opened: {rejected.path}: {rejected.reason}")
        outcome = bench.draft(
            choose(result, arguments.path), progress, Never(), language=not arguments.no_language
        )
        _, notes = bench.export_all(outcome, arguments.out)
        for note in notes:
            tell(note)
        say(report_text(outcome.session.report))
        # That a draft has no findings yet is said in its notes; it stops a signature, not a draft.
        errors = [p for p in _errors(bench.check(outcome.session.report)) if p.statement_id]
    return _tell_errors(errors)


def _errors(problems: Iterable[Problem]) -> list[Problem]:
    return [p for p in problems if p.severity is Severity.ERROR]


def _tell_errors(errors: list[Problem]) -> int:
    for problem in errors:
        tell(f"{problem.rule}: {problem.why}")
    return ATTENTION if errors else DONE


def chat(arguments: argparse.Namespace) -> int:
    """Propose (and with ``--accept`` apply) a change, or answer a question."""
    if bool(arguments.instruction) == bool(arguments.batch):
        raise UsageFault("Give one instruction, or --batch FILE with one a line.")
    document = read_report(arguments.report)
    with Workbench(arguments.user) as bench:
        talk = bench.chat(language=not arguments.no_language)
        if arguments.batch:
            lines = read_text(arguments.batch).splitlines()
            for answer in run_batch(talk, document.report, lines):
                say_json(answer)
            return DONE
        turn = talk.respond(document.report, arguments.instruction, progress=TerminalProgress())
        if arguments.json:
            say_json(turn_to_json(turn))
        else:
            _say_turn(document.report, turn)
        if turn.operations or turn.control:
            _apply(bench, document, turn, arguments)
    return DONE


def _say_turn(report: Report, turn: ChatTurn) -> None:
    if turn.answer:
        say(turn.answer)
    for line in diff_lines(report, turn.after):
        say(line)
    for notice in turn.notices:
        say(f"note: {notice}")


def _apply(
    bench: Workbench, document: ReportDocument, turn: ChatTurn, arguments: argparse.Namespace
) -> None:
    if not arguments.accept:
        if not arguments.json:
            tell("Nothing was changed; add --accept to apply it.")
        return
    session = _session(bench, document, arguments.report)
    if turn.control == "undo":
        session.undo()
    elif turn.control == "redo":
        session.redo()
    else:
        session.apply(turn.operations, "chat")
    write_report(session.document, arguments.report)


def _session(bench: Workbench, document: ReportDocument, path: Path) -> ReportSession:
    """The session of a report file that is what the record says.

    A change is stored first and written to its file after, so a program that was killed between
    the two leaves a file that is behind.  Such a file is brought up to the record, and the act
    asked for is not done: nobody may change or sign what he has not seen.

    :raises InputFault: the file was behind, or it is not the report of the record.
    """
    stored = bench.store.load(document.report.id) if document.report.id else None
    if stored is not None and _behind(document, ReportDocument(*stored)):
        write_report(ReportDocument(*stored), path)
        raise InputFault(
            f"{path} was behind its record (a save was interrupted) and is up to date now.",
            "Look at it, then give the command again.",
        )
    return bench.session(document)


def _behind(document: ReportDocument, recorded: ReportDocument) -> bool:
    """True when a file is what the record was before its latest entries, untouched by hand."""
    if history_problem(document):
        return False
    pairs = [
        (document.history, recorded.history),
        (document.report.signatures, recorded.report.signatures),
        (document.report.addenda, recorded.report.addenda),
    ]
    earlier = all(tuple(new[: len(old)]) == tuple(old) for old, new in pairs)
    return earlier and any(len(old) < len(new) for old, new in pairs)


def import_text(arguments: argparse.Namespace) -> int:
    """A plain-text report into sections and statements."""
    text = read_text(arguments.text)
    make_folder(arguments.out.resolve().parent)
    with Workbench() as bench:
        session = bench.import_text(text)
        write_report(session.document, arguments.out)
        for section, statement in session.report.statements():
            say(f"{section.name:12}  {statement.id:>4}  {statement.text}")
    return DONE


def check(arguments: argparse.Namespace) -> int:
    """Problems of each report; exit code 1 when one is an error or a warning."""
    worst = DONE
    with Workbench() as bench:
        for path in arguments.reports:
            problems = bench.check(any_report(bench, path))
            if arguments.json:
                say_json({"path": str(path), "problems": [_problem_json(p) for p in problems]})
            else:
                say(f"{path}: {'no problems found' if not problems else ''}".rstrip())
                for p in problems:
                    say(f"  {p.severity.value:7} {p.rule}  {p.statement_id or ''}  {p.why}")
            if any(p.severity is not Severity.NOTE for p in problems):
                worst = ATTENTION
    return worst


def any_report(bench: Workbench, path: Path) -> Report:
    """A report from JSON or, where the file is not JSON by its first character, plain text."""
    text = read_text(path)
    if path.suffix.lower() == ".json" or text.lstrip().startswith("{"):
        return from_document(parse_json(path)).report
    return bench.parse_text(text)


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "rule": problem.rule,
        "version": problem.version,
        "severity": problem.severity.value,
        "statement": problem.statement_id,
        "section": problem.section,
        "span": list(problem.span) if problem.span else None,
        "text": problem.text,
        "why": problem.why,
        "override_needs_reason": problem.override_needs_reason,
    }


def sign(arguments: argparse.Namespace) -> int:
    """Sign; errors of the checks stop it unless each is overridden with a reason."""
    if not arguments.user.strip():
        raise UsageFault("A signature needs a name.", "Give one with --user NAME.")
    document = read_report(arguments.report)
    damaged = history_problem(document)
    if damaged:
        raise InputFault(damaged, "Restore the report from a copy, or import its text anew.")
    overrides = dict(_override(text) for text in arguments.override)
    with Workbench(arguments.user) as bench:
        session = _session(bench, document, arguments.report)
        problems = bench.check(session.report)
        _only_of_problems(overrides, problems)
        open_errors = [p for p in _errors(problems) if p.rule not in overrides]
        if open_errors:
            _tell_errors(open_errors)
            tell("Not signed. Mend the report, or sign with --override RULE=REASON.")
            return ATTENTION
        state = ReportState.PRELIMINARY if arguments.preliminary else ReportState.FINAL
        unseen = sum(s.state.value == "proposed" for _, s in session.report.live())
        report = session.sign(state, overrides=overrides)
        write_report(session.document, arguments.report)
        learned = bench.habits.learn(session.document)
    _tell_older(arguments.report)
    if learned is not None and learned.sentence():
        tell(learned.sentence())
    if unseen:
        tell(f"{unseen} proposed statements were accepted by this signature, not one by one.")
    signature = report.signatures[-1]
    say(f"{arguments.report}: {report.state.value}, signed by {signature.user} at {signature.at}")
    return DONE


def _tell_older(path: Path) -> None:
    """Renderings beside a report.json show what it was: nobody may send one out as signed."""
    names = (f"{path.stem}{ending}" for ending in (".txt", ".pdf", ".sr.dcm", ".cde.json"))
    older = [name for name in names if (path.parent / name).is_file()]
    if older and older != [f"{path.stem}.txt"]:  # alone, that is the text it was imported from
        tell(f"{', '.join(older)}: still as before; write them anew with `radassist export`.")


def _only_of_problems(overrides: Iterable[str], problems: Iterable[Problem]) -> None:
    """An override of what nobody objects to would stand in the record as if somebody had."""
    idle = sorted(set(overrides) - {p.rule for p in problems})
    if idle:
        raise UsageFault(
            f"There is no problem of the rule '{idle[0]}' to override.",
            "See the rules with `radassist check`.",
        )


def _override(text: str) -> tuple[str, str]:
    rule, _, reason = text.partition("=")
    if not rule.strip() or not reason.strip():
        raise UsageFault("An override needs a rule and a reason.", "Write --override RULE=REASON.")
    return rule.strip(), reason.strip()


def export(arguments: argparse.Namespace) -> int:
    """Every rendering of a report as it stands now, signed or not."""
    document = read_report(arguments.report)
    pictures = sorted(arguments.report.parent.glob("key-image-*.png"))
    make_folder(arguments.out)
    with Workbench(arguments.user) as bench:
        session = _session(bench, document, arguments.report)
        instances = _instances(bench, session.report, arguments.study)
        paths, notes = bench.export(session, arguments.out, (), instances, pictures)
    for note in notes:
        tell(note)
    if not instances:
        tell("report.sr.dcm refers to no images; name them with --study PATH.")
    say("\n".join(str(path) for path in paths))
    return DONE


def _instances(bench: Workbench, report: Report, paths: list[Path]) -> list[Instance]:
    """The images of the report's own study among those that were named.

    :raises InputFault: images were named, and none is of the study that the report is about.
    """
    if not paths:
        return []
    result = bench.open(paths, TerminalProgress(), Never())
    uid = report.study.study_instance_uid
    own = [s for s in result.studies if uid and s.study_instance_uid == uid]
    if not own:
        raise InputFault(
            "No image that was named belongs to the study of this report.",
            "Name the images that it was drafted on.",
        )
    return [frame.instance for series in own[0].series for frame in series.frames]


def addend(arguments: argparse.Namespace) -> int:
    """An addendum to a final report."""
    document = read_report(arguments.report)
    with Workbench(arguments.user) as bench:
        session = _session(bench, document, arguments.report)
        session.addend(arguments.text)
        write_report(session.document, arguments.report)
    _tell_older(arguments.report)
    say(f"{arguments.report}: addendum {len(session.report.addenda)} added")
    return DONE


def demo(arguments: argparse.Namespace) -> int:
    """The main job on the sample study, step by step, ending with a screenshot where Qt is."""
    from radassist.cli.demo import run_demo

    out = arguments.out or Path("out") / "demo"
    return run_demo(out, language=not arguments.no_language)

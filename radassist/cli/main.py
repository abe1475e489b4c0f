"""The ``radassist`` command: arguments, dispatch, and how faults are told."""

from __future__ import annotations

import argparse
import logging
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from radassist import __version__, logs
from radassist.cli import habits, images, reports, summaries, system
from radassist.cli.output import BAD_INPUT, DONE, open_streams, tell
from radassist.errors import Fault
from radassist.settings import find_paths, read_policy

Command = Callable[[argparse.Namespace], int]


class _Parser(argparse.ArgumentParser):
    """Usage errors in one sentence, with exit code 2."""

    def error(self, message: str) -> None:  # type: ignore[override]
        tell(f"radassist: {message}. See {self.prog} --help.")
        raise SystemExit(BAD_INPUT)


def build_parser() -> argparse.ArgumentParser:
    """All commands with their options."""
    parser = _Parser(
        prog="radassist",
        description="Offline reporting assistant for radiologists. Without a command: the window.",
        epilog="Exit codes: 0 done; 1 finished with findings that need attention; "
        "2 bad input or usage; 3 refused by the administrator's policy; 4 this machine refuses "
        "(disk, screen, engine). Decision support, not a medical device.",
    )
    parser.add_argument("--version", action="version", version=f"radassist {__version__}")
    _common(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _image_commands(commands)
    _report_commands(commands)
    _system_commands(commands)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show the trace of a fault"
    )


def _add(
    commands: argparse._SubParsersAction[_Parser], name: str, run: Command, text: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    _common(parser)
    return parser


def _image_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    window = _add(commands, "open", images.open_window, "Open files or folders in the window.")
    # None at all: what a desktop makes of "%F" when the menu entry is chosen.
    window.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    info = _add(
        commands, "info", images.info, "List the series in files, folders, zips, DICOMDIRs."
    )
    info.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    info.add_argument("--json", action="store_true", help="one JSON line a series")
    see = _add(commands, "see", images.see, "Vision findings of radiographs, one line an image.")
    see.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    see.add_argument("--json", action="store_true", help="one JSON line an image")
    see.add_argument("--masks", type=Path, metavar="DIR", help="write label maps as PNG here")


def _report_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    draft = _add(commands, "draft", reports.draft, "Draft a report on a study, without a screen.")
    draft.add_argument("path", nargs="+", type=Path, metavar="PATH")
    draft.add_argument("--out", type=Path, required=True, metavar="DIR")
    draft.add_argument("--no-language", action="store_true", help="leave out the language model")
    draft.add_argument("--user", default="", metavar="NAME")
    chat = _add(commands, "chat", reports.chat, "Change a report, or ask it, in plain words.")
    chat.add_argument("report", type=Path, metavar="REPORT.json")
    chat.add_argument("instruction", nargs="?", default="")
    chat.add_argument("--batch", type=Path, metavar="FILE", help="one instruction a line")
    chat.add_argument("--json", action="store_true")
    chat.add_argument("--accept", action="store_true", help="apply the change to the file")
    chat.add_argument("--no-language", action="store_true", help="grammar and rules only")
    chat.add_argument("--user", default="", metavar="NAME")
    summary = _add(
        commands, "summary", summaries.summary, "Sum a report up, for the referrer or the patient."
    )
    summary.add_argument("report", type=Path, metavar="REPORT")
    summary.add_argument(
        "--for", dest="reader", choices=("referrer", "patient"), default="referrer"
    )
    summary.add_argument("--json", action="store_true")
    text = _add(commands, "import", reports.import_text, "Read a plain-text report.")
    text.add_argument("text", type=Path, metavar="FILE.txt")
    text.add_argument("--out", type=Path, required=True, metavar="REPORT.json")
    check = _add(commands, "check", reports.check, "Check reports (JSON or plain text).")
    check.add_argument("reports", nargs="+", type=Path, metavar="REPORT")
    check.add_argument("--json", action="store_true", help="one JSON line a report")
    sign = _add(commands, "sign", reports.sign, "Sign a report.")
    sign.add_argument("report", type=Path, metavar="REPORT.json")
    sign.add_argument("--user", required=True, metavar="NAME")
    sign.add_argument("--preliminary", action="store_true", help="sign as preliminary, not final")
    sign.add_argument(
        "--override",
        action="append",
        default=[],
        metavar="RULE=REASON",
        help="sign in spite of a rule's errors; the reason is recorded",
    )
    export = _add(commands, "export", reports.export, "Write every rendering of a report anew.")
    export.add_argument("report", type=Path, metavar="REPORT.json")
    export.add_argument("--out", type=Path, required=True, metavar="DIR")
    export.add_argument(
        "--study", nargs="+", type=Path, default=[], metavar="PATH", help="the images it refers to"
    )
    export.add_argument("--user", default="", metavar="NAME")
    addend = _add(commands, "addend", reports.addend, "Add an addendum to a final report.")
    addend.add_argument("report", type=Path, metavar="REPORT.json")
    addend.add_argument("text")
    addend.add_argument("--user", required=True, metavar="NAME")


def _system_commands(commands: argparse._SubParsersAction[_Parser]) -> None:
    models = _add(
        commands,
        "models",
        system.models,
        "Model packs: list, fetch, install, verify, export, roll back, measure.",
    )
    actions = ("list", "fetch", "install", "verify", "export", "rollback", "bench-language")
    models.add_argument("action", choices=actions)
    models.add_argument("what", nargs="?", default="", metavar="PACK|FILE|FOLDER")
    models.add_argument("file", nargs="?", type=Path, metavar="FILE.zip", help="for export")
    models.add_argument(
        "--split", default="", metavar="SIZE", help="export in parts, for instance 4000M"
    )
    models.add_argument("--json", action="store_true")
    models.add_argument("--id", default="", metavar="ID", help="install: the id of a bare GGUF")
    models.add_argument(
        "--projector", type=Path, metavar="FILE", help="install: the mmproj file of a GGUF"
    )
    models.add_argument(
        "--openi", type=Path, metavar="WHEEL", help="bench-language: the wheel torchxrayvision"
    )
    models.add_argument("--misses", action="store_true", help="bench-language: name each miss")
    audit = _add(commands, "audit", system.audit, "The audit log: verify or show.")
    audit.add_argument("action", choices=("verify", "show"))
    audit.add_argument("--file", type=Path, metavar="DB", help="another audit database")
    audit.add_argument("--json", action="store_true")
    doctor = _add(
        commands, "doctor", system.doctor, "What is installed, missing, why, how to mend."
    )
    doctor.add_argument("--json", action="store_true")
    doctor.add_argument(
        "--measure", action="store_true", help="measure the packs too, and store the threads"
    )
    phrases = _add(
        commands, "phrases", habits.phrases, "Wordings learned from signed reports: list or clear."
    )
    phrases.add_argument("action", choices=("list", "clear"))
    phrases.add_argument("--json", action="store_true", help="one JSON line a wording")
    phrases.add_argument("--user", default="", metavar="NAME")
    usage = _add(
        commands, "usage", habits.usage, "What was kept of drafts, and seconds per template."
    )
    usage.add_argument("--json", action="store_true", help="one JSON line a template and a report")
    usage.add_argument("--clear", action="store_true", help="forget these numbers")
    usage.add_argument("--user", default="", metavar="NAME")
    demo = _add(commands, "demo", reports.demo, "The main job on a sample study.")
    demo.add_argument("--out", type=Path, default=None, metavar="DIR")
    demo.add_argument("--no-language", action="store_true")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code.  A fault is told in one sentence."""
    open_streams()
    arguments = build_parser().parse_args(argv)
    name = getattr(arguments, "command", None) or "window"
    begun = time.monotonic()
    code = _run(arguments, name)
    seconds = round(time.monotonic() - begun, 2)
    logs.log("command.end", command=name, exit_code=code, seconds=seconds)
    return code


def _run(arguments: argparse.Namespace, name: str) -> int:
    run: Command = getattr(arguments, "run", images.empty_window)
    try:
        logs.start(find_paths().home)
        logs.log("command.start", command=name, version=__version__)
        read_policy()  # a policy that is not good stops every command
        return run(arguments)
    except Fault as fault:
        if getattr(arguments, "debug", False):
            traceback.print_exc()
        logs.log("task.fault", logging.WARNING, fault=logs.kind_of(fault))
        tell(f"radassist: {fault}")
        return fault.exit_code
    except BrokenPipeError:
        # The reader of our output has gone (`| head`); nothing is left to tell it.
        sys.stderr.close()
        return DONE
    except Exception as error:
        where = logs.place_of(error)
        place = {"place": where} if where else {}
        logs.log("command.defect", logging.ERROR, fault=logs.kind_of(error), **place)
        if getattr(arguments, "debug", False):
            raise
        tell(f"radassist: this is a defect in radassist ({type(error).__name__}); see --debug.")
        return BAD_INPUT
    except KeyboardInterrupt:
        tell("radassist: stopped; what was accepted is stored.")
        return BAD_INPUT

"""The man page ``radassist(1)``, made from the command's argument parser."""

from __future__ import annotations

import argparse
import time

_FILES = """\
.TP
.I ~/.local/share/radassist/home
Reports, audit log, settings and keys (another folder: \\fBRADASSIST_HOME\\fR).
.TP
.I ~/.local/share/radassist/models
Installed model packs (another folder: \\fBRADASSIST_MODELS\\fR).
.TP
.I /usr/share/radassist/models
Model packs for all users of the machine.
.TP
.I /etc/radassist
The policy of an administrator: locked settings, allowed peers, required packs.
"""


def man_page(when: int) -> str:
    """Roff source of the page.

    :param when: seconds since 1970 that the page is dated with.
    """
    from radassist import __version__
    from radassist.cli.main import build_parser

    parser = build_parser()
    date = time.strftime("%Y-%m-%d", time.gmtime(when))
    commands = _commands(parser)
    lines = [
        f'.TH RADASSIST 1 "{date}" "radassist {__version__}" "User Commands"',
        ".SH NAME",
        r"radassist \- offline reporting assistant for radiologists",
        ".SH SYNOPSIS",
        ".B radassist",
        r"[\fICOMMAND\fR] [\fIOPTIONS\fR]",
        ".SH DESCRIPTION",
        _roff(parser.description or ""),
        *_options(parser),
        ".SH COMMANDS",
    ]
    for name, command in commands.items():
        lines += [f".SS {name}", _roff(command.description or ""), ".PP", _usage(command)]
        lines += _options(command)
    lines += [".SH EXIT STATUS", _roff(parser.epilog or ""), ".SH FILES", _FILES.rstrip()]
    lines += [".SH SEE ALSO", r"The help in the window (\fBF1\fR).", ""]
    return "\n".join(lines)


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _usage(command: argparse.ArgumentParser) -> str:
    usage = command.format_usage().removeprefix("usage: ")
    return _roff(" ".join(usage.split()))


def _options(parser: argparse.ArgumentParser) -> list[str]:
    lines: list[str] = []
    for action in parser._actions:
        hidden = action.help == argparse.SUPPRESS
        if hidden or isinstance(action, argparse._SubParsersAction | argparse._HelpAction):
            continue
        names = ", ".join(action.option_strings)
        taken = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
        if action.choices and not action.option_strings:
            taken = "|".join(map(str, action.choices))
        head = " ".join(
            part
            for part in (
                rf"\fB{_roff(names)}\fR" if names else "",
                rf"\fI{_roff(taken)}\fR" if taken else "",
            )
            if part
        )
        lines += [".TP", head, _roff((action.help or "").replace("%%", "%"))]
    return lines


def _roff(text: str) -> str:
    """Text in which nothing reads as a roff request."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")
    return r"\&" + escaped if escaped.startswith(".") else escaped

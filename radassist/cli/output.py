"""What commands print, and the exit codes they end with."""

from __future__ import annotations

import io
import json
import re
import sys
from typing import Any

from radassist.errors import ATTENTION, BAD_INPUT, DONE

__all__ = [
    "ATTENTION",
    "BAD_INPUT",
    "DONE",
    "Never",
    "TerminalProgress",
    "open_streams",
    "say",
    "say_json",
    "tell",
]

#: Characters of a progress bar.
_BAR = 24


#: Control codes steer a terminal, and half a surrogate pair (a file name that is no UTF-8) has no
#: bytes.  File names may hold both.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def open_streams() -> None:
    """Let no character of a name stop a command where the terminal's encoding lacks it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str) -> None:
    """One line of result on standard output; no result is kept waiting in a buffer."""
    sys.stdout.write(_UNPRINTABLE.sub("\ufffd", text) + "\n")
    sys.stdout.flush()


def say_json(data: Any) -> None:
    """One JSON line on standard output; what cannot be printed is escaped, so nothing is lost."""
    line = json.dumps(data, ensure_ascii=False, separators=(", ", ": "))
    say(_UNPRINTABLE.sub(lambda found: f"\\u{ord(found.group()):04x}", line))


def tell(text: str) -> None:
    """One line for the person at the terminal, on standard error."""
    sys.stderr.write(_UNPRINTABLE.sub("\ufffd", text) + "\n")
    sys.stderr.flush()


class TerminalProgress:
    """Progress on standard error: a line that rewrites itself on a terminal, silence in a pipe."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._width = 0

    def __call__(self, fraction: float, text: str) -> None:
        if not self._live:
            return
        line = f"{_bar(fraction)} {100 * fraction:3.0f} %  {text}" if fraction >= 0 else text
        sys.stderr.write("\r" + line.ljust(self._width))
        self._width = len(line)
        if fraction >= 1.0:
            self.clear()
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the progress line off the screen."""
        if self._live and self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            self._width = 0


def _bar(fraction: float) -> str:
    full = round(min(max(fraction, 0.0), 1.0) * _BAR)
    return f"[{'#' * full}{'-' * (_BAR - full)}]"


class Never:
    """A cancel token for work that Ctrl+C ends."""

    def cancelled(self) -> bool:
        return False

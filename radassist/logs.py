"""The log: what happened to the program, never to whom.

An event is a name of ``EVENTS`` with fields of ``FIELDS``, each held to a form that no name, date,
UID, path or sentence has.  There is no free text: a message of a library, which may quote a header,
is logged as its logger, its level and nothing else.

It goes to journald where its socket is there (the native protocol, systemd.io), else to a file that
is rotated, else, with ``RADASSIST_LOG=stderr``, to standard error.  Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from radassist.errors import Bug

JOURNAL = "/run/systemd/journal/socket"
#: A log file is set aside when it is larger, and so many of those are kept.
MAX_BYTES, KEPT = 1 << 20, 3
#: Events that wait for a place to be written to: the home folder may not be there yet.
_MOST_WAITING = 200

Value = str | int | float | bool

EVENTS = {
    "command.start": "a command or the window began",
    "command.end": "it ended, with its exit code",
    "command.defect": "it ended by a defect of the program",
    "task.fault": "work of the window was refused or failed",
    "task.defect": "work of the window ended by a defect of the program",
    "record": "an act was recorded in the audit log",
    "machine.measured": "the speed of the packs was measured",
    "library.message": "a library logged something, which is left out",
}

_NUMBER = r"-?[0-9]{1,12}(\.[0-9]{1,6})?"
#: field -> (the form of its value, what it is).
FIELDS = {
    "action": (r"[a-z]{2,20}\.[a-z_]{2,20}", "name of the act, as in the audit log"),
    "command": (r"[a-z]{2,12}", "the command, or `window`"),
    "count": (_NUMBER, "how many"),
    "exit_code": (r"[0-9]{1,3}", "see above"),
    "fault": (r"[A-Z][A-Za-z]{2,40}", "kind of the fault or defect"),
    "lane": (r"[a-z]{2,10}", "kind of work of the window"),
    "library_level": (r"[A-Z]{4,8}", "level that the library gave"),
    "logger": (r"[a-z_]{2,30}", "the library"),
    "ms_per_image": (_NUMBER, "time of the vision pack for one image"),
    "pack": (r"[a-z0-9][a-z0-9-]{0,63}@[0-9][0-9A-Za-z.+-]{0,20}", "model pack and version"),
    "place": (r"[a-z_.]{2,60}:[0-9]{1,5}", "module and line of a defect"),
    "seconds": (_NUMBER, "how long it took"),
    "threads": (r"[0-9]{1,3}", "processor threads"),
    "tokens_per_second": (_NUMBER, "speed of the language pack"),
    "version": (r"[0-9][0-9A-Za-z.+-]{0,20}", "of radassist"),
}

#: level -> priority of syslog(3).
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3}

Sink = Callable[[int, Mapping[str, Value]], bool]


def log(event: str, level: int = logging.INFO, **fields: Value) -> None:
    """Log one event.

    :raises Bug: the event or a field is not one of the lists, or a value has not its form.
    """
    if event not in EVENTS:
        raise Bug(f"{event} is no event of the log")
    for name, value in fields.items():
        form = FIELDS.get(name)
        if form is None or re.fullmatch(form[0], str(value)) is None:
            raise Bug(f"{name} is no field of the log, or its value is not of its form")
    _log.log(level, event, extra={"fields": fields})


def start(home: Path, environ: Mapping[str, str] | None = None) -> None:
    """Send the log of this process to journald, to a file in ``home``, or to standard error.

    Calling it again changes the place.
    """
    environ = os.environ if environ is None else environ
    _handler.sink = _choose(home, environ.get("RADASSIST_LOG", ""))
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
        _log.setLevel(logging.INFO)
        logging.captureWarnings(True)  # a warning may quote a header: logged as its kind only


def stop() -> None:
    """Take the log of this process off again."""
    logging.getLogger().removeHandler(_handler)
    logging.captureWarnings(False)
    _handler.sink = None


def place_of(error: BaseException) -> str:
    """``module:line`` of our own code that an error came from; "" where none of ours did."""
    found = ""
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        module = str(trace.tb_frame.f_globals.get("__name__", ""))
        if module == "radassist" or module.startswith("radassist."):
            found = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found if re.fullmatch(FIELDS["place"][0], found) else ""


def kind_of(error: BaseException) -> str:
    """The class of an error, for the field ``fault``."""
    name = type(error).__name__
    return name if re.fullmatch(FIELDS["fault"][0], name) else "Exception"


class _Handler(logging.Handler):
    """Turns records into events; what has no fields of ours loses its message."""

    def __init__(self) -> None:
        super().__init__()
        self.sink: Sink | None = None
        self._waiting: list[tuple[int, dict[str, Value]]] = []

    def emit(self, record: logging.LogRecord) -> None:
        fields = getattr(record, "fields", None)
        if isinstance(fields, dict) and record.name == _log.name:
            event = {"event": record.getMessage(), **fields}
        elif record.levelno < logging.WARNING:
            return
        else:
            event = {"event": "library.message", "library_level": record.levelname}
            name = record.name.partition(".")[0].lower()
            if re.fullmatch(FIELDS["logger"][0], name):
                event["logger"] = name
        self._waiting.append((record.levelno, event))
        del self._waiting[:-_MOST_WAITING]
        while self._waiting and self.sink is not None and self.sink(*self._waiting[0]):
            del self._waiting[0]


def _choose(home: Path, wish: str) -> Sink:
    if wish == "stderr":
        return _to_stderr
    if wish != "file" and os.path.exists(JOURNAL):  # noqa: PTH110  a socket, not a file
        return JournalSink(JOURNAL)
    return FileSink(home / "logs" / "radassist.log")


def _line(level: int, event: Mapping[str, Value]) -> str:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    return json.dumps({"at": at, "level": logging.getLevelName(level), **event}) + "\n"


def _to_stderr(level: int, event: Mapping[str, Value]) -> bool:
    sys.stderr.write(_line(level, event))
    return True


class JournalSink:
    """journald's native protocol: one datagram of ``NAME=value`` lines an event.

    :param path: its Unix-domain socket, which the offline guard lets through: it leads to this
        machine's own journal.
    """

    def __init__(self, path: str) -> None:
        self._path = path

    def __call__(self, level: int, event: Mapping[str, Value]) -> bool:
        lines = {
            "MESSAGE": " ".join(f"{name}={value}" for name, value in event.items()),
            "PRIORITY": _PRIORITY.get(level, 6),
            "SYSLOG_IDENTIFIER": "radassist",
            **{f"RADASSIST_{name.upper()}": value for name, value in event.items()},
        }
        data = "".join(f"{name}={value}\n" for name, value in lines.items()).encode("ascii")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                sock.sendto(data, self._path)
        except OSError:
            return True  # the journal is being restarted: this event is lost
        return True


class FileSink:
    """JSON lines in a private file that is rotated; nothing is written before its home is there."""

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()

    def __call__(self, level: int, event: Mapping[str, Value]) -> bool:
        if not self._path.parent.parent.is_dir():
            return False
        try:
            with self._lock:
                self._path.parent.mkdir(mode=0o700, exist_ok=True)
                self._rotate()
                flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
                descriptor = os.open(self._path, flags, 0o600)
                try:
                    os.write(descriptor, _line(level, event).encode("ascii"))
                finally:
                    os.close(descriptor)
        except OSError:
            return True  # a full or read-only disk stops no command because of its log
        return True

    def _rotate(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            if self._path.stat().st_size < MAX_BYTES:
                return
            for number in range(KEPT - 1, 0, -1):
                older = self._path.with_name(f"{self._path.name}.{number}")
                if older.exists():
                    older.replace(self._path.with_name(f"{self._path.name}.{number + 1}"))
            self._path.replace(self._path.with_name(f"{self._path.name}.1"))


_log = logging.getLogger("radassist.logs")
_handler = _Handler()

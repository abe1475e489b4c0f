"""What SQLite's errors mean for the user: one sentence each, free of stored text."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from radassist.errors import Bug, StorageFault, UsageFault

#: Primary result code (sqlite.org/rescode.html) -> (what, next step); ``{path}`` is the database.
MEANINGS = {
    sqlite3.SQLITE_BUSY: (
        "Another program is writing to {path} and does not let go.",
        "Close the other radassist, then try again; nothing was changed.",
    ),
    sqlite3.SQLITE_READONLY: (
        "{path} cannot be written (read-only).",
        "Make it and its folder writable, or name another folder with RADASSIST_HOME.",
    ),
    sqlite3.SQLITE_FULL: (
        "The disk that holds {path} is full.",
        "Free some space and try again; nothing that was accepted is lost.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "{path} cannot be opened.",
        "Make it and its folder writable, or name another folder with RADASSIST_HOME.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk that holds {path} does not answer as it should.",
        "Check the disk and its free space, then try again.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The database {path} is damaged.",
        "Restore it from a copy; radassist audit verify --file says what a copy holds.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "{path} is not a radassist database.",
        "Move that file away, or name another folder with RADASSIST_HOME.",
    ),
}
MEANINGS[sqlite3.SQLITE_LOCKED] = MEANINGS[sqlite3.SQLITE_BUSY]
MEANINGS[sqlite3.SQLITE_PROTOCOL] = MEANINGS[sqlite3.SQLITE_BUSY]

_ALREADY_FINAL = "a final report is immutable"


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise SQLite's environment errors as StorageFault; errors of our own SQL stay errors."""
    try:
        yield
    except sqlite3.IntegrityError as error:
        if str(error) == _ALREADY_FINAL:
            raise UsageFault(
                "This report is final and cannot be changed.", "Add an addendum instead."
            ) from error
        raise Bug(f"the database refused a row: {error}") from error
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None and isinstance(error, sqlite3.OperationalError):
            code = sqlite3.SQLITE_CORRUPT  # stored text that is not UTF-8: Python says it, quoting
        meaning = MEANINGS.get((code or 0) & 0xFF)
        if meaning is None:
            raise
        what, next_step = meaning
        raise StorageFault(what.format(path=path), next_step) from error
    except UnicodeDecodeError as error:  # SQLite quotes in its message what is no text
        what, next_step = MEANINGS[sqlite3.SQLITE_CORRUPT]
        raise StorageFault(what.format(path=path), next_step) from error

"""Copies of the database as it was before a migration: ``backups/radassist-VERSION-DATE.db``.

The version is that of the program that last wrote to it, which is the one to read the copy with.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from radassist.errors import StorageFault
from radassist.settings.paths import prepare_folder, storage_fault
from radassist.store.migrations import MIGRATIONS

#: Copies that are kept; older ones are taken away after a new one is whole.
KEPT = 5


def back_up(db: Database, path: Path) -> Path:
    """Copy a database through SQLite's backup API, which sees a consistent state.

    :raises StorageFault: the copy cannot be written, or does not hold what it should.
    """
    folder = prepare_folder(path.parent / "backups")
    version = written_by(db) or "unknown"
    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")
    target = folder / f"{path.stem}-{version}-{moment}.db"
    try:
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise storage_fault(error, target) from error
    names = [m.name for m in MIGRATIONS.applied(db)]
    with contextlib.closing(sqlite3.connect(target)) as copy:
        db.conn.backup(copy)
        done = Database(copy, execute_plugins=False)
        whole = copy.execute("PRAGMA quick_check").fetchone() == ("ok",)
        if not whole or [m.name for m in MIGRATIONS.applied(done)] != names:
            raise StorageFault(f"The backup {target.name} is not whole.", "Check the disk.")
    _forget_old(folder, path.stem)
    return target


def written_by(db: Database) -> str:
    """The version of the program that last opened the database for writing; "" when unknown."""
    try:
        row = db.execute(
            "SELECT json_extract(detail, '$.radassist') FROM audit"
            " WHERE action = 'session.open' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
    except sqlite3.OperationalError:
        return ""  # a version of other tables than this one knows
    said = str(row[0]) if row and row[0] else ""
    return said if said.replace(".", "").replace("-", "").isalnum() else ""


def _forget_old(folder: Path, stem: str) -> None:
    copies = sorted(folder.glob(f"{stem}-*.db"), key=lambda p: (p.stat().st_mtime_ns, p.name))
    for old in copies[:-KEPT]:
        with contextlib.suppress(OSError):  # one copy too many does no harm
            old.unlink()

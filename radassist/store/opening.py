"""Opening the database file: private, WAL with synchronous FULL, migrated or refused."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from radassist.errors import StorageFault
from radassist.settings.paths import prepare_folder, storage_fault
from radassist.store.faults import MEANINGS, translated
from radassist.store.migrations import MIGRATIONS, NAMES, unknown_migrations


def open_database(path: Path, busy_s: float) -> tuple[Database, str]:
    """(connection, journal mode) of a database that has every migration.

    :param busy_s: how long SQLite waits for another writer.
    :raises StorageFault: it cannot be opened, or was written by a newer version.
    """
    prepare_folder(path.parent)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # private before SQLite sees it
    except OSError as error:
        raise storage_fault(error, path) from error
    with translated(path):
        connection = sqlite3.connect(
            path, timeout=busy_s, isolation_level=None, check_same_thread=False
        )
        try:
            db = Database(connection, execute_plugins=False)
            return db, _prepare(db, path)
        except BaseException:
            connection.close()
            raise


def _prepare(db: Database, path: Path) -> str:
    """Pragmas and migrations; returns the journal mode."""
    db.execute("PRAGMA cell_size_check = ON")
    db.execute("PRAGMA foreign_keys = ON")
    try:
        _must_be_ours(db, path)
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 1) == sqlite3.SQLITE_ERROR:  # our SQL is fixed
            raise _altered(path) from error
        raise
    journal = str(db.execute("PRAGMA journal_mode = WAL").fetchone()[0])
    db.execute("PRAGMA synchronous = FULL")
    if MIGRATIONS.pending(db):
        _migrate(db, path)
    return journal


def _must_be_ours(db: Database, path: Path) -> None:
    """:raises StorageFault: a newer version's database, another program's, or an altered one.

    Nothing is written to either.  Tables and indexes that were added are left alone.
    """
    newer = unknown_migrations(db)
    if newer:
        raise StorageFault(
            f"{path.name} was written by a newer version of radassist ({newer[-1]}).",
            "Use that version; this one would not keep its rules.",
        )
    found = _schema(db)
    applied = tuple(m.name for m in MIGRATIONS.applied(db)) if "_sqlite_migrations" in found else ()
    if not applied and found:
        what, next_step = MEANINGS[sqlite3.SQLITE_NOTADB]
        raise StorageFault(what.format(path=path), next_step)
    if any(found.get(name) != sql for name, sql in _schema_after(applied).items()):
        raise _altered(path)


def _altered(path: Path) -> StorageFault:
    return StorageFault(
        f"The tables or rules of {path} were altered or are damaged.",
        "Restore it from a copy; radassist audit verify --file says what a copy holds.",
    )


def _schema(db: Database) -> dict[str, str]:
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return {str(name): str(sql) for name, sql in rows}


@cache
def _schema_after(names: tuple[str, ...]) -> dict[str, str]:
    """What the named migrations make, in a database in memory."""
    db = Database(memory=True)
    following = [name for name in NAMES if name not in names]
    if names:
        MIGRATIONS.apply(db, stop_before=following)
    schema = _schema(db)
    db.close()
    return schema


def _migrate(db: Database, path: Path) -> None:
    """Every pending migration or none, after a backup of what was there."""
    if MIGRATIONS.applied(db):
        names = [m.name for m in MIGRATIONS.applied(db)]
        _backup(db, path.with_name(f"{path.name}.before-{MIGRATIONS.pending(db)[0].name}"), names)
    db.execute("BEGIN IMMEDIATE")
    try:
        if MIGRATIONS.pending(db):  # another process may have been faster
            MIGRATIONS.apply(db)
        db.execute("COMMIT")
    except BaseException:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")
        raise


def _backup(db: Database, target: Path, names: list[str]) -> None:
    try:
        os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    except OSError as error:
        raise storage_fault(error, target) from error
    with contextlib.closing(sqlite3.connect(target)) as copy:
        db.conn.backup(copy)
        done = Database(copy, execute_plugins=False)
        if [m.name for m in MIGRATIONS.applied(done)] != names:
            raise StorageFault(f"The backup {target.name} is not whole.", "Check the disk.")

"""Opening the database file: private, WAL with synchronous FULL, migrated or refused."""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from pathlib import Path

from sqlite_utils import Database

from radassist import __version__
from radassist.errors import StorageFault
from radassist.settings.paths import prepare_folder, storage_fault
from radassist.store.backups import back_up, written_by
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
        writer = f"radassist {written_by(db)}" if written_by(db) else "a newer version of radassist"
        raise StorageFault(
            f"{path.name} was written by {writer} ({newer[-1]}); this is {__version__}, which does "
            "not know its rules.",
            "Use that version, or restore a copy of the folder backups with this one.",
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
    """Every pending migration or none, after a backup of what was there.

    :raises StorageFault: a migration failed; the database is as it was.
    """
    copy = back_up(db, path) if MIGRATIONS.applied(db) else None
    db.execute("BEGIN IMMEDIATE")
    try:
        if MIGRATIONS.pending(db):  # another process may have been faster
            MIGRATIONS.apply(db)
        db.execute("COMMIT")
    except BaseException as error:
        if db.conn.in_transaction:
            db.execute("ROLLBACK")
        ours = isinstance(error, sqlite3.IntegrityError) or _is_sql(error)
        if copy is None or not ours:
            raise
        raise StorageFault(
            f"{path.name} could not be brought to radassist {__version__} and is as it was.",
            f"Use the version before; a copy is kept as backups/{copy.name}.",
        ) from error


def _is_sql(error: BaseException) -> bool:
    """True for an error of a migration's own SQL, which no full disk or lock explains."""
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(error, sqlite3.DatabaseError) and code == sqlite3.SQLITE_ERROR

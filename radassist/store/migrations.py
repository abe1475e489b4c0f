"""The tables, as named migrations; each database records which of them it has.

All pending ones run inside one transaction, after a backup of the file as it was.  A database with
a migration that this version does not know was written by a newer one and is refused: an older
program must not append to a log whose rules it does not know.
"""

from __future__ import annotations

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("radassist")

#: Every migration of this version, in order.
NAMES = (
    "m001_reports",
    "m002_audit",
    "m003_append_only",
    "m004_annotations",
    "m005_habits",
)


@MIGRATIONS()
def m001_reports(db: Database) -> None:
    """Reports as JSON (before and after their history) and the history, one row an operation."""
    _run(
        db,
        """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE reports (
            id TEXT PRIMARY KEY NOT NULL,
            study_uid TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('draft', 'preliminary', 'final')),
            base TEXT NOT NULL CHECK (json_valid(base)),
            current TEXT NOT NULL CHECK (json_valid(current)),
            history_hash TEXT NOT NULL,
            content TEXT NOT NULL,
            created_at TEXT NOT NULL,
            updated_at TEXT NOT NULL
        );
        CREATE INDEX reports_study ON reports (study_uid);
        CREATE TABLE history (
            report_id TEXT NOT NULL REFERENCES reports (id) DEFERRABLE INITIALLY DEFERRED,
            seq INTEGER NOT NULL CHECK (seq > 0),
            entry TEXT NOT NULL CHECK (json_valid(entry)),
            PRIMARY KEY (report_id, seq)
        ) WITHOUT ROWID
        """,
    )


@MIGRATIONS()
def m002_audit(db: Database) -> None:
    """The chained events, their head, the signed checkpoints and the public keys that signed."""
    _run(
        db,
        """
        CREATE TABLE audit (
            seq INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            session TEXT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            detail TEXT NOT NULL CHECK (json_valid(detail)),
            content TEXT NOT NULL,
            prev_hash TEXT NOT NULL,
            hash TEXT NOT NULL UNIQUE
        );
        CREATE INDEX audit_subject ON audit (subject);
        CREATE TABLE audit_head (
            id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, hash TEXT NOT NULL
        );
        CREATE TABLE checkpoints (
            seq INTEGER PRIMARY KEY,
            at TEXT NOT NULL,
            hash TEXT NOT NULL,
            key_id TEXT NOT NULL,
            signature TEXT NOT NULL
        );
        CREATE TABLE audit_keys (key_id TEXT PRIMARY KEY, public TEXT NOT NULL) WITHOUT ROWID
        """,
    )


@MIGRATIONS()
def m003_append_only(db: Database) -> None:
    """Triggers that refuse what only a mistake or a hand in the file would do."""
    for table in ("audit", "history", "checkpoints", "audit_keys"):
        for verb in ("UPDATE", "DELETE"):
            _run(
                db,
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END",
                split=False,
            )
    for statement in (_AUDIT_IN_ORDER, _HISTORY_IN_ORDER, _KEEP_REPORTS, _HEAD_STAYS, _FINAL_STAYS):
        _run(db, statement, split=False)


@MIGRATIONS()
def m004_annotations(db: Database) -> None:
    """Every change of a study's annotations, one row each, and the frames marked as key images."""
    _run(
        db,
        """
        CREATE TABLE annotation_changes (
            study_uid TEXT NOT NULL,
            seq INTEGER NOT NULL CHECK (seq > 0),
            at TEXT NOT NULL,
            before TEXT CHECK (before IS NULL OR json_valid(before)),
            after TEXT CHECK (after IS NULL OR json_valid(after)),
            PRIMARY KEY (study_uid, seq)
        ) WITHOUT ROWID;
        CREATE TABLE key_images (
            study_uid TEXT NOT NULL,
            sop_uid TEXT NOT NULL,
            frame INTEGER NOT NULL CHECK (frame >= 0),
            image TEXT NOT NULL CHECK (json_valid(image)),
            at TEXT NOT NULL,
            PRIMARY KEY (study_uid, sop_uid, frame)
        ) WITHOUT ROWID
        """,
    )
    for verb in ("UPDATE", "DELETE"):
        _run(
            db,
            f"CREATE TRIGGER annotation_changes_no_{verb.lower()} BEFORE {verb} "
            "ON annotation_changes "
            "BEGIN SELECT RAISE(ABORT, 'annotation_changes is append-only'); END",
            split=False,
        )


@MIGRATIONS()
def m005_habits(db: Database) -> None:
    """What was learned from signed reports.  It may be deleted: no report or event depends on it.

    ``phrases`` hold wordings without a patient's words or numbers.  ``learned`` names the reports
    that taught, so that none teaches twice; ``report_seconds`` is the active time of each.
    """
    _run(
        db,
        """
        CREATE TABLE phrases (
            user TEXT NOT NULL,
            template TEXT NOT NULL,
            section TEXT NOT NULL,
            topic TEXT NOT NULL,
            pattern TEXT NOT NULL,
            written INTEGER NOT NULL,
            kept INTEGER NOT NULL,
            refused INTEGER NOT NULL,
            last_used TEXT NOT NULL,
            PRIMARY KEY (user, template, section, topic, pattern)
        ) WITHOUT ROWID;
        CREATE TABLE learned (
            report_id TEXT PRIMARY KEY REFERENCES reports (id), at TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE report_seconds (
            report_id TEXT PRIMARY KEY REFERENCES reports (id), seconds REAL NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE report_uses (
            report_id TEXT PRIMARY KEY REFERENCES reports (id),
            user TEXT NOT NULL,
            template TEXT NOT NULL,
            drafted INTEGER NOT NULL CHECK (drafted IN (0, 1)),
            seconds REAL,
            unchanged INTEGER NOT NULL,
            edited INTEGER NOT NULL,
            removed INTEGER NOT NULL,
            added INTEGER NOT NULL,
            words REAL NOT NULL,
            signed_at TEXT NOT NULL
        ) WITHOUT ROWID;
        CREATE INDEX report_uses_user ON report_uses (user, template)
        """,
    )


_AUDIT_IN_ORDER = """
CREATE TRIGGER audit_in_order BEFORE INSERT ON audit
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM audit)
BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
"""

_HISTORY_IN_ORDER = """
CREATE TRIGGER history_in_order BEFORE INSERT ON history
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM history WHERE report_id = NEW.report_id)
    OR EXISTS (SELECT 1 FROM reports WHERE id = NEW.report_id AND state = 'final')
BEGIN SELECT RAISE(ABORT, 'history is append-only'); END
"""

_KEEP_REPORTS = """
CREATE TRIGGER reports_no_delete BEFORE DELETE ON reports
BEGIN SELECT RAISE(ABORT, 'reports are kept'); END
"""

_HEAD_STAYS = """
CREATE TRIGGER audit_head_grows BEFORE UPDATE ON audit_head
WHEN NEW.seq <= OLD.seq BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
"""

#: A final report may gain addenda; all else of it, and the addenda it has, stay (C.17.2).
_FINAL_STAYS = """
CREATE TRIGGER reports_final_is_immutable BEFORE UPDATE ON reports
WHEN OLD.id IS NOT NEW.id OR OLD.base IS NOT NEW.base OR OLD.study_uid IS NOT NEW.study_uid OR (
    OLD.state = 'final' AND (
        NEW.state IS NOT 'final'
        OR NEW.history_hash IS NOT OLD.history_hash
        OR json_remove(NEW.current, '$.addenda') IS NOT json_remove(OLD.current, '$.addenda')
        OR EXISTS (
            SELECT 1 FROM json_each(OLD.current, '$.addenda') AS old
            WHERE old.value IS NOT (
                SELECT new.value FROM json_each(NEW.current, '$.addenda') AS new
                WHERE new.key = old.key
            )
        )
    )
)
BEGIN SELECT RAISE(ABORT, 'a final report is immutable'); END
"""


def unknown_migrations(db: Database) -> list[str]:
    """Names of applied migrations that this version does not have."""
    return [m.name for m in MIGRATIONS.applied(db) if m.name not in NAMES]


def _run(db: Database, script: str, *, split: bool = True) -> None:
    """Execute statements one by one: ``executescript`` would commit the open transaction."""
    for statement in script.split(";\n") if split else [script]:
        if statement.strip():
            db.execute(statement)

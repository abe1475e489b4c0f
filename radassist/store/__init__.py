"""SQLite repositories, named migrations, the audit chain and its stand-alone verifier."""

from radassist.store.sqlite import SqliteAudit, SqliteStore
from radassist.store.verifying import Verdict, verify_file

__all__ = ["SqliteAudit", "SqliteStore", "Verdict", "verify_file"]

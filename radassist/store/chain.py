"""The hash chain of the audit log: how an event, a report and a checkpoint become bytes.

An event carries the hash of the one before it, so that none can be changed, taken out, put in or
moved without breaking every hash after it.  An event that belongs to a report also carries
``content``: a hash over the report and its whole history as they stood after it, so that the chain
vouches for the reports too.  A checkpoint is an Ed25519 signature (RFC 8032) over the hash of one
event: whoever rewrites the whole chain cannot make it again without the key.

``resources/audit/verify_audit.py`` holds the same rules for a stranger who has only the Python
standard library; a test keeps the two in agreement.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

LOG_FORMAT = "radassist.audit/1"
CHECKPOINT_FORMAT = "radassist.checkpoint/1"

#: The columns that an event's hash covers; ``detail`` is the stored JSON text, byte for byte.
EVENT_FIELDS = (
    "seq", "at", "session", "actor", "action", "subject", "detail", "content", "prev_hash",
)  # fmt: skip


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and ASCII only: one text for one value.

    :raises ValueError: the value holds NaN or infinity; TypeError: it is not JSON-safe.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def sha256(text: str) -> str:
    """Hexadecimal SHA-256 of a text's UTF-8 bytes."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def genesis(log_id: str) -> str:
    """What the first event carries as the hash before it; ties a chain to its log."""
    return sha256(f"{LOG_FORMAT}\n{log_id}")


def event_hash(event: Mapping[str, Any]) -> str:
    """Hash of one event over ``EVENT_FIELDS``."""
    return sha256(canonical({name: event[name] for name in EVENT_FIELDS}))


def history_hash(entries: Iterable[str], start: str = "") -> str:
    """Hash over the history entries (JSON texts in order), continued from ``start``."""
    head = start or sha256("")
    for entry in entries:
        head = sha256(head + entry)
    return head


def content_hash(base: str, current: str, history: str) -> str:
    """Hash of a report: its base and current JSON texts and the hash of its history."""
    return sha256(canonical({"base": sha256(base), "current": sha256(current), "history": history}))


def checkpoint_message(log_id: str, seq: int, event_hash: str, at: str, key_id: str) -> bytes:
    """The bytes that a checkpoint signs."""
    fields = {"log": log_id, "seq": seq, "hash": event_hash, "at": at, "key": key_id}
    return f"{CHECKPOINT_FORMAT}\n{canonical(fields)}".encode()


def key_id(public: bytes) -> str:
    """Short name of a public key: the first 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]

"""Annotations and key images of a study: changes are rows that stay, the present is their sum."""

from __future__ import annotations

import json
from typing import Any

from sqlite_utils import Database

from radassist.domain.findings import ImageRef
from radassist.domain.measuring.annotation import Annotation, Annotations, Change
from radassist.errors import InputFault, StorageFault, UsageFault
from radassist.ports import AuditEvent
from radassist.store import chain
from radassist.store.sqlite import SqliteStore


class SqliteAnnotations:
    """``ports.AnnotationStore`` over the connection of a ``SqliteStore``."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def annotations(self, study_uid: str) -> tuple[Annotation, ...]:
        """The annotations of a study, in the order in which they were made.

        :raises StorageFault: what is stored is damaged.
        """
        with self._store.looking() as db:
            return _items(db, study_uid)

    def change(self, study_uid: str, change: Change, actor: str) -> None:
        """Make one change with its event.

        :raises UsageFault: another window changed this annotation first.
        :raises StorageFault: the disk; then nothing was stored.
        """
        before, after = _text(change.before), _text(change.after)
        detail = {"before": _form(change.before), "after": _form(change.after)}
        event = AuditEvent(f"annotation.{_verb(change)}", actor, study_uid, detail)
        with self._store.changing(event) as db:
            Annotations(_items(db, study_uid)).changed(change)
            db.execute(
                "INSERT INTO annotation_changes SELECT ?, coalesce(max(seq), 0) + 1, ?, ?, ? "
                "FROM annotation_changes WHERE study_uid = ?",
                [study_uid, self._store.now(), before, after, study_uid],
            )

    def key_images(self, study_uid: str) -> tuple[ImageRef, ...]:
        """The frames marked as key images, in the order in which they were marked."""
        with self._store.looking() as db:
            rows = db.query(
                "SELECT image FROM key_images WHERE study_uid = ? ORDER BY at, sop_uid, frame",
                [study_uid],
            )
            return tuple(ImageRef.from_dict(json.loads(row["image"])) for row in rows)

    def mark_key_image(self, image: ImageRef, marked: bool, actor: str) -> None:
        """Mark a frame or take the mark away; nothing happens where it is so already."""
        known = {(k.sop_uid, k.frame) for k in self.key_images(image.study_uid)}
        if ((image.sop_uid, image.frame) in known) is marked:
            return
        verb = "mark" if marked else "unmark"
        event = AuditEvent(f"key-image.{verb}", actor, image.study_uid, image.to_dict())
        place = [image.study_uid, image.sop_uid, image.frame]
        with self._store.changing(event) as db:
            if marked:
                row = [*place, chain.canonical(image.to_dict()), self._store.now()]
                db.execute("INSERT OR IGNORE INTO key_images VALUES (?, ?, ?, ?, ?)", row)
            else:
                db.execute(
                    "DELETE FROM key_images WHERE study_uid = ? AND sop_uid = ? AND frame = ?",
                    place,
                )


def _items(db: Database, study_uid: str) -> tuple[Annotation, ...]:
    held = Annotations()
    rows = db.query(
        "SELECT before, after FROM annotation_changes WHERE study_uid = ? ORDER BY seq",
        [study_uid],
    )
    try:
        for row in rows:
            held = held.changed(Change(_read(row["before"]), _read(row["after"])))
    except (InputFault, UsageFault, ValueError) as error:
        raise StorageFault(
            "The stored annotations of this study are damaged.",
            "Run radassist audit verify, and restore the database from a copy.",
        ) from error
    return held.items


def _read(text: str | None) -> Annotation | None:
    return Annotation.from_dict(json.loads(text)) if text is not None else None


def _text(annotation: Annotation | None) -> str | None:
    return chain.canonical(annotation.to_dict()) if annotation is not None else None


def _form(annotation: Annotation | None) -> dict[str, Any] | None:
    return annotation.to_dict() if annotation is not None else None


def _verb(change: Change) -> str:
    if change.before is None:
        return "add"
    return "delete" if change.after is None else "change"

"""Annotations and key images: kept, reopened, recorded, refused when changed elsewhere."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from radassist.domain.findings import ImageRef
from radassist.domain.measuring.annotation import Annotation, Change, Shape
from radassist.errors import StorageFault, UsageFault
from radassist.store import SqliteStore
from radassist.store.annotations import SqliteAnnotations

IMAGE = ImageRef("1.2", "1.2.3", "1.2.3.4", 2, "1.2.840.10008.5.1.4.1.1.2")
FIRST = Annotation("a1", Shape.LENGTH, IMAGE, ((0, 0), (10, 0)), "Lesion 1", "me", "2026")
LONGER = FIRST.with_point(1, (12.5, 0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "radassist.db"


def test_annotations_are_there_after_reopening(path: Path) -> None:
    other = Annotation("a2", Shape.PROBE, IMAGE, ((5, 5),))
    with SqliteStore(path) as store:
        kept = SqliteAnnotations(store)
        for change in (Change(None, FIRST), Change(None, other), Change(FIRST, LONGER)):
            kept.change("1.2", change, "me")
        kept.change("9.9", Change(None, other), "me")
    with SqliteStore(path) as store:
        kept = SqliteAnnotations(store)
        assert kept.annotations("1.2") == (LONGER, other)
        kept.change("1.2", Change(LONGER, None), "me")
        assert kept.annotations("1.2") == (other,)
        assert kept.annotations("never seen") == ()


def test_each_change_is_one_event_of_the_chain(path: Path) -> None:
    with SqliteStore(path) as store:
        kept = SqliteAnnotations(store)
        kept.change("1.2", Change(None, FIRST), "me")
        kept.change("1.2", Change(FIRST, LONGER), "you")
        kept.change("1.2", Change(LONGER, None), "me")
        events = store.audit.events("1.2")
        assert [(e["action"], e["actor"]) for e in events] == [
            ("annotation.add", "me"),
            ("annotation.change", "you"),
            ("annotation.delete", "me"),
        ]
        assert events[1]["detail"]["before"]["points"][1] == [10.0, 0.0]
        assert events[1]["detail"]["after"]["points"][1] == [12.5, 0.0]
        assert store.audit.verify()[1] == []


def test_two_windows_cannot_overwrite_each_other(path: Path) -> None:
    with SqliteStore(path) as one, SqliteStore(path) as other:
        SqliteAnnotations(one).change("1.2", Change(None, FIRST), "me")
        SqliteAnnotations(other).change("1.2", Change(FIRST, LONGER), "you")
        with pytest.raises(UsageFault, match="changed elsewhere"):
            SqliteAnnotations(one).change("1.2", Change(FIRST, None), "me")
        assert SqliteAnnotations(one).annotations("1.2") == (LONGER,)
        # What was refused left no event.
        assert [e["action"] for e in one.audit.events("1.2")] == [
            "annotation.add",
            "annotation.change",
        ]


def test_rows_of_changes_cannot_be_altered(path: Path) -> None:
    with SqliteStore(path) as store:
        SqliteAnnotations(store).change("1.2", Change(None, FIRST), "me")
    with sqlite3.connect(path) as raw:
        for sql in ("UPDATE annotation_changes SET after = NULL", "DELETE FROM annotation_changes"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                raw.execute(sql)
    raw.close()


def test_damage_is_told(path: Path) -> None:
    SqliteStore(path).close()
    with sqlite3.connect(path) as raw:
        row = ("1.2", 1, "now", None, '{"id": 1}')
        raw.execute("INSERT INTO annotation_changes VALUES (?, ?, ?, ?, ?)", row)
    raw.close()
    with SqliteStore(path) as store, pytest.raises(StorageFault, match="annotations"):
        SqliteAnnotations(store).annotations("1.2")


def test_key_images_are_marked_once_and_taken_back(path: Path) -> None:
    second = ImageRef("1.2", "1.2.3", "1.2.3.4", 3)
    with SqliteStore(path) as store:
        kept = SqliteAnnotations(store)
        kept.mark_key_image(IMAGE, True, "me")
        kept.mark_key_image(IMAGE, True, "me")
        kept.mark_key_image(second, True, "me")
        assert set(kept.key_images("1.2")) == {IMAGE, second}
        kept.mark_key_image(IMAGE, False, "me")
        kept.mark_key_image(IMAGE, False, "me")
    with SqliteStore(path) as store:
        assert SqliteAnnotations(store).key_images("1.2") == (second,)
        actions = [e["action"] for e in store.audit.events("1.2")]
        assert actions == ["key-image.mark", "key-image.mark", "key-image.unmark"]

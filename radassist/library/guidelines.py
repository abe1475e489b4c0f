"""Reads the guideline tables of ``resources/guidelines``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.guidelines import Guideline, Row
from radassist.errors import InputFault
from radassist.library import resources_dir

#: Keys that are handed on as tuples of words.
_LISTS = (
    "concepts",
    "places",
    "must_words",
    "unless_words",
    "unless_indication",
    "study_modalities",
    "study_regions",
)


@cache
def load_guidelines() -> tuple[Guideline, ...]:
    """All shipped guidelines, sorted by id.

    :raises InputFault: a file cannot be read.
    """
    folder = resources_dir() / "guidelines"
    return tuple(read_guideline(path) for path in sorted(folder.glob("*.toml")))


def read_guideline(path: Path) -> Guideline:
    """One guideline from its TOML file; a key that is not known is a fault, not a comment.

    :raises InputFault: the file is not a guideline table.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        rows = tuple(_row(item) for item in data.pop("row"))
        kinds = tuple((k, tuple(v)) for k, v in data.pop("character", {}).items())
        data.update({key: tuple(data[key]) for key in _LISTS if key in data})
        guideline = Guideline(rows=rows, character=kinds, **data)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, str(error)) from error
    if not rows or len({row.id for row in rows}) != len(rows):
        raise _damaged(path, "its rows need ids of their own")
    return guideline


def _row(item: dict[str, Any]) -> Row:
    row = Row(**{**item, "character": tuple(item.get("character", ()))})
    if bool(row.text) == bool(row.low and row.high):
        raise ValueError(f"row {row.id} needs a text, or both branches of risk")
    return row


def _damaged(path: Path, why: str) -> InputFault:
    return InputFault(
        f"The guideline {path.name} cannot be read ({why}).", "Mend or remove the file."
    )

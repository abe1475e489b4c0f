"""Reads how an Impression is put in order, from ``resources/impression``."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.impressions import Ranking, StudyKind
from radassist.errors import InputFault
from radassist.library import resources_dir


@cache
def load_ranking() -> Ranking:
    """The shipped ranks of findings.

    :raises InputFault: the file cannot be read.
    """
    path = resources_dir() / "impression" / "ranking.toml"
    data = _table(path)
    try:
        return Ranking(frozenset(data["critical"]), frozenset(data["minor"]), tuple(data["change"]))
    except (KeyError, TypeError) as error:
        raise _damaged(path, error) from error


@cache
def load_study_kinds() -> tuple[StudyKind, ...]:
    """The shipped kinds of examination, in the order of the file.

    :raises InputFault: the file cannot be read.
    """
    path = resources_dir() / "impression" / "studies.toml"
    data = _table(path)
    try:
        return tuple(_kind(item) for item in data["study"])
    except (KeyError, TypeError, re.error) as error:
        raise _damaged(path, error) from error


def _kind(item: dict[str, Any]) -> StudyKind:
    return StudyKind(
        id=item["id"],
        modalities=tuple(item["modalities"]),
        body_parts=tuple(item["body_parts"]),
        examination=re.compile(item["examination"]),
        normal=item["normal"],
        covered=tuple(tuple(group) for group in item["covered"]),
        regions=tuple(item["regions"]),
        incidental=frozenset(item["incidental"]),
    )


def _table(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> InputFault:
    return InputFault(f"{path.name} cannot be read ({error}).", "Install the program again.")

"""Reads the lexicon of ``resources/lexicon``: concepts by region, and the words around them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.reading import Concept, Lexicon, Word, build
from radassist.domain.reading.lexicon import URGENCIES, Codes
from radassist.errors import InputFault
from radassist.library import resources_dir


@cache
def load_lexicon() -> Lexicon:
    """The shipped lexicon, compiled once a process.

    :raises InputFault: a lexicon file cannot be read.
    """
    return read_lexicon(resources_dir() / "lexicon")


def read_lexicon(folder: Path) -> Lexicon:
    """A lexicon from the TOML files of one folder.

    Any file may hold concepts, words, identifiers (``codes``) and urgencies (``critical``).

    :raises InputFault: a file cannot be read, or the files contradict one another.
    """
    concepts: list[Concept] = []
    words: list[tuple[Word, Sequence[str]]] = []
    versions: list[str] = []
    codes: dict[str, Codes] = {}
    urgent: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            versions.append(f"{path.stem}@{int(data['version'])}")
            words += _words(data.get("words", {}))
            concepts += _concepts(data)
            codes |= {k: tuple(sorted(v.items())) for k, v in data.get("codes", {}).items()}
            urgent |= data.get("critical", {})
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise _damaged(path.name, error) from error
    if not versions:
        raise InputFault(f"The lexicon folder {folder} is empty.", "Install the program again.")
    try:
        return build(_with_urgency(concepts, urgent), words, " ".join(versions), codes)
    except ValueError as error:
        raise _damaged("folder", error) from error


def _with_urgency(concepts: Sequence[Concept], urgent: Mapping[str, str]) -> list[Concept]:
    """The concepts with what the table of critical findings says of them.

    :raises ValueError: the table names an unknown concept or another time than it may.
    """
    unknown = set(urgent) - {c.id for c in concepts}
    if unknown:
        raise ValueError(f"no concept is called {', '.join(sorted(unknown))}")
    if wrong := set(urgent.values()) - set(URGENCIES):
        raise ValueError(f"{', '.join(sorted(wrong))} is not one of {', '.join(URGENCIES)}")
    return [replace(c, urgency=urgent.get(c.id, "")) for c in concepts]


def _damaged(name: str, error: Exception) -> InputFault:
    return InputFault(f"The lexicon {name} cannot be read ({error}).", "Mend or remove the file.")


def _words(groups: dict[str, dict[str, list[str]]]) -> Iterator[tuple[Word, Sequence[str]]]:
    for group, values in groups.items():
        for value, phrases in values.items():
            yield Word(group, value), phrases


def _concepts(data: dict[str, Any]) -> Iterator[Concept]:
    kind, regions = data.get("kind", "finding"), tuple(data.get("regions", ()))
    for key, item in data.get("concept", {}).items():
        yield Concept(
            id=key,
            name=item.get("name", key.replace("-", " ")),
            kind=item.get("kind", kind),
            synonyms=tuple(item.get("say", (key.replace("-", " "),))),
            absent=tuple(item.get("absent", ())),
            anatomy=item.get("anatomy", ""),
            regions=tuple(item.get("regions", regions)),
            sex=item.get("sex", ""),
            acute=bool(item.get("acute", False)),
            benign=bool(item.get("benign", False)),
            paired=bool(item.get("paired", False)),
            side=item.get("side", ""),
            parents=tuple(item.get("is", ())),
            elsewhere=tuple(item.get("elsewhere", {}).items()),
        )

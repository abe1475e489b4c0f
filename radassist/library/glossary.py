"""Reads the glossary of plain words, ``resources/glossary``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.glossary import Glossary, Term
from radassist.domain.reading.tokens import normal
from radassist.errors import InputFault
from radassist.library import resources_dir

#: Lists of words in ``words.toml``.
_WORDS = ("filling", "passed", "vague")
_KINDS = ("finding", "device", "place")


@cache
def load_glossary() -> Glossary:
    """The shipped glossary.

    :raises InputFault: a file of it cannot be read.
    """
    return read_glossary(resources_dir() / "glossary")


def read_glossary(folder: Path) -> Glossary:
    """A glossary from the TOML files of one folder.

    :raises InputFault: a file cannot be read, or a concept stands in two places.
    """
    terms: dict[str, Term] = {}
    modifiers: dict[str, str] = {}
    words: dict[str, frozenset[str]] = dict.fromkeys(_WORDS, frozenset())
    versions = []
    for path in sorted(folder.glob("*.toml")):
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
            versions.append(f"{path.stem}@{int(data['version'])}")
            modifiers.update(data.get("modifier", {}))
            for key in words.keys() & data.keys():
                words[key] = frozenset(normal(word) for word in data[key].split())
            for kind in _KINDS:
                for concept, item in data.get(kind, {}).items():
                    if concept in terms:
                        raise ValueError(f"{concept} stands twice")
                    terms[concept] = _term(concept, kind, item)
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise InputFault(
                f"The glossary {path.name} cannot be read ({error}).", "Mend or remove the file."
            ) from error
    return Glossary(terms, modifiers, " ".join(versions), **words)


def _term(concept: str, kind: str, item: dict[str, Any]) -> Term:
    words = frozenset(str(item.get("words", "")).split())
    implies = frozenset(item.get("implies", ()))
    return Term(concept, kind, **{**item, "words": words, "implies": implies})

"""Reads the report templates of ``resources/templates``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from radassist.domain.templates import ReportTemplate, TemplateSentence
from radassist.errors import InputFault
from radassist.library import resources_dir


@cache
def load_templates() -> tuple[ReportTemplate, ...]:
    """All shipped templates, sorted by id.

    :raises InputFault: a template file cannot be read.
    """
    folder = resources_dir() / "templates"
    return tuple(read_template(path) for path in sorted(folder.glob("*.toml")))


def read_template(path: Path) -> ReportTemplate:
    """One template from its TOML file.

    :raises InputFault: the file is not a template.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        match = data.get("match", {})
        return ReportTemplate(
            id=data["id"],
            version=int(data["version"]),
            title=data["title"],
            modalities=tuple(match.get("modality", ())),
            body_parts=tuple(match.get("body_part", ())),
            views=tuple(match.get("view", ())),
            examination=_sentences(data, "examination"),
            technique=_sentences(data, "technique"),
            findings=_sentences(data, "findings"),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputFault(
            f"The report template {path.name} cannot be read ({error}).",
            "Mend or remove the file.",
        ) from error


def _sentences(data: dict[str, Any], section: str) -> tuple[TemplateSentence, ...]:
    return tuple(
        TemplateSentence(
            text=item["text"],
            label=item.get("label", ""),
            covers=tuple(item.get("covers", ())),
            unless=item.get("unless", ""),
            requires=tuple(item.get("requires", ())),
            series=tuple(word.lower() for word in item.get("series", ())),
        )
        for item in data.get(section, ())
    )

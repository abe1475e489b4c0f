"""The cases of ``resources/bench``: data in, reports and expectations out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radassist.domain.report import (
    SECTIONS,
    Report,
    Section,
    Statement,
    StudyContext,
)
from radassist.errors import InputFault

#: First letters by which a case names a section: F2 is the second statement of Findings.
LETTERS = {
    "E": "Examination",
    "N": "Indication",
    "T": "Technique",
    "C": "Comparison",
    "F": "Findings",
    "I": "Impression",
}


@dataclass(frozen=True)
class BenchCases:
    """What is asked of a chat.

    :param edits: as ``chat_edits.json`` describes them.
    :param questions: as ``questions.json`` describes them.
    :param openi_ids: the fixed list of Open-i reports whose impressions are compared.
    """

    reports: dict[str, Report]
    edits: tuple[dict[str, Any], ...]
    questions: tuple[dict[str, Any], ...]
    openi_ids: tuple[int, ...] = ()


def load_cases(folder: Path) -> BenchCases:
    """Read ``chat_edits.json``, ``questions.json`` and ``openi_ids.json`` of one folder.

    :raises InputFault: a file is missing or not as it describes itself.
    """
    try:
        edits = _json(folder / "chat_edits.json")
        questions = _json(folder / "questions.json")
        ids = _json(folder / "openi_ids.json")
        return BenchCases(
            {name: report_of(name, data) for name, data in edits["reports"].items()},
            tuple(edits["cases"]),
            tuple(questions["questions"]),
            tuple(int(i) for i in ids["ids"]),
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputFault(
            f"The cases in {folder.name} cannot be read ({error}).", "Install the program again."
        ) from error


def _json(path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return data


def report_of(name: str, data: dict[str, Any]) -> Report:
    """A report from its case; statement ids are s1, s2, ... in reading order."""
    number, sections = 0, []
    for section in SECTIONS:
        statements = []
        for given in data["sections"].get(section, []):
            number += 1
            form = {"provenance": "import", "state": "accepted"}
            form |= {"text": given} if isinstance(given, str) else given
            statements.append(Statement.from_dict({**form, "id": f"s{number}"}))
        sections.append(Section(section, tuple(statements)))
    return Report(
        name,
        StudyContext.from_dict(data.get("study", {})),
        tuple(sections),
        next_statement=number + 1,
        notices=tuple(data.get("notices", ())),
    )


def named(report: Report, key: str) -> Statement:
    """The statement that a key such as ``F2`` names.

    :raises InputFault: the report has no such statement.
    """
    section = report.section(LETTERS.get(key[:1], ""))
    place = int(key[1:]) - 1 if key[1:].isdigit() else -1
    if section is None or not 0 <= place < len(section.statements):
        raise InputFault(f"A case names {key}, which the report {report.id} does not have.")
    return section.statements[place]

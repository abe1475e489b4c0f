"""Reports written for tests, read in as a hospital would send them, and what writing is given."""

from __future__ import annotations

from dataclasses import replace

from radassist.domain.plaintext import import_report
from radassist.domain.report import Report, StudyContext
from radassist.library.glossary import load_glossary
from radassist.library.guidelines import load_guidelines
from radassist.library.impressions import load_ranking, load_study_kinds
from radassist.library.lexicon import load_lexicon
from radassist.workflow.chat.view import View
from radassist.workflow.shelf import Shelf


def shelf() -> Shelf:
    """All that is shipped."""
    return Shelf(load_ranking(), load_study_kinds(), load_guidelines(), load_glossary())


def report_of(
    findings: str,
    *,
    indication: str = "Cough.",
    exam: str = "",
    impression: str = "",
    modality: str = "CT",
    body_part: str = "CHEST",
    age: str = "060Y",
) -> Report:
    """A report with these sections; the header says what was examined."""
    text = f"INDICATION: {indication}\nFINDINGS: {findings}\n"
    text = f"EXAM: {exam}\n{text}" if exam else text
    text += f"IMPRESSION: {impression}\n" if impression else ""
    study = StudyContext(modality=modality, body_part=body_part, patient_age=age)
    return replace(import_report(text, "r"), study=study)


def view_of(report: Report) -> View:
    """The report, read."""
    return View(report, load_lexicon())

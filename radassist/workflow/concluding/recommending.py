"""Recommendations: from a row of a guideline's table, or the radiologist's own; from nobody else.

What comes of a row is a proposed statement whose evidence is the finding and the row; the reader
decides.  Where the report does not say what the table needs, nothing is proposed and the user is
told what is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from radassist.domain.findings import Evidence, EvidenceKind
from radassist.domain.guidelines import Guideline, Lesion, Row, row_for
from radassist.domain.reading import Lexicon
from radassist.domain.report import Provenance, Report, Statement, StatementState
from radassist.workflow.chat.view import Line, View, read_cached
from radassist.workflow.concluding.lesions import Stated, age_of, lesions, not_for, risk_of
from radassist.workflow.concluding.ordering import ranked, study_kind
from radassist.workflow.shelf import Shelf

BY_TABLE = "guideline"

#: Advice in words that the lexicon does not list as such.
_ADVICE = re.compile(
    r"\b(?:recommend\w*|advis\w*|suggest(?:ed)? (?:a |an )?(?:follow|repeat|further|ct|mri|pet|"
    r"ultrasound|biopsy|correlat\w*|referral)|follow[- ]?up\b|should (?:be|undergo|have|get)\b|"
    r"(?:is|are|may be|would be|could be) (?:advised|warranted|indicated|helpful|useful|needed|"
    r"necessary|required|appropriate|considered)|consider\w*|refer(?:ral)?\b|surveillance|"
    r"(?:repeat|further|additional|dedicated) (?:imaging|ct|mri|radiograph|evaluation|work-?up|"
    r"study|exam\w*)|"
    r"(?:in|at|after|within) (?:\d+|one|two|three|four|six|twelve)(?: to \d+|-\d+)? "
    r"(?:days?|weeks?|months?|years?)|correlat\w+|biops\w+|"
    r"needs? (?:a |an )?(?:ct|mri|pet|biopsy|follow))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Recommendation:
    """What one row says to the lesions of a report.

    :param text: a sentence for the Impression.
    """

    text: str
    guideline: Guideline
    row: Row
    lines: tuple[Line, ...]

    @property
    def ref(self) -> str:
        """The row, as evidence names it."""
        return self.guideline.ref(self.row)

    def statement(self, statement_id: str) -> Statement:
        """A proposed statement that rests on the findings and the row."""
        evidence = [Evidence(EvidenceKind.STATEMENT, x.id, x.text) for x in self.lines]
        value = f"{self.guideline.citation} For: {self.guideline.population}"
        evidence.append(Evidence(EvidenceKind.GUIDELINE, self.ref, value))
        by = Provenance(f"{BY_TABLE}:{self.guideline.id}@{self.guideline.version}")
        return Statement(statement_id, self.text, by, tuple(evidence), StatementState.PROPOSED)


def advises(text: str, lexicon: Lexicon) -> bool:
    """Whether a sentence recommends something: what no table row says, only a person may."""
    return read_cached(text, lexicon).recommendation or _ADVICE.search(text) is not None


def own_advice(view: View) -> list[Line]:
    """Recommendations that a person wrote, in reading order."""
    return [
        line
        for line in view.fact_lines
        if advises(line.text, view.lexicon) and not line.statement.provenance.is_machine
    ]


def recommend(view: View, shelf: Shelf) -> tuple[list[Recommendation], list[str]]:
    """What the tables say to this report, and why a table that might hold says nothing."""
    kind = study_kind(view.report, shelf)
    given: list[Recommendation] = []
    notices: list[str] = []
    for guideline in shelf.guidelines:
        unfit = not_for(view.report, kind, guideline)
        found = lesions(view, guideline) if unfit is not None else []
        if not found or _already(view, guideline):
            continue
        answer = unfit or _looked_up(view.report, guideline, found)
        if isinstance(answer, str):
            notices.append(f"{guideline.name} is not applied to the {guideline.what}: {answer}.")
            continue
        given.append(answer)
        notices.append(f"{guideline.name}: {guideline.population}")
    order = {item.line.id: place for place, item in enumerate(ranked(view, shelf))}
    given.sort(key=lambda item: min(order.get(line.id, len(order)) for line in item.lines))
    return given, notices


def _already(view: View, guideline: Guideline) -> bool:
    """Whether the radiologist has recommended something for this lesion: that stands alone."""
    return any(
        any(view.lexicon.is_a(m.concept, c) for c in guideline.concepts)
        or re.search(rf"\b{re.escape(guideline.what.split()[-1])}", line.text, re.IGNORECASE)
        for line in own_advice(view)
        for m in line.findings
    )


def _looked_up(report: Report, guideline: Guideline, found: list[Stated]) -> Recommendation | str:
    """The row for these lesions, or what keeps it from being chosen."""
    inside = [item for item in found if not item.outside]
    if not inside:
        return found[0].outside
    sized = [item for item in inside if item.axes]
    if not sized:
        return "the report gives no size"
    largest = max(sized, key=lambda item: guideline.size_of(item.axes))
    kinds = {c for item in inside for c in item.characters}
    if guideline.character and len(kinds) != 1:
        several = ", ".join(sorted(kinds))
        return f"the report names several kinds ({several})" if kinds else _missing(guideline)
    multiple = len(inside) > 1 or any(item.several for item in inside)
    size = guideline.size_of(largest.axes)
    lesion = Lesion(size, next(iter(kinds), ""), multiple, age_of(report))
    row = row_for(guideline, lesion)
    if row is None:
        return "its table has no row for this size"
    return Recommendation(
        _sentence(guideline, row, multiple, risk_of(report)),
        guideline,
        row,
        tuple(item.line for item in inside),
    )


def _missing(guideline: Guideline) -> str:
    kinds = ", ".join(kind for kind, _ in guideline.character)
    return f"the report does not say which it is of {kinds}"


def _sentence(guideline: Guideline, row: Row, multiple: bool, risk: str) -> str:
    what = guideline.what + ("s" if multiple and not guideline.what.endswith("s") else "")
    return f"Recommendation for the {what} ({guideline.name}): {row.advice(risk)}."

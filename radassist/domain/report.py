"""A report is statements in sections; text, PDF and SR are renderings of it.

All types are immutable: a change makes a new report through ``operations.apply`` alone, so a
statement that an operation does not name is the same object, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from radassist.domain.findings import Evidence

SCHEMA = "radassist.report/1"

#: The sections every report has, in order (ACR practice parameter for communication, 2020).
SECTIONS = ("Examination", "Indication", "Technique", "Comparison", "Findings", "Impression")


class StatementState(StrEnum):
    """What the radiologist has done with a statement."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    EDITED = "edited"
    REJECTED = "rejected"


class ReportState(StrEnum):
    """Lifecycle of a report (DICOM PreliminaryFlag / VerificationFlag, PS3.3 C.17.2)."""

    DRAFT = "draft"
    PRELIMINARY = "preliminary"
    FINAL = "final"


@dataclass(frozen=True)
class Provenance:
    """Who wrote a statement.

    :param source: ``vision:<pack>``, ``language:<pack>``, ``template``, ``prior``,
        ``measurement``, ``header``, ``import``, ``guideline:<table>`` or ``radiologist``.
    :param how: for the radiologist: ``typed``, ``dictated``, ``chat`` or ``signature``; for a
        machine's statement ``phrase memory`` where it is put in the user's wording.
    """

    source: str
    how: str = ""

    @property
    def is_machine(self) -> bool:
        """True when no person has written it: such a statement must be looked at."""
        return self.source not in ("radiologist", "import", "prior")


@dataclass(frozen=True)
class Statement:
    """One sentence of a report with where it came from and what it rests on."""

    id: str
    text: str
    provenance: Provenance
    evidence: tuple[Evidence, ...] = ()
    state: StatementState = StatementState.PROPOSED

    def to_dict(self) -> dict[str, Any]:
        data: dict[str, Any] = {
            "id": self.id,
            "text": self.text,
            "provenance": self.provenance.source,
            "evidence": [e.to_dict() for e in self.evidence],
            "state": self.state.value,
        }
        if self.provenance.how:
            data["how"] = self.provenance.how
        return data

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Statement:
        return Statement(
            id=data["id"],
            text=data["text"],
            provenance=Provenance(data["provenance"], data.get("how", "")),
            evidence=tuple(Evidence.from_dict(e) for e in data.get("evidence", [])),
            state=StatementState(data.get("state", "proposed")),
        )


@dataclass(frozen=True)
class Section:
    """A named, ordered run of statements."""

    name: str
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True)
class StudyContext:
    """What the report says about its study, from DICOM headers only.

    Attribute spelling is the DICOM keyword's, snake-cased; empty when the header has none.

    :param dates: StudyDate as YYYYMMDD.
    :param priors: StudyDates of priors that were really opened beside this study.
    :param image_hashes: SOPInstanceUID -> sha256 of decoded pixels, for replay.
    """

    study_instance_uid: str = ""
    patient_id: str = ""
    patient_name: str = ""
    patient_sex: str = ""
    patient_age: str = ""
    study_date: str = ""
    study_description: str = ""
    accession_number: str = ""
    modality: str = ""
    body_part: str = ""
    view: str = ""
    laterality: str = ""
    contrast: str = ""
    indication: str = ""
    priors: tuple[str, ...] = ()
    image_hashes: tuple[tuple[str, str], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        data = {k: getattr(self, k) for k in self.__dataclass_fields__}
        data["priors"] = list(self.priors)
        data["image_hashes"] = dict(self.image_hashes)
        return data

    @staticmethod
    def from_dict(data: dict[str, Any]) -> StudyContext:
        known = {k: v for k, v in data.items() if k in StudyContext.__dataclass_fields__}
        known["priors"] = tuple(known.get("priors", ()))
        known["image_hashes"] = tuple(sorted(dict(known.get("image_hashes", {})).items()))
        return StudyContext(**known)


@dataclass(frozen=True)
class Signature:
    """A state that a named person gave the report, and when (ISO 8601 UTC, given by the caller)."""

    state: ReportState
    user: str
    at: str

    def to_dict(self) -> dict[str, Any]:
        return {"state": self.state.value, "user": self.user, "at": self.at}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Signature:
        return Signature(ReportState(data["state"]), data["user"], data["at"])


@dataclass(frozen=True)
class Addendum:
    """Text added after the report became final; the report itself is not touched."""

    text: str
    user: str
    at: str

    def to_dict(self) -> dict[str, Any]:
        return {"text": self.text, "user": self.user, "at": self.at}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Addendum:
        return Addendum(data["text"], data["user"], data["at"])


@dataclass(frozen=True)
class Report:
    """The document that operations change.

    :param id: stable identifier of the report (UUID, made by the caller).
    :param next_statement: number of the next statement id; ids are never used twice.
    :param origin: how the draft was made (packs with hashes, prompt, seed, threads), for replay.
    """

    id: str
    study: StudyContext
    sections: tuple[Section, ...]
    state: ReportState = ReportState.DRAFT
    template: str = ""
    next_statement: int = 1
    signatures: tuple[Signature, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    notices: tuple[str, ...] = ()
    origin: dict[str, Any] = field(default_factory=dict, hash=False)

    def statements(self) -> Iterator[tuple[Section, Statement]]:
        """All statements with their section, in reading order."""
        for section in self.sections:
            for statement in section.statements:
                yield section, statement

    def live(self) -> Iterator[tuple[Section, Statement]]:
        """The statements that stand in the text: all but the rejected ones."""
        for section, statement in self.statements():
            if statement.state is not StatementState.REJECTED:
                yield section, statement

    def find(self, statement_id: str) -> tuple[Section, Statement] | None:
        """The statement with this id and its section, or None."""
        for section, statement in self.statements():
            if statement.id == statement_id:
                return section, statement
        return None

    def section(self, name: str) -> Section | None:
        """The section with this name (case does not matter), or None."""
        for section in self.sections:
            if section.name.lower() == name.lower():
                return section
        return None

    def with_section(self, section: Section) -> Report:
        """A copy in which the section of the same name is replaced."""
        sections = tuple(section if s.name == section.name else s for s in self.sections)
        return replace(self, sections=sections)


def empty_report(report_id: str, study: StudyContext, template: str = "") -> Report:
    """A draft that has every section and no statement."""
    return Report(report_id, study, tuple(Section(name) for name in SECTIONS), template=template)

"""What the study panel lists, without Qt: patients, studies, series, and files not opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.companions import Companion
from radassist.domain.study import OpenResult, RejectedFile, Series, Study
from radassist.viewer.text import age, date, person_name, plain

SeriesKey = tuple[str, int]


@dataclass(frozen=True)
class SeriesRow:
    """One series as listed.

    :param title: modality, body part, view or plane; :param caption: description; :param count:
        how many images, and the distance of their slices.
    :param warnings: sentences; also why a DICOM series was split.
    """

    study: Study
    series: Series
    title: str
    caption: str
    count: str
    warnings: tuple[str, ...] = ()

    @property
    def key(self) -> SeriesKey:
        """(SeriesInstanceUID, part)."""
        return self.series.series_instance_uid, self.series.part


@dataclass(frozen=True)
class StudyRow:
    """One study and its series."""

    study: Study
    title: str
    caption: str
    series: tuple[SeriesRow, ...]
    companions: tuple[Companion, ...] = ()


@dataclass(frozen=True)
class PatientRow:
    """One patient: studies with the same PatientID and name, the newest first."""

    title: str
    caption: str
    studies: tuple[StudyRow, ...]


def merged(old: OpenResult, new: OpenResult) -> OpenResult:
    """Both results together; a study that was opened again takes the place of the older one."""
    again = {s.study_instance_uid for s in new.studies}
    kept = tuple(s for s in old.studies if s.study_instance_uid not in again)
    fresh = {r.path for r in new.rejected}
    rejected = tuple(r for r in old.rejected if r.path not in fresh)
    notes = tuple(dict.fromkeys((*old.notes, *new.notes)))
    known = {c.path for c in new.companions}
    companions = tuple(c for c in old.companions if c.path not in known)
    return OpenResult(
        (*kept, *new.studies), (*rejected, *new.rejected), notes, (*companions, *new.companions)
    )


def patients(result: OpenResult) -> tuple[PatientRow, ...]:
    """Patients in the order in which they were opened.

    Studies without a PatientID are never put together: they may be of different people.
    """
    groups: dict[tuple[str, ...], list[Study]] = {}
    for study in result.studies:
        known = study.patient_id.strip()
        key = (known, study.patient_name) if known else ("", study.study_instance_uid)
        groups.setdefault(key, []).append(study)
    return tuple(_patient(studies, result.companions) for studies in groups.values())


def orphans(result: OpenResult) -> tuple[Companion, ...]:
    """Companions of studies of which no image is open."""
    known = {s.study_instance_uid for s in result.studies}
    return tuple(c for c in result.companions if c.study_instance_uid not in known)


def _patient(studies: Sequence[Study], companions: Sequence[Companion]) -> PatientRow:
    newest_first = sorted(studies, key=lambda s: (s.study_date, s.study_time), reverse=True)
    first = newest_first[0]
    name = person_name(first.patient_name) or "No name"
    if first.patient_name_ideographic:
        name += f"  {plain(first.patient_name_ideographic, 32)}"
    facts = (plain(first.patient_id), plain(first.patient_sex, 8), age(first.patient_age))
    return PatientRow(
        name, "  ".join(f for f in facts if f), tuple(_study(s, companions) for s in newest_first)
    )


def _study(study: Study, companions: Sequence[Companion]) -> StudyRow:
    title = "  ".join(p for p in (date(study.study_date), plain(study.study_description, 40)) if p)
    accession = f"accession {plain(study.accession_number, 20)}" if study.accession_number else ""
    return StudyRow(
        study,
        title or "Study without a date",
        accession,
        tuple(_series(study, s) for s in study.series),
        tuple(c for c in companions if c.study_instance_uid == study.study_instance_uid),
    )


def _series(study: Study, series: Series) -> SeriesRow:
    kind = "localizer" if series.is_localizer else series.view or series.plane
    words = (
        series.modality,
        plain(series.body_part, 20),
        plain(kind, 16),
        plain(series.laterality, 4),
    )
    number = f"{series.series_number}" if series.series_number is not None else ""
    caption = ". ".join(p for p in (number, plain(series.description, 48)) if p)
    if number and number == caption:
        caption = f"Series {number}"
    caption += f" (part {series.part})" if series.part else ""
    split = (f"Part {series.part} of its DICOM series: {series.split_reason}",) if (
        series.part and series.split_reason) else ()  # fmt: skip
    return SeriesRow(
        study,
        series,
        "  ".join(w for w in words if w) or "Images",
        caption.strip(),
        _count(series),
        (*series.warnings, *split),
    )


def _count(series: Series) -> str:
    images = len(series.frames)
    text = "1 image" if images == 1 else f"{images} images"
    if images > 1 and series.spacing is not None:
        text += f", {series.spacing[0]:.3g} mm"
    return text


def rejected_title(rejected: Sequence[RejectedFile]) -> str:
    """Heading of the list of files that were not opened; "" where there is none."""
    broken = sum(1 for r in rejected if r.severity == "error")
    other = len(rejected) - broken
    parts = [f"Not opened: {broken}"] if broken else []
    parts += [f"Other files: {other}"] if other else []
    return "   ".join(parts)


def series_in_order(rows: Sequence[PatientRow]) -> list[SeriesRow]:
    """All series from top to bottom."""
    return [series for patient in rows for study in patient.studies for series in study.series]

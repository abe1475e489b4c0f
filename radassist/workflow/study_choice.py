"""Which study is reported, which series leads, and which studies are its priors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from radassist.domain.report import StudyContext
from radassist.domain.study import OpenResult, Series, Study
from radassist.errors import InputFault

#: The longest header text that a report takes over; longer values are cut and marked.
_MAX_HEADER = 200


@dataclass(frozen=True)
class Subject:
    """What a draft is about.

    :param priors: earlier studies of the same patient that were opened beside it, newest first.
    """

    study: Study
    series: Series
    priors: tuple[Study, ...] = ()


def subjects(result: OpenResult, named: Sequence[Path] = ()) -> list[Subject]:
    """Every study that can be reported, with its leading series and its priors.

    The patient who was named first leads, and of one patient the newest study: which of two
    patients was examined later says nothing about whom the user wants to report on.

    :param named: the paths that were opened, in the user's order.

    A prior is an earlier study with the same, non-empty PatientID that was really opened: a date
    in a header alone is no prior.
    """
    found = [
        Subject(study, _leading(study), _priors(study, result.studies))
        for study in result.studies
        if study.series
    ]
    found.sort(key=lambda s: (s.study.study_date, s.study.study_time), reverse=True)
    places: dict[str, int] = {}
    for subject in found:
        patient = _patient(subject.study)
        places[patient] = min(places.get(patient, len(named)), _place(subject.study, named))
    return sorted(found, key=lambda s: places[_patient(s.study)])


def _patient(study: Study) -> str:
    """The PatientID, else the study alone: nameless studies are nobody's priors."""
    return study.patient_id or study.study_instance_uid


def _place(study: Study, named: Sequence[Path]) -> int:
    """Index of the first path that the study came from; their number where none fits."""
    files = {frame.instance.shown_path for series in study.series for frame in series.frames}
    folders = {path.parent for path in files}  # few, where the files of a series are many
    around = files.union(folders, *(path.parents for path in folders))
    absolute = (Path(os.path.abspath(path)) for path in named)  # noqa: PTH100  as files are named
    return next((i for i, path in enumerate(absolute) if path in around), len(named))


def choose(result: OpenResult, named: Sequence[Path] = ()) -> Subject:
    """The study to report on: the newest of the patient who was named first.

    :raises InputFault: nothing that was opened holds an image.
    """
    found = subjects(result, named)
    if not found:
        raise InputFault("No images were found to report on.", "Open a folder with DICOM images.")
    return found[0]


def _leading(study: Study) -> Series:
    """The series a report is chiefly about: no localizer, a stated body part, most images."""
    return max(
        study.series,
        key=lambda s: (
            not s.is_localizer,
            bool(s.body_part),
            len(s.frames),
            -(s.series_number or 0),
        ),
    )


def _priors(study: Study, studies: tuple[Study, ...]) -> tuple[Study, ...]:
    earlier = [
        other
        for other in studies
        if other is not study
        and study.patient_id
        and other.patient_id == study.patient_id
        and other.study_date
        and other.study_date < study.study_date
    ]
    return tuple(sorted(earlier, key=lambda s: s.study_date, reverse=True))


def context(subject: Subject, image_hashes: dict[str, str]) -> StudyContext:
    """The study facts that the report carries, all from headers."""
    study, series = subject.study, subject.series
    return StudyContext(
        study_instance_uid=study.study_instance_uid,
        patient_id=_cut(study.patient_id),
        patient_name=_cut(study.patient_name),
        patient_sex=_cut(study.patient_sex),
        patient_age=_cut(study.patient_age),
        study_date=study.study_date,
        study_description=_cut(study.study_description),
        accession_number=_cut(study.accession_number),
        modality=series.modality,
        body_part=_cut(series.body_part),
        view=series.view,
        laterality=series.laterality,
        contrast=_cut(series.contrast_agent),
        indication=_cut(study.reason_for_study),
        priors=tuple(p.study_date for p in subject.priors),
        image_hashes=tuple(sorted(image_hashes.items())),
    )


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_HEADER else text[: _MAX_HEADER - 1] + "…"

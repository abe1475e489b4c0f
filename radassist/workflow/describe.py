"""What ``radassist info PATH... --json`` says: one JSON object a series, one line each.

Keys of a series line (all always there):

``uid``            SeriesInstanceUID ("" where the header has none)
``part``, ``split_reason``  0 and "", or which part of a split series this is and why it was split
``modality``, ``body_part``, ``body_part_source``, ``view``, ``laterality``, ``description``
``rows``, ``columns``, ``slices``   pixels, and frames of the series
``spacing``        [slice, row, column] in mm where the slices are evenly spaced, else
                   [row, column], else null
``spacing_source`` ``PixelSpacing``, ``ImagerPixelSpacing`` (at the detector), ... or ""
``slice_spacing``  mm between neighbours, or null
``orientation``    letters at the [left, right, top, bottom] edge of the first image as shown
                   ("" where unknown)
``plane``          axial, coronal, sagittal, oblique or ""
``localizer``      true for a scout view
``warnings``       sentences: tilt, uneven gaps, missing slice, no spacing, why it was split,
                   and files that lie beside the images of the series but could not be opened
``study``          StudyInstanceUID; ``study_date``, ``study_description``, ``series_number``
``instances``      SOPInstanceUID of each image, in display order
``unreadable``     [{path, reason}] of those files

After the series comes one line for all files that were not opened, if there are any:
``{"unreadable": [{"path", "reason", "severity"}], "notes": [...], "companions": [{path, kind}]}``
with severity ``error`` for a broken file and ``note`` for one that is something else; companions
are presentation states (PR), segmentations (SEG), key objects (KO), reports (SR) and documents
(DOC).  No line holds patient attributes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radassist.domain.study import OpenResult, RejectedFile, Series, Study


def describe(result: OpenResult) -> list[dict[str, Any]]:
    """The lines of ``radassist info``, ready for ``json.dumps``; the format is above."""
    broken = [r for r in result.rejected if r.severity == "error"]
    lines = [_series(study, series, broken) for study, series in result.series()]
    if result.rejected or result.notes or result.companions:
        lines.append(
            {
                "unreadable": [
                    {"path": str(r.path), "reason": r.reason, "severity": r.severity}
                    for r in result.rejected
                ],
                "notes": list(result.notes),
                "companions": [
                    {"path": str(c.shown_path), "kind": c.kind.value} for c in result.companions
                ],
            }
        )
    return lines


def _series(study: Study, series: Series, broken: list[RejectedFile]) -> dict[str, Any]:
    beside = _beside(series, broken)
    return {
        "uid": series.series_instance_uid,
        "part": series.part,
        "split_reason": series.split_reason,
        "modality": series.modality,
        "body_part": series.body_part,
        "body_part_source": series.body_part_source,
        "view": series.view,
        "laterality": series.laterality,
        "description": series.description,
        "rows": series.rows,
        "columns": series.columns,
        "slices": len(series.frames),
        "spacing": _rounded(series.spacing or series.pixel_spacing),
        "spacing_source": series.spacing_source,
        "slice_spacing": round(series.spacing[0], 4) if series.spacing else None,
        "orientation": list(series.orientation),
        "plane": series.plane,
        "localizer": series.is_localizer,
        "warnings": _warnings(series, beside),
        "study": study.study_instance_uid,
        "study_date": study.study_date,
        "study_description": study.study_description,
        "series_number": series.series_number,
        "instances": list(dict.fromkeys(f.instance.sop_instance_uid for f in series.frames)),
        "unreadable": [{"path": str(r.path), "reason": r.reason} for r in beside],
    }


def _rounded(spacing: tuple[float, ...] | None) -> list[float] | None:
    """To a ten-thousandth of a millimetre: positions carry float noise."""
    return None if spacing is None else [round(v, 4) for v in spacing]


def _warnings(series: Series, beside: list[RejectedFile]) -> list[str]:
    warnings = list(series.warnings)
    if series.part:
        warnings.append(f"Part {series.part} of a split series: {series.split_reason}.")
    if beside:
        noun = "file" if len(beside) == 1 else "files"
        first = beside[0]
        warnings.append(
            f"{len(beside)} unreadable {noun} beside these images, "
            f"such as {first.path.name}: {first.reason}"
        )
    return warnings


def _beside(series: Series, broken: list[RejectedFile]) -> list[RejectedFile]:
    """Broken files in a folder of this series: they may be missing images of it."""
    folders: set[Path] = {frame.instance.shown_path.parent for frame in series.frames}
    return [r for r in broken if r.path.parent in folders]

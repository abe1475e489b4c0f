"""From headers to patient, study and series: grouped by UIDs, split and sorted by geometry.

A DICOM series is only what a scanner filed together.  What is shown and measured as one stack must
be parallel, of one size and of one acquisition, so a series is split until that holds, and each
part says why it was split off.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

from radassist.dicom.facts import CROSS_SECTIONAL, PROJECTION
from radassist.dicom.header import FrameFacts, ImageHeader, PatientFacts, SeriesFacts
from radassist.domain import geometry
from radassist.domain.study import Frame, RejectedFile, Series, Study

#: With two slices there is one gap, and nothing to compare it with.
_MIN_SLICES = 3


@dataclass(frozen=True)
class Shot:
    """One frame with its header."""

    header: ImageHeader
    index: int

    @property
    def facts(self) -> FrameFacts:
        return self.header.frames[self.index]

    @property
    def number(self) -> tuple[int, str, int]:
        """Sorts by InstanceNumber, then file, then stored frame."""
        instance = self.header.instance
        stated = instance.instance_number
        return (stated if stated is not None else 2**31, str(instance.path), self.index)


@dataclass(frozen=True)
class Part:
    """Shots that form one shown series, and why they were split from the others."""

    shots: tuple[Shot, ...]
    reason: str = ""


@dataclass(frozen=True)
class Grouped:
    """Studies, the files left out as duplicates, and notes about the whole."""

    studies: tuple[Study, ...]
    duplicates: tuple[RejectedFile, ...]
    notes: tuple[str, ...]


def group(headers: Iterable[ImageHeader]) -> Grouped:
    """Group image headers; the order of the input does not matter."""
    named = [_with_uids(h) for h in sorted(headers, key=lambda h: str(h.instance.path))]
    unique, duplicates = _drop_duplicates(named)
    by_study: dict[tuple[str, str], list[ImageHeader]] = defaultdict(list)
    for header in unique:
        by_study[_study_key(header)].append(header)
    studies = tuple(_study(members) for members in by_study.values())
    studies = tuple(sorted(studies, key=lambda s: (s.patient_id, s.study_date, s.study_time)))
    return Grouped(studies, tuple(duplicates), tuple(_study_notes(by_study)))


def _drop_duplicates(
    headers: Sequence[ImageHeader],
) -> tuple[list[ImageHeader], list[RejectedFile]]:
    """Each image once; different images under one SOPInstanceUID are both kept, and renamed."""
    seen: dict[str, ImageHeader] = {}
    duplicates = []
    for header in headers:
        first = seen.setdefault(header.instance.sop_instance_uid, header)
        if first is header:
            continue
        if _fingerprint(first) == _fingerprint(header):
            name = first.instance.shown_path.name
            reason = f"A duplicate: it has the SOPInstanceUID of {name}, which is shown."
            duplicates.append(RejectedFile(header.instance.path, reason, "note", True))
        else:
            renamed = _renamed(header)
            seen[renamed.instance.sop_instance_uid] = renamed
    return list(seen.values()), duplicates


def _with_uids(header: ImageHeader) -> ImageHeader:
    """The header with study and series UIDs, made from its other attributes where it has none."""
    instance, patient, series = header.instance, header.patient, header.series
    study_uid, series_uid = instance.study_instance_uid, instance.series_instance_uid
    if study_uid and series_uid:
        return header
    owner = (patient.patient_id, patient.patient_name, patient.study_date, patient.study_time)
    study_uid = study_uid or _made_uid("study", *owner)
    kind = (series.modality, series.series_number, series.description)
    series_uid = series_uid or _made_uid("series", study_uid, *kind)
    return replace(
        header,
        instance=replace(instance, study_instance_uid=study_uid, series_instance_uid=series_uid),
        series=_with_note(series, "The header lacks study or series UIDs; some were made for it."),
    )


def _renamed(header: ImageHeader) -> ImageHeader:
    """The same image under a UID of its own, with a warning."""
    instance = header.instance
    uid = _made_uid("image", instance.sop_instance_uid, instance.path)
    note = "Different images share one SOPInstanceUID; one was given another for this session."
    return replace(
        header,
        instance=replace(instance, sop_instance_uid=uid),
        series=_with_note(header.series, note),
    )


def _made_uid(*parts: object) -> str:
    """A UID that depends on nothing but its parts (PS3.5 B.2: 2.25 and a number of 128 bits)."""
    digest = hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"


def _with_note(series: SeriesFacts, note: str) -> SeriesFacts:
    return replace(series, notes=(*series.notes, note))


def _fingerprint(header: ImageHeader) -> tuple[object, ...]:
    """What two encodings of one image have in common."""
    i = header.instance
    negative = i.photometric_interpretation == "MONOCHROME1"
    return (i.study_instance_uid, i.series_instance_uid, i.rows, i.columns, i.number_of_frames,
            i.instance_number, i.image_position, negative)  # fmt: skip


def _study_key(header: ImageHeader) -> tuple[str, str]:
    """(patient, study): one StudyInstanceUID used for two patients must not mix them."""
    patient = header.patient.patient_id or header.patient.patient_name
    return patient, header.instance.study_instance_uid


def _study_notes(by_study: dict[tuple[str, str], list[ImageHeader]]) -> list[str]:
    notes = []
    uses = Counter(uid for _, uid in by_study)
    if any(count > 1 for count in uses.values()):
        notes.append("One StudyInstanceUID is used for several patients; they are kept apart.")
    for members in by_study.values():
        if len({m.patient.patient_name.upper() for m in members if m.patient.patient_name}) > 1:
            notes.append("Files of one study give different patient names: check the patient.")
            break
    return notes


def _study(members: Sequence[ImageHeader]) -> Study:
    by_series: dict[str, list[ImageHeader]] = defaultdict(list)
    for header in members:
        by_series[header.instance.series_instance_uid].append(header)
    series: list[Series] = []
    for files in by_series.values():
        series += build_series(files)
    series.sort(key=lambda s: (s.series_number is None, s.series_number or 0,
                               s.series_instance_uid, s.part))  # fmt: skip
    patient = _joined([m.patient for m in members])
    return Study(
        study_instance_uid=members[0].instance.study_instance_uid,
        series=tuple(series),
        **{name: getattr(patient, name) for name in PatientFacts.__dataclass_fields__},
    )


def _joined(facts: Sequence[PatientFacts]) -> PatientFacts:
    """For each attribute the first value that is not empty."""
    return PatientFacts(
        **{
            name: next((v for v in (getattr(f, name) for f in facts) if v), "")
            for name in PatientFacts.__dataclass_fields__
        }
    )


# --- splitting ---------------------------------------------------------------------------------


def build_series(headers: Sequence[ImageHeader]) -> list[Series]:
    """The series to show from the files of one DICOM series."""
    shots = sorted(
        (Shot(h, i) for h in headers for i in range(len(h.frames))), key=lambda s: s.number
    )
    parts = split(shots)
    parts.sort(key=lambda part: (_is_localizer(part.shots[0]), part.shots[0].number))
    several = len(parts) > 1
    return [
        make_series(part, number if several else 0) for number, part in enumerate(parts, start=1)
    ]


def _is_localizer(shot: Shot) -> bool:
    return shot.header.series.is_localizer


def split(shots: Sequence[Shot]) -> list[Part]:
    """Split until each part is parallel, of one size and kind, and repeats no place."""
    parts = [Part(tuple(shots))]
    for key, reason in _SPLITS:
        parts = [piece for part in parts for piece in _split_by(part, key, reason)]
    parts = [piece for part in parts for piece in _split_orientation(part)]
    reason = "images of different pixel spacing are kept apart"
    parts = [piece for part in parts for piece in _split_by(part, _spacing, reason)]
    return [piece for part in parts for piece in _split_phases(part)]


def _size(shot: Shot) -> Hashable:
    return shot.header.instance.rows, shot.header.instance.columns


def _kind(shot: Shot) -> Hashable:
    """Modality, SOP class and the telling values of ImageType / FrameType.

    Value 1 and 2 are pixel and examination characteristics, value 3 the kind of image, value 4
    tells magnitude from phase in MR (PS3.3 C.8.3.1.1.1, C.8.13.3.1.1).
    """
    facts = shot.facts
    words = facts.frame_type[:3]
    parts = tuple(v for v in facts.frame_type[3:] if v in ("M", "P", "R", "I", "PHASE MAP"))
    return shot.header.series.modality, shot.header.instance.sop_class_uid, words, parts


def _colour(shot: Shot) -> Hashable:
    photometric = shot.header.instance.photometric_interpretation
    return photometric.startswith(("RGB", "YBR", "PALETTE", "HSV", "CMYK"))


def _spacing(shot: Shot) -> Hashable:
    spacing = shot.header.series.spacing
    return spacing and tuple(round(v, 4) for v in spacing)


def _view(shot: Shot) -> Hashable:
    """Radiographs of one series are different views as a rule; each is its own series then."""
    series = shot.header.series
    if series.modality not in PROJECTION:
        return None
    return series.view, series.laterality, series.body_part


def _cine(shot: Shot) -> Hashable:
    """A multi-frame object whose frames have no place in the patient stands by itself."""
    instance = shot.header.instance
    if instance.number_of_frames > 1 and shot.facts.position is None:
        return instance.sop_instance_uid
    return None


_SPLITS: tuple[tuple[Callable[[Shot], Hashable], str], ...] = (
    (_is_localizer, "localizer and diagnostic images are kept apart"),
    (_kind, "images of different kinds (ImageType) are kept apart"),
    (_colour, "colour and grey images are kept apart"),
    (_size, "images of different size are kept apart"),
    (_view, "different views are kept apart"),
    (_cine, "each multi-frame object without positions stands by itself"),
)


def _split_by(part: Part, key: Callable[[Shot], Hashable], reason: str) -> list[Part]:
    groups: dict[Hashable, list[Shot]] = defaultdict(list)
    for shot in part.shots:
        groups[key(shot)].append(shot)
    if len(groups) == 1:
        return [part]
    return [Part(tuple(g), _both(part.reason, reason)) for g in groups.values()]


def _both(first: str, second: str) -> str:
    return f"{first}; {second}" if first else second


def _split_orientation(part: Part) -> list[Part]:
    groups: list[list[Shot]] = []
    for shot in part.shots:
        for members in groups:
            if geometry.same_orientation(members[0].facts.orientation, shot.facts.orientation):
                members.append(shot)
                break
        else:
            groups.append([shot])
    if len(groups) == 1:
        return [part]
    reason = _both(part.reason, "images of different orientation are kept apart")
    return [Part(tuple(g), reason) for g in groups]


def _split_phases(part: Part) -> list[Part]:
    """Separate images that repeat the same places: phases, echoes, b-values, time points."""
    if not _repeats(part.shots) or len(_places(part.shots)) == 1:
        return [part]  # images of one place are a series in time: kept together, and said so
    names: list[str] = []
    for shot in part.shots:
        names += [name for name, _ in shot.facts.phase if name not in names]
    for name in names:
        groups: dict[str, list[Shot]] = defaultdict(list)
        for shot in part.shots:
            groups[dict(shot.facts.phase).get(name, "")].append(shot)
        if len(groups) > 1 and not any(_repeats(g) for g in groups.values()):
            reason = _both(part.reason, f"positions repeat; divided by {name}")
            return [Part(tuple(g), reason) for g in groups.values()]
    return _split_by_repeat(part)


def _repeats(shots: Sequence[Shot]) -> bool:
    return any(count > 1 for count in _places(shots).values())


def _places(shots: Sequence[Shot]) -> Counter[tuple[float, ...]]:
    places: Counter[tuple[float, ...]] = Counter()
    for shot in shots:
        if shot.facts.position is not None:
            places[_place(shot)] += 1
    return places


def _place(shot: Shot) -> tuple[float, ...]:
    """The position rounded to what counts as the same place."""
    return tuple(round(v / geometry.SAME_PLACE_MM) for v in shot.facts.position or ())


def _split_by_repeat(part: Part) -> list[Part]:
    """Where every place is repeated equally often, the n-th images form the n-th pass."""
    places = _places(part.shots)
    if len(set(places.values())) != 1 or len(places) < 2:
        return [part]
    groups: dict[int, list[Shot]] = defaultdict(list)
    met: Counter[tuple[float, ...]] = Counter()
    for shot in part.shots:
        groups[met[_place(shot)]].append(shot)
        met[_place(shot)] += 1
    reason = _both(part.reason, "positions repeat; divided by the order of InstanceNumber")
    return [Part(tuple(g), reason) for g in groups.values()]


# --- one series --------------------------------------------------------------------------------


def make_series(part: Part, number: int) -> Series:
    """A series from parallel shots: sorted, with spacing, letters and warnings."""
    shots, orientation, warnings = _sorted(part.shots)
    stack, stack_warnings = _stack(shots, orientation)
    first = shots[0].header
    facts, instance = first.series, first.instance
    notes = list(dict.fromkeys(n for s in shots for n in s.header.series.notes))
    letters = _letters(first, orientation)
    spacing = None
    if facts.spacing is not None and stack is not None and stack.is_volume and stack.spacing:
        spacing = (stack.spacing, *facts.spacing)
    return Series(
        series_instance_uid=instance.series_instance_uid,
        frames=tuple(
            Frame(s.header.instance, s.index, s.facts.orientation, s.facts.position) for s in shots
        ),
        modality=facts.modality,
        body_part=facts.body_part,
        body_part_source=facts.body_part_source,
        view=facts.view,
        laterality=facts.laterality,
        description=facts.description,
        series_number=facts.series_number,
        rows=instance.rows,
        columns=instance.columns,
        spacing=spacing,
        pixel_spacing=facts.spacing,
        spacing_source=facts.spacing_source,
        orientation=letters,
        plane=geometry.plane_name(orientation) if orientation else "",
        is_localizer=facts.is_localizer,
        contrast_agent=facts.contrast_agent,
        species=facts.species,
        frame_of_reference_uid=facts.frame_of_reference_uid,
        patient_position=facts.patient_position,
        cine=facts.cine if instance.number_of_frames == len(shots) else None,
        part=number,
        split_reason=part.reason if number else "",
        warnings=(*warnings, *stack_warnings, *notes, *_letter_notes(first, letters)),
    )


def _sorted(
    shots: Sequence[Shot],
) -> tuple[list[Shot], geometry.Orientation | None, list[str]]:
    orientation = shots[0].facts.orientation
    placed = [s for s in shots if s.facts.position is not None]
    if orientation is None or len(placed) < len(shots):
        ordered = sorted(shots, key=lambda s: s.number)
        modality = shots[0].header.series.modality
        if len(shots) < 2 or modality not in CROSS_SECTIONAL:
            return ordered, orientation, []
        missing = "ImageOrientationPatient" if orientation is None else "ImagePositionPatient"
        if shots[0].header.instance.number_of_frames == len(shots):
            return ordered, orientation, [f"No {missing}: frames are shown as they are stored."]
        how = f"{len(shots) - len(placed)} of {len(shots)} images lack a usable {missing}"
        if orientation is None:
            how = f"The images lack a usable {missing}"
        return ordered, orientation, [f"{how}: sorted by InstanceNumber, not by geometry."]
    positions = [s.facts.position for s in shots if s.facts.position is not None]
    order = geometry.sort_order(orientation, positions)
    return [shots[i] for i in order], orientation, []


def _stack(
    shots: Sequence[Shot], orientation: geometry.Orientation | None
) -> tuple[geometry.StackGeometry | None, list[str]]:
    positions = [s.facts.position for s in shots if s.facts.position is not None]
    if orientation is None or len(positions) < len(shots) or len(shots) < 2:
        return None, []
    stack = geometry.analyse_stack(orientation, positions)
    warnings = []
    if len(stack.duplicates) == len(shots) - 1:
        warnings.append(f"All {len(shots)} images lie at the same place: not a volume.")
    elif stack.duplicates:
        pairs = ", ".join(f"{a + 1} and {b + 1}" for a, b in stack.duplicates[:3])
        more = " and more" if len(stack.duplicates) > 3 else ""
        warnings.append(f"Duplicate position: images {pairs}{more} lie at the same place.")
    if stack.missing and not stack.duplicates:
        total = sum(count for _, count in stack.missing)
        where = ", ".join(f"after image {index + 1}" for index, _ in stack.missing[:3])
        noun = "slice is" if total == 1 else "slices are"
        warnings.append(f"Missing slice: {total} {noun} missing ({where}).")
    if (stack.uneven or stack.missing) and stack.gaps:
        low, high = stack.gaps
        warnings.append(
            f"Uneven gaps: the distance between images varies from {low:.2f} to {high:.2f} mm."
        )
    if stack.tilt_deg and not stack.sheared:
        warnings.append(
            f"Tilt: the images are stacked at {stack.tilt_deg:.1f} degrees to their normal "
            "(gantry tilt)."
        )
    if len(shots) < _MIN_SLICES and stack.is_volume:
        warnings.append(f"Only {len(shots)} images: too few to tell whether the gaps are even.")
    if stack.sheared:
        warnings.append("The images are shifted sideways against each other: not a plain volume.")
    return stack, warnings


def _letters(header: ImageHeader, orientation: geometry.Orientation | None) -> geometry.Letters:
    if orientation is not None:
        return geometry.edge_letters(orientation)
    return geometry.edge_letters_from_patient_orientation(header.instance.patient_orientation)


def _letter_notes(header: ImageHeader, letters: geometry.Letters) -> list[str]:
    if any(letters) or header.series.modality not in PROJECTION | CROSS_SECTIONAL:
        return []
    return ["No orientation in the header: the side of the patient is not marked."]

"""The main job without a screen: open, see, draft.  The window and the command line share it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from radassist.domain.effort import BEGUN_EMPTY
from radassist.domain.findings import Finding
from radassist.domain.operations import Insert
from radassist.domain.phrases import WORDED_SECTIONS, Worded
from radassist.domain.report import Report, Statement, empty_report
from radassist.domain.templates import ReportTemplate, choose
from radassist.ports import Archive, CancelToken, LanguageModel, Progress, ReportStore, VisionModel
from radassist.workflow.draft import draft_steps
from radassist.workflow.habits import no_rewording, rewording_steps, with_phrases
from radassist.workflow.see import SeenStudy, see_study
from radassist.workflow.session import Clock, ReportSession, Step, begin, entries_for
from radassist.workflow.study_choice import Subject, context

#: Writes the Impression from a drafted report: statements and notices.
ImpressionWriter = Callable[[Report, LanguageModel | None], tuple[list[Statement], list[str]]]
#: The statements of a section that the user words otherwise than a draft does.
Reworder = Callable[[Report, str], list[Worded]]

NO_LANGUAGE = (
    "No language pack was used: the impression follows fixed rules. "
    "`radassist models install FILE` or `radassist models fetch language-default` installs one."
)


@dataclass(frozen=True)
class Desk:
    """The parts that drafting needs, joined by the composition root.

    :param language: None where no pack is installed or it was switched off.
    :param fingerprints: pack reference -> sha256 of its files, for replay.
    :param notices: what the composition root has to say about missing parts.
    """

    archive: Archive
    store: ReportStore
    vision: Sequence[VisionModel]
    language: LanguageModel | None
    templates: Sequence[ReportTemplate]
    impression: ImpressionWriter
    clock: Clock
    user: str
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    notices: Sequence[str] = ()
    reword: Reworder = no_rewording


@dataclass(frozen=True)
class Drafted:
    """A stored draft with what was seen on the way."""

    session: ReportSession
    subject: Subject
    seen: SeenStudy


def draft_report(desk: Desk, subject: Subject, progress: Progress, cancel: CancelToken) -> Drafted:
    """See, draft and store a report on one study.

    :raises Cancelled: by the adapters, when the user cancels; nothing is stored then.
    :raises StorageFault: the report could not be stored.
    """
    seen = see_study(desk.archive, desk.vision, subject.study, _part(progress, 0.0, 0.6), cancel)
    findings = [f for s in seen.seen for f in s.result.findings]
    template = choose(desk.templates, subject.series)
    report_id = str(uuid.uuid4())
    empty = empty_report(report_id, context(subject, seen.pixel_hashes()), template.ref)
    builder = draft_steps(report_id, subject, empty, template, findings)
    progress(0.6, "Writing the impression")
    draft = _Draft(builder.report, builder.steps, desk)
    draft.reword(WORDED_SECTIONS[0])
    impression, notices = desk.impression(draft.report, desk.language)
    draft.add(_impression_steps(impression))
    draft.reword(WORDED_SECTIONS[1])
    steps = draft.steps
    notices = [*_no_normals(subject), *_notices(seen, desk), *notices]
    base = replace(builder.report, origin=_origin(desk, template, findings, seen))
    base = with_phrases(base, draft.worded)
    session = begin(
        desk.store, base, steps, desk.user, desk.clock, _event_detail(desk, subject, seen), notices
    )
    progress(1.0, "Draft ready")
    return Drafted(session, subject, seen)


class _Draft:
    """A draft in the making: its steps, and the report that they give so far."""

    def __init__(self, base: Report, steps: Sequence[Step], desk: Desk) -> None:
        self.report = base
        self.steps: list[Step] = []
        self.worded: list[Worded] = []
        self._desk = desk
        self.add(steps)

    def add(self, steps: Sequence[Step]) -> None:
        """Append steps."""
        first = len(self.steps) + 1
        self.report, _ = entries_for(self.report, steps, self._desk.clock(), first)
        self.steps += steps

    def reword(self, section: str) -> None:
        """Put the user's wording first; the program's stays in the history behind it."""
        worded = self._desk.reword(self.report, section)
        self.add(rewording_steps(self.report, worded))
        self.worded += worded


def begin_empty(desk: Desk, subject: Subject, *, after_draft: bool = False) -> ReportSession:
    """Store a report that states what the header says and leaves Findings and Impression empty.

    :param after_draft: a draft was seen before: such a report is no measure of an empty one.
    :raises StorageFault: the report could not be stored.
    """
    template = replace(choose(desk.templates, subject.series), findings=())
    report_id = str(uuid.uuid4())
    empty = empty_report(report_id, context(subject, {}), template.ref)
    builder = draft_steps(report_id, subject, empty, template, ())
    begun = f"{BEGUN_EMPTY} after a draft" if after_draft else BEGUN_EMPTY
    origin = {"radassist": desk.version, "template": template.ref, "begun": begun}
    base = replace(builder.report, origin=origin)
    detail = {"study": subject.study.study_instance_uid, "begun": begun}
    return begin(desk.store, base, builder.steps, desk.user, desk.clock, detail)


def _impression_steps(statements: Sequence[Statement]) -> list[Step]:
    return [
        Step(Insert("Impression", place, statement), "draft", statement.provenance.source)
        for place, statement in enumerate(statements)
    ]


def _no_normals(subject: Subject) -> list[str]:
    """Why a study that has a template by its body part is drafted without one."""
    series = subject.series
    if series.species:
        return [f"The patient is an animal ({series.species}): no normal sentences are proposed."]
    if series.is_localizer:
        return ["Only localizer images were opened: no normal sentences are proposed."]
    return []


def _notices(seen: SeenStudy, desk: Desk) -> list[str]:
    notices = [*desk.notices, *(f"Vision: {sentence}" for sentence in seen.refusals)]
    for item in seen.seen:
        notices += [f"Vision: {w}" for w in item.result.warnings]
    if desk.language is None:
        notices.append(NO_LANGUAGE)
    return list(dict.fromkeys(notices))


def _origin(
    desk: Desk, template: ReportTemplate, findings: Sequence[Finding], seen: SeenStudy
) -> dict[str, Any]:
    """What is needed to make the same draft again, or to say what differs."""
    return {
        "radassist": desk.version,
        "template": template.ref,
        "packs": dict(desk.fingerprints),
        "language": desk.language.pack if desk.language else None,
        "seed": 0,
        "pixels": seen.pixel_hashes(),
        "findings": [f.id for f in findings],
        "seen": [_seen(f) for f in findings],
    }


def _seen(finding: Finding) -> dict[str, str]:
    """What the check of forgotten findings needs to know of one."""
    return {
        "id": finding.id,
        "concept": finding.concept,
        "name": finding.name,
        "presence": finding.presence.value,
        "side": finding.laterality.value,
    }


def _event_detail(desk: Desk, subject: Subject, seen: SeenStudy) -> dict[str, Any]:
    return {
        "study": subject.study.study_instance_uid,
        "series": len(subject.study.series),
        "packs": dict(desk.fingerprints),
        "language": desk.language.pack if desk.language else None,
        "refusals": list(seen.refusals),
        "findings": sum(len(s.result.findings) for s in seen.seen),
    }


def _part(progress: Progress, start: float, end: float) -> Progress:
    """A progress that fills one part of the whole."""

    def inner(fraction: float, text: str) -> None:
        progress(start + max(0.0, fraction) * (end - start), text)

    return inner

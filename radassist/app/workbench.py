"""The workbench: adapters joined to use cases, made lazily, closed together.

Both the command line and the window work through one of these.
"""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from radassist import __version__, logs, offline
from radassist.app.exports import (
    KeyImage,
    key_images,
    key_object_writer,
    marked_image,
    report_writers,
    shown_pixels,
)
from radassist.checks import Problem, run_checks
from radassist.dicom.archive import DicomArchive
from radassist.dicom.references import is_dicom
from radassist.domain.document import ReportDocument
from radassist.domain.operations import Insert
from radassist.domain.plaintext import import_report
from radassist.domain.reading import Lexicon
from radassist.domain.report import Report, Section, StudyContext
from radassist.domain.study import Instance, OpenResult
from radassist.domain.templates import choose
from radassist.engines.language.llama import LlamaLanguageModel
from radassist.engines.packs import Pack, Registry
from radassist.engines.packs.required import must_have_packs
from radassist.engines.vision.hosted import HostedCxrAnatomy
from radassist.errors import Fault, InputFault, PackFault
from radassist.library import resources_dir
from radassist.library.glossary import load_glossary
from radassist.library.guidelines import load_guidelines
from radassist.library.impressions import load_ranking, load_study_kinds
from radassist.library.installation import machine_pack_folders
from radassist.library.lexicon import load_lexicon
from radassist.library.templates import load_templates
from radassist.library.wording import load_vocabulary
from radassist.ports import AuditEvent, CancelToken, LanguageModel, Progress, VisionModel
from radassist.settings import Settings, find_paths, load_settings, read_policy
from radassist.store import SqliteStore
from radassist.store.annotations import SqliteAnnotations
from radassist.store.sqlite import utc_now
from radassist.workflow.chat import Chat
from radassist.workflow.export import export
from radassist.workflow.habits import Habits
from radassist.workflow.impression import write_impression
from radassist.workflow.job import Desk, Drafted, begin_empty, draft_report
from radassist.workflow.measure import StudyAnnotations
from radassist.workflow.see import SeenStudy
from radassist.workflow.session import ReportSession, Step, begin
from radassist.workflow.shelf import Shelf
from radassist.workflow.study_choice import Subject
from radassist.workflow.tasks import Tasks


class Workbench:
    """Everything one session needs; use it as a context manager.

    :param user: who acts; empty for the name in the settings, else the login name.
    :param home: another folder than ``RADASSIST_HOME`` for the records.
    """

    def __init__(self, user: str = "", *, home: Path | None = None) -> None:
        self.paths = find_paths()
        if home is not None:
            self.paths = replace(self.paths, home=home)
        self.policy = read_policy()
        self.settings: Settings = load_settings(self.paths.settings_file, self.policy)
        offline.install(self.settings.network())
        self.user = user.strip() or self.settings.user_name or getpass.getuser()
        self.notices: list[str] = list(self.settings.warnings)
        self._packs: dict[str, Pack] = {}
        self._closing = ExitStack()

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    # --- parts --------------------------------------------------------------------------------

    @cached_property
    def archive(self) -> DicomArchive:
        """Opens and decodes, in worker processes."""
        archive = DicomArchive(workers=self.settings.decode_workers)
        self._closing.callback(archive.close)
        return archive

    @cached_property
    def store(self) -> SqliteStore:
        """Reports and audit log of this user."""
        store = SqliteStore(
            self.paths.database,
            keys=self.paths.keys,
            actor=self.user,
            checkpoint_every=self.settings.checkpoint_every,
        )
        self._closing.callback(store.close)
        return store

    @cached_property
    def registry(self) -> Registry:
        """The model packs that are installed or shipped, and why others are not usable."""
        machine = machine_pack_folders()
        return Registry(resources_dir() / "packs", self.paths.models, self.paths.parts, machine)

    @cached_property
    def lexicon(self) -> Lexicon:
        """The shipped lexicon."""
        return load_lexicon()

    @property
    def habits(self) -> Habits:
        """What was learned from this user's signed reports, under the settings as they are now."""
        return Habits(
            self.store.habits,
            self.user,
            self.lexicon,
            load_vocabulary(),
            remember=self.settings.phrase_memory,
            measure=self.settings.measure_drafts,
            always=self.settings.drafts_always,
        )

    @cached_property
    def shelf(self) -> Shelf:
        """Ranks, kinds of examination, guidelines and plain words, as shipped."""
        return Shelf(load_ranking(), load_study_kinds(), load_guidelines(), load_glossary())

    @cached_property
    def vision(self) -> list[VisionModel]:
        """The vision packs that can be used; why others cannot goes to ``notices``."""
        must_have_packs(self.registry, self.policy)
        models: list[VisionModel] = []
        if not self.settings.vision_enabled:
            self.notices.append("Vision packs are switched off in the settings.")
            return models
        for status in self.registry.find_role("vision"):
            pack = self._usable(status.id)
            if pack is None:
                continue
            model = HostedCxrAnatomy(
                pack.folder,
                pack.ref,
                threads=os.cpu_count() or 1,
                deadline_s=self.settings.vision_deadline_s,
            )
            self._closing.callback(model.close)
            models.append(model)
        return models

    @cached_property
    def language(self) -> LanguageModel | None:
        """The language model of the settings, or None; why it is None goes to ``notices``."""
        must_have_packs(self.registry, self.policy)
        if not self.settings.language_enabled:
            self.notices.append("The language model is switched off in the settings.")
            return None
        pack = self._usable(self.settings.language_pack)
        if pack is None:
            return None
        model = self._language_model(pack)
        self._closing.callback(model.close)
        return model

    def language_of(self, pack_id: str) -> LlamaLanguageModel:
        """A model of any installed language pack, to be tried; the caller closes it.

        :raises PackFault: there is no such language pack, or why it cannot be used.
        """
        pack = self.registry.find(pack_id)
        if pack.role != "language":
            raise PackFault(f"The pack {pack_id} is no language pack.", "See `models list`.")
        return self._language_model(pack)

    def _language_model(self, pack: Pack) -> LlamaLanguageModel:
        threads = self.settings.language_threads or os.cpu_count() or 1
        model = LlamaLanguageModel(pack.folder, pack.ref, pack.path(), threads=threads)
        model.deadline_s = self.settings.language_deadline_s
        return model

    def _usable(self, pack_id: str) -> Pack | None:
        """A pack with checked hashes; else None, and the reason goes to ``notices``."""
        try:
            pack = self.registry.find(pack_id)
        except PackFault as fault:
            self.notices.append(str(fault))
            return None
        self._packs[pack.ref] = pack
        return pack

    def annotations(self, study_uid: str) -> StudyAnnotations:
        """What was drawn on a study, and its key images."""
        kept = SqliteAnnotations(self.store)
        return StudyAnnotations(kept, study_uid, self.user, utc_now)

    def _marked_images(self, subject: Subject) -> list[KeyImage]:
        """The frames marked as key images, with what was drawn on them."""
        kept = self.annotations(subject.study.study_instance_uid)
        images: list[KeyImage] = []
        for frame in (f for s in subject.study.series for f in s.frames):
            if not kept.is_key_image(frame.ref):
                continue
            try:
                images.append(marked_image(self.archive.decode(frame), kept.state.on(frame.ref)))
            except Fault as fault:
                self.notices.append(f"A key image is left out: {fault.what}")
        return images

    # --- use cases ----------------------------------------------------------------------------

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        """Open files, folders, zips or a DICOMDIR and record it."""
        result = self.archive.open(paths, progress, cancel)
        for study in result.studies:
            detail = {"series": len(study.series), "rejected": len(result.rejected)}
            self.record("study.open", study.study_instance_uid, detail)
        return result

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        """One image of what is being opened, recorded because it is shown."""
        result = self.archive.glimpse(paths, cancel)
        for study in result.studies if result is not None else ():
            self.record("study.glimpse", study.study_instance_uid, {})
        return result

    def record(self, action: str, subject: str, detail: dict[str, Any]) -> None:
        """Write one audit event that belongs to no report."""
        self.store.audit.append(AuditEvent(action, self.user, subject, detail))
        logs.log("record", action=action)

    def desk(self, *, language: bool) -> Desk:
        """The parts of drafting, with or without the language model."""
        vision = self.vision
        model = self.language if language else None
        hashes = {ref: pack.hashes() for ref, pack in self._packs.items()}
        return Desk(
            archive=self.archive,
            store=self.store,
            vision=vision,
            language=model,
            templates=load_templates(),
            impression=lambda report, m: write_impression(
                report, self.lexicon, m, shelf=self.shelf
            ),
            clock=utc_now,
            user=self.user,
            fingerprints={ref: " ".join(sorted(h.values())) for ref, h in hashes.items()},
            version=__version__,
            notices=tuple(self.notices),
            reword=self.habits.reword,
        )

    def draft(
        self, subject: Subject, progress: Progress, cancel: CancelToken, *, language: bool = True
    ) -> Drafted:
        """See and draft one study; stored and recorded."""
        return draft_report(self.desk(language=language), subject, progress, cancel)

    def withheld(self, subject: Subject) -> str:
        """Why a study is not drafted as soon as it is open; "" where it is."""
        if not self.settings.draft_on_open:
            return "Drafting as soon as a study is open is switched off in the settings."
        return self.habits.withheld(choose(load_templates(), subject.series))

    def begin_empty(self, subject: Subject, *, after_draft: bool = False) -> ReportSession:
        """A report on a study without a draft; stored and recorded."""
        return begin_empty(self.desk(language=False), subject, after_draft=after_draft)

    def chat(self, *, language: bool = True) -> Chat:
        """The chat, with or without the language model."""
        return Chat(self.lexicon, self.language if language else None, Tasks(self.shelf))

    def check(self, report: Report) -> list[Problem]:
        """The deterministic checks."""
        return run_checks(report, self.lexicon)

    def session(self, document: ReportDocument) -> ReportSession:
        """Open a report of a file: the stored one continues, an unknown one is taken in.

        :raises InputFault: the store knows this report and it differs from the file.
        """
        stored = self.store.load(document.report.id) if document.report.id else None
        if stored is None:
            return self._adopt(document)
        base, report, history = stored
        if report.sections != document.report.sections or report.state != document.report.state:
            raise InputFault(
                "The file is not the report that was last saved under its id.",
                "Restore the file, or import its text as a new report.",
            )
        return ReportSession(self.store, ReportDocument(base, report, history), self.user, utc_now)

    def stored_reports(self, study_uid: str) -> list[ReportDocument]:
        """The stored reports on a study, newest first."""
        found = (self.store.load(report_id) for report_id in self.store.for_study(study_uid))
        return [ReportDocument(*item) for item in found if item is not None]

    def _adopt(self, document: ReportDocument) -> ReportSession:
        """Take a report of another machine or program into the store, as it is."""
        report_id = document.report.id or str(uuid.uuid4())
        base = replace(document.base, id=report_id)
        report = replace(document.report, id=report_id)
        event = AuditEvent("report.adopt", self.user, report_id, {"state": report.state.value})
        self.store.create(base, document.history, report, event)
        adopted = ReportDocument(base, report, document.history)
        return ReportSession(self.store, adopted, self.user, utc_now)

    def parse_text(self, text: str) -> Report:
        """A plain-text report as sections and statements; stored nowhere."""
        return import_report(text, str(uuid.uuid4()), StudyContext())

    def import_text(self, text: str) -> ReportSession:
        """Take a plain-text report into the store."""
        report = self.parse_text(text)
        base = replace(
            report, sections=tuple(Section(s.name) for s in report.sections), next_statement=1
        )
        steps = [
            Step(Insert(section.name, index, statement), "import", self.user)
            for section in report.sections
            for index, statement in enumerate(section.statements)
        ]
        return begin(self.store, base, steps, self.user, utc_now, {"from": "text"})

    def export_all(self, outcome: Drafted, folder: Path) -> tuple[list[Path], list[str]]:
        """Write report.json, .cde.json, .txt, .pdf, .sr.dcm and key images of a draft; recorded.

        Where a key image was marked, a Key Object Selection names the marked frames.
        """
        return self.export(
            outcome.session,
            folder,
            self.key_images(outcome.subject, outcome.seen),
            [f.instance for s in outcome.subject.study.series for f in s.frames],
        )

    def export(
        self,
        session: ReportSession,
        folder: Path,
        images: Sequence[KeyImage],
        instances: Sequence[Instance],
        pictures: Sequence[Path] = (),
    ) -> tuple[list[Path], list[str]]:
        """Write every rendering of a report; recorded."""
        instances = list(dict.fromkeys(instances))
        writers = report_writers(images, instances, folder, utc_now(), self.lexicon, pictures)
        kept = self.annotations(session.report.study.study_instance_uid)
        known = {i.sop_instance_uid for i in instances if is_dicom(i)}
        if any(key.sop_uid in known for key in kept.key_images):
            writers["key-images.ko.dcm"] = key_object_writer(kept.key_images, instances, utc_now())
        paths, notes = export(session.document, folder, writers)
        session.note("report.export", {"files": [p.name for p in paths]})
        return paths, notes

    def key_images(self, subject: Subject, seen: SeenStudy) -> list[KeyImage]:
        """The measured images and those that the reader marked; where there is neither, the middle
        image of the leading series."""
        images = [*key_images(seen.seen, seen.decoded), *self._marked_images(subject)]
        if images or not subject.series.frames:
            return images
        frame = subject.series.frames[len(subject.series.frames) // 2]
        try:
            shown = shown_pixels(self.archive.decode(frame))
        except Fault as fault:
            self.notices.append(f"No key image: {fault.what}")
            return []
        return [KeyImage(shown, "Middle image of the leading series (chosen by position only)")]

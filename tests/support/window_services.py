"""``ui.services.Services`` for GUI tests: real store, sessions, checks, chat and pixels.

Only two things are not the product's own: drafting takes ready sentences instead of running the
vision pack, and pictures are decoded in this process instead of a worker.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom

from radassist.checks import Problem, run_checks
from radassist.dicom.content import read_content
from radassist.domain.companions import Companion
from radassist.domain.findings import Caliper, Evidence, EvidenceKind, ImageRef, Measurement
from radassist.domain.operations import Insert
from radassist.domain.report import Provenance, Report, Statement, StudyContext, empty_report
from radassist.domain.study import Frame, Instance, OpenResult, RejectedFile, Series, Study
from radassist.errors import InputFault
from radassist.library.lexicon import load_lexicon
from radassist.library.wording import load_vocabulary
from radassist.ports import CancelToken, Content, DecodedFrame, Progress, VisionResult
from radassist.store import SqliteStore
from radassist.store.annotations import SqliteAnnotations
from radassist.store.sqlite import utc_now
from radassist.ui.services import OpenReport, SystemLine
from radassist.workflow.chat import Chat, ChatTurn
from radassist.workflow.habits import Habits, rewording_steps, with_phrases
from radassist.workflow.measure import StudyAnnotations
from radassist.workflow.session import ReportSession, Step, begin, entries_for
from radassist.workflow.study_choice import Subject

SENTENCES = (
    ("Examination", "Chest radiograph, PA view.", "header"),
    ("Comparison", "None available.", "header"),
    ("Findings", "The lungs are clear.", "template"),
    ("Findings", "Small left pleural effusion.", "template"),
    ("Findings", "The heart is enlarged, with a cardiothoracic ratio of 0.55.", "vision:p@1"),
    ("Impression", "Enlarged heart.", "language:q@1"),
)


def read_instance(path: Path) -> Instance:
    """The facts of one real file that the window needs."""
    header = pydicom.dcmread(path, stop_before_pixels=True)
    return Instance(
        path,
        header.SOPInstanceUID,
        header.SOPClassUID,
        header.StudyInstanceUID,
        header.SeriesInstanceUID,
        1,
        header.Rows,
        header.Columns,
    )


class TestServices:
    """One real chest radiograph (or any file) with a report made of ``SENTENCES``."""

    __test__ = False

    def __init__(self, folder: Path, image: Path) -> None:
        self.store = SqliteStore(folder / "radassist.db", actor="Dr Roe")
        self.image = image
        self.user = "Dr Roe"
        self.habits = Habits(self.store.habits, self.user, load_lexicon(), load_vocabulary())
        self.why_not = ""
        self._numbers = itertools.count(1)
        self.written: list[Path] = []
        self.last: ReportSession | None = None

    def open(self, paths: Sequence[Path], progress: Progress, cancel: CancelToken) -> OpenResult:
        if not paths[0].exists():
            raise InputFault("That path does not exist.", "Check the path.")
        instance = read_instance(self.image)
        series = Series(
            instance.series_instance_uid,
            (Frame(instance),),
            modality="CR",
            body_part="CHEST",
            view="PA",
            rows=instance.rows,
            columns=instance.columns,
        )
        study = Study(instance.study_instance_uid, (series,), patient_name="山田^太郎 <b>&")
        return OpenResult((study,), (RejectedFile(Path("notes.txt"), "not a DICOM file", "note"),))

    def glimpse(self, paths: Sequence[Path], cancel: CancelToken) -> OpenResult | None:
        return None

    def decode(self, frame: Frame) -> DecodedFrame:
        header = pydicom.dcmread(frame.instance.path)
        pixels = header.pixel_array
        low, high = np.percentile(pixels, [1, 99])
        window = (float(low + high) / 2, float(max(1, high - low)))
        return DecodedFrame(
            frame.ref, pixels, window, header.PhotometricInterpretation == "MONOCHROME1"
        )

    def read_content(self, companion: Companion) -> Content:
        return read_content(companion)

    def draft(self, subject: Subject, progress: Progress, cancel: CancelToken) -> OpenReport:
        frame = subject.series.frames[0]
        ref = frame.ref
        study = StudyContext(study_instance_uid=ref.study_uid, modality="CR")
        base = empty_report(f"r{next(self._numbers)}", study, "chest-radiograph@1")
        places: dict[str, int] = {}
        steps = []
        for number, (section, text, source) in enumerate(SENTENCES, start=1):
            place = places[section] = places.get(section, -1) + 1
            evidence = (_measured(ref),) if source.startswith("vision") else ()
            statement = Statement(f"s{number}", text, Provenance(source), evidence)
            steps.append(Step(Insert(section, place, statement), "draft", source))
        half, _ = entries_for(base, steps, "", 1)
        worded = self.habits.reword(half, "Findings")
        steps += rewording_steps(half, worded)
        base = with_phrases(base, worded)
        self.last = begin(self.store, base, steps, self.user, utc_now, {}, ["No pack for CT HEAD."])
        mask = np.zeros((frame.instance.rows, frame.instance.columns), np.uint8)
        mask[200:600, 300:800] = 3
        vision = VisionResult("p@1", ref, mask=mask, labels=((3, "heart"),))
        return OpenReport(self.last, subject, {(ref.sop_uid, ref.frame): vision})

    def withheld(self, subject: Subject) -> str:
        return self.why_not

    def begin_empty(self, subject: Subject, *, after_draft: bool) -> OpenReport:
        study = StudyContext(study_instance_uid=subject.study.study_instance_uid, modality="CR")
        base = empty_report("empty", study, "chest-radiograph@1")
        base = replace(base, origin={"begun": "empty"})
        self.last = begin(self.store, base, [], self.user, utc_now, {})
        return OpenReport(self.last, subject)

    def chat(
        self, report: Report, instruction: str, progress: Progress, cancel: CancelToken
    ) -> ChatTurn:
        return Chat(load_lexicon(), None).respond(report, instruction)

    def check(self, report: Report) -> list[Problem]:
        return run_checks(report, load_lexicon())

    def annotations(self, study_uid: str) -> StudyAnnotations:
        return StudyAnnotations(SqliteAnnotations(self.store), study_uid, self.user, utc_now)

    def export(self, opened: OpenReport, folder: Path) -> tuple[list[Path], list[str]]:
        target = folder / "report.txt"
        target.write_text("x")
        self.written.append(target)
        return [target], []

    def system(self) -> list[SystemLine]:
        return [SystemLine("offline", "No connection."), SystemLine("language", "absent", False)]


def _measured(ref: ImageRef) -> Evidence:
    calipers = (Caliper("heart 100 mm", 300.0, 500.0, 800.0, 500.0),)
    measurement = Measurement("m", "cardiothoracic ratio", 0.55, "1", 0.03, ref, calipers)
    return Evidence(
        EvidenceKind.MEASUREMENT, "m", "0.55 ± 0.03", image=ref, measurement=measurement
    )

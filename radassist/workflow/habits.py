"""Learning the radiologist: wordings from signed reports, what drafts are worth, when to stop.

A radiologist corrects the same words of every draft, and expects to do so once; expects to see how
much of a draft was kept and what it cost in seconds; and expects that a draft which costs time is
not put in front of him again unless he asks.  He also expects that none of this leaves the
machine, that it can be looked at, emptied and switched off, and that it never changes what a report
says.  ``domain.phrases`` and ``domain.effort`` hold the rules; here they meet store and session.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from radassist.checks.agreement import unsupported
from radassist.domain.document import ReportDocument
from radassist.domain.effort import (
    Kept,
    ReportUse,
    TemplateUse,
    by_template,
    kept_of,
    template_use,
    was_drafted,
)
from radassist.domain.operations import Operation, Replace
from radassist.domain.phrases import (
    PHRASE_MEMORY,
    Phrase,
    PhraseKey,
    Worded,
    origin_of,
    reworded,
    template_id,
    uses_of,
    wordings,
)
from radassist.domain.reading import Lexicon
from radassist.domain.report import Provenance, Report, ReportState
from radassist.domain.templates import ReportTemplate
from radassist.domain.wording import Vocabulary
from radassist.ports import AuditEvent, HabitStore
from radassist.workflow.session import Step

#: A pause longer than this is no work on the report and is not counted.
IDLE_S = 60.0


class ActiveTime:
    """Seconds of work between acts; a longer pause than ``idle_s`` counts nothing.

    :param clock: monotonic seconds, handed in.
    """

    def __init__(self, clock: Callable[[], float], idle_s: float = IDLE_S) -> None:
        self._clock = clock
        self._idle_s = idle_s
        self._last: float | None = None
        self._seconds = 0.0

    def start(self) -> None:
        """The report is on the screen; what was counted before is dropped."""
        self._seconds, self._last = 0.0, self._clock()

    def touch(self) -> None:
        """A key, a click, the wheel.  Nothing before ``start`` or after ``stop``."""
        if self._last is None:
            return
        now = self._clock()
        if now - self._last <= self._idle_s:
            self._seconds += now - self._last
        self._last = now

    def stop(self) -> float:
        """The report leaves the screen, or is signed: the seconds since ``start``."""
        self.touch()
        seconds, self._seconds, self._last = self._seconds, 0.0, None
        return seconds


@dataclass(frozen=True)
class Learned:
    """What one signed report taught, to be told in one line.

    :param phrases: wordings that are new or were written again.
    """

    kept: Kept
    drafted: bool | None
    seconds: float | None
    phrases: int

    def sentence(self) -> str:
        """ "7 of 9 drafted sentences kept, 74 s, 2 wordings learned." or ""."""
        parts = []
        if self.drafted:
            parts.append(f"{self.kept.unchanged} of {self.kept.drafted} drafted sentences kept")
        if self.seconds is not None:
            parts.append(f"{self.seconds:.0f} s")
        if self.phrases:
            noun = "wording" if self.phrases == 1 else "wordings"
            parts.append(f"{self.phrases} {noun} learned")
        return f"{', '.join(parts)}." if parts else ""


@dataclass(frozen=True)
class HabitsView:
    """What is remembered of one user, as window and command line show it."""

    user: str
    phrases: tuple[Phrase, ...]
    templates: tuple[TemplateUse, ...]
    reports: tuple[ReportUse, ...]


class Habits:
    """The use cases of one user's habits.

    :param remember: learn and offer wordings.
    :param measure: measure times and shares, and stop drafts where they cost time.
    :param always: offer drafts all the same.
    """

    def __init__(
        self,
        store: HabitStore,
        user: str,
        lexicon: Lexicon,
        words: Vocabulary,
        *,
        remember: bool = True,
        measure: bool = True,
        always: bool = False,
    ) -> None:
        self._store = store
        self._lexicon = lexicon
        self._words = words
        self.user = user
        self.remember = remember
        self.measure = measure
        self.always = always

    # --- drafts -------------------------------------------------------------------------------

    def reword(self, report: Report, section: str) -> list[Worded]:
        """The drafted statements of a section that this user words otherwise.

        The gate that holds for models holds here too: a wording that adds a finding, side or
        number to the drafted sentence is not offered, whatever was stored.
        """
        if not self.remember:
            return []
        phrases = self._store.phrases(self.user)
        found = reworded(report, section, phrases, self._lexicon, self._words)
        texts = {s.id: s.text for _, s in report.statements()}
        return [w for w in found if not unsupported(w.text, [texts[w.statement_id]], self._lexicon)]

    def withheld(self, template: ReportTemplate) -> str:
        """Why a study of this kind is not drafted as soon as it is open; "" where it is."""
        if self.always or not self.measure:
            return ""
        uses = [u for u in self._store.uses(self.user) if u.template == template.id]
        reason = template_use(template.id, uses).reason
        return f"No draft was made of this {template.title}: {reason}." if reason else ""

    # --- learning -----------------------------------------------------------------------------

    def spend(self, report_id: str, seconds: float) -> None:
        """Remember active time of a report that leaves the screen unsigned."""
        if self.measure and seconds > 0:
            self._store.add_seconds(report_id, seconds)

    def learn(self, document: ReportDocument, seconds: float | None = None) -> Learned | None:
        """Learn from a report that was signed as final; None where it is not, or taught before.

        :param seconds: active time since ``spend`` was last called for it; None: not measured.
        """
        report = document.report
        if report.state is not ReportState.FINAL or not (self.remember or self.measure):
            return None
        if seconds is not None:
            self.spend(report.id, seconds)
        drafted = was_drafted(document)
        kept = kept_of(document)
        spent = self._store.seconds(report.id) if self.measure else None
        use = None
        if self.measure and drafted is not None and report.template:
            at = report.signatures[-1].at
            name = template_id(report)
            use = ReportUse(report.id, self.user, name, drafted, spent, kept, at)
        phrases = uses_of(document, self._lexicon, self._words) if self.remember else []
        written = sum(p.written for p in phrases)
        detail = {"phrases": len(phrases), "written": written, "measured": use is not None}
        event = AuditEvent("habits.learn", self.user, report.id, detail)
        if not self._store.learn(use, phrases, event):
            return None
        return Learned(kept, drafted, spent, written)

    # --- looking and forgetting ---------------------------------------------------------------

    def view(self) -> HabitsView:
        """Everything that is remembered of this user."""
        reports = self._store.uses(self.user)
        return HabitsView(
            self.user,
            tuple(self._store.phrases(self.user)),
            tuple(by_template(reports)),
            tuple(reversed(reports)),
        )

    def forget(self, keys: Sequence[PhraseKey] | None = None) -> int:
        """Forget wordings (None: all of this user); returns how many there were."""
        what = "all" if keys is None else len(keys)
        event = AuditEvent("habits.forget", self.user, self.user, {"phrases": what})
        return self._store.forget(self.user, keys, event)

    def forget_uses(self) -> int:
        """Forget times and shares of this user; returns of how many reports."""
        event = AuditEvent("habits.forget", self.user, self.user, {"reports": "all"})
        return self._store.forget_uses(self.user, event)


def no_rewording(_report: Report, _section: str) -> list[Worded]:
    """Drafts in the program's own words."""
    return []


def rewording_steps(report: Report, worded: Sequence[Worded]) -> list[Step]:
    """The steps of a draft that put the user's wording in the place of the program's.

    Source, evidence and state stay: the words are the user's, the statement is still the machine's
    and has to be looked at.
    """
    steps = []
    for item in worded:
        found = report.find(item.statement_id)
        if found is not None:
            old = found[1]
            by = Provenance(old.provenance.source, PHRASE_MEMORY)
            new = replace(old, text=item.text, provenance=by)
            steps.append(Step(Replace(new), "draft", PHRASE_MEMORY))
    return steps


def with_phrases(report: Report, worded: Sequence[Worded]) -> Report:
    """The base of a draft, with the wordings that it offers in its origin."""
    if not worded:
        return report
    phrases = [origin_of(item) for item in worded]
    return replace(report, origin={**report.origin, "phrases": phrases})


def other_wording(document: ReportDocument, statement_id: str) -> Operation | None:
    """The operation that shows the other of two offered wordings; None where there is none.

    Only words, and whose they are, change: evidence and state stay as they are.
    """
    both = wordings(document.history).get(statement_id)
    found = document.report.find(statement_id)
    if both is None or found is None:
        return None
    program, own = both
    now = found[1]
    target = program if now.text == own.text else own
    return Replace(replace(now, text=target.text, provenance=target.provenance))

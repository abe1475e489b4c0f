"""What drafts are worth to one user: how much of each is kept, the seconds it takes, and the rule
by which drafts of a template are no longer offered.

A draft that has to be rewritten costs more than an empty page.  A radiologist notices that for one
kind of study and not for another, and expects the program to notice it too: to show its numbers,
to stop by itself where drafts cost him time, and to draft all the same when he asks.

Nobody is assigned to a draft or to an empty report by chance: these are the reports as the work
brought them.  The rule is therefore strict in one direction only (it needs evidence to stop) and
never binding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from statistics import median

import numpy as np

from radassist.domain.document import ReportDocument
from radassist.domain.operations import Insert, Replace
from radassist.domain.phrases import WORDED_SECTIONS

#: Signed reports that the rule needs before it may stop drafts of a template.
LEAST_DRAFTED = 8
LEAST_EMPTY = 5
#: Only the latest reports of each kind are looked at: people and packs change.
LATEST = 40
#: Probability below which "drafted reports take no longer" is given up.  The question is put anew
#: after every report, so it is lower than for a single look: of users whose drafts cost nothing, 3
#: in 100 are stopped within 30 drafts, of those who lose 30 of 80 seconds nearly all (measured on
#: generated times in tests/domain/test_effort.py).
SIGNIFICANCE = 0.01
#: Drafts of which less than this share is kept help nobody.
LEAST_KEPT = 0.20
#: ``Report.origin["begun"]`` of a report that was begun without a draft.
BEGUN_EMPTY = "empty"


@dataclass(frozen=True)
class Kept:
    """What became of the drafted statements of Findings and Impression.

    :param added: statements of the signed text that no draft had.
    :param words: share of the drafted words that stand in the signed text, in order, in [0, 1].
    """

    unchanged: int = 0
    edited: int = 0
    removed: int = 0
    added: int = 0
    words: float = 0.0

    @property
    def drafted(self) -> int:
        """How many statements were drafted."""
        return self.unchanged + self.edited + self.removed

    @property
    def share(self) -> float | None:
        """Share of drafted statements that were signed as drafted; None where none was."""
        return self.unchanged / self.drafted if self.drafted else None


@dataclass(frozen=True)
class ReportUse:
    """One signed report of one user.

    :param drafted: False for a report that was begun empty.
    :param seconds: active time from the first sight of the report to its signature; None where it
        was not measured (on the command line).
    :param signed_at: ISO 8601 UTC.
    """

    report_id: str
    user: str
    template: str
    drafted: bool
    seconds: float | None
    kept: Kept
    signed_at: str


@dataclass(frozen=True)
class TemplateUse:
    """The reports of one template, and whether drafts are offered for it.

    :param seconds_drafted: median over the reports that were measured; None where there is none.
    :param kept: median share of drafted statements that were kept.
    :param words: median share of drafted words that were kept.
    :param p: one-sided probability of times like these if drafts cost no time; None below the
        least numbers of reports.
    :param reason: one sentence why drafts are not offered, "" where they are.
    """

    template: str
    drafted: int
    empty: int
    seconds_drafted: float | None
    seconds_empty: float | None
    kept: float | None
    words: float | None
    p: float | None
    reason: str

    @property
    def offered(self) -> bool:
        """True where a study of this kind is drafted as soon as it is open."""
        return not self.reason


def kept_of(document: ReportDocument) -> Kept:
    """Compare the drafted statements with the report as it stands.

    A statement that was offered in two wordings is kept in either.
    """
    drafted = _drafted_texts(document)
    live = {s.id: s for section, s in document.report.live() if section.name in WORDED_SECTIONS}
    unchanged = [i for i, texts in drafted.items() if i in live and live[i].text in texts]
    edited = [i for i in drafted if i in live and i not in unchanged]
    total = sum(len(_split(texts[-1])) for texts in drafted.values())
    same = sum(len(_split(drafted[i][-1])) for i in unchanged)
    same += sum(_common(drafted[i][-1], live[i].text) for i in edited)
    return Kept(
        unchanged=len(unchanged),
        edited=len(edited),
        removed=len(drafted) - len(unchanged) - len(edited),
        added=sum(i not in drafted for i in live),
        words=same / total if total else 0.0,
    )


def was_drafted(document: ReportDocument) -> bool | None:
    """True for a draft, False for a report that was begun empty, None for any other (imported)."""
    if document.report.origin.get("begun") == BEGUN_EMPTY:
        return False
    return True if _drafted_texts(document) else None


def _drafted_texts(document: ReportDocument) -> dict[str, list[str]]:
    """Statement id -> its drafted wordings in Findings and Impression, the one shown last."""
    found: dict[str, list[str]] = {}
    for entry in document.history:
        operation = entry.operation
        if entry.how != "draft":
            continue
        if isinstance(operation, Insert) and operation.section in WORDED_SECTIONS:
            found[operation.statement.id] = [operation.statement.text]
        elif isinstance(operation, Replace) and operation.statement.id in found:
            found[operation.statement.id].append(operation.statement.text)
    return found


def _split(text: str) -> list[str]:
    return re.findall(r"[\w.,/-]*\w", text.lower())


def _common(before: str, after: str) -> int:
    """Words of ``before`` that stand in ``after`` in the same order."""
    matcher = SequenceMatcher(None, _split(before), _split(after), autojunk=False)
    return sum(block.size for block in matcher.get_matching_blocks())


# --- the rule --------------------------------------------------------------------------------


def by_template(uses: Sequence[ReportUse]) -> list[TemplateUse]:
    """The reports of one user by template, sorted by its id."""
    templates = sorted({use.template for use in uses})
    return [template_use(t, [u for u in uses if u.template == t]) for t in templates]


def template_use(template: str, uses: Sequence[ReportUse]) -> TemplateUse:
    """The numbers of one template, and the decision.

    Drafts are no longer offered when, of the latest ``LATEST`` reports of each kind,

    * at least ``LEAST_DRAFTED`` drafted and ``LEAST_EMPTY`` empty ones were measured, the median
      drafted one took longer, and the exact one-sided rank-sum test gives less than
      ``SIGNIFICANCE``; or
    * of at least ``LEAST_DRAFTED`` drafts the median share kept is below ``LEAST_KEPT``.
    """
    ordered = sorted(uses, key=lambda u: u.signed_at)
    drafted = [u for u in ordered if u.drafted][-LATEST:]
    empty = [u for u in ordered if not u.drafted][-LATEST:]
    with_draft = [u.seconds for u in drafted if u.seconds is not None]
    without = [u.seconds for u in empty if u.seconds is not None]
    shares = [u.kept.share for u in drafted if u.kept.share is not None]
    words = [u.kept.words for u in drafted if u.kept.drafted]
    enough = len(with_draft) >= LEAST_DRAFTED and len(without) >= LEAST_EMPTY
    p = slower_p(with_draft, without) if enough else None
    use = TemplateUse(
        template=template,
        drafted=len(drafted),
        empty=len(empty),
        seconds_drafted=median(with_draft) if with_draft else None,
        seconds_empty=median(without) if without else None,
        kept=median(shares) if shares else None,
        words=median(words) if words else None,
        p=p,
        reason="",
    )
    return replace(use, reason=_reason(use, len(shares)))


def _reason(use: TemplateUse, shares: int) -> str:
    slower = use.p is not None and use.p < SIGNIFICANCE
    if slower and (use.seconds_drafted or 0.0) > (use.seconds_empty or 0.0):
        return (
            f"reports with a draft took you {use.seconds_drafted:.0f} s, "
            f"empty ones {use.seconds_empty:.0f} s (medians)"
        )
    if shares >= LEAST_DRAFTED and use.kept is not None and use.kept < LEAST_KEPT:
        return f"you kept {use.kept:.0%} of what was drafted (median of {shares} reports)"
    return ""


def slower_p(drafted: Sequence[float], empty: Sequence[float]) -> float:
    """Exact one-sided p of the Wilcoxon rank-sum test that drafted reports take longer.

    The distribution of the rank sum over all ways to choose which reports were drafted (Wilcoxon,
    Biometrics Bulletin 1945;1:80), with the mid-ranks of ties; no randomness.

    :param drafted: seconds, at most ``LATEST`` of them; so of ``empty``.  Neither is empty.
    """
    pooled = np.asarray([*drafted, *empty], dtype=np.float64)
    _, inverse, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    below = np.cumsum(counts) - counts
    ranks = 2 * below + counts + 1  # twice the mid-rank: a whole number
    if (ranks % 2 == 0).all():
        ranks //= 2
    ranks = ranks[inverse]
    # The same question of the smaller group, which has fewer ways: are the empty ones quicker?
    few = min(len(drafted), len(empty))
    chosen = ranks[: len(drafted)] if few == len(drafted) else ranks[len(drafted) :]
    observed, highest = int(chosen.sum()), int(np.sort(ranks)[-few:].sum())
    ways = np.zeros((few + 1, highest + 1))
    ways[0, 0] = 1.0
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    tail = ways[few, observed:] if few == len(drafted) else ways[few, : observed + 1]
    return float(tail.sum() / ways[few].sum())

"""The one line of a report without abnormal findings: no more than its Findings hold."""

from __future__ import annotations

from collections.abc import Sequence

from radassist.checks.agreement import unsupported
from radassist.domain.findings import Presence
from radassist.domain.impressions import Rank, StudyKind
from radassist.workflow.chat.view import View
from radassist.workflow.concluding.ordering import Ranked, is_template, study_kind
from radassist.workflow.shelf import Shelf

NOTHING_ABNORMAL = "No abnormality has been measured or reported; template normals await review."
NOTHING_REPORTED = "No abnormality is reported in the Findings."


def normal_line(view: View, abnormal: Sequence[Ranked], shelf: Shelf) -> str:
    """The line for this examination, or "" where findings speak for themselves.

    "No acute cardiopulmonary abnormality." needs the Findings to deny what it sums up, reviewed by
    a person; else the line says only that nothing abnormal is stated.  Beside minor and incidental
    findings it stands first.
    """
    if any(item.rank not in (Rank.MINOR, Rank.INCIDENTAL) for item in abnormal):
        return ""
    kind = study_kind(view.report, shelf)
    lines = view.in_section("Findings")
    reviewed = not any(is_template(line) for line in lines)
    if kind is not None and reviewed and _covered(view, kind):
        held = not unsupported(kind.normal, [line.text for line in lines], view.lexicon)
        if held and (not abnormal or "acute" in kind.normal):
            return kind.normal
    if abnormal:
        return ""
    return NOTHING_REPORTED if reviewed else NOTHING_ABNORMAL


def _covered(view: View, kind: StudyKind) -> bool:
    """Whether one concept of each group is denied, and none is affirmed or suspected."""
    stated = [m for line in view.in_section("Findings") for m in line.findings]
    denied = {m.concept for m in stated if m.presence is Presence.ABSENT}
    return all(any(concept in denied for concept in group) for group in kind.covered)

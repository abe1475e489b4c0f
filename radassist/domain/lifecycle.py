"""draft -> preliminary -> final; a final report changes only by addendum.

IHE RAD TF-1 (Simple Image and Numeric Report) and DICOM PS3.3 C.17.2: a verified document is
never edited, it is amended.
"""

from __future__ import annotations

from dataclasses import replace

from radassist.domain.report import Addendum, Report, ReportState, Signature
from radassist.errors import UsageFault

_NEXT = {
    ReportState.DRAFT: ReportState.PRELIMINARY,
    ReportState.PRELIMINARY: ReportState.FINAL,
}


def next_state(state: ReportState) -> ReportState | None:
    """The state that a signature would give now, or None when the report is final."""
    return _NEXT.get(state)


def signed(report: Report, state: ReportState, user: str, at: str) -> Report:
    """The report one step further, with the signature that took it there.

    :raises UsageFault: the user has no name, or ``state`` is not the next step.
    """
    if not user.strip():
        raise UsageFault("A signature needs a name.", "Give one with --user NAME.")
    expected = next_state(report.state)
    if expected is None:
        raise UsageFault("This report is final already.", "Add an addendum instead.")
    if state is not expected:
        raise UsageFault(f"A {report.state.value} report is signed as {expected.value} next.")
    signature = Signature(state, user.strip(), at)
    return replace(report, state=state, signatures=(*report.signatures, signature))


def with_addendum(report: Report, text: str, user: str, at: str) -> Report:
    """A final report with one more addendum; its statements are untouched.

    :raises UsageFault: the report is not final, or text or user is empty.
    """
    if report.state is not ReportState.FINAL:
        raise UsageFault("Only a final report takes an addendum.", "Edit or sign it instead.")
    if not text.strip() or not user.strip():
        raise UsageFault("An addendum needs a text and a name.")
    return replace(report, addenda=(*report.addenda, Addendum(text.strip(), user.strip(), at)))

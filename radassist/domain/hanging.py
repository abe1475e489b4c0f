"""Hanging protocols: which series go where when a study is opened (PS3.3 C.23, in spirit).

A protocol is data (``resources/hanging``): what it is for, how many panes, and for each pane what
to look for.  The first protocol that fits best wins; a pane that finds nothing stays empty and is
filled with what is left, so that no series is hidden by a protocol that knows less than the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.study import Series, Study


@dataclass(frozen=True)
class Pane:
    """What one pane looks for; empty fields ask for nothing.

    :param prior: True for the prior study's images, False for the current one's.
    :param planes, views: any of these; :param side: ``R`` or ``L``; :param words: one of these in
        the series description.
    :param contrast: True with contrast medium, False without; None either way.
    :param window: name of a window preset, "" for the header's.
    """

    prior: bool = False
    planes: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    side: str = ""
    words: tuple[str, ...] = ()
    contrast: bool | None = None
    window: str = ""


@dataclass(frozen=True)
class HangingProtocol:
    """One protocol.

    :param modalities, body_parts: any of these; empty fits all.  A body part fits where the
        header's holds the word.
    :param needs_prior: True where it is only for a study with a prior beside it.
    :param automatic: used when a study is opened; the others wait in the menu.
    :param rows, columns: the grid; ``panes`` fill it row by row.
    """

    id: str
    title: str
    rows: int
    columns: int
    panes: tuple[Pane, ...]
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    needs_prior: bool = False
    automatic: bool = True


@dataclass(frozen=True)
class Hung:
    """One filled pane: an index into the series of the current or the prior study, or None."""

    pane: Pane
    series: Series | None


def choose(
    protocols: Sequence[HangingProtocol], study: Study, prior: Study | None
) -> HangingProtocol | None:
    """The automatic protocol that says most about this study; None where none fits."""
    found = fitting([p for p in protocols if p.automatic], study, prior)
    return found[0] if found else None


def fitting(
    protocols: Sequence[HangingProtocol], study: Study, prior: Study | None
) -> list[HangingProtocol]:
    """The protocols that say nothing wrong about this study, the one that says most first."""
    scored = [(_fit(p, study, prior), p) for p in protocols]
    return [p for score, p in sorted(scored, key=lambda item: -item[0]) if score >= 0]


def _fit(protocol: HangingProtocol, study: Study, prior: Study | None) -> int:
    """How much the protocol says that is true; -1 where something is not."""
    score = 0
    modalities = {s.modality.upper() for s in study.series}
    if protocol.modalities:
        if not modalities & set(protocol.modalities):
            return -1
        score += 4
    if protocol.body_parts:
        parts = " ".join(s.body_part.upper() for s in study.series)
        if not any(part in parts for part in protocol.body_parts):
            return -1
        score += 2
    if protocol.needs_prior:
        if prior is None:
            return -1
        score += 3  # the prior is what the reader looks for next, whatever the body part
    return score


def hang(protocol: HangingProtocol, study: Study, prior: Study | None) -> tuple[Hung, ...]:
    """Fill the panes: each takes the best series that no other pane shows in the same window.

    A pane for the prior takes the prior's series that is like the one in the pane before it.
    """
    taken: set[tuple[int, str]] = set()
    hung: list[Hung] = []
    for pane in protocol.panes:
        source = (prior.series if prior else ()) if pane.prior else study.series
        free = [s for s in source if (id(s), pane.window) not in taken]
        best = _best(pane, free)
        before = hung[-1].series if hung else None
        if pane.prior and prior is not None and before is not None:
            alike = matching_prior(before, prior)
            best = alike if alike is not None and alike in free else best
        if best is not None:
            taken.add((id(best), pane.window))
        hung.append(Hung(pane, best))
    return _filled(hung, study, {key for key, _ in taken})


def _best(pane: Pane, series: Sequence[Series]) -> Series | None:
    scored = [(_match(pane, s), len(s.frames), -place, s) for place, s in enumerate(series)]
    fitting = [item for item in scored if item[0] >= 0]
    return max(fitting, key=lambda item: item[:3])[3] if fitting else None


def _match(pane: Pane, series: Series) -> int:
    """How many of the pane's wishes a series meets; -1 where it cannot be shown there."""
    if series.is_localizer and "localizer" not in pane.words:
        return -1
    description = series.description.lower()
    asked = [
        any(word in description for word in pane.words) if pane.words else None,
        bool(series.contrast_agent) is pane.contrast if pane.contrast is not None else None,
        series.plane in pane.planes if pane.planes else None,
        series.view.upper() in pane.views if pane.views else None,
        series.laterality.upper() == pane.side if pane.side else None,
    ]
    return -1 if False in asked else asked.count(True)


def _filled(hung: Sequence[Hung], study: Study, shown: set[int]) -> tuple[Hung, ...]:
    """Empty panes of the current study take what no pane shows, in reading order."""
    left = [s for s in study.series if id(s) not in shown and not s.is_localizer]
    filled = []
    for item in hung:
        if item.series is None and not item.pane.prior and left:
            filled.append(Hung(Pane(), left.pop(0)))
        else:
            filled.append(item)
    return tuple(filled)


def matching_prior(current: Series, prior: Study) -> Series | None:
    """The series of a prior that shows the same body part in the same plane and view.

    The same modality is needed; of several the one of the likest description, then the longest.
    """

    def likeness(series: Series) -> tuple[int, int]:
        words = set(current.description.lower().split())
        return len(words & set(series.description.lower().split())), len(series.frames)

    alike = [
        s
        for s in prior.series
        if s.modality == current.modality
        and s.body_part.upper() == current.body_part.upper()
        and s.plane == current.plane
        and s.view == current.view
        and s.is_localizer == current.is_localizer
    ]
    return max(alike, key=likeness) if alike else None

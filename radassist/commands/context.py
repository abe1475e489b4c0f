"""The little that enablement of an action depends on, and an action itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from radassist.domain.report import ReportState


@dataclass(frozen=True)
class Context:
    """State of the window when a key is pressed or a menu opens.

    :param text_focus: a text field has the focus: plain letters belong to it.
    :param images: how many images the shown series has.
    :param has_annotation: a drawn annotation of the shown image is selected.
    :param has_preview: a chat answer with changes waits to be applied or discarded.
    :param can_draft: the open study has no report: its draft failed, was cancelled or not made.
    :param can_begin_empty: the open study has no report, or one that nobody has signed.
    :param has_wordings: the selected statement was drafted in the program's and the user's words.
    :param open_problems: checks that stand before a signature.
    """

    has_study: bool = False
    images: int = 0
    series: int = 0
    has_overlay: bool = False
    has_calipers: bool = False
    has_annotation: bool = False
    has_report: bool = False
    can_draft: bool = False
    can_begin_empty: bool = False
    has_wordings: bool = False
    report_state: ReportState = ReportState.DRAFT
    statement_selected: bool = False
    can_undo: bool = False
    can_redo: bool = False
    has_preview: bool = False
    open_problems: int = 0
    text_focus: bool = False
    busy: bool = False

    @property
    def editable(self) -> bool:
        """True while the report may change: a final one takes addenda only."""
        return self.has_report and self.report_state is not ReportState.FINAL


Enabled = Callable[[Context], bool]


def always(_: Context) -> bool:
    """Enabled in every state."""
    return True


@dataclass(frozen=True)
class Action:
    """One thing the user can do, as data.

    :param id: ``area.verb``; never changes, settings and scripts may name it.
    :param title: as in a menu, in the imperative, without the key.
    :param keys: portable key sequences ("Ctrl+O"), the first is the one shown.
    :param category: menu and heading of the key help.
    :param text_safe: True where the keys may act while a text field has the focus.
    :param hint: one sentence for tooltip, palette and key help.
    :param words: more words under which the palette (and later the voice) finds it.
    """

    id: str
    title: str
    category: str
    keys: tuple[str, ...] = ()
    enabled: Enabled = field(default=always, compare=False)
    text_safe: bool = True
    hint: str = ""
    words: str = ""

    def acts(self, context: Context) -> bool:
        """True where a press of the key does the action now."""
        return (self.text_safe or not context.text_focus) and self.enabled(context)

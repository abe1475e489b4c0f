"""What the pane of phrases and times shows, without Qt: rows of text, newest or best first."""

from __future__ import annotations

import re

from radassist.domain.effort import LEAST_DRAFTED, LEAST_EMPTY, ReportUse, TemplateUse
from radassist.domain.phrases import Phrase
from radassist.workflow.habits import HabitsView

PHRASE_COLUMNS = ("Your wording", "For", "Template", "Written", "Kept", "Refused", "Last")
TEMPLATE_COLUMNS = (
    "Template", "Drafted", "Begun empty", "Kept", "Time drafted", "Time empty", "Drafts",
)  # fmt: skip
REPORT_COLUMNS = ("Signed", "Template", "Begun", "Sentences kept", "Words kept", "Added", "Time")

_SLOTS = {
    "side": "side", "lobe": "upper/middle/lower", "size": "size", "ratio": "ratio",
    "level": "level", "degree": "degree", "degreely": "degree",
}  # fmt: skip
_SAID = {"absent": "no ", "present": "", "uncertain": "possible ", "historical": "former "}

RULE = (
    f"A study is no longer drafted by itself when {LEAST_DRAFTED} drafted and {LEAST_EMPTY} empty "
    "reports of its template show that drafts take you longer, or when you keep less than a fifth "
    "of them. D drafts it all the same; Shift+D begins an empty report."
)


def phrase_rows(view: HabitsView) -> list[tuple[Phrase, tuple[str, ...]]]:
    """Phrases with their cells, by template and what they are for, the preferred one first."""
    ordered = sorted(
        view.phrases, key=lambda p: (p.key.template, p.key.topic, -p.weight, p.key.pattern)
    )
    return [
        (
            p,
            (
                shown_pattern(p.key.pattern),
                shown_topic(p.key.topic),
                p.key.template,
                str(p.written),
                str(p.kept),
                str(p.refused),
                p.last_used,
            ),
        )
        for p in ordered
    ]


def shown_pattern(pattern: str) -> str:
    """Slots as words in angle quotation marks."""
    return re.sub(r"\{([a-z]+)\}", lambda m: f"‹{_SLOTS.get(m.group(1), m.group(1))}›", pattern)


def shown_topic(topic: str) -> str:
    """ "no pleural effusion, no pneumothorax"."""
    said = []
    for item in topic.split():
        concept, _, presence = item.partition(":")
        said.append(f"{_SAID.get(presence, '')}{concept.replace('-', ' ')}")
    return ", ".join(said)


def template_rows(view: HabitsView) -> list[tuple[str, ...]]:
    """One row a template."""
    return [
        (
            use.template,
            str(use.drafted),
            str(use.empty),
            _percent(use.kept),
            _seconds(use.seconds_drafted),
            _seconds(use.seconds_empty),
            shown_decision(use),
        )
        for use in view.templates
    ]


def shown_decision(use: TemplateUse) -> str:
    """Whether drafts are made, and what is missing to know better."""
    if use.reason:
        return f"not made: {use.reason}"
    if use.p is None:
        missing = [
            f"{least - have} {what}"
            for have, least, what in (
                (use.drafted, LEAST_DRAFTED, "drafted"),
                (use.empty, LEAST_EMPTY, "empty"),
            )
            if have < least
        ]
        return f"made; {' and '.join(missing)} more to compare" if missing else "made"
    return "made"


def report_rows(view: HabitsView, most: int = 200) -> list[tuple[str, ...]]:
    """The latest signed reports, newest first; no patient is named."""
    return [_report(use) for use in view.reports[:most]]


def _report(use: ReportUse) -> tuple[str, ...]:
    kept = use.kept
    drafted = bool(use.drafted and kept.drafted)
    return (
        use.signed_at[:16].replace("T", " "),
        use.template,
        "with a draft" if use.drafted else "empty",
        f"{kept.unchanged} of {kept.drafted}" if drafted else "",
        f"{kept.words:.0%}" if drafted else "",
        str(kept.added),
        _seconds(use.seconds),
    )


def _percent(share: float | None) -> str:
    return f"{share:.0%}" if share is not None else ""


def _seconds(seconds: float | None) -> str:
    return f"{seconds:.0f} s" if seconds is not None else ""

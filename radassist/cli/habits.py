"""Commands on what was learned: ``phrases`` and ``usage``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from radassist.app.workbench import Workbench
from radassist.cli.output import DONE, say, say_json, tell
from radassist.domain.effort import TemplateUse
from radassist.domain.phrases import Phrase


def phrases(arguments: argparse.Namespace) -> int:
    """List the remembered wordings of a user, or forget them."""
    with Workbench(arguments.user) as bench:
        habits = bench.habits
        if arguments.action == "clear":
            count = habits.forget()
            say(f"{count} {'wording' if count == 1 else 'wordings'} of {habits.user} forgotten")
            return DONE
        found = habits.view().phrases
        for phrase in found:
            _say_phrase(phrase, as_json=arguments.json)
    if not found and not arguments.json:
        tell(f"No wordings of {habits.user} are remembered; they come from signed reports.")
    return DONE


def _say_phrase(phrase: Phrase, *, as_json: bool) -> None:
    key = phrase.key
    if as_json:
        say_json({**asdict(key), "written": phrase.written, "kept": phrase.kept,
                  "refused": phrase.refused, "last_used": phrase.last_used})  # fmt: skip
        return
    counts = f"written {phrase.written}, kept {phrase.kept}, refused {phrase.refused}"
    say(f"{key.template}  {key.section}  {key.topic}")
    say(f"  {key.pattern}  ({counts}, last {phrase.last_used})")


def usage(arguments: argparse.Namespace) -> int:
    """How much of each draft was kept and the seconds per template, or forget that."""
    with Workbench(arguments.user) as bench:
        habits = bench.habits
        if arguments.clear:
            count = habits.forget_uses()
            noun = "report" if count == 1 else "reports"
            say(f"the numbers of {count} {noun} of {habits.user} forgotten")
            return DONE
        view = habits.view()
    if arguments.json:
        for use in view.templates:
            say_json({**asdict(use), "offered": use.offered})
        for report in view.reports:
            say_json({**asdict(report), "share": report.kept.share})
        return DONE
    for use in view.templates:
        say(_line(use))
    if not view.templates:
        tell(f"No signed report of {habits.user} was measured yet.")
    return DONE


def _line(use: TemplateUse) -> str:
    def seconds(value: float | None) -> str:
        return f"{value:.0f} s" if value is not None else "no time"

    kept = f"{use.kept:.0%} kept" if use.kept is not None else "nothing to keep"
    state = "drafts offered" if use.offered else f"drafts not offered: {use.reason}"
    return (
        f"{use.template}: {use.drafted} drafted ({seconds(use.seconds_drafted)}, {kept}), "
        f"{use.empty} begun empty ({seconds(use.seconds_empty)}); {state}"
    )

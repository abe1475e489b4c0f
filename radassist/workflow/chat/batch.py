"""Many instructions on one report, each on the report as it was given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from radassist.domain.report import Report
from radassist.errors import Fault
from radassist.workflow.chat.conversation import Chat, turn_to_json


def run_batch(chat: Chat, report: Report, instructions: Iterable[str]) -> Iterator[dict[str, Any]]:
    """One JSON object an instruction; a fault is that instruction's answer and ends nothing."""
    chat.prepare(report)
    for instruction in instructions:
        if not instruction.strip():
            continue
        try:
            yield turn_to_json(chat.respond(report, instruction.strip()))
        except Fault as fault:
            yield {
                "instruction": instruction.strip(),
                "how": "grammar",
                "operations": [],
                "answer": str(fault),
                "after": [
                    {"id": x.id, "section": section.name, "text": x.text}
                    for section, x in report.live()
                ],
                "seconds": 0.0,
                "offered": [],
                "notices": [],
                "control": None,
                "candidates": [],
                "cited": [],
                "refused": [],
            }

"""What changed between two versions of a report, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from radassist.domain.report import Report, Statement


@dataclass(frozen=True)
class StatementChange:
    """One statement that is not the same in both versions.

    :param before: None when the statement is new.
    :param after: None when the statement is gone.
    :param moved: the text is the same, its place is not.
    """

    id: str
    section: str
    before: Statement | None
    after: Statement | None
    moved: bool = False

    @property
    def text_changed(self) -> bool:
        """True unless only state, evidence or place changed."""
        return (self.before.text if self.before else None) != (
            self.after.text if self.after else None
        )


def changes(before: Report, after: Report) -> list[StatementChange]:
    """The changed statements, in the reading order of ``after``, the removed ones last.

    Rejected statements do not stand in the text, so rejecting one counts as removing it.
    """
    old = {s.id: (section.name, s) for section, s in before.live()}
    new = {s.id: (section.name, s) for section, s in after.live()}
    stayed = _in_place([i for i in old if i in new], [i for i in new if i in old])
    found: list[StatementChange] = []
    for statement_id, (section, statement) in new.items():
        was = old.get(statement_id)
        moved = was is not None and (was[0] != section or statement_id not in stayed)
        if was is None or was[1] != statement or moved:
            found.append(
                StatementChange(statement_id, section, was[1] if was else None, statement, moved)
            )
    for statement_id, (section, statement) in old.items():
        if statement_id not in new:
            found.append(StatementChange(statement_id, section, statement, None))
    return found


def _in_place(before: list[str], after: list[str]) -> set[str]:
    """The ids that kept their order: moving one statement does not move the ones it passes."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {before[block.a + n] for block in blocks for n in range(block.size)}


def diff_lines(before: Report, after: Report) -> list[str]:
    """The changes as text lines: ``-`` the old, ``+`` the new, ``~`` a state or place."""
    lines: list[str] = []
    for change in changes(before, after):
        where = f"{change.section} {change.id}"
        if not change.text_changed:
            assert change.after is not None  # noqa: S101 - an unchanged text is in both versions
            what = "moved" if change.moved else change.after.state.value
            lines.append(f"~ {where}: {what}: {change.after.text}")
            continue
        if change.before is not None:
            lines.append(f"- {where}: {change.before.text}")
        if change.after is not None:
            lines.append(f"+ {where}: {change.after.text}")
    return lines

"""After a sentence was typed over: the edits that make other sentences state the same fact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from radassist.checks.agreement import same_fact_elsewhere
from radassist.domain.operations import Operation, Replace
from radassist.domain.reading import Lexicon
from radassist.domain.report import Provenance, Report, StatementState


def second_edits(
    before: Report, after: Report, operations: Sequence[Operation], lexicon: Lexicon
) -> list[Operation]:
    """Replacements that ``operations`` call for elsewhere in ``after``; nothing is applied.

    Evidence does not follow: what was measured supported the words that are gone.
    """
    found: dict[str, Operation] = {}
    typed = [o for o in operations if isinstance(o, Replace)]
    for operation in typed:
        old = before.find(operation.statement.id)
        if old is None:
            continue
        changed, was, now = operation.statement.id, old[1].text, operation.statement.text
        for other, text in same_fact_elsewhere(after, changed, was, now, lexicon):
            place = after.find(other)
            if place is None or any(o.statement.id == other for o in typed):
                continue
            by = Provenance("radiologist", "chat")
            statement = replace(
                place[1], text=text, provenance=by, evidence=(), state=StatementState.EDITED
            )
            found[other] = Replace(statement)
    return list(found.values())

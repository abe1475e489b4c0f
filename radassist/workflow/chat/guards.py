"""What the model wrote, held against what it was given: nothing may be lost.

Rules decide, not a second model: that nothing is invented is ``radassist.checks.agreement``'s
part; here findings, sides, numbers, negation and doubt of the old statement may only go where the
instruction names them.
"""

from __future__ import annotations

import re

from radassist.domain.findings import Laterality
from radassist.domain.reading import Lexicon, Reading
from radassist.workflow.chat.propagation import asserted
from radassist.workflow.chat.view import read_cached
from radassist.workflow.chat.wording import stems

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HEDGE = re.compile(
    r"\b(?:borderline|may|might|could|possibl[ey]|probabl[ey]|likely|suggest\w*|suspicious|question\w*|"
    r"cannot be excluded|concern\w*)\b",
    re.IGNORECASE,
)


def dropped(text: str, old: str, instruction: str, lexicon: Lexicon) -> list[str]:
    """What the old statement said, the text does not, and the instruction did not ask to change."""
    new, before = read_cached(text, lexicon), read_cached(old, lexicon)
    asked = read_cached(instruction, lexicon)
    freed = {m.concept for m in asked.mentions}
    lost: list[str] = []
    held = {m.concept for m in new.mentions}
    words = set(stems(text))
    for mention in before.findings():
        if mention.concept in held or mention.concept in freed:
            continue
        if not set(stems(mention.text)) <= words:
            lost.append(mention.text)
    if not _sides(asked):
        lost += sorted(_sides(before) - _sides(new))
    if not _NUMBER.search(instruction):
        lost += [n for n in _NUMBER.findall(old) if n not in _NUMBER.findall(text)]
    denied = any(not asserted(m) for m in before.findings())
    if denied and not freed and not any(not asserted(m) for m in new.findings()):
        lost.append("the negation")
    if _HEDGE.search(old) and not _HEDGE.search(text) and not _about_certainty(instruction):
        lost.append("the uncertainty")
    return list(dict.fromkeys(lost))


def _about_certainty(instruction: str) -> bool:
    return (
        re.search(r"\b(?:certain|definite|hedg\w*|confident|firm\w*|sure)\b", instruction, re.I)
        is not None
    )


def _sides(reading: Reading) -> set[str]:
    return {side.value for side, _, _ in reading.lateralities if side is not Laterality.NONE}

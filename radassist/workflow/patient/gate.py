"""A plain sentence read back and held against the statement it comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from radassist.domain.findings import Laterality, Presence
from radassist.domain.glossary import Glossary, plain_lexicon
from radassist.domain.reading import Lexicon, Mention, Reading, read

_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Gate:
    """Reads sentences of the glossary and refuses what their source does not state."""

    glossary: Glossary
    lexicon: Lexicon

    @cached_property
    def reader(self) -> Lexicon:
        """The lexicon of the glossary's own words."""
        return plain_lexicon(self.glossary, self.lexicon)

    def faults(self, plain: str, source: Reading) -> list[str]:
        """What the plain words say beyond their source, or "unread"; empty when all is held."""
        back = read(plain, self.reader)
        stated = back.findings()
        if not stated:
            return ["unread"]
        found = [f"finding: {m.text}" for m in stated if not self._held(m, source, stated)]
        sides = {side for side, _, _ in back.lateralities}
        own = {m.laterality for m in source.mentions} | {s for s, _, _ in source.lateralities}
        found += [f"side: {side.value}" for side in sides if not _side_held(side, own)]
        known = _NUMBER.findall(source.text)
        found += [f"number: {n}" for n in _NUMBER.findall(plain) if n not in known]
        return found

    def _held(self, mention: Mention, source: Reading, all_read: tuple[Mention, ...]) -> bool:
        """One of the concepts that share these plain words is stated so in the source."""
        same = {m.concept for m in all_read if m.start < mention.end and mention.start < m.end}
        denied = mention.presence is Presence.ABSENT
        kin = self.lexicon.related if denied else self.lexicon.is_a
        return any(
            any(kin(fact.concept, said) for said in same)
            and _agrees(fact.presence, mention.presence)
            for fact in source.findings()
        )


def _agrees(held: Presence, said: Presence) -> bool:
    """The past is told as "In the past: ...", which reads as present or historical."""
    if held is Presence.HISTORICAL:
        return said is not Presence.ABSENT
    return held is said


def _side_held(side: Laterality, own: set[Laterality]) -> bool:
    both = {Laterality.LEFT, Laterality.RIGHT}
    if side is Laterality.BILATERAL:
        return side in own or both <= own
    return side in own or Laterality.BILATERAL in own

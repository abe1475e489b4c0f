"""Answers: statements quoted by number and id, with a verdict where the reader can give one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from radassist.domain.findings import Laterality, Presence
from radassist.domain.reading import Mention
from radassist.workflow.chat.propagation import sides_agree
from radassist.workflow.chat.view import Line, View, read_cached

SILENT = "The report does not say."

#: A denial with one of these denies only what is so: "no large effusion" leaves a small one open.
_NARROW = frozenset({"acute", "new", "large", "calcified", "suspicious", "displaced", "chronic"})


@dataclass(frozen=True)
class Answer:
    """What a question comes to.

    :param cited: ids of the statements that the text quotes: the links beside it.
    :param refused: what the rules cut from a model's answer, each with the reason.
    :param by_model: the language model had a part in it.
    :param open: rules could not map the question; a model may find what answers it.
    """

    text: str
    cited: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    by_model: bool = False
    open: bool = False


def answered(lead: str, lines: Sequence[Line]) -> Answer:
    """A lead ("No", "The report says") and the statements that it rests on."""
    return Answer(f"{lead}: {listed(lines)}", tuple(line.id for line in lines[:8]))


def quoted(lines: Sequence[Line]) -> Answer:
    """The statements as they stand; that the report is silent when there are none."""
    return answered("The report says", lines) if lines else Answer(SILENT)


def silent_but(lead: str, lines: Sequence[Line]) -> Answer:
    """The report is silent, and has something near."""
    return Answer(f"{SILENT} {lead} {listed(lines)}", tuple(line.id for line in lines[:8]))


def listed(lines: Sequence[Line]) -> str:
    """At most eight statements, and how many more there are."""
    shown = "; ".join(line.quoted() for line in lines[:8])
    return shown + (f"; and {len(lines) - 8} more." if len(lines) > 8 else "")


def verdict(
    asked: Sequence[Mention], lines: Sequence[Line], view: View, *, normality: bool = False
) -> Answer | None:
    """Yes, no or uncertain for findings that are asked for; None where no line decides it.

    :param normality: the question asks whether all is well ("is the lung clear?"), so that a
        denied finding is a yes.
    """
    told = [(line, m) for line in lines for m in _meant(asked, line, view)]
    return weighed(told, normality=normality)


def weighed(told: Sequence[tuple[Line, Mention]], *, normality: bool = False) -> Answer | None:
    """The verdict of what lines say of one finding, with the lines that carry it."""
    groups: dict[Presence, list[Line]] = {}
    for line, mention in told:
        presence = Presence.ABSENT if mention.change == "resolved" else mention.presence
        lines = groups.setdefault(presence, [])
        if line not in lines:
            lines.append(line)
    if _contradict(told):
        return answered("The report says both", [line for line, _ in told])
    if Presence.PRESENT in groups:
        return answered("No" if normality else "Yes", groups[Presence.PRESENT])
    if Presence.UNCERTAIN in groups:
        return answered("Uncertain", groups[Presence.UNCERTAIN])
    if Presence.ABSENT in groups and not all(_NARROW & set(m.qualifiers) for _, m in told):
        return answered("Yes" if normality else "No", groups[Presence.ABSENT])
    return None


def _meant(asked: Sequence[Mention], line: Line, view: View) -> list[Mention]:
    return [
        m
        for m in line.findings
        if any(
            view.lexicon.is_a(m.concept, a.concept) and sides_agree(m.laterality, a.laterality)
            for a in asked
        )
    ]


def _contradict(told: Sequence[tuple[Line, Mention]]) -> bool:
    """One line affirms and another denies the same finding at the same side and place."""
    return any(
        a.presence is Presence.PRESENT
        and b.presence is Presence.ABSENT
        and one is not other
        and a.concept == b.concept
        and sides_agree(a.laterality, b.laterality)
        and (not a.location or not b.location or bool(set(a.location) & set(b.location)))
        and not _NARROW & set(b.qualifiers)
        for one, a in told
        for other, b in told
    )


#: A finding that the reader knows, put in the place of a word that it does not know.
_STAND_IN = "pneumothorax"


def word_mentions(words: Sequence[str], line: Line, view: View) -> list[Mention]:
    """What a line asserts of a thing that the lexicon does not know.

    The reader judges the sentence with a finding that it knows in the place of the word:
    "superinfection cannot be excluded" is read as "pneumothorax cannot be excluded".
    """
    found = []
    for word in words:
        at = line.text.lower().find(word.lower())
        if at < 0:
            continue
        end = at + len(word)
        while end < len(line.text) and line.text[end].isalpha():
            end += 1
        text = line.text[:at] + _STAND_IN + line.text[end:]
        reading = read_cached(text, view.lexicon)
        found += [m for m in reading.findings() if m.start <= at < m.end]
    return found


def listed_findings(lines: Sequence[Line], view: View) -> str:
    """Each finding with its assertion, side and size, and the statement that says so."""
    shown = []
    for line in lines[:24]:
        facts = [_fact(m, line, view) for m in line.findings]
        lead = f"{', '.join(dict.fromkeys(facts))} - " if facts else ""
        shown.append(f"{lead}{line.quoted()}")
    return "\n".join(shown)


def _fact(mention: Mention, line: Line, view: View) -> str:
    side = mention.laterality.value if mention.laterality is not Laterality.NONE else ""
    alone = sum(m.kind == "finding" for m in line.findings) == 1
    sizes = [q.text for q in line.reading.quantities] if alone else []
    words = [view.lexicon.name(mention.concept), mention.presence.value, side, *sizes]
    return " ".join(w for w in words if w)

"""Parts taken out of one sentence so that the rest still reads: an item, a phrase, a clause.

Each returns None where the span is no such part: the caller must then leave the sentence alone.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat.wording import tidy

_ITEM_BREAK = re.compile(r"\s*,\s*(?:and|or|nor)\s+|\s*,\s*|\s+(?:and|or|nor)\s+|\s*/\s*")


#: What says something of the words before it, and cannot stand without them.
_HANGS_ON = re.compile(
    r"(?:in keeping|consistent|compatible|suggest\w*|suspicious|likely|probably|possibly|which|that|"
    r"measuring|extending|compressing)\b",
    re.IGNORECASE,
)


def without_item(text: str, start: int, end: int) -> str | None:
    """A coordinated list without the item that covers [start, end).

    "No focal consolidation, pleural effusion, or pneumothorax." without the effusion is "No focal
    consolidation or pneumothorax."  None when the span is not an item of such a list: the caller
    must then leave the sentence alone.
    """
    breaks = list(_ITEM_BREAK.finditer(text))
    left = [m for m in breaks if m.end() <= start]
    right = [m for m in breaks if m.start() >= end]
    if any(m.start() < end and m.end() > start for m in breaks) or not (left or right):
        return None
    before, after = (left[-1] if left else None), (right[0] if right else None)
    if after is not None and _HANGS_ON.match(text[after.end() :]):
        return None  # "echogenic, in keeping with steatosis" is no list
    if before is None and after is not None:
        lead = _list_lead(text[:start])
        return _rejoined(text[:lead] + text[after.end() :])
    if before is not None and after is None:
        stop = _item_stop(text, end)
        head = text[: before.start()]
        word = re.search(r"and|or|nor", before.group())
        comma = head.rfind(", ")
        apart = re.match(r"(?:without|with|no|not|which|but|and|there)\b", head[comma + 2 :])
        if word and not apart and comma > (left[-2].start() - 1 if len(left) > 1 else comma):
            head = f"{head[:comma]} {word.group()} {head[comma + 2 :]}"  # the last two are joined
        return _rejoined(head + text[stop:])
    if before is not None and after is not None:
        joiner = (
            after.group() if re.search(r"and|or|nor", before.group()) is None else before.group()
        )
        if "and" in after.group() or "or" in after.group():
            joiner = after.group()
        return _rejoined(text[: before.start()] + joiner + text[after.end() :])
    return None


_CLAUSE_VERB = r"\b(?:is|are|was|were|appears?|remains?|has|have|shows?|measures?)\b"


def without_clause(text: str, start: int, end: int) -> str | None:
    """ "The apices are clear and the thyroid is unremarkable." without the thyroid's clause.

    None unless the span is the subject of one clause of several, each with a verb of its own.
    """
    joints = list(re.finditer(r",?\s+(?:and|while|whereas|but)\s+|;\s+", text))
    edges = [0, *(m.end() for m in joints), len(text)]
    starts = [0, *(m.start() for m in joints), len(text)]
    for place in range(len(edges) - 1):
        low, high = edges[place], starts[place + 1]
        if not low <= start < high:
            continue
        part, rest = text[low:high], text[: starts[place]] + text[high:]
        verb = re.search(_CLAUSE_VERB, part, re.IGNORECASE)
        own = (
            verb is not None and start - low < verb.start() and re.search(_CLAUSE_VERB, rest, re.I)
        )
        if not own or len(joints) != 1:
            return None
        rest = rest if place else text[edges[1] :]
        return tidy(rest if rest.rstrip().endswith(".") else f"{rest.rstrip()}.")
    return None


def without_phrase(text: str, start: int, end: int) -> str | None:
    """The sentence without the part before or after "with" that holds [start, end).

    "Mass with surrounding edema." without the edema is "Mass."; "Hydronephrosis with a 4 mm stone."
    without the hydronephrosis is "A 4 mm stone."  None where there is no such part.
    """
    joints = list(
        re.finditer(
            r",?\s+(?:with(?:out)?|but no|and no|(?:in keeping|consistent|compatible) with|suggestive of|suggesting)\s+",
            text,
        )
    )
    joints = [
        m
        for m in joints
        if not re.search(r"\b(?:keeping|consistent|compatible)$", text[: m.start()])
    ]
    before = [m for m in joints if m.end() <= start]
    after = [m for m in joints if m.start() >= end]
    if before:
        stop = re.compile(r"[,;.]\s|[.;]?\s*$").search(text, end)
        cut = text[: before[-1].start()] + text[stop.start() if stop else end :]
        return tidy(cut)
    if after and not re.match(r",?\s+(?:without|but no|and no)", after[0].group()):
        return tidy(text[after[0].end() :])
    return None


def _list_lead(head: str) -> int:
    """Where the first item of a list begins: after "No ", "There is no evidence of " and such."""
    lead = re.match(
        r"(?:.*\b(?:no|without|negative for|free of)\b(?:\s+(?:definite|radiographic|ct|sonographic|"
        r"convincing))?(?:\s+(?:evidence|signs?|suggestion)\s+(?:of|for))?\s+|"
        r"there (?:is|are) (?:an?\s+)?|.*\bwith\s+)",
        head,
        re.IGNORECASE,
    )
    return lead.end() if lead else 0


def _item_stop(text: str, end: int) -> int:
    """Where the last item of a list ends: before "is seen", "identified" or the full stop."""
    tail = re.compile(
        r"\s+(?:(?:is|are|was|were)\b|identified|seen|noted|present|visuali[sz]ed|demonstrated)|[.;]\s*$"
    )
    found = tail.search(text, end)
    place = re.compile(r"\s+(?:of|in|at|within|along|involving)\s[^,;]*?(?=\s*[.;]\s*$|$)").match(
        text, end
    )
    if place is not None and (found is None or found.start() >= place.end()):
        return place.end()  # "calcification of the aorta": the place goes with it
    return found.start() if found else end


def _rejoined(text: str) -> str:
    """A list that lost an item: "A, or B" of two items needs no comma."""
    text = tidy(text)
    match = re.match(r"^(.*?)((?:\s*,\s*(?:and|or|nor)\s+))(.*)$", text)
    if match and "," not in match.group(1):
        text = match.group(1) + " " + match.group(2).strip(" ,") + " " + match.group(3)
    return _agreeing(text)


def _agreeing(text: str) -> str:
    """A shortened subject with its verb: "The mediastinum are normal" becomes "is normal"."""
    match = re.match(r"(.+?)\s+(are|were)\s+(.+)$", text)
    if match is None:
        return text
    subject, verb, rest = match.groups()
    plural = re.search(r"\b(?:and|or)\b|,", subject) or re.search(r"(?:s|ae|i)$", subject)
    if plural and not subject.endswith(("us", "is", "ss")):
        return text
    return f"{subject} {'is' if verb == 'are' else 'was'} {rest}"

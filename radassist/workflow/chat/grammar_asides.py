"""What is said around a command rather than in it: "it is trivial, leave it out", "wrong leg, all
left", "instead of ... say ...", "the nodes to the beginning"."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat import commands as c
from radassist.workflow.chat.realigning import realigned
from radassist.workflow.chat.resolving import resolve
from radassist.workflow.chat.spoken import starts_with_verb
from radassist.workflow.chat.targets import NOUN, is_explicit, parse_target
from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import literal_pattern, stems, substituted

_OUT = (
    r"(?:(?:so\s+|please\s+|just\s+)*(?:take|leave|cut|cross|strike)\s+(?:it|that|them|this)\s+(?:out|away)|"
    r"(?:so\s+|please\s+|just\s+)*(?:delete|remove|drop|scrap|omit|skip|strike|cut)\s+(?:it|that|them|this)(?:\s+(?:out|away))?)"
)


def taken_out(text: str, scope: str, view: View) -> c.Command | None:
    """ "The cyst is trivial, leave it out", "no effusion, delete that", "sinus fluid out"."""
    said = text.rstrip(" .!")
    match = re.fullmatch(
        rf"(?:no\s+|the\s+)*(.+?)(?:\s+(?:is|are|was|were)\s+[^,;:]+)?\s*[,;:-]+\s*{_OUT}",
        said,
        re.I,
    ) or re.fullmatch(
        r"(?:no\s+|the\s+)*(.+?)\s*[:,;-]+\s*(?:there (?:is|are) (?:none|no such thing)|not there|absent|none)\s*[,;]\s*"
        r"(?:please\s+)?(?:take (?:it|them) out|delete|remove|drop)(?:\s+(?:it|them))?(?:\s+(?:from|in)\s+.+)?",
        said,
        re.IGNORECASE,
    )
    match = match or re.fullmatch(
        r"(?:(?:we|you|i)\s+can\s+|just\s+|please\s+)?(?:skip|forget(?: about)?|ignore|leave off)\s+(?:the\s+)?(.+)|"
        r"(?:the\s+)?(.+?)\s+(?:can|could|should|may)\s+be\s+(?:left out|skipped|omitted|dropped|taken out)|"
        r"no (?:comments?|remarks?|word|statements?|sentences?)\s+(?:on|about)\s+(?:the\s+)?(.+?)(?:\s+please)?",
        said,
        re.IGNORECASE,
    )
    if match is None:
        match = re.fullmatch(r"(?:the\s+)?((?:\S+\s+){0,4}?\S+)\s+out", said, re.IGNORECASE)
        if match is not None and starts_with_verb(match.group(1)):
            return None
    what = next((g for g in match.groups() if g), "") if match else ""
    return c.Delete(what) if what and _there(what, view) else None


def _there(phrase: str, view: View) -> bool:
    target = parse_target(phrase, view)
    if target is None:
        return False
    found = resolve(target, view)
    return bool(found.lines or found.candidates)


_PLACE = (
    r"(?P<where>first|last|(?:to|at|in) (?:the )?(?:very )?(?:top|beginning|start|front|end|bottom))"
    r"(?:\s+(?:of|in)\s+(?:the\s+)?(?P<section>[a-z ]+))?"
)


def moved(text: str, scope: str, view: View) -> c.Command | None:
    """ "Put the heart first", "nodes to the beginning", "the clips belong after the heart"."""
    said = text.rstrip(" .!")
    match = re.fullmatch(
        rf"(?P<verb>put|move|bring|shift|list|mention|start with)?\s*(?:the\s+)?(?P<what>.+?)\s+{_PLACE}",
        said,
        re.IGNORECASE,
    )
    if match is not None and _movable(match.group("what"), match.group("verb"), view):
        word = match.group("where").lower()
        start = re.search(r"first|top|beginning|start|front", word) is not None
        section = view.section_name(match.group("section")) if match.group("section") else ""
        if section is None:
            return None
        what = match.group("what")
        if is_explicit(what, view):
            return c.MoveTo(what, section=section, place="start" if start else "end")
        what = f"{_bare(what)} sentence in the {section}" if section else what
        return c.MoveTo(what, section=section, place="start" if start else "end")
    opening = re.fullmatch(r"(?:start|begin|open)\s+with\s+(?:the\s+)?(.+)", said, re.IGNORECASE)
    if opening and _there(opening.group(1), view):
        return c.MoveTo(opening.group(1), place="start")
    beside = re.fullmatch(
        r"(?:the\s+)?(.+?)\s+(?:belongs?|goes|go|should (?:go|come|stand|be))\s+(?:right\s+|directly\s+|just\s+)?"
        r"(after|before|above|below|behind)\s+(?:the\s+)?(.+)",
        said,
        re.IGNORECASE,
    )
    if beside and _there(beside.group(1), view) and _there(beside.group(3), view):
        before = beside.group(2).lower() in ("before", "above")
        return c.MoveTo(beside.group(1), anchor=beside.group(3), before=before)
    return _two_swapped(said, view)


def _bare(what: str) -> str:
    return re.sub(rf"\s+{NOUN}$", "", what, flags=re.IGNORECASE)


def _movable(what: str, verb: str | None, view: View) -> bool:
    """A phrase that names one sentence; a bare one only when it holds no verb of its own."""
    if verb is None and re.search(
        r"\b(?:is|are|was|were|has|have|seen|extend\w*|add|note)\b", what, re.I
    ):
        return False
    return not starts_with_verb(what) and _there(what, view)


def _two_swapped(said: str, view: View) -> c.Command | None:
    """ "Swap the two impression points" of a section that has two."""
    match = re.fullmatch(
        rf"(?:swap|switch|exchange|reverse|flip)\s+(?:the\s+)?(?:order of the\s+)?(?:two|both)?\s*(?:the\s+)?(.+?)(?:\s+{NOUN})?",
        said,
        re.IGNORECASE,
    )
    section = view.section_name(re.sub(r"s$", "", match.group(1))) if match else None
    section = section or (view.section_name(match.group(1)) if match else None)
    if section is None or len(view.in_section(section)) != 2:
        return None
    return c.SwapPlaces(f"{section} 1", f"{section} 2")


def all_sides(text: str, scope: str, view: View) -> c.Command | None:
    """ "Wrong leg, all left", "everything is on the left, not right"."""
    match = re.fullmatch(
        r"(?:wrong (?:side|leg|arm|hand|foot|knee|hip|shoulder|breast|lung|kidney|eye|ear)\s*[,;:.-]?\s*)?(?:it'?s\s+|they(?:'re| are)\s+)?"
        r"(?:all(?: of (?:it|them|this))?|everything)\s+(?:is|are|should be)?\s*(?:on the\s+|on\s+|the\s+)?(left|right)"
        r"(?:[- ](?:hand )?sided?)?(?:,?\s+(?:and )?not\s+(?:on )?(?:the )?(?:left|right)(?: side)?)?",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None:
        return None
    new = match.group(1).lower()
    old = "left" if new == "right" else "right"
    turned = [
        (x.id, changed)
        for x in view.lines
        if x in view.fact_lines or x.section == "Examination"
        if (changed := substituted(x.text, old, new)) is not None and changed != x.text
    ]
    return c.Reword(tuple(turned)) if turned else None


def instead_of(text: str, scope: str, view: View) -> c.Command | None:
    """ "Instead of clear lungs say there is a faint opacity": the new sentence for the old one."""
    match = re.fullmatch(
        r"(?:instead of|rather than|in place of)\s+(?:the\s+)?(.+?),?\s+(?:say|write|put|use|report)\s+(?:that\s+)?(.+)",
        text.rstrip(" ."),
        re.IGNORECASE,
    )
    if match is None:
        return None
    old, new = match.groups()
    pattern = literal_pattern(old)
    if len(stems(new)) < 3 and any(pattern.search(x.text) for x in view.lines):
        return c.Substitute(((old, new),), scope)
    target = parse_target(f"the {old} sentence", view)
    found = resolve(target, view).lines if target is not None else ()
    own = [x for x in found if x.section == view.findings_name] or list(found)
    return c.SetText(own[0].id, new) if len(own) == 1 else None


def rather_say(text: str, scope: str, view: View) -> c.Command | None:
    """ "Say COPD rather than emphysema", "call it a cyst, not a nodule": words for words."""
    match = re.fullmatch(
        r"(?:say|write|use|put|call (?:it|this|that|them)|it'?s|it is|that'?s)\s+(?:an?\s+|the\s+)?(.+?)"
        r"(?:\s+(?:rather than|instead of)\s+|,?\s+not\s+)(?:an?\s+|the\s+)?(.+)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None or is_explicit(match.group(2), view):
        return None
    new, old = match.groups()
    pattern = literal_pattern(old)
    lines = [x for x in view.fact_lines if pattern.search(x.text)]
    sections = {x.section for x in lines}
    if not lines or len(lines) != len(sections) or stems(new) == stems(old):
        return None
    if len(stems(new)) <= len(stems(old)) and set(stems(new)) & set(stems(old)):
        return None  # phrases that share words are set against each other
    new = _without_shared_tail(new, [x.text for x in lines], old)
    return c.Substitute(((old, new),), scope)


def _without_shared_tail(new: str, texts: list[str], old: str) -> str:
    """ "internal jugular line" for "subclavian" in "subclavian central line": the line is there."""
    words = new.split()
    while len(words) > 1:
        after = [t[m.end() :].split()[:3] for t in texts if (m := literal_pattern(old).search(t))]
        if not all(words[-1].lower() in [w.strip(".,;").lower() for w in a] for a in after):
            break
        words.pop()
    return " ".join(words)


def contrast_anew(text: str, scope: str, view: View) -> c.Command | None:
    """ "Three lesions instead of several", "not mild, severe hyperinflation"."""
    said = text.rstrip(" .!")
    match = re.fullmatch(r"not\s+(?P<old>[^,;]+)[,;]\s+(?:but\s+)?(?P<new>.+)", said, re.I)
    match = match or re.fullmatch(
        r"(?P<new>.+?)(?:\s+(?:instead of|rather than)\s+|,?\s+not\s+)(?P<old>.+)", said, re.I
    )
    if match is None or scope or re.search(r"\b(?:is|are|was|were|measures?)\b", said, re.I):
        return None
    pattern = literal_pattern(match.group("old"))
    new = realigned(match.group("new"), view, pattern)
    right = all(
        (line := view.line(i)) is not None
        and pattern.search(line.text)
        and len(pattern.findall(t)) < len(pattern.findall(line.text))
        for i, t in new.items()
    )
    return c.Reword(tuple(new.items())) if new and right else None


def made_both(text: str, scope: str, view: View) -> c.Command | None:
    """ "Make it grade 4 cartilage loss and severe osteoarthritis": two parts said anew."""
    match = re.fullmatch(
        r"(?:make|call|write|say)\s+(?:it|that|them)?\s*(.+ and .+)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    new = realigned(match.group(1), view) if match else {}
    return c.Reword(tuple(new.items())) if len(new) > 1 else None


def plain_cleft(text: str) -> str:
    """ "It's the left lobe that has the nodule" as "the nodule is in the left lobe"."""
    match = re.fullmatch(
        r"it(?:'s| is)\s+(the\s+.+?)\s+(?:that|which)\s+(?:has|have|shows?|contains?|holds?)\s+(the\s+.+)",
        text.strip().rstrip(" .!"),
        re.IGNORECASE,
    )
    return f"{match.group(2)} is in {match.group(1)}" if match else text

"""Commands that take text out or put text in."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat import commands as c
from radassist.workflow.chat.grammar_change import bare, is_in_report, take_everywhere
from radassist.workflow.chat.resolving import resolve
from radassist.workflow.chat.spoken import (
    ADD_VERBS,
    DELETE_PHRASES,
    DELETE_VERBS,
)
from radassist.workflow.chat.targets import is_explicit, parse_target
from radassist.workflow.chat.view import View

_DELETE = "|".join([*DELETE_PHRASES, *DELETE_VERBS])


_ADD = "|".join(ADD_VERBS)


def delete_command(text: str, scope: str, view: View) -> c.Command | None:  # noqa: PLR0911  one return a pattern
    match = re.fullmatch(rf"(?:{_DELETE})\s*:?\s+(?:out\s+)?(.+)", text, re.IGNORECASE)
    forbid = re.fullmatch(
        r"(?:do not|don'?t|no need to|never)\s+(?:mention|say|include|report|state|comment on|write)\s+(?:about\s+|anything about\s+)?(.+)",
        text,
        re.I,
    )
    if forbid:
        return c.Delete("mention of " + forbid.group(1))
    text = _ASIDE.sub("", text)
    taken = re.fullmatch(
        r"(?:take|cut|leave|strike|cross)\s+(.+?)\s+out(?:\s+(?:of|from|in)\s+(.+))?", text, re.I
    )
    if taken:
        where = f" from {taken.group(2)}" if taken.group(2) else ""
        return delete_command(f"remove {taken.group(1)}{where}", scope, view)
    if match is None:
        return _kept(text, view) or _unwanted(text, view)
    what = _ASIDE.sub("", match.group(1).rstrip(" .!"))
    excepted = _all_but(what, scope, view)
    if excepted is not None:
        return excepted
    what, everywhere = take_everywhere(what)
    if everywhere:
        cut = _words_to_cut(what, "", view)
        if isinstance(cut, c.CutWords) or is_in_report(bare(what), view):
            return c.CutWords(cut.words if isinstance(cut, c.CutWords) else bare(what), "", True)
    if _is_comparison(what):
        return c.CutComparison(_comparison_scope(what) or scope)
    words = _words_to_cut(what, scope, view)
    if words is not None:
        return words
    if scope and parse_target(what, view) is not None and not is_explicit(what, view):
        return c.CutWords(what, scope)
    return c.Delete(what) if parse_target(what, view) is not None else None


#: What people add to a command that changes nothing of it.
_ASIDE = re.compile(
    r"\s+(?:entirely|completely|altogether|again)$|"
    r",?\s+but\s+(?:leave|keep)\s+(?:it|them|that)\b.*$|"
    r",\s+(?:i|we)\s+(?:\S+\s*){1,5}$|"
    r"(?<=impression)\s+only$|(?<=findings)\s+only$|"
    r",\s+(?:(?:the\s+)?(?:pt|patient)|he|she|it|this|that|they|there|since|because|as)\s+(?:is|was|are|were|has|had)\b.*$",
    re.IGNORECASE,
)


def _kept(text: str, view: View) -> c.Command | None:
    """ "Keep only the first impression", "leave just sentence 2"."""
    match = re.fullmatch(
        r"(?:(?:only|just)\s+(?:keep|leave|retain)|(?:keep|leave|retain)\s+(?:only|just))\s+(.+?)"
        r"(?:\s+and\s+(?:delete|remove|drop)\s+(?:the\s+)?(?:rest|others?|everything else))?",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(1), view) is None:
        return None
    return c.KeepOnly(match.group(1))


def _all_but(what: str, scope: str, view: View) -> c.Command | None:
    """ "everything in the impression except the first line", "all impressions but the last"."""
    match = re.fullmatch(
        r"(?:everything(?: else)?|all|the rest|all (?:of )?the|all other)\s*(.*?)\s*,?\s*"
        r"(?:except(?: for)?|but|other than|apart from|besides|save)\s+(?:for\s+)?(.+)",
        what,
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(2), view) is None:
        return None
    where = re.sub(
        r"^(?:(?:sentences|statements|lines|items)\s*)?(?:(?:in|of|from)\s+)?(?:the\s+)?|\s+(?:sentences|statements|lines|items)$",
        "",
        match.group(1) or scope,
        flags=re.I,
    )
    section = view.section_name(where) if where else ""
    return None if section is None else c.KeepOnly(match.group(2), section)


def _unwanted(text: str, view: View) -> c.Command | None:
    """ "Sentence 2 can go", "we don't need the spine sentence"."""
    match = re.fullmatch(
        r"(.+?)\s+(?:(?:can|should|must|has to|needs to) (?:go|be (?:deleted|removed|dropped|taken out|cut|omitted))|"
        r"is (?:not needed|unnecessary|redundant|wrong, (?:delete|remove) it))\.?|"
        r"(?:(?:we|i)\s+)?(?:don'?t|do not) (?:need|want)\s+(.+?)(?:\s+in (?:there|here|it|the report))?(?:\s+at all)?|"
        r"no need (?:for|of|to (?:mention|report|state))\s+(.+?)|"
        r"(.+?)\s+(?:(?:does not|doesn'?t|do not|don'?t) need to be|need not be)\s+(?:reported|mentioned|included|there|stated)"
        r"(?:\s*,?\s*(?:so\s+)?(?:please\s+)?(?:delete|remove|drop)(?:\s+(?:it|them))?)?",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None:
        return None
    what = next(group for group in match.groups() if group)
    target = parse_target(what, view)
    if target is None or not (is_explicit(what, view) or resolve(target, view).lines):
        return None
    return c.Delete(what)


_COMPARISON = re.compile(
    r"(?:(?:any|all|every|the)\s+)*(?:mentions?|references?|words?|wording|statements?|phrases?|language)?\s*(?:of|to|about|with)?\s*"
    r"(?:(?:any|all|the|a)\s+)*(?:comparisons?(?: (?:language|words?|wording|terms?|phrases?|statements?))?|prior(?:s| (?:exams?|stud(?:y|ies)|examinations?|films?|imaging|"
    r"comparison|radiographs?))?|previous (?:exams?|stud(?:y|ies)|examinations?|films?|imaging)|"
    r"interval change language)"
    r"(?:\s+(?:with|to|of)\s+(?:the\s+|any\s+)?(?:priors?|previous)(?:\s+\w+)?)?"
    r"(?:\s+(?:in|from)\s+(?:the\s+)?(?P<scope>.+))?",
    re.IGNORECASE,
)


def _is_comparison(what: str) -> bool:
    if re.fullmatch(r"(?:the )?comparison(?: section)?", what, re.I):
        return False  # the section of that name
    return _COMPARISON.fullmatch(what.strip()) is not None


def _comparison_scope(what: str) -> str:
    match = _COMPARISON.fullmatch(what.strip())
    scope = match.group("scope") if match else None
    return "" if not scope or scope.lower() in ("report", "the report", "whole report") else scope


def _words_to_cut(what: str, scope: str, view: View) -> c.Command | None:  # noqa: PLR0911  one return a pattern
    """ "the word 'mild' from sentence 2", "'mild' in the heart sentence", "left from sentence 2"."""
    match = re.fullmatch(
        r"(?:the\s+)?(?:(word|words|term|phrase|adjective|text|part)s?\s+)?(?:\"(.+?)\"|'(.+?)'|(.+?))"
        r"(?:\s+(?:from|in|out of|of|within)\s+(?:the\s+)?(.+?))?",
        what,
        re.IGNORECASE,
    )
    if match is None:
        return None
    named, quoted = match.group(1), match.group(2) or match.group(3)
    words, where = quoted or match.group(4), match.group(5) or scope
    if not named and not quoted:
        split = re.fullmatch(r"(?:the\s+)?(.+)\s+(?:from|in|out of)\s+(?:the\s+)?(.+)", what, re.I)
        if split is None:
            return None
        words, where = split.group(1), split.group(2)
        if is_explicit(words, view) or not is_explicit(where, view):
            return None
        target = parse_target(where, view)
        if target is None or target.whole_section:
            return None  # "the effusion from the impression" means sentences, not words
        return c.CutWords(words, where)
    if quoted and not named and not where:
        whole = any(x.text.strip(" .").lower() == quoted.strip(" .").lower() for x in view.lines)
        if whole:
            return None
    return c.CutWords(words.strip(), where or "")


def add_command(text: str, scope: str, view: View) -> c.Command | None:  # noqa: PLR0911  one return a pattern
    if (
        re.match(r"(?:recommend|suggest|advise|consider|correlate)\b", text, re.I)
        and view.reading(text).recommendation
    ):
        return c.Add(text, _section_in(scope, view))  # the radiologist's own advice
    match = re.fullmatch(rf"(?:{_ADD})\s*(:)?\s+(.+)", text, re.IGNORECASE)
    if match is None:
        return None
    verb = text.split(" ", 1)[0].lower().rstrip(":")
    rest = re.sub(r"\s+(?:as well|too|also)$", "", match.group(2).strip(), flags=re.I)
    moved = (
        re.match(r"(.+?)\s+(?:above|below|before|after)\s", rest, re.I) if verb == "put" else None
    )
    if moved and is_explicit(moved.group(1), view):
        return None
    if match.group(1):
        return c.Add(rest, _section_in(scope, view))
    placed = _place_first(rest, view) or _place_last(rest, view)
    if placed is not None:
        return placed
    words = _put_words(rest, scope, view)
    if words is not None:
        return words
    said = _own_words(rest)
    if verb in ("report", "type", "document", "put", "write", "state", "note") and not said:
        return None
    if scope and re.fullmatch(r"[\w-]+", said):
        return c.PutWords(said, "", False, scope)
    return c.Add(said, _section_in(scope, view)) if said else None


def _section_in(scope: str, view: View) -> str:
    section = view.section_name(re.sub(r"^the\s+", "", scope.lower())) if scope else None
    return section or ""


_LEAD = (
    r"(?:(?:an?|the|another|one(?: more)?|this|following|new|extra)\s+)*"
    r"(?:sentence|statement|line|bullet(?: point)?|note|comment|remark|item|finding|text|phrase)?\s*"
    r"(?:(?:saying|stating|that says|that states|reading|that reads|which says|to say|to the effect)\s+)?(?:that\s+)?"
)


def _own_words(rest: str) -> str:
    """The text to add, without "a sentence saying that"."""
    quoted = re.fullmatch(rf"{_LEAD}:?\s*\"(.+)\"\.?", rest, re.IGNORECASE)
    if quoted:
        return quoted.group(1).strip()
    lead = re.match(
        r"(?:(?:an?|the|another|one more|this|the following|new|extra)\s+)*"
        r"(?:sentence|statement|line|bullet(?: point)?|comment|remark|item)\s*"
        r"(?:(?:saying|stating|that says|that states|reading|that reads|which says|to say)\s+(?:that\s+)?|:\s*|about\s+(?:the\s+)?)|"
        r"that\s+|the following(?: sentence| statement)?\s*:?\s+|in\s+that\s+|also\s+(?:that\s+)?|there should be\s+",
        rest,
        re.IGNORECASE,
    )
    return rest[lead.end() :].strip() if lead else rest


def _place_first(rest: str, view: View) -> c.Command | None:
    """ "to the impression: ...", "after sentence 3: ...", "in the findings that ..."."""
    match = re.fullmatch(
        r"(?:(?:a|an|the|this|one)\s+)?(?:(?:sentence|statement|line|note)\s+)?(to|in|into|under|at|after|before|below|above|following)\s+(?:the\s+)?"
        r"(.+?)\s*(?::\s*|,\s+|\s+that\s+|\s+(?=[\"]))(.+)",
        rest,
        re.IGNORECASE,
    )
    if match is not None:
        word, where, said = match.group(1).lower(), match.group(2), match.group(3)
        placed = _add_at(word, where, said, view)
        if placed is not None:
            return placed
    names = "|".join(map(re.escape, view.known_section_words()))
    direct = re.fullmatch(
        rf"(?:to|in|into|under)\s+(?:the\s+)?({names})(?:\s+section)?\s*[:,]?\s+(?:that\s+)?(.+)",
        rest,
        re.I,
    )
    return _add_at("to", direct.group(1), direct.group(2), view) if direct else None


def _place_last(rest: str, view: View) -> c.Command | None:
    """ "... to the impression", "... after the heart sentence", "... at the end of the findings"."""
    for match in re.finditer(
        r"\s+(?:as (?:the |an? )?(?:first|last|new|\d\w*)?\s*(?:sentence|statement|line|item|point|bullet(?: point)?)\s+)?"
        r"(to|in|into|under|at|after|before|below|above|following|on|as)\s+(?:the\s+)?",
        rest,
        re.IGNORECASE,
    ):
        said, where = rest[: match.start()].strip(), rest[match.end() :].strip().rstrip(".")
        if said.count('"') % 2 or not said:
            continue
        command = _add_at(match.group(1).lower(), where, _own_words(said), view)
        if command is not None:
            return command
    return None


def _add_at(word: str, where: str, said: str, view: View) -> c.Command | None:
    if word in ("to", "in", "into", "under") and re.fullmatch(
        r"(?:both )?(?:the )?(?:findings and (?:the )?impression|impression and (?:the )?findings)",
        where,
        re.I,
    ):
        return c.Add(said, section=c.BOTH)
    at = re.fullmatch(
        r"(?:very\s+)?(end|bottom|start|beginning|top|last sentence|first sentence)(?:\s+(?:of|in)\s+(?:the\s+)?(.+))?",
        where,
        re.I,
    )
    if at and word in ("at", "to", "in", "on", "as"):
        start = at.group(1).lower() in ("start", "beginning", "top", "first sentence")
        section = view.section_name(at.group(2)) if at.group(2) else ""
        if section is None or (at.group(2) and at.group(2).lower() == "report"):
            section = ""
        return c.Add(said, section=section or "", place="start" if start else "end")
    if word in ("after", "before", "below", "above", "following"):
        if is_explicit(where, view):
            return c.Add(said, anchor=where, before=word in ("before", "above"))
        return None
    section = view.section_name(where)
    if (
        section is not None
        and where.lower().removesuffix(" section").strip() in view.known_section_words()
    ):
        return c.Add(said, section=section)
    return None


def _put_words(rest: str, scope: str, view: View) -> c.Command | None:
    """ "mild before cardiomegaly", "'small' to the effusion sentence"."""
    match = re.fullmatch(
        r"(?:the\s+)?(?:words?\s+|phrase\s+)?[\"']?([^\"']+?)[\"']?\s+(before|after|in front of|behind)\s+(?:the\s+)?(?:word\s+)?[\"']?([^\"']+?)[\"']?"
        r"(?:\s+in\s+(?:the\s+)?((?:.+\s)?(?:sentence|line|statement)(?:\s+\d+)?|impression|findings|s\d+))?",
        rest,
        re.IGNORECASE,
    )
    if match and len(match.group(1).split()) <= 6 and is_in_report(match.group(3), view):
        before = match.group(2).lower() in ("before", "in front of")
        return c.PutWords(match.group(1), match.group(3), before, match.group(4) or scope)
    into = re.fullmatch(
        r"(?:the\s+)?(?:(?:words?|adjective|qualifier|term)\s+)?[\"']?([\w-]+)[\"']?\s+(?:to|in|into)\s+(?:the\s+)?(.+)",
        rest,
        re.I,
    )
    if into and is_explicit(into.group(2), view):
        target = parse_target(into.group(2), view)
        if target is not None and not target.whole_section:
            return c.PutWords(into.group(1), "", True, into.group(2))
    return None

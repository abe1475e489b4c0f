"""Wishes about style: "shorten sentence 2", "finding 4 in plain words", "impression one is too long".

A wish is a word of style and a phrase that names statements, in any order; what is between them
says nothing that the model needs.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat import commands as c
from radassist.workflow.chat.shortening import LESS_SURE
from radassist.workflow.chat.spoken import STYLE_VERBS
from radassist.workflow.chat.targets import NOUN, NUMBER, ORDINAL, is_explicit, parse_target
from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import stems

_STYLE = "|".join(STYLE_VERBS)
_WISH = re.compile(
    r"\b(?:shorten|short(?:er)?|tighten|condense|trim|cut down|concise|brief(?:er|ly)?|terse|wordy|too long|"
    r"plain|lay(?:man|person|men)?(?:'s)?|patient[- ]friendly|easy|easier|simpl\w+|understand\w*|readable|formal\w*|"
    r"polish|rephrase|reword|paraphrase|rewrite|differently|explain)\b",
    re.IGNORECASE,
)
#: Phrases that name statements, the surest first: by place, by number, by what they are about.
_NAMED = tuple(
    re.compile(rf"\b(?:the\s+)?{pattern}", re.IGNORECASE)
    for pattern in (
        rf"(?:{ORDINAL}\s+(?:{NOUN}|findings?|impressions?))",
        rf"(?:(?:{NOUN}|findings?|impressions?|number)\s+#?{NUMBER}\b|s\d+\b)",
        r"(?:[\w-]+\s+){1,3}?(?:sentences?|statements?|lines?|impression)\b",
    )
)


def style(text: str, scope: str, view: View) -> c.Command | None:
    """A wish about the wording of statements that are named."""
    return (
        _as_sentence(text, view)
        or _by_verb(text, scope, view)
        or _made(text, view)
        or _in_any_order(text, scope, view)
    )


def early_style(text: str, scope: str, view: View) -> c.Command | None:
    """Wishes that begin like another command: "cut down impression one", "turn it into ..."."""
    certain = _less_sure(text, scope, view) or _as_sentence(text, view)
    if certain is not None or re.match(r"(?:cut down|turn|say|put)\b", text, re.I) is None:
        return certain
    return _in_any_order(text, scope, view)


def _as_sentence(text: str, view: View) -> c.Command | None:
    """ "Phrase the diverticula as a full sentence", "write the aorta sentence in full"."""
    match = re.fullmatch(
        r"(?:phrase|write|put|make|express|say|turn|state)\s+(?:the\s+)?(.+?)\s+(?:out\s+)?"
        r"(?:(?:as|in|into)\s+)?(?:(?:an?|one)\s+)?(?:(?:full|complete|proper|whole)(?:,? \w+)? sentence|full\b.*)",
        text.rstrip(" .!"),
        re.IGNORECASE,
    )
    if match is None or parse_target(match.group(1), view) is None:
        return None
    return c.Style(match.group(1), text)


def _less_sure(text: str, scope: str, view: View) -> c.Command | None:
    """ "Say the first impression less definitely", "say more cautiously that it is an adenoma"."""
    if LESS_SURE.search(text) is None or re.search(r"[\"“:]", text):
        return None
    what = re.sub(
        r"^(?:say|write|put|state|make|express|phrase|word)\s+|\b(?:that|please|sound|a bit|somewhat)\b|\bit\b$",
        " ",
        LESS_SURE.sub(" ", text),
        flags=re.IGNORECASE,
    )
    what = " ".join(what.split()).strip(" .!")
    if what and is_explicit(what, view):
        return c.Style(what, text)
    words = set(stems(what))
    scored = sorted(((len(words & set(x.stems)), x.id) for x in view.fact_lines), reverse=True)
    if not words or scored[0][0] == 0 or (len(scored) > 1 and scored[0][0] == scored[1][0]):
        return None
    return c.Style(scored[0][1], text)


def _by_verb(text: str, scope: str, view: View) -> c.Command | None:
    match = re.fullmatch(
        rf"({_STYLE})\s+(.+?)(?:\s+(?:to|into|in|so that|so|by|but|a bit|a little|slightly|more)\b.*)?",
        text,
        re.I,
    )
    if match is None:
        return None
    what = re.sub(r"^(?:the\s+)?(?:wording|text|language)\s+of\s+", "", match.group(2).strip(" ."))
    if re.fullmatch(r"(?:this|it|that|the (?:whole )?report|everything)", what, re.I):
        return c.Style(scope or "the report", text)
    return c.Style(what, text) if parse_target(what, view) is not None else None


def _made(text: str, view: View) -> c.Command | None:
    match = re.fullmatch(
        r"(?:make|write|put|keep)\s+(.+?)\s+(?:(?:sound|read|look|be)\s+)?(?:(?:a bit|a little|slightly|much|more|less|somewhat)\s+)*"
        r"(shorter|concise|brief|briefer|formal|simpler|clearer|cautious|longer|detailed|readable|understandable|"
        r"(?:in |into |to )?(?:plain|easy|lay|simple|simpler|formal|everyday|patient-friendly)\s?(?:english|language|terms|words)?|"
        r"easier(?: to (?:read|understand))?|short|terse|professional|polite|definite|certain|tentative)(?:\s.*)?",
        text,
        re.I,
    )
    if match is None or parse_target(match.group(1), view) is None:
        return None
    return c.Style(match.group(1), text)


def _in_any_order(text: str, scope: str, view: View) -> c.Command | None:
    """ "sentence 1 is way too long, tighten it up", "explain finding 2 in plain English"."""
    if _WISH.search(text) is None or re.search(r"[\"“:]", text):
        return None
    named = next((found for p in _NAMED if (found := p.search(text))), None)
    target = named.group() if named else scope
    if not target or not is_explicit(target, view):
        return None
    return c.Style(target, text)

"""Commands that change words: "change X to Y", "sentence 2 should ...", "swap ..."."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat import commands as c
from radassist.workflow.chat import facts
from radassist.workflow.chat.spoken import (
    CHANGE_VERBS,
    starts_with_verb,
)
from radassist.workflow.chat.targets import ORDINAL, is_explicit, parse_target
from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import literal_pattern

_CHANGE = "|".join(CHANGE_VERBS)


_EVERYWHERE = (
    r"(?:everywhere|throughout(?: the (?:whole |entire )?report)?|in (?:both|all) (?:places|sections|sentences)|"
    r"in the (?:whole|entire) report|in the report|globally|in every sentence|"
    r"(?:in )?(?:both )?(?:the )?findings and (?:the )?impression|wherever it (?:appears|occurs)|"
    r"(?:in )?both (?:the )?findings and (?:the )?impression)"
)


def set_section(text: str, scope: str, view: View) -> c.Command | None:
    """ "Comparison: none", "set the indication to cough", "the technique should read ..."."""
    match = re.fullmatch(
        r"(?:(?:set|change|update|make|replace|rewrite)\s+)?(?:the\s+)?([a-z ]{4,24}?)(?:\s+section)?\s*"
        r"(?:\s(?:to(?: read| say)?|with|is|should (?:be|read|say))(?:\s*:)?\s+|:\s+)(.+)",
        text,
        re.IGNORECASE,
    )
    if match is None:
        return None
    section = view.section_name(match.group(1))
    words = match.group(1).lower().strip()
    if section is None or words not in view.known_section_words():
        return None
    changed = re.match(r"set|change|update|make|replace|rewrite|.*\bshould\b", text, re.I)
    if section.lower() == "findings" or (section.lower() == "impression" and not changed):
        return c.Add(match.group(2), section=section)
    return c.SetText(words, match.group(2))


_DATE = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d{2}-\d{2}|"
    r"(?:\d{1,2}\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+(?:\d{1,2},?\s+)?\d{4}|\d{4})"
)


def section_date(text: str, scope: str, view: View) -> c.Command | None:
    """ "The comparison was from 10/12/2024": the date of the one examination it names."""
    match = re.fullmatch(
        rf"(?:(?:set|change|update|correct|fix)\s+)?(?:the\s+)?(?:date\s+of\s+the\s+)?(comparison|(?:prior|previous|last|old)(?:\s+(?:study|exam|us|ct|mri?|x-?ray|film|scan|report))?)"
        rf"(?:\s+(?:study|exam|examination|ct|mri?|radiograph|mammogram|ultrasound|date))*\s+(?:is|was|should be|to)\s+(?:actually\s+)?"
        rf"(?:(?:from|of|dated|on|performed on)\s+)?({_DATE})",
        text.rstrip(" ."),
        re.IGNORECASE,
    )
    lines = view.in_section("Comparison")
    if match is None or len(lines) != 1:
        return None
    dates = re.findall(_DATE, lines[0].text, re.IGNORECASE)
    if len(dates) != 1:
        return None
    return c.Substitute(((dates[0], match.group(2)),), scope="comparison")


def set_by_colon(text: str, scope: str, view: View) -> c.Command | None:
    """ "the lungs sentence: ...", "correct sentence 2: ..."."""
    match = re.fullmatch(
        rf"(?:(?:{_CHANGE}|rewrite)\s+)?([^:\"]{{3,60}}?)\s*:\s+(.+)", text, re.IGNORECASE
    )
    if match is None or starts_with_verb(match.group(1)) or not is_explicit(match.group(1), view):
        return None
    target = parse_target(match.group(1), view)
    return (
        c.SetText(match.group(1), match.group(2)) if target and not target.whole_section else None
    )


def change_command(text: str, scope: str, view: View) -> c.Command | None:  # noqa: PLR0911  one return a pattern
    match = re.fullmatch(rf"(?:{_CHANGE})\s+(.+)", text, re.IGNORECASE)
    if match is None:
        return None
    verb, rest = text.split(" ", 1)[0].lower(), match.group(1).strip().rstrip(".")
    swapped = _swap_places(verb, rest, view)
    if swapped is not None:
        return swapped
    reverse = re.fullmatch(r"(.+?)\s+(?:for|in place of|instead of)\s+(.+)", rest, re.IGNORECASE)
    if verb in ("substitute", "put", "use") and reverse:
        old, where = trailing_scope(reverse.group(2), view, reverse.group(1))
        return c.Substitute(((bare(old), bare(reverse.group(1))),), where or scope, not where)
    rest, everywhere = take_everywhere(rest)
    slot = _from_to(rest, scope, view, everywhere)
    if slot is not None:
        return slot
    pairs = _pairs(rest, verb)
    if not pairs:
        return facts.made(verb, rest, scope, view)
    whole = _set_text(pairs, match.group(1), verb, view)
    if whole is not None:
        return whole
    return _substitute(pairs, scope, everywhere, view)


def _substitute(
    pairs: list[tuple[str, str]], scope: str, everywhere: bool, view: View
) -> c.Command | None:
    where = scope
    if not scope and not everywhere:
        *first, (old, new) = pairs
        new, where = trailing_scope(new, view, old)
        old, inner = trailing_scope(old, view, "")
        pairs = [*first, (old, new)]
        where = where or inner
    cleaned = tuple((bare(old), bare(new)) for old, new in pairs)
    if any(not old or not new for old, new in cleaned):
        return None
    if len(cleaned) == 1 and not where and not everywhere and not is_in_report(cleaned[0][0], view):
        described = facts.slot(cleaned[0][0], cleaned[0][1], view)
        if described is not None:
            return described
    return c.Substitute(cleaned, where, everywhere)


def is_in_report(words: str, view: View) -> bool:
    pattern = literal_pattern(words)
    return any(pattern.search(line.text) for line in view.lines)


def _swap_places(verb: str, rest: str, view: View) -> c.Command | None:
    if verb not in ("swap", "switch", "exchange"):
        return None
    rest = re.sub(
        r"^(?:the\s+)?(?:(?:order|places|position)\s+of\s+)?(?:the\s+)?", "", rest, flags=re.I
    )
    both = re.fullmatch(
        rf"(?:(?P<where>.*?)\s+)?(?P<a>#?\d+|{ORDINAL})\s+(?:and|with)\s+(?:the\s+)?(?:sentence\s+)?"
        rf"(?P<b>#?\d+|{ORDINAL})(?:\s+(?P<what>.+))?",
        rest,
        re.I,
    )
    if both:
        where, what = both.group("where") or "", both.group("what") or ""
        if not where and not what:
            where = "sentence"
        names = [f"{where} {both.group(k)} {what}".strip() for k in ("a", "b")]
        names = [re.sub(r"^sentences\b", "sentence", n, flags=re.I) for n in names]
        if all(is_explicit(name, view) for name in names):
            return c.SwapPlaces(names[0], names[1])
    shared = re.fullmatch(
        r"(.+?)\s+(?:and|with)\s+(?:the\s+)?(.+?)\s+(?:sentences|statements|lines)(\s+(?:in|of)\s+.+)?",
        rest,
        re.I,
    )
    if shared:
        names = [f"{shared.group(k)} sentence{shared.group(3) or ''}" for k in (1, 2)]
        if all(is_explicit(name, view) for name in names):
            return c.SwapPlaces(names[0], names[1])
    pair = re.fullmatch(r"(.+?)\s+(?:and|with)\s+(.+)", rest, re.IGNORECASE)
    if pair and is_explicit(pair.group(1), view) and is_explicit(pair.group(2), view):
        return c.SwapPlaces(pair.group(1), pair.group(2))
    return None


def take_everywhere(rest: str) -> tuple[str, bool]:
    cut = re.sub(rf",?\s+{_EVERYWHERE}$", "", rest, flags=re.IGNORECASE)
    if cut != rest:
        return cut, True
    every = re.match(
        r"(?:all|every|each)\s+(?:(?:occurrences?|instances?|mentions?|places?)\s+(?:of|where)\s+)?",
        rest,
        re.I,
    )
    if every and re.search(r"\b(?:to|with|by|into)\b", rest):
        return rest[every.end() :], True
    return rest, False


def _from_to(rest: str, scope: str, view: View, everywhere: bool) -> c.Command | None:
    """ "the effusion from small to moderate", "heart size from normal to enlarged"."""
    match = re.fullmatch(r"(.+?)\s+from\s+(.+?)\s+(?:in)?to\s+(.+)", rest, re.IGNORECASE)
    if match is None:
        return None
    subject, old, new = (bare(g) for g in match.groups())
    if not is_in_report(old, view):
        return None
    if is_explicit(subject, view):
        return c.Substitute(((old, new),), scope=subject)
    topic = re.sub(
        r"^(?:size|side|laterality|severity|degree|location|position|diameter|measurement|description)s?\s+of\s+(?:the\s+)?|"
        r"\s+(?:size|side|laterality|severity|measurement|diameter)$",
        "",
        subject,
        flags=re.I,
    )
    return c.Substitute(((old, new),), scope=scope, subject=topic or subject, everywhere=everywhere)


_TO = r"\s+(?:to(?: read| say| be)?|with|by|into|->|=>)\s*:?\s+"


_FOR = r"\s+for\s+"


def _pairs(rest: str, verb: str) -> list[tuple[str, str]]:
    """(old, new) pairs of "X to Y and Z to W"; empty when there is no "to"."""
    quoted = re.findall(r"[\"'](.+?)[\"']\s*(?:to|with|by|into|->|=>|for)\s*[\"'](.+?)[\"']", rest)
    if quoted and re.fullmatch(r"(?:.*?)[\"'](?:.+)[\"'](?P<tail>.*)", rest):
        tail = re.split(r"[\"']", rest)[-1]
        *first, (old, new) = quoted
        head = re.match(r"(.*?)[\"']", rest)
        before = head.group(1) if head else ""
        if re.fullmatch(r"\s*(?:the\s+)?(?:words?|phrase|term|text)?\s*", before, re.I):
            return [*first, (old, f'"{new}"{tail}')]
    if verb in ("swap", "replace", "substitute", "switch", "exchange") and not re.search(_TO, rest):
        halves = re.split(_FOR, rest)
        return [(halves[0], halves[1])] if len(halves) == 2 else []
    parts = re.split(r"(?:\s*,\s*(?:and\s+)?|\s+and\s+)", rest)
    joined: list[str] = []
    for part in parts:
        if joined and not re.search(_TO, part):
            joined[-1] = rest[
                rest.find(joined[-1]) : rest.find(part, rest.find(joined[-1]) + len(joined[-1]))
                + len(part)
            ]
        else:
            joined.append(part)
    pairs: list[tuple[str, str]] = []
    for part in joined:
        match = re.match(rf"(.+?){_TO}(.+)$", part, re.IGNORECASE)
        if match is None:
            return []
        pairs.append((match.group(1), match.group(2)))
    return pairs


def _set_text(
    pairs: list[tuple[str, str]], original: str, verb: str, view: View
) -> c.Command | None:
    """ "change sentence 2 to: ...": the whole statement gets the text as it was typed."""
    target = pairs[0][0]
    target = re.sub(r"^(?:the )?(?:text|wording|content) of\s+", "", target, flags=re.I)
    if not is_explicit(target, view) and not re.fullmatch(r"[\"'].+[\"']", target):
        return None
    if re.fullmatch(r"[\"'].+[\"']", target):
        whole = any(x.text.strip(" .").lower() == target.strip("\"' .").lower() for x in view.lines)
        if not whole:
            return None
    match = re.match(rf"(.+?){_TO}(.+)$", original, re.IGNORECASE)
    if match is None:
        return None
    text = match.group(2).strip()
    if re.fullmatch(
        r"(?:past|present|active|passive)(?: tense| voice)?|(?:plain|simpler|formal|shorter|easy|lay)\b.*|"
        r"(?:upper|lower) ?case|(?:one|a single|two) sentences?.*",
        text,
        re.I,
    ):
        return c.Style(target, f"{verb} {original}")
    if len(text.split()) <= 3 and not text.endswith((".", '"', "'")):
        described = facts.slot(target, text, view)
        if described is not None:
            return described
    return c.SetText(target, text)


def trailing_scope(text: str, view: View, old: str) -> tuple[str, str]:
    """("right", "the effusion sentence") of "right in the effusion sentence"."""
    quoted = re.fullmatch(r"(\".+?\")\s+(?:in|of|for|from|within|on)\s+(.+)", text, re.IGNORECASE)
    if quoted and parse_target(quoted.group(2), view) is not None:
        return quoted.group(1), quoted.group(2)
    for match in re.finditer(r",?\s+(?:in|of|for|from|within|on|under|regarding|about)\s+", text):
        head, tail = text[: match.start()].strip(), text[match.end() :].strip()
        if not head or (old and tail.lower() in old.lower()):
            continue
        if is_explicit(tail, view):
            return head, tail
        if old and _scopes_old(tail, bare(old), view):
            return head, tail
    return text, ""


def _scopes_old(tail: str, old: str, view: View) -> bool:
    """True when a statement about ``tail`` holds the words to change: then it is the scope."""
    from radassist.workflow.chat.resolving import fitting

    target = parse_target(tail, view)
    if target is None or not target.topic:
        return False
    pattern = literal_pattern(old)
    return any(pattern.search(line.text) for line in fitting(target.topic, view, view.fact_lines))


def bare(words: str) -> str:
    """Words without quotes, "the word" and a final full stop."""
    text = words.strip().rstrip(".,;")
    text = re.sub(r"^(?:the\s+)?(?:words?|phrase|term|text)\s+(?=\S)", "", text, flags=re.I)
    match = re.fullmatch(r"[\"'](.+)[\"']", text)
    text = match.group(1) if match else text
    if not match:
        text = re.sub(r"^the\s+(?=\S)", "", text, flags=re.I)
    return text.strip()

"""From what was typed to plain words: courtesy, typing errors, and the clauses of one line."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import re

from radassist.workflow.chat.view import View
from radassist.workflow.chat.wording import nearest

#: Verbs that begin a command, by what they ask for.
DELETE_VERBS = [
    "delete",
    "del",
    "empty",
    "blank",
    "remove",
    "drop",
    "erase",
    "omit",
    "strike",
    "eliminate",
    "cut",
    "scrap",
    "discard",
    "exclude",
    "kill",
    "lose",
    "ditch",
    "scratch",
    "clear",
]
DELETE_PHRASES = (
    "take out",
    "get rid of",
    "leave out",
    "cross out",
    "strike out",
    "cut out",
    "take away",
)
CHANGE_VERBS = [
    "change",
    "replace",
    "swap",
    "substitute",
    "switch",
    "correct",
    "modify",
    "update",
    "edit",
    "alter",
    "amend",
    "convert",
    "revise",
    "turn",
    "set",
    "make",
    "fix",
    "rename",
]
ADD_VERBS = [
    "add",
    "insert",
    "append",
    "include",
    "put",
    "write",
    "note",
    "state",
    "mention",
    "document",
    "type",
    "report",
]
MOVE_VERBS = ["move", "shift", "relocate", "bring"]
MARK_VERBS = ["accept", "approve", "confirm", "reject", "dismiss", "decline"]
STYLE_VERBS = [
    "shorten",
    "rephrase",
    "reword",
    "rewrite",
    "simplify",
    "condense",
    "summarize",
    "summarise",
    "tighten",
    "expand",
    "polish",
    "clarify",
    "paraphrase",
    "streamline",
    "improve",
    "formalize",
    "formalise",
    "translate",
    "abbreviate",
]
OTHER_VERBS = [
    "undo",
    "redo",
    "revert",
    "negate",
    "flip",
    "capitalize",
    "capitalise",
    "uppercase",
    "lowercase",
    "merge",
    "combine",
]
VERBS = frozenset(
    DELETE_VERBS + CHANGE_VERBS + ADD_VERBS + MOVE_VERBS + MARK_VERBS + STYLE_VERBS + OTHER_VERBS
)

_STRUCTURE = frozenset(
    [
        "sentence",
        "sentences",
        "statement",
        "statements",
        "section",
        "impression",
        "findings",
        "technique",
        "comparison",
        "indication",
        "examination",
        "instead",
        "everywhere",
        "report",
        "before",
        "after",
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "left",
        "right",
        "with",
        "from",
        "into",
        "there",
        "change",
        "should",
        "about",
        "last",
        "bilateral",
        "small",
        "moderate",
        "large",
        "mild",
        "severe",
        "effusion",
        "pneumothorax",
        "nodule",
        "normal",
        "enlarged",
        "heart",
        "lungs",
        "spine",
        "bones",
    ]
)

_COURTESY = re.compile(
    r"^(?:(?:ok(?:ay)?|hey|hi|hello|please|pls|plz|kindly|now|so|well|actually|sorry|oops|thanks|also|"
    r"and|then|next|finally|alright|right,|no,|wait|hmm|just|"
    r"radassist|assistant|correct(?:ion)?:)[\s,.!:]+(?=\w|[\"“'])|"
    r"(?:can|could|would|will) (?:you|we) (?:please |kindly |also |just |maybe |perhaps )*|"
    r"(?:would|do) you mind |(?:i(?:'d| would)?|we(?:'d| would)?) (?:want|like|need|prefer) (?:you |us )?to "
    r"(?:please |also )?|(?:you|we|i) (?:should|need to|must|have to|can|could) (?:please |also |just )?|let'?s |let us |"
    r"go ahead and |make sure (?:to|you) |be sure to |remember to |don'?t forget to |try to |"
    r"(?:the )?(?:pt|patient) is (?:fe)?male, (?=(?:del|rem|scra|drop|take|chan|add))|i want |"
    r"it would be (?:nice|good|great) (?:if you (?:could )?|to ))",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"[\s,.;]*(?:please|pls|plz|oops|sorry(?: about that)?|my (?:bad|mistake|error)|thanks?(?: you)?(?: (?:very much|a lot|so much))?|thx|ta|for me|if you (?:can|could|would)|"
    r"if possible|would you)[\s.!?]*$",
    re.IGNORECASE,
)
#: "BIRADS" as the ACR writes it; a report in another spelling is still found by its other words.
_RADS = re.compile(r"\b(bi|li|ti|pi|o|lung)[- ]?rads\b", re.IGNORECASE)
#: What people type for longer words; never inside quotation marks (they would be report text).
_SHORT_FORMS = tuple(
    (re.compile(rf"\b{short}(?![\w'])(?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)", re.IGNORECASE), full)
    for short, full in (
        ("shd", "should"),
        ("theres", "there is"),
        ("isnt", "isn't"),
        ("dont", "don't"),
        ("doesnt", "doesn't"),
        ("seg", "segment"),
        ("impr", "impression"),
    )
)
_GERUNDS = {
    "deleting": "delete",
    "removing": "remove",
    "changing": "change",
    "adding": "add",
    "replacing": "replace",
    "moving": "move",
    "shortening": "shorten",
    "rephrasing": "rephrase",
}


def plain(instruction: str) -> str:
    """The instruction on one line, with straight quotes and without courtesy."""
    text = instruction.replace("“", '"').replace("”", '"').replace("’", "'").replace("‘", "'")
    text = text.replace("→", "->").replace("\u00a0", " ").replace("–", "-")
    text = _RADS.sub(lambda m: f"{m.group(1).upper()}-RADS", re.sub(r"\s+", " ", text).strip())
    while True:
        shorter = _COURTESY.sub("", text, count=1)
        if not text.endswith(('"', "'")) and not re.match(
            r"(?:add|insert|append)\b[^:]*:", text, re.I
        ):
            shorter = _THANKS.sub("", shorter) or shorter
        if shorter == text:
            break
        text = shorter.strip()
    for short, full in _SHORT_FORMS:
        text = short.sub(full, text)
    first, _, rest = text.partition(" ")
    if first.lower() in _GERUNDS:
        text = f"{_GERUNDS[first.lower()]} {rest}"
    return text


def was_courteous_request(instruction: str) -> bool:
    """True for "could you ...": its question mark is courtesy, not a question."""
    return (
        re.match(
            r"\s*(?:(?:please|hey|ok(?:ay)?)[\s,]+)*(?:can|could|would|will) (?:you|we)\b|"
            r"\s*(?:would|do) you mind\b",
            instruction,
            re.IGNORECASE,
        )
        is not None
    )


def starts_with_verb(text: str) -> bool:
    """True when the text begins like a command."""
    lower = text.lower()
    if lower.startswith(DELETE_PHRASES):
        return True
    first = re.match(r"[a-z']+", lower)
    return first is not None and first.group() in VERBS


def mended(text: str, view: View) -> str:
    """Typing errors of one letter in command and structure words put right.

    Words that the report itself uses, quoted words and the words after a colon (they are the
    radiologist's own text) stay as typed.
    """
    head, colon, tail = _before_text(text)
    known = VERBS | _STRUCTURE | view.vocabulary
    words = _STRUCTURE | VERBS
    out: list[str] = []
    for index, token in enumerate(re.split(r"(\"[^\"]*\"|'[^']{2,}'|[A-Za-z]+)", head)):
        lower, word = token.lower(), token
        if index % 2 and token.isalpha() and len(token) >= 5 and lower not in known:
            better = nearest(lower, view.vocabulary | words)
            if better is not None and not _inflects(lower, better) and not view.is_word(lower):
                word = better if token.islower() or not token[0].isupper() else better.capitalize()
        out.append(word)
    return "".join(out) + colon + tail


def _before_text(text: str) -> tuple[str, str, str]:
    match = re.match(r"((?:please\s+)?\w+[^:\"]{0,60}?)(:\s)(.*)$", text)
    return (match.group(1), match.group(2), match.group(3)) if match else (text, "", "")


def _inflects(a: str, b: str) -> bool:
    """True for "effusion" and "effusions", "increase" and "increased": not a typing error."""
    short, long = sorted((a, b), key=len)
    tails = ("s", "d", "y") if long in VERBS else ("s", "d", "e", "y")
    return long.startswith(short) and long[len(short) :] in tails


_BREAK = re.compile(
    r"(?:\s*[;.]\s+(?:and\s+|then\s+|also\s+)*|\s*,\s*(?:and\s+)?(?:then\s+|also\s+)*|"
    r"\s+and\s+(?:then\s+|also\s+)*|\s+then\s+)(?=(\"|[A-Za-z]))",
    re.IGNORECASE,
)


def clauses(text: str) -> list[str]:
    """The commands that are joined in one line; a part begins only where a command verb stands.

    Text after "add:" or a quotation is the radiologist's own and is not split.
    """
    if (
        re.match(
            r"(?:add|insert|append|note|write|include|put)\b[^\"]{0,60}:\s", text, re.IGNORECASE
        )
        and '"' not in text
    ):
        return [text]
    parts: list[str] = []
    start = 0
    for match in _BREAK.finditer(text):
        if text.count('"', 0, match.start()) % 2:
            continue
        rest = text[match.end() :]
        stated = _states(text[start : match.start()], rest)
        if not (stated or starts_with_verb(plain(rest))) or not text[start : match.start()].strip():
            continue
        if re.fullmatch(
            r"(?:in|for|within|regarding|on|under)\s+[^,;]+",
            text[start : match.start()].strip(),
            re.I,
        ):
            continue  # "in the impression, replace ...": where, not what
        if _needs_the_rest(text[start : match.start()], rest):
            continue
        parts.append(text[start : match.start()].strip())
        start = match.end()
    parts.append(text[start:].strip())
    if len(parts) > 1 and _AGAIN.fullmatch(parts[-1]):
        parts.pop()  # "sentence 1 is too long, tighten it up" asks once
    return [plain(part) for part in parts if part]


_TAKE_OUT = re.compile(
    r"(?:take|leave|cut|cross|strike|delete|remove|drop|scrap|omit|skip)"
    r"(?:\s+(?:it|that|them|this)(?:\s+(?:out|away))?|\s+from\s+findings and impression)[.!]?",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"(?:tighten|shorten|trim|simplify|cut|condense|rewrite|reword)\s+(?:it|this|that|them)(?:\s+(?:up|down))?[.!]?",
    re.IGNORECASE,
)


def _states(part: str, rest: str) -> bool:
    """True for two sentences of fact: "the effusion is small now" and "there is no atelectasis"."""
    return (
        re.match(r"there (?:is|are)\b", rest, re.IGNORECASE) is not None
        and re.search(r"\b(?:is|are|measures?)\b", part, re.IGNORECASE) is not None
        and not starts_with_verb(part)
    )


def _needs_the_rest(part: str, rest: str) -> bool:
    """True when the verb-like word after the joint is not a command ("left and right change")."""
    if _TAKE_OUT.fullmatch(rest):
        return True  # "the cyst is trivial, leave it out" is one command
    words = rest.split()
    if len(words) < 2 and words[0].lower().strip(".,!") not in ("undo", "redo"):
        return True
    first = words[0].lower()
    if first in ("note", "report", "state", "put", "set", "cut", "clear", "lose", "fix", "correct"):
        own_text = re.match(r"(?:add|insert|append|include|write)\b", part, re.IGNORECASE)
        return own_text is not None
    return False

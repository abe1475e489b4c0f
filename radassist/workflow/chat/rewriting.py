"""The second stage: one named statement, rewritten alone, held to the rules."""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import json
import re

from radassist.checks.agreement import unsupported
from radassist.domain.reading import Lexicon
from radassist.domain.report import Provenance
from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat.guards import dropped
from radassist.workflow.chat.prompts import REWRITER, STYLES, TEXT_SCHEMA
from radassist.workflow.chat.shortening import asks_for_less
from radassist.workflow.chat.spoken import STYLE_VERBS
from radassist.workflow.chat.wording import sentence

#: Tokens that one sentence may take.
SENTENCE_TOKENS = 120


STYLE_VERB = re.compile(
    r"(?:make|put|write|keep|turn|cut down|explain|phrase|express|say|state|"
    + "|".join(STYLE_VERBS)
    + r")\b",
    re.IGNORECASE,
)


#: No fault: nothing to tell the user or the model.
_FINE = ("", "")


class Refused(Exception):
    """The rules did not let the model's wording through; the text says why."""


def rewritten(
    model: LanguageModel,
    text: str,
    instruction: str,
    lexicon: Lexicon,
    progress: Progress | None = None,
    cancel: CancelToken | None = None,
) -> str:
    """The sentence as the model writes it for the instruction, in one of two attempts.

    :raises Refused: both attempts add or drop something, or change nothing.
    """
    ask = f"Sentence: {text}\nInstruction: {_order(instruction)}"
    reason = ""
    for attempt in range(2):
        more = f"\n{reason}" if attempt else ""
        answer = model.complete(
            [("system", REWRITER), ("user", ask + more)],
            schema=TEXT_SCHEMA,
            max_tokens=SENTENCE_TOKENS,
            progress=progress,
            cancel=cancel,
        )
        new = text_of(answer.text)
        fault, reason = _fault(new, text, instruction, lexicon)
        if not fault:
            return new
    raise Refused(fault)


def _order(instruction: str) -> str:
    """A wish about style as the plain order that the model was shown; other instructions as typed."""
    if STYLE_VERB.match(instruction):
        for pattern, order in STYLES:
            if re.search(pattern, instruction, re.IGNORECASE):
                return order
    return instruction


def text_of(answer: str) -> str:
    """The text of a JSON answer as a sentence; "" when the answer was cut off."""
    try:
        return sentence(str(json.loads(answer)["text"]))
    except (ValueError, KeyError, TypeError):
        return ""


def _fault(new: str, old: str, instruction: str, lexicon: Lexicon) -> tuple[str, str]:
    """(what is wrong for the user, what to tell the model), both "" when all is well."""
    malformed = _malformed(new, old, instruction)
    if malformed != _FINE:
        return malformed
    added = unsupported(new, [old, instruction], lexicon)
    if added:
        named = ", ".join(added)
        return f"the model's wording adds {named}", f"Do not write: {named}."
    lost = dropped(new, old, instruction, lexicon)
    if lost:
        named = ", ".join(lost)
        return f"the model's wording drops {named}", f"Keep these words: {named}."
    return _FINE


def _malformed(new: str, old: str, instruction: str) -> tuple[str, str]:
    """Faults of form, before anything is read."""
    if not new:
        return "the model gave no sentence", "Answer with one sentence."
    if new.rstrip(".").lower() == old.rstrip(".").lower():
        return "the model changed nothing", "Change the sentence as the instruction says."
    if STYLE_VERB.match(instruction) and asks_for_less(instruction) and len(new) >= len(old):
        return "the model's wording is not shorter", "Write fewer words than the sentence has."
    if len(new) > 3 * len(old) + 80:
        return "the model's wording is far too long", "Write one short sentence."
    return _FINE


def provenance(model: LanguageModel) -> Provenance:
    """Who wrote it: the language pack, asked in the chat."""
    return Provenance(f"language:{model.pack}", "chat")

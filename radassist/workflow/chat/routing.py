"""What only the language model can do: first which statements, then each of them alone.

The router is asked only when the words of the instruction leave more than one choice; its answer is
held to a schema that knows no id but those of the candidates.
"""

# Patterns and prompts are easier to check on one line than broken into pieces.
# ruff: noqa: E501

from __future__ import annotations

import json
import re

from radassist.ports import CancelToken, LanguageModel, Progress
from radassist.workflow.chat.prompts import ROUTER, router_schema
from radassist.workflow.chat.rewriting import STYLE_VERB, Refused, provenance, rewritten
from radassist.workflow.chat.shortening import (
    LESS_SURE,
    asks_for_less,
    formal,
    hedged,
    nominal,
    rephrased,
    shortened,
)
from radassist.workflow.chat.view import Line, View
from radassist.workflow.chat.wording import stems
from radassist.workflow.chat.working import Ask, NeedsModel, Working

_OTHERWISE = re.compile(r"(?:rephrase|reword|paraphrase|say .* differently)\b", re.I)
_FORMAL = re.compile(
    r"\b(?:formal\w*|(?:full|complete|proper|whole) sentence|in full)\b", re.IGNORECASE
)
#: More statements than this are not rewritten for one instruction.
MOST = 8

NO_MODEL = (
    "This needs the language pack, which is not installed: run “radassist models install FILE” or "
    "“radassist models fetch language-default”. Plain commands (delete, change, add, move, accept) work without it."
)
NOT_UNDERSTOOD = (
    "It is not clear what to change. Name a sentence (“sentence 2”, “the effusion sentence”) and "
    "what to do with it."
)


def by_model(
    model: LanguageModel | None,
    need: NeedsModel,
    view: View,
    work: Working,
    progress: Progress | None,
    cancel: CancelToken | None,
) -> None:
    """Carry out what the grammar could not; ``work.by_model`` tells whether the model was asked.

    :raises Ask: there is no model, it found nothing to change, or the rules refused its wording.
    """
    if model is None:
        _by_rules(need, work)
        return
    lines = need.lines
    if not lines:
        work.by_model = True
        action, lines = _route(model, need.ask, view, progress, cancel)
        if action == "delete":
            for line in lines:
                work.delete(line.id)
            return
        if action == "none" or not lines:
            raise Ask(NOT_UNDERSTOOD)
    if _all_by_rules(need, lines, work):
        return
    work.by_model = True
    if len(lines) > MOST:
        raise Ask(f"That would rewrite {len(lines)} sentences at once; name those that are meant.")
    refused: list[str] = []
    for line in lines:
        try:
            text = rewritten(model, work.text(line.id), need.ask, view.lexicon, progress, cancel)
        except Refused as refusal:
            if not _rescued(need, line, work, refusal):
                refused.append(f"{line.called()}: {refusal}")
            continue
        work.rewrite(line.id, text, provenance(model))
    if refused:
        if not work.operations:
            raise Ask("Refused by the rules, nothing changed. " + "; ".join(refused) + ".")
        work.notices.append("Refused by the rules: " + "; ".join(refused) + ".")


def _all_by_rules(need: NeedsModel, lines: tuple[Line, ...], work: Working) -> bool:
    """A wish about style that rules fulfil whole: a guarded or a full sentence, for every statement.

    A shorter one is the model's first, which sees more to leave out.
    """
    if not (LESS_SURE.search(need.ask) or _FORMAL.search(need.ask)):
        return False
    new = [(x.id, _reworded(need.ask, x, work.text(x.id))) for x in lines]
    if not all(text is not None for _, text in new):
        return False
    for statement_id, text in new:
        work.rewrite(statement_id, text or "")
    return True


def _by_rules(need: NeedsModel, work: Working) -> None:
    """Without a model: what rules can do of it, else the sentence that says what is missing."""
    new = {x.id: _reworded(need.ask, x, work.text(x.id)) for x in need.lines}
    for statement_id, text in new.items():
        if text is not None:
            work.rewrite(statement_id, text)
    if any(text is not None for text in new.values()):
        return
    if need.own is not None and need.lines:
        _put_beside(need, need.lines[0], work)
        return
    raise Ask(NO_MODEL)


def _reworded(ask: str, line: Line, text: str) -> str | None:
    """The sentence as rules word it for a wish about style, or None."""
    if LESS_SURE.search(ask):
        return hedged(text)
    if not STYLE_VERB.match(ask):
        return None
    if asks_for_less(ask):
        return shortened(text)
    if _FORMAL.search(ask):
        single = len({m.concept for m in line.findings}) == 1
        return formal(text, line.findings[0].text if single else "") or nominal(text)
    return rephrased(text) if _OTHERWISE.match(ask) else None


def _rescued(need: NeedsModel, line: Line, work: Working, refusal: Refused) -> bool:
    """The model failed; True when rules can do what was asked instead."""
    text = _reworded(need.ask, line, work.text(line.id))
    if text is not None:
        work.rewrite(line.id, text)
        work.notices.append(f"Reworded by rules, because {refusal}.")
        return True
    if need.own is not None:
        _put_beside(need, line, work)
        work.notices.append(f"Added as its own sentence, because {refusal}.")
        return True
    return False


def _put_beside(need: NeedsModel, line: Line, work: Working) -> None:
    """The radiologist's own sentence after the one that it refers to."""
    section, at = work.place_of(line.id)
    work.insert(section.name, at + 1, need.own or "")


# --- the router ----------------------------------------------------------------------------------


def _route(
    model: LanguageModel,
    instruction: str,
    view: View,
    progress: Progress | None,
    cancel: CancelToken | None,
) -> tuple[str, tuple[Line, ...]]:
    candidates = candidates_for(instruction, view)
    if not candidates:
        raise Ask(NOT_UNDERSTOOD)
    actions = _actions(instruction)
    listed = "\n".join(f'{x.id} ({x.section}) "{x.text}"' for x in candidates)
    ids = [x.id for x in candidates]
    answer = model.complete(
        [("system", ROUTER), ("user", f"Sentences:\n{listed}\nInstruction: {instruction}")],
        schema=router_schema(actions, ids),
        max_tokens=80,
        progress=progress,
        cancel=cancel,
    )
    try:
        said = json.loads(answer.text)
        chosen = set(said["ids"])
        action = str(said["action"])
    except (ValueError, KeyError, TypeError) as error:
        raise Ask("The language model gave no usable answer; say it in other words.") from error
    return action, tuple(x for x in candidates if x.id in chosen)


def candidates_for(instruction: str, view: View) -> tuple[Line, ...]:
    """The statements that share a concept or a word with the instruction; all facts when none does."""
    reading = view.reading(instruction)
    concepts = {m.concept for m in reading.mentions}
    family = concepts | {a for c in concepts for a in view.lexicon.ancestors(c)}
    words = set(stems(instruction)) - _COMMON
    sides = {s for s, _, _ in reading.lateralities}
    scored: list[tuple[int, Line]] = []
    for line in view.fact_lines:
        score = 3 * len(concepts & line.concepts) + len(family & line.concepts)
        score += len(words & set(line.stems))
        if sides and line.sides and not sides & line.sides:
            score -= 2
        scored.append((score, line))
    best = max((s for s, _ in scored), default=0)
    if best <= 0:
        return view.fact_lines[:24]
    return tuple(line for s, line in scored if s > 0 and 2 * s >= best)


_COMMON = frozenset(
    stems("left right small make change sentence report say add normal more less please")
)


def _actions(instruction: str) -> list[str]:
    """Deleting is only open to an instruction that speaks of it."""
    actions = ["rewrite"]
    if re.search(
        r"\b(?:delet|remov|drop|omit|without|skip|get rid|take out|unnecessar|redundan|leave out)",
        instruction,
        re.I,
    ):
        actions.append("delete")
    return [*actions, "none"]

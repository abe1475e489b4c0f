"""Finding actions: by id, by key, by category, by what the user types into the palette."""

from __future__ import annotations

from collections import defaultdict

from radassist.commands.context import Action, Context
from radassist.commands.table import ACTIONS, CATEGORIES
from radassist.errors import Bug

_BY_ID = {a.id: a for a in ACTIONS}


def action(action_id: str) -> Action:
    """The action with this id.

    :raises Bug: there is none: ids are written in our own code only.
    """
    found = _BY_ID.get(action_id)
    if found is None:
        raise Bug(f"no action {action_id!r}")
    return found


def by_category(category: str) -> tuple[Action, ...]:
    """Actions of a category, in the order of the table."""
    return tuple(a for a in ACTIONS if a.category == category)


def conflicts(actions: tuple[Action, ...] = ACTIONS) -> list[tuple[str, list[str]]]:
    """Keys that more than one action has: (key, ids).  Empty in a sound table."""
    holders: dict[str, list[str]] = defaultdict(list)
    for item in actions:
        for key in item.keys:
            holders[normal_key(key)].append(item.id)
    return [(key, ids) for key, ids in holders.items() if len(ids) > 1]


def normal_key(key: str) -> str:
    """A key sequence in one spelling: modifiers in order, upper-case letters."""
    if key.endswith("+"):
        modifiers, last = key[:-1].rstrip("+"), "+"
    else:
        modifiers, _, last = key.rpartition("+")
    order = ("CTRL", "ALT", "SHIFT", "META")
    held = [m for m in order if m in modifiers.upper().split("+")]
    return "+".join([*held, last.upper()])


def types_text(key: str) -> bool:
    """True where the key writes a character into a text field: no Ctrl, Alt, F-key or Esc."""
    *held, last = normal_key(key).split("+") if not key.endswith("+") else ["+"]
    if {"CTRL", "ALT", "META"} & set(held):
        return False
    moving = {"DEL", "HOME", "END", "PGUP", "PGDOWN", "UP", "DOWN", "LEFT", "RIGHT", "INS",
              "RETURN", "BACKSPACE"}  # fmt: skip
    return len(last) == 1 or last in moving


def search(query: str, context: Context | None = None) -> list[Action]:
    """Actions for the command palette, best first; all for an empty query.

    Every word of the query must occur in title, category, hint or words; a match at the start of a
    word of the title counts most.  With a context, actions that cannot act now are left out.
    """
    wanted = query.lower().split()
    ranked = []
    for place, item in enumerate(ACTIONS):
        if item.id == "palette.open" or (context is not None and not item.enabled(context)):
            continue
        score = _score(item, wanted)
        if score is not None:
            ranked.append((-score, place, item))
    return [item for _, _, item in sorted(ranked, key=lambda r: r[:2])]


def _score(item: Action, wanted: list[str]) -> int | None:
    title = item.title.lower()
    starts = title.replace("…", "").split()
    everything = f"{title} {item.category} {item.hint} {item.words}".lower()
    score = 0
    for word in wanted:
        if word not in everything:
            return None
        score += 3 if any(s.startswith(word) for s in starts) else 2 if word in title else 1
    return score


def key_help() -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Rows of the key help: (category, [(keys, title, hint)]), made from the table."""
    return [
        (
            category,
            [(" or ".join(a.keys), a.title, a.hint) for a in by_category(category) if a.keys],
        )
        for category in CATEGORIES
    ]

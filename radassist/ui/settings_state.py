"""What the settings window holds: values, what is wrong with them, and what they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from radassist.settings import Option, Settings, describe, with_values
from radassist.settings.schema import normal, problem


@dataclass(frozen=True)
class Row:
    """One setting as the window shows it.

    :param bounds: "between 1 and 16", "" where there are none to tell.
    :param locked: who has set it; "" where it can be changed.
    """

    option: Option
    title: str
    bounds: str
    locked: str


class SettingsState:
    """Values being edited.  Nothing is stored until ``result`` is saved by the caller."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._options = {o.name: o for o in describe() if not o.hidden}
        self._values: dict[str, Any] = {n: getattr(settings, n) for n in self._options}

    def groups(self) -> list[tuple[str, list[Row]]]:
        """Rows by group, in the order of the schema."""
        found: dict[str, list[Row]] = {}
        for option in self._options.values():
            row = Row(option, title_of(option), bounds_of(option), self.locked(option.name))
            found.setdefault(option.group, []).append(row)
        return list(found.items())

    def value(self, name: str) -> Any:
        """The value as it stands, good or not."""
        return self._values[name]

    def set(self, name: str, value: Any) -> str:
        """Take a value; returns what is wrong with it, "" when it is good."""
        if not self.locked(name):
            self._values[name] = value
        return self.problem(name)

    def problem(self, name: str) -> str:
        """What is wrong with a value, as a sentence in the words of the window."""
        option, value = self._options[name], self._values[name]
        bad = problem(option, value)
        if bad:
            return bad.replace(name, title_of(option), 1)
        peers = self._settings.allowed_peers
        if name == "pacs_addresses" and peers is not None and set(value) - set(peers):
            allowed = ", ".join(peers) or "none"
            return f"Your administrator allows: {allowed}."
        return ""

    def locked(self, name: str) -> str:
        """Who has set it; "" where it can be changed."""
        return self._settings.why_locked(name)

    def changed(self) -> list[str]:
        """Names of settings that differ from what was there."""
        return [
            name
            for name, value in self._values.items()
            if self.problem(name) or normal(self._options[name], value) != self._was(name)
        ]

    def restart(self) -> list[str]:
        """Titles of changed settings that act after the next start only."""
        return [title_of(self._options[n]) for n in self.changed() if self._options[n].restart]

    def restore_defaults(self) -> None:
        """Every setting that is not locked as it was shipped."""
        for option in self._options.values():
            self.set(option.name, option.default)

    def can_save(self) -> bool:
        """True where something changed and everything is good."""
        return bool(self.changed()) and not any(self.problem(name) for name in self._options)

    def result(self) -> Settings:
        """The settings to save.

        :raises InputFault: a value is not good.
        """
        return with_values(self._settings, **{n: self._values[n] for n in self.changed()})

    def _was(self, name: str) -> Any:
        return normal(self._options[name], getattr(self._settings, name))


_ACRONYMS = {"pacs": "PACS", "ai": "AI"}


def title_of(option: Option) -> str:
    """The name of a setting for people: ``language_deadline_s`` is "Language deadline"."""
    words = option.name.split("_")
    if option.unit and words[-1] == option.unit.lower():
        words.pop()
    text = " ".join(_ACRONYMS.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def bounds_of(option: Option) -> str:
    """The range of a number, in words."""
    low, high = option.minimum, option.maximum
    if option.type not in ("int", "float") or low is None or high is None:
        return ""
    return f"{low:g} to {high:g} {option.unit}".rstrip()

"""What can be set: types, bounds, defaults and a sentence each.

The settings page, the help page and the reader of the file all derive from this one list.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, fields
from typing import Any

_GROUPS = {
    "language": "Language model",
    "vision": "Vision packs",
    "decode": "Images",
    "pixel": "Images",
    "overlay": "Images",
    "pacs": "Network",
    "checkpoint": "Records",
    "phrase": "Habits",
    "measure": "Habits",
    "drafts": "Habits",
}
_ADDRESS = r"[A-Za-z0-9_.:\-\[\]%]{1,255}:[0-9]{1,5}"


@dataclass(frozen=True)
class Option:
    """One setting as data.

    :param type: ``bool``, ``int``, ``float``, ``str`` or ``list of str``.
    :param minimum: smallest value; for text and lists the shortest length.
    :param maximum: largest value; for text and lists the greatest length.
    :param choices: the allowed values, empty where any within the bounds is.
    :param pattern: regular expression that a text, or every item of a list, must match whole.
    :param restart: a change of it acts after the next start only.
    :param hidden: kept by the program itself; the settings window leaves it out.
    """

    name: str
    type: str
    default: Any
    description: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    unit: str = ""
    restart: bool = True
    hidden: bool = False

    @property
    def group(self) -> str:
        """Heading of the settings window, by the first word of the name."""
        return _GROUPS.get(self.name.partition("_")[0], "General")


def _option(default: Any, description: str, **bounds: Any) -> Any:
    return field(default=default, metadata={"description": description, **bounds})


@dataclass(frozen=True)
class Settings:
    """All settings with their defaults.

    :param warnings: what was wrong with the file that these were read from; never saved.
    :param locked: (name, policy file) of each setting that the administrator has set; never saved.
    :param allowed_peers: the only addresses that the administrator lets through; None: no limit.
    """

    user_name: str = _option(
        "", "Name that signs reports and stands in the audit log; empty: the login name.", max=64
    )
    draft_on_open: bool = _option(True, "Draft a report as soon as a study is open.")
    language_pack: str = _option(
        "language-default",
        "Language pack that writes the impression and understands free chat.",
        pattern=r"[a-z0-9][a-z0-9-]{0,63}",
    )
    language_enabled: bool = _option(True, "Use the language model; off: rules and grammar only.")
    language_threads: int = _option(
        0, "Processor threads of the language model; 0: as many as there are cores.", min=0, max=256
    )
    language_deadline_s: float = _option(
        120.0, "Longest time that one answer may take.", min=5, max=1800, unit="s"
    )
    vision_enabled: bool = _option(True, "Run the vision packs that apply to an opened image.")
    vision_deadline_s: float = _option(
        60.0, "Longest time that a vision pack may take for one image.", min=1, max=600, unit="s"
    )
    decode_workers: int = _option(2, "Processes that decode images.", min=1, max=16)
    pixel_cache_mb: int = _option(
        1024,
        "Memory for decoded images; the oldest are dropped first.",
        min=64,
        max=262144,
        unit="MB",
    )
    phrase_memory: bool = _option(
        True, "Learn how you word findings from your signed reports, and draft in your words."
    )
    measure_drafts: bool = _option(
        True, "Measure how much of each draft you keep and the seconds that a report takes."
    )
    drafts_always: bool = _option(
        False, "Draft as soon as a study is open even where drafts have cost you time."
    )
    interface_scale: float = _option(
        1.0, "Size of text and controls.", min=0.75, max=3.0, restart=False
    )
    overlay_text: bool = _option(True, "Show patient and series text over the image.")
    checkpoint_every: int = _option(
        100, "Sign a checkpoint of the audit log after so many events.", min=1, max=100_000
    )
    pacs_addresses: tuple[str, ...] = _option(
        (), "host:port pairs that the offline guard lets through.", max=32, pattern=_ADDRESS
    )
    machine_checked: bool = _option(
        False, "The check of this machine has been shown at a first start.", hidden=True
    )
    warnings: tuple[str, ...] = field(default=(), metadata={"transient": True})
    locked: tuple[tuple[str, str], ...] = field(default=(), metadata={"transient": True})
    allowed_peers: tuple[str, ...] | None = field(default=None, metadata={"transient": True})

    def why_locked(self, name: str) -> str:
        """Who has set a setting that cannot be changed here; "" for one that can."""
        file = dict(self.locked).get(name)
        return f"set by your administrator ({file})" if file is not None else ""

    def network(self) -> tuple[tuple[str, int], ...]:
        """``pacs_addresses`` as (host, port), for ``offline.install``."""
        pairs = (address.rpartition(":") for address in self.pacs_addresses)
        return tuple((host.strip("[]"), int(port)) for host, _, port in pairs)


def describe() -> tuple[Option, ...]:
    """Every setting with its type, bounds and description."""
    return tuple(
        Option(
            name=f.name,
            type=_type_name(f.default),
            default=f.default,
            description=f.metadata["description"],
            minimum=f.metadata.get("min"),
            maximum=f.metadata.get("max"),
            choices=f.metadata.get("choices", ()),
            pattern=f.metadata.get("pattern", ""),
            unit=f.metadata.get("unit", ""),
            restart=f.metadata.get("restart", True),
            hidden=f.metadata.get("hidden", False),
        )
        for f in fields(Settings)
        if not f.metadata.get("transient")
    )


def problem(option: Option, value: Any) -> str:
    """Why a value is not good for an option, as one sentence; "" when it is."""
    if not _has_type(option, value):
        return f"{option.name} must be {_article(option.type)}."
    measured = len(value) if isinstance(value, str | list | tuple) else value
    low, high = option.minimum, option.maximum
    if (low is not None and measured < low) or (high is not None and measured > high):
        return f"{option.name} must be {_bounds(option)}."
    if option.choices and value not in option.choices:
        return f"{option.name} must be one of {', '.join(option.choices)}."
    texts = [value] if isinstance(value, str) else value if option.type == "list of str" else []
    if option.pattern and not all(re.fullmatch(option.pattern, text) for text in texts):
        return f"{option.name} does not have the form that it needs."
    if option.name == "pacs_addresses" and any(int(t.rpartition(":")[2]) > 65535 for t in texts):
        return "pacs_addresses holds a port above 65535."
    return ""


def normal(option: Option, value: Any) -> Any:
    """A good value as the type that ``Settings`` holds."""
    if option.type == "list of str":
        return tuple(value)
    return float(value) if option.type == "float" else value


def _has_type(option: Option, value: Any) -> bool:
    match option.type:
        case "bool":
            return isinstance(value, bool)
        case "int":
            return isinstance(value, int) and not isinstance(value, bool)
        case "float":
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(value)
        case "str":
            return isinstance(value, str)
        case _:
            return isinstance(value, list | tuple) and all(isinstance(v, str) for v in value)


def _bounds(option: Option) -> str:
    low, high = option.minimum, option.maximum
    text = f"between {low:g} and {high:g}" if low is not None else f"at most {high:g}"
    if option.type == "str":
        return f"{text} characters long"
    if option.type == "list of str":
        return f"{text} entries long"
    return f"{text} {option.unit}".rstrip()


def _type_name(default: Any) -> str:
    return "list of str" if isinstance(default, tuple) else type(default).__name__


def _article(name: str) -> str:
    names = {"bool": "true or false", "int": "a whole number", "float": "a number", "str": "text"}
    return names.get(name, "a list of texts")

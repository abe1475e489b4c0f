"""Header text made safe to show: hostile files put control codes, markup and megabytes in names."""

from __future__ import annotations

import re
import unicodedata

#: Longer than any value representation for display text allows (PS3.5 table 6.2-1: LO 64, ST 1024).
MAX_TEXT = 256
#: An escape of ISO 2022 that a decoder left in the text (PS3.5 6.1.2.5.3).
_ISO_2022 = re.compile(r"\x1b[\x20-\x2f]+[\x30-\x7e]")


def clean(value: object, limit: int = MAX_TEXT) -> str:
    """One line of visible text.

    Control codes, line ends and bidirectional or invisible format characters (which could make a
    name read as another) become spaces, runs of spaces become one, and what is longer than
    ``limit`` is cut and marked with an ellipsis.  Markup stays: it is text, and nothing here
    renders it.
    """
    raw = _ISO_2022.sub("", str(value)[: 8 * limit])
    shown = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") else c
        for c in raw
    )
    text = " ".join(unicodedata.normalize("NFC", shown).split())
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_lines(value: object, limit: int = 100_000) -> str:
    """Text of several lines: each cleaned as by :func:`clean`, line ends kept."""
    lines = str(value)[:limit].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(clean(line, limit) for line in lines).strip("\n")


def person_name(value: object) -> str:
    """A PN value as "Family, Given Middle", from its alphabetic group, else the ideographic one.

    PS3.5 section 6.2.1: components are family^given^middle^prefix^suffix, groups are divided by
    ``=``: alphabetic, ideographic, phonetic.
    """
    group = next((g for g in str(value).split("=") if g.strip("^ ")), "")
    family, *rest = [clean(part) for part in group[: 8 * MAX_TEXT].split("^")]
    given = " ".join(part for part in rest[:2] if part)
    return clean(", ".join(part for part in (family, given) if part))


def ideographic_name(value: object) -> str:
    """The ideographic group of a PN value as "Family Given", "" where it has none of its own."""
    groups = str(value)[: 24 * MAX_TEXT].split("=")
    if len(groups) < 2 or not groups[0].strip("^ "):
        return ""
    return clean(" ".join(clean(part) for part in groups[1].split("^")[:2]))

"""Texts of the Help menu that are made here: about the program, and its keys."""

from __future__ import annotations

from radassist import __version__
from radassist.commands import key_help

ABOUT = f"""# radassist {__version__}

Offline reporting assistant for radiologists. Apache-2.0. Updates are files that an administrator
installs; the program looks for none.

It is decision support that a radiologist signs; it is **not a medical device**. It says what it
does not know, and nothing leaves this machine.
"""


def keys_markdown() -> str:
    """The key help as tables, from the action table."""
    parts = []
    for category, rows in key_help():
        if rows:
            parts.append(f"## {category}\n\n| Key | Action | |\n|---|---|---|")
            parts += [f"| `{keys}` | {title} | {hint} |" for keys, title, hint in rows]
            parts.append("")
    return "\n".join(parts)

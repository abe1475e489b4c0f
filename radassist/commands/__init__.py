"""The action table: id, title, key and enablement of everything the window can do."""

from radassist.commands.context import Action, Context
from radassist.commands.lookup import (
    action,
    by_category,
    conflicts,
    key_help,
    normal_key,
    search,
    types_text,
)
from radassist.commands.table import ACTIONS, CATEGORIES

__all__ = [
    "ACTIONS",
    "CATEGORIES",
    "Action",
    "Context",
    "action",
    "by_category",
    "conflicts",
    "key_help",
    "normal_key",
    "search",
    "types_text",
]

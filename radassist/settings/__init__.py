"""Typed settings with bounds and descriptions, and the folders that user data lives in."""

from radassist.settings.file import load_settings, save_settings, with_values
from radassist.settings.paths import (
    Paths,
    find_paths,
    prepare_folder,
    storage_fault,
    write_private,
)
from radassist.settings.schema import Option, Settings, describe

__all__ = [
    "Option",
    "Paths",
    "Settings",
    "describe",
    "find_paths",
    "load_settings",
    "prepare_folder",
    "save_settings",
    "storage_fault",
    "with_values",
    "write_private",
]

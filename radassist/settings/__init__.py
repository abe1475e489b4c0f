"""Typed settings with bounds and descriptions, and the folders that user data lives in."""

from radassist.settings.file import load_settings, save_settings, with_values
from radassist.settings.paths import (
    Paths,
    find_paths,
    prepare_folder,
    storage_fault,
    write_private,
)
from radassist.settings.policy import (
    Policy,
    RequiredPack,
    apply_policy,
    machine_policy_path,
    read_policy,
)
from radassist.settings.schema import Option, Settings, describe

__all__ = [
    "Option",
    "Paths",
    "Policy",
    "RequiredPack",
    "Settings",
    "apply_policy",
    "describe",
    "find_paths",
    "load_settings",
    "machine_policy_path",
    "prepare_folder",
    "read_policy",
    "save_settings",
    "storage_fault",
    "with_values",
    "write_private",
]

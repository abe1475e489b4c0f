"""Reading and writing settings.json.

Reading never fails on what the file says: a bad value falls back to its default and says so, a
file that is not JSON is set aside under another name and says so.  Only a disk that cannot be
written is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from radassist.errors import InputFault, PolicyFault, StorageFault
from radassist.settings.paths import find_paths, storage_fault, write_private
from radassist.settings.policy import Policy, apply_policy, read_policy
from radassist.settings.schema import Settings, describe, normal, problem

VERSION = 1

#: from version -> what takes the data to the next one.
MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}

_MAX_BYTES = 1 << 20


def load_settings(path: Path | None = None, policy: Policy | None = None) -> Settings:
    """The settings of this user under the administrator's policy; defaults where there is no file.

    :param path: settings.json; None: the one in ``RADASSIST_HOME``.
    :param policy: None: the one of this machine.
    :returns: settings whose ``warnings`` tell what was not usable and what stands in its place.
    :raises StorageFault: the file is there and cannot be read.
    :raises PolicyFault: the policy is not good.
    """
    policy = read_policy() if policy is None else policy
    path = path or find_paths().settings_file
    data, warnings = _read(path)
    version = data.pop("version", VERSION)
    if isinstance(version, int) and version > VERSION:
        warnings.append(
            f"{path.name} is from a newer version ({version}); settings that this version does "
            "not know are ignored, and the file is not overwritten."
        )
    elif isinstance(version, int):
        for step in range(version, VERSION):
            data = MIGRATIONS[step](data)
    values: dict[str, Any] = {}
    for option in describe():
        if option.name not in data:
            continue
        value = data.pop(option.name)
        bad = problem(option, value)
        if bad:
            warnings.append(f"{path.name}: {bad} The default is used.")
        else:
            values[option.name] = normal(option, value)
    warnings.extend(f"{path.name}: {str(name)[:40]} is not a setting." for name in data)
    return apply_policy(policy, Settings(**values, warnings=tuple(warnings)))


def save_settings(settings: Settings, path: Path | None = None) -> None:
    """Write the settings, whole or not at all, with mode 0600.

    What the administrator has set is not the user's to save: the user's own value stays there.

    :raises InputFault: a value is out of its bounds.
    :raises StorageFault: the disk is full or read-only, or the file is from a newer version.
    """
    path = path or find_paths().settings_file
    values = {option.name: getattr(settings, option.name) for option in describe()}
    for option in describe():
        bad = problem(option, values[option.name])
        if bad:
            raise InputFault(bad, "Nothing was changed.")
    data, _ = _read(path)
    if isinstance(data.get("version"), int) and data["version"] > VERSION:
        raise StorageFault(
            f"{path.name} is from a newer version of radassist and is not overwritten.",
            "Use that version, or move the file away.",
        )
    for name, _ in settings.locked:
        del values[name]
        if name in data:
            values[name] = data[name]
    text = json.dumps({"version": VERSION, **values}, indent=2, ensure_ascii=False)
    write_private(path, text.encode() + b"\n")


def with_values(settings: Settings, **values: Any) -> Settings:
    """A copy with some values changed.

    :raises InputFault: a name or value is not good; nothing is changed then.
    :raises PolicyFault: the administrator has set it, or does not allow an address.
    """
    options = {option.name: option for option in describe()}
    for name, value in values.items():
        if name in options and settings.why_locked(name) and value != getattr(settings, name):
            raise PolicyFault(f"{name} is {settings.why_locked(name)}.", "Nothing was changed.")
        bad = problem(options[name], value) if name in options else f"{name} is not a setting."
        if bad:
            raise InputFault(bad, "Nothing was changed.")
    peers = settings.allowed_peers
    if peers is not None and any(p not in peers for p in values.get("pacs_addresses", ())):
        raise PolicyFault(
            "An address in pacs_addresses is not allowed by your administrator.",
            "Nothing was changed.",
        )
    return replace(settings, **{n: normal(options[n], v) for n, v in values.items()})


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """(what the file holds, warnings); a file that is no JSON object is set aside."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return {}, []
    except OSError as error:
        raise StorageFault(
            f"{path} cannot be read ({error.strerror}).", "Make it readable, or move it away."
        ) from error
    try:
        if len(raw) > _MAX_BYTES:
            raise ValueError("too large")
        data = json.loads(raw)
        if not isinstance(data, dict):
            raise TypeError("not an object")
    except (ValueError, TypeError, RecursionError):
        aside = path.with_name(path.name + ".broken")
        try:
            path.replace(aside)
        except OSError as error:
            raise storage_fault(error, path) from error
        return {}, [f"{path.name} was not readable; it is kept as {aside.name}, defaults are used."]
    return data, []

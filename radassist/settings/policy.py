"""The administrator's policy: settings that users cannot change, peers, packs that must be there.

The file of the machine (``/etc/radassist/policy.toml`` on Linux) always applies where it exists.
``RADASSIST_POLICY`` may name one more file, for trying a policy out and for tests: it can add
restrictions and takes none away, because what the machine's file says comes last and both hold.
A policy that cannot be read, or says something that this version does not understand, stops the
program: to run without it would be to ignore it.
"""

from __future__ import annotations

import os
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import platformdirs

from radassist.errors import PolicyFault
from radassist.settings.schema import Settings, describe, normal, problem

VERSION = 1
_MAX_BYTES = 1 << 18
_HEXADECIMAL = set("0123456789abcdef")


@dataclass(frozen=True)
class RequiredPack:
    """A pack that must be there.

    :param sha256: of its ``pack.toml``, which names the hash of every file; "" for any version.
    """

    id: str
    sha256: str = ""


@dataclass(frozen=True)
class Policy:
    """What the administrator has set; empty where there is no policy.

    :param settings: name -> the value that it has for every user.
    :param origin: name -> the file that says so.
    :param peers: the only ``host:port`` pairs that may be let through; None for no limit.
    :param files: the policy files that were read.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, str] = field(default_factory=dict)
    peers: tuple[str, ...] | None = None
    packs: tuple[RequiredPack, ...] = ()
    files: tuple[str, ...] = ()


def machine_policy_path() -> Path:
    """The policy file of this machine.  No environment variable of a user can move it."""
    if sys.platform.startswith(("win", "darwin")):
        return platformdirs.site_config_path("radassist", appauthor=False) / "policy.toml"
    return Path("/etc/radassist/policy.toml")


def read_policy(machine: Path | None = None, environ: Mapping[str, str] | None = None) -> Policy:
    """The policy that applies on this machine.

    :raises PolicyFault: a policy file is there and is not good.
    """
    environ = os.environ if environ is None else environ
    named = environ.get("RADASSIST_POLICY", "").strip()
    policy = _read(Path(named).absolute(), must_exist=True) if named else Policy()
    return _joined(policy, _read(machine or machine_policy_path(), must_exist=False))


def apply_policy(policy: Policy, settings: Settings) -> Settings:
    """Settings with the locked values in place, and without peers that are not allowed."""
    warnings = list(settings.warnings)
    settings = replace(settings, **policy.settings, locked=tuple(sorted(policy.origin.items())))
    if policy.peers is not None:
        kept = tuple(peer for peer in settings.pacs_addresses if peer in policy.peers)
        if kept != settings.pacs_addresses:
            warnings.append("An address in pacs_addresses is not allowed by your administrator.")
        settings = replace(settings, pacs_addresses=kept, allowed_peers=policy.peers)
    return replace(settings, warnings=tuple(warnings))


def _joined(one: Policy, last: Policy) -> Policy:
    """Both policies; where they lock the same setting, the last one's value holds."""
    peers = one.peers if last.peers is None else last.peers
    if one.peers is not None and last.peers is not None:
        peers = tuple(peer for peer in last.peers if peer in one.peers)
    return Policy(
        {**one.settings, **last.settings},
        {**one.origin, **last.origin},
        peers,
        tuple(dict.fromkeys((*one.packs, *last.packs))),
        (*one.files, *last.files),
    )


def _read(path: Path, *, must_exist: bool) -> Policy:
    try:
        with path.open("rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError) as error:
        if must_exist:
            raise _bad(path, "it is not there") from error
        return Policy()
    except OSError as error:
        raise _bad(path, f"it cannot be read ({error.strerror})") from error
    if len(raw) > _MAX_BYTES:
        raise _bad(path, "it is too large")
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _bad(path, "it is not TOML") from error
    why = next(_problems(data), "")
    if why:
        raise _bad(path, why)
    return _typed(data, str(path))


def _problems(data: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a policy, as the end of a sentence."""
    for name in data:
        if name not in ("version", "settings", "network", "packs"):
            yield f"it holds {name[:40]!r}, which this version does not know"
    if data.get("version") != VERSION or isinstance(data.get("version"), bool):
        yield f"its version is not {VERSION}"
    for name, kind in (("settings", dict), ("network", dict), ("packs", list)):
        if not isinstance(data.get(name, kind()), kind):
            yield f"{name} is not a {'list' if kind is list else 'table'}"
            return
    yield from _bad_settings(data.get("settings", {}))
    yield from _bad_network(data.get("network", {}))
    for entry in data.get("packs", []):
        yield from _bad_pack(entry)


def _bad_settings(table: dict[str, Any]) -> Iterator[str]:
    options = {option.name: option for option in describe()}
    for name, value in table.items():
        if name not in options:
            yield f"it locks {name[:40]!r}, which is not a setting"
        else:
            bad = problem(options[name], value)
            if bad:
                yield bad.rstrip(".")


def _bad_network(table: dict[str, Any]) -> Iterator[str]:
    for name in table:
        if name != "allowed_peers":
            yield f"network holds {name[:40]!r}, which this version does not know"
    addresses = next(option for option in describe() if option.name == "pacs_addresses")
    if "allowed_peers" in table:
        bad = problem(addresses, table["allowed_peers"])
        if bad:
            yield bad.replace("pacs_addresses", "allowed_peers").rstrip(".")


def _bad_pack(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict) or set(entry) - {"id", "sha256"}:
        yield "an entry of packs is not a table of id and sha256"
    elif not isinstance(entry.get("id"), str) or not entry["id"]:
        yield "an entry of packs has no id"
    elif "sha256" in entry and not _is_sha256(entry["sha256"]):
        yield "an entry of packs has a sha256 that is none (64 hexadecimal digits in small letters)"


def _is_sha256(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and set(value) <= _HEXADECIMAL


def _typed(data: dict[str, Any], path: str) -> Policy:
    options = {option.name: option for option in describe()}
    table = data.get("settings", {})
    peers = data.get("network", {}).get("allowed_peers")
    return Policy(
        settings={name: normal(options[name], value) for name, value in table.items()},
        origin=dict.fromkeys(table, path),
        peers=None if peers is None else tuple(peers),
        packs=tuple(RequiredPack(e["id"], e.get("sha256", "")) for e in data.get("packs", [])),
        files=(path,),
    )


def _bad(path: Path, why: str) -> PolicyFault:
    return PolicyFault(
        f"The policy {path} was refused: {why}.",
        "radassist does not start until your administrator has mended it.",
    )

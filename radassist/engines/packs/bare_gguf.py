"""A model file that somebody brings by itself, made into a pack: its manifest is written here.

Only the header of the GGUF is read, with bounds; the hash of the whole file goes into the
manifest, and from then on the pack is like any other.  A projector (the second file of a
vision-language model) is bound by its own hash in the same manifest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radassist.engines.language.gguf import MAGIC, GgufHeader, memory_needed, read_header
from radassist.engines.packs.hashing import check
from radassist.engines.packs.manifest import Manifest, parse_manifest
from radassist.engines.packs.placing import blocks_of, placing
from radassist.errors import InputFault, PackFault
from radassist.ports import CancelToken, Progress

#: The longest prompt and answer that the engine opens, whatever the model could do.
CONTEXT_TOKENS = 4096
_USE = (
    "Proposes wordings and edits from the text of the report; every answer is held to a schema and "
    "to the report's own facts, and shown to a radiologist who accepts it.  Not measured by its "
    "maker for this: see `radassist models bench-language`."
)
_NOT_FOR = ("diagnosis or advice; it is not a medical device", "facts the report does not hold")


def is_gguf(path: Path) -> bool:
    """True for a file that begins as a GGUF does."""
    try:
        with path.open("rb") as stream:
            return stream.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def install_gguf(
    path: Path,
    projector: Path | None,
    pack_id: str,
    models: Path,
    progress: Progress,
    cancel: CancelToken | None,
) -> Manifest:
    """Install a GGUF as the language pack ``pack_id`` ("": made from the model's name).

    :raises InputFault: the id cannot be one.
    :raises PackFault: a file is no model, or not of the kind that it is given as.
    :raises StorageFault: the disk refuses; what was installed before is still there.
    """
    header = read_header(path)
    if header.architecture in ("", "clip"):
        raise PackFault(
            f"{path.name} is no language model.",
            "A projector (mmproj) is given beside its model: --projector FILE.",
        )
    files = {"model.gguf": path}
    if projector is not None:
        if read_header(projector).architecture != "clip":
            raise PackFault(f"{projector.name} is no projector.", "Give the mmproj file of it.")
        files["mmproj.gguf"] = projector
    wanted = pack_id or _slug(str(header.metadata.get("general.name", "")) or path.stem)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", wanted):
        raise InputFault(
            f"{wanted!r} cannot be the id of a pack.", "Use a-z, 0-9 and hyphens: --id my-model."
        )
    entries = [_entry(name, file, progress, cancel) for name, file in files.items()]
    text = _manifest(wanted, header, path, entries, projector is not None)
    manifest = parse_manifest(text.encode("utf-8"), wanted)
    with placing(manifest, models, progress, cancel) as place:
        for file in manifest.files:
            place.write(file, _blocks(files[file.name]))
        place.install()
    return manifest


def _entry(name: str, path: Path, progress: Progress, cancel: CancelToken | None) -> dict[str, Any]:
    digest, size, total = hashlib.sha256(), 0, max(path.stat().st_size, 1)
    for block in _blocks(path):
        check(cancel)
        digest.update(block)
        size += len(block)
        progress(min(1.0, size / total), f"hashing {name}")
    return {"name": name, "size": size, "sha256": digest.hexdigest()}


def _blocks(path: Path) -> Iterator[bytes]:
    try:
        yield from blocks_of(path.resolve())  # a model library may be links to its files
    except OSError as error:
        raise InputFault(f"{path.name} cannot be read ({error.strerror}).") from error


def _manifest(
    pack_id: str, header: GgufHeader, path: Path, entries: list[dict[str, Any]], projector: bool
) -> str:
    """The text of pack.toml.  JSON texts are TOML texts, so nothing of the header can break out."""
    about = header.metadata
    name = str(about.get("general.name", "")) or path.stem
    licence = str(about.get("general.license", "")) or "not stated in the file: ask its maker"
    memory = memory_needed(header, min(CONTEXT_TOKENS, header.number("context_length") or 4096))
    memory += sum(entry["size"] for entry in entries[1:])
    lines = [
        "# Written by `radassist models install` from the header of the file.",
        f"id = {_quoted(pack_id)}",
        'role = "language"',
        f"version = {_quoted('0+' + entries[0]['sha256'][:12])}",
        f"name = {_quoted(name[:200])}",
        f"licence = {_quoted(licence[:2000])}",
        f"intended_use = {_quoted(_USE)}",
        f"not_for = [{', '.join(map(_quoted, _NOT_FOR))}]",
        *(['projector = "mmproj.gguf"'] if projector else []),
        "",
        "[input]",
        'format = "gguf"',
        f"architecture = {_quoted(header.architecture[:100])}",
        f"chat_template = {_quoted('its own' if header.chat_template else 'none: ChatML is used')}",
        "",
        "[requires]",
        f"memory_mb = {max(1, -(-memory // 1_000_000))}",
        'libraries = ["llama_cpp"]',
    ]
    for entry in entries:
        lines += ["", "[[files]]", *(f"{key} = {_quoted(value)}" for key, value in entry.items())]
    return "\n".join(lines) + "\n"


def _quoted(value: Any) -> str:
    """A TOML value: control characters escaped, no character outside ASCII, no lone surrogate."""
    if isinstance(value, str):
        value = "".join(c for c in value if c.isprintable() and not 0xD800 <= ord(c) <= 0xDFFF)
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-")

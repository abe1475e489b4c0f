"""What has been done already, so that the second time is fast.

A step's stamp is a key over everything that the step depends on.  The stamps lie in the environment
that they speak of: with the environment gone, they are gone too.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


class Stamps:
    """Keys of finished steps, in one small JSON file.  A damaged file counts as empty."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            loaded = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            loaded = {}
        self._keys: dict[str, str] = loaded if isinstance(loaded, dict) else {}

    def done(self, step: str, key: str) -> bool:
        """True when the step was finished with this very key."""
        return self._keys.get(step) == key

    def get(self, step: str) -> str:
        """The key of a finished step, or ""."""
        return self._keys.get(step, "")

    def mark(self, step: str, key: str) -> None:
        """Record a finished step at once (an interrupted setup goes on after it)."""
        self._keys[step] = key
        self._write()

    def forget(self, *steps: str) -> None:
        """Take back what no longer holds."""
        for step in steps:
            self._keys.pop(step, None)
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(self._keys, indent=1, sort_keys=True), encoding="utf-8")
        beside.replace(self._path)


def key_of(*parts: str | Path) -> str:
    """A key over texts and the content of files (a missing file counts as such)."""
    digest = hashlib.sha256()
    for part in parts:
        data = _content(part) if isinstance(part, Path) else part.encode()
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()[:32]


def fingerprint(folders: Iterable[Path]) -> str:
    """A key over names, sizes and times of all files under the folders, without reading them."""
    lines = []
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                status = path.stat()
                lines.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return key_of("\n".join(lines))


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b"\0absent"

"""The header of a GGUF file, read with bounds before llama.cpp gets to see the file.

GGUF, version 2 and 3 (ggml/docs/gguf.md): magic, version, number of tensors, number of metadata
pairs, the pairs, the tensors' names, shapes, types and offsets.  Every length in it is the file's
own claim; here each is held against the file's size and against what an honest model has.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radassist.errors import PackFault

MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_MAX_PAIRS = 100_000
_MAX_TENSORS = 200_000
_MAX_NAME = 1 << 16
_MAX_TEXT = 1 << 24
_MAX_ITEMS = 1 << 24
#: Value types with a fixed size (gguf.md): number -> struct code.
_PLAIN = dict(enumerate("BbHhIif?"))
_PLAIN.update({10: "Q", 11: "q", 12: "d"})
_STRING, _ARRAY = 8, 9


@dataclass(frozen=True)
class GgufHeader:
    """What the header says.

    :param metadata: plain values and texts by key; of an array only its length.
    :param size: bytes of the file.
    """

    version: int
    tensors: int
    metadata: Mapping[str, Any]
    size: int

    @property
    def architecture(self) -> str:
        """Such as ``llama`` or ``qwen2``; ``clip`` is a projector."""
        return str(self.metadata.get("general.architecture", ""))

    @property
    def chat_template(self) -> str:
        """The model's own chat template (Jinja), or ""."""
        return str(self.metadata.get("tokenizer.chat_template", ""))

    def number(self, name: str) -> int:
        """A number of the architecture such as ``context_length``; 0 where it does not say."""
        value = self.metadata.get(f"{self.architecture}.{name}", 0)
        return value if isinstance(value, int) and 0 < value < 1 << 31 else 0


def read_header(path: Path) -> GgufHeader:
    """Read and check the header.

    :raises PackFault: the file is missing, no GGUF, cut short, or claims what cannot be.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < 24:
                raise _refused(path, "it is too short")
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                return _Reader(data, path).header()
    except OSError as error:
        raise _refused(path, error.strerror or type(error).__name__) from error


class _Reader:
    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self._data, self._path, self._at = data, path, 0

    def header(self) -> GgufHeader:
        if self._data[:4] != MAGIC:
            raise _refused(self._path, "it is not a GGUF file")
        self._at = 4
        version = self._plain("I")
        if version not in _VERSIONS:
            raise _refused(self._path, f"it has version {version} of the format")
        tensors, pairs = self._plain("Q"), self._plain("Q")
        if not 0 < tensors <= _MAX_TENSORS or pairs > _MAX_PAIRS:
            raise _refused(self._path, "it claims more than a model holds")
        metadata: dict[str, Any] = {}
        for _ in range(pairs):
            key = self._text(_MAX_NAME)
            if key in metadata:
                raise _refused(self._path, "it states a value twice")
            metadata[key] = self._value(self._plain("I"))
        self._tensors(tensors, metadata.get("general.alignment", 32))
        return GgufHeader(version, tensors, metadata, len(self._data))

    def _tensors(self, count: int, alignment: Any) -> None:
        if not isinstance(alignment, int) or not 8 <= alignment <= 1 << 16:
            raise _refused(self._path, "its alignment cannot be")
        furthest = 0
        for _ in range(count):
            self._text(_MAX_NAME)
            axes = self._plain("I")
            if not 1 <= axes <= 4:
                raise _refused(self._path, f"a tensor has {axes} axes")
            shape = [self._plain("Q") for _ in range(axes)]
            self._plain("I")
            if math.prod(shape) > 1 << 40:
                raise _refused(self._path, "a tensor is larger than can be")
            furthest = max(furthest, self._plain("Q"))
        start = -(-self._at // alignment) * alignment
        if start + furthest > len(self._data):
            raise _refused(self._path, "it is cut short")

    def _value(self, kind: int) -> Any:
        if kind in _PLAIN:
            return self._plain(_PLAIN[kind])
        if kind == _STRING:
            return self._text(_MAX_TEXT)
        if kind != _ARRAY:
            raise _refused(self._path, f"a value has the unknown type {kind}")
        inner, count = self._plain("I"), self._plain("Q")
        if count > _MAX_ITEMS:
            raise _refused(self._path, "a list is longer than can be")
        if inner in _PLAIN:
            self._skip(count * struct.calcsize("<" + _PLAIN[inner]))
        elif inner == _STRING:
            for _ in range(count):
                self._skip(self._plain("Q"))
        else:
            raise _refused(self._path, "a list of lists")
        return count

    def _plain(self, code: str) -> Any:
        size = struct.calcsize("<" + code)
        self._skip(size)
        return struct.unpack_from("<" + code, self._data, self._at - size)[0]

    def _text(self, most: int) -> str:
        length = self._plain("Q")
        if length > most:
            raise _refused(self._path, "a text is longer than can be")
        self._skip(length)
        return self._data[self._at - length : self._at].decode("utf-8", "replace")

    def _skip(self, size: int) -> None:
        if size > len(self._data) - self._at:
            raise _refused(self._path, "it is cut short")
        self._at += size


def kv_bytes_a_token(header: GgufHeader) -> int:
    """Bytes of the key-value cache a token at 16 bits, from the header's numbers (0: unknown)."""
    layers, heads = header.number("block_count"), header.number("attention.head_count")
    heads_kv = header.number("attention.head_count_kv") or heads
    width = header.number("attention.key_length")
    if not width and heads:
        width = header.number("embedding_length") // heads
    return layers * heads_kv * width * 2 * 2


def memory_needed(header: GgufHeader, context_tokens: int) -> int:
    """Bytes of memory that the model takes with so long a context: weights, cache, working room."""
    return header.size + kv_bytes_a_token(header) * context_tokens + 500_000_000


def _refused(path: Path, why: str) -> PackFault:
    return PackFault(f"{path.name} cannot be used as a model: {why}.", "Get the file again.")

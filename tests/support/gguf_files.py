"""GGUF files made of a few bytes, for what reads their headers (format: ggml/docs/gguf.md)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

U32, U64, STRING, ARRAY = 4, 10, 8, 9


def text(value: str) -> bytes:
    """A GGUF string: length in 64 bits, then UTF-8."""
    raw = value.encode("utf-8")
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, value: Any) -> bytes:
    """One metadata pair: a text, a number, or a list of texts."""
    if isinstance(value, str):
        return text(key) + struct.pack("<I", STRING) + text(value)
    if isinstance(value, list):
        head = struct.pack("<IIQ", ARRAY, STRING, len(value))
        return text(key) + head + b"".join(map(text, value))
    return text(key) + struct.pack("<II", U32, value)


def gguf_bytes(metadata: dict[str, Any], *, weights: int = 64) -> bytes:
    """A file with one tensor of ``weights`` bytes of zeros."""
    pairs = b"".join(pair(key, value) for key, value in metadata.items())
    tensor = text("token_embd.weight") + struct.pack("<IQIQ", 1, weights // 4, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, len(metadata)) + pairs + tensor
    return head + b"\0" * (-len(head) % 32) + b"\0" * weights


#: What an installer wants to know of a small Llama.
LLAMA = {
    "general.architecture": "llama",
    "general.name": "Stand-in 1B Instruct",
    "general.license": "apache-2.0",
    "llama.context_length": 8192,
    "llama.block_count": 16,
    "llama.embedding_length": 2048,
    "llama.attention.head_count": 32,
    "llama.attention.head_count_kv": 8,
    "tokenizer.chat_template": "{% for m in messages %}{{ m['content'] }}{% endfor %}",
    "tokenizer.ggml.tokens": ["<s>", "lung", "heart"],
}


def write_gguf(path: Path, **changes: Any) -> Path:
    """The small Llama with some values changed."""
    path.write_bytes(gguf_bytes({**LLAMA, **changes}))
    return path

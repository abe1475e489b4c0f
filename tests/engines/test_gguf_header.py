"""The header of a GGUF file is held against its size before llama.cpp sees the file."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from gguf_files import LLAMA, gguf_bytes, pair, text, write_gguf
from hypothesis import given
from hypothesis import strategies as st

from radassist.engines.language.gguf import kv_bytes_a_token, memory_needed, read_header
from radassist.errors import PackFault

GOOD = gguf_bytes(LLAMA)


def refused(tmp_path: Path, raw: bytes) -> str:
    path = tmp_path / "bad.gguf"
    path.write_bytes(raw)
    with pytest.raises(PackFault) as fault:
        read_header(path)
    return str(fault.value)


def test_what_the_header_says(tmp_path: Path) -> None:
    header = read_header(write_gguf(tmp_path / "m.gguf"))
    assert header.architecture == "llama" and header.tensors == 1
    assert header.number("context_length") == 8192
    assert header.chat_template.startswith("{% for m in messages")
    assert header.metadata["tokenizer.ggml.tokens"] == 3  # a list is counted, not kept
    assert kv_bytes_a_token(header) == 16 * 8 * 64 * 2 * 2
    assert memory_needed(header, 4096) == header.size + 32_768 * 4096 + 500_000_000


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "too short"),
        (b"MZ" + GOOD[2:], "not a GGUF"),
        (GOOD[:4] + struct.pack("<I", 9) + GOOD[8:], "version 9"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 0), "more than a model holds"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1 << 60), "more than a model holds"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 1, 1, 1 << 62) + b"key", "longer than can be"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<IQ", 8, 9999), "cut"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<I", 77), "type 77"),
        (
            b"GGUF"
            + struct.pack("<IQQ", 3, 1, 1)
            + text("k")
            + struct.pack("<IIQ", 9, 10, 1 << 62),
            "longer than can be",
        ),
        (
            b"GGUF" + struct.pack("<IQQ", 3, 1, 1) + text("k") + struct.pack("<IIQ", 9, 9, 3),
            "list of lists",
        ),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 2) + pair("k", 1) + pair("k", 2), "twice"),
        (GOOD[: len(GOOD) // 2], "cut short"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path, raw: bytes, why: str) -> None:
    assert why in refused(tmp_path, raw)


def test_a_tensor_outside_the_file_is_refused(tmp_path: Path) -> None:
    place = GOOD.index(text("token_embd.weight")) + len(text("token_embd.weight"))
    shape = struct.pack("<IQIQ", 1, 16, 0, 1 << 40)
    assert "cut short" in refused(tmp_path, GOOD[:place] + shape + GOOD[place + len(shape) :])
    shape = struct.pack("<IQIQ", 7, 16, 0, 0)
    assert "7 axes" in refused(tmp_path, GOOD[:place] + shape + GOOD[place + len(shape) :])


@given(st.integers(0, len(GOOD) - 1), st.binary(min_size=1, max_size=12))
def test_changed_bytes_are_read_or_refused_but_never_a_defect(at: int, new: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed.gguf"
        path.write_bytes(GOOD[:at] + new + GOOD[at + len(new) :])
        try:
            header = read_header(path)
        except PackFault:
            return
        assert header.size == path.stat().st_size and header.tensors >= 1

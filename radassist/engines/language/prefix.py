"""What llama.cpp's memory holds, in pieces, so that the start of a prompt is evaluated once.

A prompt is evaluated in pieces whose borders follow from its tokens alone: a message ends, or
``PIECE`` tokens are full.  A piece is therefore always evaluated with the same arithmetic after the
same predecessors, and keeping it, restoring it from a stored state or evaluating it anew give the
same numbers: an answer does not depend on what was asked before.
"""

from __future__ import annotations

import ctypes
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from radassist.errors import EngineFault

#: Tokens of a piece.  llama.cpp looks at its abort flag between the operations of a batch, so a
#: cancel is heard within some milliseconds whatever the size.
PIECE = 256
#: States kept beside the live memory: how many, and how many bytes of them together.
KEPT_STATES = 6
KEPT_BYTES = 256 << 20

Piece = tuple[int, ...]


def pieces(segments: Sequence[Sequence[int]]) -> list[Piece]:
    """The pieces of a prompt given as segments that end where messages end."""
    return [
        tuple(segment[start : start + PIECE])
        for segment in segments
        for start in range(0, len(segment), PIECE)
    ]


class PrefixCache:
    """Brings a context's memory to a prompt, evaluating only what it does not hold yet.

    :param lib: the ``llama_cpp`` module.
    :param evaluate: evaluates tokens at a position; raises when it was stopped.
    :param whole_only: the model's memory cannot be cut (recurrent and hybrid models).
    """

    def __init__(
        self,
        lib: Any,
        context: Any,
        evaluate: Callable[[Sequence[int], int], None],
        *,
        whole_only: bool,
    ) -> None:
        self._lib, self._context, self._evaluate = lib, context, evaluate
        self._memory = lib.llama_get_memory(context)
        self._whole_only = whole_only
        self._live: list[Piece] = []
        self._states: OrderedDict[tuple[Piece, ...], bytes] = OrderedDict()

    def bring(self, wanted: Sequence[Piece], keep: Sequence[int]) -> int:
        """Memory holds exactly ``wanted``, with the logits of its last token.

        :param keep: after how many pieces a state is stored for later.
        :returns: how many tokens were not evaluated anew.
        """
        start = self._go_back(list(wanted))
        reused = sum(map(len, self._live))
        past = reused
        for number, piece in enumerate(wanted[start:], start + 1):
            self._evaluate(piece, past)
            self._live.append(piece)
            past += len(piece)
            if number in keep and number < len(wanted):
                self._store(tuple(wanted[:number]))
        return reused

    def cut(self, length: int) -> None:
        """Take what was decoded after position ``length`` out of memory."""
        if not self._lib.llama_memory_seq_rm(self._memory, 0, length, -1):
            raise EngineFault("The language engine lost the state of its prompt.")

    def _go_back(self, wanted: list[Piece]) -> int:
        """Memory holds a prefix of ``wanted`` that is not all of it; returns its pieces."""
        most = len(wanted) - 1
        common = 0
        while common < min(most, len(self._live)) and self._live[common] == wanted[common]:
            common += 1
        stored = max(
            (k for k in self._states if len(k) <= most and list(k) == wanted[: len(k)]),
            key=len,
            default=(),
        )
        if self._whole_only or len(stored) > common:
            self._live = []
            self._load(stored)
            self._live = list(stored)
            return len(stored)
        self._live = self._live[:common]
        self.cut(sum(map(len, self._live)))
        return common

    def _load(self, key: tuple[Piece, ...]) -> None:
        self._lib.llama_memory_clear(self._memory, True)
        if not key:
            return
        self._states.move_to_end(key)
        state = self._states[key]
        held = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if self._lib.llama_state_seq_set_data(self._context, held, len(state), 0) == 0:
            raise EngineFault("The language engine lost the state of its prompt.")

    def _store(self, key: tuple[Piece, ...]) -> None:
        if key in self._states:
            self._states.move_to_end(key)
            return
        size = self._lib.llama_state_seq_get_size(self._context, 0)
        if size > KEPT_BYTES:
            return
        buffer = (ctypes.c_uint8 * size)()
        self._lib.llama_state_seq_get_data(self._context, buffer, size, 0)
        self._states[key] = bytes(buffer)
        while len(self._states) > KEPT_STATES or self._bytes() > KEPT_BYTES:
            self._states.popitem(last=False)

    def _bytes(self) -> int:
        return sum(map(len, self._states.values()))

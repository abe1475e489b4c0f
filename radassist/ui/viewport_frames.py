"""Decoded frames for a pane: asked for in order of need, two at a time, held up to a limit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from radassist.domain.study import Frame
from radassist.errors import Fault
from radassist.ports import CancelToken, DecodedFrame, Progress
from radassist.ui.tasks import Task, Tasks
from radassist.viewer.cache import ByteCache, Levels, with_levels

Key = tuple[str, int]
Decode = Callable[[Frame], DecodedFrame]

#: Enough for a CT chest of 400 slices and some radiographs.
CACHE_BYTES = 512 * 1024 * 1024
#: As many as the lane has threads: a frame that is suddenly needed waits for one decode at most.
_AT_ONCE = 2


def key_of(frame: Frame) -> Key:
    """(SOPInstanceUID, 0-based frame), as vision results are keyed."""
    return frame.instance.sop_instance_uid, frame.frame


class FrameStore(QObject):
    """Cache and queue of decoded frames.

    ``arrived`` carries the key of a frame that was decoded or could not be.
    """

    arrived = Signal(object)

    def __init__(
        self, tasks: Tasks, decode: Decode, limit: int = CACHE_BYTES, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._decode = decode
        self._cache: ByteCache[Key, Levels] = ByteCache(limit)
        self._faults: dict[Key, str] = {}
        self._wishes: dict[object, list[Frame]] = {}
        self._running: dict[Key, Task] = {}

    def set_limit(self, limit: int) -> None:
        """Hold no more than so many bytes; what is held already goes when more comes."""
        self._cache.limit = limit

    def get(self, frame: Frame) -> Levels | None:
        """The decoded frame, if it is held."""
        return self._cache.get(key_of(frame))

    def fault(self, frame: Frame) -> str:
        """Why a frame cannot be shown, "" where nothing is known against it."""
        return self._faults.get(key_of(frame), "")

    def want(self, frames: Sequence[Frame], pane: object = None) -> None:
        """Say what a pane needs, most urgent first; what it does not want any more is dropped.

        Panes take turns.  No more than what fits the cache is fetched, so that prefetching never
        throws out a frame that is shown.
        """
        if frames:
            self._wishes[pane] = list(frames)
        else:
            self._wishes.pop(pane, None)
        self._pump()

    def _wish(self) -> list[Frame]:
        """What all panes need, in turns, as much as the cache holds."""
        share = int(self._cache.limit * 0.8) // max(1, len(self._wishes))
        parts = [w[: max(1, share // _estimated_bytes(w))] for w in self._wishes.values()]
        turns = itertools.zip_longest(*parts)
        return [frame for turn in turns for frame in turn if frame is not None]

    def retry(self) -> None:
        """Forget faults: a file may be readable again."""
        self._faults.clear()

    def drop_all(self, keep: Frame | None = None) -> None:
        """Forget everything but one frame, for another patient."""
        kept = self.get(keep) if keep is not None else None
        for task in self._running.values():
            task.cancel()
        self._running.clear()
        self._wishes.clear()
        self._cache.clear()
        self._faults.clear()
        if keep is not None and kept is not None:
            self._cache.put(key_of(keep), kept, kept.size)

    def _pump(self) -> None:
        for frame in self._wish():
            if len(self._running) >= _AT_ONCE:
                return
            key = key_of(frame)
            if key not in self._cache and key not in self._running and key not in self._faults:
                self._running[key] = self._ask(key, frame)

    def _ask(self, key: Key, frame: Frame) -> Task:
        def work(_progress: Progress, _cancel: CancelToken) -> Levels:
            return with_levels(self._decode(frame))

        def done(levels: Levels) -> None:
            if not isValid(self):  # the pane was closed meanwhile
                return
            self._running.pop(key, None)
            self._cache.put(key, levels, levels.size)
            self._settled(key)

        def failed(fault: Fault) -> None:
            if not isValid(self):
                return
            self._running.pop(key, None)
            self._faults[key] = fault.what
            self._settled(key)

        return self._tasks.run("decode", work, done, failed)

    def _settled(self, key: Key) -> None:
        self._pump()
        self.arrived.emit(key)


def _estimated_bytes(frames: Sequence[Frame]) -> int:
    """Bytes of one frame with its levels: two bytes a pixel (colour three) and a third on top."""
    first = frames[0].instance
    samples = 2 if first.photometric_interpretation.startswith("MONOCHROME") else 3
    return max(1, first.rows * first.columns * samples * 4 // 3)


def order_of_need(frames: Sequence[Frame], index: int, direction: int) -> list[Frame]:
    """All frames, the shown one first, then near ones; three ahead for each one behind.

    :param direction: of the last scroll: 1 or -1.
    """
    ahead = list(range(index + direction, len(frames) if direction > 0 else -1, direction))
    behind = list(range(index - direction, -1 if direction > 0 else len(frames), -direction))
    order = [index]
    while ahead or behind:
        order += ahead[:3] + behind[:1]
        del ahead[:3], behind[:1]
    return [frames[i] for i in order if 0 <= i < len(frames)]

"""Blocking work off the UI thread: lanes of worker threads, results as signals on the main thread.

A lane is a small pool: ``decode`` has two threads, ``engine`` (open, draft, chat) two, ``check``
one of its own so that a long draft never holds it up, and ``record`` (everything that writes to
the store) exactly one, so that acts are stored in the order in which they were done.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

from radassist.errors import Cancelled, EngineFault, Fault
from radassist.logs import kind_of, log, place_of
from radassist.ports import CancelToken, Progress

T = TypeVar("T")
Work = Callable[[Progress, CancelToken], T]

_LANES = {"decode": 2, "engine": 2, "check": 1, "record": 1}


class Task:
    """One piece of work that was asked for."""

    def __init__(self, number: int, lane: str, label: str) -> None:
        self.id = number
        self.lane = lane
        self.label = label
        self._stop = Event()

    def cancel(self) -> None:
        """Ask the work to stop and drop whatever it still answers."""
        self._stop.set()

    def cancelled(self) -> bool:
        """True once it was cancelled (this is the ``CancelToken`` of the work)."""
        return self._stop.is_set()


class Tasks(QObject):
    """Runs work in lanes; every callback is called on the main thread.

    ``started``, ``progressed`` and ``ended`` tell the status bar of labelled tasks.
    """

    started = Signal(object)
    progressed = Signal(object, float, str)
    ended = Signal(object)
    _finished = Signal(object, object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._numbers = itertools.count(1)
        self._pools = {
            lane: ThreadPoolExecutor(size, thread_name_prefix=f"radassist-{lane}")
            for lane, size in _LANES.items()
        }
        self._open: dict[int, Task] = {}
        self._closed = False
        self._finished.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(
        self,
        lane: str,
        work: Work[T],
        done: Callable[[T], None],
        failed: Callable[[Fault], None],
        label: str = "",
    ) -> Task:
        """Do ``work(progress, cancel)`` on a lane.

        :param done: gets the result, on the main thread, unless the task was cancelled.
        :param failed: gets the fault, on the main thread; a cancelled task answers nothing.
        :param label: shown in the status bar while it runs; empty for short work.
        """
        task = Task(next(self._numbers), lane, label)
        if self._closed:
            return task  # the window is closing: nobody is left to answer
        self._open[task.id] = task
        if label:
            self.started.emit(task)
        self._pools[lane].submit(self._work, task, work, done, failed)
        return task

    def busy(self) -> bool:
        """True while any task is waiting or running."""
        return bool(self._open)

    def shutdown(self) -> None:
        """Join all threads; nothing is delivered afterwards.

        Work under way is cancelled, but what was asked to be recorded is still recorded.
        """
        self._closed = True
        for task in list(self._open.values()):
            if task.lane != "record":
                task.cancel()
        for lane, pool in self._pools.items():
            pool.shutdown(wait=True, cancel_futures=lane != "record")
        self._open.clear()

    def _work(
        self, task: Task, work: Work[Any], done: Callable[[Any], None], failed: Callable[..., None]
    ) -> None:
        """On a worker thread."""

        def progress(fraction: float, text: str) -> None:
            if task.label:
                self.progressed.emit(task, fraction, text)

        if task.cancelled():
            self._finished.emit(task, None, None, None)
            return
        try:
            result = work(progress, task)
        except Cancelled:
            self._finished.emit(task, None, None, None)
        except Fault as fault:
            log("task.fault", logging.WARNING, lane=task.lane, fault=kind_of(fault))
            self._finished.emit(task, failed, fault, None)
        except Exception as error:  # noqa: BLE001 - a defect must reach the screen, without PHI
            where = place_of(error)
            place = {"place": where} if where else {}
            log("task.defect", logging.ERROR, lane=task.lane, fault=kind_of(error), **place)
            defect = EngineFault(
                f"A defect in radassist stopped this ({type(error).__name__}).",
                "What was accepted is stored; please report it.",
            )
            defect.__cause__ = error
            self._finished.emit(task, failed, defect, None)
        else:
            self._finished.emit(task, done, result, True)

    def _deliver(
        self, task: Task, callback: Callable[[Any], None] | None, value: Any, _: Any
    ) -> None:
        """On the main thread."""
        if self._open.pop(task.id, None) is None:
            return
        if task.label:
            self.ended.emit(task)
        if callback is not None and not task.cancelled():
            callback(value)

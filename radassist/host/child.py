"""What runs in the child of a ``Host``: guard first, then limits, then the engine."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from radassist import offline
from radassist.errors import Bug, Cancelled, Fault

#: Progress is for eyes: more than twenty messages a second only cost time.
_PROGRESS_EVERY_S = 0.05


@dataclass(frozen=True)
class Limits:
    """What the child may use.

    :param memory: address space in bytes (RLIMIT_AS), or None.
    """

    memory: int | None = None


class JobContext:
    """What an engine may ask and tell while it works on one request."""

    def __init__(self, worker: _Worker, request: int) -> None:
        self._worker, self._request = worker, request
        self._last = 0.0

    def progress(self, fraction: float, text: str) -> None:
        """Tell how far the work is: fraction in [0, 1], or -1 where the length is unknown."""
        now = time.monotonic()
        if now - self._last >= _PROGRESS_EVERY_S or fraction >= 1:
            self._last = now
            self._worker.send("progress", self._request, (float(fraction), text))

    def cancelled(self) -> bool:
        """True once the caller gave up or the deadline passed: raise Cancelled soon.

        An engine that ignores it for two seconds is killed.
        """
        return self._worker.stop_request == self._request

    def check(self) -> None:
        """:raises Cancelled: once ``cancelled`` is True."""
        if self.cancelled():
            raise Cancelled("The request was cancelled.")


class _Worker:
    """The child's two threads: this one reads, the main one works."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._send_lock = threading.Lock()
        self.requests: queue.SimpleQueue[tuple[int, bytes]] = queue.SimpleQueue()
        self.stop_request = 0

    def send(self, kind: str, number: int, body: Any) -> None:
        data = pickle.dumps((kind, number, body), protocol=5)
        try:
            with self._send_lock:
                self._connection.send_bytes(data)
        except OSError:
            os._exit(0)  # the parent is gone, and with it everybody who could want the answer

    def read(self) -> None:
        """Reader thread: requests go to the queue, cancels set the flag, end of file ends all."""
        try:
            while True:
                kind, number, data = pickle.loads(self._connection.recv_bytes())  # noqa: S301 parent
                if kind == "cancel":
                    self.stop_request = number
                else:
                    self.requests.put((number, data))
        except (EOFError, OSError):
            os._exit(0)  # also ends a native call that would never look at a flag

    def work(self, engine: Any) -> None:
        """Main thread: one request after the other, for ever."""
        while True:
            number, data = self.requests.get()
            try:
                method, payload = pickle.loads(data)  # noqa: S301  from the parent
                del data
                answer = engine.handle(method, payload, JobContext(self, number))
                self.send("result", number, answer)
                del answer, payload
            except Exception as error:  # noqa: BLE001  told to the parent, which raises it there
                self.send("fault", number, _describe(error))


def child_main(connection: Connection, factory: str, args: tuple[Any, ...], limits: Limits) -> None:
    """Entry point of the child process."""
    offline.install()
    sealed = offline.seal()
    _quiet()
    _limit(limits)
    worker = _Worker(connection)
    threading.Thread(target=worker.read, name="reader", daemon=True).start()
    try:
        engine = _resolve(factory)(*args)
    except Exception as error:  # noqa: BLE001  told to the parent, which raises it there
        worker.send("broken", 0, _describe(error))
        return
    worker.send("ready", 0, sealed)
    worker.work(engine)


def _resolve(factory: str) -> Any:
    module, _, attribute = factory.partition(":")
    if not attribute:
        raise Bug(f"factory {factory!r} is not package.module:callable")
    return getattr(importlib.import_module(module), attribute)


def _describe(error: Exception) -> tuple[Fault | None, str, str]:
    """(fault or None, exception type, trace): the type alone may be shown to a user."""
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, Fault):
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301  our own bytes
        except Exception:  # noqa: BLE001  a fault with state that cannot cross: only its type does
            return None, type(error).__name__, trace
        return error, type(error).__name__, trace
    return None, type(error).__name__, trace


def _quiet() -> None:
    """Native libraries print file names and header values: nothing of it reaches a terminal.

    ``RADASSIST_DEBUG`` leaves the child's standard error open.
    """
    streams = (1,) if os.environ.get("RADASSIST_DEBUG") else (1, 2)
    with contextlib.suppress(OSError):  # a windowed process on Windows has no standard streams
        null = os.open(os.devnull, os.O_RDWR)
        for stream in streams:
            os.dup2(null, stream)
        os.close(null)
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()


def _limit(limits: Limits) -> None:
    """No core dumps (they hold pixels), a memory ceiling, and no life after the parent."""
    with contextlib.suppress(ValueError):  # not the main thread of the main interpreter
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.memory is not None:
        resource.setrlimit(resource.RLIMIT_AS, (limits.memory, limits.memory))
    if sys.platform == "linux":
        _die_with_parent()


def _die_with_parent() -> None:
    """Ask Linux to kill this process when the parent's host thread ends (prctl(2))."""
    import ctypes
    import multiprocessing

    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid != os.getppid():
        os._exit(0)

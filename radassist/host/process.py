"""One engine in one child process, with request ids, progress, cancel and a deadline.

A hostile file or a crashed model costs a message, never the report: native decoders, onnxruntime
and llama.cpp live behind a ``Host``.  The child is started lazily with the ``spawn`` method (fork
is not safe beside Qt and native threads), does one request at a time, and is started again at the
next request after a crash.

One thread of the parent (the host thread) owns the child: it starts it, sends, receives, keeps
deadlines, kills and reaps.  Nothing else touches the process, so there is no state to lock but the
queue.  Linux's parent-death signal counts the thread that started a child as its parent, which is
one more reason to start it from a thread that lives as long as the child.
"""

from __future__ import annotations

import itertools
import multiprocessing
import multiprocessing.connection
import pickle
import sys
import threading
import time
import types
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Protocol

from radassist.errors import Bug, Cancelled, DeadlineExceeded, EngineFault, Fault
from radassist.host.child import JobContext, Limits, child_main

__all__ = ["Host", "JobContext"]

#: How long a child may ignore a cancel or a passed deadline before it is killed.
GRACE_S = 2.0
#: How often a blocked ``call`` asks its cancel token.
_POLL_S = 0.05
_EXIT_S = 2.0

Progress = Callable[[float, str], None]
Done = Callable[[Any], None]

_spawn_lock = threading.Lock()


class CancelToken(Protocol):
    """Asked often by long work; the same shape as ``radassist.ports.CancelToken``."""

    def cancelled(self) -> bool: ...


class ChildTraceback(Exception):
    """The trace of an unexpected error in the child, as text.

    It is the ``__cause__`` of the ``EngineFault`` that the user sees, so that ``--debug`` shows
    it; its text may hold protected health information and is never part of a message.
    """


@dataclass(eq=False)
class _Request:
    id: int
    data: bytes
    deadline_s: float
    done: Done
    progress: Progress | None
    cancelled: bool = False
    sent_at: float = 0.0
    stop_at: float = 0.0  # when the child is killed unless it answers; 0 while it may go on
    timed_out: bool = False


@dataclass(eq=False)
class _Child:
    process: Any
    connection: Connection
    pid: int | None
    started_at: float
    ready: bool = False


@dataclass(eq=False)
class _Outcome:
    """What a blocked ``call`` waits for."""

    event: threading.Event = field(default_factory=threading.Event)
    value: Any = None

    def set(self, value: Any) -> None:
        self.value = value
        self.event.set()


class Host:
    """One child process that runs one engine object.

    :param factory: ``package.module:callable``; called once in the child with ``args``; returns an
        object with ``handle(method: str, payload: Any, context: JobContext) -> Any``.
    :param args: arguments of the factory; they must pickle.
    :param name: what the engine is called in messages, such as ``image decoder``.
    :param memory_limit: address space of the child in bytes (RLIMIT_AS; Unix only), or None.
    :param start_s: seconds that starting the child and its factory may take.
    """

    def __init__(
        self,
        factory: str,
        *args: Any,
        name: str,
        memory_limit: int | None = None,
        start_s: float = 120.0,
    ) -> None:
        self._factory, self._args, self.name = factory, args, name
        self._limits = Limits(memory_limit)
        self._start_s = start_s
        self._lock = threading.Lock()
        self._queue: deque[_Request] = deque()
        self._numbers = itertools.count(1)
        self._thread: threading.Thread | None = None
        self._wake: tuple[Connection, Connection] | None = None
        self._woken = False
        self._closing = False
        self._sealed = ""
        self._child: _Child | None = None
        self._current: _Request | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the child, or None while there is none."""
        child = self._child
        return child.pid if child is not None else None

    @property
    def sealed(self) -> str:
        """What ``offline.seal`` said in the child that started last ("" before the first)."""
        return self._sealed

    def call(
        self,
        method: str,
        payload: Any,
        *,
        deadline_s: float,
        progress: Progress | None = None,
        cancel: CancelToken | None = None,
    ) -> Any:
        """Do one request and wait for its answer.

        The deadline counts from the moment the child takes the request: waiting behind other
        requests and starting the child do not eat it.

        :raises DeadlineExceeded: the child did not answer in time (and was killed if need be).
        :raises Cancelled: ``cancel`` said so.
        :raises EngineFault: the child crashed, or failed in a way it did not foresee.
        :raises Fault: whatever fault the engine raised.
        """
        if threading.current_thread() is self._thread:
            raise Bug("Host.call inside a done callback would wait for itself")
        outcome = _Outcome()
        stop = self.submit(
            method, payload, deadline_s=deadline_s, done=outcome.set, progress=progress
        )
        try:
            while not outcome.event.wait(_POLL_S if cancel is not None else None):
                if cancel is not None and cancel.cancelled():
                    stop()
                    outcome.event.wait()
        except BaseException:  # KeyboardInterrupt: nobody waits for this answer any more
            stop()
            raise
        if isinstance(outcome.value, Exception):
            raise outcome.value
        return outcome.value

    def submit(
        self,
        method: str,
        payload: Any,
        *,
        deadline_s: float,
        done: Done,
        progress: Progress | None = None,
    ) -> Callable[[], None]:
        """Queue one request; ``done`` gets the answer or the exception on the host thread.

        ``done`` is called exactly once, also after a cancel, a crash or ``close``.

        :returns: a function that cancels the request; harmless when it is over.
        :raises Bug: the host is closed.
        """
        data = pickle.dumps((method, payload), protocol=5)
        request = _Request(next(self._numbers), data, deadline_s, done, progress)
        with self._lock:
            if self._closing:
                raise Bug(f"the host of the {self.name} is closed")
            self._queue.append(request)
            self._ensure_thread()
        self._notify()

        def stop() -> None:
            request.cancelled = True
            self._notify()

        return stop

    def close(self) -> None:
        """Stop the child and the host thread; pending requests end as Cancelled.  Idempotent."""
        with self._lock:
            self._closing = True
            thread = self._thread
        self._notify()
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def __enter__(self) -> Host:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the callers' side -------------------------------------------------------------------

    def _ensure_thread(self) -> None:
        if self._thread is None:
            self._wake = multiprocessing.Pipe(duplex=False)
            self._thread = threading.Thread(target=self._run, name=f"host-{self.name}", daemon=True)
            self._thread.start()

    def _notify(self) -> None:
        with self._lock:
            if self._wake is not None and not self._woken:
                self._woken = True  # one byte at most in the pipe: it must never fill and block
                self._wake[1].send_bytes(b"!")

    # --- the host thread -----------------------------------------------------------------------

    def _run(self) -> None:
        assert self._wake is not None  # noqa: S101  set before the thread starts
        receiver = self._wake[0]
        while not self._closing:
            self._step()
            waiting: list[Any] = [receiver]
            child = self._child
            if child is not None:
                waiting += [child.connection, child.process.sentinel]
            ready = multiprocessing.connection.wait(waiting, self._patience())
            if receiver in ready:
                with self._lock:
                    receiver.recv_bytes()
                    self._woken = False
            if child is not None and len(ready) > (receiver in ready):
                self._receive(child)
        self._wind_down()

    def _step(self) -> None:
        """Everything that does not wait: queue, cancels, deadlines."""
        self._drop_cancelled()
        self._keep_time(time.monotonic())
        if self._current is None and self._queue:
            if self._child is None:
                self._start()
            elif self._child.ready:
                self._send_next(self._child)

    def _drop_cancelled(self) -> None:
        with self._lock:
            dropped = [r for r in self._queue if r.cancelled]
            for request in dropped:
                self._queue.remove(request)
        for request in dropped:
            self._finish(request, self._cancelled())

    def _keep_time(self, now: float) -> None:
        child, request = self._child, self._current
        if child is None:
            return
        if not child.ready and now > child.started_at + self._start_s:
            self._kill()
            self._fail_next(f"The {self.name} did not start within {self._start_s:g} s.")
            return
        if request is None:
            return
        if not request.stop_at:
            request.timed_out = now > request.sent_at + request.deadline_s
            if request.timed_out or request.cancelled:
                request.stop_at = now + GRACE_S
                self._send(child, ("cancel", request.id, b""))
        elif now > request.stop_at:
            self._kill()
            self._current = None
            self._finish(request, self._stopped(request))

    def _patience(self) -> float | None:
        """Seconds until something is due without a message, or None."""
        child, request = self._child, self._current
        if child is not None and not child.ready:
            due = child.started_at + self._start_s
        elif request is not None:
            due = request.stop_at or request.sent_at + request.deadline_s
        else:
            return None
        return max(0.0, due - time.monotonic()) + 0.001

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe(duplex=True)
        process = context.Process(
            target=child_main,
            args=(theirs, self._factory, self._args, self._limits),
            name=f"radassist-{self.name}",
            daemon=True,
        )
        try:
            _start_without_main(process)
        except OSError as error:
            ours.close()
            reason = error.strerror or type(error).__name__
            self._fail_next(f"The {self.name} could not be started ({reason}).")
            return
        finally:
            theirs.close()
        self._child = _Child(process, ours, process.pid, time.monotonic())

    def _send_next(self, child: _Child) -> None:
        with self._lock:
            if not self._queue:
                return
            request = self._queue.popleft()
        self._current = request
        request.sent_at = time.monotonic()
        self._send(child, ("request", request.id, request.data))
        request.data = b""

    def _send(self, child: _Child, message: tuple[str, int, bytes]) -> None:
        try:
            child.connection.send_bytes(pickle.dumps(message, protocol=5))
        except OSError:
            return  # the child is gone: the closed pipe wakes _receive, which says so

    def _receive(self, child: _Child) -> None:
        try:
            if not child.connection.poll():
                raise EOFError
            kind, number, body = pickle.loads(child.connection.recv_bytes())  # noqa: S301 our child
        except (EOFError, OSError):
            self._crashed()
            return
        request = self._current
        if kind == "ready":
            child.ready = True
            self._sealed = body
        elif kind == "broken":  # the factory failed; the child exits by itself
            self._kill()
            self._finish_next(_as_exception(self.name, body))
        elif request is not None and request.id == number:
            if kind == "progress":
                if request.progress is not None:
                    _guarded(request.progress, *body)
                return
            self._current = None
            self._finish(request, self._answer(request, kind, body))

    def _answer(self, request: _Request, kind: str, body: Any) -> Any:
        if kind == "result":  # an answer that came after all is not thrown away by the deadline
            return self._cancelled() if request.cancelled else body
        error = _as_exception(self.name, body)
        if request.stop_at and isinstance(error, Cancelled):
            return self._stopped(request)
        return error

    def _crashed(self) -> None:
        request = self._current
        self._current = None
        code = self._kill(_EXIT_S)  # its pipe closes a moment before its exit code is there
        fault = self._crash_fault(code)
        if request is not None:
            self._finish(request, self._stopped(request) if request.stop_at else fault)
        elif not self._closing:
            self._finish_next(fault)  # it died before it was ready: do not try for ever

    def _crash_fault(self, code: int | None) -> EngineFault:
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        return EngineFault(
            f"The {self.name} stopped unexpectedly ({how}).",
            "It is started again at the next use; nothing else was lost.",
        )

    def _kill(self, wait_s: float = 0.0) -> int | None:
        """Kill and reap the child, giving it ``wait_s`` to end by itself; returns its exit code."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.process.join(wait_s)
        if child.process.is_alive():
            child.process.kill()
            child.process.join()
        code: int | None = child.process.exitcode
        child.connection.close()
        child.process.close()
        return code

    def _wind_down(self) -> None:
        request, self._current = self._current, None
        child, self._child = self._child, None
        if child is not None:
            child.connection.close()  # end of file asks the child to exit
            child.process.join(0 if request is not None else _EXIT_S)
            if child.process.is_alive():
                child.process.kill()
            child.process.join()
            child.process.close()
        with self._lock:
            pending = ([request] if request is not None else []) + list(self._queue)
            self._queue.clear()
            assert self._wake is not None  # noqa: S101
            for end in self._wake:
                end.close()
            self._wake = None
        for left in pending:
            self._finish(left, self._cancelled())

    # --- endings -----------------------------------------------------------------------------

    def _finish(self, request: _Request, value: Any) -> None:
        _guarded(request.done, value)

    def _finish_next(self, value: Any) -> None:
        with self._lock:
            request = self._queue.popleft() if self._queue else None
        if request is not None:
            self._finish(request, value)

    def _fail_next(self, what: str) -> None:
        self._finish_next(EngineFault(what, "Close other programs and try again."))

    def _cancelled(self) -> Cancelled:
        return Cancelled(f"The request to the {self.name} was cancelled.")

    def _stopped(self, request: _Request) -> Fault:
        if not request.timed_out:
            return self._cancelled()
        return DeadlineExceeded(
            f"The {self.name} did not answer within {request.deadline_s:g} s and was stopped.",
            "Try again, or with a smaller input.",
        )


def _as_exception(name: str, body: tuple[Fault | None, str, str]) -> Exception:
    """(fault, exception type, trace) from the child, as what the caller sees."""
    fault, kind, trace = body
    if fault is None:
        fault = EngineFault(
            f"The {name} failed with {kind}.",
            "Run again with --debug to see where; nothing else was lost.",
        )
    if trace:
        fault.__cause__ = ChildTraceback("\n" + trace)
    return fault


def _guarded(function: Callable[..., None], *args: Any) -> None:
    """Call a caller's callback; its mistake is reported and must not take the host thread down."""
    try:
        function(*args)
    except Exception:  # noqa: BLE001  handed to threading.excepthook, which shows or fails it
        exc_type, value, trace = sys.exc_info()
        assert exc_type is not None  # noqa: S101
        thread = threading.current_thread()
        threading.excepthook(threading.ExceptHookArgs((exc_type, value, trace, thread)))


def _start_without_main(process: Any) -> None:
    """Start a spawned process that does not import the parent's ``__main__`` module.

    ``spawn`` runs the parent's main script again in the child, before the offline guard and for
    nothing (engines are named by ``factory``), and fails when that script is standard input.
    """
    with _spawn_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            process.start()
        finally:
            sys.modules["__main__"] = main

"""The host of child processes: answers, progress, cancel, deadline, crashes, nothing left over."""

from __future__ import annotations

import errno
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radassist.errors import (
    Bug,
    Cancelled,
    DeadlineExceeded,
    EngineFault,
    InputFault,
    NetworkRefused,
)
from radassist.host.process import ChildTraceback, Host

HERE = Path(__file__).parent
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="a Linux mechanism")


@pytest.fixture(autouse=True)
def engines_importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(HERE))


@pytest.fixture
def host() -> Iterator[Host]:
    with Host("host_engines:make", name="test engine") as made:
        yield made


class Flag:
    """A cancel token that a progress message sets off."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def cancelled(self) -> bool:
        return self.event.is_set()


class Collector:
    """Collects ``done`` values and lets a test wait for a number of them."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._condition = threading.Condition()

    def __call__(self, value: Any) -> None:
        with self._condition:
            self.values.append(value)
            self._condition.notify_all()

    def wait(self, count: int) -> list[Any]:
        with self._condition:
            assert self._condition.wait_for(lambda: len(self.values) >= count, 30)
        return self.values


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/status")
    return not (status.exists() and "State:\tZ" in status.read_text())


def wait_until(true: Callable[[], bool], limit: float = 10.0) -> None:
    end = time.monotonic() + limit
    while not true():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.01)


def test_starts_lazily_and_keeps_its_state(host: Host) -> None:
    assert host.pid is None
    assert [host.call("counted", None, deadline_s=30) for _ in range(3)] == [1, 2, 3]
    assert host.pid == host.call("pid", None, deadline_s=30) != os.getpid()


def test_factory_arguments() -> None:
    with Host("host_engines:make", 40, name="test engine") as host:
        assert host.call("counted", None, deadline_s=30) == 41


def test_large_arrays_cross_unchanged(host: Host) -> None:
    sent = np.arange(8_000_000, dtype=np.float32).reshape(2000, 4000)
    got = host.call("double", sent, deadline_s=30)
    assert got.dtype == np.float32
    assert np.array_equal(got, sent * 2)


def test_progress_arrives_in_order(host: Host) -> None:
    seen: list[tuple[float, str]] = []
    answer = host.call(
        "steps", 3, deadline_s=30, progress=lambda fraction, text: seen.append((fraction, text))
    )
    assert answer == "done"
    assert seen == [(1 / 3, "step 1"), (2 / 3, "step 2"), (1.0, "step 3")]


def test_cancel_is_cooperative_and_keeps_the_child(host: Host) -> None:
    flag, pid = Flag(), host.call("pid", None, deadline_s=30)
    with pytest.raises(Cancelled):
        host.call("patient", 60, deadline_s=90, cancel=flag, progress=lambda *_: flag.event.set())
    assert host.call("pid", None, deadline_s=30) == pid


@pytest.mark.parametrize("method", ["deaf", "hold_gil"])
def test_a_child_that_ignores_cancel_is_killed(host: Host, method: str) -> None:
    flag, pid = Flag(), host.call("pid", None, deadline_s=30)
    start = time.monotonic()
    with pytest.raises(Cancelled):
        host.call(method, 60, deadline_s=90, cancel=flag, progress=lambda *_: flag.event.set())
    assert 1.5 < time.monotonic() - start < 30  # it would go on for 60
    assert not alive(pid)
    assert host.call("echo", "again", deadline_s=30) == "again"


def test_deadline_of_a_cooperative_engine(host: Host) -> None:
    pid = host.call("pid", None, deadline_s=30)
    with pytest.raises(DeadlineExceeded, match=r"did not answer within 0\.2 s"):
        host.call("patient", 60, deadline_s=0.2)
    assert host.call("pid", None, deadline_s=30) == pid


def test_deadline_of_a_stuck_engine_kills_it_and_the_next_request_is_served(host: Host) -> None:
    pid = host.call("pid", None, deadline_s=30)
    done = Collector()
    host.submit("deaf", 60, deadline_s=0.2, done=done)
    host.submit("echo", "next", deadline_s=30, done=done)
    first, second = done.wait(2)
    assert isinstance(first, DeadlineExceeded)
    assert second == "next"
    assert not alive(pid)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        pytest.param("segfault", "signal 11", marks=LINUX),
        pytest.param("kill", "signal 9", marks=LINUX),
        ("exit", "exit code 7"),
    ],
)
def test_a_crash_costs_a_message_and_the_next_call_works(host: Host, how: str, said: str) -> None:
    with pytest.raises(EngineFault) as caught:
        host.call("crash", how, deadline_s=30)
    assert caught.value.what == f"The test engine stopped unexpectedly ({said})."
    assert caught.value.next_step
    assert host.call("counted", None, deadline_s=30) == 1  # a fresh engine


def test_requests_behind_a_crash_are_served_by_the_next_child(host: Host) -> None:
    done = Collector()
    host.submit("crash", "exit", deadline_s=30, done=done)
    for number in range(3):
        host.submit("echo", number, deadline_s=30, done=done)
    values = done.wait(4)
    assert isinstance(values[0], EngineFault)
    assert values[1:] == [0, 1, 2]


@LINUX
def test_a_child_killed_from_outside_while_idle_is_replaced(host: Host) -> None:
    pid = host.call("pid", None, deadline_s=30)
    os.kill(pid, 9)
    wait_until(lambda: host.pid != pid)
    assert host.call("pid", None, deadline_s=30) != pid


def test_faults_cross_with_both_sentences(host: Host) -> None:
    with pytest.raises(InputFault) as caught:
        host.call("fault", None, deadline_s=30)
    assert (caught.value.what, caught.value.next_step) == (
        "The file is truncated.",
        "Export it again.",
    )


def test_unexpected_errors_are_named_by_type_only(host: Host) -> None:
    with pytest.raises(EngineFault) as caught:
        host.call("surprise", "DOE^JANE", deadline_s=30)
    assert "ValueError" in str(caught.value)
    assert "DOE" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ChildTraceback)
    assert "DOE^JANE" in str(caught.value.__cause__)  # for --debug


def test_an_answer_that_cannot_be_pickled_is_an_engine_fault(host: Host) -> None:
    with pytest.raises(EngineFault, match="test engine failed with"):
        host.call("unpicklable", None, deadline_s=30)
    assert host.call("echo", 1, deadline_s=30) == 1


def test_a_payload_that_cannot_be_pickled_is_told_to_the_caller(host: Host) -> None:
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        host.call("echo", lambda: None, deadline_s=30)


def test_a_factory_that_refuses_tells_why_each_time() -> None:
    with Host("host_engines:refuse", name="test engine") as host:
        for _ in range(2):
            with pytest.raises(InputFault, match=r"There is no model\. Install one\."):
                host.call("echo", 1, deadline_s=30)


def test_a_factory_that_dies_fails_one_request_each() -> None:
    with Host("host_engines:dies", name="test engine") as host:
        for _ in range(2):
            with pytest.raises(EngineFault, match="exit code 3"):
                host.call("echo", 1, deadline_s=30)


def test_a_factory_that_never_ends_has_a_limit() -> None:
    with (
        Host("host_engines:stuck", name="test engine", start_s=1.0) as host,
        pytest.raises(EngineFault, match="did not start within 1 s"),
    ):
        host.call("echo", 1, deadline_s=30)


def test_an_unknown_factory_is_an_engine_fault() -> None:
    with (
        Host("no_such_module:make", name="test engine") as host,
        pytest.raises(EngineFault, match="ModuleNotFoundError"),
    ):
        host.call("echo", 1, deadline_s=30)


@LINUX
def test_memory_limit() -> None:
    limit = 2 << 30
    with Host("host_engines:make", name="test engine", memory_limit=limit) as host:
        with pytest.raises(EngineFault, match="MemoryError"):
            host.call("allocate", 3 << 30, deadline_s=30)
        assert host.call("allocate", 1 << 20, deadline_s=30) == 1 << 20


def test_cancelling_a_queued_request(host: Host) -> None:
    done, flag = Collector(), Flag()
    stop_first = host.submit(
        "patient", 60, deadline_s=90, done=done, progress=lambda *_: flag.event.set()
    )
    stop_second = host.submit("echo", "never", deadline_s=30, done=done)
    assert flag.event.wait(30)
    stop_second()
    assert isinstance(done.wait(1)[0], Cancelled)
    stop_first()
    assert isinstance(done.wait(2)[1], Cancelled)
    stop_first()  # over already: harmless
    assert host.call("echo", "after", deadline_s=30) == "after"


def test_call_from_a_callback_is_a_bug(host: Host) -> None:
    caught = Collector()

    def callback(_: Any) -> None:
        try:
            host.call("echo", 1, deadline_s=30)
        except Bug as bug:
            caught(bug)

    host.submit("echo", 0, deadline_s=30, done=callback)
    assert isinstance(caught.wait(1)[0], Bug)


def test_a_callback_that_raises_is_reported_and_does_not_stop_the_host(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported = Collector()
    monkeypatch.setattr(threading, "excepthook", lambda args: reported(args.exc_type))

    def callback(_: Any) -> None:
        raise RuntimeError("ours")

    host.submit("echo", 0, deadline_s=30, done=callback)
    assert reported.wait(1) == [RuntimeError]
    assert host.call("echo", 1, deadline_s=30) == 1


def test_many_submits_while_a_callback_is_slow(host: Host) -> None:
    """The wake-up pipe must not fill: 20,000 requests are queued while the host thread is busy."""
    done, gate = Collector(), threading.Event()

    def slow(_: Any) -> None:
        assert gate.wait(60)

    host.submit("echo", 0, deadline_s=30, done=slow)
    stops = [host.submit("echo", n, deadline_s=30, done=done) for n in range(20_000)]
    for stop in stops[5:]:
        stop()
    gate.set()
    values = done.wait(20_000)
    assert [v for v in values if not isinstance(v, Cancelled)] == [0, 1, 2, 3, 4]


def test_close_ends_everything_and_leaves_nothing() -> None:
    threads = set(threading.enumerate())
    fds = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    done = Collector()
    host = Host("host_engines:make", name="test engine")
    pid = host.call("pid", None, deadline_s=30)
    started = threading.Event()
    host.submit("deaf", 60, deadline_s=90, done=done, progress=lambda *_: started.set())
    host.submit("echo", 1, deadline_s=30, done=done)
    assert started.wait(30)
    host.close()
    host.close()
    assert [type(v) for v in done.values] == [Cancelled, Cancelled]
    assert set(threading.enumerate()) == threads
    assert not alive(pid)
    if sys.platform == "linux":
        # The resource tracker of multiprocessing may have opened one pipe of its own.
        assert len(list(Path("/proc/self/fd").iterdir())) <= fds + 1
    with pytest.raises(Bug):
        host.call("echo", 1, deadline_s=30)


def test_native_output_is_silenced(tmp_path: Path) -> None:
    code = (
        "from radassist.host.process import Host\n"
        "with Host('host_engines:make', name='e') as h:\n"
        "    h.call('noise', 'DOE^JANE', deadline_s=30)\n"
    )
    done = run_python(["-c", code])
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_works_from_standard_input_and_without_a_main_guard(tmp_path: Path) -> None:
    code = (
        "from radassist.host.process import Host\n"
        "h = Host('host_engines:make', name='e')\n"
        "print(h.call('echo', 5, deadline_s=30))\n"
        "h.close()\n"
    )
    assert run_python(["-"], stdin=code).stdout == "5\n"
    script = tmp_path / "script.py"
    script.write_text(code)
    assert run_python([str(script)]).stdout == "5\n"


def test_a_program_that_forgets_to_close_still_ends() -> None:
    code = (
        "from radassist.host.process import Host\n"
        "h = Host('host_engines:make', name='e')\n"
        "print(h.call('pid', None, deadline_s=30))\n"
    )
    done = run_python(["-c", code])
    assert done.returncode == 0, done.stderr
    wait_until(lambda: not alive(int(done.stdout)))


@LINUX
@pytest.mark.parametrize("method", ["patient", "hold_gil"])
def test_the_child_dies_with_its_parent(method: str) -> None:
    code = (
        "import sys\n"
        "from radassist.host.process import Host\n"
        "h = Host('host_engines:make', name='e')\n"
        "pid = h.call('pid', None, deadline_s=30)\n"
        "say = lambda *_: print(pid, flush=True)\n"
        f"h.call('{method}', 60, deadline_s=90, progress=say)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=environment()
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert alive(child)
        parent.kill()
        parent.wait()
        wait_until(lambda: not alive(child))


@LINUX
def test_the_child_is_guarded_and_limited(host: Host) -> None:
    limits = host.call("limits", None, deadline_s=30)
    assert limits["core"] == (0, 0)
    assert limits["guard"]["guard"] == "on"
    assert limits["main"] is None  # the parent's main script was not run again
    with pytest.raises(NetworkRefused):
        host.call("connect", ("192.0.2.1", 80), deadline_s=30)


@LINUX
def test_the_kernel_refuses_native_sockets_in_the_child(host: Host) -> None:
    af_unix, af_inet, af_inet6, af_packet = 1, 2, 10, 17
    assert host.call("native_socket", af_unix, deadline_s=30) == 0
    if host.sealed != "seccomp":
        pytest.skip(f"this kernel gives no seal: {host.sealed}")
    for family in (af_inet, af_inet6, af_packet):
        assert host.call("native_socket", family, deadline_s=30) == errno.EACCES


def environment() -> dict[str, str]:
    root = HERE.parent.parent
    return {**os.environ, "PYTHONPATH": f"{HERE}{os.pathsep}{root}"}


def run_python(arguments: list[str], stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=False,
    )

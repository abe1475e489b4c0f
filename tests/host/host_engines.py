"""Engines that misbehave on request, run in the child by tests/host/test_process.py."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import time
from typing import Any

import numpy as np

from radassist import offline
from radassist.errors import InputFault
from radassist.host.process import JobContext


class Engine:
    """One method a way to go right or wrong."""

    def __init__(self, start: int = 0) -> None:
        self.count = start

    def handle(self, method: str, payload: Any, context: JobContext) -> Any:
        return getattr(self, method)(payload, context)

    def echo(self, payload: Any, context: JobContext) -> Any:
        self.count += 1
        return payload

    def counted(self, payload: Any, context: JobContext) -> int:
        self.count += 1
        return self.count

    def pid(self, payload: Any, context: JobContext) -> int:
        return os.getpid()

    def double(self, payload: Any, context: JobContext) -> Any:
        return np.asarray(payload) * 2

    def steps(self, payload: int, context: JobContext) -> str:
        for step in range(payload):
            time.sleep(0.06)  # progress is thinned to one message in 50 ms
            context.progress((step + 1) / payload, f"step {step + 1}")
        return "done"

    def patient(self, payload: float, context: JobContext) -> str:
        context.progress(-1, "waiting")
        end = time.monotonic() + payload
        while time.monotonic() < end:
            context.check()
            time.sleep(0.01)
        return "waited"

    def deaf(self, payload: float, context: JobContext) -> None:
        context.progress(-1, "deaf")
        time.sleep(payload)

    def hold_gil(self, payload: float, context: JobContext) -> None:
        context.progress(-1, "holding")
        ctypes.PyDLL(None).sleep(int(payload))  # PyDLL keeps the interpreter lock

    def crash(self, payload: str, context: JobContext) -> None:
        if payload == "segfault":
            ctypes.string_at(0)
        elif payload == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(7)

    def fault(self, payload: Any, context: JobContext) -> None:
        raise InputFault("The file is truncated.", "Export it again.")

    def surprise(self, payload: str, context: JobContext) -> None:
        raise ValueError(payload)

    def allocate(self, payload: int, context: JobContext) -> int:
        return len(bytearray(payload))

    def unpicklable(self, payload: Any, context: JobContext) -> Any:
        return lambda: None

    def noise(self, payload: str, context: JobContext) -> None:
        print(payload)
        print(payload, file=sys.stderr)
        os.write(1, payload.encode())
        os.write(2, payload.encode())

    def limits(self, payload: Any, context: JobContext) -> dict[str, Any]:
        import resource

        return {
            "core": resource.getrlimit(resource.RLIMIT_CORE),
            "guard": offline.probe(),
            "main": getattr(sys.modules["__main__"], "__file__", None),
        }

    def connect(self, payload: tuple[str, int], context: JobContext) -> None:
        socket.create_connection(payload, timeout=1)

    def native_socket(self, payload: int, context: JobContext) -> int:
        libc = ctypes.CDLL(None, use_errno=True)
        fd = libc.socket(payload, socket.SOCK_STREAM, 0)
        if fd >= 0:
            os.close(fd)
            return 0
        return ctypes.get_errno()


def make(start: int = 0) -> Engine:
    return Engine(start)


def refuse() -> Engine:
    raise InputFault("There is no model.", "Install one.")


def stuck() -> Engine:
    time.sleep(60)
    return Engine()


def dies() -> Engine:
    os._exit(3)

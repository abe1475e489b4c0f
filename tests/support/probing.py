"""Feeds files to ``dicom_probe`` one by one and starts it anew when a file kills or stops it."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SECONDS = 15.0
MEBIBYTES = 2048.0
_PROBE = Path(__file__).with_name("dicom_probe.py")


@dataclass(frozen=True)
class Outcome:
    """What one file did to the probe.

    :param what: ``decoded``, ``companion``, ``directory``, ``refused``, ``fault: ...``,
        ``memory``, ``crash`` or ``hang``.
    :param peak: greatest resident size in MiB; after a fresh start it is this file's own.
    """

    name: str
    what: str
    seconds: float
    peak: float

    @property
    def within_bounds(self) -> bool:
        """True for no crash, no hang and no more memory than allowed."""
        bad = self.what in ("crash", "hang", "memory")
        return not bad and self.seconds <= SECONDS and self.peak <= MEBIBYTES


class Probe:
    """One probe process at a time; a context manager."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[str] | None = None

    def __enter__(self) -> Probe:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def read(self, path: Path, *, fresh: bool = False) -> Outcome:
        """Feed one file; ``fresh`` for a process of its own, so that the peak is the file's."""
        if fresh:
            self._end()
        child = self._child or self._start()
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(f"{path}\n")
        child.stdin.flush()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)
            # Twice: the process itself may need long to start on a busy machine.
            if not waiting.select(2 * SECONDS):
                self._end()
                return Outcome(path.name, "hang", 2 * SECONDS, 0.0)
        line = child.stdout.readline()
        if not line:
            self._end()
            return Outcome(path.name, "crash", 0.0, 0.0)
        found = json.loads(line)
        return Outcome(path.name, found["outcome"], found["seconds"], found["peak"])

    def _start(self) -> subprocess.Popen[str]:
        root = str(_PROBE.parents[2])
        self._child = subprocess.Popen(
            [sys.executable, str(_PROBE)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "PYTHONPATH": root},
        )  # fmt: skip
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.wait()
            for stream in (child.stdin, child.stdout):
                if stream is not None:
                    stream.close()

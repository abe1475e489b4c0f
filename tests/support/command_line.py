"""Running ``radassist`` as a user does: the installed command, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROGRAM = Path(sys.executable).parent / "radassist"
#: Nothing here takes this long on two cores; a command that hangs must not hang the test run.
TIMEOUT_S = 300.0


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def lines(self) -> list[Any]:
        """Standard output as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def sentence(self) -> str:
        """The one sentence that a refusal says: no more, no trace, with its full stop."""
        said = self.err.strip().splitlines()
        assert len(said) == 1, f"expected one line on standard error:\n{self.err}"
        assert said[0].startswith("radassist: "), said[0]
        assert said[0].endswith("."), said[0]
        assert "Traceback" not in self.out + self.err
        return said[0]


@dataclass(frozen=True)
class CommandLine:
    """The command with a home of its own.

    :param env: what its processes see beyond the environment of the test.
    :param prefix: words before the command, such as a wrapper that takes the network away.
    """

    env: Mapping[str, str]
    prefix: tuple[str, ...] = field(default=())

    def __call__(self, *arguments: object, timeout_s: float = TIMEOUT_S) -> Ran:
        """Run to the end, with what it prints."""
        done = subprocess.run(
            self.words(*arguments),
            capture_output=True,
            env=self.environment(),
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        out, err = done.stdout.decode("utf-8"), done.stderr.decode("utf-8")
        return Ran(done.returncode, out, err)

    def words(self, *arguments: object) -> list[str]:
        """The command's words."""
        return [*self.prefix, str(PROGRAM), *(str(a) for a in arguments)]

    def environment(self) -> dict[str, str]:
        """Everything that the command sees of the environment."""
        plain = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
        return {**plain, "QT_QPA_PLATFORM": "offscreen", **self.env}


def statements(report: dict[str, Any]) -> list[dict[str, Any]]:
    """All statements of a report.json, in reading order."""
    return [s for section in report["sections"] for s in section["statements"]]

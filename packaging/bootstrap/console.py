"""Words to the person who waits: short lines with the time, and one log that holds the rest."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

#: Seconds between two lines of news while a long step runs.
NEWS_EVERY_S = 15.0


class StepFailed(Exception):
    """A step cannot be done.  ``str()`` is one sentence with what to do next."""


class Console:
    """Prints lines with the seconds since the start, and keeps the log of every command.

    :param log: file that gets the output of the commands; its folder is made.
    :param news: asked while a command runs; what it returns is printed beside the step's name.
    """

    def __init__(self, log: Path, news: Callable[[], str] = lambda: "") -> None:
        self.log = log
        self.news = news
        self._start = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("", encoding="utf-8")

    def say(self, text: str) -> None:
        """One line for the person who waits."""
        print(f"[{time.monotonic() - self._start:5.0f} s] {text}", flush=True)

    def run(
        self,
        title: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        next_step: str = "",
    ) -> None:
        """Run one command with its output in the log.

        :raises StepFailed: it ended with an error; its last lines are printed first.
        """
        self.say(f"{title} …")
        words = [str(word) for word in command]
        with self.log.open("ab") as sink:
            sink.write(f"\n$ {' '.join(words)}\n".encode())
            sink.flush()
            process = subprocess.Popen(
                words, stdout=sink, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=env
            )
            code = self._wait(process, title)
        if code != 0:
            print(tail(self.log, 15), file=sys.stderr, flush=True)
            raise StepFailed(f"{title}: failed (the log is {self.log}). {next_step}".strip())

    def _wait(self, process: subprocess.Popen[bytes], title: str) -> int:
        while True:
            try:
                return process.wait(timeout=NEWS_EVERY_S)
            except subprocess.TimeoutExpired:
                news = self.news()
                self.say(f"{title} … still going{f'; {news}' if news else ''}")
            except BaseException:
                process.terminate()
                process.wait()
                raise


def tail(path: Path, lines: int, reach: int = 1 << 20) -> str:
    """The last lines of a text file, of its last ``reach`` bytes; empty when there is none."""
    if not path.exists():
        return ""
    with path.open("rb") as source:
        source.seek(max(0, path.stat().st_size - reach))
        text = source.read().decode("utf-8", "replace")
    return "\n".join(text.splitlines()[-lines:])

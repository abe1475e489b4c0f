"""A child process that reads files as the decoder's worker does, and tells time and memory.

    python dicom_probe.py < paths

For every path one JSON line comes back: what came of it, seconds, and the greatest resident size
of the process so far in MiB.  It is the unguarded code: a crash here is a crash of the worker.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from radassist.dicom.content import read_content
from radassist.dicom.fileformat import tolerant
from radassist.dicom.header import DirectoryHeader, ImageHeader
from radassist.dicom.headers import read_header
from radassist.dicom.pixels import decode_frame
from radassist.domain.companions import Companion
from radassist.domain.study import RejectedFile
from radassist.errors import Fault

#: Address space: what grows beyond it gets a MemoryError instead of the whole machine.
_LIMIT = 6 * 1024**3


def probe(path: Path) -> str:
    """What comes of one file, in a word or two."""
    header = read_header(path)
    if isinstance(header, RejectedFile):
        assert header.reason.endswith(".")
        return "refused"
    if isinstance(header, DirectoryHeader):
        return "directory"
    if isinstance(header, Companion):
        read_content(header)
        return "companion" if not header.rows else _decoded(path, header.number_of_frames)
    assert isinstance(header, ImageHeader)
    return _decoded(path, len(header.frames))


def _decoded(path: Path, frames: int) -> str:
    for index in sorted({0, frames - 1}):
        decoded = decode_frame(path, index)
        assert decoded.pixels.ndim in (2, 3)
    return "decoded"


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_LIMIT, _LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tolerant():
        for line in sys.stdin:
            started = time.monotonic()
            try:
                outcome = probe(Path(line.rstrip("\n")))
            except Fault as fault:
                outcome = f"fault: {fault.what}"
            except MemoryError:
                outcome = "memory"
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            seconds = time.monotonic() - started
            print(json.dumps({"outcome": outcome, "seconds": seconds, "peak": peak}), flush=True)


if __name__ == "__main__":
    main()

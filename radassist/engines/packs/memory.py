"""How much memory this machine has, and how much of it is free."""

from __future__ import annotations

import os
from pathlib import Path


def available_memory() -> int | None:
    """Bytes that can be used without swapping (Linux: MemAvailable), None where unknown."""
    try:
        return _meminfo("MemAvailable")
    except (OSError, StopIteration, ValueError, IndexError):
        pass  # not Linux
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def total_memory() -> int | None:
    """Bytes of memory of this machine, None where that cannot be told."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def _meminfo(name: str) -> int:
    """A line of /proc/meminfo (proc(5)) in bytes."""
    text = Path("/proc/meminfo").read_text("ascii")
    line = next(line for line in text.splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024

"""What ``doctor`` tries in a child process: libraries whose loading may crash the process.

A wheel built for another processor dies with an illegal instruction, a missing system library with
a loader error: in a child that costs one line of the doctor's answer.
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.metadata
from typing import Any

from radassist import offline
from radassist.errors import Bug
from radassist.host.process import JobContext


class Prober:
    """Loads what it is told to load."""

    def handle(self, method: str, payload: Any, context: JobContext) -> Any:
        """``module`` and ``library`` give "" or the reason; ``guard`` gives the guard's probe;
        ``offload`` tells whether llama.cpp was built for a graphics card and sees one."""
        match method:
            case "module":
                return _why_not_imported(str(payload))
            case "library":
                return _why_not_loaded(str(payload))
            case "offload":
                return _offloads()
            case "guard":
                return offline.probe()
        raise Bug(f"the prober has no method {method!r}")


def create() -> Prober:
    """Factory for ``radassist.host.process.Host``."""
    return Prober()


def _offloads() -> bool:
    import llama_cpp

    return bool(llama_cpp.llama_supports_gpu_offload())


def _why_not_imported(name: str) -> str:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError as error:
        return f"the Python package {error.name} is not installed"
    except (ImportError, OSError) as error:
        return f"it does not load: {_first_line(error)}"
    return ""


def _why_not_loaded(name: str) -> str:
    try:
        ctypes.CDLL(name)
    except OSError as error:
        return _first_line(error)
    return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:160]

"""Loads the processor's part of llama.cpp, where that is a library of its own.

A package holds it once for each generation of processors (``packaging/bootstrap/portable.py``);
ggml asks each what it needs and takes the best that runs.  It is told the folder: by itself it
would also look into the current one, where anybody may have put a library.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path
from typing import Any

from radassist.errors import PackFault
from radassist.library.installation import mend_installation


def shared_ggml(libllama: Any, libggml: Any) -> Any:
    """The ggml that llama.cpp itself uses, of the two that a wheel may hold.

    Wheels have no links, so ``libggml.so`` and ``libggml.so.0`` are two files, and the loader takes
    them for two libraries, each with a registry of its own.  What is asked of ``libllama`` is
    looked up in the one that it is linked with; Windows looks up in the library alone, and has one.

    :param libllama: llama.cpp's library, loaded by ctypes.
    :param libggml: the library that llama-cpp-python loads for ggml.
    """
    return libllama if hasattr(libllama, "ggml_backend_reg_count") else libggml


def load_backends(ggml: Any, folder: Path) -> None:
    """Make the processor's part ready; does nothing where it is built in.

    :param ggml: as ``shared_ggml`` gives it.
    :param folder: where the libraries of the package lie.
    :raises PackFault: none of them runs on this processor.
    """
    ggml.ggml_backend_reg_count.restype = ctypes.c_size_t
    if ggml.ggml_backend_reg_count():
        return
    os.environ.pop("GGML_BACKEND_PATH", None)  # names a library that would be loaded as well
    ggml.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    ggml.ggml_backend_load_all_from_path.restype = None
    ggml.ggml_backend_load_all_from_path(os.fsencode(folder))
    if not ggml.ggml_backend_reg_count():
        raise PackFault(
            "The language engine has no part that runs on this processor.",
            f"{mend_installation()} It needs a 64-bit Intel, AMD or ARM processor.",
        )

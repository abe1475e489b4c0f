"""The language model's engine for a package: for any x86-64 or arm64 machine, not for this one.

llama.cpp is built with ``GGML_BACKEND_DL`` and ``GGML_CPU_ALL_VARIANTS``: the processor's part is a
library of its own for each generation of processors, and the engine loads the best one that runs
(``radassist.engines.language.backends``).  Of the fourteen for x86 the eight are built that differ
in speed on machines that are still in use; the one for Intel AMX is never built, because in virtual
machines that advertise AMX its first instruction ends the process.

The source is unpacked to a fixed place inside the build's folder and that folder is mapped to ``.``
in what the compiler writes, so that no path of the building machine is left in the libraries.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

from bootstrap.console import StepFailed
from bootstrap.wheel import LOCK, WheelCache, cache_home, logged

OPTIONS = " ".join(
    [
        "-DGGML_NATIVE=OFF",
        "-DGGML_BACKEND_DL=ON",
        "-DGGML_CPU_ALL_VARIANTS=ON",
        *(f"-DCMAKE_INSTALL_{kind}DIR=llama_cpp/lib" for kind in ("BIN", "LIB")),
        "-DCMAKE_INSTALL_INCLUDEDIR=llama_cpp/include",
        "-DLLAMA_OPENSSL=OFF",
        "-DLLAMA_BUILD_TOOLS=OFF",
        "-DLLAVA_BUILD=OFF",
        "-DMTMD_BUILD=OFF",
    ]
)
#: x86 variants that are not built, and what is built runs on the same processors.
UNBUILT = ("sse42", "ivybridge", "piledriver", "cannonlake", "cooperlake", "sapphirerapids")
_UNBUILT = re.compile(
    rf"^ *ggml_add_cpu_backend_variant\(({'|'.join(UNBUILT)})\b.*\n", re.MULTILINE
)
#: Parts of the built wheel that no package carries: headers, CMake's files, and the library of
#: llama.cpp's own commands.
LEFT_OUT = re.compile(
    rf"^(llama_cpp/include/|llama_cpp/lib/(cmake|pkgconfig)/|.*libllama-common|.*ggml-cpu-({'|'.join(UNBUILT)}))"
)
_PIN = re.compile(r"^llama-cpp-python==(\S+)", re.MULTILINE)


def cache() -> WheelCache:
    """Where the portable wheel of this source, Python and C library is kept."""
    pin = (LOCK / "language.txt").read_text(encoding="utf-8")
    found = _PIN.search(pin)
    if found is None:
        raise StepFailed("packaging/lock/language.txt pins no llama-cpp-python. Run: make lock")
    libc = "-".join(platform.libc_ver())
    decides = [pin, OPTIONS, LEFT_OUT.pattern, platform.machine(), sys.platform, libc]
    key = hashlib.sha256("\n".join(decides).encode()).hexdigest()[:16]
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return WheelCache(cache_home() / "wheels" / f"{found.group(1)}-{python}-portable-{key}")


def build() -> Path:
    """The portable wheel: the kept one, or a new one (a quarter of an hour on two cores).

    :raises StepFailed: the build failed; the log stays in the cache folder.
    """
    kept = cache()
    with kept.locked():
        wheel = kept.wheel()
        if wheel is not None:
            return wheel
        started = time.monotonic()
        kept.log.write_text("", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="radassist-build-", dir=kept.folder) as scratch:
            made = _compile(Path(scratch), kept.log)
            return kept.keep(without_ballast(made), time.monotonic() - started, OPTIONS)


def _compile(scratch: Path, log: Path) -> Path:
    tools = scratch / "tools"
    logged(log, [sys.executable, "-m", "venv", str(tools)], dict(os.environ))
    pip = [str(tools / "bin" / "python"), "-m", "pip", "--no-input"]
    plain_paths = f"-ffile-prefix-map={scratch}=."
    env = {
        **os.environ,
        "PATH": f"{tools / 'bin'}:{os.environ.get('PATH', '')}",
        "CMAKE_ARGS": OPTIONS,
        "CFLAGS": plain_paths,
        "CXXFLAGS": plain_paths,
        "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1),
        "TMPDIR": str(scratch),
    }
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK / "build.txt")]
    logged(log, [*pip, "install", *pinned], env)
    options = ["--no-deps", "--no-build-isolation", "--require-hashes", "--no-binary", ":all:"]
    source = ["-r", str(LOCK / "language.txt"), "-d", str(scratch / "sdist")]
    logged(log, [*pip, "download", *options, *source], env)
    sdist = next((scratch / "sdist").glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(sdist) as archive:
        archive.extractall(scratch / "src", filter="data")
    unpacked = next((scratch / "src").iterdir())
    fewer_variants(unpacked / "vendor/llama.cpp/ggml/src/CMakeLists.txt")
    options = ["--no-deps", "--no-build-isolation", "--no-cache-dir", "-v"]
    logged(log, [*pip, "wheel", *options, "-w", str(scratch / "out"), str(unpacked)], env)
    return next((scratch / "out").glob("llama_cpp_python-*.whl"))


def fewer_variants(cmake: Path) -> None:
    """Take the variants of ``UNBUILT`` out of llama.cpp's list.

    :raises StepFailed: the list is not the one that this was written for.
    """
    text, count = _UNBUILT.subn("", cmake.read_text(encoding="utf-8"))
    if count != len(UNBUILT):
        raise StepFailed("llama.cpp names its processor variants anew: see bootstrap/portable.py.")
    cmake.write_text(text, encoding="utf-8")


def without_ballast(wheel: Path) -> Path:
    """The same wheel without the parts that ``LEFT_OUT`` names, written in its place.

    The RECORD is written without them as well; order and times are fixed, so that the same build
    gives the same file.
    """
    slim = wheel.with_suffix(".slim")
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as new:
        for name in sorted(old.namelist()):
            if LEFT_OUT.match(name):
                continue
            data = old.read(name)
            if name.endswith(".dist-info/RECORD"):
                lines = data.decode("utf-8").splitlines()
                data = "\n".join(x for x in lines if not LEFT_OUT.match(x)).encode() + b"\n"
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = old.getinfo(name).external_attr
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    slim.replace(wheel)
    return wheel

"""The language model's engine, llama-cpp-python: built once, kept in the user's cache.

It comes as source and takes minutes to build, so the wheel is kept under a key of everything that
decides what the compiler makes: the source's hash, its options, Python, the C library, and the
processor (the build uses the instructions of the machine that it runs on).  A wheel counts only
with its own sha256 beside it, which is written last: an interrupted build leaves nothing to trust.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import StepFailed, tail

LOCK = Path(__file__).resolve().parents[1] / "lock"
_PARTS_LEFT_OUT = "-DLLAMA_BUILD_TOOLS=OFF -DLLAVA_BUILD=OFF -DMTMD_BUILD=OFF"
#: llama.cpp's build options and the processor flags (as Linux names them) that each needs.  Intel
#: AMX is left out on purpose: virtual machines advertise it and then end the process at its first
#: instruction (ldtilecfg: general protection fault).
_INSTRUCTIONS = {
    "GGML_SSE42": ("sse4_2",),
    "GGML_AVX": ("avx",),
    "GGML_AVX2": ("avx2",),
    "GGML_FMA": ("fma",),
    "GGML_F16C": ("f16c",),
    "GGML_BMI2": ("bmi2",),
    "GGML_AVX_VNNI": ("avx_vnni",),
    "GGML_AVX512": ("avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"),
    "GGML_AVX512_VBMI": ("avx512_vbmi",),
    "GGML_AVX512_VNNI": ("avx512_vnni",),
    "GGML_AVX512_BF16": ("avx512_bf16",),
}
_NINJA = re.compile(r"^\s*\[(\d+)/(\d+)\]", re.MULTILINE)
_PIN = re.compile(r"^llama-cpp-python==(\S+)", re.MULTILINE)


def cache_home() -> Path:
    """The user's cache folder of this program (XDG Base Directory Specification)."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "radassist"


def cpu_flags(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The instruction sets of this processor, sorted; its name where the system does not say."""
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() in ("flags", "Features"):
                return " ".join(sorted(value.split()))
    return f"{platform.machine()} {platform.processor()}"


def cmake_args(flags: str) -> str:
    """The build's options: on x86 the instruction sets of this processor by name, without AMX.

    :param flags: as ``cpu_flags`` gives them.
    """
    have = set(flags.split())
    if "sse2" not in have:  # not an x86 processor that says what it has
        return f"-DGGML_NATIVE=ON {_PARTS_LEFT_OUT}"
    chosen = [
        f"-D{option}={'ON' if have.issuperset(needed) else 'OFF'}"
        for option, needed in _INSTRUCTIONS.items()
    ]
    return " ".join(["-DGGML_NATIVE=OFF", *chosen, _PARTS_LEFT_OUT])


def wheel_key(pin: str, flags: str) -> str:
    """The name of the cache folder: readable version and Python, then a hash of the rest."""
    found = _PIN.search(pin)
    if found is None:
        raise StepFailed("packaging/lock/language.txt pins no llama-cpp-python. Run: make lock")
    libc = "-".join(platform.libc_ver())
    rest = "\n".join([pin, cmake_args(flags), platform.machine(), sys.platform, libc, flags])
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    return f"{found.group(1)}-{python}-{hashlib.sha256(rest.encode()).hexdigest()[:16]}"


@dataclass(frozen=True)
class WheelCache:
    """The folder of one key: the wheel, ``wheel.json`` with its sha256, and the build's log."""

    folder: Path

    @staticmethod
    def here() -> WheelCache:
        """The cache of this source on this machine."""
        pin = (LOCK / "language.txt").read_text(encoding="utf-8")
        return WheelCache(cache_home() / "wheels" / wheel_key(pin, cpu_flags()))

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    def wheel(self) -> Path | None:
        """The finished wheel, when it is still the one that was built."""
        try:
            note = json.loads((self.folder / "wheel.json").read_text(encoding="utf-8"))
            path = self.folder / str(note["file"])
            found = hashlib.sha256(path.read_bytes()).hexdigest()
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return path if found == note.get("sha256") else None

    def keep(self, wheel: Path, seconds: float, options: str = "") -> Path:
        """Move a built wheel in; the note with its hash is written last and in one step.

        :param options: what the build was told, for the note; empty: this machine's own options.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = self.folder / wheel.name
        partial = self.folder / f"{wheel.name}.part"
        shutil.copyfile(wheel, partial)
        partial.replace(kept)
        note = {
            "file": kept.name,
            "sha256": hashlib.sha256(kept.read_bytes()).hexdigest(),
            "seconds": round(seconds, 1),
            "cmake_args": options or cmake_args(cpu_flags()),
        }
        beside = self.folder / "wheel.json.part"
        beside.write_text(json.dumps(note, indent=1), encoding="utf-8")
        beside.replace(self.folder / "wheel.json")
        (self.folder / "failed.txt").unlink(missing_ok=True)
        return kept

    def drop(self) -> None:
        """Forget the wheel (it does not run here)."""
        (self.folder / "wheel.json").unlink(missing_ok=True)

    def failed_before(self) -> str:
        """Why the last build failed, or ""; RADASSIST_REBUILD=1 asks for another try."""
        note = self.folder / "failed.txt"
        if os.environ.get("RADASSIST_REBUILD") or not note.exists():
            return ""
        return note.read_text(encoding="utf-8")

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One build at a time a key, over all processes of this user."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def progress(log: Path) -> str:
    """How far a running build is, from the end of its log."""
    steps = _NINJA.findall(tail(log, 400))
    if not steps:
        return "language engine: preparing"
    done, total = (int(n) for n in steps[-1])
    return f"language engine: {100 * done // max(total, 1)} % ({done} of {total} steps)"


def obstacle() -> str:
    """Why no build is possible here, or ""."""
    if not any(shutil.which(name) for name in ("c++", "g++", "clang++")):
        return "there is no C++ compiler (g++)"
    return ""


def build(cache: WheelCache) -> Path:
    """Build the wheel, or return the kept one.  Minutes of work on all cores.

    :raises StepFailed: the build failed; the log stays in the cache folder.
    """
    with cache.locked():
        kept = cache.wheel()
        if kept is not None:
            return kept
        for left in cache.folder.glob("radassist-build-*"):  # of a build that was killed
            shutil.rmtree(left, ignore_errors=True)
        started = time.monotonic()
        cache.log.write_text("", encoding="utf-8")
        with tempfile.TemporaryDirectory(prefix="radassist-build-", dir=cache.folder) as scratch:
            try:
                wheel = _compile(Path(scratch), cache.log)
            except StepFailed as fault:
                (cache.folder / "failed.txt").write_text(str(fault), encoding="utf-8")
                raise
            return cache.keep(wheel, time.monotonic() - started)


def _compile(scratch: Path, log: Path) -> Path:
    tools = scratch / "tools"
    logged(log, [sys.executable, "-m", "venv", str(tools)], dict(os.environ))
    pip = [str(tools / "bin" / "python"), "-m", "pip", "--no-input"]
    env = {
        **os.environ,
        "PATH": f"{tools / 'bin'}:{os.environ.get('PATH', '')}",
        "CMAKE_ARGS": cmake_args(cpu_flags()),
        "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1),
        "TMPDIR": str(scratch),
    }
    pinned = ["--require-hashes", "--only-binary", ":all:", "-r", str(LOCK / "build.txt")]
    logged(log, [*pip, "install", *pinned], env)
    options = ["--no-deps", "--no-build-isolation", "--no-cache-dir", "--require-hashes", "-v"]
    source = ["-r", str(LOCK / "language.txt"), "-w", str(scratch / "out")]
    logged(log, [*pip, "wheel", *options, *source], env)
    wheels = list((scratch / "out").glob("llama_cpp_python-*.whl"))
    if len(wheels) != 1:
        raise StepFailed(f"The build made no wheel (the log is {log}).")
    return wheels[0]


def logged(log: Path, command: list[str], env: dict[str, str]) -> None:
    """Run one command of a build with its output at the end of the log.

    :raises StepFailed: it ended with an error.
    """
    with log.open("ab") as sink:
        done = subprocess.run(
            command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL, env=env, check=False
        )
    if done.returncode != 0:
        raise StepFailed(f"The build of llama-cpp-python failed (the log is {log}).")


class BackgroundBuild:
    """The build in a process of its own, so that packages install while it runs."""

    def __init__(self, cache: WheelCache) -> None:
        self.cache = cache
        script = Path(__file__).resolve().parents[1] / "setup.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), "--build-wheel"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # one group with pip, ninja and the compilers
        )

    def news(self) -> str:
        """How far it is; "" once it has ended."""
        return progress(self.cache.log) if self._process.poll() is None else ""

    def wait(self, timeout_s: float) -> bool:
        """True once it has ended."""
        try:
            self._process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """End it, with everything that it started."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            self._process.wait()

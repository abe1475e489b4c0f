"""``make wheels``: has every locked package a wheel for each system that radassist is packaged for?

Asks the package index for names and hashes only and installs nothing.  The language engine is left
out: it is source, and built on each system (``bootstrap/portable.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import lock

#: The oldest systems that the locked wheels are for: onnxruntime asks for macOS 14, Qt for glibc
#: 2.34 on x86-64 and 2.39 on arm64.
PLATFORMS = {
    "Windows, x86-64": "x86_64-pc-windows-msvc",
    "macOS 14, arm64": "aarch64-apple-darwin",
    "Linux, x86-64, glibc 2.36": "x86_64-manylinux_2_36",
    "Linux, arm64, glibc 2.39": "aarch64-manylinux_2_39",
}


def ask(uv: Path, platform: str, name: str) -> str:
    """Empty when all packages of a lock file have a wheel for a platform, else what uv says."""
    with tempfile.TemporaryDirectory() as nowhere:
        command = [
            *(str(uv), "pip", "install", "--dry-run", "--quiet", "--target", nowhere),
            *("--python-platform", platform, "--python-version", "3.11"),
            *("--only-binary", ":all:", "--require-hashes", "-r", str(lock.LOCK / name)),
        ]
        env = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}
        done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"uv ended {done.returncode}"


def main() -> int:
    uv = lock.resolver()
    bad = 0
    for title, platform in PLATFORMS.items():
        for name in ("run.txt", "package.txt"):
            reason = ask(uv, platform, name)
            bad += bool(reason)
            print(f"{'BAD ' if reason else 'good'}  {title}: {name} {reason}".rstrip(), flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())

"""The second half of ``make run``: the main job on the sample study.

With a screen, the window opens on it.  Without one, or where the window cannot be shown, the same
job runs headless and ends with the report printed and a screenshot saved under ``out/demo``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from bootstrap.system import has_screen

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = ROOT / ".venv" / "bin" / "radassist"
OUT = ROOT / "out" / "demo"
#: A job that finished with findings that need attention is a job done (exit code 1).
GOOD = (0, 1)


def window() -> int:
    """The window on the sample images, until it is closed."""
    from radassist.library.samples import CHEST_RADIOGRAPH, OTHERS, sample_path

    samples = [str(sample_path(name)) for name in (CHEST_RADIOGRAPH, *OTHERS)]
    print("Opening the window on the sample studies …", flush=True)
    return subprocess.run([PROGRAM, "open", *samples], check=False).returncode


def headless() -> int:
    """The same job without a screen."""
    print(f"Without a window: the report and a screenshot go to {OUT} …", flush=True)
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run([PROGRAM, "demo", "--out", OUT], env=env, check=False).returncode


def main() -> int:
    if not PROGRAM.exists():
        print("radassist is not installed in .venv. Run: make setup", file=sys.stderr)
        return 2
    if has_screen():
        code = window()
        if code in GOOD:
            return 0
        print(f"The window ended with {code}; .venv/bin/radassist doctor says more.", flush=True)
    code = headless()
    return 0 if code in GOOD else code


if __name__ == "__main__":
    raise SystemExit(main())

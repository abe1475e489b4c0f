"""Runs a frozen program as a user would and says what of it does not work.

    python3 packaging/smoke.py PROGRAM [--language] [--limit-mb N]

Standard library only: it runs wherever the program is to run.  Every line is a fact that was
checked; the exit code is 1 when one of them is bad.  Size, time and memory are printed; only the
size is held to its limit here, because machines that test are slower than they were measured on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

#: What an export of the demo holds.
EXPORTED = (
    "report.json", "report.txt", "report.pdf", "report.sr.dcm", "key-image-1.png", "screenshot.png",
)  # fmt: skip
#: The pack that the language engine is tried with: it answers on any machine within seconds.
SMALL_PACK = "language-tiny"
REPORT = "FINDINGS:\nThe lungs are clear. There is a small effusion.\nIMPRESSION:\nEffusion.\n"
#: The budget of the program without language packs, in MB.  VTK, which the panes for reslicing and
#: 3D will need, is about 225 MB stripped: its rendering library needs every file of them.
BUDGET_MB = 450
#: Seconds that the demo may take on a busy machine.
_LIMIT_S = 300


@dataclass
class Smoke:
    """One program under test.

    :param program: its file.
    :param home: a scratch folder for its records and its demo.
    """

    program: Path
    home: Path
    failures: list[str] = field(default_factory=list)

    def check(self, good: bool, text: str) -> None:
        """One line, and the failure remembered."""
        print(f"{'good' if good else 'BAD '}  {text}", flush=True)
        if not good:
            self.failures.append(text)

    def call(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run the program with a home of its own, without a screen or Python's variables."""
        env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "RADASSIST_"))}
        env |= {"RADASSIST_HOME": str(self.home / "home"), "QT_QPA_PLATFORM": "offscreen"}
        if "RADASSIST_MODELS" in os.environ:
            env["RADASSIST_MODELS"] = os.environ["RADASSIST_MODELS"]
        return subprocess.run(
            [str(self.program), *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            env=env,
            cwd=self.home,
            timeout=_LIMIT_S,
            check=False,
        )

    def version(self) -> None:
        """``--version`` names one."""
        began = time.monotonic()
        done = self.call("--version")
        seconds = time.monotonic() - began
        said = done.stdout.split()
        good = done.returncode == 0 and len(said) >= 2 and said[0] == "radassist"
        self.check(good, f"--version: {done.stdout.strip()} ({seconds:.1f} s)")

    def doctor(self, *, language: bool) -> None:
        """Nothing is missing that the package should bring; guard and kernel seal stand."""
        done = self.call("doctor", "--json")
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        by_name = {row["name"]: row for row in rows}
        self.check(bool(rows), f"doctor looked at {len(rows)} things (exit code {done.returncode})")
        ours = ("python", "images", "storage", "offline") + (("language",) if language else ())
        bad = [r for r in rows if r["state"] == "missing"]
        bad += [r for r in rows if r["state"] == "warning" and r["group"] in ours]
        self.check(not bad, "doctor misses nothing" + "".join(f"\n      {r}" for r in bad))
        seal = by_name.get("engine processes", {}).get("found", "")
        expected = "kernel seal on" if sys.platform == "linux" else "guard on"
        self.check(expected in seal, f"engine processes: {seal}")
        pack = by_name.get("cxr-anatomy", {})
        self.check(pack.get("state") == "ok", f"cxr-anatomy: {pack.get('found') or pack}")

    def demo(self, *, language: bool) -> None:
        """The main job: decoded, measured by the vision pack, signed, exported, verified."""
        out = self.home / "demo"
        began = time.monotonic()
        done = self.call("demo", "--out", out, *([] if language else ["--no-language"]))
        seconds = time.monotonic() - began
        self.check(
            done.returncode in (0, 1), f"demo ended with {done.returncode} ({seconds:.0f} s)"
        )
        if done.returncode not in (0, 1):
            print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
        absent = [n for n in EXPORTED if not (out / n).is_file() or not (out / n).stat().st_size]
        self.check(not absent, f"demo wrote {len(EXPORTED) - len(absent)} of {len(EXPORTED)} files")
        text = done.stdout
        self.check("pack failed" not in text, "every pack of the demo ran")
        self.check("cardiothoracic ratio" in text, "the vision pack measured the heart")
        self.check("0 problems (" in text.rpartition("audit log")[2], "the audit log verifies")

    def language(self) -> None:
        """The language engine loads a model and answers, where the small pack is installed."""
        listed = self.call("models", "list", "--json").stdout.splitlines()
        packs = [json.loads(line) for line in listed if line.startswith("{")]
        if not any(p["id"] == SMALL_PACK and p["state"] == "ready" for p in packs):
            print(f"      left out: the pack {SMALL_PACK} is not installed here")
            return
        settings = self.home / "home" / "settings.json"
        settings.parent.mkdir(mode=0o700, exist_ok=True)
        settings.write_text(json.dumps({"version": 1, "language_pack": SMALL_PACK}), "utf-8")
        (self.home / "report.txt").write_text(REPORT, encoding="utf-8")
        self.call("import", "report.txt", "--out", "report.json")
        done = self.call("chat", "report.json", "rephrase sentence 2 of the findings", "--json")
        answered = '"how": "model"' in done.stdout
        self.check(answered, f"the language engine answers {done.stderr.strip()}".rstrip())

    def size(self, limit_mb: float) -> None:
        """Of all files of the program, links left out."""
        folder = self.program.resolve().parent
        files = [p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()]
        size = sum(p.stat().st_size for p in files) / 1e6
        self.check(size <= limit_mb, f"{size:.0f} MB in {len(files)} files (limit {limit_mb:g} MB)")
        dangling = [p.name for p in folder.rglob("*") if p.is_symlink() and not p.exists()]
        self.check(not dangling, f"no link leads nowhere {' '.join(dangling)}".strip())


def main() -> int:
    parser = argparse.ArgumentParser(description="Smoke test of a frozen radassist.")
    parser.add_argument("program", type=Path)
    parser.add_argument("--language", action="store_true", help="the demo uses the language pack")
    parser.add_argument("--no-engine", action="store_true", help="built without llama.cpp")
    parser.add_argument("--limit-mb", type=float, default=BUDGET_MB)
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="radassist-smoke-"))
    smoke = Smoke(asked.program.absolute(), home)
    try:
        smoke.version()
        smoke.size(asked.limit_mb)
        smoke.doctor(language=not asked.no_engine)
        smoke.demo(language=asked.language)
        if not asked.no_engine:
            smoke.language()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    print(f"smoke test: {len(smoke.failures)} bad")
    return 1 if smoke.failures else 0


if __name__ == "__main__":
    raise SystemExit(main())

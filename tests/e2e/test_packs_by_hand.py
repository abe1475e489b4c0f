"""``models export``, ``install`` and ``rollback`` as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import CommandLine


def test_a_pack_goes_from_one_machine_to_another(
    radassist: CommandLine, radassist_home: Path, tmp_path: Path
) -> None:
    target = tmp_path / "cxr.zip"
    exported = radassist("models", "export", "cxr-anatomy", target, "--split", "1M")
    assert exported.code == 0, exported.err
    assert exported.err == "", "no progress where nobody looks"
    assert f"{target}.001" in exported.out
    assert "Install it there with: radassist models install cxr.zip.001" in exported.out
    installed = radassist("models", "install", f"{target}.001")
    assert installed.code == 0, installed.err
    assert "is ready in" in installed.out
    assert radassist("models", "verify", "cxr-anatomy").code == 0
    events = radassist("audit", "show").out
    assert "pack.export" in events
    assert "pack.install" in events
    none = radassist("models", "rollback", "cxr-anatomy")
    assert none.code == 2
    assert "No earlier version" in none.sentence()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("export", "cxr-anatomy"), "needs a file to write"),
        (("export", "nothing", "x.zip"), "no model pack 'nothing'"),
        (("export", "language-default", "x.zip"), "is not installed"),
        (("export", "cxr-anatomy", "x.zip", "--split", "4T"), "is not a size"),
        (("rollback",), "needs a pack"),
        (("rollback", "nothing"), "no model pack 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    radassist: CommandLine, words: tuple[str, ...], said: str
) -> None:
    ran = radassist("models", *words)
    assert ran.code == 2
    assert said in ran.sentence()
    assert not Path("x.zip").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_sees_a_progress_bar(radassist: CommandLine, tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    words = radassist.words("models", "export", "cxr-anatomy", tmp_path / "cxr.zip")
    done = subprocess.run(words, stderr=theirs, env=radassist.environment(), check=False)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert done.returncode == 0, shown
    assert "[########################] 100 %  cxr-anatomy: " in shown

"""A full disk and a read-only folder: one sentence, the old file stays whole, nothing is lost."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import CommandLine

MIB = 1 << 20
ADD = "add to findings: There is a calcified granuloma in the left upper lobe."


class SmallDisk:
    """A file system of a few MiB."""

    def __init__(self, place: Path, size: int) -> None:
        self.place = place
        place.mkdir()
        options = f"size={size},mode=700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)

    def fill(self, leave: int) -> None:
        """Leave this many bytes free."""
        free = os.statvfs(self.place)
        size = free.f_bavail * free.f_frsize - leave
        (self.place / "filler").write_bytes(b"\0" * max(0, size))

    def free(self) -> None:
        (self.place / "filler").unlink(missing_ok=True)

    def read_only(self, on: bool) -> None:
        mode = "remount,ro" if on else "remount,rw"
        subprocess.run(["mount", "-o", mode, self.place], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.place], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        made = SmallDisk(tmp_path / "disk", 24 * MIB)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("this machine does not allow mounting a file system")
    yield made
    made.unmount()


def refused(ran_sentence: str) -> None:
    assert any(w in ran_sentence.lower() for w in ("full", "space", "read-only", "written"))


def test_an_export_to_a_full_disk_keeps_the_draft(
    radassist: CommandLine, chest: Path, disk: SmallDisk
) -> None:
    disk.fill(leave=20_000)
    ran = radassist("draft", chest, "--out", disk.place / "out", "--no-language")
    assert ran.code == 4, (ran.out, ran.err)
    refused(ran.sentence())
    for path in disk.place.rglob("report.json"):
        json.loads(path.read_text(encoding="utf-8"))  # whole, or not there
    assert not [p for p in disk.place.rglob("*") if p.name.endswith((".part", ".new", ".tmp"))]
    shown = radassist("audit", "show", "--json")
    assert "report.draft" in shown.out
    assert radassist("audit", "verify").code == 0
    disk.free()
    again = radassist("draft", chest, "--out", disk.place / "out", "--no-language")
    assert again.code in (0, 1), again.err


def test_an_edit_with_a_full_home_changes_nothing(
    radassist: CommandLine, report_path: Path, radassist_home: Path, disk: SmallDisk
) -> None:
    home = disk.place / "home"
    subprocess.run(["cp", "-a", radassist_home, home], check=True)
    command = CommandLine({**radassist.env, "RADASSIST_HOME": str(home)})
    assert command("audit", "verify").code == 0
    before = report_path.read_bytes()
    disk.fill(leave=0)
    ran = command("chat", report_path, ADD, "--accept", "--no-language")
    assert ran.code == 4, (ran.out, ran.err)
    refused(ran.sentence())
    assert report_path.read_bytes() == before
    disk.free()
    assert command("audit", "verify").code == 0
    done = command("chat", report_path, ADD, "--accept", "--no-language")
    assert done.code == 0, done.err
    assert report_path.read_bytes() != before
    assert command("audit", "verify").code == 0


def test_a_report_on_a_full_disk_stays_whole(
    radassist: CommandLine, report_path: Path, disk: SmallDisk
) -> None:
    path = disk.place / "report.json"
    before = report_path.read_bytes()
    path.write_bytes(before)
    disk.fill(leave=0)
    ran = radassist("chat", path, ADD, "--accept", "--no-language")
    assert ran.code == 4, (ran.out, ran.err)
    refused(ran.sentence())
    assert path.read_bytes() == before


def test_a_read_only_disk_is_named(
    radassist: CommandLine, chest: Path, report_path: Path, disk: SmallDisk
) -> None:
    (disk.place / "report.json").write_bytes(report_path.read_bytes())
    disk.read_only(True)
    try:
        drafted = radassist("draft", chest, "--out", disk.place / "out", "--no-language")
        edited = radassist("chat", disk.place / "report.json", ADD, "--accept", "--no-language")
        home = CommandLine({**radassist.env, "RADASSIST_HOME": str(disk.place / "home")})
        homeless = home("chat", report_path, ADD, "--accept", "--no-language")
    finally:
        disk.read_only(False)
    for ran in (drafted, edited, homeless):
        assert ran.code == 4, (ran.out, ran.err)
        refused(ran.sentence())
    assert (disk.place / "report.json").read_bytes() == report_path.read_bytes()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere: see the read-only disk")
def test_a_folder_without_permission_is_named(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    (tmp_path / "locked").mkdir(mode=0o555)
    ran = radassist("draft", chest, "--out", tmp_path / "locked" / "out", "--no-language")
    assert ran.code == 4
    refused(ran.sentence())

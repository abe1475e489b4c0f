"""Packs between machines: export, parts, the earlier version, and installs that are killed."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from radassist.engines.packs import Registry, read_manifest
from radassist.engines.packs.placing import require_memory
from radassist.engines.packs.split import parse_size
from radassist.errors import Cancelled, InputFault, PackFault, UsageFault

MODEL = bytes(range(256)) * 12_000  # 3 MB
LABELS = b"labels\n"


def make_pack(folder: Path, version: str = "1.0.0", model: bytes = MODEL, more: str = "") -> Path:
    folder.mkdir(parents=True)
    lines = [
        'id = "toy"', 'role = "vision"', f'version = "{version}"', 'licence = "Apache-2.0"',
        'intended_use = "Tests."', 'not_for = ["anything else"]', more,
    ]  # fmt: skip
    for name, data in {"model.onnx": model, "sub/labels.txt": LABELS}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        lines += ["[[files]]", f'name = "{name}"', f"size = {len(data)}", f'sha256 = "{digest}"']
    (folder / "pack.toml").write_text("\n".join(lines))
    return folder


def registry_in(folder: Path) -> Registry:
    return Registry(folder / "shipped", folder / "models", folder / "parts")


@pytest.fixture
def here(tmp_path: Path) -> Registry:
    """The connected machine, which has the pack."""
    registry = registry_in(tmp_path / "here")
    registry.install(make_pack(tmp_path / "source"))
    return registry


@pytest.fixture
def there(tmp_path: Path) -> Registry:
    """The machine without a network."""
    return registry_in(tmp_path / "there")


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


# --- export --------------------------------------------------------------------------------------


def test_what_is_exported_here_installs_there(here: Registry, there: Registry, stick: Path) -> None:
    told: list[float] = []
    written = here.export("toy", stick / "toy.zip", lambda fraction, _: told.append(fraction))
    assert written == [stick / "toy.zip"]
    assert names(stick) == ["toy.zip"]
    assert told == sorted(told)
    assert told[-1] == 1.0
    with zipfile.ZipFile(stick / "toy.zip") as archive:
        assert archive.testzip() is None
        assert {i.compress_type for i in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.namelist() == ["pack.toml", "model.onnx", "sub/labels.txt"]
    there.install(stick / "toy.zip")
    assert there.find("toy").hashes() == here.find("toy").hashes()


def test_the_same_pack_gives_the_same_zip(here: Registry, stick: Path) -> None:
    for name in ("a.zip", "b.zip"):
        here.export("toy", stick / name)
    assert (stick / "a.zip").read_bytes() == (stick / "b.zip").read_bytes()


@pytest.mark.parametrize("named", ["toy.zip.001", "toy.zip"])
def test_parts_are_installed_by_their_first_or_their_name(
    here: Registry, there: Registry, stick: Path, named: str
) -> None:
    written = here.export("toy", stick / "toy.zip", split=1_000_000)
    assert [p.name for p in written] == [f"toy.zip.00{n}" for n in range(1, 5)]
    assert [p.stat().st_size for p in written[:-1]] == [1_000_000] * 3
    assert names(stick) == [p.name for p in written]
    joined = b"".join(p.read_bytes() for p in written)
    (stick / "whole.zip").write_bytes(joined)
    with zipfile.ZipFile(stick / "whole.zip") as archive:
        assert archive.testzip() is None
    there.install(stick / named)
    assert there.find("toy").path().read_bytes() == MODEL


def test_a_missing_last_part_is_told_with_how_many_there_are(
    here: Registry, there: Registry, stick: Path
) -> None:
    here.export("toy", stick / "toy.zip", split=1_000_000)[-1].unlink()
    with pytest.raises(InputFault, match=r"3 parts found\)\. Copy every part again"):
        there.install(stick / "toy.zip.001")


def test_a_part_cut_short_is_named(here: Registry, there: Registry, stick: Path) -> None:
    second = here.export("toy", stick / "toy.zip", split=1_000_000)[1]
    second.write_bytes(second.read_bytes()[:-1])
    with pytest.raises(InputFault, match=r"toy\.zip\.002 is not whole: it has 999,999 bytes"):
        there.install(stick / "toy.zip.001")


def test_parts_in_the_wrong_order_are_refused(here: Registry, there: Registry, stick: Path) -> None:
    one, two, *_ = here.export("toy", stick / "toy.zip", split=1_000_000)
    (first, second) = one.read_bytes(), two.read_bytes()
    one.write_bytes(second)
    two.write_bytes(first)
    with pytest.raises((InputFault, PackFault)):
        there.install(one)
    assert not (there.installed / "toy").exists()


def test_an_export_that_is_stopped_leaves_nothing(here: Registry, stick: Path) -> None:
    class Cancel:
        asked = 0

        def cancelled(self) -> bool:
            self.asked += 1
            return self.asked > 1

    with pytest.raises(Cancelled):
        here.export("toy", stick / "toy.zip", cancel=Cancel(), split=1_000_000)
    assert names(stick) == []


def test_a_damaged_pack_is_not_exported(here: Registry, stick: Path) -> None:
    path = here.installed / "toy" / "model.onnx"
    path.chmod(0o600)
    path.write_bytes(b"\xff" + MODEL[1:])
    with pytest.raises(PackFault, match=r"model\.onnx has the wrong sha256"):
        here.export("toy", stick / "toy.zip")
    assert names(stick) == []


def test_nothing_is_overwritten(here: Registry, stick: Path) -> None:
    (stick / "toy.zip").write_text("mine")
    with pytest.raises(InputFault, match="is there already"):
        here.export("toy", stick / "toy.zip")
    assert (stick / "toy.zip").read_text() == "mine"
    with pytest.raises(InputFault, match="There is no folder"):
        here.export("toy", stick / "none" / "toy.zip")


def test_a_zip_of_more_than_four_gigabytes_has_the_records_for_it(
    tmp_path: Path, there: Registry, stick: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ZIP64 itself, with its limit lowered so that no four gigabytes have to be written."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1_000_000)
    here = registry_in(tmp_path / "here")
    here.install(make_pack(tmp_path / "source"))
    written = here.export("toy", stick / "toy.zip", split=2_000_000)
    assert b"PK\x06\x06" in written[-1].read_bytes(), "the end record of ZIP64"
    there.install(written[0])
    assert there.find("toy").path().read_bytes() == MODEL


@pytest.mark.parametrize(
    ("text", "size"), [("4000M", 4_000_000_000), ("4g", 4_000_000_000), ("2000000", 2_000_000)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "M", "4T", "-4M", "1.5G", "10K", "٤M", "9" * 400])
def test_what_is_no_size(text: str) -> None:
    if text == "9" * 400:
        assert parse_size(text) == int("9" * 15)  # no endless number
        return
    with pytest.raises(UsageFault):
        parse_size(text)


# --- what the machine lacks ----------------------------------------------------------------------


def test_too_little_memory_is_said_before_anything_is_written(
    tmp_path: Path, there: Registry
) -> None:
    pack = make_pack(tmp_path / "big", more="[requires]\nmemory_mb = 9000000\n")
    with pytest.raises(PackFault, match=r"it needs 9000\.0 GB, this machine has \d"):
        there.install(pack)
    assert not there.installed.exists()
    require_memory(read_manifest(make_pack(tmp_path / "small") / "pack.toml"))


# --- the earlier version -------------------------------------------------------------------------


def test_rolling_back_and_forth(tmp_path: Path, there: Registry) -> None:
    there.install(make_pack(tmp_path / "one"))
    assert there.earlier("toy") is None
    with pytest.raises(PackFault, match="No earlier version of the pack toy is kept"):
        there.rollback("toy")
    there.install(make_pack(tmp_path / "two", "2.0.0", MODEL[::-1]))
    assert there.rollback("toy").ref == "toy@1.0.0"
    assert there.find("toy").path().read_bytes() == MODEL
    assert there.rollback("toy").ref == "toy@2.0.0"
    assert there.find("toy").path().read_bytes() == MODEL[::-1]
    assert names(there.installed) == [".previous-toy", "toy"]
    assert [s.id for s in there.list_packs()] == ["toy"]


def test_the_same_version_again_keeps_the_earlier_one(tmp_path: Path, there: Registry) -> None:
    there.install(make_pack(tmp_path / "one"))
    two = make_pack(tmp_path / "two", "2.0.0")
    there.install(two)
    there.install(two)
    earlier = there.earlier("toy")
    assert earlier is not None
    assert earlier.version == "1.0.0"


def test_a_damaged_earlier_version_does_not_come_back(tmp_path: Path, there: Registry) -> None:
    there.install(make_pack(tmp_path / "one"))
    there.install(make_pack(tmp_path / "two", "2.0.0"))
    kept = there.installed / ".previous-toy" / "model.onnx"
    kept.chmod(0o600)
    kept.write_bytes(b"\xff" + MODEL[1:])
    with pytest.raises(PackFault, match=r"toy@1\.0\.0 is refused: model\.onnx has the wrong"):
        there.rollback("toy")
    assert there.find("toy").ref == "toy@2.0.0"


KILLED = """
import os, signal, sys
from pathlib import Path
from radassist.engines.packs import Registry

place, what, after = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
done, rename = 0, Path.rename

def counted(self, target):
    global done
    if done == after:
        os.kill(os.getpid(), signal.SIGKILL)
    done += 1
    return rename(self, target)

def told(fraction, text):
    if after < 0 and fraction > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)

registry = Registry(place / "shipped", place / "models", place / "parts")
Path.rename = counted
if what == "rollback":
    registry.rollback("toy")
else:
    registry.install(Path(what), told)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("after", "left"),
    [(-1, "toy@2.0.0"), (0, "toy@2.0.0"), (1, "toy@2.0.0"), (2, "toy@3.0.0")],
    ids=["while writing", "before the first rename", "between the renames", "after the second"],
)
def test_an_install_that_is_killed_leaves_a_whole_version(
    tmp_path: Path, after: int, left: str
) -> None:
    place = tmp_path / "place"
    registry_in(place).install(make_pack(tmp_path / "one"))
    registry_in(place).install(make_pack(tmp_path / "two", "2.0.0", MODEL[::-1]))
    three = make_pack(tmp_path / "three", "3.0.0", bytes(6_000_000))
    words = [sys.executable, "-c", KILLED, str(place), str(three), str(after)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    registry = registry_in(place)
    assert registry.find("toy").ref == left
    earlier = registry.earlier("toy")
    assert earlier is not None
    assert earlier.version == ("2.0.0" if left == "toy@3.0.0" else "1.0.0")


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(("after", "left"), [(0, "toy@2.0.0"), (1, "toy@2.0.0"), (2, "toy@1.0.0")])
def test_a_rollback_that_is_killed_leaves_both_versions(
    tmp_path: Path, after: int, left: str
) -> None:
    place = tmp_path / "place"
    registry_in(place).install(make_pack(tmp_path / "one"))
    registry_in(place).install(make_pack(tmp_path / "two", "2.0.0", MODEL[::-1]))
    words = [sys.executable, "-c", KILLED, str(place), "rollback", str(after)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    registry = registry_in(place)
    assert registry.find("toy").ref == left
    assert registry.rollback("toy").ref != left
    assert names(registry.installed) == [".previous-toy", "toy"]


# --- hostile -------------------------------------------------------------------------------------


def test_a_hostile_member_is_named(here: Registry, there: Registry, stick: Path) -> None:
    here.export("toy", stick / "toy.zip")
    with zipfile.ZipFile(stick / "toy.zip", "a") as archive:
        archive.writestr("sub/../../.bashrc", "evil")
    with pytest.raises(InputFault, match=r"'sub/\.\./\.\./\.bashrc' would be written outside"):
        there.install(stick / "toy.zip")
    assert not there.installed.exists()

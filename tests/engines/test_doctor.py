"""doctor: says what is there, what is not, why, and how to mend it; and leaves nothing behind."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from radassist.engines import doctor as module
from radassist.engines.doctor import ABSENT, MISSING, OK, WARNING, Check, doctor
from radassist.host.process import Host


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RADASSIST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RADASSIST_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def by_name(checks: list[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_everything_is_looked_at(own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    checks = doctor()
    names = by_name(checks)
    for name in ("Python", "numpy", "pydicom", "home folder", "SQLite", "guard"):
        assert names[name].state == OK, names[name]
    assert {c.group for c in checks} == set(module._ORDER)
    assert names["language-default"].state == ABSENT
    assert "radassist models fetch language-default" in names["language-default"].mend
    if sys.platform == "linux":
        assert names["screen"].state == ABSENT
    for check in checks:
        assert str(check).startswith(check.state)
        if check.state != OK:
            assert check.why, f"{check.name} does not say why"
            assert check.mend or check.group == "offline", f"{check.name}: how to mend it?"


def test_it_leaves_nothing_behind(own_folders: Path) -> None:
    (own_folders / "home").mkdir()
    (own_folders / "home" / "mine").write_text("kept")
    doctor()
    assert [p for p in own_folders.rglob("*") if p.is_file()] == [own_folders / "home" / "mine"]


def test_a_home_that_cannot_be_written(own_folders: Path) -> None:
    (own_folders / "home").write_text("a file")
    check = by_name(doctor())["home folder"]
    assert check.state == MISSING
    assert "a file stands in its place" in check.why
    assert "RADASSIST_HOME" in check.mend


def test_bad_settings_are_told(own_folders: Path) -> None:
    (own_folders / "home").mkdir()
    (own_folders / "home" / "settings.json").write_text('{"version": 1, "decode_workers": 99}')
    check = by_name(doctor())["settings"]
    assert check.state == WARNING
    assert "decode_workers must be between 1 and 16" in check.why


def test_a_damaged_pack_is_found_by_its_hash(own_folders: Path) -> None:
    folder = own_folders / "models" / "toy"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(
        'id = "toy"\nrole = "vision"\nversion = "1"\nlicence = "x"\nintended_use = "x"\n'
        f'not_for = []\n[[files]]\nname = "m"\nsize = 1\nsha256 = "{"0" * 64}"\n'
    )
    (folder / "m").write_bytes(b"x")
    check = by_name(doctor())["toy"]
    assert check.state == WARNING
    assert "m has the wrong sha256" in check.why


def test_a_missing_package_and_a_library_that_does_not_load() -> None:
    with Host("radassist.engines.probe:create", name="library probe") as host:
        check = module._module(host, "no_such_module", "no-such", "images", WARNING, "No images.")
        assert check.state == WARNING
        assert check.why == "No images. (the Python package no_such_module is not installed.)"
        assert host.call("library", "libnosuch.so.9", deadline_s=30) != ""


@pytest.mark.skipif(sys.platform != "linux", reason="a Linux mechanism")
def test_a_package_that_crashes_is_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a wheel does that was built for another processor."""
    (tmp_path / "crashing.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    with Host("radassist.engines.probe:create", name="library probe") as host:
        check = module._module(host, "crashing", "numpy", "images", WARNING, "No images.")
        assert check.state == WARNING
        assert "loading it crashes: it was built for another machine" in check.why
        assert host.call("module", "json", deadline_s=30) == ""  # and the next is looked at

"""Settings: bounds, fallbacks that say so, private files, disks that refuse."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.errors import InputFault, StorageFault
from radassist.settings import (
    Settings,
    describe,
    find_paths,
    load_settings,
    prepare_folder,
    save_settings,
    with_values,
    write_private,
)
from radassist.settings.schema import problem

ROOT_ONLY = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root"
)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 256 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow mounting")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_folders_follow_the_environment(tmp_path: Path) -> None:
    paths = find_paths(
        {"RADASSIST_HOME": str(tmp_path / "h"), "RADASSIST_MODELS": str(tmp_path / "m")}
    )
    assert paths.home == tmp_path / "h"
    assert paths.models == tmp_path / "m"
    assert paths.database.parent == paths.settings_file.parent == paths.keys.parent == paths.home


@pytest.mark.parametrize("environ", [{}, {"RADASSIST_HOME": "  ", "RADASSIST_MODELS": ""}])
def test_folders_default_to_the_platforms_own(environ: dict[str, str]) -> None:
    paths = find_paths(environ)
    assert paths.home != paths.models
    assert "radassist" in str(paths.home)
    assert paths.home.is_absolute()


def test_a_relative_home_is_made_absolute() -> None:
    assert find_paths({"RADASSIST_HOME": "here"}).home == Path.cwd() / "here"


#: What a policy or a bad file adds; never saved.
TRANSIENT = {"warnings", "locked", "allowed_peers"}


def test_every_setting_is_described_and_its_default_is_good() -> None:
    options = {option.name: option for option in describe()}
    assert set(options) == {f.name for f in fields(Settings)} - TRANSIENT
    for option in options.values():
        assert option.description.endswith(".")
        assert problem(option, option.default) == ""


def test_no_file_gives_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == Settings()


def test_saved_settings_come_back_and_are_private(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.json"
    settings = with_values(
        Settings(),
        user_name="A. Müller",
        language_threads=4,
        interface_scale=2,
        pacs_addresses=["10.1.2.3:104", "pacs.example:11112", "[2001:db8::5]:104"],
    )
    save_settings(settings, path)
    again = load_settings(path)
    assert again == settings
    assert isinstance(again.interface_scale, float)
    assert again.network() == (
        ("10.1.2.3", 104),
        ("pacs.example", 11112),
        ("2001:db8::5", 104),
    )
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("decode_workers", 0, "between 1 and 16"),
        ("decode_workers", True, "a whole number"),
        ("decode_workers", "2", "a whole number"),
        ("interface_scale", float("nan"), "a number"),
        ("interface_scale", 99, "between 0.75 and 3"),
        ("language_deadline_s", 1e9, "between 5 and 1800 s"),
        ("language_pack", "../evil", "form"),
        ("draft_on_open", 1, "true or false"),
        ("user_name", "x" * 65, "at most 64 characters"),
        ("pacs_addresses", ["nowhere"], "form"),
        ("pacs_addresses", ["host:99999"], "65535"),
        ("pacs_addresses", [1], "a list of texts"),
        ("pacs_addresses", ["h:1"] * 33, "at most 32 entries"),
    ],
)
def test_a_bad_value_falls_back_and_says_so(
    tmp_path: Path, name: str, value: object, said: str
) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 1, name: value, "overlay_text": False}))
    settings = load_settings(path)
    assert getattr(settings, name) == getattr(Settings(), name)
    assert settings.overlay_text is False  # the good value beside it is kept
    assert len(settings.warnings) == 1
    assert said in settings.warnings[0]
    with pytest.raises(InputFault):
        with_values(Settings(), **{name: value})


def test_unknown_names_are_told(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"version": 1, "colour": "red"}')
    assert load_settings(path).warnings == ("settings.json: colour is not a setting.",)
    with pytest.raises(InputFault, match="colour is not a setting"):
        with_values(Settings(), colour="red")


@pytest.mark.parametrize("text", ["", "{", "[1]", "\x00\xff", '{"a":' * 100_000, " " * (1 << 21)])
def test_a_broken_file_is_kept_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text, encoding="utf-8")
    settings = load_settings(path)
    assert settings.warnings == (
        "settings.json was not readable; it is kept as settings.json.broken, defaults are used.",
    )
    assert (tmp_path / "settings.json.broken").read_text(encoding="utf-8") == text
    assert load_settings(path) == Settings()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_any_value_is_judged_without_an_error(value: object) -> None:
    for option in describe():
        assert isinstance(problem(option, value), str)


def test_a_newer_file_is_read_as_far_as_known_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    text = '{"version": 99, "user_name": "B"}'
    path.write_text(text)
    settings = load_settings(path)
    assert settings.user_name == "B"
    assert "newer version (99)" in settings.warnings[0]
    with pytest.raises(StorageFault, match="not overwritten"):
        save_settings(settings, path)
    assert path.read_text() == text


def test_a_home_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    for folder in (tmp_path / "home", tmp_path / "home" / "below"):
        with pytest.raises(StorageFault, match="a file stands in its place"):
            prepare_folder(folder)


@ROOT_ONLY
def test_a_full_disk_keeps_the_old_file(small_disk: Path) -> None:
    path = small_disk / "settings.json"
    save_settings(Settings(user_name="first"), path)
    with pytest.raises(StorageFault, match="is full"):
        write_private(path, b"x" * (1 << 20))
    assert load_settings(path).user_name == "first"
    assert [p.name for p in small_disk.iterdir()] == ["settings.json"]  # no temporary left


@ROOT_ONLY
def test_a_read_only_disk_is_one_sentence(small_disk: Path) -> None:
    path = small_disk / "settings.json"
    save_settings(Settings(user_name="first"), path)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StorageFault, match="read-only"):
        save_settings(Settings(user_name="second"), path)
    with pytest.raises(StorageFault, match="read-only"):
        prepare_folder(small_disk / "keys")
    assert load_settings(path).user_name == "first"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(StorageFault, match="read-only"):
            save_settings(Settings(), tmp_path / "settings.json")
    finally:
        tmp_path.chmod(0o700)

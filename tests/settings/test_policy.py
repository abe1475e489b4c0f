"""The administrator's policy: it locks, it limits, it cannot be evaded, and bad ones stop all."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.errors import PolicyFault
from radassist.settings import (
    Policy,
    RequiredPack,
    Settings,
    load_settings,
    machine_policy_path,
    read_policy,
    save_settings,
    with_values,
)

SOUND = """
version = 1
[settings]
language_enabled = false
decode_workers = 3
[network]
allowed_peers = ["10.1.2.3:104"]
[[packs]]
id = "cxr-anatomy"
sha256 = "{sha}"
[[packs]]
id = "language-default"
""".format(sha="ab" * 32)


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_no_policy_is_no_restriction(tmp_path: Path) -> None:
    assert read_policy(tmp_path / "none.toml", {}) == Policy()
    assert load_settings(tmp_path / "s.json", Policy()) == Settings()


def test_the_place_of_the_policy_is_not_the_users_to_choose(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("XDG_CONFIG_DIRS", "XDG_CONFIG_HOME", "HOME", "RADASSIST_HOME"):
        monkeypatch.setenv(name, "/home/mine")
    if sys.platform == "linux":
        assert machine_policy_path() == Path("/etc/radassist/policy.toml")


def test_a_policy_locks_settings_limits_peers_and_requires_packs(tmp_path: Path) -> None:
    machine = write(tmp_path / "policy.toml", SOUND)
    policy = read_policy(machine, {})
    assert policy.packs == (
        RequiredPack("cxr-anatomy", "ab" * 32),
        RequiredPack("language-default"),
    )
    path = tmp_path / "settings.json"
    own = {"version": 1, "language_enabled": True, "pacs_addresses": ["10.1.2.3:104", "x:1"]}
    path.write_text(json.dumps(own))
    settings = load_settings(path, policy)
    assert settings.language_enabled is False
    assert settings.decode_workers == 3
    assert settings.network() == (("10.1.2.3", 104),)
    assert settings.warnings == (
        "An address in pacs_addresses is not allowed by your administrator.",
    )
    assert settings.why_locked("decode_workers") == f"set by your administrator ({machine})"
    assert settings.why_locked("user_name") == ""


def test_a_locked_setting_cannot_be_changed_and_the_users_own_value_is_kept(
    tmp_path: Path,
) -> None:
    policy = read_policy(write(tmp_path / "policy.toml", SOUND), {})
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"version": 1, "decode_workers": 7}))
    settings = load_settings(path, policy)
    with pytest.raises(PolicyFault, match="decode_workers is set by your administrator"):
        with_values(settings, decode_workers=2)
    with pytest.raises(PolicyFault, match="not allowed by your administrator"):
        with_values(settings, pacs_addresses=("10.9.9.9:104",))
    save_settings(with_values(settings, user_name="Dr Roe"), path)
    saved = json.loads(path.read_text())
    assert saved["decode_workers"] == 7
    assert "language_enabled" not in saved
    assert load_settings(path, Policy()).decode_workers == 7
    assert load_settings(path, policy).user_name == "Dr Roe"


def test_the_environment_adds_restrictions_and_takes_none_away(tmp_path: Path) -> None:
    machine = write(tmp_path / "machine.toml", SOUND)
    mine = write(
        tmp_path / "mine.toml",
        "version = 1\n[settings]\nlanguage_enabled = true\noverlay_text = false\n"
        '[network]\nallowed_peers = ["10.1.2.3:104", "6.6.6.6:666"]\n',
    )
    policy = read_policy(machine, {"RADASSIST_POLICY": str(mine)})
    assert policy.settings["language_enabled"] is False, "the machine's word is the last"
    assert policy.settings["overlay_text"] is False
    assert policy.peers == ("10.1.2.3:104",)
    assert len(policy.packs) == 2
    empty = write(tmp_path / "empty.toml", "version = 1\n")
    again = read_policy(machine, {"RADASSIST_POLICY": str(empty)})
    assert (again.settings, again.peers) == (read_policy(machine, {}).settings, ("10.1.2.3:104",))


BAD = {
    "no TOML": ("version = ", "it is not TOML"),
    "no text": ("\udcff", "it is not TOML"),
    "no version": ("[settings]\n", "its version is not 1"),
    "a newer version": ("version = 2\n", "its version is not 1"),
    "a version that is true": ("version = true\n", "its version is not 1"),
    "a table that is unknown": ("version = 1\n[setings]\n", "'setings', which this version does"),
    "a setting that is unknown": ("version = 1\n[settings]\nlangage = 1\n", "'langage'"),
    "a value out of bounds": (
        "version = 1\n[settings]\ndecode_workers = 99\n",
        "decode_workers must be between 1 and 16",
    ),
    "a value of another type": ('version = 1\n[settings]\noverlay_text = "no"\n', "true or false"),
    "settings that are no table": ("version = 1\nsettings = 3\n", "settings is not a table"),
    "a peer without a port": (
        'version = 1\n[network]\nallowed_peers = ["pacs"]\n',
        "allowed_peers does not have the form",
    ),
    "another word in network": ("version = 1\n[network]\nall = true\n", "network holds 'all'"),
    "packs that are a table": ("version = 1\n[packs]\n", "packs is not a list"),
    "a pack without an id": ("version = 1\n[[packs]]\n", "has no id"),
    "a short hash": ('version = 1\n[[packs]]\nid = "a"\nsha256 = "ab"\n', "a sha256 that is none"),
    "a word too many": ('version = 1\n[[packs]]\nid = "a"\nurl = "b"\n', "not a table of id"),
    "too large": ("#" * (1 << 19), "too large"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=BAD)
def test_a_policy_that_is_not_good_stops_the_program(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "policy.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(PolicyFault, match=said) as raised:
        read_policy(path, {})
    assert raised.value.exit_code == 3
    assert str(raised.value).endswith("until your administrator has mended it.")


def test_a_policy_that_cannot_be_read_stops_the_program(tmp_path: Path) -> None:
    with pytest.raises(PolicyFault, match="it cannot be read"):
        read_policy(tmp_path, {})  # a folder
    with pytest.raises(PolicyFault, match="it is not there"):
        read_policy(tmp_path / "none", {"RADASSIST_POLICY": str(tmp_path / "absent.toml")})


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_a_policy_without_permission_stops_the_program(tmp_path: Path) -> None:
    path = write(tmp_path / "policy.toml", SOUND)
    path.chmod(0)
    with pytest.raises(PolicyFault, match="it cannot be read"):
        read_policy(path, {})


@given(st.binary(max_size=200))
def test_any_bytes_are_a_policy_or_refused(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.mktemp("p") / "policy.toml"
    path.write_bytes(raw)
    with pytest.raises(PolicyFault):
        read_policy(path, {})

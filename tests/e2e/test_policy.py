"""The policy as commands feel it: refusals with exit code 3, and packs that must be there."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

import pytest
from command_line import CommandLine

from radassist.library import resources_dir


def under(radassist: CommandLine, policy: Path, text: str) -> CommandLine:
    policy.write_text(text, encoding="utf-8")
    return CommandLine({**radassist.env, "RADASSIST_POLICY": str(policy)})


def test_a_malformed_policy_stops_every_command(radassist: CommandLine, tmp_path: Path) -> None:
    command = under(radassist, tmp_path / "policy.toml", "version = 9")
    for words in (["doctor"], ["models", "list"], ["audit", "show"], []):
        ran = command(*words)
        assert ran.code == 3, words
        assert "was refused: its version is not 1" in ran.sentence()
    assert command("--version").code == 0


def test_a_required_pack_that_is_missing_is_named_and_nothing_is_drafted(
    radassist: CommandLine, chest: Path, tmp_path: Path
) -> None:
    text = 'version = 1\n[[packs]]\nid = "language-default"\n'
    command = under(radassist, tmp_path / "policy.toml", text)
    ran = command("draft", chest, "--out", tmp_path / "out")
    assert ran.code == 3
    assert "requires the pack language-default, which is missing" in ran.sentence()
    doctor = command("doctor")
    assert "missing packs: required pack" in doctor.out
    assert str(tmp_path / "policy.toml") in doctor.out


@pytest.mark.parametrize("right", [True, False])
def test_a_required_version_is_told_by_the_hash_of_its_manifest(
    radassist: CommandLine, chest: Path, tmp_path: Path, right: bool
) -> None:
    manifest = (resources_dir() / "packs" / "cxr-anatomy" / "pack.toml").read_bytes()
    sha = hashlib.sha256(manifest if right else b"another").hexdigest()
    text = f'version = 1\n[[packs]]\nid = "cxr-anatomy"\nsha256 = "{sha}"\n'
    ran = under(radassist, tmp_path / "policy.toml", text)("see", chest)
    assert ran.code == (0 if right else 3), ran.err
    if not right:
        assert "requires another version of the pack cxr-anatomy" in ran.sentence()


@pytest.fixture
def machine(tmp_path: Path) -> tuple[tuple[str, ...], Path]:
    """(words before a command, the folder that it sees as /etc): nobody else sees it so."""
    etc = tmp_path / "etc"
    prefix = ("unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc))
    copied = subprocess.run(["cp", "-a", "/etc", etc], check=False, capture_output=True)
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True)
    if copied.returncode or tried.returncode:
        pytest.skip("this machine does not allow a mount namespace")
    return prefix, etc


def test_a_user_cannot_evade_the_policy_of_the_machine(
    radassist: CommandLine, tmp_path: Path, machine: tuple[tuple[str, ...], Path]
) -> None:
    prefix, etc = machine
    (etc / "radassist").mkdir(exist_ok=True)
    (etc / "radassist" / "policy.toml").write_text("version = 9", encoding="utf-8")
    mine = under(radassist, tmp_path / "policy.toml", "version = 1\n")
    tricked = {**mine.env, "XDG_CONFIG_DIRS": str(tmp_path), "HOME": str(tmp_path)}
    for env in (radassist.env, mine.env, tricked):
        ran = CommandLine(env, prefix)("models", "list")
        assert ran.code == 3
        assert "The policy /etc/radassist/policy.toml was refused" in ran.sentence()
    assert radassist("models", "list").code == 0

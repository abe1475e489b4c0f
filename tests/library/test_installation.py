"""What is missing is mended in one way in a checkout and in another in an installed package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from radassist.library import resources_dir
from radassist.library.installation import (
    get_pack,
    is_frozen,
    machine_pack_folders,
    mend_installation,
)


def test_a_checkout_is_mended_with_make() -> None:
    assert not is_frozen()
    assert "make setup" in mend_installation()
    assert machine_pack_folders() == ()
    assert "models fetch language-default" in get_pack("language-default")


def test_a_package_is_mended_without_make_and_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert is_frozen()
    assert "make" not in mend_installation()
    assert "models install language-default.zip" in get_pack("language-default")
    assert resources_dir() == tmp_path / "resources"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_packs_of_the_machine_lie_beside_the_program_and_where_the_system_keeps_them(
    system: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "radassist"))
    monkeypatch.setattr(sys, "platform", system)
    folders = machine_pack_folders()
    assert folders[0] == tmp_path / "models"
    assert (Path("/usr/share/radassist/models") in folders) == (system == "linux")

"""A GGUF that somebody brings becomes a pack: hash, memory, template, projector."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from gguf_files import gguf_bytes, write_gguf

from radassist.engines.language.gguf import memory_needed, read_header
from radassist.engines.packs import READY, UNAVAILABLE, Registry
from radassist.engines.packs import registry as judging
from radassist.errors import InputFault, PackFault

PROJECTOR = {"general.architecture": "clip", "general.name": "eyes"}


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "shipped", tmp_path / "models", tmp_path / "parts")


def test_the_manifest_is_written_from_the_header(registry: Registry, tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "some file (1).gguf")
    pack = registry.install(file, pack_id="my-llama")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert pack.id == "my-llama" and pack.role == "language"
    assert pack.manifest.name == "Stand-in 1B Instruct"
    assert pack.manifest.licence == "apache-2.0"
    assert pack.hashes() == {"model.gguf": digest}
    assert pack.manifest.version == f"0+{digest[:12]}"
    assert pack.manifest.memory_mb == -(-memory_needed(read_header(file), 4096) // 1_000_000)
    assert registry.find("my-llama").path().read_bytes() == file.read_bytes()


def test_without_an_id_the_model_s_name_or_the_file_s_is_taken(
    registry: Registry, tmp_path: Path
) -> None:
    assert registry.install(write_gguf(tmp_path / "a.gguf")).id == "stand-in-1b-instruct"
    nameless = write_gguf(tmp_path / "Qwen3_4B.Q4_K_M.gguf", **{"general.name": ""})
    assert registry.install(nameless).id == "qwen3-4b-q4-k-m"


def test_nothing_in_the_header_breaks_out_of_the_manifest(
    registry: Registry, tmp_path: Path
) -> None:
    evil = 'x"\nid = "other"\n[[files]]\nname = "../../x"\u2028\x00\\'
    file = write_gguf(tmp_path / "m.gguf", **{"general.name": evil, "general.license": evil * 2})
    pack = registry.install(file, pack_id="safe")
    assert pack.id == "safe" and list(pack.hashes()) == ["model.gguf"]
    assert "\n" not in pack.manifest.name and pack.manifest.name.startswith('x"id = "other"')


@pytest.mark.parametrize("bad", ["Über", "a/b", "..", "x" * 65, "-a"])
def test_an_id_that_cannot_be_one_installs_nothing(
    registry: Registry, tmp_path: Path, bad: str
) -> None:
    with pytest.raises(InputFault, match="cannot be the id"):
        registry.install(write_gguf(tmp_path / "m.gguf"), pack_id=bad)
    assert registry.list_packs() == []


def test_a_damaged_gguf_installs_nothing(registry: Registry, tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "m.gguf").read_bytes()
    (tmp_path / "m.gguf").write_bytes(whole[:-80])
    with pytest.raises(PackFault, match="cut short"):
        registry.install(tmp_path / "m.gguf")
    assert registry.list_packs() == []


def test_one_changed_byte_of_the_installed_file_is_refused(
    registry: Registry, tmp_path: Path
) -> None:
    pack = registry.install(write_gguf(tmp_path / "m.gguf"), pack_id="m")
    raw = bytearray(pack.path().read_bytes())
    raw[-1] ^= 1
    pack.path().chmod(0o600)
    pack.path().write_bytes(raw)
    with pytest.raises(PackFault, match="wrong sha256"):
        registry.find("m")


def test_a_projector_is_bound_by_its_own_hash(registry: Registry, tmp_path: Path) -> None:
    eyes = tmp_path / "eyes.gguf"
    eyes.write_bytes(gguf_bytes(PROJECTOR))
    pack = registry.install(write_gguf(tmp_path / "m.gguf"), pack_id="vl", projector=eyes)
    assert pack.manifest.projector == "mmproj.gguf" and pack.main_file == "model.gguf"
    assert set(registry.find("vl").hashes()) == {"model.gguf", "mmproj.gguf"}
    bound = pack.path("mmproj.gguf")
    bound.chmod(0o600)
    bound.write_bytes(bound.read_bytes()[:-1] + b"\1")
    with pytest.raises(PackFault, match=r"mmproj\.gguf has the wrong sha256"):
        registry.find("vl")


def test_model_and_projector_are_not_taken_for_each_other(
    registry: Registry, tmp_path: Path
) -> None:
    eyes = tmp_path / "eyes.gguf"
    eyes.write_bytes(gguf_bytes(PROJECTOR))
    with pytest.raises(PackFault, match="--projector"):
        registry.install(eyes)
    model = write_gguf(tmp_path / "m.gguf")
    with pytest.raises(PackFault, match="no projector"):
        registry.install(model, projector=write_gguf(tmp_path / "n.gguf"))
    with pytest.raises(InputFault, match="no GGUF"):
        registry.install(tmp_path, pack_id="x")
    assert registry.list_packs() == []


def test_a_model_that_memory_does_not_hold_says_both_numbers(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = write_gguf(tmp_path / "m.gguf", **{"llama.block_count": 200})
    registry.install(big, pack_id="big")
    monkeypatch.setattr(judging, "available_memory", lambda: 1_400_000_000)
    (status,) = registry.list_packs()
    assert status.state == UNAVAILABLE
    assert "needs 2.2 GB of free memory, 1.4 GB are free" in status.reason
    monkeypatch.setattr(judging, "available_memory", lambda: 8_000_000_000)
    assert registry.list_packs()[0].state == READY

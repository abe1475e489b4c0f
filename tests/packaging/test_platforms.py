"""What can be known of Windows and macOS from here: all modules import, POSIX stays behind guards.

The programs themselves have not been run there; packaging/windows and packaging/macos say so.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PureWindowsPath

import pytest

from radassist.engines.packs.carried import install_zip
from radassist.errors import InputFault

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from bootstrap import contents  # noqa: E402

SOURCES = sorted((ROOT / "radassist").rglob("*.py"))

#: Modules and names that Windows' Python does not have (library reference, "Availability: Unix").
MODULES = ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog", "crypt", "spwd")
NAMES = {
    "os": ("fork", "getuid", "geteuid", "getgid", "setsid", "killpg", "uname", "sysconf", "mkfifo",
           "sched_getaffinity", "getloadavg", "chown", "setuid", "statvfs", "nice"),
    "signal": ("SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGCHLD", "SIGALRM", "setitimer"),
}  # fmt: skip
#: Functions whose callers have asked for the platform.
ASKED_BEFORE = {("radassist/host/child.py", "_die_with_parent")}

IMPORT_ALL = """
import multiprocessing.connection, multiprocessing.shared_memory, os, pkgutil, signal, sys
import concurrent.futures, ctypes, importlib, platform, tempfile, threading
import cryptography.hazmat.primitives.asymmetric.ed25519, highdicom.sr, jsonschema, numpy
import onnxruntime, PIL.Image, platformdirs, pydicom, reportlab.platypus, scipy.ndimage
import sqlite_utils
with_qt = sys.argv[2] == "qt"
if with_qt:
    import PySide6.QtWidgets

system = sys.argv[1]
sys.platform = system
if system == "win32":
    for name in MODULES:
        sys.modules[name] = None
    for name in NAMES["os"]:
        os.__dict__.pop(name, None)
    for name in NAMES["signal"]:
        signal.__dict__.pop(name, None)

import radassist
from radassist import offline

offline.install()
count = 0
for found in pkgutil.walk_packages(radassist.__path__, "radassist."):
    if not with_qt and found.name.startswith(("radassist.ui", "radassist.app")):
        continue
    if found.name == "radassist.__main__":
        continue
    try:
        importlib.import_module(found.name)
    except ModuleNotFoundError as missing:
        # The core environment has neither Qt nor VTK: the run with Qt imports these.
        if with_qt or not (missing.name or "").startswith("vtkmodules"):
            raise
        continue
    count += 1
assert offline.probe()["guard"] == "on"
assert offline.seal() == f"no seal on {system}", offline.seal()

from radassist.cli.main import build_parser
from radassist.engines.packs.memory import available_memory, total_memory
from radassist.settings import find_paths, load_settings

build_parser().parse_args(["demo"])
load_settings(find_paths().settings_file)
available_memory()
total_memory()
print("imported", count)
"""


@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_every_module_imports_where_posix_is_not(system: str) -> None:
    head = f"MODULES = {MODULES!r}\nNAMES = {NAMES!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", head + IMPORT_ALL, system, "core"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert int(done.stdout.split()[1]) > 100


@pytest.mark.qt
@pytest.mark.parametrize("system", ["win32", "darwin"])
def test_every_module_of_the_window_imports_where_posix_is_not(system: str) -> None:
    head = f"MODULES = {MODULES!r}\nNAMES = {NAMES!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", head + IMPORT_ALL, system, "qt"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def unguarded(text: str) -> list[str]:
    """``function: name`` of POSIX-only uses in functions that ask for no platform."""
    found = []
    tree = ast.parse(text)
    owner: dict[ast.AST, ast.AST] = {}
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            owner[child] = node
    for node in ast.walk(tree):
        name = _posix_only(node)
        if name:
            above: ast.AST | None = node
            while above is not None and not isinstance(above, ast.FunctionDef):
                above = owner.get(above)
            if above is None or not _asks(above):
                found.append(f"{getattr(above, 'name', '<module>')}: {name}")
    return found


def _posix_only(node: ast.AST) -> str:
    if isinstance(node, ast.Import):
        return next((a.name for a in node.names if a.name in MODULES), "")
    if isinstance(node, ast.ImportFrom):
        return node.module if node.module in MODULES else ""
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return node.attr if node.attr in NAMES.get(node.value.id, ()) else ""
    return ""


def _asks(function: ast.AST) -> bool:
    words = ("sys.platform", "hasattr(os", "except ImportError", "except (AttributeError")
    return any(word in ast.unparse(function) for word in words)


def test_no_posix_only_call_without_asking_for_the_platform() -> None:
    found = [
        f"{path.relative_to(ROOT).as_posix()} {use}"
        for path in SOURCES
        for use in unguarded(path.read_text(encoding="utf-8"))
        if (path.relative_to(ROOT).as_posix(), use.partition(":")[0]) not in ASKED_BEFORE
    ]
    assert found == []


def test_an_unguarded_call_is_found() -> None:
    assert unguarded("import os\ndef f():\n    return os.getuid()\n") == ["f: getuid"]
    assert unguarded("import fcntl\n") == ["<module>: fcntl"]
    assert unguarded("def f():\n    if sys.platform == 'linux':\n        import pwd\n") == []


def test_what_is_said_of_the_systems_is_what_the_recipes_ask_for() -> None:
    installer = (ROOT / "packaging/windows/radassist.iss").read_text(encoding="utf-8")
    spec = (ROOT / "packaging/radassist.spec").read_text(encoding="utf-8")
    for program in ("radassist", "radassist-window"):
        assert f'"{program}"' in spec
    assert "radassist-window.exe" in installer
    assert not re.search(r"^\[UninstallDelete\]", installer, re.M), "users' data stay"
    for system in ("windows", "macos"):
        words = (ROOT / "packaging" / system / "CHECKLIST.md").read_text(encoding="utf-8")
        assert "Nothing here has been run on" in words


@pytest.mark.parametrize(
    "name", ["C:/evil", "C:evil", "..\\evil", "a/../../evil", "\\\\server\\evil", "/evil", "a\\b"]
)
def test_no_name_in_a_pack_leads_out_of_its_folder_on_windows(name: str, tmp_path: Path) -> None:
    folder = PureWindowsPath("D:/packs/toy")
    joined = PureWindowsPath(os.path.normpath((folder / name).as_posix().replace("\\", "/")))
    schema = json.loads((ROOT / "resources/schemas/pack.schema.json").read_text(encoding="utf-8"))
    pattern = schema["properties"]["files"]["items"]["properties"]["name"]["pattern"]
    assert not re.search(pattern, name), f"{name} would be written to {joined}"
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pack.toml", "")
        archive.writestr(name, "x")
    with pytest.raises(InputFault, match=r"outside its folder|no plain path"):
        install_zip(path, tmp_path / "models", lambda fraction, text: None, None)
    assert not (tmp_path / "evil").exists()


def test_shipped_pack_files_stay_in_their_folder_on_windows() -> None:
    folder = PureWindowsPath("D:/packs/toy")
    for manifest in (ROOT / "resources" / "packs").glob("*/pack.toml"):
        for file in tomllib.loads(manifest.read_text(encoding="utf-8"))["files"]:
            assert (folder / file["name"]).is_relative_to(folder)
            assert not PureWindowsPath(file["name"]).is_reserved()


def test_library_names_of_windows_are_sorted_by_the_same_rules() -> None:
    name = str(PureWindowsPath("PySide6/Qt/plugins/tls/libqopensslbackend.so"))
    assert "\\" in name
    assert not contents.keep_binary(name)

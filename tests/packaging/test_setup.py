"""``make setup``'s parts: the cached wheel, stamps, system packages, the two environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
sys.path.insert(0, str(PACKAGING))

import run_tests  # noqa: E402 - the scripts are no package: they run before anything is installed
from bootstrap import core_environment, system, wheel  # noqa: E402
from bootstrap.console import Console, StepFailed, tail  # noqa: E402
from bootstrap.stamps import Stamps, fingerprint, key_of  # noqa: E402

if TYPE_CHECKING:
    from bootstrap.system import Need

PIN = "llama-cpp-python==0.3.36 \\\n    --hash=sha256:" + "a" * 64 + "\n"
CPUINFO = "processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: sse avx2 fma\n\nprocessor\t: 1\n"


@pytest.fixture
def cache(tmp_path: Path) -> wheel.WheelCache:
    return wheel.WheelCache(tmp_path / "wheels" / "key")


@pytest.fixture
def built(tmp_path: Path) -> Path:
    path = tmp_path / "llama_cpp_python-0.3.36-py3-none-linux_x86_64.whl"
    path.write_bytes(os.urandom(2000))
    return path


# --- the language model's engine --------------------------------------------------------------


def test_the_key_names_version_and_python_and_hangs_on_all_that_decides_the_build() -> None:
    key = wheel.wheel_key(PIN, "avx2 sse")
    assert key.startswith(f"0.3.36-cp{sys.version_info.major}{sys.version_info.minor}-")
    others = {
        wheel.wheel_key(PIN, "avx2 avx512f sse"),
        wheel.wheel_key(PIN.replace("aaaa", "bbbb"), "avx2 sse"),
        wheel.wheel_key(PIN.replace("0.3.36", "0.3.37"), "avx2 sse"),
    }
    assert len(others | {key}) == 4
    assert key == wheel.wheel_key(PIN, "avx2 sse")


def test_the_build_uses_what_the_processor_says_and_never_amx() -> None:
    options = wheel.cmake_args("amx_bf16 amx_int8 amx_tile avx avx2 fma sse2").split()
    assert "-DGGML_NATIVE=OFF" in options
    assert "-DGGML_AVX2=ON" in options
    assert "-DGGML_AVX512=OFF" in options
    assert not any("AMX" in option for option in options)
    assert "-DGGML_NATIVE=ON" in wheel.cmake_args("asimd fp").split(), "not x86"


def test_a_lock_without_the_engine_says_what_to_do() -> None:
    with pytest.raises(StepFailed, match="make lock"):
        wheel.wheel_key("numpy==2.4\n", "sse")


def test_flags_of_the_processor_are_sorted_so_that_their_order_does_not_rebuild(
    tmp_path: Path,
) -> None:
    (tmp_path / "cpuinfo").write_text(CPUINFO, encoding="utf-8")
    (tmp_path / "other").write_text(CPUINFO.replace("sse avx2 fma", "fma sse avx2"), "utf-8")
    assert wheel.cpu_flags(tmp_path / "cpuinfo") == "avx2 fma sse"
    assert wheel.cpu_flags(tmp_path / "other") == "avx2 fma sse"
    assert wheel.cpu_flags(tmp_path / "none")


def test_a_kept_wheel_is_found_again(cache: wheel.WheelCache, built: Path) -> None:
    assert cache.wheel() is None
    kept = cache.keep(built, 61.0)
    assert cache.wheel() == kept
    assert kept.read_bytes() == built.read_bytes()
    assert kept.name == built.name


@pytest.mark.parametrize("damage", ["one byte", "cut", "gone", "no note", "half a note"])
def test_a_damaged_wheel_is_not_used(cache: wheel.WheelCache, built: Path, damage: str) -> None:
    kept, note = cache.keep(built, 61.0), cache.folder / "wheel.json"
    data = bytearray(kept.read_bytes())
    if damage == "one byte":
        data[1000] ^= 1
        kept.write_bytes(data)
    elif damage == "cut":
        kept.write_bytes(data[:-1])
    elif damage == "gone":
        kept.unlink()
    elif damage == "no note":
        note.unlink()
    else:
        note.write_text(note.read_text(encoding="utf-8")[:20], encoding="utf-8")
    assert cache.wheel() is None


def test_a_wheel_that_does_not_run_is_forgotten(cache: wheel.WheelCache, built: Path) -> None:
    cache.keep(built, 61.0)
    cache.drop()
    assert cache.wheel() is None


def test_build_uses_what_is_kept(
    cache: wheel.WheelCache, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = cache.keep(built, 61.0)
    monkeypatch.setenv("PATH", "")  # nothing could be built
    assert wheel.build(cache) == kept


def test_a_failed_build_is_told_and_not_tried_at_every_setup(
    cache: wheel.WheelCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheel, "LOCK", cache.folder / "no such lock")  # pip has nothing to read
    with pytest.raises(StepFailed, match="build of llama-cpp-python failed"):
        wheel.build(cache)
    assert "build.log" in cache.failed_before()
    assert "no such lock" in cache.log.read_text(encoding="utf-8")
    assert not list(cache.folder.glob("radassist-build-*"))
    monkeypatch.setenv("RADASSIST_REBUILD", "1")
    assert cache.failed_before() == ""


def test_progress_is_read_from_the_end_of_a_long_log(tmp_path: Path) -> None:
    log = tmp_path / "build.log"
    assert wheel.progress(log) == "language engine: preparing"
    lines = [f"  [{n}/140] : && /usr/bin/g++ {'-I/x ' * 2000}" for n in range(1, 36)]
    log.write_text("\n".join([*lines, "  /usr/include/x.h: note"]), encoding="utf-8")
    assert wheel.progress(log) == "language engine: 25 % (35 of 140 steps)"


def test_no_compiler_is_an_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "g++" in wheel.obstacle()
    (tmp_path / "g++").write_text("#!/bin/sh\n", encoding="utf-8")
    (tmp_path / "g++").chmod(0o755)
    assert wheel.obstacle() == ""


# --- stamps -----------------------------------------------------------------------------------


def test_stamps_survive_and_a_damaged_file_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "stamps.json"
    Stamps(path).mark("packages", "k1")
    assert Stamps(path).done("packages", "k1")
    assert not Stamps(path).done("packages", "k2")
    Stamps(path).forget("packages")
    assert not Stamps(path).done("packages", "k1")
    for damaged in ("{", "[1]", "\0"):
        path.write_text(damaged, encoding="utf-8")
        assert Stamps(path).get("packages") == ""


def test_keys_hang_on_content_and_on_absence(tmp_path: Path) -> None:
    file = tmp_path / "lock.txt"
    absent = key_of(file, "3.11")
    file.write_text("", encoding="utf-8")
    empty = key_of(file, "3.11")
    file.write_text("a==1", encoding="utf-8")
    assert len({absent, empty, key_of(file, "3.11"), key_of(file, "3.12")}) == 4
    assert key_of("ab", "c") != key_of("a", "bc")


def test_a_fingerprint_sees_a_changed_and_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    file = tmp_path / "pack" / "model.bin"
    file.write_bytes(b"12")
    before = fingerprint([tmp_path])
    assert before == fingerprint([tmp_path])
    file.write_bytes(b"123")
    changed = fingerprint([tmp_path])
    (tmp_path / "pack" / "new.bin").write_bytes(b"")
    assert len({before, changed, fingerprint([tmp_path])}) == 3


# --- system packages --------------------------------------------------------------------------


def need(package: str, *, vital: bool = False) -> Need:
    return system.Need(package, f"bin:{package}", "a test", vital)


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path / "log" / "setup.log")


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH whose apt-get 'installs' a program; packages unknown before ``update`` fail."""
    folder = tmp_path / "bin"
    folder.mkdir()
    scripts = {
        "apt-cache": f'[ -e {folder}/updated ] || [ "$3" = known ]',
        "apt-get": f"""
            echo "apt-get $*" >> {folder}/calls
            [ "$1" = update ] && {{ : > {folder}/updated; exit 0; }}
            for name; do case $name in
                install|-*) ;;
                broken) exit 100 ;;
                *) printf '#!/bin/sh\\n' > {folder}/$name; /bin/chmod +x {folder}/$name ;;
            esac; done""",
    }
    for name, body in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return folder


def test_what_is_there_is_not_installed(debian: Path, console: Console) -> None:
    (debian / "known").write_text("#!/bin/sh\n", encoding="utf-8")
    (debian / "known").chmod(0o755)
    assert system.install(console, [need("known")]) == ()
    assert not (debian / "calls").exists()


def test_lists_are_refreshed_only_when_a_package_is_not_known(
    debian: Path, console: Console
) -> None:
    assert system.install(console, [need("known")]) == ()
    assert "update" not in (debian / "calls").read_text(encoding="utf-8")
    assert system.install(console, [need("novel")]) == ()
    calls = (debian / "calls").read_text(encoding="utf-8").splitlines()
    assert calls[1].startswith("apt-get update")
    assert calls[2].endswith("--no-install-recommends novel")


def test_what_apt_cannot_install_is_named_with_its_line_and_setup_goes_on(
    debian: Path, console: Console, capfd: pytest.CaptureFixture[str]
) -> None:
    absent = system.install(console, [need("broken")])
    assert [n.package for n in absent] == ["broken"]
    said = capfd.readouterr().out
    assert "apt-get install --no-install-recommends broken" in said
    assert "for a test" in said


def test_a_user_without_rights_gets_the_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    console: Console,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    needs = [need("one"), need("two")]
    assert system.install(console, needs) == tuple(needs)
    assert capfd.readouterr().out.count("apt-get install --no-install-recommends one two") == 1


def test_without_something_vital_setup_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, console: Console
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StepFailed, match=r"Run this once as root: apt-get install .* venv"):
        system.install(console, [need("venv", vital=True)])


def test_libraries_are_asked_of_the_loader() -> None:
    library = system.Need("libgl1", "libGL.so.1", "3D")
    assert system.missing([library], frozenset({"libGL.so.1"})) == ()
    assert system.missing([library], frozenset({"libGL.so.2"})) == (library,)
    assert "libc.so.6" in system.loader_libraries()


def test_a_screen_and_tests_need_more() -> None:
    plain = system.needed(dev=False, screen=False)
    shown = system.needed(dev=False, screen=True)
    tests = system.needed(dev=True, screen=False)
    assert set(plain) < set(shown) < set(tests)
    assert system.has_screen({"WAYLAND_DISPLAY": "wayland-0"})
    assert not system.has_screen({"DISPLAY": ""})


# --- commands and their log -------------------------------------------------------------------


def test_a_failing_command_shows_the_end_of_its_output(
    console: Console, capfd: pytest.CaptureFixture[str]
) -> None:
    code = "import sys; [print('line', n) for n in range(100)]; sys.exit(3)"
    with pytest.raises(StepFailed, match=r"Trying: failed \(the log is .*setup.log\)\. Look\."):
        console.run("Trying", [sys.executable, "-c", code], next_step="Look.")
    shown = capfd.readouterr()
    assert "line 99" in shown.err
    assert "line 50" not in shown.err
    assert "line 0\n" in console.log.read_text(encoding="utf-8")


def test_the_tail_of_what_is_not_there_is_empty(tmp_path: Path) -> None:
    assert tail(tmp_path / "none", 3) == ""


# --- the environment without Qt and VTK -------------------------------------------------------


def test_the_core_environment_has_all_but_qt_and_vtk(tmp_path: Path) -> None:
    left_out = core_environment.make(Path(sys.prefix), tmp_path / "core")
    assert set(left_out) <= core_environment.LEFT_OUT
    code = """
import json, sys
from importlib.metadata import distributions
from importlib.util import find_spec
import numpy, pydicom, radassist
there = [m for m in ("PySide6", "shiboken6", "vtk", "vtkmodules", "pytestqt") if find_spec(m)]
names = sorted(d.metadata["Name"].lower() for d in distributions())
json.dump([there, names, radassist.__file__], sys.stdout)
"""
    python = tmp_path / "core" / "bin" / "python"
    ran = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    there, names, home = json.loads(ran.stdout)
    assert there == []
    assert not {core_environment.normalised(n) for n in names} & core_environment.LEFT_OUT
    assert {"numpy", "pydicom", "pytest", "radassist"} <= set(names)
    assert Path(home).is_relative_to(PACKAGING.parent)


@pytest.mark.skipif("RADASSIST_TEST_CORE" not in os.environ, reason="only in the core run")
def test_this_run_really_is_without_qt_and_vtk() -> None:
    assert [m for m in ("PySide6", "shiboken6", "vtkmodules", "vtk") if find_spec(m)] == []
    for name in core_environment.LEFT_OUT:
        with pytest.raises(PackageNotFoundError):
            version(name)


# --- the runner of the tests ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("==== 12 passed in 3.2s ====", {"passed": 12}),
        (
            "= 1 failed, 12 passed, 3 skipped, 2 errors in 9s =",
            {"failed": 1, "passed": 12, "skipped": 3, "error": 2},
        ),
        ("= 1 error in 9s =", {"error": 1}),
        ("= no tests ran in 0.1s =", {}),
    ],
)
def test_the_closing_line_is_counted(line: str, counts: dict[str, int]) -> None:
    assert run_tests.counts_of(line) == counts

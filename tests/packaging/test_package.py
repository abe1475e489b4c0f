"""What goes into the frozen program, what stays out, and what it is built with."""

from __future__ import annotations

import ast
import re
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGING = ROOT / "packaging"
sys.path.insert(0, str(PACKAGING))

from bootstrap import contents, freezing, package_environment, portable  # noqa: E402
from bootstrap.console import StepFailed  # noqa: E402


def imported_by_radassist() -> set[str]:
    """Every module that a file of the program names in an import."""
    names: set[str] = set()
    for path in (ROOT / "radassist").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return names


def test_nothing_that_the_program_imports_is_left_out() -> None:
    imported = imported_by_radassist()
    for excluded in contents.EXCLUDED_MODULES:
        used = [name for name in imported if name == excluded or name.startswith(f"{excluded}.")]
        assert not used, f"{excluded} is excluded in bootstrap/contents.py, and {used} is imported"


def test_the_sample_files_are_those_that_the_program_asks_for() -> None:
    from radassist.library.samples import CHEST_RADIOGRAPH, OTHERS

    assert set(contents.SAMPLES) == {CHEST_RADIOGRAPH, *OTHERS}


def test_the_doctor_can_tell_the_version_of_all_that_it_looks_for() -> None:
    from radassist.engines import doctor

    asked = {row[1] for row in doctor._MODULES} - {"vtk"}
    assert asked <= set(contents.METADATA)


def test_packs_are_shipped_whole_with_recipe_and_card() -> None:
    shipped = {str(p.relative_to(ROOT)) for p in contents.shipped_resources(ROOT / "resources")}
    pack = "resources/packs/cxr-anatomy"
    for name in ("pack.toml", "model.onnx", "gate.npz", "MODEL_CARD.md", "train.py"):
        assert f"{pack}/{name}" in shipped
    assert all(contents.keep_data(name) for name in shipped)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("PySide6/Qt/lib/libQt6Widgets.so.6", True),
        ("PySide6/Qt/lib/libQt6Network.so.6", False),
        ("libQt6Network.so.6", False),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/Qt/plugins/imageformats/libqsvg.so", True),
        ("PySide6/Qt/plugins/tls/libqopensslbackend.so", False),
        ("libstdc++.so.6", False),
        ("numpy.libs/libscipy_openblas64_-32a4b2a6.so", True),
    ],
)
def test_which_libraries_are_shipped(name: str, kept: bool) -> None:
    assert contents.keep_binary(name) is kept
    assert contents.keep_binary(name.replace("/", "\\")) is kept, "as Windows writes it"


def test_vtk_is_shipped_by_the_module_and_never_as_a_whole() -> None:
    assert "vtkmodules.all" not in contents.VTK_MODULES
    assert "vtkmodules.vtkRenderingOpenGL2" in contents.VTK_MODULES
    assert not any("numpy" in pattern or "scipy" in pattern for pattern in freezing.STRIPPED)


def test_a_library_of_the_system_goes_with_the_last_that_needs_it() -> None:
    binaries = [
        ("PySide6/libqt.so", "/venv/libqt.so", "BINARY"),
        ("liba.so.1", "/lib/x86_64-linux-gnu/liba.so.1", "BINARY"),
        ("libb.so.1", "/usr/lib/x86_64-linux-gnu/libb.so.1", "BINARY"),
        ("libgone.so.1", "/usr/lib/x86_64-linux-gnu/libgone.so.1", "BINARY"),
        ("libown.so", "/venv/libown.so", "BINARY"),
    ]
    needs = {
        "/venv/libqt.so": {"liba.so.1"},
        "/lib/x86_64-linux-gnu/liba.so.1": {"libb.so.1"},
        "/usr/lib/x86_64-linux-gnu/libgone.so.1": {"libb.so.1"},
    }
    kept = [b[0] for b in freezing.library_closure(binaries, needs)]
    assert kept == ["PySide6/libqt.so", "liba.so.1", "libb.so.1", "libown.so"]


def test_an_environment_of_linked_packages_holds_the_locked_ones_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = package_environment.site_packages(tmp_path / "source")
    for name, version in (("numpy", "2.4.6"), ("pytest", "9.2.0")):
        info = source / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (source / name).mkdir()
        (source / name / "__init__.py").write_text("", encoding="utf-8")
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n{info.name}/METADATA,,\n", "utf-8")
    monkeypatch.setattr(package_environment, "wanted", lambda: {"numpy": {"2.4.6"}, "vtk": {"9"}})
    absent = package_environment.link(tmp_path / "source", tmp_path / "target")
    there = package_environment.site_packages(tmp_path / "target")
    assert absent == ["vtk"]
    assert (there / "numpy" / "__init__.py").is_file()
    assert not (there / "pytest").exists()

    monkeypatch.setattr(package_environment, "wanted", lambda: {"numpy": {"2.4.7"}})
    with pytest.raises(StepFailed, match=r"numpy 2\.4\.6 is not locked"):
        package_environment.link(tmp_path / "source", tmp_path / "target")


def test_a_package_never_holds_code_for_the_building_machine_only() -> None:
    assert "-DGGML_NATIVE=OFF" in portable.OPTIONS.split()
    assert "-DGGML_CPU_ALL_VARIANTS=ON" in portable.OPTIONS.split()
    assert "march" not in portable.OPTIONS
    assert "sapphirerapids" in portable.UNBUILT, "Intel AMX kills virtual machines"


def test_variants_are_taken_out_of_llama_cpps_list(tmp_path: Path) -> None:
    cmake = tmp_path / "CMakeLists.txt"
    names = ["x64", "sse42", "sandybridge", "ivybridge", "piledriver", "haswell", "cannonlake",
             "cooperlake", "zen4", "sapphirerapids"]  # fmt: skip
    lines = [f"        ggml_add_cpu_backend_variant({name}   SSE42 AVX)" for name in names]
    cmake.write_text("\n".join(lines) + "\n", encoding="utf-8")
    portable.fewer_variants(cmake)
    left = re.findall(r"variant\((\w+)", cmake.read_text(encoding="utf-8"))
    assert left == ["x64", "sandybridge", "haswell", "zen4"]
    with pytest.raises(StepFailed, match="anew"):
        portable.fewer_variants(cmake)


def test_a_wheel_loses_headers_and_unbuilt_variants_and_its_record_of_them(tmp_path: Path) -> None:
    wheel = tmp_path / "llama_cpp_python-0-py3-none-any.whl"
    kept = ["llama_cpp/__init__.py", "llama_cpp/lib/libggml-cpu-haswell.so"]
    gone = ["llama_cpp/include/llama.h", "llama_cpp/lib/libggml-cpu-sapphirerapids.so",
            "llama_cpp/lib/cmake/llama/llama-config.cmake"]  # fmt: skip
    record = "llama_cpp_python-0.dist-info/RECORD"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in [*kept, *gone]:
            archive.writestr(name, name)
        archive.writestr(record, "".join(f"{name},,\n" for name in [*kept, *gone, record]))
    portable.without_ballast(wheel)
    with zipfile.ZipFile(wheel) as archive:
        assert set(archive.namelist()) == {*kept, record}
        assert archive.read(record).decode() == "".join(f"{n},,\n" for n in [*kept, record])
    first = wheel.read_bytes()
    portable.without_ballast(wheel)
    assert wheel.read_bytes() == first

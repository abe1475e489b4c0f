"""What the frozen program holds and what it does not: data for ``packaging/radassist.spec``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

#: Of pydicom-data's 56 MB: the files that ``radassist.library.samples`` names.
SAMPLES = ("RG1_J2KR.dcm", "693_J2KR.dcm", "MR2_J2KR.dcm")

#: Packages whose metadata is asked for at run time (``doctor``, plug-ins, versions in records).
METADATA = (
    "numpy", "scipy", "pillow", "pydicom", "pylibjpeg", "pylibjpeg-libjpeg", "pylibjpeg-openjpeg",
    "pyjpegls", "highdicom", "reportlab", "sqlite-utils", "cryptography", "onnxruntime",
    "llama-cpp-python", "PySide6-Essentials", "shiboken6", "jsonschema",
)  # fmt: skip

#: Never imported by the program, only by corners of its libraries that it does not use.
EXCLUDED_MODULES = (
    "matplotlib", "tkinter", "_tkinter", "IPython", "pytest", "hypothesis", "setuptools", "pip",
    "pkg_resources", "PyInstaller", "readline", "lib2to3", "idlelib", "ensurepip", "fontTools",
    "scipy.optimize", "scipy.stats", "scipy.signal", "scipy.integrate", "scipy.interpolate",
    "scipy.io", "scipy.fft", "scipy.fftpack", "scipy.cluster", "scipy.odr", "scipy.datasets",
    "scipy.sparse", "scipy.spatial", "onnxruntime.quantization", "onnxruntime.transformers",
    "onnxruntime.tools", "onnxruntime.training", "onnx", "llama_cpp.server", "PIL.ImageTk",
    "PIL.ImageQt", "PIL._avif", "PIL.AvifImagePlugin", "sqlite_utils.cli", "PySide6.QtNetwork",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtOpenGL", "PySide6.QtOpenGLWidgets",
    "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtPrintSupport", "PySide6.QtXml",
    "PySide6.QtDesigner", "PySide6.QtHelp", "PySide6.QtUiTools", "PySide6.QtConcurrent",
)  # fmt: skip

#: What the reslicing and 3D views need of VTK beside what ``radassist.viewer`` imports: VTK finds
#: the implementations of its abstract classes at run time.  ``vtkmodules.all`` would bring 450 MB.
VTK_MODULES = [
    "vtkmodules.vtkRenderingOpenGL2",
    "vtkmodules.vtkRenderingFreeType",
    "vtkmodules.util.numpy_support",
]

_DROPPED_BINARIES = re.compile(
    r"""
      (^|/)libQt6(Network|Qml|QmlModels|QmlMeta|QmlWorkerScript|Quick|Pdf|VirtualKeyboard\w*
          |Svg.*Widgets|OpenGL|Sql|Test)\b
    | PySide6/Qt/plugins/(networkinformation|tls|platforminputcontexts/libqtvirtualkeyboard
          |egldeviceintegrations|generic|imageformats/libq(pdf|tiff|webp|tga|wbmp|icns|gif)
          |platforms/libq(eglfs|linuxfb|minimalegl|vnc|vkkhrdisplay|direct2d))
    | PySide6/Qt/plugins/platformthemes/libqgtk3
    | ^lib(stdc\+\+|gcc_s)\.so  # the system's, which its graphics drivers need as well
    """,
    re.VERBOSE,
)
_DROPPED_DATA = re.compile(
    r"PySide6/Qt/(translations|qml|resources)/|(^|/)(tests?|testing)/|\.pyi?$|\.pyx$|\.pxd$|\.h$"
)
#: Parts of resources/ that only making the program needs.
_NOT_SHIPPED = ("make_screenshots.py",)


def keep_binary(destination: str) -> bool:
    """False for libraries that only unused parts of Qt need."""
    return not _DROPPED_BINARIES.search(destination.replace("\\", "/"))


def keep_data(destination: str) -> bool:
    """False for translations, sources and tests of libraries; resources/ stays whole."""
    name = destination.replace("\\", "/")
    return name.startswith("resources/") or not _DROPPED_DATA.search(name)


def shipped_resources(folder: Path) -> Iterator[Path]:
    """The files of resources/ that are shipped, in a fixed order; packs with recipe and card."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts and path.name not in _NOT_SHIPPED:
            yield path

"""What lies beside the program in a package: man page, menu entry, bill of materials."""

from __future__ import annotations

import argparse
import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "packaging"))

from bootstrap import linux, manpage, materials  # noqa: E402
from bootstrap.materials import Part  # noqa: E402

WHEN = 1_700_000_000


def test_the_man_page_names_every_command_and_option() -> None:
    from radassist.cli.main import build_parser

    page = manpage.man_page(WHEN).replace(r"\-", "-")
    commands = manpage._commands(build_parser())
    assert len(commands) >= 10
    for name, command in commands.items():
        assert f"\n.SS {name}\n" in page
        for action in command._actions:
            if action.help != argparse.SUPPRESS and action.option_strings != ["-h", "--help"]:
                assert all(option in page for option in action.option_strings)


def test_the_man_page_is_good_roff() -> None:
    if shutil.which("groff") is None:
        pytest.skip("there is no groff here")
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z"],
        input=manpage.man_page(WHEN),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_menu_entry_opens_files_with_a_command_that_there_is() -> None:
    from radassist.cli.main import build_parser

    entry = configparser.ConfigParser(interpolation=None)
    entry.optionxform = str  # type: ignore[assignment, method-assign]
    entry.read(ROOT / "packaging" / "linux" / "radassist.desktop", encoding="utf-8")
    main = entry["Desktop Entry"]
    words = main["Exec"].split()
    assert words[0] == main["TryExec"] == "radassist"
    assert words[-1] == "%F"
    assert main["MimeType"] == "application/dicom;"
    build_parser().parse_args([*words[1:-1], "a.dcm", "b.dcm"])


def test_a_menu_entry_without_files_opens_the_window() -> None:
    """The desktop replaces %F with nothing when the program is started from the menu."""
    from radassist.cli.images import open_window
    from radassist.cli.main import build_parser

    arguments = build_parser().parse_args(["open"])
    assert (arguments.run, arguments.paths) == (open_window, [])


def test_the_mime_type_is_dicoms() -> None:
    tree = ElementTree.parse(ROOT / "packaging" / "linux" / "radassist.xml")  # noqa: S314 our own
    space = "{http://www.freedesktop.org/standards/shared-mime-info}"
    kind = tree.find(f"{space}mime-type")
    assert kind is not None
    assert kind.get("type") == "application/dicom"
    match = kind.find(f"{space}magic/{space}match")
    assert match is not None
    assert (match.get("offset"), match.get("value")) == ("128", "DICM"), "PS3.10 section 7.1"


def test_the_bill_of_materials_names_parts_with_licences_and_locked_hashes() -> None:
    parts = [
        Part("python", "numpy", "2.4.6", "BSD-3-Clause"),
        Part("debian", "libxcb1", "1.15-1+b1", "see its copyright file"),
        Part("pack", "cxr-anatomy", "1.1.0", "research only", (), {"model.onnx": "0" * 64}),
    ]
    text = materials.sbom(parts, WHEN)
    document = json.loads(text)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"
    numpy, xcb, pack = document["components"]
    assert numpy["purl"] == "pkg:pypi/numpy@2.4.6"
    assert len(numpy["properties"]) > 10
    assert xcb["purl"] == "pkg:deb/debian/libxcb1@1.15-1%2Bb1"
    assert pack["components"][0]["hashes"][0]["content"] == "0" * 64
    assert materials.sbom(parts, WHEN) == text


def test_every_locked_package_has_hashes_for_the_bill() -> None:
    locked = materials.locked_hashes()
    assert {"numpy", "pydicom", "llama-cpp-python", "pyinstaller"} <= set(locked)
    assert all(re.fullmatch("[0-9a-f]{64}", h) for hashes in locked.values() for h in hashes)


def test_the_copyright_file_names_the_gpl_part(tmp_path: Path) -> None:
    licence = tmp_path / "COPYING"
    licence.write_text("GPL", encoding="utf-8")
    parts = [Part("python", "pylibjpeg-libjpeg", "2.5.0", "GPL-3.0-or-later", (licence,))]
    text = materials.copyright_text(parts)
    assert "handed out under the terms of the GPL-3.0" in text
    assert "Files: pylibjpeg-libjpeg (2.5.0)\nLicense: GPL-3.0-or-later" in text
    materials.write_licences(parts, tmp_path / "out")
    assert (tmp_path / "out" / "python-pylibjpeg-libjpeg" / "COPYING").is_file()
    assert (tmp_path / "out" / "LICENSE").is_file()


def test_the_version_is_the_programs() -> None:
    from radassist import __version__

    assert linux.version() == __version__

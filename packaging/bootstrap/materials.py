"""The parts of the frozen program: licences of each, and the bill of materials (CycloneDX 1.6).

What counts is what PyInstaller collected: Python packages by their modules and files, libraries of
the building system by the Debian package that owns them, Python itself, and our model packs.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap.core_environment import normalised

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "packaging" / "lock"
#: Packages whose own metadata says nothing about their licence, or too little.
_BY_HAND = {
    "pylibjpeg-libjpeg": "GPL-3.0-or-later",
    "pyside6-essentials": "LGPL-3.0-only",
    "shiboken6": "LGPL-3.0-only",
    "llama-cpp-python": "MIT",
    "pydicom-data": "MIT",
    "pyinstaller": "GPL-2.0-or-later WITH Bootloader-exception",
}
#: Licence texts of packages that bring none of their own, where Debian keeps them.
_COMMON = Path("/usr/share/common-licenses")
_TEXTS: dict[str, tuple[Path, ...]] = {
    "pyside6-essentials": (_COMMON / "LGPL-3", _COMMON / "GPL-3"),
    "shiboken6": (_COMMON / "LGPL-3", _COMMON / "GPL-3"),
}


@dataclass(frozen=True)
class Part:
    """One part of the program.

    :param kind: ``python``, ``debian``, ``runtime`` or ``pack``.
    :param licence: SPDX expression or the part's own words.
    :param texts: files that hold its licence.
    """

    kind: str
    name: str
    version: str
    licence: str
    texts: tuple[Path, ...] = ()
    hashes: dict[str, str] = field(default_factory=dict)

    @property
    def purl(self) -> str:
        """Package URL (ECMA-427)."""
        if self.kind == "python":
            return f"pkg:pypi/{self.name}@{self.version}"
        if self.kind == "debian":
            return f"pkg:deb/debian/{self.name}@{self.version.replace('+', '%2B')}"
        return f"pkg:generic/{self.name}@{self.version}"


def collected(toc: Path) -> list[Part]:
    """The parts, from PyInstaller's ``COLLECT-00.toc`` and the ``PYZ-00.toc`` beside it."""
    entries = [tuple(e) for e in _entries(toc)]
    modules = {str(e[0]).partition(".")[0] for e in _entries(toc.with_name("PYZ-00.toc"))}
    files = {str(e[0]).replace("\\", "/").partition("/")[0] for e in entries}
    tops = modules | files | {name.partition(".")[0] for name in files}
    parts = [*_python_parts(tops), *_debian_parts(str(e[1]) for e in entries if len(e) > 1)]
    return sorted([*parts, *_runtime_parts(), *_packs()], key=lambda p: (p.kind, p.name))


def _entries(toc: Path) -> list[tuple[object, ...]]:
    """The list of (name, source, kind) in a file that PyInstaller wrote as a Python literal."""
    found = ast.literal_eval(toc.read_text(encoding="utf-8"))
    lists = [part for part in found if isinstance(part, list)]
    return max(lists, key=len)


def _python_parts(tops: set[str]) -> Iterator[Part]:
    owners = importlib.metadata.packages_distributions()
    names = {normalised(owner) for top in tops for owner in owners.get(top, ())}
    # The program's own start is PyInstaller's bootloader.
    for name in sorted((names | {"pyinstaller"}) - {"setuptools", "radassist"}):
        found = importlib.metadata.distribution(name)
        texts = [f for f in found.files or () if _is_licence(f.name)]
        own = [Path(str(found.locate_file(f))) for f in texts]
        paths = tuple(p for p in own or _TEXTS.get(name, ()) if p.is_file())
        yield Part("python", name, found.version, _licence(found), paths)


def _is_licence(name: str) -> bool:
    return bool(re.match(r"(licen[cs]es?|copying|notice|authors|thirdparty)", name, re.IGNORECASE))


def _licence(found: importlib.metadata.Distribution) -> str:
    name = normalised(found.metadata["Name"])
    if name in _BY_HAND:
        return _BY_HAND[name]
    for expression in found.metadata.get_all("License-Expression") or ():
        return str(expression)
    classifiers = found.metadata.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    said = "".join(found.metadata.get_all("License") or ()).strip().partition("\n")[0]
    return ", ".join(n for n in names if n != "OSI Approved") or said or "not said"


def _debian_parts(sources: Iterator[str]) -> Iterator[Part]:
    """Debian packages that own collected libraries; none where there is no dpkg."""
    paths = sorted({s for s in sources if s.startswith(("/lib/", "/usr/lib/"))})
    if not paths or shutil.which("dpkg-query") is None:
        return
    both = paths + [p.removeprefix("/usr") for p in paths] + [f"/usr{p}" for p in paths]
    asked = ["dpkg-query", "-S", *both]
    said = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    owners = {line.partition(":")[0] for line in said.splitlines() if not line.startswith("diver")}
    for name in sorted(owners):
        form = "${Version}\\n"
        shown = ["dpkg-query", "-W", "-f", form, name]
        version = subprocess.run(shown, capture_output=True, text=True, check=False).stdout
        text = Path("/usr/share/doc") / name / "copyright"
        texts = (text,) if text.is_file() else ()
        yield Part("debian", name, version.partition("\n")[0], "see its copyright file", texts)


def _runtime_parts() -> Iterator[Part]:
    version = sys.version.split()[0]
    text = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    yield Part("runtime", "cpython", version, "PSF-2.0", (text,) if text.is_file() else ())


def _packs() -> Iterator[Part]:
    for manifest in sorted((ROOT / "resources" / "packs").glob("*/pack.toml")):
        pack = tomllib.loads(manifest.read_text(encoding="utf-8"))
        if "source" in pack:
            continue  # its files are not shipped
        hashes = {file["name"]: file["sha256"] for file in pack["files"]}
        card = manifest.with_name("MODEL_CARD.md")
        texts = (card,) if card.is_file() else ()
        yield Part("pack", pack["id"], pack["version"], pack["licence"], texts, hashes)


def locked_hashes() -> dict[str, list[str]]:
    """Package -> the sha256 of its distribution files that the locks allow."""
    found: dict[str, list[str]] = {}
    for name in ("run.txt", "language.txt", "package.txt"):
        current = ""
        for line in (LOCK / name).read_text(encoding="utf-8").splitlines():
            if "==" in line:
                current = normalised(line.partition("==")[0])
            found.setdefault(current, []).extend(re.findall(r"sha256:([0-9a-f]{64})", line))
    return {name: sorted(set(hashes)) for name, hashes in found.items() if hashes}


def write_licences(parts: list[Part], folder: Path) -> None:
    """A folder for each part with its licence files."""
    shutil.rmtree(folder, ignore_errors=True)
    for part in parts:
        target = folder / f"{part.kind}-{part.name}"
        for number, text in enumerate(part.texts):
            target.mkdir(parents=True, exist_ok=True)
            name = text.name if not (target / text.name).exists() else f"{number}-{text.name}"
            shutil.copyfile(text, target / name)
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")


def copyright_text(parts: list[Part]) -> str:
    """The machine-readable copyright file of Debian (DEP-5), with every bundled part."""
    lines = [
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/",
        "Upstream-Name: radassist",
        "Comment: The program as a whole is handed out under the terms of the GPL-3.0, because it",
        " holds pylibjpeg-libjpeg. PySide6 and Qt are used under the LGPL-3.0: their libraries",
        " lie as files of their own in lib/PySide6 and may be replaced. The corresponding source",
        " of all Python packages is what packaging/lock names, and of the Debian libraries that of",
        " the versions in sbom.cdx.json. Full texts are in the folder licences beside this file.",
        "",
        "Files: *",
        "Copyright: the radassist authors",
        "License: Apache-2.0",
        "",
    ]
    for part in parts:
        words = " ".join(part.licence.split())
        where = f"licences/{part.kind}-{part.name}" if part.texts else "no file of its own"
        lines += [f"Files: {part.name} ({part.version})", f"License: {words}"]
        lines += [f"Comment: {part.kind}; {where}", ""]
    return "\n".join(lines)


def sbom(parts: list[Part], when: int) -> str:
    """CycloneDX 1.6 as JSON: every part with its licence, package URL and hashes."""
    from radassist import __version__

    locked = locked_hashes()
    components = [_component(part, locked.get(part.name, [])) for part in parts]
    digest = hashlib.sha256(json.dumps(components, sort_keys=True).encode()).hexdigest()
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when)),
            "component": {
                "type": "application",
                "bom-ref": "radassist",
                "name": "radassist",
                "version": __version__,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            },
        },
        "components": components,
        "dependencies": [{"ref": "radassist", "dependsOn": [c["bom-ref"] for c in components]}],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _component(part: Part, locked: list[str]) -> dict[str, object]:
    component: dict[str, object] = {
        "type": "machine-learning-model" if part.kind == "pack" else "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{"license": {"name": " ".join(part.licence.split())}}],
    }
    if locked:
        component["properties"] = [
            {"name": "radassist:locked-sha256", "value": value} for value in locked
        ]
    if part.hashes:
        component["components"] = [
            {"type": "file", "name": name, "hashes": [{"alg": "SHA-256", "content": value}]}
            for name, value in part.hashes.items()
        ]
    return component

"""The Linux artefacts: ``radassist_VERSION_amd64.deb``, ``radassist-VERSION-linux-x86_64.tar.xz``.

Both hold the same frozen program and the same documents.  Times, owners and the order of files are
fixed by SOURCE_DATE_EPOCH, so that the same tree gives the same files.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import shutil
from pathlib import Path

from bootstrap.console import Console
from bootstrap.icons import SIZES

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "packaging" / "linux"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}

_CONTROL = """\
Package: radassist
Version: {version}
Architecture: {architecture}
Maintainer: the radassist authors <radassist@localhost>
Installed-Size: {kilobytes}
Depends: libc6 (>= {glibc}), libstdc++6, libgcc-s1, libgl1, libegl1, fonts-dejavu-core
Recommends: shared-mime-info, desktop-file-utils
Section: science
Priority: optional
Description: offline reporting assistant for radiologists
 Opens a DICOM study, drafts a structured report beside the images with models that run
 on this machine, and lets the radiologist correct, check, sign and export it. Nothing
 leaves the machine. Decision support that a radiologist signs; not a medical device.
 .
 The language model is a file of its own: radassist models install FILE.
"""


def version() -> str:
    """The program's version, read without importing it."""
    text = (ROOT / "radassist" / "__init__.py").read_text(encoding="utf-8")
    return text.partition('__version__ = "')[2].partition('"')[0]


def share_tree(documents: Path, share: Path) -> None:
    """Desktop entry, icons, MIME type, man page and documents under a ``share`` folder."""
    _put(TEMPLATES / "radassist.desktop", share / "applications" / "radassist.desktop")
    _put(TEMPLATES / "radassist.xml", share / "mime" / "packages" / "radassist.xml")
    icons = share / "icons" / "hicolor"
    _put(documents / "icons" / "radassist.svg", icons / "scalable" / "apps" / "radassist.svg")
    for size in SIZES:
        png = documents / "icons" / f"radassist-{size}.png"
        _put(png, icons / f"{size}x{size}" / "apps" / "radassist.png")
    _put_gzip(documents / "radassist.1", share / "man" / "man1" / "radassist.1.gz")
    doc = share / "doc" / "radassist"
    for name in ("copyright", "sbom.cdx.json"):
        _put(documents / name, doc / name)
    shutil.copytree(documents / "licences", doc / "licences")
    _put_gzip(ROOT / "CHANGELOG.md", doc / "changelog.gz")


def make_deb(console: Console, frozen: Path, documents: Path, dist: Path, when: int) -> Path:
    """The Debian package.

    No maintainer scripts: the triggers of desktop-file-utils, shared-mime-info and the icon theme
    see the new files, and what users have made is in their own folders, which dpkg never touches.
    """
    root = ROOT / "build" / "deb"
    shutil.rmtree(root, ignore_errors=True)
    _copy_tree(frozen, root / "usr" / "lib" / "radassist")
    share_tree(documents, root / "usr" / "share")
    (root / "usr" / "bin").mkdir(parents=True)
    (root / "usr" / "bin" / "radassist").symlink_to("../lib/radassist/radassist")
    _write_control(root)
    _fix_modes_and_times(root, when)
    architecture = ARCHITECTURES[platform.machine()]
    target = dist / f"radassist_{version()}_{architecture}.deb"
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(when)}
    command: list[str | Path] = ["dpkg-deb", "--root-owner-group", "-Zxz", "-z6"]
    command += ["--build", root, target]
    console.run(f"Packing {target.name}", command, env=env)
    return target


def _write_control(root: Path) -> None:
    control = root / "DEBIAN"
    files = sorted(p for p in root.rglob("*") if p.is_file() and not p.is_symlink())
    control.mkdir()
    kilobytes = sum(p.stat().st_size for p in files) // 1024
    text = _CONTROL.format(
        version=version(),
        architecture=ARCHITECTURES[platform.machine()],
        kilobytes=kilobytes,
        glibc=platform.libc_ver()[1],
    )
    (control / "control").write_text(text, encoding="utf-8")
    sums = [
        f"{hashlib.md5(p.read_bytes(), usedforsecurity=False).hexdigest()}  {p.relative_to(root)}\n"
        for p in files
    ]
    (control / "md5sums").write_text("".join(sums), encoding="utf-8")


def make_archive(console: Console, frozen: Path, documents: Path, dist: Path, when: int) -> Path:
    """The archive that runs where it is unpacked, with ``install.sh`` for those who want a menu."""
    name = f"radassist-{version()}-linux-{platform.machine()}"
    parent = ROOT / "build" / "archive"
    shutil.rmtree(parent, ignore_errors=True)
    root = parent / name
    _copy_tree(frozen, root / "radassist.app")
    share_tree(documents, root / "share")
    (root / "radassist").symlink_to("radassist.app/radassist")
    _put(TEMPLATES / "install.sh", root / "install.sh")
    text = (TEMPLATES / "README.txt").read_text(encoding="utf-8")
    filled = text.format(version=version(), glibc=platform.libc_ver()[1])
    (root / "README.txt").write_text(filled, encoding="utf-8")
    _fix_modes_and_times(root, when)
    (root / "install.sh").chmod(0o755)
    target = dist / f"{name}.tar.xz"
    same = f"--sort=name --owner=0 --group=0 --numeric-owner --mtime=@{when}"
    tar = f"tar {same} -C {parent} -c {name}"
    command = ["sh", "-c", f"{tar} | xz -6 -T2 > {target}.part && mv {target}.part {target}"]
    console.run(f"Packing {target.name}", command)
    return target


def _copy_tree(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target, symlinks=True)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _put_gzip(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(gzip.compress(source.read_bytes(), 9, mtime=0))


def _fix_modes_and_times(root: Path, when: int) -> None:
    """Folders and programs 0755, files 0644, all of one time."""
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            os.utime(path, (when, when), follow_symlinks=False)
            continue
        program = path.is_dir() or path.name == "radassist"
        path.chmod(0o755 if program else 0o644)
        os.utime(path, (when, when))

"""System libraries: what is missing, and getting it through apt where that is allowed.

Presence is asked of the loader (``ldconfig -p``), not of dpkg: that is true on every Linux, and on
Debian releases that renamed the packages.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap.console import Console, StepFailed


@dataclass(frozen=True)
class Need:
    """One Debian package and what of it must be there.

    :param probe: a shared library (``libGL.so.1``), a program (``bin:g++``), a Python module
        (``py:ensurepip``) or fonts (``font:``).
    :param why: what does not work without it.
    :param vital: setup cannot go on without it.
    """

    package: str
    probe: str
    why: str
    vital: bool = False


BASE = (
    Need("python3-venv", "py:ensurepip", "the virtual environment", vital=True),
    Need("g++", "bin:g++", "building the engine of the language model"),
    Need("libglib2.0-0", "libglib-2.0.so.0", "the window and key images"),
    Need("libgl1", "libGL.so.1", "the window and 3D"),
    Need("libegl1", "libEGL.so.1", "3D without a screen"),
    Need("libxkbcommon0", "libxkbcommon.so.0", "the window"),
    Need("libfontconfig1", "libfontconfig.so.1", "text in the window"),
    Need("libdbus-1-3", "libdbus-1.so.3", "the window"),
    Need("fonts-dejavu-core", "font:", "text in the window and on key images"),
)
SCREEN = (
    Need("libxcb-cursor0", "libxcb-cursor.so.0", "the window on X11"),
    Need("libxcb-icccm4", "libxcb-icccm.so.4", "the window on X11"),
    Need("libxcb-keysyms1", "libxcb-keysyms.so.1", "the window on X11"),
    Need("libxkbcommon-x11-0", "libxkbcommon-x11.so.0", "the window on X11"),
    Need("libxcb-shape0", "libxcb-shape.so.0", "the window on X11"),
    Need("libwayland-cursor0", "libwayland-cursor.so.0", "the window on Wayland"),
    Need("libwayland-egl1", "libwayland-egl.so.1", "the window on Wayland"),
)
TESTS = (
    Need("xvfb", "bin:Xvfb", "the window's tests on a virtual screen"),
    Need("xauth", "bin:xauth", "the window's tests on a virtual screen"),
    Need("dcmtk", "bin:dsrdump", "the tests of DICOM SR files"),
    Need("dicom3tools", "bin:dciodvfy", "the tests of DICOM SR files"),
    Need("poppler-utils", "bin:pdftotext", "the tests of PDF files"),
)


def has_screen(environ: dict[str, str] | None = None) -> bool:
    """True where a window can be shown."""
    values = os.environ if environ is None else environ
    return bool(values.get("DISPLAY") or values.get("WAYLAND_DISPLAY"))


def needed(*, dev: bool, screen: bool) -> tuple[Need, ...]:
    """What this machine needs; the tests need a screen's libraries for their virtual screen."""
    shown = SCREEN if screen or dev else ()
    return (*BASE, *shown, *(TESTS if dev else ()))


def loader_libraries() -> frozenset[str]:
    """The shared libraries that the loader knows, by soname; empty where there is no ldconfig."""
    program = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if program is None:
        return frozenset()
    listing = subprocess.run([program, "-p"], capture_output=True, text=True, check=False).stdout
    return frozenset(line.split()[0] for line in listing.splitlines()[1:] if line.strip())


def missing(needs: Sequence[Need], libraries: frozenset[str]) -> tuple[Need, ...]:
    """Those of the needs that are not met."""
    return tuple(need for need in needs if not _present(need.probe, libraries))


def _present(probe: str, libraries: frozenset[str]) -> bool:
    kind, _, name = probe.partition(":")
    if kind == "bin":
        return shutil.which(name) is not None
    if kind == "py":
        return importlib.util.find_spec(name) is not None
    if kind == "font":
        folders = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
        return any(next(folder.rglob("*.[to]tf"), None) for folder in folders if folder.exists())
    return probe in libraries


def apt_command() -> list[str] | None:
    """How apt-get may be called here without asking for a password, or None."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    if shutil.which("sudo") is None:
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    # sudo drops the environment, so the frontend is named behind it.
    quiet = ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return quiet if allowed.returncode == 0 else None


def apt_line(needs: Sequence[Need]) -> str:
    """The one line that an administrator runs."""
    return f"apt-get install --no-install-recommends {' '.join(n.package for n in needs)}"


def install(
    console: Console,
    needs: Sequence[Need],
    *,
    libraries: Callable[[], frozenset[str]] = loader_libraries,
) -> tuple[Need, ...]:
    """Install what is missing where that is allowed, and say what is still missing.

    :returns: the needs that are still not met; none of them is vital.
    :raises StepFailed: something vital is missing and cannot be installed from here.
    """
    absent = missing(needs, libraries())
    if not absent:
        return ()
    apt = apt_command()
    if apt is not None:
        _apt_install(console, apt, [need.package for need in absent])
        importlib.invalidate_caches()
        absent = missing(needs, libraries())
    for need in absent:
        console.say(f"Missing: {need.package}, for {need.why}.")
    if absent:
        console.say(f"An administrator installs it with: {apt_line(absent)}")
    if any(need.vital for need in absent):
        raise StepFailed(f"Setup cannot go on. Run this once as root: {apt_line(absent)}")
    return absent


def _apt_install(console: Console, apt: list[str], packages: list[str]) -> None:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = [*apt, "install", "-y", "-q", "--no-install-recommends", *packages]
    title = f"Installing {len(packages)} system packages ({' '.join(packages)})"
    try:
        if not _knows(packages):
            console.run("Refreshing apt's package lists", [*apt, "update", "-q"], env=env)
        console.run(title, command, env=env)
    except StepFailed:
        # Lists that are older than the mirror name files that are gone: refresh once, try again.
        try:
            console.run("Refreshing apt's package lists", [*apt, "update", "-q"], env=env)
            console.run(title, command, env=env)
        except StepFailed as fault:
            console.say(f"apt could not install them: {fault}")


def _knows(packages: list[str]) -> bool:
    """True when apt's lists name every package, so that no refresh is needed."""
    for package in packages:
        shown = subprocess.run(
            ["apt-cache", "show", "--no-all-versions", package],
            capture_output=True,
            check=False,
        )
        if shown.returncode != 0:
            return False
    return True

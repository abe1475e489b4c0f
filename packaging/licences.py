"""Write packaging/LICENCES.md: what licence each locked package is under, as it says itself.

Run by ``make licences`` and ``make lock``, in the environment that has the packages.  A package
that says nothing, or whose licence asks more than attribution, is listed first.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "packaging" / "lock"
OUTPUT = ROOT / "packaging" / "LICENCES.md"
#: Where the package's own words are missing, wrong or too long: read from its source.
READ_BY_HAND = {
    "pylibjpeg-libjpeg": "GPL-3.0 (wraps libjpeg by Thomas Richter)",
    "pyside6-essentials": "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only (or commercial)",
    "shiboken6": "LGPL-3.0-only OR GPL-2.0-only OR GPL-3.0-only (or commercial)",
}
_COPYLEFT = re.compile(
    r"\b(A?GPL|LGPL|MPL|EUPL|EPL)\b|General Public License|Mozilla", re.IGNORECASE
)
_PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ \\;]+)", re.MULTILINE)


def licence_of(found: Distribution) -> str:
    """SPDX expression where there is one, else the classifiers, else the first line given."""
    name = found.metadata["Name"].lower().replace("_", "-")
    if name in READ_BY_HAND:
        return READ_BY_HAND[name]
    for expression in found.metadata.get_all("License-Expression") or ():
        return str(expression)
    classifiers = found.metadata.get_all("Classifier") or []
    names = [c.rpartition(" :: ")[2] for c in classifiers if c.startswith("License :: ")]
    names = [n for n in names if n != "OSI Approved"]
    if names:
        return ", ".join(names)
    said = "".join(found.metadata.get_all("License") or ())
    return said.strip().partition("\n")[0] or "not said"


def pins(*names: str) -> dict[str, str]:
    """Package -> version of the given lock files, those that belong to this Python."""
    found: dict[str, str] = {}
    for name in names:
        for package, version in _PIN.findall((LOCK / name).read_text(encoding="utf-8")):
            found.setdefault(package, version)
    return found


def rows(packages: dict[str, str]) -> list[tuple[str, str, str]]:
    """(package, version, licence), copyleft first."""
    table = []
    for package, locked in packages.items():
        try:
            found = distribution(package)
            table.append((package, found.version, licence_of(found)))
        except PackageNotFoundError:
            if package != "colorama":  # Windows only
                table.append((package, locked, "not installed here"))
    return sorted(table, key=lambda row: (not _COPYLEFT.search(row[2]), row[0]))


def main() -> int:
    program = pins("run.txt", "language.txt")
    tools = {n: v for n, v in pins("dev.txt", "project.txt").items() if n not in program}
    lines = [
        "# Licences of the locked packages",
        "",
        "Made by `make licences` from what the packages say of themselves. radassist itself is",
        "Apache-2.0. Packages with conditions beyond attribution stand first.",
        "",
        "`pylibjpeg-libjpeg` is GPL-3.0: a program handed out together with it is handed out under",
        "the GPL's terms as a whole. It is used in the decoding processes only, for JPEG baseline,",
        "extended and lossless. PySide6 is used under the LGPL-3.0, as a library that a user may",
        "replace. Model packs carry their licences in their own `pack.toml`.",
    ]
    for title, packages in (("The program", program), ("Tests and linters", tools)):
        lines += ["", f"## {title}", "", "| package | version | licence |", "|---|---|---|"]
        lines += [f"| {name} | {version} | {text} |" for name, version, text in rows(packages)]
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{OUTPUT.relative_to(ROOT)}: {len(program)} packages, and {len(tools)} for development")
    return 0


if __name__ == "__main__":
    sys.exit(main())

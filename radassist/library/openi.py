"""The public Open-i chest reports with their human codes, read from where they already are.

They are CC BY-NC-ND: read from the wheel torchxrayvision (``data/NLMCXR_reports.tgz``), installed
or downloaded, and never copied here.  ``RADASSIST_OPENI`` names the wheel, the archive or a folder.
Only benchmarks read them.
"""

from __future__ import annotations

import importlib.util
import io
import os
import tarfile
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MEMBER = "torchxrayvision/data/NLMCXR_reports.tgz"


@dataclass(frozen=True)
class OpenReport:
    """One report: sections as labelled, MeSH codes as the annotators wrote them."""

    id: int
    sections: tuple[tuple[str, str], ...]
    codes: tuple[str, ...]

    @property
    def tuning(self) -> bool:
        """Even ids are for tuning, odd ids for reporting."""
        return self.id % 2 == 0

    def section(self, label: str) -> str:
        return dict(self.sections).get(label, "")

    def plain_text(self) -> str:
        """The report as a file a hospital would send."""
        return "\n".join(f"{label}: {text}" for label, text in self.sections) + "\n"


def find_archive() -> Path | None:
    """Where the reports are on this machine, or None."""
    named = os.environ.get("RADASSIST_OPENI")
    if named:
        return Path(named)
    spec = importlib.util.find_spec("torchxrayvision")
    if spec is not None and spec.origin:
        return Path(spec.origin).parent / "data" / "NLMCXR_reports.tgz"
    return None


def load(source: Path) -> dict[int, OpenReport]:
    """All reports by id, from a wheel, the archive in it, or a folder that holds one of them."""
    if source.is_dir():
        source = next(iter([*source.glob("torchxrayvision*.whl"), *source.glob("*.tgz")]))
    if source.suffix == ".whl":
        with zipfile.ZipFile(source) as wheel:
            return _from_tar(io.BytesIO(wheel.read(MEMBER)))
    return _from_tar(io.BytesIO(source.read_bytes()))


def _from_tar(data: io.BytesIO) -> dict[int, OpenReport]:
    with tarfile.open(fileobj=data) as archive:
        reports = [_parse(text) for text in _xml_members(archive)]
    return {report.id: report for report in sorted(reports, key=lambda r: r.id)}


def _xml_members(archive: tarfile.TarFile) -> Iterator[bytes]:
    for member in archive:
        if member.name.endswith(".xml"):
            handle = archive.extractfile(member)
            if handle is not None:
                yield handle.read()


def _parse(data: bytes) -> OpenReport:
    root = ET.fromstring(data)  # noqa: S314 - a fixed public archive, read by benchmarks only
    uid = root.find("uId")
    number = int(uid.attrib["id"].removeprefix("CXR")) if uid is not None else 0
    sections = tuple(
        (element.get("Label", ""), " ".join((element.text or "").split()))
        for element in root.iter("AbstractText")
    )
    return OpenReport(number, sections, tuple(m.text or "" for m in root.iter("major")))

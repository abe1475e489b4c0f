"""Real images for GUI tests: files of pydicom-data, opened and decoded by the real archive."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import OpenResult, Series, Study


class Never:
    """A cancel token that is never pulled."""

    def cancelled(self) -> bool:
        return False


def data_file(name: str) -> Path:
    """A file of the installed package ``data_store`` (pydicom-data)."""
    spec = find_spec("data_store")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data" / name


def open_files(archive: DicomArchive, *names: str) -> OpenResult:
    """Open files of pydicom-data."""
    return archive.open([data_file(n) for n in names], lambda _f, _t: None, Never())


def only_series(result: OpenResult) -> tuple[Study, Series]:
    """The one series of a result."""
    ((study, series),) = result.series()
    return study, series

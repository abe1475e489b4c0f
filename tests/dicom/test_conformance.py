"""Every hostile, corrupt, fuzzed and odd file: a result or one sentence, never more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from radassist.dicom.archive import DicomArchive
from radassist.domain.companions import CompanionKind
from radassist.domain.study import OpenResult
from radassist.errors import Fault
from radassist.ports import NothingOpened

Opener = Callable[..., OpenResult]
FOLDERS = ["corrupt", "hostile", "fuzz", "charset", "dicomdir", "geometry", "docs", "sr", "seg",
           "gsps", "multiframe", "lut_overlay", "photometric", "transfer_syntax"]  # fmt: skip


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_file_opens_or_says_why_not(
    archive: DicomArchive, open_paths: Opener, dicom_data: Path, folder: str
) -> None:
    """By itself, so that no file hides behind another; the first and last frame are decoded."""
    opened = refused = undecodable = 0
    for path in sorted((dicom_data / "C_conformance" / folder).rglob("*")):
        if not path.is_file() or path.name.startswith("DICOMDIR"):
            continue
        try:
            result = open_paths(path)
        except NothingOpened as fault:
            assert fault.what.endswith(".")
            assert "\n" not in str(fault)
            refused += 1
            continue
        opened += 1
        for _, series in result.series():
            for frame in {series.frames[0], series.frames[-1]}:
                try:
                    pixels = archive.decode(frame).pixels
                except Fault as fault:
                    assert fault.what.endswith(".")
                    undecodable += 1
                else:
                    instance = frame.instance
                    assert pixels.shape[:2] == (instance.rows, instance.columns)
    assert opened + refused > 0
    print(folder, opened, refused, undecodable)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_of_a_folder_is_dropped(open_paths: Opener, dicom_data: Path, folder: str) -> None:
    place = dicom_data / "C_conformance" / folder
    files = {p for p in place.rglob("*") if p.is_file()}
    try:
        result = open_paths(place)
    except NothingOpened as fault:
        result = fault.result
    shown = {f.instance.path for _, s in result.series() for f in s.frames}
    listed = {r.path for r in result.rejected} | {c.path for c in result.companions}
    directories = {p for p in files if p.name.startswith("DICOMDIR")}
    assert files - shown - listed - directories == set()


def test_markup_in_a_name_stays_text(open_paths: Opener, dicom_data: Path) -> None:
    with pytest.raises(NothingOpened) as caught:
        open_paths(dicom_data / "C_conformance/hostile/2017-06-27-XSSInjection.dcm")
    assert "<" not in str(caught.value)


def test_a_label_map_is_called_a_segmentation(open_paths: Opener, dicom_data: Path) -> None:
    result = open_paths(dicom_data / "C_conformance/seg/liver_3slice")
    kinds = {c.path.name: c.kind for c in result.companions}
    assert kinds["sparse-labelmap-ppv5.dcm"] is CompanionKind.SEGMENTATION
    assert kinds["liver.dcm"] is CompanionKind.SEGMENTATION


def test_a_reference_to_a_localizer_makes_no_localizer(
    open_paths: Opener, dicom_data: Path
) -> None:
    ((_, knee),) = open_paths(dicom_data / "C_conformance/multiframe/MOVEKNEE.dcm").series()
    assert "ext loc ref" in knee.description
    assert not knee.is_localizer

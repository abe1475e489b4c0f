"""Hostile files of our own, each in a process of its own so that its peak of memory is its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pydicom
import pytest
from hostile_files import RECIPES
from probing import SECONDS, Probe

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import OpenResult
from radassist.errors import Fault
from radassist.ports import NothingOpened

pytestmark = pytest.mark.slow


@pytest.fixture
def probe() -> Iterator[Probe]:
    with Probe() as started:
        yield started


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.__name__)
def test_a_hostile_file_stays_within_bounds(
    probe: Probe, tmp_path: Path, recipe: Callable[[Path], Path]
) -> None:
    outcome = probe.read(recipe(tmp_path / recipe.__name__), fresh=True)
    print(f"{outcome.name}: {outcome.what}, {outcome.seconds:.2f} s, {outcome.peak:.0f} MiB")
    assert outcome.within_bounds, outcome


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.__name__)
def test_the_product_answers_in_time(tmp_path: Path, recipe: Callable[[Path], Path]) -> None:
    """Through the archive with its workers and their deadlines."""

    class Never:
        def cancelled(self) -> bool:
            return False

    path = recipe(tmp_path / recipe.__name__)
    with DicomArchive(workers=1) as archive:
        archive.start(wait_s=60)
        results: list[OpenResult] = []
        answered(lambda: results.append(archive.open([path], lambda f, t: None, Never())), results)
        for _, series in results[0].series():
            answered(partial(archive.decode, series.frames[0]), results)
        for companion in results[0].companions:
            answered(partial(archive.read_content, companion), results)


def answered(work: Callable[[], object], results: list[OpenResult]) -> None:
    """Do one thing that a user waits for: an answer or one sentence, in time."""
    started = time.monotonic()
    try:
        work()
    except NothingOpened as fault:
        assert fault.what.endswith(".")
        results.append(fault.result)
    except Fault as fault:
        assert fault.what.endswith(".")
    assert time.monotonic() - started < SECONDS


def test_a_directory_that_goes_round_ends(tmp_path: Path) -> None:
    """Recipe: records whose offsets lead back to themselves, and files that name the directory."""
    shared = pydicom.data.get_testdata_file("dicomdirtests/DICOMDIR")
    assert shared is not None
    dataset = pydicom.dcmread(shared)
    for record in dataset.DirectoryRecordSequence:
        record.OffsetOfTheNextDirectoryRecord = dataset.DirectoryRecordSequence[0].seq_item_tell
        record.OffsetOfReferencedLowerLevelDirectoryEntity = dataset.DirectoryRecordSequence[
            0
        ].seq_item_tell
        if "ReferencedFileID" in record:
            record.ReferencedFileID = ["DICOMDIR"]
    path = tmp_path / "DICOMDIR"
    dataset.save_as(path)

    class Never:
        def cancelled(self) -> bool:
            return False

    with DicomArchive(workers=1) as archive, pytest.raises(NothingOpened):
        archive.open([path], lambda f, t: None, Never())

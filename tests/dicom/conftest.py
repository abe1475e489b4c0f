"""One archive with its worker processes for all tests of this folder, and files to open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from radassist.dicom.archive import DicomArchive
from radassist.domain.study import OpenResult

Opener = Callable[..., OpenResult]
CtWriter = Callable[..., Path]


class NeverCancelled:
    def cancelled(self) -> bool:
        return False


def quiet_progress(fraction: float, text: str) -> None:
    assert fraction == -1 or 0 <= fraction <= 1
    assert text


@pytest.fixture(scope="session")
def archive() -> Iterator[DicomArchive]:
    with DicomArchive() as opened:
        opened.start(wait_s=60)
        yield opened


@pytest.fixture(scope="session")
def open_paths(archive: DicomArchive) -> Opener:
    def opener(*paths: Path) -> OpenResult:
        return archive.open(paths, quiet_progress, NeverCancelled())

    return opener


@pytest.fixture(scope="session")
def dicom_data(shared_data: Path) -> Path:
    return shared_data / "dicom"


@pytest.fixture
def write_ct() -> CtWriter:
    """Writes a small CT image; keyword arguments set or (None) leave out attributes."""

    def write(path: Path, number: int = 1, **attributes: object) -> Path:
        dataset = Dataset()
        values: dict[str, object] = {
            "SOPClassUID": CTImageStorage,
            "SOPInstanceUID": f"1.2.3.4.{number}",
            "StudyInstanceUID": "1.2.3",
            "SeriesInstanceUID": "1.2.3.4",
            "Modality": "CT",
            "PatientID": "P1",
            "PatientName": "Test^Person",
            "InstanceNumber": number,
            "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
            "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
            "ImagePositionPatient": [0, 0, 3 * number],
            "PixelSpacing": [0.5, 0.7],
            "Rows": 6,
            "Columns": 8,
            "SamplesPerPixel": 1,
            "PhotometricInterpretation": "MONOCHROME2",
            "BitsAllocated": 16,
            "BitsStored": 16,
            "HighBit": 15,
            "PixelRepresentation": 1,
            "RescaleSlope": 1,
            "RescaleIntercept": -1024,
        }
        values.update(attributes)
        for keyword, value in values.items():
            if value is not None:
                setattr(dataset, keyword, value)
        if "PixelData" not in attributes:
            pixels = np.arange(48, dtype="<i2") + 100 * number
            dataset.PixelData = pixels.tobytes()
            dataset["PixelData"].VR = "OW"
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = CTImageStorage
        meta.MediaStorageSOPInstanceUID = str(values["SOPInstanceUID"])
        dataset.file_meta = meta
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset.save_as(path, enforce_file_format=True)
        return path

    return write

"""The generated series that the viewer's benchmark reads, each made by a stated recipe.

A noisy phantom of a chest (seed 7, standard deviation 20 HU), 512 x 512 pixels of 16 bits, stored
as values with RescaleIntercept -1024.  Twenty different slices are coded and repeated along the
axis under UIDs and positions of their own: decoding costs what it costs for all different slices,
making the series does not.  JPEG-LS comes from pyjpegls, JPEG 2000 (lossless) from OpenJPEG, RLE
from pydicom.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import (
    UID,
    CTImageStorage,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

#: Name in the tables -> (transfer syntax, encoder).
SYNTAXES: dict[str, tuple[UID, str]] = {
    "uncompressed": (ExplicitVRLittleEndian, ""),
    "JPEG-LS": (JPEGLSLossless, "pyjpegls"),
    "JPEG 2000": (JPEG2000Lossless, "pylibjpeg"),
    "RLE": (RLELossless, "pydicom"),
}
_DIFFERENT = 20


def phantom(number: int, side: int = 512) -> np.ndarray:
    """Stored values of one slice: int16, shape (side, side)."""
    random = np.random.default_rng(7 + number)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    image = np.full((side, side), -1000.0)
    image[(x / 0.85) ** 2 + (y / 0.65) ** 2 < 1] = 40
    for centre in (-0.38, 0.38):
        image[((x - centre) / 0.3) ** 2 + (y / 0.48) ** 2 < 1] = -850
    nodule = 0.02 + 0.002 * number
    image[(x - 0.3) ** 2 + (y - 0.1) ** 2 < nodule**2 + 0.001] = 60
    return (image + random.normal(0, 20, image.shape)).round().clip(-1024, 3071).astype(
        np.int16
    ) + np.int16(1024)


def make_series(folder: Path, name: str, count: int, side: int = 512) -> Path:
    """Write one series of ``count`` files below ``folder``; what is there already stays.

    :param name: a key of ``SYNTAXES``.
    """
    target = folder / f"{name.replace(' ', '').lower()}_{count}x{side}"
    if target.is_dir():
        return target
    started = target.with_suffix(".part")
    started.mkdir(parents=True, exist_ok=True)
    coded = [_coded(name, phantom(n, side)) for n in range(min(_DIFFERENT, count))]
    for number in range(count):
        dataset = coded[number % len(coded)]
        _place(dataset, name, number)
        dcmwrite(started / f"{number:05d}.dcm", dataset, enforce_file_format=True)
    started.rename(target)
    return target


def make_sparse(folder: Path, count: int = 2000, side: int = 1024) -> Path:
    """A series whose pixels are all zero and take no room on the disk (files with holes)."""
    target = folder / f"sparse_{count}x{side}"
    if target.is_dir():
        return target
    started = target.with_suffix(".part")
    started.mkdir(parents=True, exist_ok=True)
    dataset = _coded("uncompressed", np.zeros((side, side), np.int16))
    for number in range(count):
        _place(dataset, "sparse", number)
        whole = io.BytesIO()
        dcmwrite(whole, dataset, enforce_file_format=True)
        pixels = len(dataset.PixelData)
        path = started / f"{number:05d}.dcm"
        path.write_bytes(whole.getbuffer()[:-pixels])
        os.truncate(path, whole.getbuffer().nbytes)
    started.rename(target)
    return target


def _coded(name: str, pixels: np.ndarray) -> Dataset:
    """A CT image (PS3.3 A.3) of one slice, compressed."""
    syntax, plugin = SYNTAXES[name]
    dataset = Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.SOPClassUID = CTImageStorage
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.Modality, dataset.BodyPartExamined = "CT", "CHEST"
    dataset.PatientName, dataset.PatientID, dataset.PatientSex = "Phantom", "P1", "O"
    dataset.StudyDate, dataset.StudyTime, dataset.StudyID = "20240101", "120000", "1"
    dataset.StudyDescription, dataset.SeriesDescription = "Phantom of a chest", name
    dataset.Manufacturer, dataset.KVP, dataset.SliceThickness = "none", 120, 1
    dataset.SeriesNumber, dataset.AcquisitionNumber = 1, 1
    dataset.FrameOfReferenceUID, dataset.PatientPosition = "1.2.3.9", "HFS"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = -1024, 1, "HU"
    dataset.WindowCenter, dataset.WindowWidth = 40, 400
    dataset.PixelData = pixels.astype("<i2").tobytes()
    dataset["PixelData"].VR = "OW"
    if plugin:
        dataset.compress(syntax, encoding_plugin=plugin, generate_instance_uid=False)
    return dataset


def _place(dataset: Dataset, name: str, number: int) -> None:
    series = 1 + [*SYNTAXES, "sparse"].index(name)
    dataset.StudyInstanceUID = f"1.2.826.0.1.3680043.10.999.{series}"
    dataset.SeriesInstanceUID = f"{dataset.StudyInstanceUID}.1"
    dataset.SOPInstanceUID = f"{dataset.SeriesInstanceUID}.{number + 1}"
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.InstanceNumber = number + 1
    dataset.ImagePositionPatient = [-179.2, -179.2, float(number)]
    dataset.SliceLocation = float(number)

"""Measure opening, decoding and windowing.

    python tests/benchmarks/bench_dicom.py [--data ../shared/data/dicom] [--json FILE]

Opening reads headers in two worker processes; decoding includes the way back through shared
memory; windowing is the table look-up that a drag of the mouse repeats.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pydicom

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from radassist.dicom.archive import DicomArchive  # noqa: E402
from radassist.domain.study import Frame, OpenResult  # noqa: E402
from radassist.domain.windowing import to_display  # noqa: E402
from radassist.ports import DecodedFrame  # noqa: E402


class Never:
    """A cancel token that never cancels."""

    def cancelled(self) -> bool:
        return False


def opened(archive: DicomArchive, *paths: Path) -> OpenResult:
    return archive.open(paths, lambda fraction, text: None, Never())


def many_copies(source: Path, target: Path, count: int) -> None:
    """One image under ``count`` instance UIDs and positions."""
    dataset = pydicom.dcmread(source)
    for number in range(count):
        dataset.SOPInstanceUID = f"1.2.3.{number}"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.ImagePositionPatient = [0, 0, number]
        dataset.save_as(target / f"{number}.dcm")


def median_ms(times: list[float]) -> float:
    return round(float(np.median(times)) * 1000, 2)


def decode_times(
    archive: DicomArchive, frame: Frame, repeats: int = 9
) -> tuple[float, DecodedFrame]:
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        decoded = archive.decode(frame)
        times.append(time.perf_counter() - started)
    return median_ms(times), decoded


def window_times(image: DecodedFrame) -> float:
    times = []
    for step in range(50):
        started = time.perf_counter()
        to_display(image, (40.0 + step, 400.0))
        times.append(time.perf_counter() - started)
    return median_ms(times)


def measure(data: Path) -> dict[str, Any]:
    """All numbers, in milliseconds unless the key says otherwise."""
    result: dict[str, Any] = {}
    chest = data / "A_series/chest_ct_lungdx_30x8mm"
    folder = Path(tempfile.mkdtemp())
    many_copies(next(iter(chest.iterdir())), folder, 600)
    try:
        with DicomArchive() as archive:
            started = time.perf_counter()
            archive.start(wait_s=60)
            result["start of two workers"] = median_ms([time.perf_counter() - started])
            started = time.perf_counter()
            many = opened(archive, folder)
            result["open 600 CT files"] = median_ms([time.perf_counter() - started])
            started = time.perf_counter()
            archive.read_volume(many.series()[0][1], lambda fraction, text: None, Never())
            result["volume of 600 x 512 x 512"] = median_ms([time.perf_counter() - started])
            result |= decoding(archive, data)
    finally:
        shutil.rmtree(folder)
    return result


def decoding(archive: DicomArchive, data: Path) -> dict[str, Any]:
    folder = data / "C_conformance/transfer_syntax/ct_one_image"
    files = {
        "CT, plain": folder / "CTImage.dcm",
        "CT, RLE": next(folder.glob("*RLE*")),
        "CT, JPEG-LS": next(folder.glob("*JPEGLSLossless*")),
        "CT, JPEG 2000": next(folder.glob("*JPEG2000LosslessOnly*")),
        "CT, JPEG lossless": next(folder.glob("*JPEGProcess14SV1*")),
        "CR 1707 x 1813, JPEG lossless": data / "B_radiographs/xraydar_bbd5_cardiomegaly.dcm",
        "MG 4664 x 3064, JPEG 2000": data / "B_radiographs/mammo/MG1_J2KI",
    }
    result = {}
    for name, path in files.items():
        frame = opened(archive, path).series()[0][1].frames[0]
        result[f"decode {name}"], image = decode_times(archive, frame)
        result[f"window {name}"] = window_times(image)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared/data/dicom")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.data)
    for name, value in found.items():
        print(f"{value:10.2f} ms  {name}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

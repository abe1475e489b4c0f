"""One reader reads one series into an array, in a process of its own; a child of bench_viewer.

    python viewer_readers.py READER FOLDER

Prints ``ready`` when everything is imported and started, waits for a line, reads, and prints one
JSON line: seconds of the scan and of the volume, processor seconds, and the sum of all values by
which the readers are compared.  It then waits for another line, so that its memory can be looked
at.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

#: Returns the scanned series, then the volume in modality values.
Scan = Callable[[Path], Any]
Read = Callable[[Any], np.ndarray]


def radassist() -> tuple[Scan, Read, list[int]]:
    """``DicomArchive`` with two worker processes: ``open`` and ``read_volume``."""
    from radassist.dicom.archive import DicomArchive

    class Never:
        def cancelled(self) -> bool:
            return False

    archive = DicomArchive(workers=2)
    archive.start(wait_s=120)
    return (
        lambda folder: archive.open([folder], lambda f, t: None, Never()).series()[0][1],
        lambda series: archive.read_volume(series, lambda f, t: None, Never()).values,
        [host.pid for host in archive._hosts if host.pid is not None],
    )


def simpleitk() -> tuple[Scan, Read, list[int]]:
    """SimpleITK's ``ImageSeriesReader``; the names sorted by its GDCM."""
    import SimpleITK

    def read(names: Any) -> np.ndarray:
        reader = SimpleITK.ImageSeriesReader()
        reader.SetFileNames(names)
        read.image = reader.Execute()  # type: ignore[attr-defined]  # the view does not own it
        return SimpleITK.GetArrayViewFromImage(read.image)  # type: ignore[attr-defined]

    def scan(folder: Path) -> Any:
        return SimpleITK.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))

    return scan, read, []


def gdcm() -> tuple[Scan, Read, list[int]]:
    """``gdcm.IPPSorter`` and ``gdcm.ImageReader``, one file after the other."""
    import gdcm as library

    def scan(folder: Path) -> Any:
        sorter = library.IPPSorter()
        sorter.SetComputeZSpacing(True)
        sorter.SetZSpacingTolerance(0.01)
        sorter.Sort([str(p) for p in folder.iterdir()])
        return list(sorter.GetFilenames())

    def read(names: Any) -> np.ndarray:
        volume = None
        for number, name in enumerate(names):
            reader = library.ImageReader()
            reader.SetFileName(name)
            if not reader.Read():
                raise ValueError("gdcm cannot read a file")
            image = reader.GetImage()
            columns, rows = image.GetDimension(0), image.GetDimension(1)
            data = image.GetBuffer().encode("utf-8", errors="surrogateescape")
            kind = "<i2" if image.GetPixelFormat().GetPixelRepresentation() else "<u2"
            if volume is None:
                volume = np.empty((len(names), rows, columns), np.int16)
            stored = np.frombuffer(data, kind).reshape(rows, columns)
            volume[number] = stored * np.int16(image.GetSlope()) + np.int16(image.GetIntercept())
        assert volume is not None
        return volume

    return scan, read, []


def pydicom() -> tuple[Scan, Read, list[int]]:
    """Plain pydicom: ``dcmread``, sorted by position, ``pixel_array``."""
    import pydicom as library

    def scan(folder: Path) -> Any:
        headers = [(p, library.dcmread(p, stop_before_pixels=True)) for p in folder.iterdir()]
        headers.sort(key=lambda item: float(item[1].ImagePositionPatient[2]))
        return [path for path, _ in headers]

    def read(paths: Any) -> np.ndarray:
        volume = None
        for number, path in enumerate(paths):
            dataset = library.dcmread(path)
            stored = dataset.pixel_array
            if volume is None:
                volume = np.empty((len(paths), *stored.shape), np.int16)
            slope = np.int16(dataset.get("RescaleSlope", 1))
            intercept = np.int16(dataset.get("RescaleIntercept", 0))
            volume[number] = stored.astype(np.int16) * slope + intercept
        assert volume is not None
        return volume

    return scan, read, []


READERS = {"radassist": radassist, "SimpleITK": simpleitk, "gdcm": gdcm, "pydicom": pydicom}


def _processor_seconds(pids: list[int]) -> list[float]:
    """User and system seconds of this process and of its workers (Linux; else of this alone)."""
    seconds = [time.process_time()]
    for pid in pids:
        try:
            words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        except OSError:
            continue
        seconds.append((int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"))
    return seconds


def main() -> None:
    scan, read, workers = READERS[sys.argv[1]]()
    print("ready", flush=True)
    sys.stdin.readline()
    before = _processor_seconds(workers)
    start = time.perf_counter()
    found = scan(Path(sys.argv[2]))
    scanned, busy = time.perf_counter(), _processor_seconds(workers)
    volume = read(found)
    end, after = time.perf_counter(), _processor_seconds(workers)
    answer = {
        "scan_s": scanned - start,
        "volume_s": end - scanned,
        "total_s": end - start,
        "cpu_s": sum(after) - sum(before),
        "volume_cpu_s": sum(after) - sum(busy),
        "busiest_cpu_s": max(a - b for a, b in zip(after, busy, strict=True)),
        "shape": volume.shape,
        "bytes": volume.nbytes,
        "sum": int(volume.sum(dtype=np.int64)),
    }
    print(json.dumps(answer), flush=True)
    sys.stdin.readline()
    os._exit(0)  # without the orderly end of the workers, which is not measured


if __name__ == "__main__":
    main()

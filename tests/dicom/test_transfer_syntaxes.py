"""Every encoding of the shared set against its uncompressed twin and, where there is one, DCMTK."""

from __future__ import annotations

import shutil
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.filebase import DicomFileLike
from pydicom.filewriter import write_dataset, write_file_meta_info

from radassist.dicom.archive import DicomArchive
from radassist.dicom.codecs import DEFLATED_FRAME, missing_decoder
from radassist.dicom.pixels import decode_frame
from radassist.domain.study import OpenResult
from radassist.errors import InputFault

Opener = Callable[..., OpenResult]
#: Files that one of DCMTK's decoders reads, with the greatest difference that two IDCTs may have.
LOSSY = {"1.2.840.10008.1.2.4.51": 2, "1.2.840.10008.1.2.4.53": 2, "1.2.840.10008.1.2.4.55": 2,
         "1.2.840.10008.1.2.4.50": 3}  # fmt: skip
DCMTK = ("dcmdjpeg", "dcmdjpls", "dcmdrle", "dcmconv")


@pytest.fixture
def folder(dicom_data: Path) -> Path:
    return dicom_data / "C_conformance/transfer_syntax"


def dcmtk_decoded(path: Path, out: Path) -> Path | None:
    """The file decoded by DCMTK, None where it has no decoder for it."""
    for tool in DCMTK:
        run = subprocess.run([tool, "+te", str(path), str(out)], capture_output=True, check=False)
        if run.returncode == 0 and out.exists():
            return out
        out.unlink(missing_ok=True)
    return None


def test_dcmtk_decodes_the_same_pixels(folder: Path, tmp_path: Path) -> None:
    if shutil.which("dcmdjpeg") is None:
        pytest.skip("no DCMTK on this machine to compare with")
    compared = 0
    for path in sorted(folder.rglob("*.dcm")):
        plain = dcmtk_decoded(path, tmp_path / "plain.dcm")
        if plain is None:
            continue
        ours, theirs = decode_frame(path, 0), decode_frame(plain, 0)
        syntax = str(pydicom.dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID)
        slope = abs((ours.rescale or (1.0, 0.0))[0])
        difference = np.abs(ours.pixels.astype(float) - theirs.pixels.astype(float)).max()
        assert difference <= LOSSY.get(syntax, 0) * slope + 1e-3, path.name
        compared += 1
    assert compared >= 25


@pytest.mark.parametrize("process", ["JPEGProcess6_8", "JPEGProcess10_12"])
def test_progressive_jpeg_holds_what_the_sequential_one_holds(folder: Path, process: str) -> None:
    """.53 and .55 were made of the same image with the same tables as .51."""
    (path,) = (folder / "ct_one_image").glob(f"*{process}*")
    (sequential,) = (folder / "ct_one_image").glob("*JPEGProcess2_4*")
    assert np.array_equal(decode_frame(path, 0).pixels, decode_frame(sequential, 0).pixels)


def test_high_throughput_jpeg_2000(archive: DicomArchive, open_paths: Opener, folder: Path) -> None:
    decoded = {}
    for name in ("HTJ2KLossless_08_RGB", "HTJ2K_08_RGB"):
        series = open_paths(folder / f"{name}.dcm").series()[0][1]
        decoded[name] = archive.decode(series.frames[0]).pixels
    lossless, lossy = decoded.values()
    assert lossless.shape == (480, 640, 3)
    assert lossless.dtype == np.uint8
    assert lossless.std() > 20
    # The two files hold one picture, one of them with losses.
    assert np.abs(lossless.astype(int) - lossy).mean() < 3


@pytest.mark.parametrize("name", ["liver_deflate", "liver_rle", "liver_nonbyte_aligned"])
@pytest.mark.parametrize("frame", [0, 1, 2])
def test_one_bit_frames_in_every_coding(dicom_data: Path, name: str, frame: int) -> None:
    folder = dicom_data / "C_conformance/seg"
    plain = decode_frame(folder / "liver.dcm", frame).pixels
    found = decode_frame(folder / f"{name}.dcm", frame).pixels
    assert plain.sum() > 30_000
    assert np.array_equal(found, plain[: found.shape[0], : found.shape[1]])


def test_deflated_frames_of_sixteen_bits(tmp_path: Path) -> None:
    """Recipe: CT_small of pydicom, its pixels deflated as one fragment."""
    source = get_testdata_file("CT_small.dcm")
    assert source is not None
    dataset = pydicom.dcmread(source)
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    deflated = engine.compress(dataset.PixelData) + engine.flush()
    plain = decode_frame(Path(source), 0).pixels
    dataset.file_meta.TransferSyntaxUID = DEFLATED_FRAME
    whole = written(tmp_path / "whole.dcm", dataset, deflated)
    assert np.array_equal(decode_frame(whole, 0).pixels, plain)
    cut = written(tmp_path / "cut.dcm", dataset, deflated[: len(deflated) // 2])
    with pytest.raises(InputFault, match="damaged"):
        decode_frame(cut, 0)


def written(path: Path, dataset: Dataset, fragment: bytes) -> Path:
    """A file in a transfer syntax that pydicom refuses to write."""
    dataset.PixelData = encapsulate([fragment])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    with DicomFileLike(path.open("wb")) as stream:
        stream.is_implicit_VR, stream.is_little_endian = False, True
        stream.write(bytes(128) + b"DICM")
        write_file_meta_info(stream, dataset.file_meta)
        write_dataset(stream, dataset)
    return path


def test_every_wrong_scan_header_is_read(folder: Path, tmp_path: Path) -> None:
    """The NEMA files differ in their image, not in their fault; others are made from a good one.

    Recipe: the scan header of each 12-bit sequential JPEG of the set is given Se = 0.
    """
    decoded = 0
    for path in sorted(folder.rglob("*.dcm")):
        dataset = pydicom.dcmread(path)
        if dataset.file_meta.TransferSyntaxUID != "1.2.840.10008.1.2.4.51":
            continue
        good = decode_frame(path, 0)
        data = bytearray(dataset.PixelData)
        spoilt = 0
        at = data.find(b"\xff\xda")
        while at >= 0:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if data[end - 3 : end - 1] == b"\x00\x3f":
                data[end - 2] = 0
                spoilt += 1
            at = data.find(b"\xff\xda", end)
        dataset.PixelData = bytes(data)
        dataset["PixelData"].is_undefined_length = True
        target = tmp_path / "spoilt.dcm"
        dataset.save_as(target)
        found = decode_frame(target, 0)
        assert np.array_equal(found.pixels, good.pixels)
        assert spoilt or "Se = 0" in " ".join(found.warnings)
        decoded += 1
    assert decoded == 3  # one CT, one fragmented two-frame CT, one of the NEMA files


def test_the_one_encoding_that_is_left_is_named_and_costs_no_other_image(
    archive: DicomArchive, open_paths: Opener, folder: Path
) -> None:
    opened = open_paths(folder / "will-jxl.dcm", folder / "MR_small_bigendian.dcm")
    by_modality = {s.modality: s for _, s in opened.series()}
    assert any("JPEG XL" in w for w in by_modality["US"].warnings)
    with pytest.raises(InputFault, match="JPEG XL JPEG Recompression"):
        archive.decode(by_modality["US"].frames[0])
    assert archive.decode(by_modality["MR"].frames[0]).pixels.shape == (64, 64)


@pytest.mark.parametrize(
    ("uid", "name"),
    [
        ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
        ("1.2.840.10008.1.2.4.112", "JPEG XL"),
        ("1.2.840.10008.1.2.4.100", "MPEG2"),
        ("1.2.840.10008.1.2.4.102", "MPEG-4"),
        ("1.2.3.4.5", "1.2.3.4.5"),
    ],
)
def test_a_syntax_without_decoder_is_named(uid: str, name: str) -> None:
    assert name in missing_decoder(pydicom.uid.UID(uid))

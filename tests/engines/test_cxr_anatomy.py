"""The shipped pack through its runtime: what it measures and what it refuses by name."""

from __future__ import annotations

import csv
import pickle
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pydicom
import pytest
from PIL import Image

from radassist.engines.vision.cxr_anatomy import CxrAnatomy
from radassist.engines.vision.types import AnatomyResult, Refusal

PACK = Path(__file__).resolve().parents[2] / "resources" / "packs" / "cxr-anatomy"
Pixels = npt.NDArray[np.float32]


@pytest.fixture(scope="module")
def model() -> CxrAnatomy:
    return CxrAnatomy(PACK, threads=2)


@pytest.fixture(scope="module")
def float_model() -> CxrAnatomy:
    return CxrAnatomy(PACK, threads=2, model="model.fp32.onnx")


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[dict[str, str]]:
    """A dozen held-out patients with masks, of both sets."""
    with (shared_data / "cxr" / "ctr_masks.csv").open(newline="") as handle:
        held = [r for r in csv.DictReader(handle) if r["split"] == "val" and r["usable"] == "1"]
    return held[:: len(held) // 12]


def read(path: Path) -> Pixels:
    return np.array(Image.open(path).convert("L")).astype(np.float32)


def radiograph(path: Path) -> Pixels:
    """A DICOM radiograph as the caller hands it over: MONOCHROME1 turned bright for bone."""
    dataset = pydicom.dcmread(path, force=True)
    if "TransferSyntaxUID" not in dataset.file_meta:
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.ImplicitVRLittleEndian
    pixels = dataset.pixel_array.astype(np.float32)
    inverted = dataset.PhotometricInterpretation == "MONOCHROME1"
    return pixels.max() - pixels if inverted else pixels


def measured(answer: AnatomyResult | Refusal) -> AnatomyResult:
    assert isinstance(answer, AnatomyResult), answer
    return answer


def refused(answer: AnatomyResult | Refusal) -> Refusal:
    assert isinstance(answer, Refusal), "it was measured"
    return answer


NOTHING = {
    "blank": (np.zeros((300, 300)), "blank"),
    "one grey": (np.full((300, 300), 1234, np.uint16), "blank"),
    "thin": (np.zeros((64, 800)), "size"),
    "tiny": (np.zeros((40, 40)), "size"),
    "colour": (np.zeros((300, 300, 3), np.uint8), "shape"),
    "complex": (np.zeros((300, 300), np.complex64), "shape"),
    "not a number": (np.full((300, 300), np.nan), "values"),
    "huge": (np.full((300, 300), 1e300), "values"),
    "infinite": (np.full((300, 300), np.inf), "values"),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_image_is_refused_by_name(model: CxrAnatomy, name: str) -> None:
    pixels, check = NOTHING[name]
    answer = refused(model.analyse(pixels, spacing_mm=None))
    assert answer.check == check
    assert answer.reason.startswith("not a frontal chest radiograph")


@pytest.mark.parametrize("kind", ["noise", "gradient", "disc", "checks"])
def test_drawn_pictures_are_refused(model: CxrAnatomy, kind: str) -> None:
    y, x = np.mgrid[-1:1:400j, -1:1:400j]
    pictures = {
        "noise": np.random.default_rng(0).random((400, 400)),
        "gradient": x + y,
        "disc": (x * x + y * y < 0.6) * 100.0 + x,
        "checks": ((x * 4).astype(int) + (y * 4).astype(int)) % 2 * 1.0,
    }
    refused(model.analyse(pictures[kind], spacing_mm=None))


def test_answers_are_picklable(model: CxrAnatomy) -> None:
    answer = model.analyse(np.zeros((100, 100)), spacing_mm=None)
    assert pickle.loads(pickle.dumps(answer)) == answer  # noqa: S301 - our own bytes


def test_held_out_patients_are_measured_well(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    errors, scores = [], []
    for row in rows:
        answer = measured(
            model.analyse(read(shared_data / "cxr" / row["file"]), spacing_mm=(0.4, 0.4))
        )
        bits = np.array(Image.open(shared_data / "cxr" / row["mask"]))
        assert answer.label_map.shape == bits.shape
        assert answer.label_map.dtype == np.uint8
        assert answer.ctr.heart_width_mm == pytest.approx(0.4 * answer.ctr.heart_width_px)
        assert 0 < answer.ctr_half_width_95 < 0.3
        errors.append(answer.ctr.ratio - float(row["ctr_from_mask"]))
        for label, bit in ((1, 1), (2, 2), (3, 4)):
            one, two = answer.label_map == label, (bits & bit) > 0
            scores.append(2 * np.count_nonzero(one & two) / (one.sum() + two.sum()))
    # A dozen patients with three of the worst among them: the bars are for all, in the slow test.
    assert np.median(np.abs(errors)) < 0.015
    assert np.mean(np.abs(errors)) < 0.03
    assert np.mean(scores) > 0.95


def test_int8_is_as_good_as_fp32(
    model: CxrAnatomy, float_model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    for row in rows:
        pixels = read(shared_data / "cxr" / row["file"])
        one = measured(model.analyse(pixels, spacing_mm=None))
        two = measured(float_model.analyse(pixels, spacing_mm=None))
        for label in (1, 2, 3):
            a, b = one.label_map == label, two.label_map == label
            assert 2 * np.count_nonzero(a & b) / (a.sum() + b.sum()) > 0.96


def test_the_same_image_gives_the_same_answer(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    pixels = read(shared_data / "cxr" / rows[0]["file"])
    one = measured(model.analyse(pixels, spacing_mm=None))
    two = measured(CxrAnatomy(PACK, threads=2).analyse(pixels, spacing_mm=None))
    np.testing.assert_array_equal(one.label_map, two.label_map)
    assert one.ctr == two.ctr
    assert one.ctr_half_width_95 == two.ctr_half_width_95


def test_a_negative_is_corrected_and_told(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    for row in rows[:6]:
        pixels = read(shared_data / "cxr" / row["file"])
        answer = model.analyse(255 - pixels, spacing_mm=None)
        if isinstance(answer, Refusal):
            continue
        assert answer.inverted
        assert any("inverted" in w for w in answer.warnings)
        straight = measured(model.analyse(pixels, spacing_mm=None))
        assert answer.ctr.ratio == pytest.approx(straight.ctr.ratio, abs=0.05)


def test_a_chest_that_is_cut_off_below_is_refused(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    """A heart cut in half is narrow: before, two in three were measured, at 0.25 to 0.62."""
    for row in rows:
        pixels = read(shared_data / "cxr" / row["file"])
        answer = refused(model.analyse(pixels[: pixels.shape[0] // 2], spacing_mm=None))
        if answer.check == "cut_below":
            assert (
                answer.reason == "the image ends inside the chest, at its lower edge: not measured"
            )


OPAQUE = [
    "nih/320/00011925_032.jpg",  # left lung white: the heart is drawn over its base
    "nih/128/00003923_007.jpg",  # basal effusions: no lower heart border
    "nih/128/00001836_004.jpg",  # shifted mediastinum, opaque right base
    "tb/tb_rahman_Tuberculosis-475.jpg",  # both bases opaque
]


@pytest.mark.parametrize("name", OPAQUE)
def test_a_heart_without_visible_borders_is_not_measured_as_if_it_had_them(
    model: CxrAnatomy, shared_data: Path, name: str
) -> None:
    answer = model.analyse(read(shared_data / "cxr" / name), spacing_mm=None)
    assert isinstance(answer, Refusal) or answer.ctr_half_width_95 > 0.07
    if isinstance(answer, AnatomyResult) and answer.ctr_half_width_95 > 0.10:
        assert any("uncertain" in w for w in answer.warnings)


@pytest.mark.slow
def test_the_numbers_of_the_card_hold_on_all_held_out_patients(
    model: CxrAnatomy, shared_data: Path
) -> None:
    with (shared_data / "cxr" / "ctr_masks.csv").open(newline="") as handle:
        held = [r for r in csv.DictReader(handle) if r["split"] == "val" and r["usable"] == "1"]
    errors, covered, scores = [], [], []
    for row in held:
        bits = np.array(Image.open(shared_data / "cxr" / row["mask"]))
        if np.nonzero(bits & 4)[1].mean() > np.nonzero(bits & 2)[1].mean():
            continue  # one mask has left lung and heart exchanged
        answer = measured(model.analyse(read(shared_data / "cxr" / row["file"]), spacing_mm=None))
        errors.append(answer.ctr.ratio - float(row["ctr_from_mask"]))
        covered.append(abs(errors[-1]) <= answer.ctr_half_width_95)
        found = [
            (answer.label_map == label, (bits & bit) > 0) for label, bit in ((1, 1), (2, 2), (3, 4))
        ]
        scores.append([2 * np.count_nonzero(a & b) / (a.sum() + b.sum()) for a, b in found])
    right, left, heart = np.mean(scores, axis=0)
    assert min(right, left) >= 0.96
    assert heart >= 0.93
    assert np.mean(np.abs(errors)) <= 0.020
    assert abs(np.mean(errors)) <= 0.005
    assert np.mean(covered) >= 0.90


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_turned_radiograph_is_refused(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]], turns: int
) -> None:
    for row in rows:
        pixels = read(shared_data / "cxr" / row["file"])
        refused(model.analyse(np.ascontiguousarray(np.rot90(pixels, turns)), spacing_mm=None))


def test_no_side_is_asserted_on_a_mirrored_radiograph(
    model: CxrAnatomy, shared_data: Path, rows: list[dict[str, str]]
) -> None:
    straight = mirrored = 0
    for row in rows:
        pixels = read(shared_data / "cxr" / row["file"])
        straight += measured(model.analyse(pixels, spacing_mm=None)).mirrored
        answer = model.analyse(np.ascontiguousarray(pixels[:, ::-1]), spacing_mm=None)
        mirrored += isinstance(answer, Refusal) or answer.mirrored
    assert straight <= 1
    assert mirrored >= len(rows) - 1


MEASURED = [
    "xraydar_bbd5_cardiomegaly.dcm",
    "xraydar_7c4a_normal.dcm",
    "xrv_siim_pa.dcm",
    "nih_dx_nofinding.dcm",
    "gdcm-CR-MONO1-10-chest.dcm",
    "CR-MONO1-10-chest",
]
REFUSED = [
    "RG3_J2KR.dcm",
    "dx_image.dcm",
    "sample.dcm",
    "mammo/GH133.dcm",
    "mammo/OutOfBoundsOverlay.dcm",
    "mammo/MG1_J2KI",
]


@pytest.mark.parametrize("name", MEASURED)
def test_chest_radiographs_of_other_sources_are_measured(
    model: CxrAnatomy, shared_data: Path, name: str
) -> None:
    pixels = radiograph(shared_data / "dicom" / "B_radiographs" / name)
    answer = measured(model.analyse(pixels, spacing_mm=None))
    assert answer.label_map.shape == pixels.shape
    assert 0.3 < answer.ctr.ratio < 0.65
    assert not answer.mirrored
    assert not answer.inverted


@pytest.mark.parametrize("name", REFUSED)
def test_hand_dog_abdomen_and_breast_are_refused(
    model: CxrAnatomy, shared_data: Path, name: str
) -> None:
    refused(
        model.analyse(radiograph(shared_data / "dicom" / "B_radiographs" / name), spacing_mm=None)
    )


def test_false_photometric_tag_is_told(model: CxrAnatomy, shared_data: Path) -> None:
    folder = shared_data / "dicom" / "B_radiographs"
    true = measured(model.analyse(radiograph(folder / "xrv_siim_pa.dcm"), spacing_mm=None))
    fake = measured(model.analyse(radiograph(folder / "Fake_MONOHR1.dcm"), spacing_mm=None))
    assert fake.inverted
    assert fake.ctr.ratio == pytest.approx(true.ctr.ratio, abs=0.01)


def test_flipped_image_without_marker_asserts_no_side(model: CxrAnatomy, shared_data: Path) -> None:
    path = shared_data / "dicom" / "B_radiographs" / "Monochrome1-Jpeg.dcm"
    answer = model.analyse(radiograph(path), spacing_mm=None)
    assert isinstance(answer, Refusal) or answer.mirrored


def test_ct_slices_are_refused(model: CxrAnatomy, shared_data: Path) -> None:
    folder = shared_data / "dicom" / "A_series" / "chest_ct_lungdx_30x8mm"
    paths = sorted(folder.glob("*.dcm"))[::5]
    assert paths
    for path in paths:
        refused(model.analyse(radiograph(path), spacing_mm=None))

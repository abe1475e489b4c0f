"""Canvas, cleaning, plausibility and calibration, without a network."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radassist.engines.vision import cleaning, plausibility, uncertainty
from radassist.engines.vision.calibration import load_calibration
from radassist.engines.vision.canvas import make_canvas, stretch, trim

PACK = Path(__file__).resolve().parents[2] / "resources" / "packs" / "cxr-anatomy"


def chest(side: int = 200) -> npt.NDArray[np.uint8]:
    labels = np.zeros((side, side), np.uint8)
    y, x = np.mgrid[0:side, 0:side] / side
    labels[((x - 0.28) / 0.16) ** 2 + ((y - 0.45) / 0.33) ** 2 < 1] = 1
    labels[((x - 0.74) / 0.15) ** 2 + ((y - 0.45) / 0.33) ** 2 < 1] = 2
    labels[((x - 0.54) / 0.18) ** 2 + ((y - 0.62) / 0.15) ** 2 < 1] = 3
    return labels


@given(st.integers(64, 300), st.integers(64, 300))
def test_a_label_map_comes_back_in_the_shape_of_the_image(rows: int, columns: int) -> None:
    image = np.random.default_rng(0).random((rows, columns))
    canvas = make_canvas(image, 160)
    back = canvas.back(np.ones((320, 320), np.uint8))
    assert back.shape == (rows, columns)
    assert back.all()


def test_a_trimmed_margin_stays_background_and_positions_hold() -> None:
    image = np.zeros((300, 260), np.float32)
    image[40:240, 30:230] = np.random.default_rng(0).random((200, 200))
    canvas = make_canvas(image, 100)
    assert canvas.source == (40, 30, 200, 200)
    labels = np.zeros((200, 200), np.uint8)
    labels[100:, :] = 3
    rows, columns = np.nonzero(canvas.back(labels))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (140, 239, 30, 229)


def test_window_and_dtype_do_not_matter() -> None:
    image = np.random.default_rng(1).integers(0, 4000, (128, 100))
    one = make_canvas(image.astype(np.uint16), 64).pixels
    two = make_canvas(image.astype(np.float64) * 3.5 - 1024, 64).pixels
    np.testing.assert_allclose(one, two, atol=1e-3)
    assert one.min() == 0.0
    assert one.max() == 1.0


def test_a_flat_image_gives_zeros_and_is_not_trimmed_away() -> None:
    flat = np.full((80, 70), 7, np.float32)
    assert not stretch(flat).any()
    assert trim(flat, 0.0) == (0, 0, 80, 70)


def test_cleaning_drops_stray_pixels_spikes_and_holes() -> None:
    labels = chest()
    dirty = labels.copy()
    dirty[5:8, 190:193] = 3  # stray
    dirty[124, 150:199] = 3  # spike
    dirty[90:94, 50:54] = 0  # hole in a lung
    cleaned = cleaning.clean(dirty, 0.005, 0.03)
    assert not (cleaned[:20] == 3).any()
    assert np.flatnonzero((cleaned == 3).any(0))[-1] <= np.flatnonzero((labels == 3).any(0))[-1]
    assert (cleaned[90:94, 50:54] == 1).all()
    assert 0 < cleaning.stray_share(dirty, cleaned) < 0.1


def test_opening_keeps_the_width_of_an_ellipse() -> None:
    mask = chest() == 3
    opened = cleaning.open_with_disc(mask, 6)
    before, after = mask.any(0).sum(), opened.any(0).sum()
    assert before - 2 <= after <= before
    assert not cleaning.open_with_disc(mask, 1000).any()
    assert not cleaning.open_with_disc(np.zeros((5, 5), bool), 2).any()


def test_cleaning_nothing_gives_nothing() -> None:
    empty = np.zeros((30, 30), np.uint8)
    assert not cleaning.clean(empty, 0.01, 0.03).any()
    assert cleaning.stray_share(empty, empty) == 1.0


def test_a_drawn_chest_is_plausible_and_its_turns_are_not() -> None:
    ranges = load_calibration(PACK).ranges
    assert set(ranges) == set(plausibility.MEANING)
    values = plausibility.quantities(chest(), 0.9, 0.0)
    assert values is not None
    assert plausibility.out_of_range(values, ranges) == []
    for turned in (np.rot90(chest()), chest()[::-1]):
        wrong = plausibility.quantities(np.ascontiguousarray(turned), 0.9, 0.0)
        assert wrong is not None
        assert plausibility.out_of_range(wrong, ranges)
    assert plausibility.quantities(np.zeros((9, 9), np.uint8), 1.0, 0.0) is None


@pytest.mark.parametrize(
    ("part", "check"),
    [
        (np.s_[:110], "cut_below"),
        (np.s_[90:], "cut_above"),
        (np.s_[:, 50:], "cut_beside"),
        (np.s_[:, :160], "cut_beside"),
    ],
)
def test_a_chest_that_runs_out_of_the_image_is_out_of_range(part: object, check: str) -> None:
    values = plausibility.quantities(np.ascontiguousarray(chest()[part]), 0.9, 0.0)  # type: ignore[index]
    assert values is not None
    names = [n for n, _ in plausibility.out_of_range(values, load_calibration(PACK).ranges)]
    assert check in names


def test_the_margin_that_makes_a_canvas_square_is_no_edge_of_the_image() -> None:
    canvas = make_canvas(np.random.default_rng(0).random((100, 200)), 80)
    labels = np.zeros((160, 160), np.uint8)
    labels[40:120] = 1
    assert canvas.inside(labels).shape == (80, 160)
    assert canvas.inside(labels).all()


def probabilities(labels: npt.NDArray[np.uint8], sure: float) -> npt.NDArray[np.float32]:
    out = np.full((4, *labels.shape), (1 - sure) / 3, np.float32)
    for label in range(4):
        out[label][labels == label] = sure
    return out


def test_what_is_sure_and_round_moves_little_and_what_hangs_on_a_neck_moves_much() -> None:
    sure = probabilities(chest(), 0.99)
    assert uncertainty.spread((sure, sure), 0.005, 0.01) < 0.02
    glued = chest()
    glued[130:140, 130:178] = 3  # a streak from the heart towards the chest wall
    streak = probabilities(glued, 0.99)
    assert uncertainty.spread((streak, streak), 0.005, 0.01) > 0.04
    assert uncertainty.spread((sure, streak), 0.005, 0.01) > 0.04
    unsure = probabilities(chest(), 0.99)
    heart = np.roll(chest() == 3, 12, axis=1)
    unsure[3][heart & (chest() != 3)] = 0.5  # half a heart more, if favoured
    assert uncertainty.spread((unsure, unsure), 0.005, 0.01) > 0.02


def test_nothing_to_measure_is_the_widest_spread() -> None:
    nothing = probabilities(np.zeros((64, 64), np.uint8), 0.99)
    assert uncertainty.spread((nothing, nothing), 0.005, 0.01) == 1.0


def test_pack_lists_every_binary_of_its_folder_with_true_hashes() -> None:
    """Also the float network, which only tests load: no byte may change unnoticed."""
    pack = tomllib.loads((PACK / "pack.toml").read_text(encoding="utf-8"))
    names = [f["name"] for f in pack["files"]]
    assert names[0] == "model.onnx"
    assert sorted(names) == sorted(p.name for p in PACK.iterdir() if p.suffix in (".onnx", ".npz"))
    for entry in pack["files"]:
        payload = (PACK / entry["name"]).read_bytes()
        assert len(payload) == entry["size"]
        assert hashlib.sha256(payload).hexdigest() == entry["sha256"]
    assert sum(path.stat().st_size for path in PACK.iterdir() if path.is_file()) < 5 * 1024 * 1024


def test_the_card_says_what_was_measured() -> None:
    """Card, manifest and results are of the same run."""
    results = json.loads((PACK / "results.json").read_text(encoding="utf-8"))["int8"]
    pack = tomllib.loads((PACK / "pack.toml").read_text(encoding="utf-8"))
    card = (PACK / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith(f"# cxr-anatomy {pack['version']}")
    assert "@" not in card
    for group in ("all", "masks_in_order"):
        numbers = results[group]
        shown = [*numbers["dice"].values(), numbers["ctr_mae"], numbers["ctr_bias"]]
        for n in [*shown, numbers["interval_coverage"]]:
            assert f"{n['value']:.4f} [{n['low']:.4f}, {n['high']:.4f}]" in card
    assert pack["results"]["ctr_mae"] == results["all"]["ctr_mae"]["value"]


def test_damaged_gate_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pack.toml").write_bytes((PACK / "pack.toml").read_bytes())
    np.savez(tmp_path / "gate.npz", centre=np.zeros(3, "f4"), whiten=np.zeros((2, 4), "f4"))
    with pytest.raises(ValueError, match="do not fit"):
        load_calibration(tmp_path)

"""ONNX export, int8 quantisation, calibration of gate and uncertainty, ``pack.toml``."""

from __future__ import annotations

import csv
import hashlib
import random
from pathlib import Path

import numpy as np
import onnx
import torch
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image
from torch import Tensor, nn

from radassist.domain.cardiothoracic import measure_ctr
from radassist.engines.vision import plausibility
from radassist.engines.vision.canvas import make_canvas
from radassist.engines.vision.cxr_anatomy import CxrAnatomy
from radassist.engines.vision.types import AnatomyResult

VERSION = "1.1.0"
COMPONENTS = 24  # of the feature space that the distance looks at


class Shipped(nn.Module):
    """The network with probabilities instead of logits."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, gate, features = self.net(image)
        return logits.softmax(1), gate, features


class Pictures(CalibrationDataReader):
    """Canvases of radiographs and of their mirrors, one at a time."""

    def __init__(self, images: list[np.ndarray], size: int) -> None:
        canvases = [make_canvas(i, size).pixels for i in images]
        self._queue = iter([c[None, None] for c in canvases])

    def get_next(self) -> dict[str, np.ndarray] | None:
        picture = next(self._queue, None)
        return None if picture is None else {"image": picture}


def read_image(path: Path) -> np.ndarray:
    return np.array(Image.open(path).convert("L")).astype(np.float32)


def export_float(net: nn.Module, size: int, out: Path) -> None:
    torch.onnx.export(
        Shipped(net).eval(),
        (torch.zeros(2, 1, size, size),),
        str(out),
        input_names=["image"],
        output_names=["probabilities", "gate", "features"],
        dynamic_axes={n: {0: "n"} for n in ("image", "probabilities", "gate", "features")},
        opset_version=17,
        dynamo=False,
    )


def quantise(source: Path, out: Path, images: list[np.ndarray], size: int) -> None:
    """Per-channel int8 weights (7 bits used: exact also on CPUs without VNNI), uint8 activations.

    The last convolution, which separates the classes, and the gate head stay in float.
    """
    prepared = out.with_suffix(".prepared.onnx")
    quant_pre_process(str(source), str(prepared), skip_symbolic_shape=True)
    graph = onnx.load(prepared).graph
    last = [n.name for n in graph.node if n.op_type == "Conv"][-1]
    quantize_static(
        str(prepared),
        str(out),
        Pictures(images, size),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv", "MaxPool", "Resize", "Concat"],
        nodes_to_exclude=[last],
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
    )
    prepared.unlink()


def familiar_images(data: Path, masked: list[dict[str, str]]) -> tuple[list[Path], list[Path]]:
    """(images to fit the gate on, images to set its limits on), training patients only."""
    with (data / "cxr" / "nih.csv").open(newline="") as handle:
        nih = [r for r in csv.DictReader(handle) if r["split"] == "train" and r["px"] != "64"]
    random.Random(11).shuffle(nih)  # noqa: S311 - sampling, not secrets
    paths = [data / "cxr" / r["file"] for r in masked]
    more = [data / "cxr" / r["file"] for r in nih if r["px"] == "320"][:300]
    small = [data / "cxr" / r["file"] for r in nih if r["px"] == "128"][:500]
    return paths + more[:150] + small[:250], more[150:] + small[250:]


def fit_gate(pack: Path, fit: list[Path], limit: list[Path], inner: list[Path], size: int) -> dict:
    """Feature space and plausible ranges; writes ``gate.npz``, gives the calibration numbers."""
    limits = {"inverted": 0.5, "flipped": 0.5, "turned": 0.3, "other": 0.5, "heart_share": 0.49}
    bare = {
        "limits": limits,
        "ranges": {},
        "ctr_floor": 0.0,
        "ctr_slope": 0.0,
        "lung_disc": 0.005,
        "heart_disc": 0.01,
        "ood_limit": 1e9,
    }
    np.savez(pack / "gate.npz", centre=np.zeros(96, "f4"), whiten=np.eye(96, dtype="f4"))
    write_pack(pack, bare, size)
    model = CxrAnatomy(pack)
    known, held = _gather(model, fit, size), _gather(model, limit + inner, size)
    features = np.stack([f for f, _ in known])
    centre = features.mean(0)
    _, scale, axes = np.linalg.svd(features - centre, full_matrices=False)
    whiten = axes[:COMPONENTS] / (scale[:COMPONENTS, None] / np.sqrt(len(features) - 1))
    np.savez(pack / "gate.npz", centre=centre.astype("f4"), whiten=whiten.astype("f4"))
    far = [float(np.sqrt(np.mean((whiten @ (f - centre)) ** 2))) for f, _ in held]
    bare["ood_limit"] = round(float(np.quantile(far, 0.995)) * 1.1, 4)
    for name in plausibility.MEANING:
        values = np.array([v[name] for _, v in known + held])
        low, high = np.quantile(values, [0.003, 0.997])
        room = 0.25 * (high - low)
        bare["ranges"][name] = [round(float(low - room), 4), round(float(high + room), 4)]
    bare["ranges"]["confidence"][1] = bare["ranges"]["fill_heart"][1] = 1.01
    # The ratio rests on what could be cut off below and beside, not on the lungs' tips.
    for name, least in (
        ("stray", 0.1),
        ("cut_above", 0.25),
        ("cut_below", 0.1),
        ("cut_beside", 0.1),
    ):
        bare["ranges"][name] = [0.0, max(least, bare["ranges"][name][1])]
    return bare


def _gather(
    model: CxrAnatomy, paths: list[Path], size: int
) -> list[tuple[np.ndarray, dict[str, float]]]:
    found = []
    for path in paths:
        canvas = make_canvas(read_image(path), size)
        view = model.look(canvas)
        if view.other > 0.5 or view.inverted > 0.5 or view.turns[0] < 0.5:
            continue  # mislabelled laterals and the like
        labels, confidence, stray = model.regions(view)
        values = plausibility.quantities(canvas.inside(labels), min(confidence), stray)
        if values is not None:
            found.append((view.features, values))
    print(f"gate: {len(found)} of {len(paths)} images kept")
    return found


def calibrate_interval(
    pack: Path, pairs: list[tuple[np.ndarray, np.ndarray]]
) -> tuple[float, float]:
    """(floor, slope) so that 95 % of the training patients lie within floor + slope * spread.

    The rank is ceil(0.95 * (n + 1)), as in split conformal prediction.  All training patients
    serve, those that the network was fitted on too: the inner fold alone is small and happens to
    be easier than they are (see the card), and gave intervals that were too narrow.  Among the
    slopes, the least mean interval score decides (Gneiting and Raftery, JASA 2007;102:359).
    """
    model = CxrAnatomy(pack)
    errors, spreads = [], []
    for image, labels in pairs:
        answer = model.analyse(image, spacing_mm=None)
        if isinstance(answer, AnatomyResult):
            errors.append(abs(answer.ctr.ratio - measure_ctr(labels).ratio))
            spreads.append(answer.ctr_half_width_95)  # the pack holds floor 0, slope 1 now
    error, spread = np.array(errors), np.array(spreads)
    rank = min(len(error), int(np.ceil(0.95 * (len(error) + 1)))) - 1
    best = (np.inf, 0.0, 0.0)
    for slope in (0.5, 0.75, 1.0, 1.25, 1.5, 2.0):  # never 0: strange images are less certain
        floor = max(0.005, float(np.sort(error - slope * spread)[rank]))
        half = floor + slope * spread
        score = float(np.mean(2 * half + 40 * np.maximum(error - half, 0)))
        print(f"interval: slope {slope} floor {floor:.4f} mean {half.mean():.4f} score {score:.4f}")
        best = min(best, (score, floor, slope))
    return best[1], best[2]


def add_results(pack: Path, results: dict) -> None:
    """Append ``[results]`` to ``pack.toml``: the shipped int8 network on split ``val``."""
    one, two = results["int8"]["all"], results["fp32"]["all"]
    text = (pack / "pack.toml").read_text().split("\n[results]")[0].rstrip()
    lines = ["", "", "[results]", 'split = "val"', f"patients = {one['patients']}"]
    for name, numbers in one["dice"].items():
        lines.append(f"dice_{name} = {numbers['value']}")
        lines.append(f"dice_{name}_fp32 = {two['dice'][name]['value']}")
    for name in ("ctr_mae", "ctr_bias", "interval_coverage", "interval_mean_half_width"):
        n = one[name]
        lines.append(f"{name} = {n['value']}")
        lines.append(f"{name}_95 = [{n['low']}, {n['high']}]")
    lines.append(f"refused = {len(results['int8']['refused'])}")
    lines.append(f"ms_per_image_two_threads = {results['int8']['speed']['ms_512_px']}")
    (pack / "pack.toml").write_text(text + "\n".join(lines) + "\n")


def write_pack(pack: Path, numbers: dict, size: int) -> None:
    """``pack.toml`` with the hash of each file that the runtime loads."""
    text = (Path(__file__).resolve().parent / "pack.in.toml").read_text()
    lines = [text.replace("@VERSION@", VERSION).replace("@SIZE@", str(size)), "[calibration]"]
    lines += [
        f"{k} = {numbers[k]}"
        for k in ("ctr_floor", "ctr_slope", "lung_disc", "heart_disc", "ood_limit")
    ]
    lines += ["", "[calibration.limits]"]
    lines += [f"{k} = {v}" for k, v in numbers["limits"].items()]
    lines += ["", "[calibration.ranges]"]
    lines += [f"{k} = {v}" for k, v in numbers["ranges"].items()]
    # The float network serves tests only, but a damaged byte of it must be noticed as well.
    for name in ("model.onnx", "gate.npz", "model.fp32.onnx"):
        payload = (pack / name).read_bytes()
        digest = hashlib.sha256(payload).hexdigest()
        lines += ["", "[[files]]", f'name = "{name}"', f"size = {len(payload)}"]
        lines += [f'sha256 = "{digest}"']
    (pack / "pack.toml").write_text("\n".join(lines) + "\n")

"""Train, export, quantise and calibrate the pack ``cxr-anatomy``: lungs and heart on one image.

    python train.py --data DATA fit          # stage 1: masks only  -> work/stage1.pt
    python train.py --data DATA refit        # stage 2: and pseudo-labelled NIH -> work/stage2.pt
    python train.py --data DATA export       # model.fp32.onnx, model.onnx, gate.npz, pack.toml
    python train.py --data DATA calibrate    # gate.npz and pack.toml alone, part of export
    python train.py --data DATA evaluate     # results.json, by the shipped runtime

``DATA`` holds ``cxr/ctr_masks.csv`` and ``cxr/nih.csv`` with their images.  Rows with split
``val`` are never read before ``evaluate``.  Choices (resolution, thresholds) are made on an inner
fold of the training patients, see :func:`inner_fold`; the interval rests on all of them.  Needs
torch, onnx, onnxruntime, scipy, pillow.
"""

from __future__ import annotations

import argparse
import copy
import csv
import hashlib
import math
import random
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[2]))

import augment  # noqa: E402 - beside this file

SIZE = 320  # what the shipped model reads
FIRST_SIZE = 256  # stage 1, for speed: the network is fully convolutional
WIDTHS = (16, 32, 48, 64, 80, 96)


class Block(nn.Sequential):
    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
        )


class UNet(nn.Module):
    """(N, 1, S, S) -> class logits (N, 4, S, S), gate logits (N, 7), pooled features (N, 96).

    Gate logits: four quarter turns, inverted, flipped, not a frontal chest.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        last = 1
        for width in widths:
            self.down.append(Block(last, width))
            last = width
        self.gate = nn.Sequential(nn.Linear(last, 64), nn.ReLU(), nn.Linear(64, 7))
        for width in widths[-2::-1]:
            self.up.append(Block(last + width, width))
            last = width
        self.head = nn.Conv2d(last, 4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        skips: list[Tensor] = []
        for i, block in enumerate(self.down):
            x = block(F.max_pool2d(x, 2) if i else x)
            skips.append(x)
        features = skips.pop().mean((2, 3))
        for block in self.up:
            x = F.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skips.pop()], 1))
        return self.head(x), self.gate(features), features


# -- data ------------------------------------------------------------------------------------


def rows_of(data: Path, name: str) -> list[dict[str, str]]:
    with (data / "cxr" / name).open(newline="") as handle:
        return list(csv.DictReader(handle))


def labels_of(path: Path) -> np.ndarray:
    """Bit mask (1 right lung, 2 left lung, 4 heart; overlaps add) -> labels 0..3, heart on top."""
    bits = np.array(Image.open(path))
    labels = np.zeros(bits.shape, np.uint8)
    labels[(bits & 1) > 0] = 1
    labels[(bits & 2) > 0] = 2
    labels[(bits & 4) > 0] = 3
    return labels


def inner_fold(row: dict[str, str]) -> bool:
    """True for the 15 % of training patients kept for choices and calibration."""
    digest = hashlib.sha256(row["patient_id"].encode()).digest()
    return digest[0] < 0.15 * 256


def training_rows(data: Path, *, inner: bool) -> list[dict[str, str]]:
    rows = [r for r in rows_of(data, "ctr_masks.csv") if r["split"] == "train"]
    return [r for r in rows if r["usable"] == "1" and inner_fold(r) is inner]


def load_masked(data: Path, rows: list[dict[str, str]]) -> list[tuple[Tensor, Tensor]]:
    pairs = []
    for row in rows:
        image = np.array(Image.open(data / "cxr" / row["file"]).convert("L"))
        labels = labels_of(data / "cxr" / row["mask"])
        pairs.append((torch.from_numpy(image)[None], torch.from_numpy(labels)))
    return pairs


# -- training --------------------------------------------------------------------------------


def losses(out: tuple[Tensor, Tensor, Tensor], batch: list[augment.Sample]) -> Tensor:
    logits, gate = out[0].float(), out[1].float()
    masks = torch.stack([s.mask for s in batch])
    valid = (masks != augment.IGNORE)[:, None].float()
    ce = F.cross_entropy(logits, masks, ignore_index=augment.IGNORE)
    hot = F.one_hot(masks.clamp(max=3), 4).permute(0, 3, 1, 2).float() * valid
    prob = logits.softmax(1) * valid
    chest = torch.tensor([float(s.other == 0 and s.turns == 0) for s in batch])
    overlap = 2 * (prob * hot).sum((2, 3)) + 1
    dice = overlap / (prob.sum((2, 3)) + hot.sum((2, 3)) + 1)
    region = ((1 - dice[:, 1:].mean(1)) * chest).sum() / chest.sum().clamp_min(1)
    turns = torch.tensor([s.turns for s in batch])
    loss = ce + region + 0.15 * F.cross_entropy(gate[:, :4], turns.clamp(min=-1), ignore_index=-1)
    for column, name in ((4, "inverted"), (5, "flipped"), (6, "other")):
        want = torch.tensor([float(getattr(s, name)) for s in batch])
        known = (want >= 0).float()
        each = F.binary_cross_entropy_with_logits(gate[:, column], want.clamp(min=0), weight=known)
        loss = loss + 0.15 * each
    return loss


def fit(
    model: UNet,
    sets: list[tuple[list[tuple[Tensor, Tensor]], int]],
    *,
    steps: int,
    planned: int,
    size: int,
    peak: float,
    out: Path,
    check: list[tuple[Tensor, Tensor]],
    seed: int,
) -> UNet:
    """Train ``model``; each step draws so many pictures from each set.  Gives the average (EMA).

    The cosine rate would reach zero at ``planned`` steps; training ends after ``steps``.
    """
    rng = random.Random(seed)  # noqa: S311
    torch.manual_seed(seed)
    model.to(memory_format=torch.channels_last)
    average = copy.deepcopy(model).eval()
    optimiser = torch.optim.AdamW(model.parameters(), lr=peak, weight_decay=1e-3)
    start = time.time()
    running = 0.0
    for step in range(1, steps + 1):
        rate = peak * min(1, step / 80) * (0.5 + 0.5 * math.cos(math.pi * step / planned)) + 1e-6
        optimiser.param_groups[0]["lr"] = rate
        batch = [
            augment.make(image.float() / 255, mask, size, rng)
            for pairs, count in sets
            for image, mask in rng.sample(pairs, count)
        ]
        images = torch.stack([s.image for s in batch]).to(memory_format=torch.channels_last)
        model.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            out_ = model(images)
        loss = losses(out_, batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        follow(average, model, min(0.995, step / (step + 20)))
        value = float(loss.detach())
        running = 0.98 * running + 0.02 * value if step > 1 else value
        if step % 50 == 0:
            print(f"{step} loss {running:.4f} {time.time() - start:.0f} s", flush=True)
        if step % 400 == 0 or step == steps:
            print("   inner fold:", inner_dice(average, check, size), flush=True)
            torch.save(average.state_dict(), out)
    return average


def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    with torch.no_grad():
        for a, b in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
            if a.dtype.is_floating_point:
                a.lerp_(b, 1 - decay)
            else:
                a.copy_(b)


def plain_view(image: Tensor, size: int = SIZE) -> Tensor:
    image = F.interpolate(image[None].float() / 255, size=(size, size), mode="area")[0]
    return augment.normalise(image)


@torch.no_grad()
def inner_dice(model: UNet, pairs: list[tuple[Tensor, Tensor]], size: int) -> str:
    """Dice and CTR of the bare network (no post-processing) on the inner fold."""
    scores, errors = [], []
    for image, mask in pairs:
        logits = model(plain_view(image, size)[None])[0]
        full = F.interpolate(logits, size=mask.shape, mode="bilinear", align_corners=False)
        guess = full.argmax(1)[0]
        scores.append([_dice(guess == c, mask == c) for c in (1, 2, 3)])
        errors.append(_bare_ctr(guess.numpy()) - _bare_ctr(mask.numpy()))
    err = np.array(errors)
    dice = np.mean(scores, 0).round(4).tolist()
    return f"dice {dice} ctr mae {np.abs(err).mean():.4f} bias {err.mean():+.4f}"


def _dice(a: Tensor, b: Tensor) -> float:
    return float(2 * (a & b).sum() / (a.sum() + b.sum() + 1e-6))


def _bare_ctr(labels: np.ndarray) -> float:
    heart = np.flatnonzero((labels == 3).any(0))
    lungs = np.flatnonzero((labels > 0).any(0))
    if not heart.size or not lungs.size:
        return 0.0
    return float((heart[-1] - heart[0] + 1) / (lungs[-1] - lungs[0] + 1))


@torch.no_grad()
def pseudo_labels(model: UNet, data: Path, limit: int) -> list[tuple[Tensor, Tensor]]:
    """Up to ``limit`` NIH training radiographs labelled by ``model`` and its mirror.

    Pixels below 0.8 mean probability carry no loss; an image whose two views disagree (Dice of
    any class below 0.9) or that the gate doubts is left out.
    """
    rows = [r for r in rows_of(data, "nih.csv") if r["split"] == "train" and r["px"] != "64"]
    random.Random(7).shuffle(rows)  # noqa: S311 - sampling, not secrets
    rows.sort(key=lambda r: r["px"] != "320")
    rows = [r for r in rows if r["px"] == "320"][: limit // 2] + [
        r for r in rows if r["px"] == "128"
    ][: limit // 2]
    swap = torch.tensor([0, 2, 1, 3])
    pairs: list[tuple[Tensor, Tensor]] = []
    seen = 0
    for row in rows:
        raw = torch.from_numpy(np.array(Image.open(data / "cxr" / row["file"]).convert("L")))[None]
        view = F.interpolate(raw[None].float(), size=(SIZE, SIZE), mode="bilinear")[0]
        seen += 1
        if seen % 100 == 0:
            print(f"pseudo-labels: {len(pairs)} of {seen}", flush=True)
        both = torch.stack([augment.normalise(view / 255), augment.normalise(view / 255).flip(2)])
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, gate, _ = model(both.to(memory_format=torch.channels_last))
        logits = logits.float()
        one = logits[0].softmax(0)
        two = logits[1].flip(2)[swap].softmax(0)
        a, b = one.argmax(0), two.argmax(0)
        agree = min(_dice(a == c, b == c) for c in (1, 2, 3))
        if agree < 0.9 or float(gate[0, 6].sigmoid()) > 0.3:
            continue
        top, label = ((one + two) / 2).max(0)
        label[top < 0.8] = augment.IGNORE
        pairs.append((view.clamp(0, 255).byte(), label.byte()))
    print(f"pseudo-labels: {len(pairs)} of {seen}", flush=True)
    return pairs


def command_fit(args: argparse.Namespace) -> None:
    masked = load_masked(args.data, training_rows(args.data, inner=False))
    check = load_masked(args.data, training_rows(args.data, inner=True))
    print(len(masked), "training,", len(check), "inner fold")
    torch.manual_seed(1)
    fit(
        UNet(),
        [(masked, 8)],
        steps=args.steps or 2400,
        planned=2400,
        size=FIRST_SIZE,
        peak=3e-3,
        out=args.work / "stage1.pt",
        check=check,
        seed=1,
    )


def command_refit(args: argparse.Namespace) -> None:
    masked = load_masked(args.data, training_rows(args.data, inner=False))
    check = load_masked(args.data, training_rows(args.data, inner=True))
    model = UNet()
    model.load_state_dict(torch.load(args.work / "stage1.pt"))
    pseudo = pseudo_labels(model.eval(), args.data, 900)
    fit(
        model,
        [(masked, 5), (pseudo, 3)],
        steps=args.steps or 800,
        planned=1200,  # the released network was taken at 800 of these
        size=SIZE,
        peak=1.5e-3,
        out=args.work / "stage2.pt",
        check=check,
        seed=2,
    )


def command_export(args: argparse.Namespace) -> None:
    import export

    model = UNet()
    model.load_state_dict(torch.load(args.work / args.weights))
    pack = args.pack
    model.eval().to(memory_format=torch.contiguous_format)
    export.export_float(model, SIZE, pack / "model.fp32.onnx")
    fit_on, _ = export.familiar_images(args.data, training_rows(args.data, inner=False))
    some = random.Random(3).sample(fit_on, 96)  # noqa: S311
    images = [export.read_image(p) for p in some]
    export.quantise(pack / "model.fp32.onnx", pack / "model.onnx", images, SIZE)
    command_calibrate(args)


def command_calibrate(args: argparse.Namespace) -> None:
    """The numbers beside the network that the pack holds: gate, plausible ranges, interval."""
    import export

    pack = args.pack
    rows = training_rows(args.data, inner=False)
    inner = training_rows(args.data, inner=True)
    fit_on, limit_on = export.familiar_images(args.data, rows)
    paths = [args.data / "cxr" / r["file"] for r in inner]
    numbers = export.fit_gate(pack, fit_on, limit_on, paths, SIZE)
    numbers["ctr_slope"] = 1.0
    export.write_pack(pack, numbers, SIZE)
    pairs = [
        (export.read_image(args.data / "cxr" / r["file"]), labels_of(args.data / "cxr" / r["mask"]))
        for r in rows + inner
    ]
    floor, slope = export.calibrate_interval(pack, pairs)
    numbers["ctr_floor"], numbers["ctr_slope"] = round(floor, 4), slope
    export.write_pack(pack, numbers, SIZE)


def command_evaluate(args: argparse.Namespace) -> None:
    """Measure the shipped pack on split ``val`` with the project's own benchmark."""
    import importlib.util
    import json

    import export

    path = HERE.parents[2] / "tests" / "benchmarks" / "bench_cxr_anatomy.py"
    spec = importlib.util.spec_from_file_location("bench_cxr_anatomy", path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    results = bench.run(args.data, args.pack, 200)
    bench.show(results)
    (args.pack / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    export.add_results(args.pack, results)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"))
    parser.add_argument("--pack", type=Path, default=HERE)
    parser.add_argument("--weights", default="stage2.pt")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("stage", choices=["fit", "refit", "export", "calibrate", "evaluate"])
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    {
        "fit": command_fit,
        "refit": command_refit,
        "export": command_export,
        "calibrate": command_calibrate,
        "evaluate": command_evaluate,
    }[args.stage](args)


if __name__ == "__main__":
    main()

"""Measure the pack ``cxr-anatomy`` through the shipped runtime, int8 beside fp32.

    python tests/benchmarks/bench_cxr_anatomy.py [--data ../shared/data] [--pack DIR] [--json FILE]

Prints Dice, error of the cardiothoracic ratio with 95 % bootstrap intervals by patient, the gate's
answers to turned, inverted and mirrored radiographs and to other sources, time and memory.  Only
patients of split ``val`` (masks) and ``test`` (NIH, TB) are read.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from radassist.domain.cardiothoracic import measure_ctr  # noqa: E402
from radassist.engines.vision.cxr_anatomy import CxrAnatomy  # noqa: E402
from radassist.engines.vision.types import AnatomyResult, Refusal  # noqa: E402

NAMES = {1: "right_lung", 2: "left_lung", 3: "heart"}
Pixels = np.ndarray[Any, np.dtype[np.float32]]


def rows_of(data: Path, name: str, split: str) -> list[dict[str, str]]:
    """Rows of one set and split; of the masked set only those marked usable."""
    with (data / "cxr" / name).open(newline="") as handle:
        return [
            r for r in csv.DictReader(handle) if r["split"] == split and r.get("usable", "1") == "1"
        ]


def read_image(path: Path) -> Pixels:
    return np.array(Image.open(path).convert("L")).astype(np.float32)


def read_labels(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bit mask (1 right lung, 2 left lung, 4 heart) -> labels 0..3, the heart on top."""
    bits = np.array(Image.open(path))
    labels = np.zeros(bits.shape, np.uint8)
    for label, bit in ((1, 1), (2, 2), (3, 4)):
        labels[(bits & bit) > 0] = label
    return labels


def dice(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any], label: int) -> float:
    one, two = a == label, b == label
    return float(2 * np.count_nonzero(one & two) / (np.count_nonzero(one) + np.count_nonzero(two)))


def in_order(truth: np.ndarray[Any, Any]) -> bool:
    """False where the mask itself is wrong: its heart does not lie between its lungs.

    In one patient of the split the left lung is marked as heart and the heart as left lung.  All
    numbers are given with it, as the file says, and once more without it.
    """
    right, left, heart = (float(np.nonzero(truth == c)[1].mean()) for c in NAMES)
    return right < heart < left


def interval(
    values: list[float], statistic: Callable[[Any], Any] = np.mean, draws: int = 2000
) -> dict[str, float]:
    """A statistic with its 95 % percentile bootstrap interval over patients (one image each)."""
    data = np.array(values)
    picks = np.random.default_rng(0).integers(0, len(data), (draws, len(data)))
    low, high = np.quantile([statistic(data[p]) for p in picks], [0.025, 0.975])
    return {"value": round(float(statistic(data)), 4), "low": round(low, 4), "high": round(high, 4)}


def accuracy(model: CxrAnatomy, data: Path, rows: list[dict[str, str]]) -> dict[str, Any]:
    """Dice and CTR over masked radiographs, all together and by set."""
    records = []
    refused = []
    for row in rows:
        answer = model.analyse(read_image(data / "cxr" / row["file"]), spacing_mm=None)
        if isinstance(answer, Refusal):
            refused.append(f"{row['patient_id']}: {answer.reason}")
            continue
        truth = read_labels(data / "cxr" / row["mask"])
        record = {NAMES[c]: dice(answer.label_map, truth, c) for c in NAMES}
        error = answer.ctr.ratio - float(row["ctr_from_mask"])
        record |= {
            "set": row["set"],
            "in_order": in_order(truth),
            "error": error,
            "error_same_measure": answer.ctr.ratio - measure_ctr(truth).ratio,
            "covered": float(abs(error) <= answer.ctr_half_width_95),
            "half_width": answer.ctr_half_width_95,
            "agrees_at_half": float(
                (answer.ctr.ratio > 0.5) == (float(row["ctr_from_mask"]) > 0.5)
            ),
        }
        records.append(record)
    groups = {"all": records, "masks_in_order": [r for r in records if r["in_order"]]}
    for name in sorted({str(r["set"]) for r in records}):
        groups[name] = [r for r in records if r["set"] == name]
    return {"refused": refused} | {name: _summary(group) for name, group in groups.items()}


def _summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    def column(name: str) -> list[float]:
        return [r[name] for r in records]

    absolute = [abs(e) for e in column("error")]
    return {
        "patients": len(records),
        "dice": {name: interval(column(name)) for name in NAMES.values()},
        "ctr_mae": interval(absolute),
        "ctr_bias": interval(column("error")),
        "ctr_median_absolute_error": interval(absolute, np.median),
        "ctr_largest_error": round(max(absolute), 4),
        "ctr_mae_same_measure": interval([abs(e) for e in column("error_same_measure")]),
        "interval_coverage": interval(column("covered")),
        "interval_mean_half_width": interval(column("half_width")),
        "same_side_of_0.50": interval(column("agrees_at_half")),
    }


CHANGES: dict[str, Callable[[Pixels], Pixels]] = {
    "as it is": lambda x: x,
    "quarter turn left": lambda x: np.rot90(x, 1),
    "upside down": lambda x: np.rot90(x, 2),
    "quarter turn right": lambda x: np.rot90(x, 3),
    "negative": lambda x: 255 - x,
    "mirrored": lambda x: x[:, ::-1],
    "black border of a quarter": lambda x: np.pad(x, 128),
    "white border of a tenth": lambda x: np.pad(x, 51, constant_values=255),
    "128 pixels": lambda x: _resized(x, 128),
    "gamma 2": lambda x: 255 * (x / 255) ** 2,
    "gamma 0.5": lambda x: 255 * (x / 255) ** 0.5,
    "lower half cut off": lambda x: x[: x.shape[0] // 2],
    "left half only": lambda x: x[:, : x.shape[1] // 2],
}


def _resized(x: Pixels, side: int) -> Pixels:
    return np.asarray(Image.fromarray(x).resize((side, side), Image.Resampling.BOX))


def changed(model: CxrAnatomy, data: Path, rows: list[dict[str, str]]) -> dict[str, Any]:
    """What becomes of each radiograph when it is turned, inverted, framed, ..."""
    table = {}
    for name, change in CHANGES.items():
        answers, errors = [], []
        for row in rows:
            picture = np.ascontiguousarray(change(read_image(data / "cxr" / row["file"])))
            answer = model.analyse(picture, spacing_mm=None)
            answers.append(answer)
            if isinstance(answer, AnatomyResult):
                errors.append(abs(answer.ctr.ratio - float(row["ctr_from_mask"])))
        measured = [a for a in answers if isinstance(a, AnatomyResult)]
        table[name] = {
            "images": len(answers),
            "refused": len(answers) - len(measured),
            "told_inverted": sum(a.inverted for a in measured),
            "told_mirrored": sum(a.mirrored for a in measured),
            "ctr_mae": round(float(np.mean(errors)), 4) if errors else None,
        }
    return table


def other_sources(model: CxrAnatomy, data: Path, most: int) -> dict[str, Any]:
    """Refusals on unlabelled radiographs: NIH by view and size, TB by subset (test patients)."""
    groups: dict[str, list[Path]] = {}
    for row in rows_of(data, "nih.csv", "test"):
        groups.setdefault(f"NIH {row['view']} {row['px']} px", []).append(
            data / "cxr" / row["file"]
        )
    for row in rows_of(data, "tb.csv", "test"):
        groups.setdefault(f"TB {row['subset']}", []).append(data / "cxr" / row["file"])
    table = {}
    for name, paths in sorted(groups.items()):
        answers = [model.analyse(read_image(p), spacing_mm=None) for p in paths[:most]]
        why = Counter(a.check for a in answers if isinstance(a, Refusal))
        widths = [a.ctr_half_width_95 for a in answers if isinstance(a, AnatomyResult)]
        table[name] = {
            "images": len(answers),
            "refused": sum(why.values()),
            "why": dict(why),
            "mean_half_width": round(float(np.mean(widths)), 4) if widths else None,
        }
    return table


def speed(model: CxrAnatomy, sides: tuple[int, ...] = (512, 2048)) -> dict[str, float]:
    """Median ms of 9 runs, end to end, after one to warm up; a drawn chest, so data-free."""
    table = {}
    for side in sides:
        y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
        lungs = sum(
            np.exp(-(((x - c) / 0.28) ** 4) - ((y + 0.1) / 0.6) ** 4) for c in (-0.45, 0.45)
        )
        picture = (200 - 150 * lungs).astype(np.float32)
        times = []
        for _ in range(10):
            start = time.perf_counter()
            model.analyse(picture, spacing_mm=None)
            times.append(time.perf_counter() - start)
        table[f"ms_drawn_{side}"] = round(1000 * float(np.median(times[1:])), 1)
    return table


def speed_real(model: CxrAnatomy, data: Path, rows: list[dict[str, str]]) -> dict[str, float]:
    """Median ms of 9 measured radiographs as stored, and enlarged to 2048 pixels."""
    table = {}
    for side in (512, 2048):
        times = []
        for row in rows[:10]:
            picture = _resized(read_image(data / "cxr" / row["file"]), side)
            start = time.perf_counter()
            model.analyse(picture, spacing_mm=None)
            times.append(time.perf_counter() - start)
        table[f"ms_{side}_px"] = round(1000 * float(np.median(times[1:])), 1)
    return table


def run(data: Path, pack: Path, most: int) -> dict[str, Any]:
    """Everything, as written to ``results.json``."""
    rows = rows_of(data, "ctr_masks.csv", "val")
    results: dict[str, Any] = {"pack": pack.name, "split": "val", "threads": 2}
    for kind, name in (("int8", "model.onnx"), ("fp32", "model.fp32.onnx")):
        model = CxrAnatomy(pack, model=name)
        results[kind] = accuracy(model, data, rows) | {"speed": speed_real(model, data, rows)}
        results[kind]["bytes"] = (pack / name).stat().st_size
    model = CxrAnatomy(pack)
    results["changed"] = changed(model, data, rows[::2])
    results["other_sources"] = other_sources(model, data, most)
    results["peak_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return results


def show(results: dict[str, Any]) -> None:
    """Print the tables."""
    for kind in ("int8", "fp32"):
        for group, numbers in results[kind].items():
            if not isinstance(numbers, dict) or "dice" not in numbers:
                continue
            cells = {**numbers["dice"], "CTR MAE": numbers["ctr_mae"], "bias": numbers["ctr_bias"]}
            cells["coverage"] = numbers["interval_coverage"]
            text = "  ".join(
                f"{k} {v['value']:.4f} [{v['low']:.4f}, {v['high']:.4f}]" for k, v in cells.items()
            )
            print(f"{kind} {group:14} n={numbers['patients']:3}  {text}")
        print(f"{kind} refused {len(results[kind]['refused'])}, speed {results[kind]['speed']}")
    for table in ("changed", "other_sources"):
        for name, numbers in results[table].items():
            print(f"{name:26} {numbers}")
    print("peak memory", results["peak_memory_mib"], "MiB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--pack", type=Path, default=ROOT / "resources/packs/cxr-anatomy")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--most", type=int, default=150, help="images of each other source")
    args = parser.parse_args()
    if not (args.data / "cxr" / "ctr_masks.csv").is_file():
        print(f"no radiographs in {args.data}: only the speed on a drawn picture is measured")
        print(speed(CxrAnatomy(args.pack)))
        return
    results = run(args.data, args.pack, args.most)
    show(results)
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()

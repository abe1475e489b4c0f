"""The numbers beside a network: gate limits, plausible ranges, uncertainty; read from the pack."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Calibration:
    """Read-only numbers of one pack.

    :param size: side of the square that the network reads, in pixels.
    :param limits: probability above which the gate head's answer counts, by name.
    :param ranges: plausible range of each quantity of :mod:`.plausibility`.
    :param floor: half-width of the CTR's 95 % interval where nothing moves the ratio.
    :param slope: what is added per unit that the ratio moves, see :mod:`.uncertainty`.
    :param lung_disc, heart_disc: radius of the disc that opens the regions, in parts of the side.
    :param centre: mean of the pooled features of the training images, shape (f,).
    :param whiten: (k, f): projects a centred feature vector to k components of unit variance.
    :param ood_limit: distance that one in a thousand training images exceeds.
    """

    size: int
    limits: dict[str, float]
    ranges: dict[str, tuple[float, float]]
    floor: float
    slope: float
    lung_disc: float
    heart_disc: float
    centre: npt.NDArray[np.float32]
    whiten: npt.NDArray[np.float32]
    ood_limit: float

    def distance(self, features: npt.NDArray[np.float32]) -> float:
        """Root mean square of the whitened features, over the limit: above 1 is unfamiliar."""
        z = self.whiten @ (features - self.centre)
        return float(np.sqrt(np.mean(z * z))) / self.ood_limit


def load_calibration(pack_dir: Path) -> Calibration:
    """Read ``pack.toml`` and ``gate.npz``; raises KeyError, ValueError or OSError if damaged."""
    with (pack_dir / "pack.toml").open("rb") as handle:
        pack: dict[str, Any] = tomllib.load(handle)
    numbers = pack["calibration"]
    with np.load(pack_dir / "gate.npz", allow_pickle=False) as stored:
        centre, whiten = stored["centre"].astype("f4"), stored["whiten"].astype("f4")
    if whiten.ndim != 2 or centre.shape != (whiten.shape[1],):
        raise ValueError("gate.npz: shapes of centre and whiten do not fit together")
    return Calibration(
        size=int(pack["input"]["size"]),
        limits={k: float(v) for k, v in numbers["limits"].items()},
        ranges={k: (float(v[0]), float(v[1])) for k, v in numbers["ranges"].items()},
        floor=float(numbers["ctr_floor"]),
        slope=float(numbers["ctr_slope"]),
        lung_disc=float(numbers["lung_disc"]),
        heart_disc=float(numbers["heart_disc"]),
        centre=centre,
        whiten=whiten,
        ood_limit=float(numbers["ood_limit"]),
    )

"""Lungs, heart and cardiothoracic ratio on one frontal chest radiograph (pack ``cxr-anatomy``).

The image gate comes before the measurement: a picture that the network's gate head, the
plausibility of the regions or the distance from the training images speak against is refused by
name.  A negative is turned back and told; a picture on its side or upside down is refused.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from radassist.domain.cardiothoracic import measure_ctr
from radassist.engines.vision import cleaning, plausibility
from radassist.engines.vision.calibration import Calibration, load_calibration
from radassist.engines.vision.canvas import Canvas, make_canvas
from radassist.engines.vision.types import AnatomyResult, Refusal
from radassist.engines.vision.uncertainty import spread

FloatArray = npt.NDArray[np.float32]
Labels = npt.NDArray[np.uint8]

LABELS = ((1, "right lung"), (2, "left lung"), (3, "heart"))
#: Half-width of the 95 % interval above which the reader is warned, and above which the interval
#: reaches from the smallest heart to the largest, so that the ratio says nothing and is not given.
DOUBTFUL_HALF, WIDEST_HALF = 0.10, 0.25
SMALLEST_SIDE = 64  # below this an image holds no measurable heart border
WORK_GRID = 640  # side of the grid on which regions are cleaned
_SWAP = (0, 2, 1, 3)  # classes under a left-right mirror
_TURN = {
    1: "lie on its side, turned a quarter counter-clockwise",
    2: "be upside down",
    3: "lie on its side, turned a quarter clockwise",
}
_NOT_CHEST = "not a frontal chest radiograph"


@dataclass(frozen=True)
class View:
    """What the network says about a canvas, averaged over the picture and its mirror.

    :param probabilities: (4, s, s) background, lung, lung, heart.
    :param each: the same of the picture alone and of its mirror (mirrored back).
    :param turns: probability of 0, 1, 2, 3 quarter turns counter-clockwise.
    :param inverted, flipped, other: probability of a negative, of a mirrored image, of anything
        but a frontal chest radiograph.
    :param features: pooled features of the deepest layer, (f,).
    """

    probabilities: FloatArray
    each: tuple[FloatArray, FloatArray]
    turns: FloatArray
    inverted: float
    flipped: float
    other: float
    features: FloatArray


def _sigmoid(x: float) -> float:
    return float(1.0 / (1.0 + np.exp(-np.clip(x, -60, 60))))


class CxrAnatomy:
    """One loaded pack.  Not thread-safe; holds no global state."""

    def __init__(self, pack_dir: Path, *, threads: int = 2, model: str = "model.onnx") -> None:
        """Load the network and its calibration.

        :param pack_dir: the pack's folder, its hashes already checked.
        :param threads: onnxruntime threads; the same number gives the same result.
        :param model: file of the network (the tests also run the fp32 one).
        :raises OSError: a file is missing; :raises KeyError, ValueError: a file is damaged.
        """
        self._calibration: Calibration = load_calibration(pack_dir)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = ort.InferenceSession(
            (pack_dir / model).read_bytes(), options, providers=["CPUExecutionProvider"]
        )

    def analyse(
        self, pixels: npt.NDArray[np.generic], *, spacing_mm: tuple[float, float] | None
    ) -> AnatomyResult | Refusal:
        """Segment and measure one image.

        :param pixels: shape (rows, columns), any real dtype, air dark and bone bright
            (MONOCHROME1 already inverted); the window does not matter.
        :param spacing_mm: (between rows, between columns), None if unknown.
        :returns: label map and lines in the coordinates of ``pixels``, or why not.
        :raises ValueError: ``spacing_mm`` is not positive.
        """
        start = time.perf_counter()
        answer = _unreadable(pixels) or self._measure(pixels, spacing_mm)
        return replace(answer, seconds=time.perf_counter() - start)

    def _measure(
        self, pixels: npt.NDArray[np.generic], spacing_mm: tuple[float, float] | None
    ) -> AnatomyResult | Refusal:
        canvas = make_canvas(pixels, self._calibration.size)
        if float(canvas.pixels.std()) < 0.02:
            return Refusal(f"{_NOT_CHEST}: the image is blank", "blank")
        view = self.look(canvas)
        negative = view.inverted > self._calibration.limits["inverted"]
        if negative:
            canvas = _negative(canvas)
            view = self.look(canvas)
        refusal = self._refuse_view(view)
        if refusal is not None:
            return refusal
        labels, confidence, stray = self.regions(view)
        refusal = self._refuse_regions(canvas.inside(labels), confidence, stray)
        if refusal is not None:
            return refusal
        return self._result(canvas, view, labels, confidence, negative, spacing_mm)

    def look(self, canvas: Canvas) -> View:
        """Run the network on a canvas and on its mirror, in one batch."""
        both = np.stack([canvas.pixels, canvas.pixels[:, ::-1]])[:, None]
        probabilities, gate, features = self._session.run(None, {"image": both})
        plain, mirror = probabilities[0], probabilities[1][list(_SWAP), :, ::-1]
        turns = np.exp(gate[0, :4] - gate[0, :4].max())
        return View(
            probabilities=(plain + mirror) / 2,
            each=(plain, mirror),
            turns=turns / turns.sum(),
            inverted=_sigmoid(float(gate[:, 4].mean())),
            flipped=_sigmoid(float(gate[0, 5] - gate[1, 5]) / 2),
            other=_sigmoid(float(gate[:, 6].mean())),
            features=features.mean(0),
        )

    def _refuse_view(self, view: View) -> Refusal | None:
        limits = self._calibration.limits
        if view.other > limits["other"]:
            return Refusal(
                f"{_NOT_CHEST}: no two lungs with a heart between them were found", "other"
            )
        if view.inverted > limits["inverted"]:
            return Refusal(
                f"{_NOT_CHEST}: neither the image nor its negative looks like one", "polarity"
            )
        turn = int(view.turns.argmax())
        if turn:
            return Refusal(f"the image appears to {_TURN[turn]}: not measured", "turned")
        if 1 - float(view.turns[0]) > limits["turned"]:
            return Refusal("the image's orientation is uncertain: not measured", "turned")
        distance = self._calibration.distance(view.features)
        if distance > 1:
            return Refusal(
                f"{_NOT_CHEST} like those this pack was trained on "
                f"(distance {distance:.1f} times the limit)",
                "unfamiliar",
            )
        return None

    def regions(self, view: View) -> tuple[Labels, tuple[float, ...], float]:
        """(clean label map on the work grid, mean probability of each label, stray share)."""
        large = cleaning.enlarge(view.probabilities, WORK_GRID)
        raw = large.argmax(0).astype(np.uint8)
        labels = self._clean(raw)
        confidence = tuple(
            float(large[label][labels == label].mean()) if np.any(labels == label) else 0.0
            for label, _ in LABELS
        )
        return labels, confidence, cleaning.stray_share(raw, labels)

    def _clean(self, raw: Labels) -> Labels:
        return cleaning.clean(raw, self._calibration.lung_disc, self._calibration.heart_disc)

    def _refuse_regions(
        self, labels: Labels, confidence: tuple[float, ...], stray: float
    ) -> Refusal | None:
        values = plausibility.quantities(labels, min(confidence), stray)
        if values is None:
            return Refusal(
                f"{_NOT_CHEST}: no two lungs with a heart between them were found", "missing"
            )
        worst = plausibility.out_of_range(values, self._calibration.ranges)
        if not worst:
            return None
        name = worst[0][0]
        if name.startswith("cut_"):  # a chest it is, but not all of it
            return Refusal(f"{plausibility.MEANING[name]}: not measured", name)
        return Refusal(f"{_NOT_CHEST}: {plausibility.MEANING[name]}", name)

    def _result(
        self,
        canvas: Canvas,
        view: View,
        labels: Labels,
        confidence: tuple[float, ...],
        negative: bool,
        spacing_mm: tuple[float, float] | None,
    ) -> AnatomyResult | Refusal:
        label_map = canvas.back(labels)
        try:
            ctr = measure_ctr(label_map, spacing_mm)
        except ValueError as error:
            if spacing_mm is not None and min(spacing_mm) <= 0:
                raise
            return Refusal(f"{_NOT_CHEST}: {error}", "missing")
        half_width = self._half_width(view)
        if half_width > WIDEST_HALF:
            return Refusal(
                "not measured: the borders of heart and chest are too uncertain, "
                f"the ratio could be {ctr.ratio:.2f} give or take {half_width:.2f}",
                "uncertain",
            )
        mirrored = (
            view.flipped > self._calibration.limits["flipped"]
            or ctr.heart_share_image_right < self._calibration.limits["heart_share"]
        )
        return AnatomyResult(
            label_map=label_map,
            ctr=ctr,
            ctr_half_width_95=half_width,
            confidence=tuple((n, c) for (_, n), c in zip(LABELS, confidence, strict=True)),
            ood_score=self._calibration.distance(view.features),
            mirrored=mirrored,
            inverted=negative,
            warnings=_warnings(label_map, negative, mirrored, half_width),
        )

    def _half_width(self, view: View) -> float:
        """Calibrated on training patients: a floor plus what disturbing the answer moves."""
        numbers = self._calibration
        moved = spread(view.each, numbers.lung_disc, numbers.heart_disc)
        return min(1.0, numbers.floor + numbers.slope * moved)


def _negative(canvas: Canvas) -> Canvas:
    top, left, height, width = canvas.content
    pixels = np.zeros_like(canvas.pixels)
    part = (slice(top, top + height), slice(left, left + width))
    pixels[part] = 1 - canvas.pixels[part]
    return replace(canvas, pixels=pixels)


def _unreadable(pixels: npt.NDArray[np.generic]) -> Refusal | None:
    if pixels.ndim != 2 or pixels.dtype.kind not in "buif":
        return Refusal(f"{_NOT_CHEST}: not a greyscale image of two dimensions", "shape")
    if min(pixels.shape) < SMALLEST_SIDE or max(pixels.shape) > 5 * min(pixels.shape):
        rows, columns = pixels.shape
        return Refusal(f"{_NOT_CHEST}: {rows} x {columns} pixels cannot be measured", "size")
    if not np.isfinite(pixels).all() or float(np.abs(pixels.astype(np.float64)).max()) > 1e30:
        return Refusal(f"{_NOT_CHEST}: the image holds values that are not numbers", "values")
    return None


def _warnings(labels: Labels, negative: bool, mirrored: bool, half_width: float) -> tuple[str, ...]:
    found = []
    if half_width > DOUBTFUL_HALF:
        found.append("the borders of heart or chest are uncertain here: check the lines")
    if negative:
        found.append("image corrected: it was inverted (a negative)")
    if mirrored:
        found.append("the heart's apex points to the image's left: no side may be asserted")
    for label, name in ((3, "heart"), (1, "lung"), (2, "lung")):
        mask = labels == label
        if mask[:, 0].any() or mask[:, -1].any():
            found.append(f"{name} border touches the image edge: a width may be cut off")
            break
    return tuple(found)

"""How far a ratio moves when the answer that it was measured on is disturbed.

Three disturbances, each without a further run of the network: the picture's answer and that of its
mirror image instead of their mean; a heart drawn more and less generously; a heart opened by a
larger disc, which takes off what only a neck joins to it.  An error that the network is sure of
moves nothing: the floor of the interval stands for those.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from radassist.domain.cardiothoracic import measure_ctr
from radassist.engines.vision.cleaning import clean, largest, open_with_disc

FloatArray = npt.NDArray[np.float32]

HEART = 3
LOGITS = 2.0  # by which the heart is favoured and held back
LARGE_DISC = 0.04  # radius of the larger disc, in parts of the side


def spread(each: tuple[FloatArray, FloatArray], lung_disc: float, heart_disc: float) -> float:
    """The sum of what the three disturbances move the ratio by.

    :param each: class probabilities (4, s, s) of the picture and of its mirror, mirrored back.
    :param lung_disc, heart_disc: radius of the opening discs in parts of the side.
    :returns: in units of the ratio; 1.0 where a disturbance leaves no heart or lung to measure.
    """
    mean: FloatArray = np.mean(each, axis=0, dtype=np.float32)
    try:
        middle, *views = (
            measure_ctr(clean(p.argmax(0).astype(np.uint8), lung_disc, heart_disc))
            for p in (mean, *each)
        )
    except ValueError:
        return 1.0
    small = heart_disc * mean.shape[1]
    widths = [
        _heart_width(mean, logits, disc)
        for logits, disc in (
            (LOGITS, small),
            (-LOGITS, small),
            (0.0, small),
            (0.0, LARGE_DISC * mean.shape[1]),
        )
    ]
    if min(widths) == 0:
        return 1.0
    moved = max(abs(view.ratio - middle.ratio) for view in views)
    border, neck = abs(widths[0] - widths[1]) / 2, abs(widths[2] - widths[3])
    return min(1.0, moved + (border + neck) / middle.thorax_width_px)


def _heart_width(probabilities: FloatArray, logits: float, disc: float) -> int:
    """Columns of the heart where its odds are favoured, opened by a disc of so many pixels."""
    rest = np.delete(probabilities, HEART, axis=0).max(0)
    heart = probabilities[HEART] * np.float32(np.exp(logits)) > rest
    return int(largest(open_with_disc(heart, disc)).any(0).sum())

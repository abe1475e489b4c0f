"""What a vision engine answers: a result or a refusal, both picklable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from radassist.domain.cardiothoracic import CardiothoracicRatio


@dataclass(frozen=True)
class Refusal:
    """Why an image was not measured.

    :param reason: one sentence that names what the image looks like, for the reader.
    :param check: name of the check that refused, for logs and tests ("turned", "blank", ...).
    """

    reason: str
    check: str
    seconds: float = 0.0


@dataclass(frozen=True)
class AnatomyResult:
    """Lungs and heart of one frontal chest radiograph.

    :param label_map: uint8, the shape of the image given: 0 background, 1 lung on the image's left
        (the right lung as radiographs are displayed), 2 lung on the image's right, 3 heart.
    :param ctr: the measurement with its lines, in pixel coordinates of the image given.
    :param ctr_half_width_95: half of the 95 % interval of ``ctr.ratio``.
    :param confidence: (label name, mean probability of that label inside its own region).
    :param ood_score: distance from the training images; 1.0 is the limit of the gate.
    :param mirrored: the heart's apex points to the image's left: the image may be mirrored (or
        the heart be on the right); no side of the patient may be asserted.
    :param inverted: the image was a negative and was turned back before measuring.
    """

    label_map: npt.NDArray[np.uint8]
    ctr: CardiothoracicRatio
    ctr_half_width_95: float
    confidence: tuple[tuple[str, float], ...]
    ood_score: float
    mirrored: bool = False
    inverted: bool = False
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0

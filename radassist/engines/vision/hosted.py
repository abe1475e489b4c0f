"""The pack ``cxr-anatomy`` as a ``VisionModel``: header gate, host process, findings.

The header is asked first (it is free and names the reason); the image gate of the pack itself
comes after, because a header can be missing or wrong.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from radassist.domain.findings import Caliper, ImageRef, Measurement
from radassist.domain.heart_size import heart_size
from radassist.domain.study import Series
from radassist.engines.vision.types import AnatomyResult, Refusal
from radassist.errors import EngineFault
from radassist.host.process import Host
from radassist.ports import DecodedFrame, VisionResult

_MODALITIES = frozenset({"CR", "DX", "RG"})
_CHEST = ("CHEST", "THORAX", "LUNG", "RIB")
_FRONTAL = frozenset({"", "PA", "AP"})
LABELS = ((1, "right lung"), (2, "left lung"), (3, "heart"))
_LABELS_MIRRORED = ((1, "left lung"), (2, "right lung"), (3, "heart"))
#: Where the image may be mirrored, no side of the patient is asserted.
_LABELS_NO_SIDE = ((1, "lung on the image's left"), (2, "lung on the image's right"), (3, "heart"))


class HostedCxrAnatomy:
    """``ports.VisionModel`` for one installed ``cxr-anatomy`` pack."""

    def __init__(
        self, pack_dir: Path, pack: str, *, threads: int = 2, deadline_s: float = 60.0
    ) -> None:
        self._pack, self._deadline_s = pack, deadline_s
        self._host = Host(
            "radassist.engines.vision.worker:create", str(pack_dir), threads, name="vision pack"
        )

    @property
    def pack(self) -> str:
        """``id@version``."""
        return self._pack

    def refuse(self, series: Series) -> str:
        """Why the header speaks against this pack, or ""."""
        modality, part, view = (
            series.modality.upper(),
            series.body_part.upper(),
            series.view.upper(),
        )
        if series.species:
            return f"no vision pack for animals ({series.species})"
        name = f"{modality or 'images of unstated modality'} {part}".strip()
        if modality and modality not in _MODALITIES:
            return f"no vision pack for {name}"
        if part and not any(word in part for word in _CHEST):
            return f"no vision pack for {name}"
        if view not in _FRONTAL:
            return f"no vision pack for {name}, view {view}"
        if series.is_localizer:
            return f"no vision pack for {name} localizer images"
        return ""

    def analyse(
        self, image: DecodedFrame, series: Series, *, deadline_s: float | None = None
    ) -> VisionResult:
        """Lungs, heart and cardiothoracic ratio of one frame, or the image gate's refusal."""
        limit = self._deadline_s if deadline_s is None else deadline_s
        answer = self._host.call(
            "analyse", (_bright_bone(image), series.pixel_spacing), deadline_s=limit
        )
        if isinstance(answer, Refusal):
            return VisionResult(
                self._pack, image.ref, refusal=answer.reason, seconds=answer.seconds
            )
        if not isinstance(answer, AnatomyResult):
            raise EngineFault("The vision pack gave an answer of an unknown kind.")
        return self._result(answer, image, series)

    def close(self) -> None:
        """Stop the host process."""
        self._host.close()

    def _result(self, answer: AnatomyResult, image: DecodedFrame, series: Series) -> VisionResult:
        measurement = _measurement(answer, image.ref, self._pack)
        finding_id = f"{self._pack}/{image.ref.sop_uid}/{image.ref.frame}/ctr"
        finding = heart_size(measurement, series.view, finding_id, self._pack)
        labels, sides = _sides(series, apex_left=answer.mirrored)
        return VisionResult(
            pack=self._pack,
            image=image.ref,
            findings=(finding,),
            mask=answer.label_map,
            labels=labels,
            warnings=(*answer.warnings, *sides, *finding.notes),
            seconds=answer.seconds,
        )


def _sides(
    series: Series, *, apex_left: bool
) -> tuple[tuple[tuple[int, str], ...], tuple[str, ...]]:
    """(names of the labels, warnings): a side of the patient only where nothing speaks against it.

    The header's PatientOrientation (PS3.3 C.7.6.1.1.1) and the heart have to agree; without the
    header, the usual way of display is assumed and said.

    :param apex_left: the heart's apex points to the image's left.
    """
    left, right = (letters[:1].upper() for letters in series.orientation[:2])
    if (left, right) == ("L", "R"):
        if apex_left:
            return _LABELS_MIRRORED, ("the header states that the image is stored mirrored",)
        reason = "the header states a mirrored image, but the heart's apex points to the image's"
        return _LABELS_NO_SIDE, (f"{reason} right: no side may be asserted",)
    if apex_left:
        return _LABELS_NO_SIDE, ()  # the pack itself warns
    if (left, right) == ("R", "L"):
        return LABELS, ()
    return LABELS, (
        "the header states no side: the image's left is taken as the patient's right, "
        "as radiographs are displayed",
    )


def _bright_bone(image: DecodedFrame) -> npt.NDArray[np.float32]:
    """Float pixels with dense tissue bright, shape (rows, columns)."""
    pixels = image.pixels
    if pixels.ndim == 3:
        pixels = pixels @ np.array([0.299, 0.587, 0.114])
    values = pixels.astype(np.float32)
    return values.max() - values if image.inverted else values


def _measurement(answer: AnatomyResult, ref: ImageRef, pack: str) -> Measurement:
    ctr = answer.ctr
    return Measurement(
        id=f"{pack}/{ref.sop_uid}/{ref.frame}",
        name="cardiothoracic ratio",
        value=round(ctr.ratio, 4),
        unit="1",
        half_width_95=round(answer.ctr_half_width_95, 4),
        image=ref,
        calipers=tuple(
            Caliper(
                "chest" if c.name.startswith("thorax") else "heart",
                round(c.x0, 1),
                round(c.y0, 1),
                round(c.x1, 1),
                round(c.y1, 1),
            )
            for c in ctr.calipers
        ),
        method="greatest heart extent to each side of the midline over inner thoracic width; "
        + pack,
    )

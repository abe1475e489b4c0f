"""See: run the vision packs that apply to a study, and say by name why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from radassist.domain.study import Frame, Series, Study
from radassist.errors import Fault
from radassist.ports import Archive, CancelToken, DecodedFrame, Progress, VisionModel, VisionResult

#: Projection radiographs: each image is looked at by itself.
RADIOGRAPHS = frozenset({"CR", "DX", "RG"})


@dataclass(frozen=True)
class Seen:
    """One image that a pack was asked about."""

    series: Series
    frame: Frame
    result: VisionResult


@dataclass
class SeenStudy:
    """What the packs said about a study.

    :param refusals: sentences for the draft's notices, each once.
    :param decoded: decoded frames by (SOPInstanceUID, frame), for key images and hashes.
    """

    seen: list[Seen] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    decoded: dict[tuple[str, int], DecodedFrame] = field(default_factory=dict)

    def pixel_hashes(self) -> dict[str, str]:
        """SOPInstanceUID (with ``#frame`` from the second frame on) -> sha256 of the pixels."""
        return {
            uid + (f"#{frame}" if frame else ""): image.sha256
            for (uid, frame), image in sorted(self.decoded.items())
        }

    def add_refusal(self, sentence: str) -> None:
        if sentence and sentence not in self.refusals:
            self.refusals.append(sentence)


def header_refusal(models: Sequence[VisionModel], series: Series) -> str:
    """Why no installed pack applies to a series by its header, or "" when one may."""
    if not models:
        return "No vision pack is installed."
    refusals = [model.refuse(series) for model in models]
    return "" if "" in refusals else refusals[0]


def see_frame(
    archive: Archive, models: Sequence[VisionModel], series: Series, frame: Frame
) -> tuple[VisionResult, DecodedFrame | None]:
    """Ask the first pack that applies about one frame; never raises for a bad image."""
    refusal = header_refusal(models, series)
    if refusal:
        return VisionResult(pack="", image=frame.ref, refusal=refusal), None
    model = next(m for m in models if not m.refuse(series))
    try:
        decoded = archive.decode(frame)
    except Fault as fault:
        return VisionResult(model.pack, frame.ref, refusal=f"not read: {fault.what}"), None
    try:
        return model.analyse(decoded, series), decoded
    except Fault as fault:
        return VisionResult(model.pack, frame.ref, refusal=f"pack failed: {fault.what}"), decoded


def see_study(
    archive: Archive,
    models: Sequence[VisionModel],
    study: Study,
    progress: Progress,
    cancel: CancelToken,
) -> SeenStudy:
    """Look at every radiograph of a study; other series are refused by name from their header."""
    found = SeenStudy()
    todo = [(series, frame) for series in study.series for frame in _frames(series)]
    for number, (series, frame) in enumerate(todo):
        if cancel.cancelled():
            break
        progress(number / max(1, len(todo)), "Looking at the images")
        result, decoded = see_frame(archive, models, series, frame)
        if decoded is not None:
            found.decoded[(frame.ref.sop_uid, frame.frame)] = decoded
        found.seen.append(Seen(series, frame, result))
        found.add_refusal(result.refusal)
    progress(1.0, "Images looked at")
    return found


def _frames(series: Series) -> tuple[Frame, ...]:
    """All frames of a radiograph; one of a stack, enough to name the refusal."""
    if series.modality.upper() in RADIOGRAPHS or not series.modality:
        return series.frames
    return series.frames[:1]

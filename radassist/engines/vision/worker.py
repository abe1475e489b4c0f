"""The vision engine's end of the host process: loads one pack, answers ``analyse``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from radassist.engines.vision.cxr_anatomy import CxrAnatomy
from radassist.errors import Bug
from radassist.host.process import JobContext


class VisionWorker:
    """Holds the loaded pack in the child process."""

    def __init__(self, pack_dir: str, threads: int) -> None:
        self._pack = CxrAnatomy(Path(pack_dir), threads=threads)

    def handle(self, method: str, payload: Any, context: JobContext) -> Any:
        """``analyse`` with (pixels, spacing) gives an AnatomyResult or a Refusal."""
        if method != "analyse":
            raise Bug(f"the vision worker has no method {method!r}")
        pixels, spacing = payload
        return self._pack.analyse(pixels, spacing_mm=spacing)


def create(pack_dir: str, threads: int) -> VisionWorker:
    """Factory for ``radassist.host.process.Host``."""
    return VisionWorker(pack_dir, threads)

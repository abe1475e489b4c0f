"""Window/level presets by modality, on the number keys.

CT values are the usual Hounsfield windows of teaching files and of open viewers (OHIF, Weasis).
Other modalities have no absolute scale: their presets are factors on the image's own window.
"""

from __future__ import annotations

from dataclasses import dataclass

Window = tuple[float, float]


@dataclass(frozen=True)
class Preset:
    """One window.

    :param window: (centre, width) in HU; None where it follows the image's own window.
    :param centre_shift, width_factor: for the latter: the centre moves by that part of the width.
    """

    name: str
    window: Window | None = None
    centre_shift: float = 0.0
    width_factor: float = 1.0

    def of(self, own: Window) -> Window | None:
        """The window for an image whose own window is ``own``; None for exactly that one."""
        if self.window is not None:
            return self.window
        if self.centre_shift == 0.0 and self.width_factor == 1.0:
            return None
        return own[0] + self.centre_shift * own[1], own[1] * self.width_factor


_DEFAULT = Preset("Default")
_CT = (
    _DEFAULT,
    Preset("Lung", (-600.0, 1500.0)),
    Preset("Mediastinum", (40.0, 400.0)),
    Preset("Bone", (500.0, 2000.0)),
    Preset("Brain", (40.0, 80.0)),
    Preset("Subdural", (75.0, 215.0)),
    Preset("Liver", (60.0, 160.0)),
    Preset("Stroke", (35.0, 40.0)),
    Preset("CT angiography", (200.0, 600.0)),
)
_RADIOGRAPH = (
    _DEFAULT,
    Preset("Lung (wider)", width_factor=1.4),
    Preset("Soft tissue (harder)", width_factor=0.7),
    Preset("Dense parts", centre_shift=0.2, width_factor=0.7),
    Preset("Thin parts", centre_shift=-0.2, width_factor=0.7),
)
_RELATIVE = (
    _DEFAULT,
    Preset("Softer", width_factor=1.5),
    Preset("Harder", width_factor=0.66),
    Preset("Darker", centre_shift=0.25),
    Preset("Brighter", centre_shift=-0.25),
)


def presets(modality: str) -> tuple[Preset, ...]:
    """Presets of a modality, for the keys 1 to 9; the first is always the image's own window."""
    upper = modality.upper()
    if upper == "CT":
        return _CT
    if upper in ("CR", "DX", "RG", "MG", "RF", "XA"):
        return _RADIOGRAPH
    return _RELATIVE

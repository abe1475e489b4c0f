"""What a 3D picture is asked for with: camera, preset, size.  No VTK here: it crosses processes."""

from __future__ import annotations

from dataclasses import dataclass, replace

#: (value, opacity 0..1, red, green, blue 0..1).
Stop = tuple[float, float, float, float, float]


@dataclass(frozen=True)
class Preset3D:
    """How values become light.

    :param stops: in modality units (HU for CT); for ``relative`` in parts of the volume's range
        from its 1st to its 99th percentile, for modalities without a scale of their own.
    :param mip: the brightest voxel along each ray instead of a lit surface.
    """

    name: str
    stops: tuple[Stop, ...]
    relative: bool = False
    mip: bool = False
    shaded: bool = True


_CT = (
    Preset3D("Bone", ((120, 0.0, 0.55, 0.25, 0.15), (250, 0.25, 0.85, 0.65, 0.45),
                      (600, 0.75, 1.0, 0.93, 0.82), (1500, 0.9, 1.0, 1.0, 0.96))),
    Preset3D("Vessels", ((100, 0.0, 0.4, 0.05, 0.05), (180, 0.3, 0.75, 0.15, 0.1),
                         (350, 0.7, 0.95, 0.45, 0.3), (700, 0.85, 1.0, 0.95, 0.85))),
    Preset3D("Soft tissue", ((-60, 0.0, 0.35, 0.15, 0.1), (20, 0.12, 0.75, 0.5, 0.4),
                             (90, 0.4, 0.85, 0.6, 0.5), (400, 0.8, 1.0, 0.95, 0.88))),
    Preset3D("Lung", ((-950, 0.0, 0.1, 0.2, 0.35), (-800, 0.02, 0.25, 0.45, 0.65),
                      (-600, 0.08, 0.55, 0.75, 0.85), (-400, 0.12, 0.8, 0.6, 0.55),
                      (-200, 0.0, 0.8, 0.5, 0.45))),
    Preset3D("MIP", ((-200, 0.0, 0.0, 0.0, 0.0), (600, 1.0, 1.0, 1.0, 1.0)), mip=True,
             shaded=False),
)  # fmt: skip
_OTHERS = (
    Preset3D("Surface", ((0.25, 0.0, 0.3, 0.3, 0.3), (0.5, 0.25, 0.65, 0.62, 0.6),
                         (0.9, 0.8, 1.0, 0.98, 0.95)), relative=True),
    Preset3D("MIP", ((0.1, 0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 1.0, 1.0, 1.0)), relative=True,
             mip=True, shaded=False),
)  # fmt: skip


def presets_3d(modality: str) -> tuple[Preset3D, ...]:
    """The presets of a modality: those of CT need Hounsfield units."""
    return _CT if modality.upper() == "CT" else _OTHERS


@dataclass(frozen=True)
class Camera:
    """Where the reader looks from; the volume's middle stays in the middle.

    :param azimuth: degrees about the patient's long axis; 0 looks from the front, 90 from the
        patient's left.
    :param elevation: degrees, -89 to 89; positive looks from above the head.
    :param zoom: 1 shows the whole volume.
    """

    azimuth: float = 0.0
    elevation: float = 0.0
    zoom: float = 1.0

    def turned(self, right: float, up: float) -> Camera:
        """After a drag by so many degrees: the volume follows the hand."""
        elevation = max(-89.0, min(89.0, self.elevation + up))
        return replace(self, azimuth=(self.azimuth - right) % 360.0, elevation=elevation)

    def zoomed(self, factor: float) -> Camera:
        """Closer (above 1) or further."""
        return replace(self, zoom=max(0.25, min(12.0, self.zoom * factor)))


@dataclass(frozen=True)
class RenderRequest:
    """One picture.

    :param size: (rows, columns).
    :param hurried: while a drag lasts: a picture of half the size, for the pane to enlarge.
    """

    camera: Camera
    preset: Preset3D
    size: tuple[int, int]
    hurried: bool = False


@dataclass(frozen=True)
class VolumePlace:
    """A volume in shared memory.

    :param name: of the shared memory; :param shape: (slices, rows, columns).
    :param dtype: numpy's name; :param affine: 16 numbers, row by row: see ``viewer.volume``.
    """

    name: str
    shape: tuple[int, int, int]
    dtype: str
    affine: tuple[float, ...]

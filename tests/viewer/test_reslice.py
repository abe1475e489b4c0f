"""Planes through volumes whose content is known by construction, and against another resampler."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from radassist.domain.study import Frame, Instance, Series
from radassist.errors import InputFault
from radassist.viewer.planes import Main, Plane, cut_line, depth, extent, main_plane
from radassist.viewer.volume import Volume, volume_of

reslice = pytest.importorskip("radassist.viewer.reslice", reason="VTK is not installed here")
pytestmark = pytest.mark.qt

Floats = npt.NDArray[np.float32]


def grid(shape: tuple[int, int, int], affine: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Patient coordinates of every voxel, shape (slices, rows, columns, 3)."""
    z, y, x = np.meshgrid(*(np.arange(n) for n in shape), indexing="ij")
    index = np.stack([x, y, z], axis=-1).astype(float)
    return index @ affine[:3, :3].T + affine[:3, 3]


def ramp(shape: tuple[int, int, int], affine: npt.NDArray[np.float64]) -> Volume:
    """A volume whose value is x + 2y + 3z of the patient: linear, so resampling it is exact."""
    values = (grid(shape, affine) @ np.array([1.0, 2.0, 3.0])).astype(np.float32)
    return Volume(values, affine)


def upright(spacing: tuple[float, float, float] = (0.7, 0.7, 2.5)) -> npt.NDArray[np.float64]:
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = -20, 15, -40
    return affine


def sheared() -> npt.NDArray[np.float64]:
    """A gantry tilted by 20 degrees: images are parallel, their step is not along the normal."""
    tilt = math.radians(20)
    affine = np.eye(4)
    affine[:3, 0] = 0.7, 0, 0
    affine[:3, 1] = 0, 0.7 * math.cos(tilt), 0.7 * math.sin(tilt)
    affine[:3, 2] = 0, 0, 3.0
    affine[:3, 3] = -20, 15, -40
    return affine


@pytest.mark.parametrize("affine", [upright(), sheared()], ids=["upright", "tilted gantry"])
@pytest.mark.parametrize("turn", [0, 25])
@pytest.mark.parametrize("which", list(Main))
def test_every_pixel_shows_the_place_that_it_claims(
    affine: npt.NDArray[np.float64], which: Main, turn: float
) -> None:
    volume = ramp((24, 60, 50), affine)
    plane = main_plane(volume, which).turned("right", turn).turned("down", turn / 2)
    picture = reslice.Reslicer(volume).cut(plane, (21, 31), 0.5)
    for row, column in ((0, 0), (10, 15), (20, 30), (3, 27)):
        place = plane.at((column - 15) * 0.5, (row - 10) * 0.5)
        expected = place[0] + 2 * place[1] + 3 * place[2]
        assert picture[row, column] == pytest.approx(expected, abs=0.01)


def test_a_picture_along_the_images_is_the_images_byte_for_byte() -> None:
    rng = np.random.default_rng(1)
    voxels = rng.integers(-1000, 2000, (9, 40, 50), dtype=np.int16)
    volume = Volume(voxels, upright((1.0, 1.0, 4.0)))
    middle = volume.to_patient(((50 - 1) / 2, (40 - 1) / 2, 6))
    picture = reslice.Reslicer(volume).cut(main_plane(volume, Main.AXIAL, middle), (40, 50), 1.0)
    assert picture.dtype == np.int16
    np.testing.assert_array_equal(picture, voxels[6])


def test_slabs_are_maximum_minimum_and_mean() -> None:
    voxels = np.zeros((21, 30, 30), np.int16)
    voxels[10:13, 15, 15] = 100
    voxels[8, 20, 20] = -50
    volume = Volume(voxels, np.diag([1.0, 1.0, 1.0, 1.0]))
    middle = main_plane(volume, Main.AXIAL, (14.5, 14.5, 10.0))
    cut = reslice.Reslicer(volume).cut
    slab, modes = 8.0, reslice.SlabMode
    top = cut(middle, (30, 30), 1.0, reslice.Slab(slab, modes.MAX))
    low = cut(middle, (30, 30), 1.0, reslice.Slab(slab, modes.MIN))
    mean = cut(middle, (30, 30), 1.0, reslice.Slab(slab, modes.MEAN))
    assert top[15, 15] == 100
    assert top[20, 20] == 0
    assert low[20, 20] == -50
    # Three voxels of 100 in 17 samples half a millimetre apart over 8 mm (linear in between).
    assert 30 <= mean[15, 15] <= 40
    outside = cut(middle, (30, 30), 1.0, reslice.Slab(2.0, modes.MIN))
    assert outside[20, 20] == 0


def test_against_another_resampler() -> None:
    ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is not installed here")
    rng = np.random.default_rng(2)
    voxels = ndimage.gaussian_filter(rng.normal(0, 500, (40, 64, 64)), 1.5).astype(np.float32)
    volume = Volume(voxels, sheared())
    plane = main_plane(volume, Main.CORONAL).turned("normal", 30).turned("right", 35)
    picture = reslice.Reslicer(volume).cut(plane, (25, 25), 0.4)
    rows, columns = np.meshgrid(np.arange(25), np.arange(25), indexing="ij")
    places = np.array([plane.at((c - 12) * 0.4, (r - 12) * 0.4)
                       for r, c in zip(rows.ravel(), columns.ravel(), strict=True)])  # fmt: skip
    index = np.array([volume.to_index(tuple(p)) for p in places])
    expected = ndimage.map_coordinates(voxels, index[:, ::-1].T, order=1).reshape(25, 25)
    np.testing.assert_allclose(picture, expected, atol=0.05)


def test_outside_is_the_lowest_value_never_a_copy_of_the_border() -> None:
    voxels = np.full((5, 8, 8), 300, np.int16)
    voxels[0, 0, 0] = -1024
    volume = Volume(voxels, np.eye(4))
    picture = reslice.Reslicer(volume).cut(main_plane(volume, Main.AXIAL), (30, 30), 1.0)
    assert picture[0, 0] == -1024
    assert picture[15, 15] == 300


def test_letters_of_the_main_planes() -> None:
    volume = ramp((4, 4, 4), np.eye(4))
    assert main_plane(volume, Main.AXIAL).letters == ("R", "L", "A", "P")
    assert main_plane(volume, Main.CORONAL).letters == ("R", "L", "H", "F")
    assert main_plane(volume, Main.SAGITTAL).letters == ("A", "P", "H", "F")


def test_places_and_feet_are_each_others_inverse() -> None:
    plane = Plane((1.0, 2.0, 3.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)).turned("right", 33)
    assert plane.foot(plane.at(4.0, -7.0)) == pytest.approx((4.0, -7.0, 0.0))
    assert plane.moved(5).foot(plane.centre) == pytest.approx((0, 0, -5))
    assert plane.through((9.0, 9.0, 9.0)).foot((9.0, 9.0, 9.0))[2] == pytest.approx(0)


def test_extent_and_depth_hold_the_whole_volume() -> None:
    volume = ramp((11, 21, 31), np.eye(4))
    plane = main_plane(volume, Main.CORONAL)
    left, top, right, bottom = extent(volume, plane)
    assert (right - left, bottom - top) == pytest.approx((31, 11))
    near, far = depth(volume, plane)
    assert far - near == pytest.approx(21)


def test_planes_cut_each_other_in_a_line_that_lies_on_both() -> None:
    volume = ramp((30, 30, 30), np.eye(4))
    axial = main_plane(volume, Main.AXIAL, (10.0, 12.0, 14.0))
    oblique = main_plane(volume, Main.SAGITTAL, (20.0, 5.0, 9.0)).turned("down", 30)
    line = cut_line(axial, oblique, 50.0)
    assert line is not None
    for x, y in line:
        assert oblique.foot(axial.at(x, y))[2] == pytest.approx(0, abs=1e-9)
    assert math.dist(*line) == pytest.approx(100.0)
    assert cut_line(axial, axial.moved(4), 50.0) is None


def series(positions: list[tuple[float, float, float]], **facts: object) -> Series:
    def frame(position: tuple[float, float, float]) -> Frame:
        instance = Instance(Path("x"), "1", "1", "1", "1", 1, 8, 8)
        return Frame(instance, 0, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), position)

    known = {"pixel_spacing": (0.5, 0.25), "spacing_source": "PixelSpacing", **facts}
    return Series("1", tuple(frame(p) for p in positions), **known)  # type: ignore[arg-type]


def test_a_tilted_series_keeps_its_shear() -> None:
    voxels = np.zeros((3, 8, 8), np.int16)
    volume = volume_of(series([(0, 0, 0), (0, 1, 5), (0, 2, 10)]), voxels)
    assert volume.to_patient((4, 2, 1)) == pytest.approx((1.0, 2.0, 5.0))
    assert volume.to_index((1.0, 2.0, 5.0)) == pytest.approx((4, 2, 1))
    assert volume.value_at((1.0, 2.0, 5.0)) == 0.0
    assert volume.value_at((99.0, 0.0, 0.0)) is None


@pytest.mark.parametrize(
    "facts", [{"pixel_spacing": None}, {"spacing_source": "ImagerPixelSpacing"}]
)
def test_no_volume_without_millimetres_in_the_patient(facts: dict[str, object]) -> None:
    with pytest.raises(InputFault, match="spacing"):
        volume_of(series([(0, 0, 0), (0, 0, 5)], **facts), np.zeros((2, 8, 8), np.int16))


def test_no_volume_of_images_in_one_plane() -> None:
    with pytest.raises(InputFault, match="one plane"):
        volume_of(series([(0, 0, 0), (3, 0, 0)]), np.zeros((2, 8, 8), np.int16))

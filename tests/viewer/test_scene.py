"""3D pictures of bodies whose shape is known, by a process of their own."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from radassist.errors import EngineFault
from radassist.viewer.render_types import Camera, RenderRequest, presets_3d
from radassist.viewer.volume import Volume

rendering = pytest.importorskip("radassist.viewer.rendering")
pytest.importorskip("vtkmodules", reason="VTK is not installed here")
pytestmark = pytest.mark.qt

BONE = next(p for p in presets_3d("CT") if p.name == "Bone")
SIZE = (120, 160)


def body() -> Volume:
    """Air with a bar of bone at the patient's left, a short one towards the head at the front."""
    voxels = np.full((40, 40, 40), -1000, np.int16)
    voxels[5:35, 18:22, 30:36] = 1000
    voxels[30:36, 2:6, 5:11] = 1000
    affine = np.eye(4)
    affine[:3, 3] = -20, -20, -20
    return Volume(voxels, affine)


def lit(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> tuple[float, float, int]:
    """(mean column, mean row, count) of lit pixels, as parts of the picture."""
    rows, columns = np.nonzero(picture.max(axis=2) > 60)
    if not rows.size:
        return 0.0, 0.0, 0
    return (
        float(columns.mean()) / picture.shape[1],
        float(rows.mean()) / picture.shape[0],
        int(rows.size),
    )


@pytest.fixture
def scene() -> Iterator[Any]:
    from radassist.viewer.scene import Scene

    made = Scene(body())
    yield made
    made.close()


def test_the_patients_left_is_at_the_right_seen_from_the_front(scene: Any) -> None:
    front = lit(scene.render(RenderRequest(Camera(), BONE, SIZE)))
    back = lit(scene.render(RenderRequest(Camera(azimuth=180), BONE, SIZE)))
    assert front[2] > 100
    assert front[0] > 0.52
    assert back[0] < 0.48


def test_zoom_makes_it_larger_and_a_hurried_picture_shows_the_same(scene: Any) -> None:
    near = lit(scene.render(RenderRequest(Camera(zoom=2.0), BONE, SIZE)))
    far = lit(scene.render(RenderRequest(Camera(), BONE, SIZE)))
    quick = lit(scene.render(RenderRequest(Camera(), BONE, SIZE, hurried=True)))
    assert near[2] > 2 * far[2]
    assert 4 * quick[2] == pytest.approx(far[2], rel=0.25)
    assert quick[0] == pytest.approx(far[0], abs=0.03)


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_every_preset_shows_something_and_none_is_all_white(modality: str) -> None:
    from radassist.viewer.scene import Scene

    rng = np.random.default_rng(3)
    voxels = body().voxels.copy()
    voxels[10:30, 10:30, 10:30] = rng.integers(-900, 300, (20, 20, 20), dtype=np.int16)
    scene = Scene(Volume(voxels, body().affine))
    try:
        for preset in presets_3d(modality):
            picture = scene.render(RenderRequest(Camera(30, 20), preset, SIZE))
            assert picture.shape == (*SIZE, 3)
            assert 30 < lit(picture)[2] < 0.9 * SIZE[0] * SIZE[1], preset.name
    finally:
        scene.close()


def test_a_tilted_volume_is_shown_straight() -> None:
    from radassist.viewer.scene import Scene

    voxels = np.full((40, 40, 40), -1000, np.int16)
    # A bar along the patient's long axis, recorded with images that step backwards: it wanders
    # through the rows of the stored images and is straight in the patient.
    affine = np.eye(4)
    affine[:3, 2] = 0.0, 0.4, 1.0
    for index in range(40):
        row = round(30 - 0.4 * index)
        voxels[index, max(0, row - 2) : row + 2, 18:22] = 1000
    scene = Scene(Volume(voxels, affine))
    try:
        picture = scene.render(RenderRequest(Camera(azimuth=90), BONE, (200, 200)))
    finally:
        scene.close()
    rows, columns = np.nonzero(picture.max(axis=2) > 60)
    top = columns[rows < np.percentile(rows, 25)].mean()
    bottom = columns[rows > np.percentile(rows, 75)].mean()
    assert top == pytest.approx(bottom, abs=4)


def test_pictures_come_from_another_process_and_the_newest_wish_wins() -> None:
    arrived: queue.Queue[tuple[RenderRequest, object]] = queue.Queue()
    renderer = rendering.VolumeRenderer(body(), lambda r, p: arrived.put((r, p)))
    try:
        wishes = [RenderRequest(Camera(azimuth=a), BONE, SIZE) for a in range(0, 300, 10)]
        for wish in wishes:
            renderer.want(wish)
        seen: list[tuple[RenderRequest, object]] = []
        while not seen or seen[-1][0] != wishes[-1]:
            seen.append(arrived.get(timeout=60))
        assert len(seen) < len(wishes)
        assert all(isinstance(picture, np.ndarray) for _, picture in seen)
    finally:
        renderer.close()
        renderer.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_a_crash_costs_a_message_and_the_next_picture_comes() -> None:
    renderer = rendering.VolumeRenderer(body(), lambda _r, _p: None)
    try:
        wish = RenderRequest(Camera(), BONE, SIZE)
        first = renderer.render(wish)
        pid = renderer._host.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        try:
            again = renderer.render(wish)
        except EngineFault:
            again = renderer.render(wish)
        np.testing.assert_array_equal(first, again)
    finally:
        renderer.close()

"""Smaller copies are true means; the cache holds what was used last."""

from __future__ import annotations

import numpy as np
import pytest

from radassist.domain.findings import ImageRef
from radassist.ports import DecodedFrame
from radassist.viewer.cache import ByteCache, with_levels

REF = ImageRef("1", "2", "3")


def test_levels_are_means_of_blocks() -> None:
    pixels = np.arange(2000 * 1501, dtype=np.int64).reshape(2000, 1501) % 3000 - 1000
    levels = with_levels(DecodedFrame(REF, pixels.astype(np.int16), (0.0, 1.0), False), 512)
    assert [p.shape for p in levels.smaller] == [(1000, 750)]
    wanted = pixels[:, :1500].reshape(1000, 2, 750, 2).mean(axis=(1, 3))
    assert np.abs(levels.pixels(1) - wanted).max() <= 0.5
    assert levels.pixels(1).dtype == np.int16


@pytest.mark.parametrize(
    ("scale", "level"), [(4.0, 0), (1.0, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.01, 2)]
)
def test_the_level_has_a_pixel_for_each_screen_pixel(scale: float, level: int) -> None:
    frame = DecodedFrame(REF, np.zeros((2048, 2048), np.uint16), (0.0, 1.0), False)
    levels = with_levels(frame, 256)
    assert len(levels.smaller) == 3
    assert levels.level_for(scale) == (level if scale > 0.01 else 3)


def test_thin_overlay_lines_survive_in_smaller_copies() -> None:
    plane = np.zeros((1200, 1200), bool)
    plane[:, 601] = True
    frame = DecodedFrame(REF, np.zeros((1200, 1200), np.uint8), (0.0, 1.0), False,
                         overlays=(plane,))  # fmt: skip
    levels = with_levels(frame, 512)
    assert levels.graphics[1][:, 300].all()
    assert levels.graphics[1].sum() == 600


def test_colour_levels() -> None:
    frame = DecodedFrame(REF, np.full((1100, 1100, 3), 200, np.uint8), (0.0, 1.0), False)
    level = with_levels(frame, 512).pixels(1)
    assert level.shape == (550, 550, 3)
    assert bool((level == 200).all())


def test_the_least_recently_used_goes_first() -> None:
    cache: ByteCache[str, int] = ByteCache(100)
    for number, key in enumerate("abcd"):
        cache.put(key, number, 30)
        cache.get("a")
    assert [key for key in "abcd" if key in cache] == ["a", "c", "d"]
    assert cache.held == 90


def test_one_entry_larger_than_the_limit_is_held() -> None:
    cache: ByteCache[str, int] = ByteCache(100)
    cache.put("a", 1, 40)
    cache.put("huge", 2, 1000)
    assert cache.get("huge") == 2
    assert "a" not in cache
    cache.put("b", 3, 10)
    assert "huge" not in cache
    assert cache.held == 10
    cache.drop("b")
    assert (len(cache), cache.held) == (0, 0)

"""The words for a cardiothoracic ratio: the interval decides, and only a PA view is classified."""

from __future__ import annotations

import pytest

from radassist.domain.findings import Measurement, Presence
from radassist.domain.heart_size import heart_size


@pytest.mark.parametrize(
    ("ratio", "half", "view", "presence", "words"),
    [
        (0.56, 0.03, "PA", Presence.PRESENT, "The heart is enlarged"),
        (0.52, 0.03, "PA", Presence.UNCERTAIN, "borderline"),
        (0.48, 0.03, "PA", Presence.UNCERTAIN, "borderline"),
        (0.44, 0.03, "PA", Presence.ABSENT, "not enlarged"),
        (0.60, 0.03, "AP", Presence.UNCERTAIN, "AP view, which magnifies"),
        (0.44, 0.03, "", Presence.UNCERTAIN, "view is not stated"),
    ],
)
def test_words(ratio: float, half: float, view: str, presence: Presence, words: str) -> None:
    finding = heart_size(Measurement("m", "ctr", ratio, "1", half), view, "f", "p@1")
    assert finding.presence is presence
    assert words in finding.text
    assert f"{ratio:.2f}" in finding.text
    assert f"{ratio - half:.2f} to {ratio + half:.2f}" in finding.text

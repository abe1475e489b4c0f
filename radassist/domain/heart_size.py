"""What a cardiothoracic ratio says about the heart, in words that claim no more than it does.

Danzer (Am J Med Sci 1919;157:513): a ratio above 0.50 on a PA radiograph at full inspiration is
enlarged.  An AP view magnifies the heart, so there the ratio is given and nothing is concluded.
"""

from __future__ import annotations

from radassist.domain.findings import Finding, Measurement, Presence

UPPER_LIMIT_PA = 0.50


def heart_size(measurement: Measurement, view: str, finding_id: str, pack: str) -> Finding:
    """The finding that a measured cardiothoracic ratio gives.

    The interval decides, not the point: only when all of it lies on one side of the limit is the
    heart called enlarged or not enlarged.

    :param view: ViewPosition ("PA", "AP", ... or "" where the header does not say).
    """
    ratio = measurement.value
    half = measurement.half_width_95 or 0.0
    low, high = max(0.0, ratio - half), ratio + half
    number = f"{ratio:.2f} (95 % CI {low:.2f} to {high:.2f})"
    notes: tuple[str, ...] = ()
    if view.upper() != "PA":
        presence = Presence.UNCERTAIN
        reason = (
            f"this is an {view.upper()} view, which magnifies the heart"
            if view
            else "the view is not stated, and an AP view would magnify the heart"
        )
        text = f"The cardiothoracic ratio is {number}; {reason}."
        notes = (f"Heart size is not classified: {reason}.",)
    elif low > UPPER_LIMIT_PA:
        presence = Presence.PRESENT
        text = f"The heart is enlarged, with a cardiothoracic ratio of {number}."
    elif high <= UPPER_LIMIT_PA:
        presence = Presence.ABSENT
        text = f"The heart is not enlarged, with a cardiothoracic ratio of {number}."
    else:
        presence = Presence.UNCERTAIN
        text = f"Heart size is borderline, with a cardiothoracic ratio of {number}."
    return Finding(
        id=finding_id,
        concept="cardiomegaly",
        name="cardiothoracic ratio",
        presence=presence,
        text=text,
        pack=pack,
        image=measurement.image,
        measurement=measurement,
        notes=notes,
    )

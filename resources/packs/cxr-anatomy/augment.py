"""Random training views of a chest radiograph, and pictures that are not one.

Every function takes and gives float32 tensors on the CPU, images in [0, 1] with bone bright.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

IGNORE = 255  # segmentation label that carries no loss


@dataclass
class Sample:
    """One training picture: image (1, S, S), mask (S, S) and what the gate head has to say."""

    image: Tensor
    mask: Tensor
    turns: int  # quarter turns counter-clockwise
    inverted: int
    flipped: int
    other: int  # 1: not a frontal chest radiograph


def normalise(image: Tensor) -> Tensor:
    """Stretch the 1st to the 99th percentile to [0, 1]; the runtime does the same."""
    flat = image.flatten()[::3]
    low, high = torch.quantile(flat, torch.tensor([0.01, 0.99]))
    return ((image - low) / (high - low).clamp_min(1e-4)).clamp(0, 1)


def warp(image: Tensor, mask: Tensor, size: int, rng: random.Random) -> tuple[Tensor, Tensor]:
    """Rotate, scale, stretch and shift; what lies outside becomes black or the edge's grey."""
    angle = math.radians(max(-15.0, min(15.0, rng.gauss(0, 5))))
    scale = math.exp(rng.uniform(-0.30, 0.45))  # > 1: smaller thorax, wider margins
    stretch = math.exp(rng.gauss(0, 0.10))
    sx, sy = scale * stretch, scale / stretch
    cos, sin = math.cos(angle), math.sin(angle)
    room = 0.10 + 0.5 * max(0.0, scale - 1)
    theta = torch.tensor(
        [
            [sx * cos, -sx * sin, rng.uniform(-room, room)],
            [sy * sin, sy * cos, rng.uniform(-room, room)],
        ]
    )
    grid = F.affine_grid(theta[None], [1, 1, size, size], align_corners=False)
    padding = "zeros" if rng.random() < 0.6 else "border"
    image = F.grid_sample(image[None], grid, padding_mode=padding, align_corners=False)[0]
    mask = F.grid_sample(
        mask[None, None].float(), grid, mode="nearest", padding_mode="zeros", align_corners=False
    )
    return image, mask[0, 0].long()


def _blur(image: Tensor, step: int) -> Tensor:
    size = image.shape[-1]
    small = F.interpolate(image[None], size=max(8, size // step), mode="area")
    return F.interpolate(small, size=size, mode="bilinear", align_corners=False)[0]


def tone(image: Tensor, rng: random.Random) -> Tensor:
    """Exposure, processing and detector: gamma, window, shading, sharpening, blur, noise."""
    image = image.clamp(0, 1) ** math.exp(rng.gauss(0, 0.4))
    if rng.random() < 0.4:  # a window that clips
        low, high = rng.uniform(-0.1, 0.25), rng.uniform(0.75, 1.1)
        image = ((image - low) / (high - low)).clamp(0, 1)
    if rng.random() < 0.3:  # uneven exposure
        y, x = torch.meshgrid(*[torch.linspace(-1, 1, image.shape[-1])] * 2, indexing="ij")
        image = image * (1 + 0.3 * (rng.gauss(0, 0.6) * x + rng.gauss(0, 0.6) * y))
    if rng.random() < 0.35:  # multi-scale processing of other makers
        step = rng.choice([8, 16, 32])
        image = image + rng.uniform(0.3, 1.5) * (image - _blur(image, step))
    if rng.random() < 0.25:  # local contrast
        image = 0.5 + rng.uniform(0.8, 1.6) * (image - _blur(image, 64)) + 0.3 * (image - 0.5)
    if rng.random() < 0.3:
        image = _blur(image, rng.choice([2, 2, 3, 4]))
    if rng.random() < 0.4:
        image = image + rng.uniform(0.005, 0.05) * torch.randn_like(image)
    return image


def clutter(image: Tensor, rng: random.Random) -> Tensor:
    """Markers, blackened names, collimation borders, wires."""
    size = image.shape[-1]
    image = image.clone()
    for _ in range(rng.choice([0, 0, 1, 2, 3])):  # boxes and letters
        h, w = rng.randint(4, size // 10), rng.randint(4, size // 6)
        y = rng.choice([rng.randint(0, size // 5), rng.randint(size * 4 // 5, size - h)])
        x = rng.randint(0, size - w)
        image[:, y : y + h, x : x + w] = rng.choice([0.0, 0.0, 1.0, 1.2])
        if h > 10:
            image[:, y + 3 : y + h - 3, x + w // 3 : x + w // 2] = rng.choice([0.0, 1.0])
    if rng.random() < 0.25:  # collimation
        grey = rng.choice([0.0, 0.0, 0.0, 1.0])
        for side in range(4):
            width = int(size * max(0.0, rng.uniform(-0.06, 0.08)))
            if width:
                image.rot90(side, (1, 2))[:, :width] = grey
    if rng.random() < 0.2:  # a wire or tube
        x0, x1 = rng.uniform(0, size), rng.uniform(0, size)
        t = torch.linspace(0, 1, size * 2)
        xs = (x0 + (x1 - x0) * t + 15 * torch.sin(6 * t)).long().clamp(0, size - 1)
        ys = (t * (size - 1)).long()
        image[:, ys, xs] += rng.uniform(0.1, 0.5)
    return image


def _part_of_a_chest(image: Tensor, size: int, rng: random.Random) -> Tensor:
    full = image.shape[-1]
    kind = rng.choice(["zoom", "half", "shuffle", "band"])
    if kind == "zoom":
        w = int(full * rng.uniform(0.15, 0.4))
        y, x = rng.randint(0, full - w), rng.randint(0, full - w)
        image = image[:, y : y + w, x : x + w]
    elif kind == "half":
        x = rng.choice([0, full // 2])
        image = image[:, :, x : x + full // 2]
    elif kind == "band":
        y = rng.choice([0, full * 2 // 3])
        image = image[:, y : y + full // 3]
    else:
        n = rng.choice([2, 3, 4])
        p = full // n
        tiles = [image[:, i * p : i * p + p, j * p : j * p + p] for i in range(n) for j in range(n)]
        rng.shuffle(tiles)
        image = torch.cat([torch.cat(tiles[i * n : i * n + n], 2) for i in range(n)], 1)
    return F.interpolate(image[None], size=(size, size), mode="bilinear", align_corners=False)[0]


def _phantom(size: int, rng: random.Random) -> Tensor:
    """Ellipses in ellipses, bars and clouds: bodies, heads, hands and slices, roughly."""
    y, x = torch.meshgrid(*[torch.linspace(-1, 1, size)] * 2, indexing="ij")
    image = torch.full((size, size), rng.choice([0.0, 0.0, 0.1, 1.0]))
    for depth in range(rng.randint(1, 9)):
        r = rng.uniform(0.4, 0.95) if depth == 0 else rng.uniform(0.03, 0.5)
        cx, cy = (rng.gauss(0, 0.1 if depth == 0 else 0.4) for _ in range(2))
        a, b = r * math.exp(rng.gauss(0, 0.3)), r * math.exp(rng.gauss(0, 0.3))
        t = rng.uniform(0, math.pi)
        u, v = (
            (x - cx) * math.cos(t) + (y - cy) * math.sin(t),
            (y - cy) * math.cos(t) - (x - cx) * math.sin(t),
        )
        power = rng.choice([2, 2, 6])
        inside = ((u / a).abs() ** power + (v / b).abs() ** power < 1).float()
        image = image * (1 - inside) + inside * rng.random()
    cloud = _blur(torch.rand(1, size, size), rng.choice([4, 8, 16, 32]))[0] - 0.5
    return (image + rng.uniform(0, 1.5) * cloud)[None]


def not_a_chest(image: Tensor, size: int, rng: random.Random) -> Tensor:
    """A picture that must be refused, made from nothing or from a piece of ``image``."""
    kind = rng.random()
    if kind < 0.45:
        picture = _part_of_a_chest(image, size, rng)
    elif kind < 0.85:
        picture = _phantom(size, rng)
    elif kind < 0.95:
        picture = _blur(torch.rand(1, size, size), rng.choice([1, 2, 4, 16, 64]))
    else:
        picture = torch.full((1, size, size), rng.random()) + 0.01 * torch.randn(1, size, size)
    return picture.rot90(rng.randint(0, 3), (1, 2))


def make(image: Tensor, mask: Tensor, size: int, rng: random.Random) -> Sample:
    """One sample: mostly an upright radiograph, sometimes one that the gate must recognise."""
    kind = rng.random()
    if kind < 0.14:
        picture = tone(not_a_chest(image, size, rng), rng)
        mask = torch.zeros(size, size, dtype=torch.long)
        return Sample(normalise(picture), mask, -1, -1, -1, 1)
    picture, mask = warp(image, mask, size, rng)
    picture = clutter(tone(picture, rng), rng)
    flipped = int(rng.random() < 0.25)
    if flipped:  # labels name the side of the image: 1 is the lung on the image's left
        picture = picture.flip(2)
        mask = mask.flip(1)
        swapped = torch.tensor([0, 2, 1, 3])[mask.clamp(max=3)]
        mask = torch.where(mask == IGNORE, mask, swapped)
    turns = rng.randint(1, 3) if kind < 0.24 else 0
    inverted = int(0.20 < kind < 0.32)
    if turns:
        picture = picture.rot90(turns, (1, 2))
        mask = torch.full_like(mask, IGNORE)
    picture = normalise(picture)
    if inverted:
        picture = 1 - picture
    return Sample(picture, mask, turns, inverted, flipped if not turns else -1, 0)

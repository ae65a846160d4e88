"""Light rigs: a smooth sky in three colours, key lights with a direction, colour and angular size, and a background.

Colours are linear RGB radiance (sky) and irradiance on a surface that faces the light (keys), in arbitrary units:
`exposure` divides them out. World frame: x to the right of the picture, y up, z from the face to the camera.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from facegap.synth.assets import Floats

RGB = tuple[float, float, float]


@dataclass(frozen=True)
class Key:
    """A light far away: azimuth (0 = at the camera, positive = picture right) and elevation in degrees.

    `size` is its angular radius in radians: it softens shadows and widens highlights.
    """

    azimuth: float
    elevation: float
    colour: RGB
    size: float

    @property
    def direction(self) -> Floats:
        """(3,) unit vector towards the light."""
        a, e = np.radians(self.azimuth), np.radians(self.elevation)
        return np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)], dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A named lighting situation. `background` is the radiance behind the head relative to a lit white wall."""

    name: str
    above: RGB
    level: RGB
    below: RGB
    keys: tuple[Key, ...]
    background: float
    uniform: bool = False


def _grey(value: float) -> RGB:
    return (value, value, value)


RIGS: dict[str, Rig] = {
    rig.name: rig
    for rig in (
        Rig(
            name="studio",
            above=_grey(0.46),
            level=_grey(0.46),
            below=_grey(0.36),
            keys=(Key(-32, 22, _grey(0.78), 0.45), Key(32, 20, _grey(0.62), 0.45), Key(0, 48, _grey(0.25), 0.40)),
            background=0.62,
            uniform=True,
        ),
        Rig(
            name="window",
            above=(0.20, 0.21, 0.23),
            level=(0.17, 0.17, 0.18),
            below=(0.12, 0.11, 0.10),
            keys=(Key(62, 18, (1.28, 1.36, 1.50), 0.28), Key(-40, 10, (0.30, 0.28, 0.26), 0.5)),
            background=0.45,
        ),
        Rig(
            name="overhead",
            above=(0.46, 0.40, 0.33),
            level=(0.30, 0.26, 0.215),
            below=(0.24, 0.20, 0.155),
            keys=(Key(8, 58, (1.35, 1.17, 0.94), 0.30), Key(-50, 40, (0.42, 0.36, 0.30), 0.4)),
            background=0.35,
        ),
        Rig(
            name="sun",
            above=(0.30, 0.37, 0.50),
            level=(0.28, 0.29, 0.31),
            below=(0.22, 0.20, 0.17),
            keys=(Key(-48, 42, (3.2, 2.95, 2.60), 0.03),),
            background=0.80,
        ),
        Rig(
            name="dim",
            above=(0.06, 0.05, 0.035),
            level=(0.035, 0.028, 0.02),
            below=(0.022, 0.017, 0.012),
            keys=(Key(35, 35, (0.16, 0.125, 0.085), 0.2), Key(-70, 5, (0.03, 0.03, 0.035), 0.4)),
            background=0.30,
        ),
        Rig(
            name="backlit",
            above=(0.16, 0.165, 0.175),
            level=(0.15, 0.15, 0.155),
            below=(0.10, 0.095, 0.09),
            keys=(Key(165, 25, (3.4, 3.5, 3.7), 0.4), Key(20, 20, (0.22, 0.22, 0.22), 0.5)),
            background=4.0,
        ),
    )
}


def jittered(rig: Rig, random: np.random.Generator) -> Rig:
    """The rig with its keys turned by a few degrees and their strengths changed by a tenth."""
    keys = tuple(
        replace(
            key,
            azimuth=key.azimuth + float(random.normal(0, 6)),
            elevation=key.elevation + float(random.normal(0, 4)),
            colour=_scaled(key.colour, float(np.exp(random.normal(0, 0.1)))),
        )
        for key in rig.keys
    )
    return replace(rig, keys=keys)


def mirrored(rig: Rig) -> Rig:
    """The rig with left and right swapped."""
    return replace(rig, keys=tuple(replace(key, azimuth=-key.azimuth) for key in rig.keys))


def _scaled(colour: RGB, factor: float) -> RGB:
    return (colour[0] * factor, colour[1] * factor, colour[2] * factor)


def sphere(count: int) -> Floats:
    """(count, 3) directions of a Fibonacci lattice, evenly spread over the sphere."""
    i = np.arange(count) + 0.5
    height = 1 - 2 * i / count
    turn = np.pi * (1 + np.sqrt(5.0)) * i
    ring = np.sqrt(1 - height**2)
    return np.stack([ring * np.cos(turn), height, ring * np.sin(turn)], axis=1).astype(np.float32)


def sky(rig: Rig, directions: Floats) -> Floats:
    """(n, 3) radiance of the smooth part of the rig from unit directions (n, 3)."""
    up = directions[:, 1:2]
    level, above, below = (np.array(c, dtype=np.float32) for c in (rig.level, rig.above, rig.below))
    out: Floats = level + np.clip(up, 0, 1) * (above - level) + np.clip(-up, 0, 1) * (below - level)
    return out


def incident(rig: Rig, count: int = 400) -> Floats:
    """(3,) irradiance, divided by pi, on an open surface that faces the camera: what a light meter held there reads."""
    directions = sphere(count)
    cosine = np.maximum(directions[:, 2], 0)
    total = (sky(rig, directions) * cosine[:, None]).sum(axis=0) * (4.0 / count)
    for key in rig.keys:
        total = total + np.array(key.colour) * max(float(key.direction[2]), 0.0)
    return np.asarray(total, dtype=np.float32)

"""Expressions as weighted face units; drawn mild, because people who take a picture for a document hold still."""

from __future__ import annotations

import numpy as np

from facegap.synth.shape import Units


def neutral(random: np.random.Generator) -> Units:
    """Lips closed, the corners a little up or not at all."""
    lift = float(random.uniform(0.0, 0.08))
    return (("mouthSmileLeft", lift), ("mouthSmileRight", lift))


def selfie(random: np.random.Generator) -> Units:
    """A smile with closed lips, raised or lowered brows, slightly narrowed eyes: each in some pictures only."""
    u = random.uniform(size=8)
    smile = float(0.10 + 0.38 * u[0]) if u[1] < 0.65 else 0.04
    brows = float(0.35 * u[2]) if u[3] < 0.3 else 0.0
    squint = float(0.10 + 0.30 * u[4]) if u[5] < 0.4 else 0.0
    return (
        ("mouthSmileLeft", smile * (1 + 0.15 * (float(u[6]) - 0.5))),
        ("mouthSmileRight", smile * (1 - 0.15 * (float(u[6]) - 0.5))),
        ("cheekSquintLeft", 0.4 * smile),
        ("cheekSquintRight", 0.4 * smile),
        ("browInnerUp", brows),
        ("eyeSquintLeft", squint),
        ("eyeSquintRight", squint),
    )

"""A fast generator of normal numbers for sensor noise.

SplitMix64 (Steele, Lea and Flood 2014) gives 64 random bits for a state; a ziggurat of 128 layers (Marsaglia and Tsang
2000, with the separate bits of Doornik 2005) makes a normal number of them. One seed is drawn from the caller's
`numpy.random.Generator` per image, and one stream per row follows from it, so nothing depends on the order of work.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from bench.conditions.compiled import compiled
from bench.conditions.stages import Linear

_LAYERS = 128
_TAIL = 3.442619855899
_AREA = 9.91256303526217e-3
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _ziggurat() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(129,) right edges of the layers and (128,) the share of each that lies wholly under the density."""
    edges = np.zeros(_LAYERS + 1)
    edges[0] = _AREA / math.exp(-0.5 * _TAIL**2)
    edges[1] = _TAIL
    for layer in range(2, _LAYERS):
        below = edges[layer - 1]
        edges[layer] = math.sqrt(-2 * math.log(_AREA / below + math.exp(-0.5 * below**2)))
    return edges, edges[1:] / edges[:-1]


_EDGES, _RATIOS = _ziggurat()


@compiled
def bits(state: np.uint64) -> np.uint64:
    """64 random bits of a state (the output function of SplitMix64)."""
    z = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def uniform(state: np.uint64) -> float:
    """A number in (0, 1) of a state."""
    return (np.float64(bits(state) >> np.uint64(12)) + 0.5) * 2.0**-52


@compiled
def _rare(state: np.uint64, layer: int, x: float) -> tuple[np.uint64, float]:
    """What remains of the ziggurat where its first try missed: the tail, a wedge, or another try (1.2 in 100)."""
    while True:
        if layer == 0:
            while True:
                state += _GOLDEN
                far = -math.log(uniform(state)) / _TAIL
                state += _GOLDEN
                if -2.0 * math.log(uniform(state)) > far * far:
                    return state, -(_TAIL + far) if x < 0 else _TAIL + far
        state += _GOLDEN
        low = math.exp(-0.5 * (_EDGES[layer] ** 2 - x * x))
        high = math.exp(-0.5 * (_EDGES[layer + 1] ** 2 - x * x))
        if high + uniform(state) * (low - high) < 1.0:
            return state, x
        state += _GOLDEN
        word = bits(state)
        layer = int(word & np.uint64(127))
        share = np.float64(np.int64(word) >> np.int64(11)) * 2.0**-52
        x = share * _EDGES[layer]
        if abs(share) < _RATIOS[layer]:
            return state, x


@compiled
def normal(state: np.uint64) -> tuple[np.uint64, float]:
    """The next state and a normal number."""
    state += _GOLDEN
    word = bits(state)
    layer = int(word & np.uint64(127))
    share = np.float64(np.int64(word) >> np.int64(11)) * 2.0**-52
    if abs(share) < _RATIOS[layer]:
        return state, share * _EDGES[layer]
    return _rare(state, layer, share * _EDGES[layer])


@compiled
def poisson(state: np.uint64, mean: float) -> tuple[np.uint64, float]:
    """The next state and a Poisson number by inversion; for small means."""
    state += _GOLDEN
    left = uniform(state)
    term = math.exp(-mean)
    count = 0.0
    while left > term and count < 1000.0:
        left -= term
        count += 1.0
        term *= mean / count
    return state, count


@compiled
def row_state(seed: np.uint64, row: int) -> np.uint64:
    """Where the stream of one row begins."""
    return bits(seed + np.uint64(row) * np.uint64(0xD1342543DE82EF95))


@compiled
def _fill(out: Linear, seed: np.uint64) -> None:
    for row in range(out.shape[0]):
        state = row_state(seed, row)
        for column in range(out.shape[1]):
            state, out[row, column] = normal(state)


def normals(seed: int, height: int, width: int) -> Linear:
    """(height, width) float32 normal numbers of a 64-bit seed."""
    out = np.empty((height, width), dtype=np.float32)
    _fill(out, np.uint64(seed))
    return out

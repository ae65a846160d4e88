"""A fast generator of random numbers for sensor noise, compiled and without state.

SplitMix64 (Steele, Lea and Flood 2014) maps a counter to 64 random bits, so the number at (seed, row, place) depends on
nothing else. The normal number of a counter is the count of ones among 52 of its bits, a binomial number of variance
13, spread by 12 further bits over the width between two counts, and scaled to variance 1. Its distribution function
is within 0.002 of the normal one, its excess kurtosis is -0.04 and its range is 7.3; tests measure this.
"""

from __future__ import annotations

import math

import numpy as np

from facegap.conditions.compiled import compiled
from facegap.conditions.stages import Linear

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SCALE = np.float32(1 / math.sqrt(13 + 1 / 12))
_FIVES, _THREES = np.uint64(0x5555555555555555), np.uint64(0x3333333333333333)
_NIBBLES, _ONES = np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(0x0101010101010101)


@compiled
def bits(counter: np.uint64) -> np.uint64:
    """64 random bits of a counter (the output function of SplitMix64)."""
    z = (counter ^ (counter >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@compiled
def row_seed(seed: np.uint64, row: int) -> np.uint64:
    """Where the counters of one row begin."""
    return bits(seed + np.uint64(row) * np.uint64(0xD1342543DE82EF95))


@compiled
def fill_normal(out: Linear, seed: np.uint64) -> None:
    """Normal numbers of mean 0 and variance 1 for a row: (n,) float32, into `out`."""
    half, step, middle = np.float32(0.5), np.float32(1 / 4096), np.int32(26)
    for place in range(len(out)):
        word = bits(seed + np.uint64(place) * _GOLDEN)
        fraction = np.float32(np.int32(word & np.uint64(4095))) * step + half * step
        ones = word >> np.uint64(12)
        ones = ones - ((ones >> np.uint64(1)) & _FIVES)
        ones = (ones & _THREES) + ((ones >> np.uint64(2)) & _THREES)
        ones = (((ones + (ones >> np.uint64(4))) & _NIBBLES) * _ONES) >> np.uint64(56)
        out[place] = (np.float32(np.int32(ones) - middle) + fraction - half) * _SCALE


@compiled
def uniform(counter: np.uint64) -> float:
    """A number in (0, 1) of a counter."""
    return (np.float64(bits(counter) >> np.uint64(12)) + 0.5) * 2.0**-52


@compiled
def poisson(counter: np.uint64, mean: float) -> float:
    """A Poisson number by inversion; for means up to a few hundred."""
    left = uniform(counter)
    term = math.exp(-mean)
    count = 0.0
    while left > term and count < 1000.0:
        left -= term
        count += 1.0
        term *= mean / count
    return count


def normals(seed: int, height: int, width: int) -> Linear:
    """(height, width) float32 normal numbers, of mean 0 and variance 1, of a 64-bit seed."""
    out = np.empty((height, width), dtype=np.float32)
    for row in range(height):
        fill_normal(out[row], np.uint64(row_seed(np.uint64(seed), row)))
    return out

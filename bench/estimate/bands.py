"""Intervals and null bands of any summary of group rates, by drawing rates from the effective samples.

Noise alone makes groups differ: the maximum over the minimum of equal rates is above 1 in every finite sample, and more
so in a resample. So a summary is shown with its null band, the values that equal groups of these sizes would give, and
its interval spans three percentile intervals: the plain one, Efron's bias-corrected one, and one around rates shrunken
towards each other (empirical Bayes), which takes out what noise adds. Where the value lies inside the null band the
interval reaches to equality, which the sample does not rule out. Groups are drawn independently: they share no people.
`benchmarks/interval_coverage.md` has the measured coverage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from bench.estimate.interval import effective_sample
from bench.estimate.measures import Rates
from bench.estimate.shrinkage import fit_beta
from bench.records import ErrorCounts

_SMALLEST = 1e-12
"""Below any rate that can be measured; keeps a drawn rate of a shrunken group from vanishing in float64."""


class Draws(NamedTuple):
    """Draws around the observed rates, around rates shrunken towards each other, and around one common rate.

    (draws, groups) rates, or (draws,) values of a summary of them.
    """

    observed: Rates
    shrunken: Rates
    null: Rates


class Band(NamedTuple):
    low: float
    high: float
    null_low: float
    null_high: float


def draw(counts: Sequence[ErrorCounts], level: float, draws: int, rng: np.random.Generator) -> Draws:
    """Rates of all groups: posteriors under Jeffreys' and the fitted prior, and samples at the pooled rate.

    A null sample with an error-free group is smoothed, as such a result would be.
    """
    n = np.array([effective_sample(c, level) for c in counts])
    x = np.array([c.errors / c.trials for c in counts]) * n
    shape = draws, len(n)
    mean, weight = fit_beta(x, n)
    observed = rng.beta(x + 0.5, n - x + 0.5, size=shape)
    shrunken = rng.beta(mean * weight + x, (1 - mean) * weight + n - x, size=shape)
    size = np.maximum(np.rint(n), 1).astype(np.int64)
    errors = rng.binomial(size, x.sum() / n.sum(), size=shape)
    smoothed = (errors == 0).any(axis=1, keepdims=True)
    null = np.where(smoothed, (errors + 0.5) / (size + 1), errors / size)
    return Draws(np.maximum(observed, _SMALLEST), np.maximum(shrunken, _SMALLEST), null)


def summarised(function: Callable[..., Rates], *sides: Draws) -> Draws:
    """The draws of a summary, from the draws of the rates that it is a function of."""
    return Draws(*(function(*rates) for rates in zip(*sides, strict=True)))


def band(value: float, draws: Draws, at_equality: float, level: float) -> Band:
    """The interval of a summary and its null band, from the summary's draws."""
    tail = (1 - level) / 2
    ends = (tail, 1 - tail)
    below = np.mean(draws.observed < value) + 0.5 * np.mean(draws.observed == value)
    bias = special.ndtri(np.clip(below, 0.005, 0.995))
    corrected = special.ndtr(2 * bias + special.ndtri(ends))
    found = [
        np.quantile(draws.observed, ends),
        np.quantile(draws.observed, corrected),
        np.quantile(draws.shrunken, ends),
    ]
    low = min(value, *(float(q[0]) for q in found))
    high = max(value, *(float(q[1]) for q in found))
    null_low, null_high = (float(q) for q in np.quantile(draws.null, ends))
    if abs(value - at_equality) <= max(abs(null_low - at_equality), abs(null_high - at_equality)):
        low, high = min(low, at_equality), max(high, at_equality)
    return Band(low, high, null_low, null_high)

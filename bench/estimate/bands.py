"""Intervals and null bands of any summary of group rates, by drawing rates from the effective samples.

Noise alone makes groups differ: the maximum over the minimum of equal rates is above 1 in every finite sample. So a
summary is shown with its null band, the values that equal groups of these sizes would give, and its interval is
corrected for that bias (Efron's bias-corrected percentiles). Where the value lies inside the null band the interval
reaches to equality, which the sample does not rule out. Groups are drawn independently: they share no people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import special

from bench.estimate.interval import effective_sample
from bench.estimate.measures import Rates
from bench.records import ErrorCounts


class Draws(NamedTuple):
    """(draws, groups) rates: around the observed ones, and around one common rate."""

    observed: Rates
    null: Rates


class Band(NamedTuple):
    low: float
    high: float
    null_low: float
    null_high: float


def draw(counts: Sequence[ErrorCounts], level: float, draws: int, rng: np.random.Generator) -> Draws:
    """Rates of all groups: Jeffreys' posterior of each, and binomial samples at the pooled rate.

    A null sample with an error-free group is smoothed, as such a result would be.
    """
    n = np.array([effective_sample(c, level) for c in counts])
    p = np.array([c.errors / c.trials for c in counts])
    observed = rng.beta(p * n + 0.5, (1 - p) * n + 0.5, size=(draws, len(n)))
    size = np.maximum(np.rint(n), 1).astype(np.int64)
    errors = rng.binomial(size, (p * n).sum() / n.sum(), size=(draws, len(n)))
    smoothed = (errors == 0).any(axis=1, keepdims=True)
    null = np.where(smoothed, (errors + 0.5) / (size + 1), errors / size)
    return Draws(observed, null)


def band(value: float, observed: Rates, null: Rates, at_equality: float, level: float) -> Band:
    """The interval of a summary and its null band, from the summary's draws."""
    tail = (1 - level) / 2
    null_low, null_high = (float(q) for q in np.quantile(null, (tail, 1 - tail)))
    below = np.mean(observed < value) + 0.5 * np.mean(observed == value)
    bias = special.ndtri(np.clip(below, 0.005, 0.995))
    shares = special.ndtr(2 * bias + special.ndtri([tail, 1 - tail]))
    low, high = (float(q) for q in np.quantile(observed, shares))
    low, high = min(low, value), max(high, value)
    if abs(value - at_equality) <= max(abs(null_low - at_equality), abs(null_high - at_equality)):
        low, high = min(low, at_equality), max(high, at_equality)
    return Band(low, high, null_low, null_high)


def band_of(value: float, function: Callable[[Rates], Rates], draws: Draws, at_equality: float, level: float) -> Band:
    """`band` of a function of the rates of all groups."""
    return band(value, function(draws.observed), function(draws.null), at_equality, level)

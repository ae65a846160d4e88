"""Intervals and null bands of any summary of group rates, by simulating what other true rates would have shown.

Noise alone makes groups differ: the maximum over the minimum of equal rates is above 1 in every finite sample, and a
resample of that sample adds noise to noise. So nothing is resampled. Instead the groups' rates are moved, from all
equal to further apart than was seen, and at each step samples of these groups' effective sizes are drawn. A step is in
the interval where the value that was seen would not be unusual there (test inversion; Neyman 1937). The first step, all
rates equal, gives the null band, what equal groups would show: the interval of a value inside it begins at equality.

Rates can differ in many ways with one value of a summary. Three are tried, and the interval spans them: the pattern as
it was seen, the highest group alone against the others at their common rate, and the lowest alone; the last two only
where the others do not differ among themselves beyond chance. `benchmarks/interval_coverage.md` has the measured
coverage. Groups are drawn independently: they share no people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from bench.estimate.interval import effective_sample
from bench.estimate.measures import Rates
from bench.estimate.multiplicity import homogeneity_p
from bench.records import ErrorCounts

STEPS = 16
"""From equality to well beyond what was seen; between two steps the ends are interpolated."""

BEYOND = 4.0
"""How far beyond the pattern seen the last step lies, in standard errors of equal rates."""

ALIKE = 0.1
"""p-value of equal rates from which the other groups may be taken to have one rate."""


class Pattern(NamedTuple):
    """True rates of groups from equality outwards, and what samples of them show.

    Attributes:
        truth: (steps, groups) rates.
        seen: (steps, draws, groups) errors over trials.
        smoothed: likewise, (errors + 0.5) / (trials + 1) in draws that hold an error-free group.
    """

    truth: Rates
    seen: Rates
    smoothed: Rates


class Band(NamedTuple):
    """The interval of a summary, `high` None where no value is too large, and the null band."""

    low: float
    high: float | None
    null_low: float
    null_high: float


def patterns(
    counts: Sequence[ErrorCounts], level: float, draws: int, rng: np.random.Generator
) -> tuple[Pattern, Pattern, Pattern]:
    """As seen, the highest alone, the lowest alone; one that cannot be is the first again. At least two groups."""
    n = np.maximum([effective_sample(c, level) for c in counts], 1.0)
    x = np.array([c.errors / c.trials for c in counts]) * n
    rates = np.clip(x / n, 0.5 / (n + 1), 1 - 0.5 / (n + 1))
    common = float(np.clip(x.sum() / n.sum(), 0.25 / n.sum(), 1 - 0.25 / n.sum()))
    size = np.rint(n).astype(np.int64)
    equal = _sampled(np.full((1, len(n)), common), size, draws, rng)
    first = _pattern(special.logit(rates), common, size, equal, draws, rng)
    found = [first]
    for k in (int(rates.argmax()), int(rates.argmin())):
        others = np.arange(len(n)) != k
        p = homogeneity_p(x[others].tolist(), n[others].tolist())
        alone = rates.copy()
        alone[others] = np.clip(x[others].sum() / n[others].sum(), rates.min(), rates.max())
        possible = p is not None and p > ALIKE
        found.append(_pattern(special.logit(alone), common, size, equal, draws, rng) if possible else first)
    return found[0], found[1], found[2]


def patterns_of_draws(rates: Rates, drawn: Rates) -> tuple[Pattern]:
    """The pattern that was seen, with the noise of rates drawn together, such as each draw's at its own threshold.

    Args:
        rates: (groups,) as seen, above 0 and below 1.
        drawn: (draws, groups) rates of the same groups; zeros stand for half of the smallest rate drawn.
    """
    positive = np.where(drawn > 0, drawn, drawn[drawn > 0].min() / 2)
    noise = special.logit(np.minimum(positive, 1 - 1e-9)) - special.logit(rates)
    noise -= noise.mean(axis=0)
    common = float(special.expit(special.logit(rates).mean()))
    truth = _line(special.logit(rates), common, noise.std(axis=0))
    seen = special.expit(special.logit(truth)[:, None, :] + noise)
    return (Pattern(truth, seen, seen),)


def band(
    value: float,
    function: Callable[..., Rates],
    sides: Sequence[Sequence[Pattern]],
    at_equality: float,
    level: float,
    smoothed: bool,
) -> Band:
    """The interval of a summary and its null band.

    Args:
        value: of the summary, as seen.
        function: rates of each side, (..., groups), to the summary, (...), whose least or largest value is at equality.
        sides: `patterns` of each metric that the summary is a function of.
        smoothed: take the smoothed rates of the draws, because the function needs rates above zero.
    """
    lows, highs, edge, sign = [], [], at_equality, 1.0
    for pattern in _different(sides):
        truth = function(*(side.truth for side in pattern))
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = function(*(side.smoothed if smoothed else side.seen for side in pattern))
        # Groups that are all without errors are equal, whatever 0 / 0 is.
        seen = np.where(np.isfinite(seen), seen, at_equality)
        sign = -1.0 if truth[-1] < at_equality else 1.0
        low, high, edge = _ends(sign * value, np.sort(sign * seen, axis=1), sign * truth, 1 - level)
        lows.append(low)
        # Without rates of zero a summary of shares has a largest value, which the last step is next to.
        highs.append(high if high is not None or smoothed else float(sign * truth[-1]))
    low = min(*lows, sign * value)
    high = None if any(end is None for end in highs) else max(*(e for e in highs if e is not None), sign * value)
    if sign > 0:
        return Band(low, high, at_equality, edge)
    return Band(at_equality if high is None else -high, -low, -edge, at_equality)


def percentile_band(
    value: float,
    function: Callable[[Rates], Rates],
    counts: Sequence[ErrorCounts],
    level: float,
    draws: int,
    rng: np.random.Generator,
) -> Band:
    """As `band`, for a summary that may lie on either side of its value at equality, such as a ratio.

    Percentiles of the summary of rates drawn from each group's distribution under Jeffreys' prior.
    """
    n = np.maximum([effective_sample(c, level) for c in counts], 1.0)
    x = np.array([c.errors / c.trials for c in counts]) * n
    common = np.full((1, len(n)), (x.sum() + 0.5) / (n.sum() + 1))
    drawn = np.maximum(rng.beta(x + 0.5, n - x + 0.5, size=(draws, len(n))), _SMALLEST)
    null = _smoothed(_sampled(common, np.rint(n).astype(np.int64), draws, rng), n)
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(function(drawn), ends)
    null_low, null_high = np.quantile(function(null[0]), ends)
    return Band(min(float(low), value), max(float(high), value), float(null_low), float(null_high))


_SMALLEST = 1e-12
"""Below any rate that can be measured; keeps a drawn rate from vanishing in float64."""


def _pattern(
    logits: Rates,
    common: float,
    sizes: npt.NDArray[np.int64],
    equal: Rates,
    draws: int,
    rng: np.random.Generator,
) -> Pattern:
    """From the common rate along the line to `logits` and beyond; `equal` are the draws at the common rate."""
    truth = _line(logits, common, 1 / np.sqrt(sizes * common * (1 - common)))
    seen = _sampled(truth, sizes, draws, rng)
    seen[0] = equal[0]
    return Pattern(truth, seen, _smoothed(seen, sizes))


def _line(logits: Rates, common: float, error: Rates) -> Rates:
    """(steps, groups) rates from the common one to `logits` and on, `BEYOND` times their standard errors further."""
    away = logits - special.logit(common)
    if not away.any():
        away = np.where(np.arange(len(away)) == error.argmax(), error, 0.0)
    furthest = 1 + BEYOND * np.sqrt((error**2).mean() / (away**2).mean())
    return np.asarray(special.expit(special.logit(common) + np.linspace(0, furthest, STEPS)[:, None] * away))


def _sampled(truth: Rates, sizes: npt.NDArray[np.int64], draws: int, rng: np.random.Generator) -> Rates:
    """(steps, groups) rates to (steps, draws, groups) rates of samples.

    A group's draws lie together in memory: reductions over the few groups are then several times as fast.
    """
    seen = np.empty((truth.shape[1], len(truth), draws))
    for g, size in enumerate(sizes.tolist()):
        for k, rate in enumerate(truth[:, g].tolist()):
            seen[g, k] = rng.binomial(size, rate, draws)
    return np.moveaxis(seen / sizes[:, None, None], 0, -1)


def _smoothed(seen: Rates, sizes: npt.NDArray[np.floating] | npt.NDArray[np.int64]) -> Rates:
    """(errors + 0.5) / (trials + 1) in draws that hold an error-free group."""
    zero = seen.min(axis=-1) == 0
    found = seen.copy(order="K")
    found[zero] = (seen[zero] * sizes + 0.5) / (sizes + 1)
    return found


def _different(sides: Sequence[Sequence[Pattern]]) -> list[tuple[Pattern, ...]]:
    """The patterns of all sides together, each once."""
    together = list(zip(*sides, strict=True))
    return [
        p
        for k, p in enumerate(together)
        if all(any(a is not b for a, b in zip(p, q, strict=True)) for q in together[:k])
    ]


def _ends(value: float, seen: Rates, truth: Rates, alpha: float) -> tuple[float, float | None, float]:
    """Ends of the interval, None where no step is too far, and the upper end of the null band.

    `seen` (steps, draws) ascend in each step; larger is further from equality. At equality, which has no other side,
    all of `alpha` is spent on values too large; where a step is told from equality, half on either side.
    """
    middle, edge = np.median(seen, axis=1), float(np.quantile(seen[0], 1 - alpha))
    told = np.clip((middle - middle[0]) / max(edge - middle[0], _SMALLEST), 0.0, 1.0)
    too_small = np.maximum.accumulate(_quantiles(seen, alpha / 2 * told))
    too_large = np.maximum.accumulate(_quantiles(seen, 1 - alpha + alpha / 2 * told))
    low = float(np.interp(value, too_large, truth))
    # At the first step nothing is too small.
    too_small[0] = -np.inf
    if value >= too_small[-1]:
        return low, None, edge
    k = int(np.argmax(too_small > value))
    before = too_small[k - 1] if k > 1 else min(float(middle[0]), value)
    share = (value - before) / (too_small[k] - before)
    return low, float(truth[k - 1] + share * (truth[k] - truth[k - 1])), edge


def _quantiles(ascending: Rates, shares: Rates) -> Rates:
    """(steps,) quantiles of the rows, each at its own share, interpolated as `numpy.quantile` does."""
    place = shares * (ascending.shape[1] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, ascending.shape[1] - 1)
    rows = np.arange(len(ascending))
    return np.asarray(ascending[rows, below] + (place - below) * (ascending[rows, above] - ascending[rows, below]))

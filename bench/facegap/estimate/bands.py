"""Intervals and null bands of any summary of group rates, by simulating what other true rates would have shown.

Noise alone makes groups differ: the maximum over the minimum of equal rates is above 1 in every finite sample, and a
resample of that sample adds noise to noise. So nothing is resampled. Instead true rates are moved from all equal to
further apart than was seen, and samples of these groups' effective sizes are drawn. A value of the summary is in the
interval if rates that have it would not unusually show the value that was seen (test inversion; Neyman 1937). Equal
rates give the null band, what equal groups would show: the interval of a value inside it begins at equality. Where the
people behind the counts are known the band is theirs (`equal_groups`), and so is the interval's first step.

Many rates have one value of a summary, and how far its samples scatter depends on which groups lie apart. So the rates
are moved along several patterns, and the interval spans what they give: rates drawn from what is known of the groups
(Jeffreys' prior), each draw along its own; the highest group alone against the others at their common rate, and the
lowest alone, where the others do not differ among themselves beyond chance; the group that may be the highest moved
away from where it was seen, and the one that may be the lowest.

`benchmarks/interval_coverage.md` has the measured coverage. Groups are drawn independently: they share no people.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.estimate.equal_groups import Equal
from facegap.estimate.interval import effective_sample
from facegap.estimate.measures import Rates
from facegap.estimate.multiplicity import homogeneity_p
from facegap.records import Counted, ErrorCounts

STEPS = 16
"""From equality to well beyond what was seen; between two steps the ends are interpolated."""

BEYOND = 4.0
"""How far beyond the pattern seen the last step lies, in standard errors of equal rates."""

ALIKE = 0.1
"""p-value of equal rates from which the other groups may be taken to have one rate."""

_SMALLEST = 1e-12
"""Below any rate that can be measured; keeps a drawn rate from vanishing in float64."""


class Pattern(NamedTuple):
    """True rates of groups from equality outwards, each draw in its own direction, and what a sample of them shows.

    Attributes:
        truth: (steps, draws, groups) rates; in the first step all equal.
        seen: likewise, errors over trials.
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


def patterns(counts: Sequence[Counted], level: float, draws: int, rng: np.random.Generator) -> tuple[Pattern, ...]:
    """Five patterns; one that cannot be is the first again, and of two groups there is the first alone."""
    n = np.maximum([effective_sample(c) for c in counts], 1.0)
    x = np.array([c.errors / c.trials for c in counts]) * n
    size = np.rint(n).astype(np.int64)
    common = float(np.clip(x.sum() / n.sum(), 0.25 / n.sum(), 1 - 0.25 / n.sum()))
    equal = rng.binomial(size, common, (draws, len(n))) / size
    logits = special.logit(np.clip(rng.beta(x + 0.5, n - x + 0.5, (draws, len(n))), _SMALLEST, 1 - _SMALLEST))
    first = _pattern(_moved(logits, common, 1 / np.sqrt(size * common * (1 - common))), size, common, equal, rng)
    if len(n) == 2:
        return (first,)
    found = [first]
    seen = special.logit(np.clip(x / n, 0.5 / (n + 1), 1 - 0.5 / (n + 1)))
    for extreme, away in ((np.argmax, 1.0), (np.argmin, -1.0)):
        alone = _alone(extreme, x, n, logits, common)
        found.append(first if alone is None else _pattern(alone, size, common, equal, rng))
        end = np.quantile(logits, 0.5 + away * level / 2, axis=0)
        found.append(
            _pattern(_shifted(seen, int(extreme(end)), away * logits.std(axis=0), draws), size, common, equal, rng)
        )
    return tuple(found)


def _alone(
    extreme: Callable[..., npt.NDArray[np.int64]], x: Rates, n: Rates, logits: Rates, common: float
) -> Rates | None:
    """One group apart, each draw's own extreme one, and the others at their common rate; None where that cannot be."""
    others = np.arange(len(n)) != extreme(x / n)
    p = homogeneity_p(x[others].tolist(), n[others].tolist())
    if p is None or p <= ALIKE:
        return None
    rest = np.clip(x[others].sum() / n[others].sum(), 0.25 / n.sum(), 1 - 0.25 / n.sum())
    which = np.arange(len(n)) == extreme(logits, axis=1)[:, None]
    return _moved(np.where(which, logits, special.logit(rest)), common, 1 / np.sqrt(n * common * (1 - common)))


def _shifted(seen: Rates, group: int, error: Rates, draws: int) -> Rates:
    """(steps - 1, draws, groups) rates as seen, but for one group: from nearer to the others to further away."""
    logits = np.tile(seen, (STEPS - 1, draws, 1))
    logits[:, :, group] += np.linspace(-2, 5, STEPS - 1)[:, None] * error[group]
    return np.asarray(special.expit(logits))


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
    # Another draw's noise moves the pattern, so that what moves it is not what is seen of it.
    truth = _moved(special.logit(rates) + np.roll(noise, 1, axis=0), common, noise.std(axis=0))
    truth = np.concatenate([np.full((1, *noise.shape), common), truth])
    seen = special.expit(special.logit(truth) + noise)
    return (Pattern(truth, seen, seen),)


def band(
    value: float,
    function: Callable[..., Rates],
    sides: Sequence[Sequence[Pattern]],
    at_equality: float,
    level: float,
    smoothed: bool,
    equal: Sequence[Equal] | None = None,
) -> Band:
    """The interval of a summary and its null band.

    Args:
        value: of the summary, as seen.
        function: rates of each side, (..., groups), to the summary, (...), whose least or largest value is at equality.
        sides: `patterns` of each metric that the summary is a function of.
        smoothed: take the smoothed rates of the draws, because the function needs rates above zero.
        equal: rates of equal groups of each metric, instead of those of the patterns' first step.
    """
    lows: list[float] = []
    highs: list[float] = []
    edges: list[float] = []
    sign = 1.0
    spread: Rates | None = None
    for pattern in _different(sides):
        truth = function(*(side.truth[1:] for side in pattern))
        seen = _shown(function, pattern, at_equality, smoothed)
        if equal is not None:
            if spread is None:
                # As many as the draws of a step, spread as the deals are.
                shares = np.linspace(0, 1, seen.shape[1])
                spread = np.quantile(_shown(function, equal, at_equality, smoothed), shares)
            seen[0] = spread
        if not edges:
            sign = -1.0 if np.median(truth) < at_equality else 1.0
        values, ascending = _by_value(sign * at_equality, sign * truth, sign * seen)
        low, high, edge = _ends(sign * value, values, ascending, 1 - level)
        lows.append(low)
        edges.append(edge)
        # Only the first pattern goes on until nothing more can be told apart. A summary of shares has a largest value.
        unlimited = high is None and smoothed and not highs
        highs.append(math.inf if unlimited else float(values[-1]) if high is None else high)
    low, high = min(*lows, sign * value), max(*highs, sign * value)
    if sign < 0:
        return Band(-high, -low, -edges[0], at_equality)
    return Band(low, None if high == math.inf else high, at_equality, edges[0])


def _shown(
    function: Callable[..., Rates], sides: Sequence[Pattern | Equal], at_equality: float, smoothed: bool
) -> Rates:
    """What the function gives of rates as they show."""
    with np.errstate(divide="ignore", invalid="ignore"):
        seen = function(*(side.smoothed if smoothed else side.seen for side in sides))
    # Groups that are all without errors are equal, whatever 0 / 0 is.
    return np.where(np.isfinite(seen), seen, at_equality)


def percentile_band(
    value: float,
    function: Callable[[Rates], Rates],
    counts: Sequence[ErrorCounts],
    level: float,
    draws: int,
    rng: np.random.Generator,
    equal: Equal | None = None,
) -> Band:
    """As `band`, for a summary that may lie on either side of its value at equality, such as a ratio.

    Percentiles of the summary, a function of (..., groups) rates to (...,), of rates drawn from each group's
    distribution under Jeffreys' prior. The null band is that of `equal`, else of independent comparisons.
    """
    n = np.maximum([effective_sample(c) for c in counts], 1.0)
    x = np.array([c.errors / c.trials for c in counts]) * n
    size = np.rint(n).astype(np.int64)
    drawn = np.maximum(rng.beta(x + 0.5, n - x + 0.5, size=(draws, len(n))), _SMALLEST)
    if equal is None:
        binomial = rng.binomial(size, (x.sum() + 0.5) / (n.sum() + 1), (draws, len(n))) / size
        equal = Equal(binomial, _smoothed(binomial, size))
    ends = ((1 - level) / 2, (1 + level) / 2)
    low, high = np.quantile(function(drawn), ends)
    null_low, null_high = np.quantile(function(equal.smoothed), ends)
    return Band(min(float(low), value), max(float(high), value), float(null_low), float(null_high))


def _pattern(
    moved: Rates, sizes: npt.NDArray[np.int64], common: float, equal: Rates, rng: np.random.Generator
) -> Pattern:
    """Samples of (steps - 1, draws, groups) rates, after (draws, groups) `equal`, those of the common one."""
    truth = np.concatenate([np.full((1, *equal.shape), common), moved])
    seen = np.concatenate([equal[None], rng.binomial(sizes, moved) / sizes])
    # A group's draws lie together in memory: reductions over the few groups are then several times as fast.
    truth, seen = (np.moveaxis(np.ascontiguousarray(np.moveaxis(a, -1, 0)), 0, -1) for a in (truth, seen))
    return Pattern(truth, seen, _smoothed(seen, sizes))


def _moved(logits: Rates, common: float, error: Rates) -> Rates:
    """(steps - 1, draws, groups) rates from near the common one to `logits` and `BEYOND` standard errors further."""
    away = logits - special.logit(common)
    length = np.sqrt((away**2).mean(axis=-1, keepdims=True))
    furthest = 1 + BEYOND * np.sqrt((error**2).mean()) / np.maximum(length, _SMALLEST)
    share = np.linspace(0, 1, STEPS)[1:, None, None]
    return np.asarray(special.expit(special.logit(common) + share * furthest * away))


def _smoothed(seen: Rates, sizes: npt.NDArray[np.int64]) -> Rates:
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


def _by_value(at_equality: float, truth: Rates, seen: Rates) -> tuple[Rates, Rates]:
    """True values of a summary, (steps,), and what samples with about that value show, (steps, draws), ascending.

    Draws move in their own directions, so that one step of all holds many true values. They are sorted into as many
    bins of equal size, and what was seen is taken relative to the middle of its bin.
    """
    order = np.argsort(truth, axis=None)
    shape = truth.shape
    values = truth.ravel()[order].reshape(shape)
    shown = seen[1:].ravel()[order].reshape(shape)
    middle = _middle(values)
    rows = np.concatenate([seen[:1], shown - values + middle[:, None]])
    return np.concatenate([[at_equality], middle]), np.sort(rows, axis=1)


def _middle(ascending: Rates) -> Rates:
    """(steps,) medians of rows that ascend."""
    n = ascending.shape[1]
    return np.asarray((ascending[:, (n - 1) // 2] + ascending[:, n // 2]) / 2)


def _ends(value: float, truth: Rates, seen: Rates, alpha: float) -> tuple[float, float | None, float]:
    """Ends of the interval, None where no step is too far, and the upper end of the null band.

    `seen` (steps, draws) ascend in each step of `truth` (steps,); larger is further from equality. At equality, which
    has no other side, all of `alpha` is spent on values too large; where a step is told from equality, half on either
    side.
    """
    middle, edge = _middle(seen), float(np.quantile(seen[0], 1 - alpha))
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

"""False match rates beyond the highest scores that were seen: an extrapolation, not a measurement.

The excesses of the highest non-mated scores over a start u follow, far enough out, a generalised Pareto distribution
(Pickands 1975; Balkema and de Haan 1974). With share z of all comparisons above u

    FMR(t) = z (1 + shape (t - u) / scale)^(-1 / shape),

exponential where the shape is 0, and with an end point u - scale / shape where it is negative. ISO/IEC 5152:2024 does
the like for small test sets: one-to-one comparison only, neither searches nor transactions. How far out is far enough
nobody can see from the scores that are there, so that every figure is to be given for several starts.

Shape and scale come from probability-weighted moments (Hosking and Wallis 1987): closed form, and with weights of
comparisons, so that a bootstrap of people fits every draw again; maximum likelihood needs an optimiser each time.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.estimate.bootstrap import PeopleDraws

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

TAILS = (1000, 300, 100)
"""Highest comparisons that are fitted: three tails, so that a reader sees what the choice does."""

LEAST_EXCEEDANCES = 50
LEAST_PEOPLE = 20
"""Fewer people among the highest comparisons say nothing about other people."""

MOST_SHARE = 0.1
"""A tail of more than this share of all comparisons is no tail."""

STEEPEST = 0.5
"""Moments of a heavier tail than this have no variance, so that nothing said about it could be relied on."""


class Tail(NamedTuple):
    """Generalised Pareto tails above one score.

    Attributes:
        start: the score.
        share: (draws,) of all comparisons that are above it.
        shape, scale: (draws,) parameters, the scale in score units; NaN where a draw has too few comparisons.
    """

    start: float
    share: Floats
    shape: Floats
    scale: Floats


def excesses(scores: npt.NDArray[np.floating], count: int) -> tuple[float, Floats]:
    """The start of the tail of the `count` highest scores, and the (k,) ascending excesses of those above it.

    The start is the next score down; scores that tie with it are not above it, so that k may be less than `count`.
    Needs (n,) scores in any order, more than `count`.
    """
    highest = np.sort(scores.astype(np.float64))[::-1][: count + 1]
    start = float(highest[count])
    above = highest[highest > start]
    return start, above[::-1] - start


def fit(excess: Floats, weights: npt.NDArray[np.floating]) -> tuple[Floats, Floats]:
    """(draws,) shape and scale by probability-weighted moments; NaN where a draw holds fewer than two, or equal ones.

    Args:
        excess: (k,) ascending excesses over the start of the tail.
        weights: (k, draws) weight of each.

    With a0 the mean and d = a0 - E min(X, X') of two different ones (the first two L-moments, without bias at equal
    weights): shape = 2 - a0 / d, scale = a0 (a0 / d - 1).
    """
    total = weights.sum(0)
    above = total - np.cumsum(weights, axis=0)
    pairs = total**2 - (weights**2).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = excess @ weights / total
        least = 2 * (excess @ (weights * above)) / pairs
        ratio = mean / (mean - least)
        known = (pairs > 0) & (mean > least)
        return np.where(known, 2 - ratio, np.nan), np.where(known, mean * (ratio - 1), np.nan)


def observed_tail(start: float, excess: Floats, comparisons: int) -> Tail:
    """The tail as it was seen, one draw in which everybody counts once, from its (k,) ascending excesses."""
    shape, scale = fit(excess, np.ones((len(excess), 1)))
    return Tail(start, np.array([len(excess) / comparisons]), shape, scale)


def drawn_tail(
    draws: PeopleDraws, i: Integers, j: Integers, scores: npt.NDArray[np.floating], trials: Floats, start: float
) -> Tail:
    """The tail above `start` fitted again in each draw of people, who are in many comparisons each.

    Args:
        i, j, scores: (k,) people and scores of the kept non-mated comparisons, one row a comparison.
        trials: (draws,) non-mated comparisons, from `bootstrap.pair_trials`.

    Raises:
        ValueError: the draws are not double-or-nothing draws; copies of a person have no scores.
    """
    if draws.scheme != "double-or-nothing":
        raise ValueError(f"a tail needs double-or-nothing draws, found {draws.scheme} draws")
    above = np.flatnonzero(scores.astype(np.float64) > start)
    order = above[np.argsort(scores[above], kind="stable")]
    weights = draws.weights[i[order]].astype(np.float64) * draws.weights[j[order]]
    shape, scale = fit(scores[order].astype(np.float64) - start, weights)
    share = np.divide(weights.sum(0), trials, out=np.full(len(trials), np.nan), where=trials > 0)
    return Tail(start, share, shape, scale)


def fmr_beyond(tail: Tail, threshold: float) -> Floats:
    """(draws,) false match rates at `threshold`; 0 beyond a draw's end point, NaN below the start of the tail."""
    if threshold < tail.start:
        return np.full(len(tail.share), np.nan)
    z = (threshold - tail.start) / tail.scale
    inside = 1 + tail.shape * z > 0
    # The inverse of Box and Cox' transform is (1 + p x)^(1 / p), exact as p goes to 0.
    survival = special.inv_boxcox(np.where(inside, -z, 0.0), -tail.shape)
    return np.asarray(tail.share * np.where(inside | np.isnan(z), survival, 0.0))


def threshold_at(tail: Tail, target: float) -> Floats:
    """(draws,) scores at which the false match rate is `target`; NaN where it is above the share of the tail."""
    beyond = np.where(tail.share >= target, tail.share / target, np.nan)
    return np.asarray(tail.start + tail.scale * special.boxcox(beyond, tail.shape))


def end_point(tail: Tail) -> Floats:
    """(draws,) score that the fitted tail never reaches; infinite where the shape is not negative."""
    bounded = tail.shape < 0
    return np.where(bounded, tail.start - tail.scale / np.where(bounded, tail.shape, -1.0), np.inf)


def anderson_darling(excess: Floats, shape: float, scale: float) -> float:
    """Anderson and Darling's A^2 of (k,) ascending excesses against the fitted tail; infinite past its end point.

    A^2 = -k - sum((2 m - 1) (ln F(x_m) + ln(1 - F(x_(k + 1 - m))))) / k. Small is good. Comparisons share people, so
    that tables of its distribution do not apply.
    """
    k = len(excess)
    z = excess / scale
    if np.any(1 + shape * z <= 0):
        return float("inf")
    log_survival = np.log(special.inv_boxcox(-z, -shape))
    odd = 2 * np.arange(1, k + 1) - 1
    return float(-k - odd @ (np.log(-np.expm1(log_survival)) + log_survival[::-1]) / k)


def refusal(count: int, kept: int, comparisons: int) -> str:
    """Why the tail of the `count` highest of `comparisons`, of which `kept` scores are there, cannot be looked at."""
    if count > MOST_SHARE * comparisons:
        return f"the {count} highest of {comparisons} comparisons are no tail"
    if kept <= count:
        return f"the kept scores end within the {count} highest comparisons"
    return ""


def misfit(tail: Tail, excess: Floats, people: int) -> str:
    """Why the tail that was fitted to excesses of comparisons of so many people is not to be used, or nothing.

    Args:
        tail: from `observed_tail`.
        excess: (k,) ascending excesses that it was fitted to.
        people: in the highest comparisons.
    """
    if len(excess) < LEAST_EXCEEDANCES:
        return f"{len(excess)} scores above the start of the tail, fewer than {LEAST_EXCEEDANCES}"
    if people < LEAST_PEOPLE:
        return f"{people} people in the highest comparisons, too few to say anything of others"
    shape = tail.shape[0]
    if np.isnan(shape):
        return "the highest scores are all alike"
    if shape > STEEPEST:
        return f"shape {shape:.2g} is above {STEEPEST:g}: too heavy a tail to rely on"
    if end_point(tail)[0] <= tail.start + excess[-1]:
        return f"the fitted end point {end_point(tail)[0]:.4g} lies below the highest score that was seen"
    return ""

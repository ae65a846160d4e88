"""Bootstraps of people, not of comparisons: every rate of a draw is a ratio of forms in the people's weights.

One set of weights serves all groups, thresholds and measures of a study, so that figures which share people move
together and any summary of them has its interval. A false match rate is w'Xw / w'Mw over pairs of people: X is sparse
(pairs with a false match), M has a closed form in each person's numbers of samples.

Three schemes (the first two: Fogliato, Patil and Perona; branch `paper` of awslabs/cis-matching-tasks):

- vertex: people drawn with replacement. Two copies of one person are no non-mated pair that was observed; their block
  is filled with the observed rate, or the draws would have too few comparisons and too little variance.
- double or nothing: each person counts twice or not at all; no copies, no filling.
- subset (Bolle, Ratha and Pankanti 2004): people drawn with replacement, each with the whole block of their own
  comparisons: row i of the matrix of people. A false match rate of a draw is a linear form, w'X1 / w'M1, blind to the
  other person of every comparison: its variance is a quarter to a half of the true one, its intervals half to seven
  tenths as wide as they should be. It is here to be compared with. For rates of mated comparisons it is the vertex
  scheme.

Percentiles of either say nothing about a rate of zero: use `facegap.estimate.estimate` there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.compiled import compiled
from facegap.records import PairsOfPeople, PeopleCompared, SamplesOfPeople

Integers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.int16]
Floats = npt.NDArray[np.float64]
Scheme = Literal["vertex", "double-or-nothing", "subset"]


class PeopleDraws(NamedTuple):
    """(people, draws) weights of one scheme."""

    weights: Weights
    scheme: Scheme


def vertex_draws(people: int, draws: int, rng: np.random.Generator) -> PeopleDraws:
    """How often each of `people` is drawn, with replacement, in each of `draws`."""
    return PeopleDraws(_drawn(people, draws, rng), "vertex")


def subset_draws(people: int, draws: int, rng: np.random.Generator) -> PeopleDraws:
    """The weights of `vertex_draws`, for people's blocks of comparisons; false match rates come out too certain."""
    return PeopleDraws(_drawn(people, draws, rng), "subset")


def _drawn(people: int, draws: int, rng: np.random.Generator) -> Weights:
    """(people, draws) how often each is drawn with replacement."""
    weights = np.empty((people, draws), np.int16)
    for b in range(draws):
        weights[:, b] = np.bincount(rng.integers(0, people, people), minlength=people)
    return weights


def double_or_nothing_draws(people: int, draws: int, rng: np.random.Generator) -> PeopleDraws:
    """0 or 2 for each of `people`, with equal chances, in each of `draws`."""
    return PeopleDraws((2 * rng.integers(0, 2, (people, draws))).astype(np.int16), "double-or-nothing")


def fmr_draws(draws: PeopleDraws, i: Integers, j: Integers, errors: Integers, compared: PeopleCompared) -> Floats:
    """(draws,) false match rates of one group or cell; NaN where a draw holds no comparison.

    Args:
        i, j, errors: (k,) pairs of different people with false matches, each unordered pair once, and how many.
        compared: how many comparisons the people have.

    Raises:
        ValueError: comparisons by list under a scheme that makes copies of people, which no list compares.
    """
    weights = draws.weights
    trials = pair_trials(draws, compared)
    if draws.scheme == "subset":
        of_person = np.bincount(np.concatenate([i, j]), np.concatenate([errors, errors]), minlength=len(weights))
        return _ratio(of_person @ weights.astype(np.float64) / 2, trials)
    false_matches = _pair_sums(i, j, errors, weights).astype(np.float64)
    if draws.scheme == "vertex" and isinstance(compared, SamplesOfPeople):
        all_once = PeopleDraws(np.ones((len(weights), 1), np.int16), "double-or-nothing")
        observed = errors.sum() / max(pair_trials(all_once, compared)[0], 1.0)
        copies = _copies(compared.references, compared.probes, weights) / (2 if compared.once else 1)
        false_matches += observed * copies
    return _ratio(false_matches, trials)


def pair_trials(draws: PeopleDraws, compared: PeopleCompared) -> Floats:
    """(draws,) non-mated comparisons; under the vertex scheme with those between copies of one person.

    Under the subset scheme a comparison stands in the blocks of both its people, and counts half in each.

    Raises:
        ValueError: as `fmr_draws`.
    """
    if isinstance(compared, PairsOfPeople):
        if draws.scheme != "double-or-nothing":
            raise ValueError(f"comparisons by list need double-or-nothing draws, found {draws.scheme} draws")
        return _pair_sums(compared.i, compared.j, compared.comparisons, draws.weights).astype(np.float64)
    references, probes, once = compared.references, compared.probes, compared.once
    if draws.scheme == "subset":
        of_person = references * (probes.sum() - probes) + probes * (references.sum() - references)
        return np.asarray(of_person @ draws.weights.astype(np.float64) / (4 if once else 2))
    a, b, own = _side_sums(references, probes, draws.weights, draws.scheme == "vertex")
    trials = a.astype(np.float64) * b - own
    return np.asarray(trials / 2 if once else trials)


def fnmr_draws(draws: PeopleDraws, people: Integers, errors: Integers, comparisons: Integers) -> Floats:
    """(draws,) false non-match rates of one group; NaN where a draw holds no comparison.

    `people` are the (k,) rows of the weights; (k,) `errors` of (k,) `comparisons` mated ones failed.
    """
    weights = draws.weights[people].astype(np.float64)
    trials = comparisons @ weights
    return _ratio(errors @ weights, trials)


def threshold_draws(
    draws: PeopleDraws,
    i: Integers,
    j: Integers,
    scores: npt.NDArray[np.float32],
    trials: Floats,
    target: float,
) -> Floats:
    """(draws,) thresholds at FMR `target`, by the rule of `thresholds.threshold_at_fmr` on weighted comparisons.

    Args:
        i, j, scores: (k,) people and scores of the tail of non-mated comparisons, one row a comparison.
        trials: (draws,) non-mated comparisons, from `pair_trials`.

    NaN where a draw's tail ends above the target.

    Raises:
        ValueError: the draws are others: the observed rate that fills the copies of vertex draws has no scores, and
            subset draws would give the threshold too little spread.
    """
    if draws.scheme != "double-or-nothing":
        raise ValueError(f"thresholds need double-or-nothing draws, found {draws.scheme} draws")
    order = np.argsort(-scores, kind="stable")
    highest = scores[order[0]] if len(order) else np.float32(np.inf)
    start = np.nextafter(highest, np.float32(np.inf))
    return np.asarray(_thresholds(i[order], j[order], scores[order], draws.weights, trials, target, float(start)))


def fnmr_at_draws(draws: PeopleDraws, people: Integers, scores: npt.NDArray[np.float32], thresholds: Floats) -> Floats:
    """(draws,) false non-match rates, each at its own threshold; NaN where that is or a draw holds no comparison.

    Args:
        people, scores: (k,) rows of the weights and scores, one row a comparison; NaN = failed = false non-match.
        thresholds: (draws,) scores.
    """
    filled = np.where(np.isnan(scores), -np.inf, scores.astype(np.float64))
    order = np.argsort(filled, kind="stable")
    return np.asarray(_fnmr_at(filled[order], people[order], draws.weights, thresholds))


def percentiles(values: Floats, level: float) -> tuple[float, float] | None:
    """Percentile interval of (draws,) values; None where a twentieth or more of them are not defined."""
    defined = values[np.isfinite(values)]
    if len(defined) < 0.95 * len(values) or len(defined) == 0:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(defined, (tail, 1 - tail))
    return float(low), float(high)


def interval_around(value: float, draws: Floats, level: float) -> tuple[float | None, float | None]:
    """Percentile interval of (draws,) values, widened to hold `value`; (None, None) where it has none."""
    ends = percentiles(draws, level)
    return (None, None) if ends is None else (min(ends[0], value), max(ends[1], value))


def summary_interval(
    rates: Sequence[Floats], function: Callable[[Floats], Floats], level: float
) -> tuple[float, float] | None:
    """Percentile interval of a summary (`measures`) of rates drawn with the same weights, each (draws,).

    For groups that share people, where `bands` may not be used. None where zeros leave it undefined.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return percentiles(function(np.stack(rates, axis=-1)), level)


def log_ratio_interval(a: Floats, b: Floats, level: float) -> tuple[float, float] | None:
    """Percentile interval of a / b of two (draws,) rates drawn with the same weights.

    None where zeros leave it undefined.
    """
    both = (a > 0) & (b > 0)
    return percentiles(_ratio(a, np.where(both, b, 0.0)), level)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """NaN where the denominator is zero."""
    filled = np.full(len(denominator), np.nan)
    return np.asarray(np.divide(numerator, denominator, out=filled, where=denominator > 0))


@compiled()
def _pair_sums(i: Integers, j: Integers, errors: Integers, weights: Weights) -> Integers:
    """sum over pairs of errors * w_i * w_j, for every draw."""
    found = np.zeros(weights.shape[1], np.int64)
    for k in range(len(i)):
        first, second, x = weights[i[k]], weights[j[k]], errors[k]
        for b in range(len(found)):
            found[b] += x * (np.int32(first[b]) * np.int32(second[b]))
    return found


@compiled()
def _side_sums(
    references: Integers, probes: Integers, weights: Weights, copies: bool
) -> tuple[Integers, Integers, Integers]:
    """Weighted samples on either side, and what a person's own samples make of their product."""
    draws = weights.shape[1]
    a, b, own = np.zeros(draws, np.int64), np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    for s in range(len(references)):
        ra, pb = references[s], probes[s]
        if ra + pb == 0:
            continue
        row, both = weights[s], ra * pb
        for k in range(draws):
            w = np.int64(row[k])
            a[k] += ra * w
            b[k] += pb * w
            own[k] += both * (w if copies else w * w)
    return a, b, own


@compiled()
def _copies(references: Integers, probes: Integers, weights: Weights) -> Integers:
    """Ordered comparisons between different copies of one person."""
    found = np.zeros(weights.shape[1], np.int64)
    for s in range(len(references)):
        both = references[s] * probes[s]
        if both:
            for k in range(len(found)):
                w = np.int64(weights[s, k])
                found[k] += both * w * (w - 1)
    return found


@compiled()
def _thresholds(
    i: Integers,
    j: Integers,
    scores: npt.NDArray[np.float32],
    weights: Weights,
    trials: Floats,
    target: float,
    start: float,
) -> Floats:
    """Down the sorted tail, block of ties by block, the last score of each draw within what it is allowed."""
    draws = weights.shape[1]
    matches, found = np.zeros(draws, np.int64), np.full(draws, start)
    done = np.zeros(draws, np.bool_)
    k, open_draws = 0, draws
    while k < len(scores) and open_draws:
        score = scores[k]
        while k < len(scores) and scores[k] == score:
            first, second = weights[i[k]], weights[j[k]]
            for b in range(draws):
                matches[b] += np.int32(first[b]) * np.int32(second[b])
            k += 1
        for b in range(draws):
            if not done[b]:
                if trials[b] > 0 and matches[b] / trials[b] <= target:
                    found[b] = score
                else:
                    done[b] = True
                    open_draws -= 1
    for b in range(draws):
        if not done[b]:
            found[b] = np.nan
    return found


@compiled()
def _fnmr_at(scores: Floats, people: Integers, weights: Weights, thresholds: Floats) -> Floats:
    """Weighted share of ascending scores below each draw's threshold."""
    draws = weights.shape[1]
    found = np.full(draws, np.nan)
    below, total = np.zeros(draws, np.int64), np.zeros(draws, np.int64)
    for k in range(len(scores)):
        row = weights[people[k]]
        for b in range(draws):
            total[b] += row[b]
            if scores[k] < thresholds[b]:
                below[b] += row[b]
    for b in range(draws):
        if total[b] and not np.isnan(thresholds[b]):
            found[b] = below[b] / total[b]
    return found

"""One margin of error for all groups, and one test over them, from people drawn again.

After Schuckers, Purnapatra, Fatima, Hou and Schuckers 2022, arXiv 2208.10948, for false non-matches: people are drawn
with all their comparisons, and the largest distance over the groups between a rate drawn and the rate that was seen
gives one margin that holds for all of them at once; rates of the draws, moved onto one common rate, say how large a
ratio of the spread between groups to that within them chance gives. Here the draws are double or nothing, one set for
everything in a study, so that the same holds for false matches, whose comparisons have two people, and for groups that
share people. The spread within groups is found anew in every draw (Fisher and Hall 1990: a test on a scale of its own).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from facegap.compiled import compiled
from facegap.estimate.bootstrap import (
    Floats,
    Integers,
    PeopleDraws,
    Weights,
    fmr_draws,
    fnmr_draws,
    pair_trials,
)
from facegap.estimate.interval import estimate
from facegap.records import ErrorCounts, PairsOfPeople, PeopleCompared

LEAST_DEFINED = 0.95
"""Share of the draws that must give every group a comparison."""


class GroupDraws(NamedTuple):
    """One group in every draw; the people as they are stand first, each with weight one.

    Attributes:
        rates, trials: (1 + draws,) rate and comparisons; a rate is NaN where a draw holds none.
        squares: (1 + draws,) sum over people of their squared errors less those expected at the rate of the draw.
    """

    rates: Floats
    trials: Floats
    squares: Floats


class Omnibus(NamedTuple):
    """Both answers; None where too few draws give every group a comparison.

    Attributes:
        margin: the largest distance of a group's rate from its true one, over all groups, at the level asked for.
        p: of one rate in all groups; never below 1 / (1 + draws). None also where nobody or everybody errs.
    """

    margin: float | None
    p: float | None


def with_everyone(draws: PeopleDraws) -> PeopleDraws:
    """The draws with everyone once in front."""
    once = np.ones((len(draws.weights), 1), draws.weights.dtype)
    return PeopleDraws(np.concatenate([once, draws.weights], axis=1), draws.scheme)


def mated_draws(draws: PeopleDraws, people: Integers, errors: Integers, comparisons: Integers) -> GroupDraws:
    """A group's false non-matches; `draws` of `with_everyone`, and (k,) people and their counts as of `fnmr_draws`."""
    rates = fnmr_draws(draws, people, errors, comparisons)
    weights = draws.weights[people].astype(np.float64)
    p = np.nan_to_num(rates)
    squares = (errors**2) @ weights - 2 * p * ((errors * comparisons) @ weights) + p**2 * ((comparisons**2) @ weights)
    return GroupDraws(rates, np.asarray(comparisons @ weights), np.maximum(squares, 0.0))


def nonmated_draws(
    draws: PeopleDraws, i: Integers, j: Integers, errors: Integers, compared: PeopleCompared
) -> GroupDraws:
    """A group's false matches; `draws` of `with_everyone`, and (k,) pairs of people and their errors as of `fmr_draws`.

    Raises:
        ValueError: draws of another scheme than double or nothing.
    """
    if draws.scheme != "double-or-nothing":
        raise ValueError(f"one margin of false matches needs double-or-nothing draws, found {draws.scheme} draws")
    rates = fmr_draws(draws, i, j, errors, compared)
    p = np.nan_to_num(rates)
    # Sums of every person in every draw: only those of the people who take part are held.
    if isinstance(compared, PairsOfPeople):
        here = np.unique(np.concatenate([compared.i, compared.j]))
        a, b = np.searchsorted(here, compared.i), np.searchsorted(here, compared.j)
        i, j = np.searchsorted(here, i), np.searchsorted(here, j)
        squares = _squares_listed(i, j, errors, a, b, compared.comparisons, draws.weights[here], p)
    else:
        here = np.flatnonzero(compared.references + compared.probes)
        references, probes = compared.references[here], compared.probes[here]
        i, j = np.searchsorted(here, i), np.searchsorted(here, j)
        squares = _squares(i, j, errors, references, probes, compared.once, draws.weights[here], p)
    return GroupDraws(rates, pair_trials(draws, compared), squares)


def omnibus(groups: Sequence[GroupDraws], level: float) -> Omnibus:
    """One margin for all groups at `level`, and the p-value of one rate in all of them.

    The statistic is (sum n_d (p_d - p)^2 / (G - 1)) / (sum s_d / sum n_d): between the groups, by comparisons n_d
    about their mean p, over within, from people's squares s_d. In a draw the rates p_d are those drawn less those seen.
    """
    rates, trials, squares = (np.stack(part, axis=-1) for part in zip(*groups, strict=True))
    defined = np.isfinite(rates).all(axis=-1)
    if not defined[0] or defined[1:].sum() < LEAST_DEFINED * max(len(rates) - 1, 1):
        return Omnibus(None, None)
    rates, trials, squares = rates[defined], trials[defined], squares[defined]
    moved = rates[1:] - rates[0]
    margin = float(np.quantile(np.abs(moved).max(axis=-1), level))
    seen = float(_statistic(rates[:1], trials[:1], squares[:1])[0])
    if not 0 < (rates[0] * trials[0]).sum() < trials[0].sum() or not np.isfinite(seen):
        return Omnibus(margin, None)
    chance = _statistic(moved, trials[1:], squares[1:])
    # Draws that give the same rates may differ in their last digit, and reach it.
    reached = int(np.count_nonzero(chance >= seen * (1 - 1e-9)))
    return Omnibus(margin, (1 + reached) / (1 + len(chance)))


def common_margin(largest: float | None, counts: Sequence[ErrorCounts], level: float) -> float | None:
    """The margin of `omnibus`, widened to hold every group's own interval (`interval.estimate`).

    Draws of few errors are too narrow; a group's own interval leaves room for people who were not seen. None where
    there is no margin, or a group has no interval.
    """
    own = [estimate(c, level) for c in counts]
    if largest is None or any(one.value is None or one.low is None or one.high is None for one in own):
        return None
    reach = [max(one.high - one.value, one.value - one.low) for one in own]  # type: ignore[operator]
    return max(largest, *reach)


def _statistic(rates: Floats, trials: Floats, squares: Floats) -> Floats:
    """(draws,) of (draws, groups); infinite where groups differ and nobody within them does, 0 where neither does."""
    total = trials.sum(-1)
    common = (trials * rates).sum(-1) / total
    between = (trials * (rates - common[:, None]) ** 2).sum(-1) / (rates.shape[-1] - 1)
    within = squares.sum(-1) / total
    nobody = np.where(between > 0, np.inf, 0.0)
    return np.asarray(np.divide(between, within, out=nobody, where=within > 0))


@compiled()
def _squares(
    i: Integers,
    j: Integers,
    errors: Integers,
    references: Integers,
    probes: Integers,
    once: bool,
    weights: Weights,
    rates: Floats,
) -> Floats:
    people, draws = weights.shape
    found = np.zeros(draws)
    own = np.zeros((people, draws))
    for k in range(len(i)):
        for b in range(draws):
            own[i[k], b] += errors[k] * weights[j[k], b]
            own[j[k], b] += errors[k] * weights[i[k], b]
    side, probed = np.zeros(draws), np.zeros(draws)
    for s in range(people):
        for b in range(draws):
            side[b] += references[s] * weights[s, b]
            probed[b] += probes[s] * weights[s, b]
    for s in range(people):
        for b in range(draws):
            w = weights[s, b]
            if w == 0:
                continue
            mine = references[s] * (probed[b] - probes[s] * w)
            if not once:
                mine += probes[s] * (side[b] - references[s] * w)
            rest = own[s, b] - rates[b] * mine
            found[b] += w * rest * rest / 2
    return found


@compiled()
def _squares_listed(
    i: Integers,
    j: Integers,
    errors: Integers,
    all_i: Integers,
    all_j: Integers,
    comparisons: Integers,
    weights: Weights,
    rates: Floats,
) -> Floats:
    people, draws = weights.shape
    found = np.zeros(draws)
    rest = np.zeros((people, draws))
    for k in range(len(i)):
        for b in range(draws):
            rest[i[k], b] += errors[k] * weights[j[k], b]
            rest[j[k], b] += errors[k] * weights[i[k], b]
    for k in range(len(all_i)):
        for b in range(draws):
            rest[all_i[k], b] -= rates[b] * comparisons[k] * weights[all_j[k], b]
            rest[all_j[k], b] -= rates[b] * comparisons[k] * weights[all_i[k], b]
    for s in range(people):
        for b in range(draws):
            found[b] += weights[s, b] * rest[s, b] * rest[s, b] / 2
    return found

"""Error rates at a target FMR or FPIR, with the uncertainty of the threshold that was set for it.

A threshold set on a sample of people carries their chance into every rate at it. So people are drawn, the threshold is
set again on their comparisons or searches, and each rate is taken at the draw's own threshold; see `bootstrap`.

A search has two sides as well: who searches, and who is enrolled. The gallery keeps its size, so that an alarm counts
as often as its searcher is drawn, times how often whoever it returned is drawn over the mean of the enrolled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from facegap.compiled import compiled
from facegap.estimate.bootstrap import Floats, Integers, PeopleDraws, Weights
from facegap.records import matches


class Alarms(NamedTuple):
    """Non-mated searches, one row each, by what they returned.

    Attributes:
        people: (k,) who searched, as rows of the weights.
        returned: (k,) who was returned first, likewise; -1 takes the gallery as it is.
        scores: (k,) float32 scores of those, +inf for a search that is an alarm whatever it returns.
    """

    people: Integers
    returned: Integers
    scores: npt.NDArray[np.float32]


def gallery_shares(draws: PeopleDraws, enrolled: Integers) -> Floats:
    """(people + 1, draws) how often each is drawn over the mean of the `enrolled`, in a gallery that keeps its size.

    The last row, 1, is a gallery as it is; so is every one of which nobody was drawn.
    """
    people, drawn = draws.weights.shape
    shares = np.ones((people + 1, drawn))
    if len(enrolled):
        mean = draws.weights[enrolled].mean(axis=0)
        np.divide(draws.weights, mean, out=shares[:-1], where=mean > 0)
    return shares


def fpir_threshold_draws(draws: PeopleDraws, shares: Floats, found: Alarms, target: float) -> Floats:
    """(draws,) thresholds at FPIR `target`, by the rule of `thresholds.threshold_at_fmr` on weighted searches.

    NaN where nobody who searches is drawn.

    Args:
        shares: from `gallery_shares`.
        found: every completed non-mated search.
    """
    order = np.argsort(-found.scores, kind="stable")
    scores = found.scores[order]
    searches = _searches(draws, found.people)
    start = float(np.nextafter(scores[0], np.float32(np.inf))) if len(scores) else np.nan
    at = (found.people[order], found.returned[order], scores)
    thresholds = _fpir_thresholds(*at, draws.weights, shares, searches, target, start)
    return np.where(searches > 0, thresholds, np.nan)


def fpir_at_draws(draws: PeopleDraws, shares: Floats, found: Alarms, thresholds: Floats) -> Floats:
    """(draws,) shares of the searches that are alarms, each at its own threshold; NaN where there is none of either."""
    searches, known = _searches(draws, found.people), np.isfinite(thresholds)
    near = matches(found.scores, float(thresholds[known].min())) if known.any() else np.zeros(len(found.scores), bool)
    alarms = _alarms(found.people[near], found.returned[near], found.scores[near], draws.weights, shares, thresholds)
    filled = np.full(len(thresholds), np.nan)
    # Returned people who are drawn twice may make more alarms than there are searches.
    rates = np.divide(alarms, searches, out=filled, where=known & (searches > 0))
    return np.asarray(np.minimum(rates, 1.0))


def fnir_at_draws(draws: PeopleDraws, people: Integers, scores: npt.NDArray[np.float32], thresholds: Floats) -> Floats:
    """(draws,) shares of the mated searches that miss, each at its own threshold; NaN where there is none of either.

    As `bootstrap.fnmr_at_draws`, and quicker: only searches between the lowest and the highest threshold are looked at
    one by one.

    Args:
        people: (k,) who searched, as rows of the weights.
        scores: (k,) float32 scores of the mates, NaN for a miss at any threshold.
    """
    known = np.isfinite(thresholds)
    filled = np.full(len(thresholds), np.nan)
    if not known.any():
        return filled
    near, always = (matches(scores, float(end(thresholds[known]))) for end in (np.min, np.max))
    near &= ~always
    as_it_is = np.ones((1, len(thresholds)))
    nobody = np.full(int(near.sum()), -1)
    hits = _searches(draws, people[always]) + _alarms(
        people[near], nobody, scores[near], draws.weights, as_it_is, thresholds
    )
    searches = _searches(draws, people)
    return np.asarray(np.divide(searches - hits, searches, out=filled, where=known & (searches > 0)))


def _searches(draws: PeopleDraws, people: Integers) -> Floats:
    """(draws,) searches of the people drawn."""
    who, searches = np.unique(people, return_counts=True)
    return np.asarray(searches @ draws.weights[who].astype(np.float64))


def fmr_at_draws(
    draws: PeopleDraws,
    i: Integers,
    j: Integers,
    scores: npt.NDArray[np.float32],
    trials: Floats,
    thresholds: Floats,
    floor: float,
) -> Floats:
    """(draws,) false match rates of one group, each at its own threshold.

    Args:
        i, j, scores: (k,) people and scores of the group's kept non-mated comparisons, one row a comparison.
        trials: (draws,) the group's non-mated comparisons, from `bootstrap.pair_trials`.
        thresholds: (draws,) scores, NaN where a draw has none.
        floor: every score from here up is kept; a draw whose threshold lies below is NaN.
    """
    known = thresholds >= floor
    if not known.any():
        return np.full(len(thresholds), np.nan)
    near = matches(scores, float(thresholds[known].min()))
    order = np.argsort(-scores[near], kind="stable")
    false_matches = _matches(i[near][order], j[near][order], scores[near][order], draws.weights, thresholds)
    found = np.full(len(thresholds), np.nan)
    return np.asarray(np.divide(false_matches, trials, out=found, where=known & (trials > 0)))


@compiled()
def _matches(
    i: Integers, j: Integers, scores: npt.NDArray[np.float32], weights: Weights, thresholds: Floats
) -> npt.NDArray[np.int64]:
    """Sum of w_i w_j over the comparisons at or above each draw's threshold; scores descend."""
    found = np.zeros(len(thresholds), np.int64)
    highest = thresholds.max()
    for k in range(len(scores)):
        first, second, score = weights[i[k]], weights[j[k]], np.float64(scores[k])
        if score >= highest:
            for b in range(len(found)):
                found[b] += np.int32(first[b]) * np.int32(second[b])
        else:
            for b in range(len(found)):
                if score >= thresholds[b]:
                    found[b] += np.int32(first[b]) * np.int32(second[b])
    return found


@compiled()
def _fpir_thresholds(
    people: Integers,
    returned: Integers,
    scores: npt.NDArray[np.float32],
    weights: Weights,
    shares: Floats,
    searches: Floats,
    target: float,
    start: float,
) -> Floats:
    """Down the sorted scores, block of ties by block, the last score of each draw within what it is allowed."""
    draws = weights.shape[1]
    alarms, found = np.zeros(draws), np.full(draws, start)
    done = np.zeros(draws, np.bool_)
    k, open_draws = 0, draws
    while k < len(scores) and open_draws:
        score = scores[k]
        while k < len(scores) and scores[k] == score:
            own, share = weights[people[k]], shares[returned[k]]
            for b in range(draws):
                alarms[b] += own[b] * share[b]
            k += 1
        for b in range(draws):
            if not done[b]:
                if searches[b] > 0 and alarms[b] / searches[b] <= target:
                    found[b] = score
                else:
                    done[b] = True
                    open_draws -= 1
    return found


@compiled()
def _alarms(
    people: Integers,
    returned: Integers,
    scores: npt.NDArray[np.float32],
    weights: Weights,
    shares: Floats,
    thresholds: Floats,
) -> Floats:
    """Weighted searches whose score is at or above each draw's threshold."""
    found = np.zeros(len(thresholds))
    for k in range(len(scores)):
        own, share, score = weights[people[k]], shares[returned[k]], np.float64(scores[k])
        for b in range(len(found)):
            if score >= thresholds[b]:
                found[b] += own[b] * share[b]
    return found

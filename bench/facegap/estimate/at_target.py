"""Error rates at a target false match rate, with the uncertainty of the threshold that was set for it.

A threshold set on a sample of people carries their chance into every rate at it. So people are drawn, the threshold is
set again on their comparisons, and each rate is taken at the draw's own threshold; see `bootstrap`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facegap.compiled import compiled
from facegap.estimate.bootstrap import Floats, Integers, PeopleDraws, Weights
from facegap.records import matches


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

"""How the scores of two groups differ, before any threshold.

A shift of the mean says little about errors: it is the tails that cross the threshold. Scores are 1-d arrays of
completed comparisons; failed ones have none and are counted elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.compiled import compiled
from facegap.estimate.binomial import z_value
from facegap.estimate.bootstrap import PeopleDraws, Weights

Scores = npt.NDArray[np.floating]
People = npt.NDArray[np.int64]
Drawn = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Shift:
    """Scores b against scores a.

    Attributes:
        mean: difference of the means, b - a; cohen_d: over the root of the mean of the two sample variances.
        auc: chance that a score of b is above one of a, ties counting half.
    """

    mean: float
    cohen_d: float
    auc: float


def shift(a: Scores, b: Scores) -> Shift | None:
    """The (m,) scores `b` against (n,) `a`; None with fewer than two scores on a side or without spread."""
    if min(len(a), len(b)) < 2:
        return None
    first, second = np.sort(a.astype(np.float64)), np.sort(b.astype(np.float64))
    spread = float(np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2))
    if spread == 0:
        return None
    mean = float(second.mean() - first.mean())
    above = np.searchsorted(first, second, side="left") + np.searchsorted(first, second, side="right")
    return Shift(mean=mean, cohen_d=mean / spread, auc=float(above.sum()) / 2 / len(first) / len(second))


def people_alike(comparisons: npt.NDArray[np.integer]) -> float:
    """(sum m)^2 / sum m^2 (Kish 1965): people who would be worth as much if all had as many of the comparisons.

    `comparisons` are the (k,) m of each person; 0 where there are none.
    """
    m = comparisons.astype(np.float64)
    return float(m.sum() ** 2 / (m @ m)) if m.any() else 0.0


def drawn_out(value: float, ends: tuple[float, float], level: float, people: float) -> tuple[float, float]:
    """The ends, moved away from `value` as far as Student's t is wider than the normal for so many people.

    Percentiles of draws take the spread between people for known, which a few do not tell. Ends on the wrong side of
    the value are moved onto it; there are never fewer than two degrees of freedom.
    """
    factor = float(special.stdtrit(max(people - 1, 2.0), 0.5 + level / 2)) / z_value(level)
    return value - factor * max(value - ends[0], 0.0), value + factor * max(ends[1] - value, 0.0)


class ShiftDraws(NamedTuple):
    """The measures that have an interval, in every draw.

    Attributes:
        mean, cohen_d, auc: (draws,) as in `Shift`; NaN where a draw leaves a side with fewer than two comparisons, and
            `cohen_d` also where it leaves no spread.
    """

    mean: Drawn
    cohen_d: Drawn
    auc: Drawn


def shift_draws(draws: PeopleDraws, first: tuple[Scores, People], second: tuple[Scores, People]) -> ShiftDraws:
    """`shift` of the second side against the first, in every draw of people.

    Args:
        first, second: (k,) scores of completed comparisons and the person of each, a row of the weights.
    """
    score = np.concatenate([first[0], second[0]]).astype(np.float64)
    order = np.argsort(score, kind="stable")
    side = np.repeat(np.array([0, 1], np.int64), [len(first[0]), len(second[0])])[order]
    person = np.concatenate([first[1], second[1]])[order]
    found = _shifts(score[order], side, person, draws.weights)
    return ShiftDraws(*found)


@compiled()
def _shifts(score: Drawn, side: People, person: People, weights: Weights) -> tuple[Drawn, Drawn, Drawn]:
    """Up the sorted scores, block of ties by block, the weighted sums of either side in every draw."""
    draws = weights.shape[1]
    count, total, square = np.zeros((2, draws)), np.zeros((2, draws)), np.zeros((2, draws))
    centre, below, above = score[len(score) // 2], np.zeros(draws), np.zeros(draws)
    tied = np.zeros((2, draws))
    k = 0
    while k < len(score):
        start, value = k, score[k] - centre
        tied[:] = 0
        while k < len(score) and score[k] == score[start]:
            for b in range(draws):
                tied[side[k], b] += weights[person[k], b]
            k += 1
        for b in range(draws):
            above[b] += tied[1, b] * (below[b] + tied[0, b] / 2)
            below[b] += tied[0, b]
            for s in range(2):
                count[s, b] += tied[s, b]
                total[s, b] += tied[s, b] * value
                square[s, b] += tied[s, b] * value * value
    mean, cohen, auc = np.full(draws, np.nan), np.full(draws, np.nan), np.full(draws, np.nan)
    for b in range(draws):
        # Double or nothing: one comparison has the weight 2.
        if count[0, b] > 2 and count[1, b] > 2:
            a, c = total[0, b] / count[0, b], total[1, b] / count[1, b]
            spread = (square[0, b] / count[0, b] - a * a + square[1, b] / count[1, b] - c * c) / 2
            mean[b], auc[b] = c - a, above[b] / count[0, b] / count[1, b]
            if spread > 0:
                cohen[b] = (c - a) / np.sqrt(spread)
    return mean, cohen, auc

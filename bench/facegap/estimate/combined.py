"""The interval of a weighted sum of rates, from the rates' own intervals and the correlations of their errors.

MOVER, the method of variance estimates recovery (Zou and Donner 2008, Statistics in Medicine 27:1693): the distance
from a rate to either end of its interval stands for its error on that side, so that intervals that are good for rates
near 0 stay good in the sum. Cells that share people, or a threshold, err together: their correlation enters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Cell(NamedTuple):
    """A rate with its interval, and its weight in the sum."""

    weight: float
    value: float
    low: float
    high: float


def weighted_sum(cells: Sequence[Cell], correlation: Floats) -> tuple[float, float, float]:
    """The sum of weight times rate with the ends of its interval, at the level of the cells' own.

    Args:
        correlation: (k, k) of the errors of the cells' estimates.
    """
    weight, value, low, high = (np.array(side, dtype=np.float64) for side in zip(*cells, strict=True))
    total = float(weight @ value)
    below, above = weight * np.maximum(value - low, 0), weight * np.maximum(high - value, 0)
    ends = [float(np.sqrt(np.maximum(side @ correlation @ side, 0.0))) for side in (below, above)]
    return total, max(total - ends[0], 0.0), total + ends[1]


def correlations(draws: Sequence[Floats | None], shared: npt.NDArray[np.bool_]) -> Floats:
    """(k, k) correlations of rates over the same draws of people.

    Args:
        draws: (draws,) values of each cell; None where they say nothing, such as of a cell without errors.
        shared: (k, k) True where two cells share people or a threshold. Others are independent; shared ones of which
            draws say nothing are taken to err wholly together, which gives the wider interval.
    """
    k = len(draws)
    found = np.where(shared, 1.0, 0.0)
    np.fill_diagonal(found, 1.0)
    for a in range(k):
        for b in range(a):
            one, other = draws[a], draws[b]
            if not shared[a, b] or one is None or other is None:
                continue
            known = np.isfinite(one) & np.isfinite(other)
            if known.sum() > 2 and one[known].std() > 0 and other[known].std() > 0:
                found[a, b] = found[b, a] = max(float(np.corrcoef(one[known], other[known])[0, 1]), 0.0)
    return found


def pairwise_correlation(errors: npt.NDArray[np.int64], trials: npt.NDArray[np.int64], weights: Floats) -> Floats:
    """(draws,) correlation, 0 to 1, of two comparisons of one person, by moments; NaN where a draw does not say.

    (P(both err) - p^2) / (p (1 - p)), with P over pairs of comparisons of a person, as `transactions.attempt_failures`
    has it for attempts.

    Args:
        errors, trials: (people,) of each person.
        weights: (people, draws) how often each counts.
    """
    total, pairs = trials @ weights, (trials * (trials - 1)) @ weights
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = (errors @ weights) / total
        both = ((errors * (errors - 1)) @ weights) / pairs
        found = (both - rate**2) / (rate * (1 - rate))
    return np.asarray(np.where(np.isfinite(found), np.clip(found, 0.0, 1.0), np.nan))

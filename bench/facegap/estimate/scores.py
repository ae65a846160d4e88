"""How the scores of two groups differ, before any threshold.

A shift of the mean says little about errors: it is the tails that cross the threshold, so `tail_shift` is the one that
drives the FMR. Scores are 1-d arrays of completed comparisons; failed ones have none and are counted elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False, kw_only=True)
class Shift:
    """Scores b against scores a.

    Attributes:
        mean: difference of the means, b - a; cohen_d: over the root of the mean of the two sample variances.
        ks: largest distance of the distribution functions; wasserstein: area between them, in score units.
        auc: chance that a score of b is above one of a, ties counting half.
    """

    mean: float
    cohen_d: float
    ks: float
    wasserstein: float
    auc: float


def d_prime(mated: Scores, nonmated: Scores) -> float | None:
    """Distance of the means of (n,) and (m,) scores over the root of their mean variance; None without spread."""
    found = shift(nonmated, mated)
    return None if found is None else abs(found.cohen_d)


def shift(a: Scores, b: Scores) -> Shift | None:
    """The (m,) scores `b` against (n,) `a`; None with fewer than two scores on a side or without spread."""
    if min(len(a), len(b)) < 2:
        return None
    first, second = np.sort(a.astype(np.float64)), np.sort(b.astype(np.float64))
    spread = float(np.sqrt((first.var(ddof=1) + second.var(ddof=1)) / 2))
    if spread == 0:
        return None
    mean = float(second.mean() - first.mean())
    at = np.unique(np.concatenate([first, second]))
    below_a = np.searchsorted(first, at, side="right") / len(first)
    below_b = np.searchsorted(second, at, side="right") / len(second)
    gap = np.abs(below_a - below_b)
    above = np.searchsorted(first, second, side="left") + np.searchsorted(first, second, side="right")
    return Shift(
        mean=mean,
        cohen_d=mean / spread,
        ks=float(gap.max()),
        wasserstein=float(gap[:-1] @ np.diff(at)),
        auc=float(above.sum()) / 2 / len(first) / len(second),
    )


def upper_quantile(tail: Scores, total: int, share: float) -> float | None:
    """The score that a `share` of `total` comparisons reach or pass, from their upper tail; None if it is too short.

    An observed score, not interpolated: the ceil(share * total)-th highest, of the (k,) highest in any order.
    """
    rank = max(int(np.ceil(share * total - 1e-9)), 1)
    if rank > len(tail):
        return None
    return float(np.partition(tail, len(tail) - rank)[len(tail) - rank])


def tail_shift(a: Scores, a_total: int, b: Scores, b_total: int, share: float) -> float | None:
    """How far b's upper quantile at `share` lies above a's, in score units; None where a tail is too short.

    Args:
        a, b: (k,) upper tails, as for `upper_quantile`, of `a_total` and `b_total` comparisons.
    """
    first, second = upper_quantile(a, a_total, share), upper_quantile(b, b_total, share)
    return None if first is None or second is None else second - first

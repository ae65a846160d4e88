"""Shrunken rates of many small groups: empirical Bayes with a beta-binomial model.

Each group's rate is a draw from one beta distribution, fitted to all groups by marginal likelihood; a small group moves
towards the mean, a large one stays. The shrunken rate stands beside the raw one, never in its place: it assumes that
the groups are exchangeable, which is what a study of differences is to find out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Shrunken:
    """Posterior mean and equal-tailed interval of one group's rate, and the weight of its own data in [0, 1]."""

    value: float
    low: float
    high: float
    own_weight: float


def fit_beta(errors: Array, trials: Array) -> tuple[float, float]:
    """Mean and size of the beta distribution of rates, by marginal likelihood on a grid that is refined eleven times.

    The size = a + b is the prior's weight in comparisons, held in 1 to 10^9; at its end the groups do not differ.

    Args:
        errors, trials: (groups,) of each group.
    """
    pooled = float((errors.sum() + 0.5) / (trials.sum() + 1))
    centre, half = np.array([special.logit(pooled), np.log(1e4)]), np.array([4.0, np.log(1e5)])
    for _ in range(12):
        means = centre[0] + half[0] * np.linspace(-1, 1, 21)
        sizes = np.clip(centre[1] + half[1] * np.linspace(-1, 1, 21), 0.0, np.log(1e9))
        likelihood = _marginal(errors, trials, special.expit(means)[:, None], np.exp(sizes)[None, :])
        best = np.unravel_index(int(likelihood.argmax()), likelihood.shape)
        centre, half = np.array([means[best[0]], sizes[best[1]]]), half * 0.4
    return float(special.expit(centre[0])), float(np.exp(centre[1]))


def shrink(errors: Sequence[float], trials: Sequence[float], level: float = 0.95) -> tuple[Shrunken, ...]:
    """Shrunken rates of groups; effective sizes will do. At least two groups, each with trials."""
    x, n = np.asarray(errors, np.float64), np.asarray(trials, np.float64)
    mean, size = fit_beta(x, n)
    a, b = mean * size + x, (1 - mean) * size + n - x
    tail = (1 - level) / 2
    return tuple(
        Shrunken(
            float(p / (p + q)),
            float(special.betaincinv(p, q, tail)),
            float(special.betaincinv(p, q, 1 - tail)),
            float(own / (own + size)),
        )
        for p, q, own in zip(a, b, n, strict=True)
    )


_STIRLING = 20.0
"""From here the series is good to 1e-12."""


def _marginal(errors: Array, trials: Array, mean: Array, size: Array) -> Array:
    """Beta-binomial log-likelihood over a grid of means (rows) and sizes (columns), without its constant."""
    x, n = errors[:, None, None], trials[:, None, None]
    a, b = mean * size, (1 - mean) * size
    # Differences of betaln at sizes of 1e9 would lose all but a few digits, differently in every scipy.
    plain = x * np.log(mean) + (n - x) * np.log1p(-mean)
    return np.asarray((plain + _rising(a, x) + _rising(b, n - x) - _rising(size, n)).sum(axis=0))


def _rising(a: Array, x: Array) -> Array:
    """log(Gamma(a + x) / Gamma(a) / a^x), without the cancellation of large `a` (Stirling's series there)."""
    a, x = np.broadcast_arrays(a, x)
    large = a > _STIRLING
    found = np.empty(a.shape)
    found[~large] = special.gammaln((a + x)[~large]) - special.gammaln(a[~large]) - (x * np.log(a))[~large]
    a, x = a[large], x[large]
    end = a + x
    series = (1 / end - 1 / a) / 12 - (end**-3.0 - a**-3.0) / 360 + (end**-5.0 - a**-5.0) / 1260
    found[large] = (end - 0.5) * np.log1p(x / a) - x + series
    return found

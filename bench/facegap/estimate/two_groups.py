"""Two rates of independent comparisons: intervals of their ratio a / b and difference a - b, and exact tests.

`errors` and `trials` may be fractional (effective sizes), except in the exact tests. A bound that does not exist is
None, never infinite. Sources: Katz et al. 1978; Koopman 1984;
Newcombe 1998; Przyborowski and Wilenski 1940 (conditional on the sum of two Poisson counts).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy import special

from facegap.estimate.binomial import clopper_pearson, wilson, z_value


class Rate(NamedTuple):
    """Errors among trials."""

    errors: float
    trials: float

    @property
    def value(self) -> float:
        return self.errors / self.trials


Bounds = tuple[float | None, float | None]


def newcombe(a: Rate, b: Rate, level: float = 0.95) -> tuple[float, float]:
    """The difference a - b from the two Wilson intervals."""
    difference = a.value - b.value
    a_low, a_high = wilson(*a, level)
    b_low, b_high = wilson(*b, level)
    low = difference - math.hypot(a.value - a_low, b_high - b.value)
    high = difference + math.hypot(a_high - a.value, b.value - b_low)
    return low, high


def katz(a: Rate, b: Rate, level: float = 0.95) -> Bounds:
    """The ratio a / b, normal on the log scale; (None, None) without errors on either side."""
    if a.errors == 0 or b.errors == 0:
        return None, None
    spread = math.sqrt(1 / a.errors - 1 / a.trials + 1 / b.errors - 1 / b.trials)
    half = z_value(level) * spread
    ratio = a.value / b.value
    return ratio * math.exp(-half), ratio * math.exp(half)


def ratio_score(a: Rate, b: Rate, ratio: float) -> float:
    """Score statistic of the hypothesis a = ratio * b, standard normal under it; positive where a is larger."""
    total = a.trials + b.trials
    errors = a.errors + b.errors
    # The constrained estimate of b's rate is the smaller root of this quadratic.
    first, second = ratio * total, -(ratio * (a.trials + b.errors) + a.errors + b.trials)
    root = math.sqrt(max(second * second - 4 * first * errors, 0.0))
    rate_b = min(2 * errors / (-second + root), 1.0)
    rate_a = min(ratio * rate_b, 1.0)
    spread = rate_a * (1 - rate_a) / a.trials + ratio**2 * rate_b * (1 - rate_b) / b.trials
    difference = a.value - ratio * b.value
    return difference / math.sqrt(spread) if spread > 0 else 0.0


def koopman(a: Rate, b: Rate, level: float = 0.95) -> Bounds:
    """The ratio a / b by inverting the score test; defined with zero errors on one side.

    Without errors in b the upper bound is None and the lower one finite; without errors in a the lower bound is 0.
    """
    if a.errors == 0 and b.errors == 0:
        return None, None
    z = z_value(level)
    low = 0.0 if a.errors == 0 else _crossing(lambda ratio: ratio_score(a, b, ratio) - z)
    high = None if b.errors == 0 else _crossing(lambda ratio: ratio_score(a, b, ratio) + z)
    return low, high


def ratio_exact(a: Rate, b: Rate, level: float = 0.95) -> Bounds:
    """The ratio a / b of rare rates: given the sum of errors, a's share of them is binomial."""
    total = a.errors + b.errors
    if total == 0:
        return None, None
    low, high = clopper_pearson(a.errors, total, level)
    exposure = b.trials / a.trials
    upper = None if high >= 1 else high / (1 - high) * exposure
    return low / (1 - low) * exposure, upper


def score_p(a: Rate, b: Rate) -> float:
    """Two-sided p-value of equal rates, by the score test."""
    if a.errors + b.errors == 0:
        return 1.0
    pooled = (a.errors + b.errors) / (a.trials + b.trials)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials))
    return 1.0 if spread == 0 else float(2 * special.ndtr(-abs(a.value - b.value) / spread))


def fisher_p(a: Rate, b: Rate) -> float:
    """Two-sided p-value of equal rates, by Fisher's exact test; whole numbers only."""
    from scipy.stats import fisher_exact

    table = [[int(a.errors), int(a.trials - a.errors)], [int(b.errors), int(b.trials - b.errors)]]
    return float(fisher_exact(table).pvalue)


def conditional_p(a: Rate, b: Rate) -> float:
    """Two-sided p-value of equal rare rates, by the binomial test of a's share of the errors; whole numbers only."""
    from scipy.stats import binomtest

    if a.errors + b.errors == 0:
        return 1.0
    return float(binomtest(int(a.errors), int(a.errors + b.errors), a.trials / (a.trials + b.trials)).pvalue)


def _crossing(function: Callable[[float], float]) -> float:
    """Where a falling function of a positive number crosses zero, by bisection on the log scale."""
    low, high = -60.0, 60.0
    for _ in range(120):
        middle = (low + high) / 2
        if function(math.exp(middle)) > 0:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)

"""Two rates of independent comparisons: intervals of their ratio a / b and difference a - b, and the score test.

`errors` and `trials` may be fractional (effective sizes). A bound that does not exist is None, never infinite. Sources:
Koopman 1984; Newcombe 1998.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from scipy import special

from facegap.estimate.binomial import wilson, z_value


class Rate(NamedTuple):
    """Errors among trials."""

    errors: float
    trials: float

    @property
    def value(self) -> float:
        """Errors over trials; there must be some."""
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


def score_p(a: Rate, b: Rate) -> float:
    """Two-sided p-value of equal rates, by the score test."""
    if a.errors + b.errors == 0:
        return 1.0
    pooled = (a.errors + b.errors) / (a.trials + b.trials)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials))
    return 1.0 if spread == 0 else float(2 * special.ndtr(-abs(a.value - b.value) / spread))


def _crossing(function: Callable[[float], float]) -> float:
    """Where a falling function of a positive number crosses zero, by bisection on the log scale."""
    low, high = -60.0, 60.0
    for _ in range(64):
        middle = (low + high) / 2
        if function(math.exp(middle)) > 0:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2)

"""What a test could see: sample sizes and smallest ratios for comparing two groups, two-sided.

All sizes are effective comparisons per group: divide by n_eff / n where comparisons share people. The normal formula is
the textbook one (Fleiss).
"""

from __future__ import annotations

import math

from scipy import special

NORMAL = 1e9
"""Degrees of freedom from which Student's t is the normal distribution."""


def trials_to_see(rate: float, ratio: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """Trials per group that show a `ratio` above `rate` with `power`, normal approximation of the difference."""
    other = rate * ratio
    if not 0 < other < 1 or ratio == 1:
        return math.inf
    pooled = (rate + other) / 2
    null = float(special.ndtri(1 - alpha / 2)) * math.sqrt(2 * pooled * (1 - pooled))
    alternative = float(special.ndtri(power)) * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return ((null + alternative) / (rate - other)) ** 2


def visible_ratio(
    rate: float, trials: float, other_trials: float, power: float = 0.8, alpha: float = 0.05
) -> float | None:
    """The smallest ratio above `rate` that groups of unequal sizes show; None if not even a rate of 1 is seen.

    Args:
        rate: of the group that has `other_trials` effective comparisons.
        trials: effective comparisons of the group whose ratio is asked for.
    """
    if rate <= 0 or not _sees(rate, 1 / rate, trials, other_trials, power, alpha):
        return None
    low, high = 1.0, 1 / rate
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if _sees(rate, middle, trials, other_trials, power, alpha) else (middle, high)
    return high


def _sees(rate: float, ratio: float, trials: float, other_trials: float, power: float, alpha: float) -> bool:
    other = min(rate * ratio, 1.0)
    pooled = (other * trials + rate * other_trials) / (trials + other_trials)
    null = math.sqrt(pooled * (1 - pooled) * (1 / trials + 1 / other_trials))
    spread = math.sqrt(other * (1 - other) / trials + rate * (1 - rate) / other_trials)
    return other - rate >= float(special.ndtri(1 - alpha / 2)) * null + float(special.ndtri(power)) * spread


def visible_difference(error: float, freedom: float, power: float = 0.8, alpha: float = 0.05) -> float:
    """The smallest difference that Student's two-sided test shows with `power`, from a difference's standard error.

    (t_{1 - alpha/2} + t_power) * error on `freedom` degrees of freedom, `NORMAL` for those of the normal distribution.
    """
    return float(error * (special.stdtrit(freedom, 1 - alpha / 2) + special.stdtrit(freedom, power)))

"""Wilson's score interval of one binomial rate, numbers in, (low, high) out, and the exact lower bound.

`errors` may be fractional, so that both also take an effective sample size. Without trials nothing is known, which is
(0, 1). Sources: Wilson 1927; Clopper and Pearson 1934.
"""

from __future__ import annotations

import math

from scipy import special


def z_value(level: float) -> float:
    """Two-sided standard normal quantile of a confidence `level`: 1.96 for 0.95."""
    return float(special.ndtri(0.5 + level / 2))


def wilson(errors: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval."""
    return wilson_at(errors, trials, z_value(level))


def wilson_at(errors: float, trials: float, z: float) -> tuple[float, float]:
    """Wilson's interval at a quantile `z` of the caller's choice, such as Student's t."""
    if trials <= 0:
        return 0.0, 1.0
    rate, share = errors / trials, z * z / trials
    middle = rate + share / 2
    half = z * math.sqrt((rate * (1 - rate) + share / 4) / trials)
    low = 0.0 if errors <= 0 else (middle - half) / (1 + share)
    high = 1.0 if errors >= trials else (middle + half) / (1 + share)
    return max(low, 0.0), min(high, 1.0)


def exact_low(errors: float, trials: float, level: float = 0.95) -> float:
    """The lower end of Clopper and Pearson's interval."""
    if errors <= 0 or trials <= 0:
        return 0.0
    return float(special.betaincinv(errors, trials - errors + 1, (1 - level) / 2))

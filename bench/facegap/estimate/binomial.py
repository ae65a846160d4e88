"""Intervals of one binomial rate: numbers in, (low, high) out, one function a method.

`errors` may be fractional, so that the methods also take an effective sample size. Without trials nothing is known and
every method answers (0, 1). Sources: Wilson 1927; Clopper and Pearson 1934; Agresti and Coull 1998; Brown, Cai and
DasGupta 2001 (Jeffreys); the zero-error bound is quoted in NIST IR 8429 as the rule of three.
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


def clopper_pearson(errors: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """The exact interval: both tails of the binomial test hold at most (1 - level) / 2."""
    tail = (1 - level) / 2
    low = 0.0 if errors <= 0 else float(special.betaincinv(errors, trials - errors + 1, tail))
    high = 1.0 if errors >= trials else float(special.betainccinv(errors + 1, trials - errors, tail))
    return low, high


def jeffreys(errors: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """Equal-tailed interval under Jeffreys' prior; open to 0 without errors and to 1 without successes."""
    tail = (1 - level) / 2
    a, b = errors + 0.5, trials - errors + 0.5
    low = 0.0 if errors <= 0 else float(special.betaincinv(a, b, tail))
    high = 1.0 if errors >= trials else float(special.betainccinv(a, b, tail))
    return low, high


def agresti_coull(errors: float, trials: float, level: float = 0.95) -> tuple[float, float]:
    """The normal interval around Wilson's middle, cut to [0, 1]."""
    if trials <= 0:
        return 0.0, 1.0
    z = z_value(level)
    size = trials + z * z
    middle = (errors + z * z / 2) / size
    half = z * math.sqrt(middle * (1 - middle) / size)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def rule_of_three(trials: float, level: float = 0.95) -> tuple[float, float]:
    """One-sided interval after zero errors in `trials`: about 3, 4.6 or 6.9 / trials at 95, 99 or 99.9 %.

    Where comparisons share people, `trials` is the number of people.
    """
    if trials <= 0:
        return 0.0, 1.0
    return 0.0, -math.expm1(math.log1p(-level) / trials)

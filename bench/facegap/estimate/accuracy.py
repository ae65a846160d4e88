"""Accuracy as LFW's protocol has it, 1 - (FMR + FNMR) / 2 on equally many mated and non-mated pairs, as a claim.

It hides which of the two errors is made and depends on the mix of pairs, so it is judged because people claim it, not
because it says much. The interval of the mean error is that of the two Wilson intervals (variance recovered from
confidence limits, Zou and Donner 2008); p-values are the levels at which a one-sided bound reaches the claim.
"""

from __future__ import annotations

import math

from facegap.estimate.at_most import roomy
from facegap.estimate.binomial import wilson_at
from facegap.estimate.interval import effective_sample
from facegap.records import ErrorCounts


def mean_error(fmr: ErrorCounts, fnmr: ErrorCounts) -> float:
    """(FMR + FNMR) / 2; both must have trials."""
    return (fmr.errors / fmr.trials + fnmr.errors / fnmr.trials) / 2


def p_values(fmr: ErrorCounts, fnmr: ErrorCounts, limit: float, level: float = 0.95) -> tuple[float, float]:
    """p-values of "the mean error is at most `limit`" (small: refuted) and "at least" (small: supported).

    The second leaves room for people who err most, as `at_most.p_support` does.
    """
    sizes = [effective_sample(c, level) for c in (fmr, fnmr)]
    seen = [c.errors / c.trials for c in (fmr, fnmr)]
    return _p(seen, sizes, limit, lower=True), _p([roomy(c) for c in (fmr, fnmr)], sizes, limit, lower=False)


def _p(rates: list[float], sizes: list[float], limit: float, lower: bool) -> float:
    """One-sided: small where the mean's lower bound lies above the limit, or its upper bound below."""
    value = sum(rates) / 2
    if value == limit:
        return 0.5
    above = value > limit
    low, high = 0.0, 40.0
    for _ in range(100):
        z = (low + high) / 2
        bound = _bound(list(zip(rates, sizes, strict=True)), value, z, above)
        reached = bound <= limit if above else bound >= limit
        low, high = (low, z) if reached else (z, high)
    tail = 0.5 * math.erfc(high / math.sqrt(2))
    return tail if above == lower else 1 - tail


def _bound(sizes: list[tuple[float, float]], value: float, z: float, lower: bool) -> float:
    """The mean error's one-sided bound at the normal quantile `z`."""
    ends = [(rate, wilson_at(rate * n, n, z)[0 if lower else 1]) for rate, n in sizes]
    half = math.hypot(*(rate - end for rate, end in ends)) / 2
    return value - half if lower else value + half

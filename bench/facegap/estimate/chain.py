"""From error rates of comparisons to what happens in a transaction, and the axis of DET plots.

The chain is that of ISO/IEC 19795-1: one attempt, no retry, one comparison. Rates are shares in [0, 1].
"""

from __future__ import annotations

import math

from scipy import special


def far(fmr: float, fta: float) -> float:
    """False accept rate: a false match needs an acquired probe."""
    return fmr * (1 - fta)


def frr(fnmr: float, fta: float) -> float:
    """False reject rate: no probe acquired, or a false non-match."""
    return fta + fnmr * (1 - fta)


def gfar(fmr: float, fta: float, fte: float) -> float:
    """Generalised false accept rate: a false match needs an enrolled reference too."""
    return far(fmr, fta) * (1 - fte)


def gfrr(fnmr: float, fta: float, fte: float) -> float:
    """Generalised false reject rate: not enrolled, or falsely rejected."""
    return fte + (1 - fte) * frr(fnmr, fta)


def rejected_after(rate: float, attempts: int) -> float:
    """Share of people rejected in all of `attempts`, if attempts of one person were independent. They are not."""
    return float(rate**attempts)


def accepted_within(rate: float, attempts: int) -> float:
    """Share of impostors accepted in any of `attempts` independent attempts."""
    return -math.expm1(attempts * math.log1p(-rate)) if rate < 1 else 1.0


def rejected_after_correlated(rate: float, attempts: int, icc: float) -> float:
    """Share of people rejected in all of `attempts` where people differ: each has a rate of their own.

    Beta-binomial with mean `rate`; `icc` in [0, 1] is the correlation of two attempts of one person. At 0 attempts are
    independent, at 1 whoever fails once fails always.
    """
    if icc <= 0:
        return rejected_after(rate, attempts)
    if icc >= 1:
        return rate
    size = 1 / icc - 1
    return math.prod((rate * size + k) / (size + k) for k in range(attempts))


def ppndf(rate: float) -> float:
    """Place of a rate on the axis of a DET plot: the standard normal quantile."""
    return float(special.ndtri(rate))

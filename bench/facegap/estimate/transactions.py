"""How alike the attempts of one person are, and what two models make of retries. Rates are shares in [0, 1]."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def attempt_failures(transactions: npt.NDArray[np.int64]) -> tuple[float, float | None]:
    """Share of attempts that failed, and the correlation of two attempts of one person (0 to 1).

    The correlation is that of the beta-binomial, by moments: (P(both fail) - p^2) / (p (1 - p)), with P over all pairs
    of attempts of a person; cut to 0 where people are more alike than chance. None where there is one attempt a
    person, or all or none failed.

    Args:
        transactions: (k + 1,) transactions by how many of their k attempts failed; there must be one.
    """
    k, total = len(transactions) - 1, int(transactions.sum())
    failed = np.arange(k + 1)
    rate = float(transactions @ failed) / (k * total)
    if k < 2 or rate in (0.0, 1.0):
        return rate, None
    both = float(transactions @ (failed * (failed - 1))) / (k * (k - 1) * total)
    return rate, min(max((both - rate**2) / (rate * (1 - rate)), 0.0), 1.0)


def rejected_after(rate: float, attempts: int) -> float:
    """Share of people rejected in all of `attempts`, if attempts of one person were independent. They are not."""
    return float(rate**attempts)


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

"""How alike the attempts of one person are, from how many of them failed."""

from __future__ import annotations

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

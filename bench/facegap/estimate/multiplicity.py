"""Many groups, many tests: adjusted p-values, and the one test over all groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: controls the chance of any false finding."""
    count = len(p_values)
    order = sorted(range(count), key=lambda k: p_values[k])
    adjusted, largest = [0.0] * count, 0.0
    for step, k in enumerate(order):
        largest = max(largest, min((count - step) * p_values[k], 1.0))
        adjusted[k] = largest
    return adjusted


def homogeneity_p(errors: Sequence[float], trials: Sequence[float]) -> float | None:
    """p-value of equal rates in all groups, chi-square on groups - 1 degrees of freedom; effective sizes will do.

    None with fewer than two groups, or where no group or every comparison errs.
    """
    x, n = np.asarray(errors, float), np.asarray(trials, float)
    pooled = x.sum() / n.sum() if len(n) > 1 and n.min() > 0 else 0.0
    if not 0 < pooled < 1:
        return None
    statistic = float((((x - n * pooled) ** 2) / (n * pooled * (1 - pooled))).sum())
    return float(special.chdtrc(len(n) - 1, statistic))

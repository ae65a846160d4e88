"""Paired changes: the same people under a clean and under a degraded condition, compared with themselves.

That leaves nothing but the condition; and whether it acts on a group otherwise than on the others is a difference of two
such changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Change:
    """Mean of paired differences, clustered by person."""

    mean: float
    variance: float
    comparisons: int
    people: int


def change(person: Integers, difference: Floats) -> Change | None:
    """Mean of (n,) `difference` over comparisons, with the variance of sums over people; None with fewer than two.

    `person` are the (n,) numbers of the comparisons' people.
    """
    people, place = np.unique(person, return_inverse=True)
    if len(people) < 2:
        return None
    mean = float(difference.mean())
    totals = np.bincount(place, weights=difference - mean)
    variance = float(totals @ totals) * len(people) / (len(people) - 1) / len(difference) ** 2
    return Change(mean, variance, len(difference), len(people))


def change_interval(found: Change, level: float) -> tuple[float, float]:
    """Interval of a mean change, Student's t on people - 1 degrees of freedom."""
    half = float(special.stdtrit(found.people - 1, 0.5 + level / 2)) * math.sqrt(found.variance)
    return found.mean - half, found.mean + half


@dataclass(frozen=True, eq=False, kw_only=True)
class Interaction:
    """Difference of two groups' changes: value, interval, p-value of none, standard error, degrees of freedom."""

    value: float
    low: float
    high: float
    p: float
    error: float
    freedom: float


def interaction(a: Change, b: Change, level: float) -> Interaction | None:
    """Whether the change of a differs from that of b, people who are in one group only; None without any variance.

    Welch's degrees of freedom over people.
    """
    spread = a.variance + b.variance
    if spread == 0:
        return None
    freedom = spread**2 / (a.variance**2 / (a.people - 1) + b.variance**2 / (b.people - 1))
    value, error = a.mean - b.mean, math.sqrt(spread)
    half = float(special.stdtrit(freedom, 0.5 + level / 2)) * error
    p = float(2 * special.stdtr(freedom, -abs(value) / error))
    return Interaction(value=value, low=value - half, high=value + half, p=p, error=error, freedom=freedom)

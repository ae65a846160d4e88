"""Paired changes: the same people under a clean and under a degraded condition, compared with themselves.

That leaves nothing but the condition; and whether it acts on a group otherwise than on the others is a difference of
two such changes.

Where few comparisons change, the variance of the observed differences says little, and nothing where none does. The
interval of a change is therefore Tango's (1998): a change is left out where the observed one would be too far from it
under the variance that it itself implies. Comparisons count as the effective ones by person, the quantile is Student's.
A difference of two changes has its interval from theirs (MOVER, Zou and Donner 2008), and its p-value is that of the
narrowest such interval that reaches zero, so that interval and test never contradict each other.
`benchmarks/paired_coverage.md` has the measured coverage and errors.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from facegap.compiled import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SMALLEST_P = 1e-12
"""A smaller p-value is given as this."""


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


@dataclass(frozen=True, kw_only=True)
class Turned:
    """Comparisons that turned from right to wrong or back, by person.

    Attributes:
        worse, better: shares of the comparisons that err only under the condition, and only under clean.
        comparisons, people: how many there are.
        changed: people whose errors changed in number.
        balanced: people that would matter as much if all took part in as many comparisons: (sum m)^2 / sum m^2.
        size: effective comparisons: as many independent ones would have the same variance; at most the comparisons, at
            least `balanced`, which is what is left if all comparisons of a person agree.
        freedom: degrees of freedom of that variance, at least 1.
    """

    worse: float
    better: float
    comparisons: int
    people: int
    changed: int
    balanced: float
    size: float
    freedom: float

    @property
    def mean(self) -> float:
        """The change of the error rate."""
        return self.worse - self.better


def turned(person: Integers, difference: Floats) -> Turned | None:
    """Of (n,) `difference`, error less error under clean: -1, 0 or 1; None with fewer than two people.

    `person` are the (n,) numbers of the comparisons' people, from 0.
    """
    taken_part = np.bincount(person).astype(np.float64)
    there = taken_part > 0
    people, n = int(there.sum()), len(difference)
    if people < 2:
        return None
    taken_part, totals = taken_part[there], np.bincount(person, weights=difference)[there]
    worse, better = float((difference > 0).sum()) / n, float((difference < 0).sum()) / n
    mean = worse - better
    balanced = n**2 / float(taken_part @ taken_part)
    residuals = totals - mean * taken_part
    # Residuals around the sample's own mean are too small by 1 in `balanced`.
    variance = float(residuals @ residuals) * balanced / max(balanced - 1, 0.5) / n**2
    size = balanced if variance == 0 else (worse + better - mean**2) / variance
    size = min(max(size, balanced), float(n))
    return Turned(
        worse=worse,
        better=better,
        comparisons=n,
        people=people,
        changed=int((totals != 0).sum()),
        balanced=balanced,
        size=size,
        freedom=_freedom(taken_part, n / size),
    )


def _freedom(taken_part: Floats, design_effect: float) -> float:
    """Satterthwaite's degrees of freedom of a variance of (people,) sums over so many comparisons, less one.

    A person's sum varies by m (1 + (m - 1) r), with the r that the design effect says. Where people agree with
    themselves, a few who make most of the comparisons are the variance, and there are as few degrees of freedom.
    """
    n = float(taken_part.sum())
    most = float(taken_part @ taken_part) / n
    agreement = (design_effect - 1) / (most - 1) if most > 1 else 0.0
    spread = taken_part * (1 + (taken_part - 1) * agreement)
    return max(float(spread.sum()) ** 2 / float(spread @ spread) - 1, 1.0)


def turned_interval(found: Turned, level: float) -> tuple[float, float]:
    """Tango's interval of the change at the effective comparisons, Student's t on its degrees of freedom."""
    return _limits(found.worse, found.better, found.size, _quantile(found, 1 - level))


def against(a: Turned, b: Turned, level: float) -> tuple[float, float]:
    """Interval of the change of a less that of b, people who are in one group only."""
    value = a.mean - b.mean
    return value - _reach(a, b, 1 - level), value + _reach(b, a, 1 - level)


def against_p(a: Turned, b: Turned) -> float:
    """Two-sided p-value of equal changes: 1 less the highest level at which `against` leaves zero out."""
    value = a.mean - b.mean
    if value == 0:
        return 1.0
    more, less = (a, b) if value > 0 else (b, a)

    def left_out(log_p: float) -> bool:
        return _reach(more, less, math.exp(log_p)) < abs(value)

    high, low = 0.0, math.log(SMALLEST_P)
    if left_out(low):
        return SMALLEST_P
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (low, middle) if left_out(middle) else (middle, high)
    return math.exp(high)


def visible(a: Turned, b: Turned, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The smallest difference that the test of `against_p` at `alpha` shows with `power`; None where it shows none.

    A group with the effective comparisons of a in which the condition turns that many more from right to wrong than in
    b, and as many back.
    """
    most = 1 - b.worse - b.better
    z = float(special.ndtri(power))
    t, other_t = _quantile(a, alpha), _quantile(b, alpha)
    other = _limits(b.worse, b.better, b.size, other_t)[1] - b.mean

    def found(difference: float) -> bool:
        low = float(_lower(b.worse + difference, b.better, a.size, t))
        return difference >= math.hypot(b.mean + difference - low, other)

    least = _smallest(found, most)

    def shown(difference: float) -> bool:
        spread = _variance(b.worse + difference, b.better, a.size) + _variance(b.worse, b.better, b.size)
        return least is not None and difference >= least + z * math.sqrt(spread)

    return _smallest(shown, most)


def _smallest(holds: Callable[[float], bool], most: float) -> float | None:
    """The smallest number up to `most` from which on something holds; None if it does not hold there."""
    if not holds(most):
        return None
    low, high = 0.0, most
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _variance(worse: float, better: float, size: float) -> float:
    return max(worse + better - (worse - better) ** 2, 0.0) / size


def _reach(a: Turned, b: Turned, alpha: float) -> float:
    """How far the interval of a's change less b's reaches below it."""
    low = float(_lower(a.worse, a.better, a.size, _quantile(a, alpha)))
    high = -float(_lower(b.better, b.worse, b.size, _quantile(b, alpha)))
    return math.hypot(a.mean - low, high - b.mean)


def _quantile(found: Turned, alpha: float) -> float:
    return float(special.stdtrit(found.freedom, 1 - alpha / 2))


def _limits(worse: float, better: float, size: float, quantile: float) -> tuple[float, float]:
    """Both ends of Tango's interval; the upper one is the lower one with worse and better exchanged."""
    return float(_lower(worse, better, size, quantile)), -float(_lower(better, worse, size, quantile))


@compiled()
def _lower(worse: float, better: float, size: float, quantile: float) -> float:
    """The smallest change within `quantile` standard errors of the observed one, each by its own standard error."""
    mean = worse - better
    low, high = -1.0, mean
    for _ in range(50):
        change = (low + high) / 2
        # The likeliest share of `better` where worse - better is this change: the root of 2 p^2 + b p + c = 0.
        b = (2 - mean) * change - worse - better
        c = -better * change * (1 - change)
        share = (math.sqrt(max(b * b - 8 * c, 0.0)) - b) / 4
        variance = max(2 * share + change - change * change, 0.0) / size
        if (mean - change) ** 2 > quantile * quantile * variance:
            low = change
        else:
            high = change
    return high

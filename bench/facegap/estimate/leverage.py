"""The ratio of two rates whose people take part unevenly: a second variance, and Student's t by the people it rests on.

A person who takes part in a tenth of the comparisons draws the sample's own rate to theirs, so that residuals around it
are too small: each is divided by what the others leave of the comparisons, 1 - m / n (CR3; Bell and McCaffrey 2002),
here as the series 1 + 2 m / n + 3 (m / n)^2 of its square, for which sums over people are enough. How many people the
variance rests on is known from their comparisons alone: (sum m^2)^2 / sum m^4 (Satterthwaite 1946), both sides together
as Welch has it. Such a t-test is no better where people are even and has no rule for few errors, so that a difference
is one only where it and the score test on the effective comparisons both find it (`benchmarks/reference_ratio.md`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import special

from facegap.estimate.binomial import z_value
from facegap.estimate.clustered import balanced_people, residual_squares
from facegap.estimate.two_groups import Rate
from facegap.records import Counted, ErrorCounts, LeverageSums

FEWEST_ALIKE = 5
"""People of a side, as if all took part alike, below whom nothing is tested: whose one rate is nearly the side's own
leaves no residual, however many comparisons."""


class Spread(NamedTuple):
    """Variance of a rate over the square of the rate, and the degrees of freedom of Student's t."""

    relative: float
    freedom: float


class Uneven(NamedTuple):
    """What uneven people leave of a comparison of two rates.

    Attributes:
        p: two-sided, of equal rates by Student's t; 1 where a side is of `too_few`.
        share: of the effective comparisons of both sides, at which the score test at the level asked for needs as large
            a difference as the t-test; at most 1.
    """

    p: float
    share: float


def spread(counts: Counted) -> Spread:
    """Of one side; there must be errors."""
    assert counts.by_subject is not None
    p, n = counts.errors / counts.trials, counts.trials
    more = _higher(counts)
    rows = float(residual_squares(counts.by_subject, counts.errors, n))
    rows += 2 * (more.xxm - 2 * p * more.xmm + p * p * more.mmm) / n
    rows += 3 * (more.xxmm - 2 * p * more.xmmm + p * p * more.mmmm) / n**2
    if counts.by_pair is not None:
        pairs = float(residual_squares(counts.by_pair, counts.errors, n))
        rows = max(rows - 2 * pairs, 0.0) + pairs
    return Spread(rows / float(counts.errors) ** 2, counts.by_subject.mm**2 / more.mmmm)


def uneven(a: Counted, b: Counted, sizes: tuple[Rate, Rate], level: float) -> Uneven:
    """Of the rates of `a` and `b`, on effective comparisons `sizes`.

    Nothing is left out where nobody is known, every person makes one comparison, or a side has no errors.
    """
    if any(side.by_subject is None or side.single for side in (a, b)):
        return Uneven(0.0, 1.0)
    fewest = 1.0 if too_few(a) or too_few(b) else 0.0
    if not (a.errors and b.errors):
        return Uneven(fewest, 1.0)
    one, other = spread(a), spread(b)
    relative = one.relative + other.relative
    if relative <= 0:
        return Uneven(fewest, 1.0)
    freedom = relative**2 / (one.relative**2 / one.freedom + other.relative**2 / other.freedom)
    p = 2 * float(special.stdtr(freedom, -abs(_difference(a, b)) / math.sqrt(relative)))
    pooled = sum(side.errors for side in sizes) / sum(side.trials for side in sizes)
    by_score = (1 - pooled) / pooled * sum(1 / side.trials for side in sizes)
    t = float(special.stdtrit(freedom, 0.5 + level / 2))
    return Uneven(max(p, fewest), min(1.0, by_score / relative * (z_value(level) / t) ** 2))


def too_few(counts: Counted) -> bool:
    """Whether a side has people of whom so few take part in most that nothing is tested."""
    return counts.by_subject is not None and counts.trials > 0 and balanced_people(counts) < FEWEST_ALIKE


def _difference(a: Counted, b: Counted) -> float:
    """Of two rates, over the rate of both where a comparison has two people, else of their logarithms.

    With heavy-tailed people the logarithm finds equal FMRs to differ in 6 to 7 % of studies.
    """
    one, other = a.errors / a.trials, b.errors / b.trials
    if a.by_pair is None:
        return math.log(one / other)
    return (one - other) * (a.trials + b.trials) / (a.errors + b.errors)


def _higher(counts: Counted) -> LeverageSums:
    """Those of the counts; where there are none, as of people with as many comparisons each."""
    if isinstance(counts, ErrorCounts) and counts.leverage is not None:
        return counts.leverage
    sums = counts.by_subject
    assert sums is not None
    each = sums.mm / (counts.trials * (1 if counts.by_pair is None else 2))
    first = sums.xx * each, sums.xm * each, sums.mm * each
    return LeverageSums(*first, *(one * each for one in first))

"""Variance of a rate whose comparisons share people, from exact cluster sums.

The plug-in variances and Wilson's interval at the effective sample size are those of Fogliato, Patil and Perona,
"Confidence intervals for error rates in 1:1 matching tasks". With p = x / n and residuals r = x - p m:

- one subject per comparison (FNMR, FTA, searches): Var = sum_i r_i^2 / n^2 over subjects i;
- two subjects per comparison (FMR), a U-statistic of degree two: Var = (sum_{i<j} r_ij^2 + max(C, 0)) / n^2 with
  C = sum_i (R_i^2 - sum_j r_ij^2) and R_i the sum of subject i's residuals.

With few people, or few of them behind the errors, these variances are too small and their own error is not negligible:
the published interval then covers less than it says. `adjusted_size` corrects both, in the manner of Korn and Graubard
1998 for survey proportions: the variance for its bias, the normal quantile for Student's t.
`benchmarks/interval_coverage.md` has the measured coverage of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import reduce
from operator import add
from typing import TypeVar

from scipy import special

from facegap.estimate.binomial import wilson, z_value
from facegap.records import (
    ClusterSums,
    Counted,
    ErrorCounts,
    LeverageSums,
    PeopleCounts,
    PersonRates,
    PersonSums,
    RateSums,
)

_ROUNDED = Fraction(1, 10**12)
"""Share of a sum of squares below which its residuals are rounding."""


def rate(counts: Counted) -> float:
    """errors / trials; there must be trials."""
    return counts.errors / counts.trials


def residual_squares(sums: ClusterSums | RateSums, errors: float, trials: int) -> Fraction:
    """Sum over clusters of (x - p m)^2, exactly: integers cancel before they are rounded.

    Sums of rates were rounded already, and what rounding leaves of equal rates is nothing.
    """
    # One fraction at the end: to reduce each on the way takes most of the time of a table's estimates.
    (e, d), (xx, xx_d), (xm, xm_d) = (_ratio(value) for value in (errors, sums.xx, sums.xm))
    d *= int(trials)
    found = Fraction((xx * xm_d * d - 2 * e * xm * xx_d) * d + e * e * int(sums.mm) * xx_d * xm_d, xx_d * xm_d * d * d)
    return Fraction(0) if isinstance(sums, RateSums) and found < _ROUNDED * Fraction(sums.xx) else found


def _ratio(value: float) -> tuple[int, int]:
    return value.as_integer_ratio() if isinstance(value, int | float) else Fraction(value).as_integer_ratio()


def variance(counts: ErrorCounts) -> float | None:
    """Variance of the rate; None where the counts carry no cluster sums or there are no trials.

    The U-statistic's where the counts carry sums over pairs of subjects, else the one over subjects.
    """
    if counts.by_subject is None or counts.trials == 0:
        return None
    rows = residual_squares(counts.by_subject, counts.errors, counts.trials)
    if counts.by_pair is None:
        return float(rows / counts.trials**2)
    pairs = residual_squares(counts.by_pair, counts.errors, counts.trials)
    covariance = max(rows - 2 * pairs, Fraction(0))
    return float((pairs + covariance) / counts.trials**2)


def effective_size(counts: ErrorCounts) -> float | None:
    """p (1 - p) / Var: independent comparisons that would be as uncertain; not capped, infinite at zero variance.

    None without cluster sums, or where the rate is 0 or 1 and the variance says nothing.
    """
    spread = variance(counts)
    if spread is None or counts.errors in (0, counts.trials):
        return None
    p = rate(counts)
    return p * (1 - p) / spread if spread > 0 else math.inf


def wilson_n_eff(errors: int, trials: int, n_eff: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval at `n_eff`, with the published rule where all but one comparison agree.

    A single error's lower bound is -ln(level) / trials, and mirrored for a single success.
    """
    low, high = wilson(errors / trials * n_eff, n_eff, level)
    if errors == 1 and trials > 1:
        low = min(-math.log(level), 1.0) / trials
    if errors == trials - 1 and trials > 1:
        high = 1 - min(-math.log(level), 1.0) / trials
    return low, high


def balanced_people(counts: Counted) -> float:
    """People that would matter as much if all took part in as many comparisons: (sum M)^2 / sum M^2."""
    assert counts.by_subject is not None
    taken_part = counts.trials * (1 if counts.by_pair is None else 2)
    return taken_part**2 / counts.by_subject.mm


def pairs_of_people(counts: Counted) -> float:
    """Pairs of people that would matter as much if all were compared alike: (sum m)^2 / sum m^2."""
    assert counts.by_pair is not None
    return counts.trials**2 / counts.by_pair.mm


def worst_size(counts: Counted) -> float:
    """Effective comparisons if all that share a person agreed: no clustering leaves fewer."""
    assert counts.by_subject is not None
    shared = counts.by_subject.mm - (0 if counts.by_pair is None else counts.by_pair.mm)
    return counts.trials**2 / shared


def corrected_variance(counts: Counted) -> float:
    """`variance` without its bias: residuals around the sample's own rate are small, a covariance cut off at 0 large.

    Exact for people alike in comparisons: n / (n - 1) for one subject a comparison; for two, the expectation of
    pairs + C is n (n - 1) / ((n - 2) (n - 3)) times too small, and C, cut off at zero, is reduced by what that adds
    (`_without_chance`), which leaves it too large by a fifth at 40 people where pairs do not depend on each other.
    """
    assert counts.by_subject is not None
    rows = float(residual_squares(counts.by_subject, counts.errors, counts.trials))
    people = balanced_people(counts)
    if counts.by_pair is None:
        people = max(people, 1.5)
        return rows * people / (people - 1) / counts.trials**2
    people = max(people, 4.0)
    pairs = float(residual_squares(counts.by_pair, counts.errors, counts.trials))
    covariance = (rows - pairs) * people * (people - 1) / ((people - 2) * (people - 3)) - pairs
    chance = 2 * pairs * math.sqrt(2 * (people - 2) / (people * (people - 1)))
    return (pairs + _without_chance(covariance, chance)) / counts.trials**2


def _without_chance(covariance: float, spread: float) -> float:
    """The positive part of an estimate with this standard deviation, less the bias that cutting it off at zero adds.

    `spread` is the estimate's own where pairs do not depend on each other: then it is cut off in half of all samples.
    """
    if covariance <= 0 or spread <= 0:
        return max(covariance, 0.0)
    u = covariance / spread
    bias = spread * (math.exp(-u * u / 2) / math.sqrt(2 * math.pi) - u * float(special.ndtr(-u)))
    return max(covariance - bias, 0.0)


def people_behind(counts: Counted) -> float:
    """People that would err as much if all erred alike: (sum X)^2 / sum X^2, over errors or successes, the fewer.

    Without any of the fewer there is nothing that few people could be behind: infinite.
    """
    assert counts.by_subject is not None
    sums, errors = counts.by_subject, counts.errors
    squares = sums.xx
    if 2 * errors > counts.trials:
        errors, squares = counts.trials - errors, sums.mm - 2 * sums.xm + sums.xx
    taken_part = errors * (1 if counts.by_pair is None else 2)
    return taken_part**2 / squares if squares else math.inf


def degrees_of_freedom(counts: Counted) -> float:
    """How many people the variance rests on: those balanced over comparisons, or those balanced over errors.

    A variance that three people make has about three degrees of freedom, whoever else took part. Never below 2.
    """
    return max(min(balanced_people(counts) - 1, people_behind(counts)), 2.0)


def adjusted_size(counts: Counted, level: float | None) -> float:
    """Comparisons at which Wilson's interval at `level` is as wide as the corrected one with Student's t.

    Without a level those whose rate scatters as much, whatever is made of it. At most the comparisons, at least what is
    left if all comparisons of a person agree. There must be errors and successes.
    """
    p = rate(counts)
    spread = corrected_variance(counts)
    if spread == 0:
        return counts.independent
    size = p * (1 - p) / spread
    if level is not None:
        size *= (z_value(level) / float(special.stdtrit(degrees_of_freedom(counts), 0.5 + level / 2))) ** 2
    return min(max(size, worst_size(counts)), counts.independent)


def with_room(counts: Counted, people: int, beyond: int = 0) -> float:
    """The rate if so many more people had taken part who err like those that err most, each `beyond` errors less.

    Who errs most of all is often not in the sample: a rate and its variance are then both too small, and upper bounds
    lie below the truth far more often than lower ones above it. Where every person makes one comparison nobody can err
    more than once, and the rate stays as it is. More people than `heaviest` holds are like the last of these.
    """
    p = rate(counts)
    if counts.single or not counts.errors:
        return p
    known = counts.heaviest[:people]
    more = [*known, *known[-1:] * (people - len(known))]
    errors = counts.errors + sum(max(one.errors - beyond * one.one, 0) for one in more)
    trials = counts.trials + sum(one.comparisons for one in more)
    roomy: float = max(min(errors / trials, 1.0), p)
    return roomy


def pooled(counts: Sequence[ErrorCounts]) -> ErrorCounts:
    """The sum of counts of groups that share no people: errors, comparisons, people and cluster sums add up."""
    first = counts[0]
    return replace(
        first,
        group=" + ".join(c.group for c in counts),
        errors=sum(c.errors for c in counts),
        completed=sum(c.completed for c in counts),
        failed=sum(c.failed for c in counts),
        subjects=sum(c.subjects for c in counts),
        by_subject=_added([c.by_subject for c in counts]),
        by_pair=_added([c.by_pair for c in counts]),
        leverage=_added_leverage([c.leverage for c in counts]),
        heaviest=_heaviest([one for c in counts for one in c.heaviest], counts),
        people=_pooled_people(counts),
    )


PersonT = TypeVar("PersonT", PersonSums, PersonRates)


def _heaviest(people: list[PersonT], counts: Sequence[Counted]) -> tuple[PersonT, ...]:
    """The two with most errors beyond the common rate, of those of every group."""
    p = sum(c.errors for c in counts) / max(sum(c.trials for c in counts), 1)
    return tuple(sorted(people, key=lambda one: p * one.comparisons - one.errors)[:2])


def _pooled_people(counts: Sequence[ErrorCounts]) -> PeopleCounts | None:
    """Every person, or pair of people inside a group, counted once."""
    known = [c.people for c in counts if c.people is not None]
    if len(known) < len(counts):
        return None
    total = max(sum(c.trials for c in counts), 1)
    pairs = [c.by_pair for c in known if c.by_pair is not None]
    return PeopleCounts(
        errors=sum(c.errors for c in known),
        trials=sum(c.trials for c in known),
        subjects=sum(c.subjects for c in known),
        inverse=sum(c.inverse for c in known),
        by_subject=_added_rates([c.by_subject for c in known]),
        by_pair=_added_rates(pairs) if pairs else None,
        heaviest=_heaviest([one for c in known for one in c.heaviest], known),
        largest=max(c.people.largest * c.trials / total for c in counts if c.people is not None),
        half=sum(c.half for c in known),
    )


def _added_rates(sums: Sequence[RateSums]) -> RateSums:
    return RateSums(sum(s.xx for s in sums), sum(s.xm for s in sums), sum(s.mm for s in sums))


def _added_leverage(sums: Sequence[LeverageSums | None]) -> LeverageSums | None:
    known = [s for s in sums if s is not None]
    return reduce(add, known) if len(known) == len(sums) else None


def _added(sums: Sequence[ClusterSums | None]) -> ClusterSums | None:
    known = [s for s in sums if s is not None]
    if len(known) < len(sums):
        return None
    return ClusterSums(sum(s.xx for s in known), sum(s.xm for s in known), sum(s.mm for s in known))
